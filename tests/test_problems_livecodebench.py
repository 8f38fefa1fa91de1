"""LiveCodeBench: releases, date windows, both kinds of tests, graded by both graders."""

import base64
import json
import pickle
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benches import open_bench
from tests.sources import Row, jsonl, says_what_is_missing, statuses
from thalweg.errors import InputError
from thalweg.grade.bench import Bench
from thalweg.problems import load_problems
from thalweg.problems.livecodebench import FILES, SCHEMA, read_livecodebench, release_files
from thalweg.store import BadRow
from thalweg.types import CallCheck, StdinCheck, TextCheck


def private(*cases: Row) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(cases)))).decode()


def case(given: str, expected: str, kind: str) -> Row:
    return {"input": given, "output": expected, "testtype": kind}


def stdin_row(**changed: Any) -> Row:
    row = {
        "question_title": "A. Sum",
        "question_content": "Print the sum of the numbers in a line.",
        "platform": "codeforces",
        "question_id": "4000_A",
        "contest_id": "4000",
        "contest_date": "2024-09-01T00:00:00",
        "starter_code": "",
        "difficulty": "easy",
        "public_test_cases": json.dumps([case("1 2\n", "3\n", "stdin")]),
        "private_test_cases": private(case("5\n", "5\n", "stdin"), case("1 -1\n", "0\n", "stdin")),
        "metadata": "{}",
    }
    return row | changed


def call_row(**changed: Any) -> Row:
    row = {
        "question_title": "count-pairs",
        "question_content": "Count pairs of equal items.",
        "platform": "leetcode",
        "question_id": "9001",
        "contest_id": "weekly-contest-999",
        "contest_date": "2025-01-31T00:00:00",
        "starter_code": "class Solution:\n    def countPairs(self, items: List[int], least: int) -> int:\n        ",
        "difficulty": "medium",
        "public_test_cases": json.dumps([case("[1, 1, 2]\n0", "1", "functional")]),
        "private_test_cases": json.dumps([case("[]\n3", "0", "functional"), case("[2, 2, 2]\n2", "3", "functional")]),
        "metadata": json.dumps({"func_name": "countPairs"}),
    }
    return row | changed


