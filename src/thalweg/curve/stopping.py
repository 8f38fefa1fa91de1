"""Whether a curve has already answered what a study was run for, so that larger rungs are not needed.

A ladder that is looked at after every rung has as many chances to be wrong as looks. So a study's error of 5 % is
divided among them (Bonferroni): with six rungs and one question, each look uses intervals of 1 - 0.05/6 = 99.2 %.
This holds however the looks depend on each other, and errs on the wide side. Intervals that the report gives after
an early stop are the ordinary ones, for a ladder of that length chosen beforehand, and so a little too short;
`Answer.text` holds the corrected one. Not covered: gains between looks at the same rung (more problems, more seeds).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from thalweg.curve.break_even import break_even
from thalweg.curve.intervals import CONFIDENCE, Difference, Estimate, difference, estimate, rate
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
    """The largest size that was looked at, what was found there in words, and the confidence of its interval."""

    size: int
    text: str
    confidence: float


def answer(outcomes: Sequence[Outcome], arm: str, benchmark: str, question: Question, rungs: int) -> Answer | None:
    """The first part of the question that an arm's curve answers; null where none is.

    `rungs` is how many the ladder was planned to have: the number of looks.
    """
    found = ladder(book(outcomes, benchmark), arm)
    if found is None or len(found.columns) < 2:
        return None
    measured = estimate(found)
    confidence = 1 - (1 - CONFIDENCE) / (rungs * question.parts)
    told = (
        _break_even(found, measured, confidence) if question.break_even else None,
        _score(measured, question.score, confidence) if question.score is not None else None,
        _gain(found, measured, question.gain, confidence) if question.gain is not None else None,
    )
    text = next((part for part in told if part is not None), None)
    return None if text is None else Answer(found.columns[-1][1], text, confidence)


def _break_even(found: Panel, measured: Estimate, confidence: float) -> str | None:
    sight = look(measured)
    if not sight.detected or sight.floor is None:
        return None
    back = break_even([size for _, size in found.columns], measured, sight.floor, confidence)
    if back.size is None or back.low is None or back.high is None:
        return None
    return f"break-even is known: {back.size:,.0f} examples [{back.low:,.0f}, {back.high:,.0f}]"


def _score(measured: Estimate, wanted: float, confidence: float) -> str | None:
    top = rate(measured, len(measured.rates) - 1, confidence)
    assert top.value is not None  # a panel is never empty
    assert top.low is not None
    assert top.high is not None
    if top.low < wanted:
        return None
    return f"{_percent(wanted)} is reached: {_percent(top.value)} [{100 * top.low:.1f}, {100 * top.high:.1f}]"


def _gain(found: Panel, measured: Estimate, least: float, confidence: float) -> str | None:
    last = len(measured.rates) - 1
    if last < 2 or difference(measured, last, 0, confidence).low <= 0:
        return None
    gained = difference(measured, last, last - 1, confidence)
    if gained.high >= least:
        return None
    before = found.columns[last - 1][1]
    return f"the step from {before:,} examples gained less than {100 * least:g} points: {_points(gained)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(gap: Difference) -> str:
    return f"{100 * gap.value:+.1f} [{100 * gap.low:+.1f}, {100 * gap.high:+.1f}]"
