"""Settling tests that share processes: failures count only where nothing ran before."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.grade.trials import CORRECT, Batch, Trial, ended, printable, settle
from thalweg.sandbox import Limits, Result

WRONG = Trial("incorrect", "wrong")


class _Program:
    """Alone, test n passes where `alone[n]`; in company where `shared[n]` (null: the process ended there)."""

    def __init__(self, alone: Sequence[bool], shared: Sequence[bool | None]) -> None:
        self._alone, self._shared = alone, shared
        self.processes: list[range] = []

    def __call__(self, tests: range) -> Batch:
        self.processes.append(tests)
        found: list[bool | None] = [self._alone[tests[0]], *(self._shared[test] for test in tests[1:])]
        if None in found:
            found[found.index(None) :] = [None] * (len(found) - found.index(None))
        return Batch([None if one is None else CORRECT if one else WRONG for one in found], 1.0)


CASES = [
    ("all pass in one process", [1, 1, 1], [1, 1, 1], [(0, 3)], [1, 1, 1]),
    ("the first test of a process stands", [0, 1, 1], [1, 1, 1], [(0, 3)], [0]),
    ("a failure in company is run alone", [1, 0, 1], [1, 0, 1], [(0, 3), (1, 2)], [1, 0]),
    (
        "what passes alone passes, and sharing ends",
        [1, 1, 1, 1],
        [1, 0, 0, 0],
        [(0, 4), (1, 2), (2, 3), (3, 4)],
        [1] * 4,
    ),
    ("a test that never ran is run alone", [1, 1, 1], [1, None, None], [(0, 3), (1, 2), (2, 3)], [1, 1, 1]),
    ("one test", [1], [1], [(0, 1)], [1]),
]


@pytest.mark.parametrize(("name", "alone", "shared", "processes", "verdicts"), CASES)
def test_settling(
    name: str,  # noqa: ARG001
    alone: list[bool],
    shared: list[bool | None],
    processes: list[tuple[int, int]],
    verdicts: list[int],
) -> None:
    program = _Program(alone, shared)
    trials, seconds = settle(program, len(alone), every_test=False)
    assert [trial is CORRECT for trial in trials] == [bool(one) for one in verdicts]
    assert program.processes == [range(*one) for one in processes]
    assert seconds == len(processes)


@settings(deadline=None)
@given(st.data())
def test_what_a_test_does_alone_decides_unless_it_passed_in_company(data: st.DataObject) -> None:
    alone = data.draw(st.lists(st.booleans(), min_size=1, max_size=8))
    outcomes = st.sampled_from([True, False, None])
    # A correct program may fail in company; a wrong one does not get right there.
    shared = [data.draw(outcomes) if one else data.draw(st.sampled_from([False, None])) for one in alone]
    trials, _ = settle(_Program(alone, shared), len(alone), every_test=True)
    assert [trial is CORRECT for trial in trials] == alone
    first, _ = settle(_Program(alone, shared), len(alone), every_test=False)
    assert first == trials[: len(first)]
    assert len(first) == len(alone) or first[-1] is WRONG


ENDS = [
    (Result(end="exit", code=0), None),
    (Result(end="exit", code=3), Trial("crash", "exit code 3")),
    (Result(end="signal", code=11), Trial("crash", "killed by signal SIGSEGV")),
    (Result(end="signal", code=99), Trial("crash", "killed by signal 99")),
    (Result(end="cpu", code=24), Trial("timeout", "over 1.5 s of CPU time")),
    (Result(end="wall", code=9), Trial("timeout", "over 5 s of wall-clock time")),
    (Result(end="memory", code=1), Trial("memory", "over 64 MiB of memory")),
    (Result(end="output", code=25), Trial("output_limit", "over 100 bytes of output")),
]


@pytest.mark.parametrize(("result", "trial"), ENDS)
def test_ends(result: Result, trial: Trial | None) -> None:
    assert ended(result, Limits(cpu_s=1.5, memory_mb=64, output_bytes=100)) == trial


def test_details_can_be_written_to_a_file() -> None:
    assert printable("a\ud800\nb" + "c" * 500).encode()
    assert len(printable("c" * 500)) <= 80
