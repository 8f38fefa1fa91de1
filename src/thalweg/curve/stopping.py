"""Whether a curve has already answered what a study was run for, so that larger rungs are not needed.

A ladder that is looked at after every rung has as many chances to be wrong as looks. So a study's error of 5 % is
divided among them (Bonferroni): with six rungs and one question, each look uses intervals of 1 - 0.05/6 = 99.2 %.
This holds however the looks depend on each other, and errs on the wide side. Intervals that the report gives after
an early stop are the ordinary ones, for a ladder of that length chosen beforehand, and so a little too short;
an `Answer` holds the corrected one. Not covered: gains between looks at the same rung (more problems, more seeds).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from thalweg.curve.break_even import break_even
from thalweg.curve.intervals import CONFIDENCE, Estimate, difference, estimate, rate
from thalweg.curve.panel import Panel, book, ladder
from thalweg.curve.valley import look
from thalweg.types import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a curve; null for what is not. `score` and `gain` are shares of 1."""

    break_even: bool = False
    score: float | None = None
    gain: float | None = None

    @property
    def parts(self) -> int:
        """How many questions these are."""
        return self.break_even + (self.score is not None) + (self.gain is not None)


class Answer(NamedTuple):
    """What was found at the largest size that was looked at: in words, and as a value with its corrected interval.

    The value is a size for break-even, and a share of 1 else.
    """

    size: int
    text: str
    value: float
    low: float
    high: float
    confidence: float


def answer(outcomes: Sequence[Outcome], arm: str, benchmark: str, question: Question, rungs: int) -> Answer | None:
    """The first part of the question that an arm's curve answers; null where none is.

    `rungs` is how many the ladder was planned to have: the number of looks.
    """
    found = ladder(book(outcomes, benchmark), arm)
    return None if found is None or len(found.columns) < 2 else answer_of(found, question, rungs)


def answer_of(found: Panel, question: Question, rungs: int) -> Answer | None:
    """The same of a panel: the start and the rungs that have been climbed."""
    measured = estimate(found)
    confidence = 1 - (1 - CONFIDENCE) / (rungs * question.parts)
    told = (
        _break_even(found, measured, confidence) if question.break_even else None,
        _score(found, measured, question.score, confidence) if question.score is not None else None,
        _gain(found, measured, question.gain, confidence) if question.gain is not None else None,
    )
    return next((part for part in told if part is not None), None)


def _break_even(found: Panel, measured: Estimate, confidence: float) -> Answer | None:
    sight = look(measured)
    if not sight.detected or sight.floor is None:
        return None
    back = break_even([size for _, size in found.columns], measured, sight.floor, confidence)
    if back.size is None or back.low is None or back.high is None:
        return None
    text = f"break-even is known: {back.size:,.0f} examples [{back.low:,.0f}, {back.high:,.0f}]"
    return Answer(found.columns[-1][1], text, back.size, back.low, back.high, confidence)


def _score(found: Panel, measured: Estimate, wanted: float, confidence: float) -> Answer | None:
    top = rate(measured, len(measured.rates) - 1, confidence)
    assert top.value is not None  # a panel is never empty
    assert top.low is not None
    assert top.high is not None
    if top.low < wanted:
        return None
    shown = f"{100 * top.value:.1f} % [{100 * top.low:.1f}, {100 * top.high:.1f}]"
    text = f"{100 * wanted:g} % is reached: {shown}"
    return Answer(found.columns[-1][1], text, top.value, top.low, top.high, confidence)


def _gain(found: Panel, measured: Estimate, least: float, confidence: float) -> Answer | None:
    last = len(measured.rates) - 1
    if last < 2 or difference(measured, last, 0, confidence).low <= 0:
        return None
    gap = difference(measured, last, last - 1, confidence)
    if gap.high >= least:
        return None
    (_, before), (_, size) = found.columns[last - 1 :]
    shown = f"{100 * gap.value:+.1f} [{100 * gap.low:+.1f}, {100 * gap.high:+.1f}]"
    text = f"the step from {before:,} examples gained less than {100 * least:g} points: {shown}"
    return Answer(size, text, gap.value, gap.low, gap.high, confidence)
