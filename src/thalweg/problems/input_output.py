"""Tests as APPS and TACO write them: JSON text `{"inputs": […], "outputs": […], "fn_name"?: …}`.

Without `fn_name` a program reads standard input; inputs and outputs are texts or lists of lines. With it a function
(or a method of `Solution`) is called, each input is the list of its arguments, and the official graders
(hendrycks/apps, FlagOpen/TACO: `testing_util.py`) are lenient in ways that a check of one expected value must decide:

* They take an output for the value or for a list around it. Here it is a list around the value where every output is
  a list of one, unless the starter code says that a list is returned and what lies within is none.
* Objects whose keys are whole numbers in quotes get numbers for keys, since JSON has no others.

Not covered: numbers of more than 4,300 digits, which Python does not read; outputs that only a checker could judge.
"""

import json
import re
from typing import Any

from thalweg.problems.contests import UngradableError, stdin_check, time_limit
from thalweg.types import CallCheck, Check

_INT = re.compile(r"-?\d+")


def input_output_check(text: str | None, starter_code: str | None, limit_s: float | None, most: int | None) -> Check:
    """The check in a column `input_output`: its first `most` tests (all where null).

    Raises:
        UngradableError: no tests, or tests that are not of this form.
    """
    found = _parsed(text)
    inputs, outputs, name = found.get("inputs"), found.get("outputs"), found.get("fn_name")
    if not isinstance(inputs, list) or not isinstance(outputs, list):
        raise UngradableError("no tests")
    if not name:
        return stdin_check(inputs, outputs, limit_s, most)
    return _call_check(str(name), inputs, outputs, starter_code or "", limit_s, most)


def _parsed(text: str | None) -> dict[str, Any]:
    if not (text or "").strip():
        raise UngradableError("no tests")
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError) as error:  # also a number of very many digits
        raise UngradableError(f"its tests are no JSON ({type(error).__name__})") from None
    if not isinstance(found, dict):
        raise UngradableError("no tests")
    return found


def _call_check(
    name: str, inputs: list[Any], outputs: list[Any], starter: str, limit_s: float | None, most: int | None
) -> CallCheck:
    if len(inputs) != len(outputs):
        raise UngradableError(f"{len(inputs)} inputs, {len(outputs)} outputs")
    if not all(isinstance(one, list) for one in inputs):
        raise UngradableError("a test's arguments are no list")
    if not name.isidentifier():
        raise UngradableError(f"{name[:40]!r} is no function's name")
    wrapped = _is_wrapped(outputs, f"def {name}", starter)
    tests = tuple(
        {"args": [_with_numbers(one) for one in given], "output": _with_numbers(expected[0] if wrapped else expected)}
        for given, expected in list(zip(inputs, outputs, strict=True))[:most]
    )
    if not tests:
        raise UngradableError("no tests")
    return CallCheck(entry_point=name, tests=tests, timeout_s=time_limit(limit_s))


def _is_wrapped(outputs: list[Any], definition: str, starter: str) -> bool:
    """Whether outputs are lists around the values, rather than the values."""
    if not all(isinstance(one, list) and len(one) == 1 for one in outputs):
        return False
    header = starter.partition(definition)[2].partition("\n")[0]
    returns_list = re.search(r"->\s*(?:List|list)\b", header) is not None
    return not returns_list or all(isinstance(one[0], list) for one in outputs)


def _with_numbers(value: Any) -> Any:
    if isinstance(value, dict) and value and all(_INT.fullmatch(key) for key in value):
        return {"py": repr({int(key): item for key, item in value.items()})}
    return value
