"""Python values as checks write them and as the sandbox sends them, and whether two are the same.

A check writes a value as JSON, or as `{"py": "<literal>"}` where JSON has none: tuples, sets, bytes, complex numbers,
keys that are no text, nan and infinity. Values from the sandbox come in the tagged form of `drivers/values.py` and are
untrusted: they are data of Python's own types by the time that they are compared, so that no `__eq__` of a program is
ever asked. Not covered: objects of a program's own classes, which are equal to nothing.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from thalweg.errors import InputError
from thalweg.grade import syntax
from thalweg.grade.drivers.values import Opaque, decode, encode, literal_of
from thalweg.grade.finding import shortened
from thalweg.types import Compare

__all__ = ["Opaque", "check_value", "decode", "encode", "literal", "same_value", "shown", "tolerance"]

_PLAIN = {str, int, float, bool, type(None)}


def check_value(value: Any, where: str) -> None:
    """Raises `InputError` where a value written in a check cannot be read."""
    if isinstance(value, Mapping) and set(value) == {"py"}:
        if not isinstance(value["py"], str):
            raise InputError(where, '"py" holds no text', 'write {"py": "(1, 2)"}')
        try:
            literal(value["py"])
        except ValueError:
            problem = f"{shortened(value['py'])!r} is no Python literal"
            raise InputError(where, problem, 'write a value such as {"py": "(1, 2)"}') from None
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_value(item, f"{where}, key {key!r}")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            check_value(item, where)


def literal(text: str) -> Any:
    """The value of a Python literal in a check; `nan`, `inf`, `set()` and `frozenset(...)` are literals here.

    Raises:
        ValueError: it is none.
    """
    try:
        return literal_of(syntax.expression(text.strip()))
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError(f"not a literal: {error}") from None


def tolerance(compare: Compare) -> float | None:
    """The tolerance of `{"float": 1e-6}`; null for the comparisons by name."""
    return float(compare["float"]) if isinstance(compare, Mapping) else None


def same_value(expected: Any, actual: Any, within: float | None = None) -> bool:
    """Whether a decoded `actual` is the value that a check expects, as Python compares (`True == 1 == 1.0`).

    `expected` is as the check writes it. What it writes in plain JSON cannot be a tuple, so a list there equals a list
    or a tuple; inside `{"py": "..."}` the type is meant. nan equals nan. `within` lets numbers differ by that much,
    absolutely or relatively, wherever they stand except in sets and as keys.
    """
    if isinstance(expected, Mapping) and set(expected) == {"py"}:
        return _same(literal(expected["py"]), actual, within, exact_types=True)
    return _same(expected, actual, within, exact_types=False)


def _same(expected: Any, actual: Any, within: float | None, exact_types: bool) -> bool:
    if isinstance(expected, list | tuple):
        kinds = (type(expected),) if exact_types else (list, tuple)
        return type(actual) in kinds and _same_items(expected, actual, within, exact_types)
    if isinstance(expected, Mapping):
        if not exact_types and set(expected) == {"py"}:
            return same_value(expected, actual, within)
        return (
            type(actual) is dict
            and expected.keys() == actual.keys()
            and all(_same(item, actual[key], within, exact_types) for key, item in expected.items())
        )
    return (
        bool(expected == actual)
        or _both_nan(expected, actual)
        or (within is not None and _near(expected, actual, within))
    )


def _same_items(expected: Sequence[Any], actual: Sequence[Any], within: float | None, exact_types: bool) -> bool:
    if len(expected) != len(actual):
        return False
    if within is None and set(map(type, expected)) <= _PLAIN and list(expected) == list(actual):
        return True
    return all(_same(one, other, within, exact_types) for one, other in zip(expected, actual, strict=True))


def _both_nan(one: Any, other: Any) -> bool:
    return isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)


def _near(expected: Any, actual: Any, within: float) -> bool:
    if not (_is_number(expected) and _is_number(actual)):
        return False
    try:
        distance, size = abs(complex(expected) - complex(actual)), abs(complex(expected))
    except OverflowError:
        return False
    return distance <= within or (distance <= within * size and math.isfinite(size))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | complex) or hasattr(value, "as_integer_ratio")


def shown(value: Any) -> str:
    """A value in a detail: its shortened representation, which is the same in every process."""
    try:
        return shortened(_written(value))
    except (ValueError, RecursionError):  # integers of more digits than Python writes
        return "a number of very many digits"


def _written(value: Any) -> str:
    """As `repr`, but with sets sorted: theirs is the order of hashes, and texts hash differently in each process."""
    kind = type(value)
    if kind is dict:
        return "{" + ", ".join(f"{_written(key)}: {_written(item)}" for key, item in value.items()) + "}"
    if kind not in (list, tuple, set, frozenset) or not value:
        return repr(value)
    parts = [_written(item) for item in value]
    if kind is list:
        return f"[{', '.join(parts)}]"
    if kind is tuple:
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    found = "{" + ", ".join(sorted(parts)) + "}"
    return found if kind is set else f"frozenset({found})"
