"""Whether two answers are the same, as Python values or as text.

Both sides are only ever parsed, never executed. What is too long or too deep to be a plain literal is compared as
text. Python's own equality decides between values, so `1 == 1.0` and `True == 1`, and `(1, 2) != [1, 2]`.

Not covered: values without a literal (`deque([1])`, functions), which compare as text.
"""

import ast
import unicodedata
import warnings
from typing import NamedTuple

_LONGEST = 10_000  # characters; the parser's stack does not survive arbitrarily deep text
_DEEPEST = 100  # signs in a row; brackets have Python's own limit


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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a string is a warning of the parser, not ours
            return _Literal(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
