"""One line a rung, its seeds put together: what the figure and the table both read.

Rates come from the outcomes, with the spread over seeds in their intervals. Without outcomes (a lone scores.json) the
interval of several seeds spans theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from thalweg.curve.controls import against_start
from thalweg.curve.fit import rung_rates
from thalweg.curve.intervals import Difference
from thalweg.report.data import ReportData
from thalweg.types import Cell, Cells, Rate, Score

_CELLS = ("thinking_finished", "thinking_unfinished", "direct_finished", "direct_unfinished")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A rung on one benchmark; `by_seed` holds each seed's pass@1, `cells` the counts over all seeds."""

    arm: str
    size: int
    steps: int
    tokens_trained: int
    problems: int
    by_seed: dict[int, float | None]
    pass_at_1: Rate
    completion_rate: Rate
    think_tag_rate: Rate
    loop_rate: Rate
    cells: Cells
    harness_errors: int
    against_start: Difference | None


def rungs(data: ReportData, benchmark: str) -> list[Rung]:
    """The benchmark's rungs, arm by arm (the report's own arm first), by size."""
    scores = [s for s in data.scores if s.benchmark == benchmark]
    outcomes = [o for o in data.outcomes if o.benchmark == benchmark]
    rates = {
        "pass_at_1": rung_rates(outcomes, benchmark),
        "completion_rate": rung_rates(outcomes, benchmark, lambda o: o.finished),
        "think_tag_rate": rung_rates(outcomes, benchmark, lambda o: o.thinking),
        "loop_rate": rung_rates(outcomes, benchmark, lambda o: o.looped),
    }
    differences = {(a.arm, a.size): a.difference for a in against_start(outcomes) if a.seed is None}
    found = []
    for arm in sorted(dict.fromkeys(s.arm for s in scores), key=lambda name: name != data.arm):
        for size in sorted({s.size for s in scores if s.arm == arm}):
            seeds = sorted((s for s in scores if (s.arm, s.size) == (arm, size)), key=lambda s: s.seed)
            pooled = {name: table.get((arm, size)) or _span(seeds, name) for name, table in rates.items()}
            found.append(_rung(seeds, pooled, differences.get((arm, size))))
    return found


def _rung(seeds: Sequence[Score], rates: dict[str, Rate], difference: Difference | None) -> Rung:
    first = seeds[0]
    return Rung(
        arm=first.arm,
        size=first.size,
        steps=first.steps,
        tokens_trained=round(sum(s.tokens_trained for s in seeds) / len(seeds)),
        problems=first.problems,
        by_seed={s.seed: s.pass_at_1.value for s in seeds},
        cells=Cells(**{name: _sum([getattr(s.cells, name) for s in seeds]) for name in _CELLS}),
        harness_errors=sum(s.harness_errors for s in seeds),
        against_start=difference,
        **rates,
    )


def _sum(cells: Sequence[Cell]) -> Cell:
    return Cell(n=sum(c.n for c in cells), correct=sum(c.correct for c in cells))


def _span(seeds: Sequence[Score], name: str) -> Rate:
    """The mean of the seeds' rates, from their lowest to their highest bound."""
    rates: list[Rate] = [getattr(s, name) for s in seeds]
    values = [r.value for r in rates if r.value is not None]
    lows, highs = [r.low for r in rates if r.low is not None], [r.high for r in rates if r.high is not None]
    mean = sum(values) / len(values) if values else None
    return Rate(value=mean, low=min(lows, default=None), high=max(highs, default=None))
