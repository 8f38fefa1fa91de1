"""open-r1/codeforces and its chains of thought: tests, checkers, what is left out, responses to the same problems."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benches import open_bench
from tests.sources import Row, jsonl, parquet, says_what_is_missing, statuses
from thalweg.grade import grade
from thalweg.grade.bench import Bench
from thalweg.problems import codeforces, codeforces_cots
from thalweg.problems.codeforces import read_codeforces
from thalweg.problems.codeforces_cots import read_codeforces_cots
from thalweg.store import BadRow
from thalweg.types import CheckerCheck, StdinCheck, TextCheck

EXAMPLES = [{"input": "3\n", "output": "1 2\n"}, {"input": "5\n", "output": "2 3\n"}]
# Two numbers with the given sum: many outputs are right.
CHECKER = """
import sys

def read(path):
    with open(path) as file:
        return file.read().split()

def main():
    given, _, solution = sys.argv[1:4]
    wanted, found = read(given), read(solution)
    if len(found) != 2:
        print(0)
        sys.exit(0)
    print("checking", file=sys.stderr)
    print(1 if sum(map(int, found)) == int(wanted[0]) else 0)

if __name__ == "__main__":
    main()
"""


def row(**changed: Any) -> Row:
    made = {
        "id": "4000/B",
        "aliases": ["3999/E"],
        "contest_id": "4000",
        "contest_name": "Round 1",
        "contest_type": "CF",
        "contest_start": 1700000000,
        "contest_start_year": 2023,
        "index": "B",
        "time_limit": 2.0,
        "memory_limit": 256.0,
        "title": "Two numbers",
        "description": "Write n as the sum of its halves.",
        "input_format": "One number n.",
        "output_format": "Its lower and its upper half.",
        "interaction_format": None,
        "note": None,
        "examples": EXAMPLES,
        "editorial": None,
        "rating": 900,
        "tags": ["math"],
        "testset_size": 2,
        "official_tests": EXAMPLES,
        "official_tests_complete": True,
        "input_mode": "stdio",
        "generated_checker": None,
        "executable": True,
        "generated_tests": 0,
    }
    return made | changed


def cots_row(**changed: Any) -> Row:
    kept = {
        "id",
        "aliases",
        "contest_start",
        "description",
        "input_format",
        "output_format",
        "examples",
        "note",
        "title",
    }
    made = {name: value for name, value in row().items() if name in kept} | {
        "prompt": "You will be given a competitive programming problem.",
        "generation": "<think>\nhalves\n</think>\n```python\nn = int(input())\nprint(n // 2, n - n // 2)\n```",
        "finish_reason": "stop",
        "api_metadata": {
            "completion_tokens": 40,
            "prompt_tokens": 90,
            "prompt_tokens_details": None,
            "total_tokens": 130,
        },
        "messages": [],
    }
    return made | changed


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as bench:
        yield bench


def test_a_problem(bench: Bench, tmp_path: Path) -> None:
    ((problem, _, _),) = read_codeforces(parquet(tmp_path / "train.parquet", row()))
    assert (problem.id, problem.source, problem.group) == ("codeforces/4000/B", "codeforces", "codeforces/3999/E")
    assert (problem.difficulty, problem.date, problem.license) == ("900", "2023-11-14", codeforces.SCHEMA.license)
    assert problem.statement == (
        "Write n as the sum of its halves.\n\nInput\n\nOne number n.\n\nOutput\n\nIts lower and its upper half.\n\n"
        "Examples\n\nInput\n\n3\n\nOutput\n\n1 2\n\nInput\n\n5\n\nOutput\n\n2 3"
    )
    assert isinstance(problem.check, StdinCheck)
    right = "n = int(input())\nprint(n // 2, n - n // 2)"
    assert statuses(bench, problem, right, "print(1, 2)") == ["correct", "incorrect"]


CHECKED = {
    "any sum": ("n = int(input())\nprint(n - 7)\nprint(7)", "correct"),
    "the expected": ("n = int(input())\nprint(n // 2, n - n // 2)", "correct"),
    "another sum": ("n = int(input())\nprint(n, 1)", "incorrect"),
    "three numbers": ("n = int(input())\nprint(n, 0, 0)", "incorrect"),
    "no numbers": ("print('a b')", "incorrect"),
    "prints 1 itself": ("print(1)", "incorrect"),
}


@pytest.mark.parametrize("name", CHECKED)
def test_checkers_judge(bench: Bench, name: str, tmp_path: Path) -> None:
    ((problem, _, _),) = read_codeforces(jsonl(tmp_path / "train.jsonl", row(generated_checker=CHECKER)))
    assert isinstance(problem.check, CheckerCheck)
    program, status = CHECKED[name]
    assert statuses(bench, problem, program) == [status]


@pytest.mark.parametrize(
    "broken", ["", "print('ok')", "print(1)\nprint('no')", "raise ValueError", "import nothing_such"]
)
def test_checkers_that_do_not_say_1_accept_nothing(bench: Bench, broken: str, tmp_path: Path) -> None:
    ((problem, _, _),) = read_codeforces(jsonl(tmp_path / "train.jsonl", row(generated_checker=broken or "pass")))
    assert statuses(bench, problem, CHECKED["the expected"][0]) == ["incorrect"]


READING = {
    "pathlib": "import pathlib, sys\nwanted, found = (pathlib.Path(p).read_text().split() for p in sys.argv[1::2])\n",
    "bytes": "import sys\nwanted, found = (open(p, 'rb').read().decode().split() for p in sys.argv[1::2])\n",
    "lines": "import sys\nwanted, found = ([w for line in open(p) for w in line.split()] for p in sys.argv[1::2])\n",
}


@pytest.mark.parametrize("name", READING)
def test_checkers_may_read_in_other_ways(bench: Bench, name: str, tmp_path: Path) -> None:
    source = READING[name] + "print(int(sum(map(int, found)) == int(wanted[0])))\n"
    ((problem, _, _),) = read_codeforces(jsonl(tmp_path / "train.jsonl", row(generated_checker=source)))
    assert statuses(bench, problem, *(CHECKED[one][0] for one in ("any sum", "another sum"))) == [
        "correct",
        "incorrect",
    ]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"interaction_format": "Ask."}, "interactive"),
        ({"input_mode": "file"}, "it reads or writes a file"),
        ({"executable": False}, "not executable"),
        ({"official_tests_complete": False}, "its official tests are incomplete"),
        ({"official_tests": None}, "no tests"),
        ({"description": None}, "no statement"),
    ],
)
def test_what_cannot_be_graded_is_left_out(changed: Row, reason: str, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "train.jsonl", row(**changed), row(id="1/A"))
    told: list[BadRow] = []
    assert [item.problem.id for item in read_codeforces(file, on_left_out=told.append)] == ["codeforces/1/A"]
    assert [bad.why for bad in told] == [f"{reason}"]
    kept = [item.problem.check for item in read_codeforces(file, tests="optional")]
    assert [isinstance(check, TextCheck) for check in kept] == [True, False]
    assert len(list(read_codeforces(file, tests="none"))) == 2


def test_line_ends_of_windows_are_line_ends(bench: Bench, tmp_path: Path) -> None:
    windows = [{name: text.replace("\n", "\r\n") for name, text in example.items()} for example in EXAMPLES]
    ((problem, _, _),) = read_codeforces(jsonl(tmp_path / "train.jsonl", row(official_tests=windows)))
    right = "import sys\nn = int(sys.stdin.buffer.read().split(b'\\n')[0].decode('ascii'))\nprint(n // 2, n - n // 2)"
    picky = right.replace("n = int(", "assert b'\\r' not in (text := sys.stdin.buffer.read())\nn = int(").replace(
        "sys.stdin.buffer.read().split", "text.split"
    )
    assert statuses(bench, problem, right, picky) == ["correct", "correct"]


def test_incomplete_tests_where_they_are_wanted(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "train.jsonl", row(official_tests_complete=False))
    assert len(list(read_codeforces(file, incomplete=True))) == 1


def test_only_the_default_subset_of_a_folder_is_read(tmp_path: Path) -> None:
    for subset in ("data", "verifiable"):
        parquet(tmp_path / subset / "train-00000-of-00001.parquet", row(id=f"{subset}/A"))
    assert [item.problem.id for item in read_codeforces(tmp_path)] == ["codeforces/data/A"]


def test_a_response(bench: Bench, tmp_path: Path) -> None:
    problems = jsonl(tmp_path / "questions.jsonl", row())
    rows = [
        cots_row(),
        cots_row(finish_reason="length", generation="<think>\nhm", api_metadata=None),
        cots_row(id="9/Z"),
    ]
    file = parquet(tmp_path / "cots.parquet", *rows)
    items = list(read_codeforces_cots(file, questions=str(problems)))
    assert items[0].problem == next(read_codeforces(problems)).problem, "one problem, whichever source it comes from"
    responses = [item.response for item in items if item.response]
    assert [(one.problem_id, one.model, one.sample) for one in responses] == [
        ("codeforces/4000/B", "deepseek-r1", 0),
        ("codeforces/4000/B", "deepseek-r1", 1),
        ("codeforces/9/Z", "deepseek-r1", 0),
    ]
    assert responses[1].id == "solutions_py/deepseek-r1/codeforces/4000/B/1"
    assert len({one.id for one in responses}) == 3
    assert (responses[0].thinking, responses[0].finish_reason) == ("\nhalves\n", "stop")
    assert (responses[0].prompt_tokens, responses[0].completion_tokens) == (90, 40)
    assert (responses[1].answer, responses[1].finish_reason, responses[1].prompt_tokens) == (None, "length", None)
    assert grade(items[0].problem, responses[0], bench).status == "correct"
    assert isinstance(items[2].problem.check, TextCheck), "open-r1/codeforces does not have it"


def test_responses_without_the_problems(tmp_path: Path) -> None:
    told: list[BadRow] = []
    file = jsonl(tmp_path / "cots.jsonl", cots_row(), cots_row(generation=None))
    assert [item.problem.check for item in read_codeforces_cots(file, on_left_out=told.append)] == [
        TextCheck(answer="")
    ]
    assert [bad.why for bad in told] == ["no response"]


def test_the_subset_of_a_folder(tmp_path: Path) -> None:
    for subset in ("solutions", "solutions_py"):
        parquet(tmp_path / subset / "train-00000-of-00001.parquet", cots_row(id=f"{subset}/A"))
    assert [item.problem.id for item in read_codeforces_cots(tmp_path)] == ["codeforces/solutions_py/A"]
    assert [item.problem.id for item in read_codeforces_cots(tmp_path, "solutions")] == ["codeforces/solutions/A"]


def test_missing_columns_are_named(tmp_path: Path) -> None:
    says_what_is_missing(read_codeforces, codeforces.SCHEMA, row(), tmp_path)
    says_what_is_missing(read_codeforces_cots, codeforces_cots.SCHEMA, cots_row(), tmp_path)
