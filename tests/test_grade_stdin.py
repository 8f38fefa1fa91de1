"""Programs that read standard input: verdicts, details, sharing, limits."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.benches import fenced, open_bench
from tests.idioms import IDIOMS, TESTS
from thalweg.errors import InputError
from thalweg.grade.bench import Bench
from thalweg.grade.stdin import grade_stdin, validate_tests
from thalweg.types import StdinCheck

SUM = StdinCheck(tests=TESTS, timeout_s=2.0)
ADD = "input()\nprint(sum(map(int, input().split())))\n"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as bench:
        yield bench


@pytest.fixture(scope="module")
def thorough() -> Iterator[Bench]:
    with open_bench(every_test=True) as bench:
        yield bench


@pytest.mark.parametrize("name", IDIOMS)
def test_every_way_to_add_numbers_is_correct(bench: Bench, name: str) -> None:
    finding = grade_stdin(replace(SUM, timeout_s=6.0), fenced(IDIOMS[name]), bench)
    assert (finding.status, finding.passed, finding.total) == ("correct", 3, 3), finding.detail
    for test in TESTS:
        finding = grade_stdin(replace(SUM, tests=(test,), timeout_s=6.0), fenced(IDIOMS[name]), bench)
        assert finding.status == "correct", finding.detail


N_FIRST = ADD.replace("input()", "n = input()", 1)
FAILURES = {
    "wrong": ("print(6)", "incorrect", 1, "test 2 of 3: expected '-5', got '6'"),
    "wrong at once": ("print('x' * 500)", "incorrect", 0, "test 1 of 3: expected '6', got 'xxx"),
    "nothing": ("pass", "incorrect", 0, "test 1 of 3: expected '6', got ''"),
    "exception": ("1/0", "crash", 0, "test 1 of 3: ZeroDivisionError: division by zero"),
    "exception later": (N_FIRST + "if n == '4': 1/0", "crash", 2, "test 3 of 3: ZeroDivisionError"),
    "right, then exit code": (ADD + "raise SystemExit(3)", "crash", 0, "test 1 of 3: exit code 3"),
    "right, then exit with words": (ADD + "exit('bye')", "crash", 0, "test 1 of 3: exit code 1"),
    "does not parse": ("print(", "crash", 0, "test 1 of 3: SyntaxError: '(' was never closed"),
    "loop": ("while True: pass", "timeout", 0, "test 1 of 3: over "),
    "sleep": ("import time\ntime.sleep(60)", "timeout", 0, "test 1 of 3: over 4 s of wall-clock time"),
    "loop in the second": (N_FIRST + "while n == '1': pass", "timeout", 1, "test 2 of 3: over "),
    "memory": ("x = bytearray(8 << 30)", "memory", 0, "test 1 of 3: over 2048 MiB of memory"),
    "flood": ("while True: print('x' * 10000)", "output_limit", 0, "bytes of output"),
    "segfault": ("import ctypes\nctypes.string_at(0)", "crash", 0, "test 1 of 3: killed by signal SIGSEGV"),
    "os._exit": ("import os\nos._exit(0)", "incorrect", 0, "test 1 of 3: expected '6', got ''"),
    "os._exit with a code": ("import os\nprint(6, flush=True)\nos._exit(4)", "crash", 0, "test 1 of 3: exit code 4"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_are_told_apart(bench: Bench, name: str) -> None:
    program, status, passed, detail = FAILURES[name]
    finding = grade_stdin(replace(SUM, timeout_s=1.0), fenced(program), bench)
    assert (finding.status, finding.passed) == (status, passed), finding.detail
    assert detail in (finding.detail or "")
    assert len(finding.detail or "") < 250
    assert finding.total == 3


def test_a_verdict_says_how_it_was_made(bench: Bench) -> None:
    finding = grade_stdin(SUM, fenced(ADD), bench)
    assert finding.isolation == str(bench.pool().isolation)
    assert finding.strength == "strong"
    assert finding.extracted is not None
    assert finding.extracted.strip() == ADD.strip()
    assert 0 < finding.seconds < 2
    assert finding.detail is None


def test_an_answer_without_a_program_is_no_answer(bench: Bench) -> None:
    finding = grade_stdin(SUM, "I cannot say.", bench)
    assert (finding.status, finding.passed, finding.total) == ("no_answer", 0, 3)


def test_every_test_runs_where_it_is_asked_for(thorough: Bench) -> None:
    finding = grade_stdin(SUM, fenced("print(6)"), thorough)
    assert (finding.status, finding.passed) == ("incorrect", 1)
    assert finding.detail == "test 2 of 3: expected '-5', got '6'"
    finding = grade_stdin(SUM, fenced(N_FIRST.replace("print", "1 / (n != '1')\nprint")), thorough)
    assert (finding.status, finding.passed) == ("crash", 2)


LEAVE = """
import atexit, os, sys
@atexit.register
def leave():
    sys.stdout.flush()
    os._exit(0)
