"""TACO and APPS: rows of their true form become problems that judge right and wrong programs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benches import open_bench
from tests.sources import Row, jsonl, parquet, says_what_is_missing, statuses
from thalweg import store
from thalweg.errors import InputError
from thalweg.grade.bench import Bench
from thalweg.problems import apps, taco
from thalweg.problems.apps import read_apps
from thalweg.problems.taco import read_taco
from thalweg.store import BadRow
from thalweg.types import CallCheck, Problem, StdinCheck, TextCheck
from thalweg.verbs.importing import import_source

SUM = {"inputs": ["2\n3 4\n", ["3", "1 1 1"]], "outputs": ["7\n", ["3"]]}
TWICE = {"fn_name": "twice", "inputs": [[[1, 2]], [[5]]], "outputs": [[[2, 4]], [[10]]]}
STARTER = "class Solution:\n    def twice(self, items: List[int]) -> List[int]:\n        "


def taco_row(**changed: Any) -> Row:
    row = {
        "question": "Add n numbers.\n\nInput\n\nn, then the numbers.",
        "solutions": json.dumps(["n = int(input())\nprint(sum(map(int, input().split())))"]),
        "starter_code": "",
        "input_output": json.dumps(SUM),
        "difficulty": "EASY",
        "raw_tags": "['math']",
        "name": None,
        "source": "codeforces",
        "tags": "['Mathematics']",
        "skill_types": "[]",
        "url": "https://codeforces.com/problemset/problem/4000/A",
        "Expected Auxiliary Space": None,
        "time_limit": "8.0 seconds",
        "date": "2023-05-01",
        "picture_num": "0",
        "memory_limit": "256.0 megabytes",
        "Expected Time Complexity": None,
    }
    return row | changed


def apps_row(**changed: Any) -> Row:
    row = {
        "problem_id": 7,
        "question": "Double every item.",
        "solutions": "",
        "input_output": json.dumps(TWICE),
        "difficulty": "introductory",
        "url": "https://leetcode.com/problems/twice/",
        "starter_code": STARTER,
    }
    return row | changed


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as bench:
        yield bench


def test_a_taco_problem(bench: Bench, tmp_path: Path) -> None:
    ((problem, response, _),) = read_taco(parquet(tmp_path / "train.parquet", taco_row()))
    assert response is None
    assert (problem.id, problem.source, problem.group) == ("taco/train/0", "taco", "codeforces/4000/A")
    assert (problem.difficulty, problem.date, problem.license) == ("EASY", "2023-05-01", taco.SCHEMA.license)
    assert isinstance(problem.check, StdinCheck)
    assert problem.check.timeout_s == 8.0
    right, wrong = "n = int(input())\nprint(sum(map(int, input().split())))", "print(7)"
    assert statuses(bench, problem, right, wrong) == ["correct", "incorrect"]


def test_an_apps_problem(bench: Bench, tmp_path: Path) -> None:
    ((problem, _, _),) = read_apps(jsonl(tmp_path / "train.jsonl", apps_row()))
    assert (problem.id, problem.source, problem.group) == ("apps/train/0", "apps", None)
    assert (problem.difficulty, problem.date, problem.license) == ("introductory", None, "MIT")
    assert problem.statement == f"Double every item.\n\n```python\n{STARTER.strip()}\n```"
    assert isinstance(problem.check, CallCheck)
    right = "class Solution:\n    def twice(self, items):\n        return [2 * item for item in items]"
    assert statuses(bench, problem, right, right.replace("2 *", "3 *")) == ["correct", "incorrect"]


@pytest.mark.parametrize(("read", "row"), [(read_taco, taco_row), (read_apps, apps_row)])
def test_problems_without_tests_are_left_out_kept_or_not_looked_at(read: Any, row: Any, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "train.jsonl", row(), row(input_output=""), row(input_output="{"), row())
    told: list[BadRow] = []
    numbers = {
        tests: [item.problem.id[-1] for item in read(file, tests=tests, on_left_out=told.append)]
        for tests in ("needed", "optional", "none")
    }
    assert numbers == {"needed": ["0", "3"], "optional": ["0", "1", "2", "3"], "none": ["0", "1", "2", "3"]}
    assert [(bad.where, bad.why) for bad in told] == [
        (f"{file}:2", "no tests"),
        (f"{file}:3", "its tests are no JSON (JSONDecodeError)"),
    ]
    assert [isinstance(item.problem.check, TextCheck) for item in read(file, tests="optional")] == [
        False,
        True,
        True,
        False,
    ]
    assert all(item.problem.check == TextCheck(answer="") for item in read(file, tests="none"))


def test_tests_that_are_written_for_a_reader(tmp_path: Path) -> None:
    given = json.dumps({"inputs": ["n = 2\narr[] = {3, 4}"], "outputs": ["7"]})
    file = jsonl(tmp_path / "train.jsonl", taco_row(source="geeksforgeeks", input_output=given), taco_row())
    told: list[BadRow] = []
    assert [item.problem.id for item in read_taco(file, on_left_out=told.append)] == ["taco/train/1"]
    assert [bad.why for bad in told] == ["its tests call a function and do not say which"]


def test_an_import_counts_what_it_leaves_out(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "train.jsonl", taco_row(), taco_row(input_output=""), taco_row(input_output=""))
    imported = import_source("taco", tmp_path / "out", options={"path": str(file), "most_tests": "1"})
    assert (imported.rows, imported.left_out, imported.rejected) == (1, {"no tests": 2}, {})
    (problem,) = store.read_all(tmp_path / "out" / "problems.jsonl", Problem)
    assert problem.check == StdinCheck(tests=({"input": "2\n3 4\n", "output": "7\n"},), timeout_s=8.0)


def test_tests_are_not_read_where_none_are_wanted(tmp_path: Path) -> None:
    row = taco_row()
    del row["input_output"]
    assert len(list(read_taco(jsonl(tmp_path / "train.jsonl", row), tests="none"))) == 1


def test_rows_are_counted_over_the_files_of_a_split(tmp_path: Path) -> None:
    for split, part, name in [("train", 0, "a"), ("train", 1, "b"), ("test", 0, "c")]:
        parquet(tmp_path / "ALL" / f"{split}-0000{part}-of-00002.parquet", taco_row(question=name))
    found = {
        item.problem.id: item.problem.statement for split in ("train", "test") for item in read_taco(tmp_path, split)
    }
    assert found == {"taco/train/0": "a", "taco/train/1": "b", "taco/test/0": "c"}


def test_bad_rows_go_where_they_are_wanted_and_do_not_shift_numbers(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "train.jsonl", apps_row(question=None), apps_row())
    with pytest.raises(InputError, match="'question' holds null"):
        list(read_apps(file))
    told: list[BadRow] = []
    assert [item.problem.id for item in read_apps(file, on_bad=told.append)] == ["apps/train/1"]
    assert len(told) == 1


def test_missing_columns_are_named(tmp_path: Path) -> None:
    says_what_is_missing(read_taco, taco.SCHEMA, taco_row(), tmp_path)
    says_what_is_missing(read_apps, apps.SCHEMA, apps_row(), tmp_path)


def test_files_of_a_data_set_with_a_script_are_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any, Any]] = []
    parquet(tmp_path / "ALL" / "test-00000-of-00001.parquet", taco_row())

    def download(repo_id: str, *, repo_type: str, revision: Any, allow_patterns: list[str]) -> str:
        assert repo_type == "dataset"
        asked.append((repo_id, revision, allow_patterns))
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert [item.problem.id for item in read_taco(split="test")] == ["taco/test/0"]
    assert len(list(read_taco("BAAI/TACO@abc", split="test"))) == 1
    assert asked == [("BAAI/TACO", None, ["ALL/test*"]), ("BAAI/TACO", "abc", ["ALL/test*"])]


def test_what_the_hub_says_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise OSError("no network\nat all")

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    with pytest.raises(InputError, match=r"nobody/nothing: no such file or folder.*: no network; check"):
        list(read_apps("nobody/nothing"))
    with pytest.raises(InputError, match=r"gone\.jsonl: no such file"):
        list(read_apps("gone.jsonl"))
