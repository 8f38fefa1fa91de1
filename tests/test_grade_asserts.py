"""Assertions: how they are taken apart, and what programs make of them."""

from collections.abc import Iterator

import pytest

from tests.benches import fenced, open_bench
from thalweg.errors import InputError
from thalweg.grade.assertions import Converted, plan
from thalweg.grade.asserts import grade_assert, validate_asserts
from thalweg.grade.bench import Bench
from thalweg.types import AssertCheck


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as bench:
        yield bench


# --------------------------------------------------------------------------- taking apart

CONVERTED: list[tuple[str, tuple[str, ...], str]] = [
    ("assert f(1) == 2", ("f(1)",), "v0 == 2"),
    ("assert 2 == f(1)", ("f(1)",), "2 == v0"),
    ("assert f(1) == 2, 'a message'", ("f(1)",), "v0 == 2"),
    ("assert (f(1)) == (2,)", ("f(1)",), "v0 == (2,)"),
    ("assert f(g(1), h) == 2", ("f(g(1), h)",), "v0 == 2"),
    ("assert f(1) == g(2)", ("f(1)", "g(2)"), "v0 == v1"),
    ("assert not f(1)", ("f(1)",), "not v0"),
    ("assert f(1)", ("f(1)",), "v0"),
    ("assert f(1) is None", ("f(1)",), "v0 is None"),
    ("assert f(1) in (1, 2)", ("f(1)",), "v0 in (1, 2)"),
    ("assert abs(f(1) - 0.5) < 1e-6", ("f(1)",), "abs(v0 - 0.5) < 1e-06"),
    ("assert int(f(1)) == 2", ("f(1)",), "int(v0) == 2"),
    ("assert set(f(1)) == {1}", ("builtin_set(f(1))",), "v0 == {1}"),
    ("assert sorted(f(1), key=len) == [1]", ("builtin_sorted(f(1), key=len)",), "v0 == [1]"),
    ("assert f(1)[0].x(3) == 4", ("f(1)[0].x(3)",), "v0 == 4"),
    ("assert Solution().f(1) == 2", ("Solution().f(1)",), "v0 == 2"),
    ("assert isinstance(f(1), int) and f(1) > 0", ("f(1)", "f(1)"), "isinstance(v0, int) and v1 > 0"),
    ("assert [f(1), f(2)] == [1, 2]", ("f(1)", "f(2)"), "[v0, v1] == [1, 2]"),
    ("assert (y := f(1)) == y", ("f(1)",), "(y := v0) == y"),
    ("assert PI == 3.14", ("PI",), "v0 == 3.14"),
    ("assert sum(10, 15) == 6", ("sum(10, 15)",), "v0 == 6"),
    ("import math\nassert math.isclose(f(1), math.pi)", ("f(1)",), "math.isclose(v0, math.pi)"),
    ("assert math.isclose(f(1), 3.14, rel_tol=0.001)", ("f(1)",), "math.isclose(v0, 3.14, rel_tol=0.001)"),
    ("wanted = [1, 2]\nassert f(1) == wanted", ("f(1)",), "v0 == wanted"),
    ("x = f(1)\nassert x == 1", ("x",), "v0 == 1"),
    (
        "def check(candidate):\n    '''Doc.'''\n    assert True\n    assert candidate(1) == 2\ncheck(f)",
        ("f(1)",),
        "v0 == 2",
    ),
]


@pytest.mark.parametrize(("text", "expressions", "rest"), CONVERTED)
def test_assertions_are_taken_apart(text: str, expressions: tuple[str, ...], rest: str) -> None:
    todo = plan("", (text,))
    (step,) = todo.steps
    assert isinstance(step, Converted)
    assert (step.expressions, step.rest) == (expressions, rest)
    assert todo.strong


WHOLE = [
    "for i in range(3):\n    assert f(i) == i",
    "assert all(f(x) == y for x, y in [(1, 2)])",
    "assert list(map(f, [1])) == [1]",
    "assert isinstance(f(1), Kind)",
    "try:\n    f(1)\nexcept ValueError:\n    pass\nelse:\n    assert False",
    "x = f(1) + 1\nassert x == 1",
    "def check(candidate):\n    for i in range(3):\n        assert candidate(i) == i\ncheck(f)",
]


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_no_series_of_assertions_stays_whole(text: str) -> None:
    todo = plan("", ("assert f(0) == 0", text) if "check" not in text else (text,))
    assert not todo.strong
    assert not isinstance(todo.steps[-1], Converted)


def test_expected_values_stay_out_of_the_programs_process() -> None:
    texts = ("start = 3\nn = start + 4\nwanted = 41\nassert f(n) == wanted + 1", "assert f(7) == 'hidden'")
    todo = plan("", texts)
    assert todo.strong
    assert todo.setup.split("\n") == ["", "start = 3", "n = start + 4"]
    assert "wanted = 41" in todo.clean_setup
    seen = [text for step in todo.steps if isinstance(step, Converted) for text in step.expressions]
    assert seen == ["f(n)", "f(7)"]


