"""Verdicts that agree with the official LiveCodeBench grader, its quirks included.

For numbers that shall stand beside published ones. The program runs as that grader would run it (`drivers/lcb.py`),
but in the sandbox; here its program is cut out of the answer and its results are compared, both by the official rules
(LiveCodeBench, `lcb_runner/evaluation/testing_util.py` and `utils/extraction_utils.py`, revision 28fef95).

On purpose it differs in one way: what makes the official grader accept a wrong program (an object that equals
everything, reading the expected value out of the grader's frames) is not `correct` here, since no expected value is
in reach and values are compared as plain data. What the sandbox denies (writing files) also fails here.

Not covered: checks that the official format cannot express (see `is_official`), which the native grader judges;
`compare` of a check, in whose place the official comparison stands.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from thalweg.grade.bench import Bench
from thalweg.grade.calls import grade_call
from thalweg.grade.finding import Finding, no_answer, shortened
from thalweg.grade.trials import printable
from thalweg.grade.values import Opaque, decode, shown
from thalweg.sandbox import Job, Limits, Result
from thalweg.types import CallCheck, Status, StdinCheck

_FIRST_LOOK_S = 0.5  # most wrong programs show it by then, and need not run the rest
_STACK_MB = 8  # what shells give, and so the official grader: recursion through C code dies there that lives natively
_STATUS: dict[str, Status] = {"timeout": "timeout", "memory": "memory", "output_limit": "output_limit"}
_ENDED: dict[str, tuple[Status, str]] = {
    "cpu": ("timeout", "over the time limit"),
    "wall": ("timeout", "over the time limit"),
    "memory": ("memory", "over the memory limit"),
    "output": ("output_limit", "over the output limit"),
    "signal": ("crash", "killed by signal {}"),
    "exit": ("crash", "the program ended the grader's process"),
}
# From what the driver says of a test and what was expected: null, or what is wrong.
Complaint: TypeAlias = Callable[[Mapping[str, Any], Any], str | None]


def grade_lcb_stdin(check: StdinCheck, answer: str, bench: Bench) -> Finding:
    """Judges a program that reads standard input as the official grader would."""
    expected = [test["output"] for test in check.tests]
    most = max(1 << 20, 2 * sum(map(len, expected)) + (1 << 16))
    payload = {"inputs": [test["input"] for test in check.tests], "output_chars": most}
    return _Graded(check, answer, bench, payload, expected, _lines_complaint).finding()


def grade_lcb_call(check: CallCheck, answer: str, bench: Bench) -> Finding:
    """Judges a function that is called as the official grader would, and natively what that has no form for."""
    if not is_official(check):
        return grade_call(check, answer, bench)
    calls = [[json.dumps(argument) for argument in test["args"]] for test in check.tests]
    expected = [test["output"] for test in check.tests]
    payload = {"calls": calls, "entry_point": check.entry_point}
    return _Graded(check, answer, bench, payload, expected, _value_complaint).finding()


def is_official(check: StdinCheck | CallCheck) -> bool:
    """Whether the official format can hold this check: JSON values alone, at least one argument, no keywords."""
    if isinstance(check, StdinCheck):
        return True
    return all(
        test.get("args") and not test.get("kwargs") and _is_json([*test["args"], test["output"]])
        for test in check.tests
    )


def _is_json(value: Any) -> bool:
    if isinstance(value, Mapping):
        return set(value) != {"py"} and all(map(_is_json, value.values()))
    return all(map(_is_json, value)) if isinstance(value, Sequence) and not isinstance(value, str) else True


def official_program(answer: str) -> str:
    """What the official extraction takes for the program: what lies between the last two lines that hold a fence.

    Empty without two such lines. A fence that was never closed therefore gives the text *before* it.
    """
    lines = answer.split("\n")
    fences = [index for index, line in enumerate(lines) if "```" in line]
    return "\n".join(lines[fences[-2] + 1 : fences[-1]]) if len(fences) > 1 else ""


# --------------------------------------------------------------------------- running


@dataclass
class _Graded:
    """One answer on its way to a finding."""

    check: StdinCheck | CallCheck
    answer: str
    bench: Bench
    payload: dict[str, Any]
    expected: list[Any]
    complaint: Complaint
    seconds: float = 0.0

    def finding(self) -> Finding:
        """Runs the program for a short look and, where that finds nothing wrong, from the start to the end.

        The tests share one process and whatever the program leaves there, so that they cannot be split.
        """
        program = official_program(self.answer)
        if not program:
            return no_answer("no code between two lines with ```", len(self.expected))
        found = self._read(self._run(program, _FIRST_LOOK_S), program)
        return found or self._read(self._run(program, None), program) or self._found("crash", 0, "no result", program)

    def _run(self, program: str, budget_s: float | None) -> Result:
        # The official limit on all tests together.
        cpu_s = (self.check.timeout_s + 1) * len(self.expected) + 5
        room = (4 << 20) + 2 * sum(len(json.dumps(one)) for one in self.expected)
        memory_mb = self.bench.settings.memory_mb
        limits = Limits(cpu_s=cpu_s, memory_mb=memory_mb, output_bytes=room, stack_mb=_STACK_MB)
        payload = {**self.payload, "source": program, "timeout_s": self.check.timeout_s, "budget_s": budget_s}
        result = self.bench.pool().run(Job(driver="lcb", payload=payload, limits=limits))
        self.seconds += result.cpu_s
        return result

    def _read(self, result: Result, program: str) -> Finding | None:
        """The finding, or null where the look was too short to tell."""
        for index, expected in enumerate(self.expected):
            record = result.records[index] if index < len(result.records) else None
            if not isinstance(record, Mapping):
                status, what = _ENDED[result.end]
                return self._found(status, index, what.format(result.code), program)
            if "paused" in record:
                return None
            if "failed" in record:
                return self._failed(record, index, program)
            if wrong := self.complaint(record, expected):
                return self._found("incorrect", index, wrong, program)
        return self._found("correct", len(self.expected), None, program)

    def _failed(self, record: Mapping[str, Any], index: int, program: str) -> Finding:
        status = _STATUS.get(str(record["failed"]), "crash")
        limit = f"over {self.check.timeout_s:g} s" if status == "timeout" else status.replace("_", " ")
        what = printable(record.get("error")) if status == "crash" else limit
        return self._found(status, index, what, program, in_test=record.get("test") is not False)

    def _found(self, status: Status, passed: int, what: str | None, program: str, in_test: bool = True) -> Finding:
        total = len(self.expected)
        where = f"test {passed + 1} of {total}" if in_test else "before the first test"
        return Finding(
            status=status,
            passed=passed,
            total=total,
            extracted=program,
            detail=None if what is None else f"{where}: {what}",
            isolation=str(self.bench.pool().isolation),
            seconds=round(self.seconds, 3),
        )


# --------------------------------------------------------------------------- comparing


def _lines_complaint(record: Mapping[str, Any], expected: Any) -> str | None:
    output = record.get("output")
    if isinstance(output, str) and lines_equal(output, expected):
        return None
    return f"expected {_quoted(expected)}, got {_quoted(output)}"


def _quoted(text: Any) -> str:
    return shortened(repr(str(text)[:1000]))


def lines_equal(output: str, expected: str) -> bool:
    """The official comparison: as many lines, and each the same, or the same numbers as decimals.

    White space around the whole and around each line is nothing; an empty line within is a line.
    """
    ours, theirs = _stripped_lines(output), _stripped_lines(expected)
    return len(ours) == len(theirs) and all(
        one == other or _same_decimals(one, other) for one, other in zip(ours, theirs, strict=True)
    )


def _stripped_lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def _same_decimals(one: str, other: str) -> bool:
    # `1e2`, `100.0` and `1_00` are one decimal; NaN equals nothing, and a signalling one may not even be compared.
    try:
        return [Decimal(word) for word in one.split()] == [Decimal(word) for word in other.split()]
    except InvalidOperation:
        return False


def _value_complaint(record: Mapping[str, Any], expected: Any) -> str | None:
    value: Any = Opaque("nonsense")  # from a program that writes records itself
    try:
        value = decode(record.get("value", value))
        right = bool(value == expected)
    except (ArithmeticError, ValueError, RecursionError):  # a decimal may refuse to be compared
        right = False
    return None if right else f"expected {shown(expected)}, got {shown(value)}"
