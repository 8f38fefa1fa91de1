"""Agreement with the official LiveCodeBench grader: recorded verdicts, its rules one by one, and what fools it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.grade_pairs import Pair, built_in, official_verdicts
from benchmarks.official_lcb import Official
from hypothesis import given
from hypothesis import strategies as st

from tests.benches import fenced, open_bench
from thalweg.grade.bench import Bench
from thalweg.grade.lcb import grade_lcb_call, grade_lcb_stdin, is_official, lines_equal, official_program
from thalweg.sandbox import run_script
from thalweg.types import CallCheck, Status, StdinCheck

PAIRS = {pair.name: pair for pair in built_in()}
VERDICTS = official_verdicts()
BRIEF = [name for name, pair in PAIRS.items() if "while True:\n" not in pair.program and not name.startswith("large")]
CHECKOUT = os.environ.get("THALWEG_LCB")


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench(workers=2) as bench:
        yield bench


def is_right(pair: Pair, bench: Bench) -> bool:
    if isinstance(pair.check, StdinCheck):
        return grade_lcb_stdin(pair.check, pair.answer, bench).status == "correct"
    return grade_lcb_call(pair.check, pair.answer, bench).status == "correct"


def disagreements(names: list[str], bench: Bench) -> list[str]:
    if run_script(bench.pool(), "import numpy").code != 0:
        names = [name for name in names if "numpy" not in PAIRS[name].program]
    return [name for name in names if is_right(PAIRS[name], bench) != VERDICTS[name]]


def test_every_pair_has_a_recorded_verdict_and_both_verdicts_occur_in_every_kind() -> None:
    assert list(VERDICTS) == list(PAIRS)
    kinds = {(pair.kind, VERDICTS[name]) for name, pair in PAIRS.items()}
    assert len(kinds) == 2 * len({kind for kind, _ in kinds})


@pytest.mark.parametrize("kind", ["reader", "shape", "printed", "format", "value", "call"])
def test_agreement_with_the_record(bench: Bench, kind: str) -> None:
    names = [name for name in BRIEF if PAIRS[name].kind == kind]
    assert len(names) > 20
    assert disagreements(names, bench) == []


@pytest.mark.slow
def test_agreement_with_the_record_on_all_pairs(bench: Bench) -> None:
    assert disagreements(list(set(PAIRS) - set(BRIEF)), bench) == []


@pytest.mark.slow
@pytest.mark.skipif(CHECKOUT is None, reason="THALWEG_LCB names no checkout of the official grader")
def test_the_record_is_what_the_official_grader_says() -> None:
    assert CHECKOUT is not None
    verdicts = Official(Path(CHECKOUT)).grade(list(PAIRS.values()), 2)
    assert dict(zip(PAIRS, verdicts, strict=True)) == VERDICTS


# --------------------------------------------------------------------------- statuses and details

ECHO = StdinCheck(tests=({"input": "1\n", "output": "1\n"}, {"input": "2\n", "output": "2\n"}), timeout_s=1.0)
DOUBLE = CallCheck(entry_point="f", tests=({"args": [1], "output": 2}, {"args": [2], "output": 4}), timeout_s=1.0)


@pytest.mark.parametrize(
    ("program", "status", "passed", "detail"),
    [
        ("print(input())", "correct", 2, None),
        ("print(1)", "incorrect", 1, "test 2 of 2: expected '2\\n', got '1\\n'"),
        ("print(input() + '!')", "incorrect", 0, "test 1 of 2: expected '1\\n', got '1!\\n'"),
        (
            "print(2 // (2 - int(input())) - 1)",
            "crash",
            1,
            "test 2 of 2: ZeroDivisionError: integer division or modulo by zero",
        ),
        ("print(", "crash", 0, "before the first test: SyntaxError: '(' was never closed (<string>, line 1)"),
        ("while True:\n    pass", "timeout", 0, "test 1 of 2: over 1 s"),
        (
            "while True:\n    try:\n        print(input())\n    except:\n        pass",
            "timeout",
            0,
            "test 1 of 2: over 1 s",
        ),
        ("import time\ntime.sleep(100)", "timeout", 0, "test 1 of 2: over 1 s"),
        ("print('x' * (1 << 22))", "output_limit", 0, "test 1 of 2: output limit"),
        ("x = [0] * (1 << 34)", "memory", 0, "test 1 of 2: memory"),
        ("import os\nos._exit(0)", "crash", 0, "test 1 of 2: the program ended the grader's process"),
        ("import os, signal\nsignal.raise_signal(9)", "crash", 0, "test 1 of 2: killed by signal 9"),
        ("raise KeyboardInterrupt", "crash", 0, "test 1 of 2: KeyboardInterrupt"),
        ("class E(Exception):\n    def __repr__(self):\n        raise self\nraise E", "crash", 0, None),
        ("raise Exception('\\ud800')", "crash", 0, "test 1 of 2: Exception: ?"),
    ],
)
def test_programs_that_read(bench: Bench, program: str, status: Status, passed: int, detail: str | None) -> None:
    finding = grade_lcb_stdin(ECHO, fenced(program), bench)
    assert (finding.status, finding.passed, finding.total) == (status, passed, 2)
    assert finding.extracted == program
    assert detail is None or finding.detail == detail
    assert finding.isolation == str(bench.pool().isolation)


@pytest.mark.parametrize(
    ("program", "status", "passed", "detail"),
    [
        ("def f(x):\n    return 2 * x", "correct", 2, None),
        ("def f(x):\n    return 2", "incorrect", 1, "test 2 of 2: expected 4, got 2"),
        ("def f(x):\n    return {2 * x}", "incorrect", 0, "test 1 of 2: expected 2, got <set>"),
        ("def f(x):\n    while True:\n        pass", "timeout", 0, "test 1 of 2: over 1 s"),
        (
            "def g(x):\n    return 2 * x",
            "crash",
            0,
            "before the first test: AttributeError: module 'tmp_sol' has no attribute 'f'",
        ),
        ("def f(x):\n    raise SystemExit", "crash", 0, "test 1 of 2: SystemExit"),
    ],
)
def test_functions_that_are_called(bench: Bench, program: str, status: Status, passed: int, detail: str | None) -> None:
    finding = grade_lcb_call(DOUBLE, fenced(program), bench)
    assert (finding.status, finding.passed, finding.total, finding.detail) == (status, passed, 2, detail)


def test_slow_programs_are_run_from_start_to_end(bench: Bench) -> None:
    """The first look ends after half a second; what it saw does not count, since state must be as in one run."""
    waits = "import time\ntime.sleep(0.3)\n"
    tests = tuple({"input": f"{i}\n", "output": f"{i}\n"} for i in range(4))
    check = StdinCheck(tests=tests, timeout_s=1.0)
    assert grade_lcb_stdin(check, fenced(waits + "print(input())"), bench).status == "correct"
    finding = grade_lcb_stdin(check, fenced(waits + "print(min(2, int(input())))"), bench)
    assert (finding.status, finding.passed) == ("incorrect", 3)


def test_an_answer_without_fences_is_no_answer(bench: Bench) -> None:
    assert grade_lcb_stdin(ECHO, "print(input())", bench).status == "no_answer"


def test_what_the_official_format_cannot_hold_is_judged_natively(bench: Bench) -> None:
    check = CallCheck(entry_point="f", tests=({"args": [1], "output": {"py": "(1, 2)"}},))
    assert grade_lcb_call(check, fenced("def f(x):\n    return x, 2"), bench).status == "correct"
    assert grade_lcb_call(check, fenced("def f(x):\n    return [x, 2]"), bench).status == "incorrect"


# --------------------------------------------------------------------------- what fools the official grader

_EQUAL = "class E({}):\n    __eq__ = lambda *_: True\n    __ne__ = lambda *_: False\n    __hash__ = None\n"
_FRAMES = (
    "import sys\ndef find(name):\n    frame = sys._getframe()\n    while frame:\n        if name in frame.f_locals:\n"
    "            return frame.f_locals[name]\n        frame = frame.f_back\n"
)


@pytest.mark.parametrize(
    "program",
    [
        _EQUAL.format("") + "def f(x):\n    return E()",
        _EQUAL.format("int") + "def f(x):\n    return E(7)",
        _EQUAL.format("list") + "def f(x):\n    return E()",
        "class E(int):\n    __add__ = __format__ = lambda *_: 2\ndef f(x):\n    return E(7)",
        "class E:\n    __class__ = int\n    __eq__ = lambda *_: True\ndef f(x):\n    return E()",
        _FRAMES + "def f(x):\n    return find('gt_out')",
        _FRAMES + "def f(x):\n    find('emit')({'value': True})\n    return 7",
        _FRAMES + "def f(x):\n    find('emit')({'paused': True})\n    return 7",
        _FRAMES + "def f(x):\n    find('emit')({'value': {'py': '1 +'}})\n    return 7",
        _FRAMES + "def f(x):\n    find('emit')({'value': {'py': ['opaque', 7]}})\n    return 7",
        _FRAMES + "def f(x):\n    for _ in range(9):\n        find('emit')({'failed': []})\n    return 7",
        "import os\ndef f(x):\n    os._exit(0)",
        "def f(x):\n    raise SystemExit(0)",
        "import gc\ndef f(x):\n    return [o for o in gc.get_objects() if o in (2, 4)]",
        "import json\njson.loads = lambda _: 0\ndef f(x):\n    return 7",
        "import builtins\nbuiltins.isinstance = lambda *_: True\nbuiltins.type = lambda _: bool\nf = lambda x: 7",
    ],
)
def test_wrong_programs_are_never_correct(bench: Bench, program: str) -> None:
    assert grade_lcb_call(DOUBLE, fenced(program), bench).status in ("incorrect", "crash", "timeout")


# --------------------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("answer", "program"),
    [
        ("```python\na\nb\n```", "a\nb"),
        ("```\na\n```", "a"),
        ("text\n```py\na\n```\nmore\n```\nb\n```\nend", "b"),
        (
            "```python\na\n```\nthen ```inline``` words",
            "",
        ),
        ("```python\na\n```\nand\n```python\nb", "and"),
        ("  ```python\n  a\n  ```", "  a"),
        ("```python\na\n````", "a"),
        ("a", ""),
        ("```python\na", ""),
        ("", ""),
        ("~~~\na\n~~~", ""),
        ("```python\r\na\r\n```", "a\r"),
    ],
)
def test_extraction(answer: str, program: str) -> None:
    assert official_program(answer) == program


@pytest.mark.parametrize(
    ("expected", "output", "equal"),
    [
        ("1 2\n3", " 1 2 \n 3\n\n", True),
        ("1 2", "1\n2", False),
        ("1\n\n2", "1\n2", False),
        ("1.50", "1.5", True),
        ("1e3", "1000", True),
        ("1.0 a", "1 a", False),
        ("nan", "nan", True),
        ("nan 1", "nan 1.0", False),
        ("sNaN 1", "1 1", False),
        ("", "\n", True),
        ("", "0", False),
        ("50000000000000000", "50000000000000001", False),
    ],
)
def test_comparison_of_lines(expected: str, output: str, equal: bool) -> None:
    assert lines_equal(output, expected) is equal


@given(st.text(alphabet="01.e \n-na"), st.text(alphabet=" \n\t"), st.text(alphabet=" \n\t"))
def test_white_space_around_an_output_is_nothing(text: str, before: str, after: str) -> None:
    assert lines_equal(before + text + after, text)


@pytest.mark.parametrize(
    ("test", "official"),
    [
        ({"args": [1, "a", [None, 2.5], {"b": True}], "output": []}, True),
        ({"args": [1], "kwargs": {}, "output": 1}, True),
        ({"args": [1], "kwargs": {"x": 1}, "output": 1}, False),
        ({"args": [], "output": 1}, False),
        ({"output": 1}, False),
        ({"args": [{"py": "(1, 2)"}], "output": 1}, False),
        ({"args": [1], "output": [{"a": {"py": "{1}"}}]}, False),
        ({"args": [{"py": "1", "b": 2}], "output": 1}, True),
    ],
)
def test_what_the_official_format_can_hold(test: dict[str, Any], official: bool) -> None:
    assert is_official(CallCheck(entry_point="f", tests=(test,))) is official
