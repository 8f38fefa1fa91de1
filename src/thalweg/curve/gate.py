"""The gate: does what a student gains in its domain cost more than a stated loss elsewhere?

Two checkpoints answered the same items, before and after training. On each benchmark outside the domain the difference
after - before is taken item by item, with an interval that counts item groups and seeds (`intervals.py`). The question
is one of non-inferiority with a margin of `max_loss`:

* pass: the interval lies above -max_loss, so a loss as large as that is ruled out;
* fail: the interval lies below -max_loss, so the loss is larger than was allowed;
* cannot tell: it holds -max_loss; then about how many more items would settle it, were the difference what it seems.

The benchmarks' intervals hold together with 95 %: each has the level 0.95^(1/B) (Sidak 1967, which for two-sided
intervals is never too low, whatever the correlation between benchmarks). So with 95 % confidence no benchmark of
several is failed, or passed, by chance; the whole gate passes only where every benchmark does. Simulated coverage:
docs/out-of-domain.md. Not covered: whether the benchmarks are the right ones, and losses that none of them measures.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from thalweg.curve.intervals import CONFIDENCE, Difference, Estimate, difference, estimate, standard_error
from thalweg.curve.panel import Book, Column, book, panel
from thalweg.errors import InputError
from thalweg.types import Outcome

Answer: TypeAlias = Literal["pass", "fail", "cannot tell"]
_AFTER_BEFORE = np.array([1.0, -1.0])
_AT_MOST = 1_000_000  # more items than anybody will collect: then only another result would settle it


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One benchmark: scores before and after (shares), their difference with its interval, and the answer.

    `more` is about how many more items an answer needs; null where it is given, or where items cannot give it.
    """

    benchmark: str
    before: float
    after: float
    difference: Difference
    answer: Answer
    more: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the gate says: each benchmark outside the domain, and what was gained on those inside it."""

    max_loss: float
    outside: Sequence[Kept]
    inside: Sequence[Kept] = ()

    @property
    def answer(self) -> Answer:
        """Fail where one benchmark fails, pass where all pass."""
        answers = {one.answer for one in self.outside}
        if "fail" in answers:
            return "fail"
        return "cannot tell" if "cannot tell" in answers else "pass"


def gate(books: Mapping[str, Book], after: Column, before: Column, max_loss: float, inside: Sequence[str] = ()) -> Gate:
    """Column `after` against column `before` on every benchmark; those in `inside` are told of, but not gated.

    Raises:
        InputError: a loss that is no share; no benchmark outside the domain; columns without an item in common.
    """
    if not 0 <= max_loss < 1:
        raise InputError("max_loss", f"{max_loss:g} is no share of 1 to lose", "0.02 allows two points")
    outside = [name for name in books if name not in inside]
    if not outside:
        raise InputError("gate", "no benchmark is outside the domain", "score both checkpoints on one")
    level = CONFIDENCE ** (1 / len(outside))
    return Gate(
        max_loss=max_loss,
        outside=[_kept(name, books[name], after, before, level, max_loss) for name in outside],
        inside=[_kept(name, books[name], after, before, CONFIDENCE, max_loss) for name in books if name in inside],
    )


def compared(before: Sequence[Outcome], after: Sequence[Outcome]) -> dict[str, Book]:
    """The benchmarks that two checkpoints were both scored on, as columns (`after`, 1) and (`after`, 0)."""
    shared = [name for name in dict.fromkeys(row.benchmark for row in before) if name in {r.benchmark for r in after}]
    rows = [
        replace(row, arm=AFTER[0], start="base", size=size)
        for size, outcomes in ((BEFORE[1], before), (AFTER[1], after))
        for row in outcomes
    ]
    return {name: book(rows, name) for name in shared}


AFTER, BEFORE = ("after", 1), ("after", 0)


def answer_of(found: Difference, max_loss: float) -> Answer:
    """What an interval says of a loss of `max_loss`."""
    if found.low > -max_loss:
        return "pass"
    return "fail" if found.high < -max_loss else "cannot tell"


def _kept(name: str, measured: Book, after: Column, before: Column, level: float, max_loss: float) -> Kept:
    found = panel(measured, [after, before])
    if found is None:
        raise InputError(f"benchmark '{name}'", "no item and seed that both checkpoints have", "score both on the same")
    scores = estimate(found)
    told = difference(scores, 0, 1, level)
    answer = answer_of(told, max_loss)
    return Kept(
        benchmark=name,
        before=float(scores.rates[1]),
        after=float(scores.rates[0]),
        difference=told,
        answer=answer,
        more=_more(scores, told, max_loss) if answer == "cannot tell" else None,
    )


def _more(scores: Estimate, told: Difference, max_loss: float) -> int | None:
    """How many more items would bring an end of the interval to -max_loss, the difference staying what it is.

    With r times fewer items than needed the squared error is within * r + floor * r^2 + the part over seeds, which
    stays. Null where that part alone is too much, or the number absurd.
    """
    margin = abs(told.value + max_loss)
    error = standard_error(scores, _AFTER_BEFORE)
    quantile = (told.high - told.low) / 2 / error
    over_seeds = float(scores.over_seeds(_AFTER_BEFORE[None])[0])
    within = float(_AFTER_BEFORE @ scores.within @ _AFTER_BEFORE)
    floor = error**2 - over_seeds - within  # what keeps the error above zero, as 1/n^2
    left = (margin / quantile) ** 2 - over_seeds
    if left <= 0:
        return None
    share = 2 * left / (within + math.sqrt(within**2 + 4 * floor * left))
    needed = math.ceil(told.problems * (1 / share - 1))
    return needed if needed <= _AT_MOST else None
