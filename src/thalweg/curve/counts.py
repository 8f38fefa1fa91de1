"""A rung as counts: how many responses think, finish, are correct. What likelihoods and diagnoses read.

Rates hide how much they rest on; counts do not. One `Counts` is one rung of one seed on one benchmark, from a row of
`scores.json`. `groups` says how many independent responses its responses are worth: problems that share a program, and
several samples of a problem, tell less than as many unrelated ones. Not covered: the single problems (`panel.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, median

from thalweg.types import Cells, Rate, Score

_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """One rung, one seed, one benchmark. Harness errors are left out.

    `thinking` responses begin with a think tag; `finished` ones, thinking or direct, end within the budget; `correct`
    ones are finished and correct. `groups`, at most `responses`, is the effective number of independent responses:
    clusters of problems, or what the interval of a clustered rate stands for.
    """

    size: int
    seed: int
    steps: int
    tokens: int
    responses: int
    thinking: int
    finished: int
    correct: int
    cells: Cells
    looped: int
    groups: int


def counts_of(scores: Sequence[Score], arm: str, benchmark: str) -> list[Counts]:
    """The rungs of one arm on one benchmark, its start (size 0) included, by size and seed; empty ones left out."""
    rows = [s for s in scores if s.arm == arm and s.benchmark == benchmark and responses_in(s.cells)]
    worth = _worth(rows)
    return sorted((_counts(row, worth) for row in rows), key=lambda c: (c.size, c.seed))


def counts_of_cells(
    cells: Cells,
    *,
    size: int,
    seed: int = 0,
    steps: int = 0,
    tokens: int = 0,
    looped: int = 0,
    groups: int | None = None,
) -> Counts:
    """The counts that four cells hold; without `groups` every response counts as independent."""
    responses = responses_in(cells)
    return Counts(
        size=size,
        seed=seed,
        steps=steps,
        tokens=tokens,
        responses=responses,
        thinking=cells.thinking_finished.n + cells.thinking_unfinished.n,
        finished=cells.thinking_finished.n + cells.direct_finished.n,
        correct=cells.thinking_finished.correct + cells.direct_finished.correct,
        cells=cells,
        looped=looped,
        groups=responses if groups is None else max(1, min(groups, responses)),
    )


def responses_in(cells: Cells) -> int:
    """How many responses four cells hold."""
    return cells.thinking_finished.n + cells.thinking_unfinished.n + cells.direct_finished.n + cells.direct_unfinished.n


def _counts(score: Score, worth: float) -> Counts:
    responses = responses_in(score.cells)
    return counts_of_cells(
        score.cells,
        size=score.size,
        seed=score.seed,
        steps=score.steps,
        tokens=score.tokens_trained,
        looped=round(responses * (score.loop_rate.value or 0.0)),
        groups=round(responses * worth),
    )


def _worth(rows: Sequence[Score]) -> float:
    """How many independent responses one response is worth, at most 1: the median over the rungs that tell."""
    told = [size / responses_in(row.cells) for row in rows if (size := _effective(row.pass_at_1)) is not None]
    return min(1.0, median(told)) if told else 1.0


def _effective(rate: Rate) -> float | None:
    """The sample size whose Wilson interval is as wide as this one; null at 0 and 1, where width tells nothing of it.

    With u = z^2 / n and h half the width, h^2 (1 + u)^2 = u p (1 - p) + u^2 / 4, which is quadratic in u.
    """
    if rate.value is None or rate.low is None or rate.high is None or not 0 < rate.value < 1:
        return None
    spread, half = rate.value * (1 - rate.value), (rate.high - rate.low) / 2
    a, b, c = half**2 - 0.25, 2 * half**2 - spread, half**2
    if a >= 0 or half == 0:
        return None
    u = (-b - sqrt(b**2 - 4 * a * c)) / (2 * a)
    return _Z**2 / u
