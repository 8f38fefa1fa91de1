"""Runs a program's tests, several in one process, and settles what became of each.

A fork costs more than most tests, so a program's tests share one sandboxed process. Sharing must never cost a correct
program its verdict: a failure counts only where it happened in a process that had run nothing before, that is, as the
first test of its process or in a process of its own. A program that fails in company and passes alone is given a
process of its own for each of its remaining tests. The graders say how a process is run and judged.
"""

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from thalweg.grade.bench import Bench
from thalweg.grade.finding import Finding, shortened
from thalweg.sandbox import Limits, Result
from thalweg.types import Status

_LEAST_OUTPUT = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one test, and how it failed."""

    status: Status
    detail: str | None = None


CORRECT = Trial("correct")


class Batch(NamedTuple):
    """What became of tests that shared a process, in order, null where one never ran or none can say; CPU seconds."""

    trials: Sequence[Trial | None]
    cpu_s: float


# Runs the tests of these numbers in one fresh process. The first of them always gets a trial.
RunBatch: TypeAlias = Callable[[range], Batch]


def settle(run: RunBatch, total: int, every_test: bool) -> tuple[list[Trial], float]:
    """What became of the tests up to the first failure (of all with `every_test`), and the CPU seconds they took."""
    settled: list[Trial] = []
    seconds, sharing = 0.0, True
    while len(settled) < total:
        start = len(settled)
        batch = run(range(start, total if sharing else start + 1))
        seconds += batch.cpu_s
        for test, trial in enumerate(batch.trials, start):
            missing = trial is None
            if test > start and (trial is None or trial.status != "correct"):
                alone = run(range(test, test + 1))
                seconds += alone.cpu_s
                trial = alone.trials[0]
                sharing = trial is None or trial.status != "correct"
            assert trial is not None, "the first test of a process has a trial"
            settled.append(trial)
            if trial.status != "correct" and not every_test:
                return settled, seconds
            if missing or not sharing:
                break
    return settled, seconds


def found(
    trials: Sequence[Trial],
    total: int,
    seconds: float,
    bench: Bench,
    extracted: str,
    strength: Literal["strong", "weak"] = "strong",
) -> Finding:
    """The finding that trials amount to: correct where all are, else as the first that failed."""
    failed = next((number for number, trial in enumerate(trials) if trial.status != "correct"), None)
    detail = None if failed is None else f"test {failed + 1} of {total}: {trials[failed].detail}"
    return Finding(
        status="correct" if failed is None else trials[failed].status,
        passed=sum(trial.status == "correct" for trial in trials),
        total=total,
        extracted=extracted,
        detail=detail,
        strength=strength,
        isolation=str(bench.pool().isolation),
        seconds=round(seconds, 3),
    )


def limits(timeout_s: float, bench: Bench, expected_bytes: Sequence[int] = ()) -> Limits:
    """Limits of one process: the CPU time of one test, and room to print twice what is expected and some more."""
    room = sum(2 * size + (64 << 10) for size in expected_bytes)
    return Limits(cpu_s=timeout_s, memory_mb=bench.settings.memory_mb, output_bytes=max(_LEAST_OUTPUT, room))


def ended(result: Result, allowed: Limits) -> Trial | None:
    """How a process failed as a whole; null where it came to an end by itself with code 0."""
    match result.end:
        case "cpu":
            return Trial("timeout", f"over {allowed.cpu_s:g} s of CPU time")
        case "wall":
            return Trial("timeout", f"over {allowed.wall:g} s of wall-clock time")
        case "memory":
            return Trial("memory", f"over {allowed.memory_mb} MiB of memory")
        case "output":
            return Trial("output_limit", f"over {allowed.output_bytes} bytes of output")
        case "signal":
            return Trial("crash", f"killed by signal {_signal_name(result.code)}")
        case "exit":
            return Trial("crash", f"exit code {result.code}") if result.code else None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def printable(text: object) -> str:
    """Words of a program in a detail: shortened, and without what no file can hold."""
    return shortened(str(text)[:1000].encode("utf-8", "replace").decode())
