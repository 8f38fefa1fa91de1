"""Programs whose function is called: `grade_call`.

The program is loaded as the module `solution`, so `if __name__ == "__main__"` does not run, and with the names and the
recursion limit that LeetCode provides. The entry point is a function, or a method of a new `Solution()` a call.
Arguments are made anew for each call, so a function may change them; what it prints is ignored. Its value leaves the
process as data and is compared here (`values.py`).

Not covered: functions that yield or await, and structures such as LeetCode's `TreeNode`.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from thalweg.errors import InputError
from thalweg.grade.bench import Bench
from thalweg.grade.compare import validate_compare
from thalweg.grade.drivers.calls import FAMILIAR
from thalweg.grade.evaluate import Call, Value, evaluate
from thalweg.grade.finding import Finding, no_answer
from thalweg.grade.programs import program_answer
from thalweg.grade.trials import CORRECT, Batch, Trial, found, settle
from thalweg.grade.values import check_value, decode, literal, same_value, shown, tolerance
from thalweg.types import CallCheck

_RECURSION = 50_000  # deeper than Python by default, as on LeetCode and in LiveCodeBench


def grade_call(check: CallCheck, answer: str, bench: Bench) -> Finding:
    """Calls the entry point on every test's arguments and compares what it returns."""
    source = program_answer(answer, check.entry_point)
    if source is None:
        return no_answer("there is no program in the answer", len(check.tests))
    run = partial(_run, check, source, bench)
    trials, seconds = settle(run, len(check.tests), bench.settings.every_test)
    return found(trials, len(check.tests), seconds, bench, source)


def validate_call(check: CallCheck) -> None:
    """Raises `InputError` unless there are tests, whose values can all be read, and a comparison of values."""
    validate_compare(check.compare, ("value",))
    if not check.tests:
        raise InputError("check", "there are no tests", "give at least one")
    if not check.entry_point.isidentifier():
        raise InputError("check", f"entry_point {check.entry_point!r} is no name", "give the function's name")
    for number, test in enumerate(check.tests, 1):
        where = f"check: test {number}"
        if not isinstance(test.get("args", []), Sequence) or isinstance(test.get("args"), str):
            raise InputError(where, "'args' is no list", "give the positional arguments as a list")
        if not isinstance(test.get("kwargs") or {}, Mapping):
            raise InputError(where, "'kwargs' is no object", "give the named arguments as an object")
        if "output" not in test:
            raise InputError(where, "'output' is missing", "give what the call returns")
        for key, value in test.items():
            check_value(value, f"{where}: {key}")


def _run(check: CallCheck, source: str, bench: Bench, tests: range) -> Batch:
    chosen = check.tests[tests.start : tests.stop]
    calls = [_call(check.entry_point, test) for test in chosen]
    expected_bytes = sum(len(repr(test["output"])) for test in chosen)
    program = {"source": source, "familiar": list(FAMILIAR), "recursion_limit": _RECURSION}
    evaluated = evaluate(program, calls, check.timeout_s, bench, expected_bytes)
    trials = [
        _compared(check, check.tests[test], one) if isinstance(one, Value) else one
        for test, one in zip(tests, evaluated.outcomes, strict=True)
    ]
    return Batch(trials, evaluated.cpu_s)


def _call(entry_point: str, test: Mapping[str, Any]) -> Call:
    return {"function": entry_point, "args": list(test.get("args", [])), "kwargs": dict(test.get("kwargs") or {})}


def _compared(check: CallCheck, test: Mapping[str, Any], value: Value) -> Trial:
    actual = decode(value.tagged)
    if same_value(test["output"], actual, tolerance(check.compare)):
        return CORRECT
    return Trial("incorrect", f"expected {shown(decode(test['output'], literal))}, got {shown(actual)}")
