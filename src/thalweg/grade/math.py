r"""Whether an answer is the expected result: numbers exactly, choices and words as text, formulas by Math-Verify.

What can be told without a symbolic library is told here: most results are numbers, and "18 dollars" against "19" needs
no algebra. Formulas, sets, intervals, tuples, matrices and equations go to a math worker (`workers.py`), which may be
killed. What the rules cannot tell is `incorrect` and `undecided`, so that a judge may be asked (`judge.py`): words that
differ, units that differ, text that is no formula, a comparison that comes to no end. Two numbers are never undecided.

Not covered: whether an answer has the form that the question asked for (simplified, factored): equal is the same.
"""

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from thalweg.grade.extract import math_answer
from thalweg.grade.finding import Finding, no_answer, shortened
from thalweg.grade.latex import plain, squeezed, words_bare
from thalweg.grade.numbers import quantity, same_quantity
from thalweg.types import MathCheck

if TYPE_CHECKING:  # the workbench imports what it opens
    from thalweg.grade.bench import Bench
    from thalweg.grade.workers import MathWorkers

_LONGEST = 2_000  # characters of a formula worth parsing

# `unsure`: the rules cannot tell.
Outcome: TypeAlias = Literal["same", "different", "unsure"]

_LETTER = re.compile(r"\(?([A-Za-z])\)?")
_CHOSEN = re.compile(r"\(?([A-Za-z])[).:].*", re.DOTALL)
_CHOICES = "ABCDEFGH"
_NAMED = re.compile(
    r"\\(?:text|mathrm)|(?<![\\A-Za-z])[A-Za-z]"
)  # something has a name, and is defined by the equation
_BASED = re.compile(r"(\d[0-9A-Fa-f]*)(?:_\{?(\d+)\}?)?")
_WORDS = re.compile(r"[A-Za-z][A-Za-z' ,.-]*")
_OPPOSITES = ({"yes", "no"}, {"true", "false"})
_FUNCTIONS = "sin|cos|tan|cot|sec|csc|log|ln|exp|pi|sqrt|max|min|gcd|lcm"
_NO_WORDS = re.compile(rf"\\(?:begin|end)\{{[a-z*]+\}}|\\[A-Za-z]+|\b(?:{_FUNCTIONS})\b")


class Judged(NamedTuple):
    """What the rules found, why where they are not sure, and the CPU time in seconds that it took."""

    outcome: Outcome
    why: str = ""
    seconds: float = 0.0


def grade_math(check: MathCheck, answer: str, bench: "Bench") -> Finding:
    """The finding on a result of a calculation.

    Raises:
        SandboxError: the math workers died again and again, which says nothing about the answer.
    """
    found = math_answer(answer)
    if found is None:
        return no_answer("there is no result after the thinking")
    judged = _judged(check.answer, found, bench, check.timeout_s)
    if judged.outcome == "same":
        return Finding(status="correct", passed=1, extracted=found, seconds=judged.seconds)
    detail = f"expected {shortened(check.answer)}, got {shortened(found)}" + (f": {judged.why}" if judged.why else "")
    return Finding(
        status="incorrect",
        extracted=found,
        detail=detail,
        seconds=judged.seconds,
        undecided=judged.outcome == "unsure",
    )


def _judged(expected: str, actual: str, bench: "Bench", timeout_s: float) -> Judged:
    judged = by_rules(expected, actual) or by_formula(expected, actual, bench.math, timeout_s)
    *before, result = actual.split("=")
    if judged.outcome != "same" or "=" in expected or not before or any(map(_NAMED.search, before)):
        return judged
    if "." in result:
        return judged  # rounded, so that what stands before it may be something else
    # A calculation as an answer ("3 + 4 = 7") is right where all of it is.
    others = [by_rules(expected, part) or by_formula(expected, part, bench.math, timeout_s) for part in before]
    return judged if all(other.outcome == "same" for other in others) else Judged("unsure", "its sides differ")


def by_rules(expected: str, actual: str) -> Judged | None:
    """What can be told without a symbolic library; null where it takes one.

    >>> by_rules("18", "$18.00").outcome, by_rules("(B)", "C").outcome, by_rules("x + 1", "1 + x")
    ('same', 'different', None)
    """
    want, got = quantity(expected), quantity(actual)
    if want and got:
        same = same_quantity(want, got)
        return Judged("unsure", "the units differ") if same is None else _told(same)
    if len(expected) > _LONGEST or len(actual) > _LONGEST:
        return Judged("unsure", "too long for a result")
    if (wanted := squeezed(expected)) == (given := squeezed(actual)) and wanted:
        return _told(True)
    return _letter(expected, actual) or _based(wanted, given) or _words(expected, actual)


def by_formula(expected: str, actual: str, workers: "MathWorkers", timeout_s: float) -> Judged:
    """What Math-Verify finds, in a process that may be killed.

    Raises:
        SandboxError: the workers died again and again.
    """
    outcome, seconds = workers.compare(plain(expected), plain(actual), timeout_s)
    if outcome == "timeout":
        return Judged("unsure", f"could not be compared within {timeout_s:g} s", seconds)
    if outcome == "unparsed":
        return Judged("unsure", "not a formula that can be compared", seconds)
    if outcome == "different" and (_has_words(expected) or _has_words(actual)):
        return Judged("unsure", "words among the formulas", seconds)
    return Judged(outcome, "", seconds)


def _told(same: bool) -> Judged:
    return Judged("same" if same else "different")


def _letter(expected: str, actual: str) -> Judged | None:
    """One letter: a variable, or a multiple choice, which an answer may follow with what it stands for ("(C) 12")."""
    wanted, text = _LETTER.fullmatch(words_bare(plain(expected))), words_bare(plain(actual))
    if not wanted:
        return None
    if wanted[1] in _CHOICES:
        given = _LETTER.fullmatch(text) or _CHOSEN.fullmatch(text)
        return _told(wanted[1] == given[1].upper()) if given else None
    given = _LETTER.fullmatch(text)
    return _told(wanted[1] == given[1]) if given else None


def _based(wanted: str, given: str) -> Judged | None:
    """A number in a base, which an answer may leave out: the digits of "1011_2" are not to be read as ten's."""
    one, other = _BASED.fullmatch(wanted), _BASED.fullmatch(given)
    if not one or not other or not (one[2] or other[2]):
        return None
    if not one[2] and one[1].upper() == other[1].upper():
        return _told(True) if other[2] == "10" else Judged("unsure", "a base that the reference does not name")
    return _told(one[1].upper() == other[1].upper() and one[2] == (other[2] or one[2]))


def _words(expected: str, actual: str) -> Judged | None:
    """A reference in words has no algebra: the same words are the same, others may mean the same."""
    bare = words_bare(plain(expected))
    want, got = bare.casefold().split(), words_bare(plain(actual)).casefold().split()
    if want == got or any({*want, *got} == pair for pair in _OPPOSITES):
        return _told(want == got)
    # A few bare letters may be a product of variables.
    is_words = _WORDS.fullmatch(bare) and _has_words(bare) and (len(bare) > 3 or bare != plain(expected))
    return Judged("unsure", "words that differ") if is_words else None


def _has_words(text: str) -> bool:
    return re.search(r"[A-Za-z]{2,}", _NO_WORDS.sub(" ", words_bare(plain(text)))) is not None
