"""Whether two answers are the same: as Python literals, as text, or as what programs print.

Both sides are only ever parsed, never executed. What is too long or too deep to be a plain literal is compared as
text. Python's own equality decides between values, so `1 == 1.0` and `True == 1`, and `(1, 2) != [1, 2]`.

Not covered: values without a literal (`deque([1])`, functions), which compare as text; values that functions return
(`values.py`).
"""

import ast
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from thalweg.errors import InputError
from thalweg.grade import syntax
from thalweg.grade.values import tolerance
from thalweg.types import Compare

_LONGEST = 10_000  # characters; the parser's stack does not survive arbitrarily deep text
_DEEPEST = 100  # signs in a row; brackets have Python's own limit
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)


class _Literal(NamedTuple):
    value: object


def same_literal(expected: str, actual: str) -> bool:
    """Whether both are the same Python value; where `expected` is no literal, whether both have the same words.

    >>> same_literal("[1, 2]", "[1,2]"), same_literal("'ab'", '"ab"'), same_literal("2 8 2 6", " 2 8  2 6")
    (True, True, True)
    """
    want = _literal(expected)
    if want is None:
        return expected.split() == actual.split()
    got = _literal(actual)
    try:
        return got is not None and bool(want.value == got.value)
    except RecursionError:
        return False


def same_output(expected: str, actual: str, compare: Compare) -> bool:
    r"""Whether a program printed what it should.

    `"tokens"` splits both at white space and compares word by word: it forgives spaces, tabs and line breaks of every
    kind, more or fewer, anywhere between words, and nothing else (`1.0` is not `1`, `YES` is not `Yes`). `"exact"`
    forgives white space at the ends of lines and blank lines at the end. `{"float": t}` is `"tokens"` where two decimal
    numbers may differ by t, absolutely or relatively to the expected one.

    >>> same_output("1 2\n", "1\n2", "tokens"), same_output("1 2\n", "1\n2", "exact")
    (True, False)
    """
    if compare == "exact":
        return _lines(expected) == _lines(actual)
    want, got, within = expected.split(), actual.split(), tolerance(compare)
    if want == got or within is None:
        return want == got
    return len(want) == len(got) and all(map(_near, want, got, [within] * len(want)))


def validate_compare(compare: Compare, names: Sequence[str]) -> None:
    """Raises `InputError` unless `compare` is one of these names or a tolerance."""
    if isinstance(compare, Mapping):
        within = compare.get("float")
        if set(compare) == {"float"} and isinstance(within, int | float) and within >= 0:
            return
    elif compare in names:
        return
    known = ", ".join(f'"{name}"' for name in names)
    raise InputError("check: compare", f"{compare!r} is unknown here", f'use {known} or {{"float": 1e-6}}')


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _near(expected: str, actual: str, within: float) -> bool:
    if expected == actual:
        return True
    if not (_NUMBER.fullmatch(expected) and _NUMBER.fullmatch(actual)):
        return False
    want, got = float(expected), float(actual)
    return abs(want - got) <= within * max(1.0, abs(want)) < float("inf")


def same_text(expected: str, actual: str) -> bool:
    """Whether both are the same text after Unicode NFKC, without regard to case and white space at words' ends."""
    return _folded(expected) == _folded(actual)


def _folded(text: str) -> list[str]:
    return unicodedata.normalize("NFKC", text).casefold().split()


def _literal(text: str) -> _Literal | None:
    text = text.strip()
    if len(text) > _LONGEST or any(sign * _DEEPEST in text.replace(" ", "") for sign in "-+"):
        return None
    try:
        return _Literal(ast.literal_eval(syntax.expression(text)))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
