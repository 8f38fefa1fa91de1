"""Puzzles and checkers: code of the check judges what a program gives."""

from collections.abc import Iterator

import pytest

from tests.benches import fenced, open_bench
from thalweg.errors import InputError
from thalweg.grade.bench import Bench
from thalweg.grade.predicates import grade_checker, grade_predicate, validate_checker, validate_predicate
from thalweg.types import CheckerCheck, PredicateCheck


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as bench:
        yield bench


SAT = "def sat(x: List[int], n=3):\r\n    assert len(x) == n\r\n    return sum(x) == 6"
PUZZLES: dict[str, tuple[str, str, str, str]] = {
    "right": (SAT, "def sol(n=3):\n    return [1, 2, 3]", "correct", ""),
    "wrong": (SAT, "def sol(n=3):\n    return [1, 2, 4]", "incorrect", "sat is not true of [1, 2, 4]"),
    "asserted": (SAT, "def sol(n=3):\n    return [6]", "incorrect", "AssertionError"),
    "another type": (SAT, "def sol(n=3):\n    return (1, 2, 3)", "incorrect", "(1, 2, 3) is not of the type"),
    "another type inside": (SAT, "def sol(n=3):\n    return [1, 2.0, 3]", "incorrect", "not of the type"),
    "truth is no int": (SAT, "def sol(n=3):\n    return [True, 2, 3]", "incorrect", "not of the type"),
    "lying list": (
        SAT,
        "class L(list):\n    __len__ = lambda s: 3\ndef sol():\n    return L([6])",
        "incorrect",
        "sat is not",
    ),
    "object": (SAT, "class E:\n    __eq__ = lambda *_: True\ndef sol():\n    return E()", "incorrect", "<E> is not of"),
    "replaced sat": (SAT, "def sat(*_): return True\ndef sol():\n    return [7, 7]", "incorrect", "sat is not true"),
    "crash": (SAT, "def sol(n=3):\n    return 1 // 0", "crash", "ZeroDivisionError"),
    "no sol": (SAT, "def solve(n=3):\n    return 1", "crash", "defines no 'sol'"),
    "loop": (SAT, "def sol(n=3):\n    while True: pass", "timeout", "over "),
    "not true but truthy": (
        "def sat(x: int):\n    return x",
        "def sol():\n    return 1",
        "incorrect",
        "sat is not true of 1",
    ),
    "text": ("def sat(s: str):\n    return s.isupper()", "def sol():\n    return 'AB'", "correct", ""),
    "no annotation": ("def sat(s):\n    return s == (1,)", "def sol():\n    return (1,)", "correct", ""),
    "long value": (
        "def sat(s: str):\n    return len(s) == 10**7",
        "def sol():\n    return 'ab' * (5 * 10**6)",
        "correct",
        "",
    ),
    "types without imports": (SAT, "def sol(n: Optional[int] = 3) -> List[int]:\n    return [1, 2, 3]", "correct", ""),
    "other names without": (SAT, "def sol(n=3):\n    return list(accumulate([1, 1, 1]))", "crash", "NameError"),
    "long wrong value": (
        "def sat(s: str):\n    return not s",
        "def sol():\n    return 'a' * 10**6",
        "incorrect",
        "a long value",
    ),
    "long numbers": (
        f"def sat(n: int):\n    return n == {'9' * 6_000}",
        "def sol():\n    return 10**6000 - 1",
        "correct",
        "",
    ),
    "sat takes too long": (
        "def sat(n: int):\n    while n: pass\n    return True",
        "def sol():\n    return 1",
        "incorrect",
        "over ",
    ),
}


@pytest.mark.parametrize("name", PUZZLES)
def test_puzzles(bench: Bench, name: str) -> None:
    source, program, status, detail = PUZZLES[name]
    check = PredicateCheck(source=source, timeout_s=1.0)
    validate_predicate(check)
    finding = grade_predicate(check, fenced(program), bench)
    assert finding.status == status, finding.detail
    assert detail in (finding.detail or "")
    assert (finding.strength, finding.passed) == ("strong", int(status == "correct"))


CHECK = """
def check(input, expected, actual):
    n = int(input)
    a, b = map(int, actual.split())
    while a == 13: pass
    return a + b == n and bool(expected)
"""
TESTS = tuple({"input": f"{n}\n", "output": f"0 {n}\n"} for n in (5, 7, 9))
PROGRAMS: dict[str, tuple[str, str, int, str]] = {
    "another right answer": ("n = int(input())\nprint(1, n - 1)", "correct", 3, ""),
    "wrong": ("print(2, 3)", "incorrect", 1, "test 2 of 3: the checker does not accept the output"),
    "malformed": ("print('five')", "incorrect", 0, "ValueError: invalid literal for int()"),
    "the checker never ends": ("n = int(input())\nprint(13 if n == 7 else 0, n)", "incorrect", 1, "test 2 of 3"),
    "crash": ("print(0, input())\nraise KeyError(1)", "crash", 0, "KeyError: 1"),
    "a check of its own": ("def check(*_): return True\nprint(0, 0)", "incorrect", 0, "does not accept"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_checkers(bench: Bench, name: str) -> None:
    program, status, passed, detail = PROGRAMS[name]
    check = CheckerCheck(source=CHECK, tests=TESTS, timeout_s=1.0)
    validate_checker(check)
    finding = grade_checker(check, fenced(program), bench)
    assert (finding.status, finding.passed) == (status, passed), finding.detail
    assert detail in (finding.detail or "")


def test_every_output_is_checked_where_one_fails_the_checker() -> None:
    with open_bench(every_test=True) as bench:
        check = CheckerCheck(source=CHECK, tests=TESTS, timeout_s=1.0)
        finding = grade_checker(check, fenced(PROGRAMS["the checker never ends"][0]), bench)
    assert (finding.status, finding.passed) == ("incorrect", 2)


def test_no_program(bench: Bench) -> None:
    assert grade_predicate(PredicateCheck(source=SAT), "One, two, three.", bench).status == "no_answer"
    assert grade_checker(CheckerCheck(source=CHECK, tests=TESTS), "No idea!", bench).status == "no_answer"


def test_bad_checks_are_said() -> None:
    with pytest.raises(InputError, match="no function 'sat'"):
        validate_predicate(PredicateCheck(source="def sol(): pass"))
    with pytest.raises(InputError, match="does not parse"):
        validate_predicate(PredicateCheck(source="def sat("))
    with pytest.raises(InputError, match="no function 'check'"):
        validate_checker(CheckerCheck(source="", tests=TESTS))
    with pytest.raises(InputError, match="there are no tests"):
        validate_checker(CheckerCheck(source=CHECK, tests=()))
