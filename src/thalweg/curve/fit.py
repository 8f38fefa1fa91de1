"""The curve of every arm on every benchmark, over all its seeds and for each seed alone.

`fit` reads outcomes, so that all comparisons are paired on the same problems. `fit_scores` makes do with the rows of a
lone `scores.json`: problems are not known there, so rungs count as independent of each other and the seeds of a rung as
repeating each other, both of which err on the wide side, and every note says "unpaired". Base, floor and top stand with
their own (not simultaneous) intervals. Not covered: models of the curve between and beyond the rungs.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from thalweg.curve.break_even import break_even
from thalweg.curve.intervals import Estimate, estimate, rate
from thalweg.curve.panel import Book, Column, Panel, book, is_correct, ladder, panel
from thalweg.curve.valley import Sight, look
from thalweg.errors import InputError
from thalweg.types import ArmCurve, BreakEven, Curve, Outcome, Rate, Score, Top, Valley

UNPAIRED = "unpaired: per-response outcomes are not beside the scores"
ONE_SEED = "one seed: this checkpoint only"


def fit(outcomes: Sequence[Outcome], benchmark: str | None = None) -> Curve:
    """The curve of all arms; `benchmark` names the first one (that of the first outcome when null).

    Raises:
        InputError: there are no outcomes, or an arm's start was not scored.
    """
    names = list(dict.fromkeys(o.benchmark for o in outcomes))
    return _curve(names, benchmark, lambda name: _arms(book(outcomes, name)))


def fit_scores(scores: Sequence[Score], benchmark: str | None = None) -> Curve:
    """The curve from the rows of `scores.json` alone, unpaired.

    Raises:
        InputError: there are no rows, or an arm has no graded row of size 0.
    """
    names = list(dict.fromkeys(s.benchmark for s in scores))
    return _curve(names, benchmark, lambda name: _arms_of_scores([s for s in scores if s.benchmark == name]))


def rung_rates(
    outcomes: Sequence[Outcome], benchmark: str, hit: Callable[[Outcome], bool] = is_correct
) -> dict[Column, Rate]:
    """The rate of hits (pass@1 by default) at each rung `(arm, size)`, over whichever seeds were measured there."""
    measured = book(outcomes, benchmark, hit)
    panels = {column: panel(measured, [column]) for column in measured.columns}
    return {column: rate(estimate(found), 0) for column, found in panels.items() if found is not None}


def _curve(names: list[str], benchmark: str | None, arms: Callable[[str], dict[str, ArmCurve]]) -> Curve:
    if not names:
        raise InputError("scores", "there is nothing to fit", "run a study, or give scores with rows")
    first = benchmark if benchmark is not None else names[0]
    if first not in names:
        raise InputError("scores", f"no row has benchmark '{first}'", f"choose one of {', '.join(names)}")
    others = {name: arms(name) for name in names if name != first}
    return Curve(benchmark=first, arms=arms(first), other_benchmarks=others)


def _arms(measured: Book) -> dict[str, ArmCurve]:
    return {arm: _arm(measured, arm) for arm in measured.arms()}


def _arm(measured: Book, arm: str) -> ArmCurve:
    seeds = measured.seeds(arm)
    pooled = ladder(measured, arm)
    notes = _left_out(pooled, measured, arm)
    each = {str(seed): _fit_panel(ladder(measured, arm, [seed]), []) for seed in seeds}
    return _with_seeds(_fit_panel(pooled, notes), each)


def _with_seeds(pooled: ArmCurve, each: dict[str, ArmCurve]) -> ArmCurve:
    return replace(pooled, seeds=each)


def _left_out(found: Panel | None, measured: Book, arm: str) -> list[str]:
    """What the pooled curve could not use."""
    if found is None:
        return []
    notes = []
    seeds = [str(s) for s in measured.seeds(arm) if s not in found.seeds]
    sizes = [f"{s:,}" for s in measured.sizes(arm) if (arm, s) not in found.columns]
    if seeds:
        notes.append(f"seeds without every rung are left out: {', '.join(seeds)}")
    if sizes:
        notes.append(f"sizes without every seed are left out: {', '.join(sizes)}")
    if found.dropped:
        notes.append(f"problems not graded at every rung are left out: {found.dropped}")
    return notes


def _fit_panel(found: Panel | None, notes: list[str]) -> ArmCurve:
    if found is None:
        nothing = Rate(value=None, low=None, high=None)
        top = Top(size=0, value=None, low=None, high=None)
        return ArmCurve(
            base=nothing, valley=Valley(detected=False), break_even=BreakEven(), top=top, note="nothing was graded"
        )
    sizes = [size for _, size in found.columns]
    return _fit_estimate(sizes, estimate(found), notes)


def _fit_estimate(sizes: Sequence[int], measured: Estimate, notes: Sequence[str]) -> ArmCurve:
    sight = look(measured)
    back = BreakEven()
    if sight.detected and sight.floor is not None:
        back = break_even(sizes, measured, sight.floor)
    told = [*notes, sight.note, _note_of(back) if sight.detected else None, ONE_SEED if measured.seeds == 1 else None]
    top = rate(measured, len(sizes) - 1)
    return ArmCurve(
        base=rate(measured, 0),
        valley=_valley(sizes, measured, sight),
        break_even=back,
        top=Top(size=sizes[-1], value=top.value, low=top.low, high=top.high),
        note="; ".join(note for note in told if note) or None,
    )


def _valley(sizes: Sequence[int], measured: Estimate, sight: Sight) -> Valley:
    if sight.floor is None:
        return Valley(detected=False)
    floor = rate(measured, sight.floor)
    return Valley(
        detected=sight.detected, floor=floor.value, floor_size=sizes[sight.floor], low=floor.low, high=floor.high
    )


def _note_of(back: BreakEven) -> str | None:
    if back.size is None:
        return "break-even not reached"
    return "break-even may lie beyond the largest rung" if back.high is None else None


# --------------------------------------------------------------------------- a lone scores.json


def _arms_of_scores(scores: Sequence[Score]) -> dict[str, ArmCurve]:
    arms = {}
    for arm in dict.fromkeys(s.arm for s in scores):
        rows = [s for s in scores if s.arm == arm and s.pass_at_1.value is not None]
        seeds = sorted({s.seed for s in rows if s.size > 0} or {s.seed for s in rows})
        each = {str(seed): _fit_rows(rows, [seed], arm) for seed in seeds}
        arms[arm] = _with_seeds(_fit_rows(rows, seeds, arm), each)
    return arms


def _fit_rows(rows: Sequence[Score], seeds: Sequence[int], arm: str) -> ArmCurve:
    """The curve over the sizes that every one of `seeds` has."""
    by = {(s.size, s.seed): s for s in rows}
    start = next((s for s in rows if s.size == 0), None)
    if start is None:
        raise InputError("scores", f"arm '{arm}' has no graded row of size 0", "add the score of its start")
    for seed in seeds:
        by.setdefault((0, seed), start)
    sizes = [z for z in sorted({s.size for s in rows}) if all((z, seed) in by for seed in seeds)]
    measured = _estimate_of_rows([[by[size, seed] for seed in seeds] for size in sizes])
    return _fit_estimate(sizes, measured, [UNPAIRED])


def _estimate_of_rows(table: Sequence[Sequence[Score]]) -> Estimate:
    """An estimate from K sizes x S seeds; a rung's variance is what its own (clustered) interval stands for."""
    values = np.array([[s.pass_at_1.value for s in row] for row in table], dtype=np.float64)
    variances = [np.mean([_variance(s) for s in row]) for row in table]
    seeds = values.shape[1]
    between = np.atleast_2d(np.cov(values)) / seeds if seeds > 1 else np.zeros((len(table), len(table)))
    problems = min(s.problems for row in table for s in row)
    responses = problems * seeds * min(s.samples for row in table for s in row)
    return Estimate(values.mean(axis=1), np.diag(variances), between, problems, seeds, problems, responses)


def _variance(score: Score) -> float:
    rate = score.pass_at_1
    if rate.low is None or rate.high is None:
        return 1 / (4 * max(score.problems, 1))
    return ((rate.high - rate.low) / (2 * 1.96)) ** 2