def test_what_does_not_convert_leaves_nothing_behind() -> None:
    todo = plan("", ("x = f(1)\ny = 5\nfor i in x: assert i == y", "assert f(2) == 3"))
    assert (todo.setup, todo.clean_setup) == ("", "")
    assert [isinstance(step, Converted) for step in todo.steps] == [False, True]


BAD: list[tuple[tuple[str, ...], str, str]] = [
    (("assert f(",), "", "does not parse"),
    (("assert f(1)",), "import (", "setup: does not parse"),
    ((), "", "nothing is asserted"),
    (("x = 1",), "", "nothing is asserted"),
    (("def check(candidate):\n    assert candidate(1)",), "", "never called"),
]


@pytest.mark.parametrize(("asserts", "setup", "problem"), BAD)
def test_bad_checks_are_said(asserts: tuple[str, ...], setup: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        validate_asserts(AssertCheck(asserts=asserts, setup=setup))


# --------------------------------------------------------------------------- grading

NODE = "class Node:\n    def __init__(self, v):\n        self.v, self.next = v, None\n"
HUMAN_EVAL = """
METADATA = {'author': 'a'}

def check(candidate):
    assert candidate(1.5) == 3.0, "a message"
    assert abs(candidate(0.1) - 0.2) < 1e-6
    assert candidate(2) == 4

check(double)
"""

VERDICTS: dict[str, tuple[str, tuple[str, ...], str, str, int, str]] = {
    "right": ("", ("assert f(1) == 2", "assert f(2) == 4"), "def f(x): return 2 * x", "correct", 2, ""),
    "wrong": (
        "",
        ("assert f(1) == 2", "assert f(2) == 4"),
        "def f(x): return x + 1",
        "incorrect",
        1,
        "test 2 of 2: expected 4, got 3",
    ),
    "tuple": ("", ("assert f(1) == (1, 1)",), "def f(x): return x, x", "correct", 1, ""),
    "list for tuple": (
        "",
        ("assert f(1) == (1, 1)",),
        "def f(x): return [x, x]",
        "incorrect",
        0,
        "expected (1, 1), got [1, 1]",
    ),
    "set": ("", ("assert set(f(1)) == {1, 2}",), "def f(x): return [1, 2, 1]", "correct", 1, ""),
    "iterator": ("", ("assert list(f(2)) == [0, 1]",), "def f(x):\n    yield from range(x)", "correct", 1, ""),
    "isclose": (
        "",
        ("assert math.isclose(f(2), 12.566, rel_tol=0.001)",),
        "def f(r): return 3.14159 * r * r",
        "correct",
        1,
        "",
    ),
    "not close": (
        "",
        ("assert math.isclose(f(2), 12.566, rel_tol=0.001)",),
        "def f(r): return r",
        "incorrect",
        0,
        "does not hold for v0 = 2",
    ),
    "no number": ("", ("assert math.isclose(f(2), 12.566)",), "def f(r): return None", "incorrect", 0, "TypeError"),
    "getsizeof": (
        "",
        ("assert f((1, 2)) == sys.getsizeof((1, 2))",),
        "import sys\ndef f(x): return sys.getsizeof(x)",
        "correct",
        1,
        "",
    ),
    "truth": (
        "",
        ("assert f('ab')", "assert not f('b')"),
        "import re\ndef f(s): return re.match('a', s)",
        "correct",
        2,
        "",
    ),
    "empty deque is false": (
        "",
        ("assert not f()",),
        "from collections import deque\ndef f(): return deque()",
        "correct",
        1,
        "",
    ),
    "types as arguments": (
        "",
        ("assert f((1, 'a'), int) == ['a']",),
        "def f(t, k): return [x for x in t if type(x) is not k]",
        "correct",
        1,
        "",
    ),
    "setup uses the program": (
        "root = Node(3)",
        ("assert f(root) == 3",),
        NODE + "def f(n): return n.v",
        "correct",
        1,
        "",
    ),
    "a module's name": (
        "queue = deque([f(0)])",
        ("assert queue.pop() == 1",),
        "from collections import deque\ndef f(x): return 1",
        "correct",
        1,
        "",
    ),
    "program uses the setup": (NODE, ("assert f(Node(3)) == 3",), "def f(n: Node): return n.v", "correct", 1, ""),
    "setup with helpers": (
        "def near(a, b): return abs(a - b) < 1e-3",
        ("assert near(f(1), 0.5)",),
        "def f(x): return x / 2.0001",
        "correct",
        1,
        "",
    ),
    "helpers cannot be replaced": (
        "def near(a, b): return abs(a - b) < 1e-3",
        ("assert near(f(1), 0.5)",),
        "def near(a, b): return True\ndef f(x): return 9",
        "incorrect",
        0,
        "does not hold",
    ),
    "redefined all": (
        "",
        ("assert all(f(3))",),
        "all = list = lambda x: [True]\ndef f(x): return [0]",
        "incorrect",
        0,
        "does not hold",
    ),
    "own builtins inside": (
        "",
        ("assert list(f(3)) == [3]",),
        "def list(x): return 1\ndef f(x):\n    yield x",
        "correct",
        1,
        "",
    ),
    "a builtin's name": ("", ("assert sum(10, 15) == 6",), "def sum(a, b): return 6", "correct", 1, ""),
    "nothing of the program": ("", ("assert 2 > 1", "assert f(1) == 2"), "def f(x): return 2", "correct", 2, ""),
    "helper in the text": (
        "",
        ("def near(a):\n    return abs(a - 0.5) < 1e-3\nassert near(f(1))",),
        "def f(x): return x / 2",
        "correct",
        1,
        "",
    ),
    "HumanEval": ("", (HUMAN_EVAL,), "def double(x): return 2 * x", "correct", 3, ""),
    "HumanEval, wrong": (
        "",
        (HUMAN_EVAL,),
        "def double(x): return x * x",
        "incorrect",
        0,
        "test 1 of 3: expected 3.0, got 2.25",
    ),
    "exception": (
        "",
        ("assert f(1) == 2",),
        "def f(x): return x[0]",
        "crash",
        0,
        "TypeError: 'int' object is not subscriptable",
    ),
    "missing": ("", ("assert f(1) == 2",), "def g(x): return 2", "crash", 0, "NameError: name 'f' is not defined"),
    "does not parse": ("", ("assert f(1) == 2",), "def f(x) return 2", "crash", 0, "SyntaxError"),
    "names without imports": ("", ("assert f(1) == 2",), "def f(x): return gcd(x, 2)", "crash", 0, "NameError"),
    "long value": ("", ("assert set(f(10**5)) == set(range(10**5))",), "def f(n): return range(n)", "correct", 1, ""),
    "exit": ("", ("assert f(1) == 2",), "def f(x): raise SystemExit(0)", "crash", 0, "SystemExit: 0"),
    "os._exit in the second value": (
        "",
        ("assert f(1) == g(1)",),
        "import os\ndef f(x): return 1\ndef g(x): os._exit(0)",
        "crash",
        0,
        "ended before",
    ),
    "loop": ("", ("assert f(1) == 2",), "def f(x):\n    while 1: pass", "timeout", 0, "over "),
    "equal to all": (
        "",
        ("assert f(1) == 2",),
        "class E:\n    __eq__ = lambda *_: True\ndef f(x): return E()",
        "incorrect",
        0,
        "got <E>",
    ),
    "state between asserts": (
        "",
        ("assert f(1) == 2", "assert f(1) == 2"),
        "n = 0\ndef f(x):\n    global n\n    n += 1\n    return 2 * n",
        "correct",
        2,
        "",
    ),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_verdicts(bench: Bench, name: str) -> None:
    setup, asserts, program, status, passed, detail = VERDICTS[name]
    check = AssertCheck(setup=setup, asserts=asserts, timeout_s=1.0)
    validate_asserts(check)
    finding = grade_assert(check, fenced(program), bench)
    assert (finding.status, finding.passed) == (status, passed), finding.detail
    assert detail in (finding.detail or "")
    assert finding.strength == "strong"


LOOP = "for i in range(1, 4):\n    assert f(i) == i * i"
WEAK: dict[str, tuple[str, str, str]] = {
    "right": (LOOP, "def f(x): return x * x", "correct"),
    "wrong": (LOOP, "def f(x): return x", "incorrect"),
    "raises as it should": (WHOLE[4], "def f(x): raise ValueError", "correct"),
    "raises nothing": (WHOLE[4], "def f(x): return 1", "incorrect"),
    "raises something else": (WHOLE[4], "def f(x): raise KeyError", "crash"),
    "exit": (LOOP, "def f(x): raise SystemExit(0)", "crash"),
    "os._exit": (LOOP, "import os\ndef f(x): os._exit(0)", "crash"),
    "equal to all": (LOOP, "class E:\n    __eq__ = lambda *_: True\ndef f(x): return E()", "incorrect"),
    "loops of no rounds": (LOOP, "def range(*_): return []\ndef f(x): return 0", "incorrect"),
    "HumanEval": (WHOLE[-1], "def f(x): return x", "correct"),
}


@pytest.mark.parametrize("name", WEAK)
def test_whole_statements_are_weak(bench: Bench, name: str) -> None:
    text, program, status = WEAK[name]
    finding = grade_assert(AssertCheck(asserts=(text,), timeout_s=1.0), fenced(program), bench)
    assert finding.status == status, finding.detail
    assert finding.strength == "weak"


def test_strong_and_weak_steps_side_by_side(bench: Bench) -> None:
    check = AssertCheck(asserts=("assert f(0) == 0", LOOP, "assert f(5) == 25"))
    finding = grade_assert(check, fenced("def f(x): return x * x"), bench)
    assert (finding.status, finding.passed, finding.strength) == ("correct", 3, "weak")
    finding = grade_assert(check, fenced("def f(x): return x * x if x < 5 else 0"), bench)
    assert (finding.status, finding.passed) == ("incorrect", 2)
    assert finding.detail == "test 3 of 3: expected 25, got 0"


def test_no_program(bench: Bench) -> None:
    finding = grade_assert(AssertCheck(asserts=("assert f(0) == 0",) * 2), "It is easy.", bench)
    assert (finding.status, finding.total) == ("no_answer", 2)