"""
THREAD = "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
STATEFUL = {
    "a patched builtin": "import builtins\nif hasattr(builtins, 'seen'): raise SystemExit(9)\nbuiltins.seen = 1\n",
    "a patched module": "import math\nif hasattr(math, 'seen'): raise SystemExit(9)\nmath.seen = 1\n",
    "a counting module": "import random\nassert not hasattr(random, 'n')\nrandom.n = 1\n",
    "a thread that stays": THREAD,
    "a closed descriptor": "import os, atexit\natexit.register(os.close, 0)\n",
    "os._exit at the end": LEAVE,
    "stdin closed": "import atexit, sys\natexit.register(lambda: sys.stdin.close())\n",
    "an environment variable": "import os\nassert 'SEEN' not in os.environ\nos.environ['SEEN'] = '1'\n",
    "a spoilt module": "import string\nassert string.digits\nstring.digits = None\n",
}


@pytest.mark.parametrize("name", STATEFUL)
def test_state_left_behind_costs_no_verdict(bench: Bench, name: str) -> None:
    finding = grade_stdin(SUM, fenced(STATEFUL[name] + ADD), bench)
    assert (finding.status, finding.passed) == ("correct", 3), finding.detail


def test_slow_tests_share_no_budget(bench: Bench) -> None:
    """Each test may take its time, though together they take more."""
    program = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass\n" + ADD
    finding = grade_stdin(replace(SUM, tests=TESTS * 2, timeout_s=1.0), fenced(program), bench)
    assert (finding.status, finding.passed) == ("correct", 6), finding.detail


def test_long_outputs_fit(bench: Bench) -> None:
    expected = "x" * 3_000_000
    check = StdinCheck(tests=({"input": "", "output": expected},) * 2)
    assert grade_stdin(check, fenced("print('x' * 3_000_000)"), bench).status == "correct"


def test_output_that_is_no_text_is_wrong_and_nothing_more(bench: Bench) -> None:
    finding = grade_stdin(SUM, fenced("import os\nos.write(1, bytes(range(128, 256)))"), bench)
    assert finding.status == "incorrect"
    assert (finding.detail or "").encode()


def test_inputs_of_any_text(bench: Bench) -> None:
    text = "žluťoučký 🐎\x00\r\n\u2028end"
    check = StdinCheck(tests=({"input": text, "output": text},), compare="exact")
    assert (
        grade_stdin(check, fenced("import sys\nsys.stdout.write(sys.stdin.buffer.read().decode())"), bench).status
        == "correct"
    )


BAD: list[tuple[Any, str]] = [
    ((), "there are no tests"),
    (({"input": ""},), "'output' is missing"),
    (({"input": 1, "output": "1"},), "'input' is missing or no text"),
]


@pytest.mark.parametrize(("tests", "problem"), BAD)
def test_bad_tests_are_said(tests: Any, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        validate_tests(tests)
