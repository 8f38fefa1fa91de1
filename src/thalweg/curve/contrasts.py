"""One rung against another: paired differences of pass@1, told together.

Both rungs answer the same problems, and their seeds are paired (a seed draws the subset and the order of both), so a
difference is taken problem by problem and seed by seed; its interval counts the spread over problem groups and over
seeds (`intervals.py`). Several contrasts share one level: with 95 % confidence *all* intervals hold at once, by max |t|
under their own correlations, so that one of many standing out by chance is not mistaken for a finding. Not covered:
whether two rungs differ in more than what is meant (steps, problems, start): that is for the study to match.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thalweg.curve.intervals import CONFIDENCE, difference, estimate, simultaneous
from thalweg.curve.panel import Book, Column, Panel, book, panel
from thalweg.errors import InputError
from thalweg.types import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """pass@1 of one rung minus that of another, in shares of 1, with its simultaneous 95 % interval."""

    arm: str
    against: str
    size: int
    against_size: int  # 0 is the start
    value: float
    low: float
    high: float
    problems: int
    seeds: int

    @property
    def distinct(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def contrasts(outcomes: Sequence[Outcome], pairs: Sequence[tuple[str, str | None]], benchmark: str) -> list[Contrast]:
    """Each pair (arm, against) at every trained size that both have; an arm against null is against its own start.

    Raises:
        InputError: as `compare`; a pair without a size in common.
    """
    measured = book(outcomes, benchmark)
    return _compare(measured, [rungs for pair in pairs for rungs in _at_each_size(measured, *pair)], benchmark)


def compare(outcomes: Sequence[Outcome], rungs: Sequence[tuple[Column, Column]], benchmark: str) -> list[Contrast]:
    """Each rung `(arm, size)` against another, which may be of another size.

    All contrasts are over the same problems and seeds: those that every rung named here has.

    Raises:
        InputError: a rung that was not scored, or rungs without a seed or problem in common.
    """
    return _compare(book(outcomes, benchmark), rungs, benchmark)


def _compare(measured: Book, rungs: Sequence[tuple[Column, Column]], benchmark: str) -> list[Contrast]:
    columns = sorted({column for pair in rungs for column in pair})  # sorted: the order of asking changes no interval
    for arm, size in columns:
        if (arm, size) not in measured.columns:
            known = ", ".join(f"{arm} {size:,}" for arm, size in measured.columns) or "none"
            raise InputError(f"arm '{arm}' at {size:,} examples", "was not scored", f"choose one of {known}")
    if not columns:
        return []
    found = panel(measured, columns)
    if found is None:
        named = ", ".join(dict.fromkeys(arm for arm, _ in columns))
        raise InputError(f"benchmark '{benchmark}'", f"no seed and problem that all of {named} have", "run them all")
    return _told(found, rungs)


def _at_each_size(measured: Book, arm: str, against: str | None) -> list[tuple[Column, Column]]:
    for name in (arm, against):
        if name is not None and name not in measured.arms():
            known = ", ".join(measured.arms()) or "none"
            raise InputError(f"arm '{name}'", "was not scored", f"choose one of {known}")
    sizes = [size for size in measured.sizes(arm) if size > 0]
    if against is None:
        return [((arm, size), (arm, 0)) for size in sizes]
    shared = [size for size in sizes if (against, size) in measured.columns]
    if not shared:
        raise InputError(f"arms '{arm}' and '{against}'", "have no size in common", "train both at the same size")
    return [((arm, size), (against, size)) for size in shared]


def _told(found: Panel, rungs: Sequence[tuple[Column, Column]]) -> list[Contrast]:
    scores = estimate(found)
    at = {column: index for index, column in enumerate(found.columns)}
    matrix = np.zeros((len(rungs), len(at)))
    for row, (one, other) in enumerate(rungs):
        matrix[row, at[one]] += 1
        matrix[row, at[other]] -= 1
    confidence = simultaneous(scores, matrix) if len(rungs) > 1 else CONFIDENCE
    told = []
    for one, other in rungs:
        part = difference(scores, at[one], at[other], confidence)
        told.append(
            Contrast(
                arm=one[0],
                against=other[0],
                size=one[1],
                against_size=other[1],
                value=part.value,
                low=part.low,
                high=part.high,
                problems=part.problems,
                seeds=part.seeds,
            )
        )
    return told
