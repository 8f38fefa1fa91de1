"""What programming contests have in common: their tests as checks, their limits, dates, and which problem is which.

A problem without tests that can be used (none at all, an interactive one, one that reads files) is *ungradable*. What
then happens is the readers' option `tests`: `needed` leaves it out and tells `on_left_out`; `optional` keeps it with a
check that never passes; `none` reads no tests, and no check passes. With the last two every row gives an item.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from thalweg.problems.source import Schema
from thalweg.problems.table import OnBad
from thalweg.problems.traces import NEVER
from thalweg.store import BadRow
from thalweg.types import Check, StdinCheck

Tests: TypeAlias = Literal["needed", "optional", "none"]

LEAST_S = 6.0  # stated limits are made for compiled languages: never less than the default of checks

_CODEFORCES = re.compile(r"codeforces\.com/(?:problemset/problem|contest|gym)/(\d+)/(?:problem/)?(\w+)")
_ATCODER = re.compile(r"atcoder\.jp/contests/[\w-]+/tasks/(\w+)")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class UngradableError(ValueError):
    """Why a problem's tests cannot be used, in a few words."""


def check_or_none(make: Callable[[], Check], tests: Tests, where: str, on_left_out: OnBad | None) -> Check | None:
    """The check that `make` makes, or what `tests` asks for where it raises `UngradableError`; null: leave it out."""
    if tests == "none":
        return NEVER
    try:
        return make()
    except UngradableError as reason:
        if tests == "optional":
            return NEVER
        if on_left_out is not None:
            on_left_out(BadRow(where, str(reason), ""))
        return None


def without_tests(schema: Schema, tests: Tests, *names: str) -> Schema:
    """The schema, less the columns of tests (which are most of a row) where none are to be read."""
    if tests != "none":
        return schema
    return replace(schema, columns=[column for column in schema.columns if column.name not in names])


def stdin_check(inputs: Sequence[Any], outputs: Sequence[Any], limit_s: float | None, most: int | None) -> StdinCheck:
    """A check of the first `most` tests (all where null). Inputs and outputs may be texts or lists of lines.

    Raises:
        UngradableError: there are none, not as many inputs as outputs, or something that is no text.
    """
    if len(inputs) != len(outputs):
        raise UngradableError(f"{len(inputs)} inputs, {len(outputs)} outputs")
    pairs = list(zip(inputs, outputs, strict=True))[:most]
    if not pairs:
        raise UngradableError("no tests")
    tests = tuple({"input": _text(given), "output": _text(expected)} for given, expected in pairs)
    return StdinCheck(tests=tests, timeout_s=time_limit(limit_s))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(_text, value))
    if isinstance(value, str):
        return value.replace("\r\n", "\n")  # Codeforces' tests come from Windows
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise UngradableError(f"a test holds {type(value).__name__} where text belongs")


def time_limit(stated_s: float | None) -> float:
    """Seconds a test: what the problem states, but at least `LEAST_S`."""
    return max(LEAST_S, float(stated_s or 0))


def seconds_in(text: str | None) -> float | None:
    """The largest number in a limit such as "2.0 seconds" or "1 - 3 seconds"; null where there is none."""
    return max(map(float, _NUMBER.findall(text or "")), default=None)


def contest_key(url: str | None) -> str | None:
    """What names the same contest problem in every source: `codeforces/1417/C`, `atcoder/abc136_a`; else null."""
    if found := _CODEFORCES.search(url or ""):
        return codeforces_key(found[1], found[2])
    if found := _ATCODER.search(url or ""):
        return f"atcoder/{found[1]}"
    return None


def codeforces_key(contest: Any, index: str) -> str:
    """The key of a Codeforces problem."""
    return f"codeforces/{contest}/{index.upper()}"


def day(text: Any) -> str | None:
    """The day (`2024-08-01`) that a date or a time begins with; null where it does not."""
    found = _DAY.match(str(text))
    return found[0] if found else None


def joined(parts: Iterable[str | None]) -> str:
    """The parts that hold something, with an empty line between."""
    return "\n\n".join(part.strip() for part in parts if part and part.strip())


def with_starter(statement: str, starter_code: str | None) -> str:
    """A statement, and the code that an answer must begin with, where there is any."""
    if not (starter_code or "").strip():
        return statement
    return f"{statement.rstrip()}\n\n```python\n{(starter_code or '').strip()}\n```"
