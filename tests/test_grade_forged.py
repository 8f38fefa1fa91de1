"""Whatever a program makes its process report, graders answer with a finding that can be written down."""

from dataclasses import dataclass
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benches import fenced
from thalweg.grade.asserts import grade_assert
from thalweg.grade.bench import Bench, Settings
from thalweg.grade.calls import grade_call
from thalweg.grade.predicates import grade_checker, grade_predicate
from thalweg.grade.stdin import grade_stdin
from thalweg.grade.unittests import grade_unittest
from thalweg.sandbox import Job, Result
from thalweg.types import (
    STATUSES,
    AssertCheck,
    CallCheck,
    CheckerCheck,
    PredicateCheck,
    StdinCheck,
    UnittestCheck,
)

TEXT = st.text(st.characters(), max_size=8)
TAGS = ["tuple", "set", "frozenset", "dict", "bytes", "complex", "float", "int", "decimal", "fraction", "opaque"]
KEYS = ["py", "value", "error", "kind", "test", "start", "end", "code", "memory", "token"]
WORDS = st.sampled_from([*TAGS, *KEYS, "1e9", "nan", "0xff", "((", "zlib:"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.integers() | st.floats() | TEXT | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(WORDS | TEXT, inner, max_size=4)
        | st.builds(lambda kind, content: {"py": [kind, content]}, WORDS, inner)
    ),
    max_leaves=12,
)
RECORDS = JSON | st.fixed_dictionaries({"value": JSON}) | st.fixed_dictionaries({"error": JSON, "kind": JSON})
PLACES = st.integers(-1, 3)
PRINTED = st.fixed_dictionaries(
    {"test": PLACES, "start": PLACES, "end": PLACES, "code": JSON, "error": JSON, "memory": JSON}
)
RESULTS = st.builds(
    Result,
    end=st.sampled_from(["exit", "exit", "signal", "cpu", "wall", "memory", "output"]),
    code=st.integers(0, 70),
    stdout=st.binary(max_size=8),
    records=st.lists(RECORDS | PRINTED, max_size=4).map(tuple),
)


@dataclass
class _Pool:
    """Reports the same whatever it is asked to run."""

    result: Result
    isolation: str = "none"

    def run(self, job: Job) -> Result:
        del job
        return self.result


@dataclass
class _Bench:
    result: Result
    settings: Settings

    def pool(self) -> _Pool:
        return _Pool(self.result)


UNIT = "import unittest, m\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(m.f(), 1)\n"
TESTS = ({"input": "", "output": "secret"}, {"input": "", "output": "other"})
CHECKS: list[tuple[Any, Any]] = [
    (grade_stdin, StdinCheck(tests=TESTS)),
    (grade_call, CallCheck(entry_point="f", tests=({"output": {"py": "('secret',)"}}, {"output": ["other"]}))),
    (
        grade_assert,
        AssertCheck(asserts=("assert f(1) == ('secret',)", "assert f(1) < g(2)", "for x in f(3): assert x")),
    ),
    (grade_predicate, PredicateCheck(source="def sat(x: int): return x > 3")),
    (grade_checker, CheckerCheck(source="def check(*_): return True", tests=TESTS)),
    (grade_unittest, UnittestCheck(files={"m_test.py": UNIT})),
]


@given(RESULTS, st.booleans(), st.sampled_from(CHECKS))
@settings(deadline=None, max_examples=300)
def test_any_report_gives_a_finding(result: Result, every_test: bool, graded: tuple[Any, Any]) -> None:
    grade, check = graded
    bench = cast(Bench, _Bench(result, Settings(every_test=every_test)))
    finding = grade(check, fenced("def f(x): return x"), bench)
    assert finding.status in STATUSES
    assert finding.status != "harness_error"
    assert finding.detail is None or finding.detail.encode("utf-8")
    if grade in (grade_stdin, grade_call, grade_assert, grade_unittest):
        assert finding.status != "correct"  # nothing reported holds what is expected
