"""Which teacher? Candidates ranked by every column, and each column judged by what students really score.

    columns (by_model) ──▶ column_ranks                  before anything is trained
    outcomes ──▶ scored ──┬▶ judge ──▶ Judged, a column   after one student a candidate was trained and scored
    columns ──────────────┘

A column is judged twice: by Spearman's correlation of its value with the score over candidates, and by its *regret*,
how many points the student of its pick scores below the best student. Regret has a simultaneous interval against
every other candidate (multiple comparisons with the best, Hsu 1984), so that the best of several noisy scores is not
taken at face value. Scores are paired by problem and seed.

With four to eleven candidates little can be told: `caution` says what. Not covered: candidates that cost different
amounts, and a score that mixes several benchmarks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from thalweg.curve.correlation import Correlation, needed, ranks, spearman
from thalweg.curve.intervals import Estimate as Scores
from thalweg.curve.intervals import estimate, rate, simultaneous, standard_error, t_quantile
from thalweg.curve.panel import Floats, book, panel
from thalweg.errors import InputError
from thalweg.suitability.columns import COLUMNS, Estimate, signed
from thalweg.types import Outcome, Rate

Values = Mapping[str, Mapping[str, Estimate]]
_DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Scored:
    """What the student of each model scores, over the same problems and seeds."""

    models: tuple[str, ...]
    scores: Scores

    def rate(self, model: str) -> Rate:
        """The pass@1 of the model's student, with its interval."""
        return rate(self.scores, self.models.index(model))


@dataclass(frozen=True, slots=True)
class Regret:
    """Points (0 to 100) that a pick's student scores below the best student's, with a 95 % interval; `chance` is what
    a model drawn at random would lose on average."""

    value: float
    low: float
    high: float
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A column against the scores.

    `spearman` is of the column's value (negative is good where lower is better) with the score, its interval for
    these candidates as a sample of such candidates; `again`, where its value would mostly lie (95 %) if these same
    candidates were measured again on other problems and seeds. `picks` are the column's best (several where they
    tie); without a direction there are none, and no regret.
    """

    column: str
    spearman: Correlation
    again: tuple[float, float] | None
    picks: tuple[str, ...]
    regret: Regret | None


def column_ranks(values: Values) -> dict[str, dict[str, float]]:
    """By column, each model's rank: 1 is the best, ties share their mean. Columns without a direction are left out."""
    found = {}
    for name, column in COLUMNS.items():
        models = [model for model, own in values.items() if name in own]
        if column.better is not None and models:
            costs = [signed(name, values[model][name].value) for model in models]
            found[name] = dict(zip(models, ranks(costs).tolist(), strict=True))
    return found


def scored(outcomes: Sequence[Outcome], benchmark: str, arms: Mapping[str, str], size: int) -> Scored:
    """The scores of the students of `arms` (model -> arm) at `size` examples.

    Raises:
        InputError: the arms have no seed or no problem in common.
    """
    found = panel(book(outcomes, benchmark), [(arm, size) for arm in arms.values()])
    if found is None:
        named = ", ".join(arms.values())
        raise InputError(f"benchmark '{benchmark}'", f"no seed and problem that all of {named} have", "run them all")
    return Scored(tuple(arms), estimate(found))


def judge(values: Values, scored: Scored) -> list[Judged]:
    """Every column that some scored model has a value in, in the order of the columns."""
    found = []
    for name in COLUMNS:
        models = [model for model in scored.models if name in values.get(model, {})]
        if models:
            found.append(_judged(name, [values[model][name] for model in models], models, scored))
    return found


def caution(models: int) -> str:
    """What a rank correlation over so many models can tell."""
    least = needed(models)
    if least is None:
        return f"With {models} candidates no rank correlation, not even a perfect one, is told from chance (p < 5 %)."
    return f"With {models} candidates a rank correlation is told from chance (p < 5 %) only from {least:.2f} on."


def _judged(name: str, own: Sequence[Estimate], models: Sequence[str], scored: Scored) -> Judged:
    index = [scored.models.index(model) for model in models]
    numbers = np.array([one.value for one in own])
    correlation = spearman(numbers, scored.scores.rates[index])
    picks: list[int] = []
    if COLUMNS[name].better is not None:
        costs = [signed(name, number) for number in numbers.tolist()]
        picks = [at for at, number in zip(index, costs, strict=True) if number == min(costs)]
    return Judged(
        column=name,
        spearman=correlation,
        again=None if correlation.value is None else _again(own, scored.scores, index),
        picks=tuple(scored.models[at] for at in picks),
        regret=_regret(scored.scores, picks) if picks and len(scored.models) > 1 else None,
    )


def _again(own: Sequence[Estimate], scores: Scores, index: Sequence[int]) -> tuple[float, float]:
    """The middle 95 % of the correlation when values and scores are drawn anew within their errors."""
    rng = np.random.default_rng(0)
    spread = [0.0 if one.low is None or one.high is None else (one.high - one.low) / 3.92 for one in own]
    columns = np.array([one.value for one in own]) + rng.standard_normal((_DRAWS, len(own))) * spread
    covariance = (scores.within + scores.between)[np.ix_(index, index)]
    drawn = rng.multivariate_normal(scores.rates[list(index)], covariance, size=_DRAWS, method="eigh")
    low, high = np.quantile(_by_row(columns, drawn), [0.025, 0.975])
    return float(low), float(high)


def _by_row(x: Floats, y: Floats) -> Floats:
    """Spearman's correlation of each row of x with that of y; 0 where one does not vary."""
    from scipy.stats import rankdata

    x, y = rankdata(x, axis=1), rankdata(y, axis=1)
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    found: Floats = (x * y).sum(axis=1) / np.where(lengths > 0, lengths, 1.0)
    return found


def _regret(scores: Scores, picks: Sequence[int]) -> Regret:
    """Against every other candidate at once: the largest of simultaneous bounds bounds the largest difference."""
    count = len(scores.rates)
    chosen = np.zeros(count)
    chosen[list(picks)] = 1 / len(picks)
    contrasts = np.eye(count) - chosen
    contrasts = contrasts[np.abs(contrasts).max(axis=1) > 0]
    level = simultaneous(scores, contrasts)
    gaps = contrasts @ scores.rates
    halves = [t_quantile(level, scores.variance(row)[1]) * standard_error(scores, row) for row in contrasts]
    best = float(scores.rates.max())
    return Regret(
        value=100 * (best - float(chosen @ scores.rates)),
        low=100 * max(0.0, float((gaps - halves).max())),
        high=100 * max(0.0, float((gaps + halves).max())),
        chance=100 * (best - float(scores.rates.mean())),
    )
