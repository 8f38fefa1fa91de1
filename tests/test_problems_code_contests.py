"""CodeContests: a row of its true form becomes a problem that judges right and wrong programs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benches import open_bench
from tests.sources import Row, jsonl, parquet, says_what_is_missing, statuses
from thalweg.grade.bench import Bench
from thalweg.problems.code_contests import SCHEMA, read_code_contests
from thalweg.store import BadRow
from thalweg.types import StdinCheck


def cases(*pairs: tuple[str, str]) -> Row:
    return {"input": [given for given, _ in pairs], "output": [expected for _, expected in pairs]}


def row(**changed: Any) -> Row:
    made = {
        "name": "4000_A. Largest",
        "description": "Print the largest of the numbers in a line.",
        "public_tests": cases(("1 2\n", "2\n")),
        "private_tests": cases(("3\n", "3\n")),
        "generated_tests": cases(("-5 -7\n", "-5\n"), ("9 9\n", "9\n")),
        "source": 2,
        "difficulty": 7,
        "solutions": {"language": [3], "solution": ["print(max(map(int, input().split())))"]},
        "incorrect_solutions": {"language": [3], "solution": ["print(1)"]},
        "cf_contest_id": 4000,
        "cf_index": "A",
        "cf_points": 500.0,
        "cf_rating": 800,
        "cf_tags": ["implementation"],
        "is_description_translated": False,
        "untranslated_description": "",
        "time_limit": {"seconds": 7, "nanos": 500000000},
        "memory_limit_bytes": 256000000,
        "input_file": "",
        "output_file": "",
    }
    return made | changed


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as bench:
        yield bench


def test_a_problem(bench: Bench, tmp_path: Path) -> None:
    ((problem, response, _),) = read_code_contests(parquet(tmp_path / "train.parquet", row()))
    assert response is None
    assert (problem.id, problem.source, problem.group) == (
        "code_contests/train/0",
        "code_contests",
        "codeforces/4000/A",
    )
    assert (problem.difficulty, problem.license) == ("800", "CC-BY-4.0")
    assert isinstance(problem.check, StdinCheck)
    assert problem.check.timeout_s == 7.5
    assert [test["input"] for test in problem.check.tests] == ["1 2\n", "3\n", "-5 -7\n", "9 9\n"]
    right, wrong = "print(max(map(int, input().split())))", "print(max(0, *map(int, input().split())))"
    assert statuses(bench, problem, right, wrong) == ["correct", "incorrect"]


@pytest.mark.parametrize(
    ("changed", "difficulty", "group"),
    [
        ({"cf_rating": 0}, "A", "codeforces/4000/A"),
        ({"cf_rating": 0, "cf_contest_id": 0, "cf_index": "", "source": 1, "difficulty": 3}, "HARD", None),
        ({"cf_rating": 0, "cf_contest_id": 0, "difficulty": 0}, None, None),
        ({"cf_rating": 0, "difficulty": 17}, "K", "codeforces/4000/A"),
        ({"cf_rating": 0, "difficulty": 28}, "V", "codeforces/4000/A"),
        ({"cf_rating": 0, "difficulty": 99}, "99", "codeforces/4000/A"),
    ],
)
def test_difficulty_and_group(changed: Row, difficulty: str | None, group: str | None, tmp_path: Path) -> None:
    ((problem, _, _),) = read_code_contests(jsonl(tmp_path / "train.jsonl", row(**changed)))
    assert (problem.difficulty, problem.group) == (difficulty, group)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"input_file": "in.txt"}, "it reads or writes a file"),
        ({"output_file": "out.txt"}, "it reads or writes a file"),
        ({"description": ""}, "no statement"),
        ({"public_tests": None, "private_tests": None, "generated_tests": cases()}, "no tests"),
        ({"public_tests": {"input": ["1"], "output": []}}, "4 inputs, 3 outputs"),
    ],
)
def test_what_cannot_be_graded_is_left_out(changed: Row, reason: str, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "train.jsonl", row(**changed), row())
    told: list[BadRow] = []
    assert [item.problem.id for item in read_code_contests(file, on_left_out=told.append)] == ["code_contests/train/1"]
    assert [bad.why for bad in told] == [f"{reason}"]
    assert len(list(read_code_contests(file, tests="optional"))) == 2


def test_a_row_without_limit_and_only_the_first_tests(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "train.jsonl", row(time_limit=None))
    ((problem, _, _),) = read_code_contests(file, most_tests=2)
    assert isinstance(problem.check, StdinCheck)
    assert (problem.check.timeout_s, len(problem.check.tests)) == (6.0, 2)


def test_the_splits_of_a_folder(tmp_path: Path) -> None:
    for split in ("train", "valid", "test"):
        parquet(tmp_path / "data" / f"{split}-00000-of-00001.parquet", row(description=split))
    found = [item.problem for split in ("valid", "test") for item in read_code_contests(tmp_path, split)]
    assert [(problem.id, problem.statement) for problem in found] == [
        ("code_contests/valid/0", "valid"),
        ("code_contests/test/0", "test"),
    ]


def test_missing_columns_are_named(tmp_path: Path) -> None:
    says_what_is_missing(read_code_contests, SCHEMA, row(), tmp_path)