@pytest.fixture(scope="module", params=["native", "lcb"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with open_bench(grader=request.param) as bench:
        yield bench


def test_a_program_that_reads(bench: Bench, tmp_path: Path) -> None:
    ((problem, response, _),) = read_livecodebench(jsonl(tmp_path / "test.jsonl", stdin_row()))
    assert response is None
    assert (problem.id, problem.source, problem.group) == ("livecodebench/4000_A", "livecodebench", "codeforces/4000/A")
    assert (problem.difficulty, problem.date, problem.license) == ("easy", "2024-09-01", "CC")
    assert problem.statement == "Print the sum of the numbers in a line."
    assert isinstance(problem.check, StdinCheck)
    assert [test["input"] for test in problem.check.tests] == ["1 2\n", "5\n", "1 -1\n"]
    right, wrong = "print(sum(map(int, input().split())))", "print(sum(map(abs, map(int, input().split()))))"
    assert statuses(bench, problem, right, wrong) == ["correct", "incorrect"]


def test_a_function_that_is_called(bench: Bench, tmp_path: Path) -> None:
    ((problem, _, _),) = read_livecodebench(jsonl(tmp_path / "test.jsonl", call_row()))
    assert (problem.id, problem.group) == ("livecodebench/9001", "leetcode/9001")
    assert problem.statement.startswith(
        "Count pairs of equal items.\n\n```python\nclass Solution:\n    def countPairs("
    )
    assert isinstance(problem.check, CallCheck)
    assert problem.check.tests[0] == {"args": [[1, 1, 2], 0], "output": 1}
    right = (
        "class Solution:\n    def countPairs(self, items, least):\n"
        "        return sum(a == b for i, a in enumerate(items) for b in items[:i])"
    )
    assert statuses(bench, problem, right, right.replace("==", "!=")) == ["correct", "incorrect"]


@pytest.mark.parametrize(
    ("release", "numbers"),
    [
        ("release_v1", [1]),
        ("release_v5", [1, 2, 3, 4, 5]),
        ("release_v6", [1, 2, 3, 4, 5, 6]),
        ("release_latest", [1, 2, 3, 4, 5, 6]),
        ("v1", [1]),
        ("v5", [5]),
        ("v4_v6", [4, 5, 6]),
    ],
)
def test_releases(release: str, numbers: list[int], tmp_path: Path) -> None:
    for number, name in enumerate(FILES, 1):
        jsonl(tmp_path / name, stdin_row(question_id=f"{number}_A"))
    found = [item.problem.id for item in read_livecodebench(tmp_path, release=release)]
    assert found == [f"livecodebench/{number}_A" for number in numbers]


@pytest.mark.parametrize("release", ["v7", "5", "release_v0", "release_v1_v2", ""])
def test_unknown_releases(release: str) -> None:
    with pytest.raises(InputError, match="no such release"):
        release_files(release)


def test_a_folder_without_the_release(tmp_path: Path) -> None:
    jsonl(tmp_path / "test.jsonl", stdin_row())
    assert len(list(read_livecodebench(tmp_path, release="v1"))) == 1
    with pytest.raises(InputError, match=r"test5\.jsonl: no such file"):
        list(read_livecodebench(tmp_path, release="v5"))


def test_the_files_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def download(repo_id: str, *, allow_patterns: list[str], **_: Any) -> str:
        asked.append((repo_id, allow_patterns))
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    jsonl(tmp_path / "test2.jsonl", stdin_row())
    assert len(list(read_livecodebench(release="v2"))) == 1
    assert asked == [("livecodebench/code_generation_lite", ["test2.jsonl"])]


CHOICES: list[tuple[Row, list[str]]] = [
    ({}, ["4000_A", "9001", "abc1_a"]),
    ({"start": "2024-09-01", "end": "2025-01-31"}, ["4000_A", "9001"]),
    ({"start": "2024-09-02"}, ["9001", "abc1_a"]),
    ({"end": "2025-01-30"}, ["4000_A"]),
    ({"platforms": ["atcoder", "leetcode"]}, ["9001", "abc1_a"]),
    ({"difficulties": ["easy"]}, ["4000_A"]),
    ({"platforms": "atcoder,codeforces", "start": "2025-01-01"}, ["abc1_a"]),
]


@pytest.mark.parametrize(("options", "ids"), CHOICES)
def test_windows_platforms_and_difficulties(options: Row, ids: list[str], tmp_path: Path) -> None:
    late = stdin_row(question_id="abc1_a", platform="atcoder", contest_date="2025-02-01T00:00:00", difficulty="hard")
    file = jsonl(tmp_path / "test.jsonl", stdin_row(), call_row(), late)
    problems = load_problems("livecodebench", path=str(file), options=options)
    assert [problem.id.removeprefix("livecodebench/") for problem in problems] == ids


def test_days_are_days() -> None:
    with pytest.raises(InputError, match="'start': '2408' is no day"):
        read_livecodebench("x.jsonl", start="2408")


HOSTILE = base64.b64encode(zlib.compress(b"cos\nsystem\n(S'true'\ntR.")).decode()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"private_test_cases": HOSTILE}, "a pickle with GLOBAL"),
        ({"private_test_cases": "", "public_test_cases": "[]"}, "no tests"),
        ({"metadata": "[]"}, "no JSON object"),
        ({"metadata": '{"func_name": "f"}'}, "arguments are no JSON"),
    ],
)
def test_what_cannot_be_graded_is_left_out_or_kept(changed: Row, reason: str, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "test.jsonl", stdin_row(**changed), call_row())
    told: list[BadRow] = []
    assert [item.problem.id for item in read_livecodebench(file, on_left_out=told.append)] == ["livecodebench/9001"]
    assert [bad.where for bad in told] == [f"{file}:1"]
    assert reason in told[0].why
    kept = [item.problem.check for item in read_livecodebench(file, tests="optional")]
    assert [isinstance(check, TextCheck) for check in kept] == [True, False]


def test_missing_columns_are_named(tmp_path: Path) -> None:
    says_what_is_missing(read_livecodebench, SCHEMA, stdin_row(), tmp_path)
