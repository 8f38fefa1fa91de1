"""Programs whose function is called: what counts as the entry point, what is compared, what fails how."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.benches import fenced, open_bench
from thalweg.errors import InputError
from thalweg.grade.bench import Bench
from thalweg.grade.calls import grade_call, validate_call
from thalweg.types import CallCheck


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as bench:
        yield bench


def check(*tests: tuple[list[Any], Any], **more: Any) -> CallCheck:
    rows = tuple({"args": args, "output": output} for args, output in tests)
    return CallCheck(entry_point="f", tests=rows, **{"timeout_s": 2.0, **more})


DOUBLE = check(([1], 2), ([-3], -6), (["ab"], "abab"))

CORRECT = {
    "function": "def f(x):\n    return 2 * x",
    "method": "class Solution:\n    def f(self, x: int) -> int:\n        return 2 * x",
    "static method": "class Solution:\n    @staticmethod\n    def f(x):\n        return 2 * x",
    "lambda": "f = lambda x: 2 * x",
    "callable object": "class F:\n    def __call__(self, x):\n        return 2 * x\nf = F()",
    "partial": "import functools, operator\nf = functools.partial(operator.mul, 2)",
    "cached": "@lru_cache(None)\ndef f(x):\n    return 2 * x",
    "annotations without imports": "def f(x: Optional[List[int]], y: 'Deque' = None) -> Set[str]:\n    return 2 * x",
    "names without imports": "def f(x):\n    heappush(defaultdict(list)[0], -inf)\n    return x * comb(2, 1)",
    "own names win": "inf = 2\ndef gcd(a, b):\n    return a * b\ndef f(x):\n    return gcd(inf, x)",
    "future import": "from __future__ import annotations\ndef f(x: List[int]) -> Foo:\n    return 2 * x",
    "main guard does not run": "def f(x):\n    return 2 * x\nif __name__ == '__main__':\n    print(f(int(input())))",
    "prints": "def f(x):\n    print('debugging', x)\n    return 2 * x\nprint(f(2))",
    "solution and function": "def f(x, y): return x + y\nclass Solution:\n    def f(self, x): return f(x, x)",
    "dataclass": "@dataclass\nclass Pair:\n    a: Any\ndef f(x):\n    return 2 * Pair(x).a",
    "subclasses": "class I(int): pass\nclass S(str): pass\ndef f(x): return S(2 * x) if x == 'ab' else I(2 * x)",
    "numpy": "import numpy as np\ndef f(x):\n    return 2 * x if isinstance(x, str) else np.int64(2) * x",
    "deep recursion": "def g(n):\n    return n and 1 + g(n - 1)\ndef f(x):\n    return g(20_000) // 10_000 * x",
    "right only when fresh": "n = 0\ndef f(x):\n    global n\n    n += 1\n    return 2 * x if n == 1 else None",
    "pow keeps three arguments": "def f(x):\n    return pow(2, 1, 100) * x",
}


@pytest.mark.parametrize("name", CORRECT)
def test_correct_programs(bench: Bench, name: str) -> None:
    if name == "numpy":
        pytest.importorskip("numpy")
    finding = grade_call(DOUBLE, fenced(CORRECT[name]), bench)
    assert (finding.status, finding.passed, finding.total) == ("correct", 3, 3), finding.detail
    assert (finding.strength, finding.isolation) == ("strong", str(bench.pool().isolation))


FAILING = {
    "wrong": ("def f(x):\n    return x + 1", "incorrect", 1, "test 2 of 3: expected -6, got -2"),
    "text for a number": ("def f(x):\n    return str(2 * x)", "incorrect", 0, "test 1 of 3: expected 2, got '2'"),
    "nothing": ("def f(x):\n    print(2 * x)", "incorrect", 0, "test 1 of 3: expected 2, got None"),
    "exception": ("def f(x):\n    return {}[x]", "crash", 0, "test 1 of 3: KeyError: 1"),
    "another name": ("def g(x):\n    return 2 * x", "crash", 0, "test 1 of 3: NameError: the program defines no 'f'"),
    "too many arguments": (
        "def f():\n    return 2",
        "crash",
        0,
        "TypeError: f() takes 0 positional arguments but 1 was",
    ),
    "does not parse": ("def f(x) return", "crash", 0, "test 1 of 3: SyntaxError"),
    "does not load": ("def f(x):\n    return 2 * x\nraise ValueError('no')", "crash", 0, "test 1 of 3: ValueError: no"),
    "exit": ("def f(x):\n    exit()", "crash", 0, "test 1 of 3: SystemExit"),
    "os._exit": ("import os\ndef f(x):\n    os._exit(0)", "crash", 0, "the process ended before the call returned"),
    "exit while loading": ("import sys\ndef f(x):\n    return 2 * x\nsys.exit(0)", "crash", 0, "SystemExit: 0"),
    "loop": ("def f(x):\n    while True: pass", "timeout", 0, "test 1 of 3: over "),
    "memory": ("def f(x):\n    return len([0] * 10**10)", "memory", 0, "test 1 of 3: MemoryError"),
    "generator": ("def f(x):\n    yield 2 * x", "incorrect", 0, "test 1 of 3: expected 2, got <generator>"),
    "equal to all": ("class E:\n    __eq__ = lambda *_: True\ndef f(x):\n    return E()", "incorrect", 0, "got <E>"),
    "lying list": ("class L(list):\n    __eq__ = lambda *_: True\ndef f(x):\n    return L()", "incorrect", 0, "got []"),
    "unbounded recursion": ("def f(x):\n    return f(x)", "crash", 0, "RecursionError"),
}


@pytest.mark.parametrize("name", FAILING)
def test_failing_programs(bench: Bench, name: str) -> None:
    program, status, passed, detail = FAILING[name]
    finding = grade_call(DOUBLE, fenced(program), bench)
    assert (finding.status, finding.passed) == (status, passed), finding.detail
    assert detail in (finding.detail or "")


VALUES: list[tuple[str, list[Any], Any, str]] = [
    ("return x", [{"py": "(1, 2)"}], {"py": "(1, 2)"}, "correct"),
    ("return list(x)", [{"py": "(1, 2)"}], {"py": "(1, 2)"}, "incorrect"),
    ("return (x, x)", [1], [1, 1], "correct"),
    ("return type(x).__name__", [{"py": "{1: (2,)}"}], "dict", "correct"),
    ("return x[1]", [{"py": "{1: (2,)}"}], {"py": "(2,)"}, "correct"),
    ("return set(x)", [[1, 2, 1]], {"py": "{1, 2}"}, "correct"),
    ("return {frozenset(x)}", [[1]], {"py": "{frozenset({1})}"}, "correct"),
    ("return x", [{"py": "float('nan')"}], {"py": "nan"}, "correct"),
    ("return x + b'b'", [{"py": "b'a'"}], {"py": "b'ab'"}, "correct"),
    ("return 1j * x", [2], {"py": "2j"}, "correct"),
    ("x.append(1); return x", [[0]], [0, 1], "correct"),
    ("return 10 ** x", [6_000], {"py": hex(10**6_000)}, "correct"),
    ("return float('inf')", [0], {"py": "inf"}, "correct"),
    ("return [[i] * 2 for i in range(x)]", [50_000], [[i] * 2 for i in range(50_000)], "correct"),
    ("return {'py': '(1, 2)'}", [0], {"py": "(1, 2)"}, "incorrect"),
]


@pytest.mark.parametrize(("body", "args", "output", "status"), VALUES)
def test_values_cross_both_ways(bench: Bench, body: str, args: list[Any], output: Any, status: str) -> None:
    one = check((args, output), (args, output))
    validate_call(one)
    finding = grade_call(one, fenced(f"def f(x):\n    {body}"), bench)
    assert finding.status == status, finding.detail


def test_named_arguments_and_tolerance(bench: Bench) -> None:
    tests = ({"args": [1], "kwargs": {"y": {"py": "(2,)"}}, "output": [0.3333]}, {"output": [1.0]})
    one = CallCheck(entry_point="f", tests=tests, compare={"float": 1e-3})
    program = "def f(x=3, y=(0,)):\n    return [(x / 3) + y[0] - (2 if y[0] else 0)]"
    assert grade_call(one, fenced(program), bench).status == "correct"
    assert grade_call(one, fenced(program.replace("x / 3", "x / 2")), bench).status == "incorrect"


def test_the_last_program_that_defines_the_entry_point_is_taken(bench: Bench) -> None:
    answer = fenced("def f(x):\n    return 2 * x") + "For example:\n" + fenced("print(f(2))")
    assert grade_call(DOUBLE, answer, bench).status == "correct"
    assert grade_call(DOUBLE, "no program", bench).status == "no_answer"


BAD: list[tuple[CallCheck, str]] = [
    (CallCheck(entry_point="f", tests=()), "there are no tests"),
    (CallCheck(entry_point="f(", tests=({"output": 1},)), "is no name"),
    (CallCheck(entry_point="f", tests=({"args": [1]},)), "'output' is missing"),
    (CallCheck(entry_point="f", tests=({"args": "ab", "output": 1},)), "'args' is no list"),
    (CallCheck(entry_point="f", tests=({"args": [], "kwargs": [1], "output": 1},)), "'kwargs' is no object"),
    (CallCheck(entry_point="f", tests=({"args": [{"py": "f("}], "output": 1},)), "no Python literal"),
    (CallCheck(entry_point="f", tests=({"args": [], "output": {"a": [{"py": "x + 1"}]}},)), "no Python literal"),
]


@pytest.mark.parametrize(("one", "problem"), BAD)
def test_bad_checks_are_said(one: CallCheck, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        validate_call(one)
