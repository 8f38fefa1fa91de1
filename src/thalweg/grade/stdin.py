"""Programs that read standard input and print: `grade_stdin`, and running them for a checker.

A program runs as `python prog.py < input > output`. It is judged by what it printed, as bytes on descriptor 1, and by
its end: an exit code other than 0 is a crash even where the output is right, as on every judge. The expected output
stays here. Not covered: interactive problems; problems with several right outputs (a `checker` check has those).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from thalweg.errors import InputError
from thalweg.grade.bench import Bench
from thalweg.grade.compare import same_output, validate_compare
from thalweg.grade.finding import Finding, no_answer
from thalweg.grade.programs import program_answer
from thalweg.grade.trials import CORRECT, Batch, Trial, ended, found, limits, printable, settle
from thalweg.sandbox import Job, Limits, Result
from thalweg.types import CheckerCheck, StdinCheck

Tests: TypeAlias = Sequence[Mapping[str, Any]]


class Printed(NamedTuple):
    """What a program printed in one test that it came through."""

    test: int
    text: str


# Judges what a program printed in tests that share a process.
JudgeOutputs: TypeAlias = Callable[[Sequence[Printed]], Sequence[Trial]]


def grade_stdin(check: StdinCheck, answer: str, bench: Bench) -> Finding:
    """Runs the program on every test's input and compares what it prints."""

    def judge(outputs: Sequence[Printed]) -> list[Trial]:
        return [_compared(check, printed) for printed in outputs]

    return grade_printed(check, answer, bench, judge)


def grade_printed(check: StdinCheck | CheckerCheck, answer: str, bench: Bench, judge: JudgeOutputs) -> Finding:
    """The finding on a program whose outputs `judge` judges."""
    source = program_answer(answer)
    if source is None:
        return no_answer("there is no program in the answer", len(check.tests))
    run = partial(_run, check, source, bench, judge)
    trials, seconds = settle(run, len(check.tests), bench.settings.every_test)
    return found(trials, len(check.tests), seconds, bench, source)


def validate_stdin(check: StdinCheck) -> None:
    """Raises `InputError` unless there are tests, and a comparison of outputs."""
    validate_compare(check.compare, ("tokens", "exact"))
    validate_tests(check.tests)


def validate_tests(tests: Tests) -> None:
    """Raises `InputError` unless there are tests, each with texts `input` and `output`."""
    if not tests:
        raise InputError("check", "there are no tests", "give at least one")
    for number, test in enumerate(tests, 1):
        for key in ("input", "output"):
            if not isinstance(test.get(key), str):
                raise InputError(f"check: test {number}", f"'{key}' is missing or no text", "give it as text")


def _compared(check: StdinCheck, printed: Printed) -> Trial:
    expected = check.tests[printed.test]["output"]
    if same_output(expected, printed.text, check.compare):
        return CORRECT
    return Trial("incorrect", f"expected '{printable(expected)}', got '{printable(printed.text)}'")


def _run(check: StdinCheck | CheckerCheck, source: str, bench: Bench, judge: JudgeOutputs, tests: range) -> Batch:
    chosen = check.tests[tests.start : tests.stop]
    allowed = limits(check.timeout_s, bench, [len(test["output"].encode("utf-8", "replace")) for test in chosen])
    payload = {"source": source, "inputs": [test["input"] for test in chosen], "budget_s": check.timeout_s}
    result = bench.pool().run(Job(driver="script", payload=payload, limits=allowed))
    outcomes = _outcomes(result, allowed, len(chosen))
    printed = [Printed(tests[place], text) for place, text in enumerate(outcomes) if isinstance(text, str)]
    judged = iter(judge(printed))
    return Batch([next(judged) if isinstance(one, str) else one for one in outcomes], result.cpu_s)


def _outcomes(result: Result, allowed: Limits, count: int) -> list[str | Trial | None]:
    """What each test printed, or how it failed; null from the first test on of which nothing is known."""
    outcomes: list[str | Trial | None] = []
    end = 0
    for record in result.records[:count]:
        if not _follows(record, len(outcomes), end, len(result.stdout)):
            break
        outcomes.append(_failed(record, allowed) or _text(result.stdout[end : record["end"]]))
        end = record["end"]
    if not outcomes or (count == 1 and result.end != "exit"):
        # The process ended inside its first test, or after its only one: that is how the test ended.
        outcomes[:1] = [ended(result, allowed) or _text(result.stdout)]
    return outcomes + [None] * (count - len(outcomes))


def _follows(record: Any, test: int, start: int, size: int) -> bool:
    """Whether a record, which a program may have forged, is the one of this test."""
    return (
        isinstance(record, dict)
        and record.get("test") == test
        and record.get("start") == start
        and type(record.get("end")) is int
        and start <= record["end"] <= size
    )


def _failed(record: Mapping[str, Any], allowed: Limits) -> Trial | None:
    if record.get("memory"):
        return Trial("memory", f"over {allowed.memory_mb} MiB of memory")
    if record.get("error"):
        return Trial("crash", printable(record["error"]))
    return Trial("crash", f"exit code {printable(record['code'])}") if record.get("code") != 0 else None


def _text(output: bytes) -> str:
    return output.decode("utf-8", "replace")
