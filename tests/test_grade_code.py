"""Which checks are refused before any work is spent."""

import pytest

from thalweg.errors import InputError
from thalweg.grade.code import validate
from thalweg.types import (
    AssertCheck,
    CallCheck,
    Check,
    CheckerCheck,
    MathCheck,
    OutputCheck,
    PredicateCheck,
    ReasoningGymCheck,
    StdinCheck,
    TextCheck,
    UnittestCheck,
)

TEST = {"input": "1", "output": "1"}
UNIT = "import unittest\nimport m\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertTrue(m.f())\n"

GOOD: list[Check] = [
    StdinCheck(tests=(TEST,)),
    StdinCheck(tests=(TEST,), compare={"float": 1e-6}),
    CallCheck(entry_point="f", tests=({"output": {"py": "(1,)"}},)),
    AssertCheck(asserts=("assert f() == 1",)),
    UnittestCheck(files={"m_test.py": UNIT}),
    PredicateCheck(source="def sat(x): return True"),
    CheckerCheck(source="def check(input, expected, actual): return True", tests=(TEST,)),
    OutputCheck(program="", input="", output=""),
    MathCheck(answer="1"),
    TextCheck(answer="a"),
    ReasoningGymCheck(task="t", entry={"answer": "4"}),
]
BAD: list[Check] = [
    StdinCheck(tests=()),
    StdinCheck(tests=(TEST,), compare="value"),
    StdinCheck(tests=(TEST,), compare={"float": -1.0}),
    CallCheck(entry_point="f", tests=({"output": 1},), compare="tokens"),
    CallCheck(entry_point="f", tests=({"output": {"py": "(1,"}},)),
    AssertCheck(asserts=("assert f( == 1",)),
    UnittestCheck(files={"m_test.py": ""}),
    PredicateCheck(source="def sol(x): return True"),
    CheckerCheck(source="", tests=(TEST,)),
]


@pytest.mark.parametrize("check", GOOD, ids=lambda check: check.type)
def test_good_checks_pass(check: Check) -> None:
    validate(check)


@pytest.mark.parametrize("check", BAD, ids=lambda check: check.type)
def test_bad_checks_are_refused(check: Check) -> None:
    with pytest.raises(InputError):
        validate(check)
