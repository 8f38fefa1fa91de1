"""MBPP, P3 and Exercism: from rows of their formats to problems that can be graded."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.sources import says_what_is_missing
from thalweg.errors import InputError
from thalweg.grade.code import validate
from thalweg.problems import exercism, mbpp, p3
from thalweg.problems.exercism import read_exercism
from thalweg.problems.mbpp import read_mbpp
from thalweg.problems.p3 import read_p3
from thalweg.types import AssertCheck, PredicateCheck, UnittestCheck

DATA = Path(__file__).parents[2] / "shared" / "data"

MBPP = {"text": "Double it. ", "code": "", "task_id": 7, "test_setup_code": "", "test_list": ["assert f(1) == 2"]}
P3 = {
    "name": "Study_1:0",
    "sat": "def sat(s: str):\n    return s == 'a'",
    "sol_header": "def sol():",
    "sol_docstring": '    """Find it."""',
}
UNIT = (
    "import unittest\nimport clock\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertTrue(clock)\n"
)
EXERCISM = {
    "slug": "clock",
    "instructions": "# Instructions\n\nMake a clock.\n",
    "stub": {"clock.py": "class Clock:\n    pass\n"},
    "tests": {"clock_test.py": UNIT},
    "difficulty": 3,
}


def rows_file(path: Path, *rows: Any) -> Path:
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return path


def test_mbpp(tmp_path: Path) -> None:
    ((problem, _, _),) = read_mbpp(rows_file(tmp_path / "m.jsonl.gz", MBPP))
    assert problem.id == "mbpp/7"
    assert problem.statement == "Double it.\n\nYour code must pass this test:\n\nassert f(1) == 2"
    assert problem.check == AssertCheck(asserts=("assert f(1) == 2",))
    assert (problem.source, problem.group, problem.license) == ("mbpp", None, "CC-BY-4.0")


def test_p3(tmp_path: Path) -> None:
    ((problem, _, _),) = read_p3(rows_file(tmp_path / "p.jsonl.gz", P3))
    assert (problem.id, problem.group) == ("p3/Study_1:0", "p3/Study_1")
    assert problem.check == PredicateCheck(source=P3["sat"])
    assert P3["sat"] in problem.statement
    assert 'def sol():\n    """Find it."""' in problem.statement


def test_exercism(tmp_path: Path) -> None:
    ((problem, _, _),) = read_exercism(rows_file(tmp_path / "e.jsonl.gz", EXERCISM))
    assert (problem.id, problem.difficulty) == ("exercism/clock", "3")
    assert problem.statement.startswith("# Instructions\n\nMake a clock.\n\nWrite `clock.py`, beginning with:")
    assert problem.check == UnittestCheck(files={"clock_test.py": UNIT})


BAD = [
    (read_mbpp, {**MBPP, "test_list": []}, "no list of assertions"),
    (read_mbpp, {**MBPP, "test_list": "assert 1"}, "'test_list' holds text, not a list"),
    (read_mbpp, {"text": ""}, "'task_id', 'test_list' are missing; MBPP has the columns text"),
    (read_p3, {**P3, "sat": None}, "'sat' holds null, not text"),
    (read_exercism, {**EXERCISM, "tests": {}}, "'tests' holds no mapping"),
    (read_exercism, {**EXERCISM, "stub": {"a.py": 1}}, "'stub' holds no mapping"),
]


@pytest.mark.parametrize(("load", "row", "problem"), BAD)
def test_bad_rows_are_said(tmp_path: Path, load: Any, row: Any, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        list(load(rows_file(tmp_path / "bad.jsonl.gz", row)))


@pytest.mark.parametrize(
    ("read", "schema", "row"),
    [(read_mbpp, mbpp.SCHEMA, MBPP), (read_p3, p3.SCHEMA, P3), (read_exercism, exercism.SCHEMA, EXERCISM)],
)
def test_columns_that_are_gone_are_named(tmp_path: Path, read: Any, schema: Any, row: Any) -> None:
    says_what_is_missing(read, schema, row, tmp_path)


@pytest.mark.data
@pytest.mark.parametrize(
    ("load", "name", "count"),
    [(read_mbpp, "mbpp", 974), (read_p3, "p3_puzzles", 1715), (read_exercism, "exercism_python", 140)],
)
def test_every_real_row_is_a_problem_that_can_be_graded(load: Any, name: str, count: int) -> None:
    path = DATA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    problems = [item.problem for item in load(path)]
    assert len(problems) == len({problem.id for problem in problems}) == count
    for problem in problems:
        validate(problem.check)
