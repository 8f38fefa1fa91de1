"""OpenCodeReasoning and -2: questions taken out of four base data sets, responses counted, chosen and graded."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benches import open_bench
from tests.sources import Row, jsonl, parquet, says_what_is_missing
from thalweg import store
from thalweg.errors import InputError
from thalweg.grade import grade
from thalweg.grade.bench import Bench
from thalweg.problems import open_code_reasoning as module
from thalweg.problems import questions
from thalweg.problems.distinct import distinct_problems
from thalweg.problems.open_code_reasoning import read_open_code_reasoning, read_open_code_reasoning_2
from thalweg.types import CheckerCheck, Problem, Response, StdinCheck, TextCheck
from thalweg.verbs.importing import import_source

RIGHT = "<think>\nadd\n</think>\n\n```python\nprint(sum(map(int, input().split())))\n```"
TESTS = {"inputs": ["1 2\n", "4\n"], "outputs": ["3\n", "4\n"]}


def first(**changed: Any) -> Row:
    row = {
        "id": "0123abcd",
        "input": "Add the numbers.",
        "output": RIGHT,
        "source": "codeforces",
        "license": "cc-by-4.0",
        "dataset": "code_contests",
        "split": "train",
        "difficulty": "7",
        "solution": "```python\nprint(1)\n```",
    }
    return row | changed


def second(**changed: Any) -> Row:
    row = {
        "question": "-",
        "r1_generation": RIGHT,
        "qwq_critique": "fine <judgment>right</judgment>",
        "solution": "print(1)",
        "judgement": "right",
        "pass_rate": "1.0",
        "source": "codeforces",
        "license": "mit",
        "dataset": "taco",
        "split": "train",
        "difficulty": "EASY",
        "index": "1",
        "id": "r1",
        "question_id": "q1",
    }
    return row | changed


def taco(question: str, **changed: Any) -> Row:
    url = "https://codeforces.com/problemset/problem/4000/A"
    row = {"question": question, "input_output": json.dumps(TESTS), "difficulty": "EASY", "url": url}
    return row | changed


def apps(question: str) -> Row:
    return {"question": question, "input_output": "", "difficulty": "interview", "url": "", "starter_code": ""}


def code_contests(description: str) -> Row:
    tests = {"input": ["1 2\n"], "output": ["3\n"]}
    names = ("public_tests", "private_tests", "generated_tests")
    return {"description": description, "difficulty": 3, **dict.fromkeys(names, tests)}


def codeforces(problem_id: str) -> Row:
    return {
        "id": problem_id,
        "description": "Add them.",
        "input_format": "Numbers.",
        "output_format": "Their sum.",
        "examples": [{"input": "1 2", "output": "3"}],
        "note": "Add.",
        "official_tests": [{"input": "1 2", "output": "3"}],
        "official_tests_complete": True,
        "input_mode": "stdio",
        "generated_checker": "print(1)",
        "executable": True,
    }


@pytest.fixture
def bases(tmp_path: Path) -> Path:
    """Local copies of the four base data sets, as a download makes them."""
    folder = tmp_path / "bases"
    parquet(folder / "taco" / "ALL" / "train-00000-of-00001.parquet", taco("taco 0"), taco("taco 1"))
    parquet(folder / "taco" / "ALL" / "test-00000-of-00001.parquet", taco("taco test", input_output="", url=None))
    jsonl(folder / "apps" / "train.jsonl", apps("apps 0"))
    jsonl(folder / "apps" / "test.jsonl", apps("apps test 0"), apps("apps test 1"))
    parquet(folder / "code_contests" / "data" / "train-00000-of-00002.parquet", code_contests("contests 0"))
    parquet(folder / "code_contests" / "data" / "train-00001-of-00002.parquet", code_contests("contests 1"))
    parquet(folder / "codeforces" / "data" / "train-00000-of-00001.parquet", codeforces("4000/C"))
    parquet(folder / "codeforces" / "verifiable" / "train-00000-of-00001.parquet", codeforces("wrong"))
    return folder


PLACES = [
    ("taco", "train", "1", "taco 1"),
    ("taco", "test", "0", "taco test"),
    ("apps", "train", "0", "apps 0"),
    ("apps", "test", "1", "apps test 1"),
    ("code_contests", "train", "1", "contests 1"),
    ("open-r1/codeforces", "train", "0", "Add them.\n\nInput\n\nNumbers.\n\nOutput\n\nTheir sum.\n\nExamples\n\n"),
]


@pytest.mark.parametrize(("dataset", "split", "index", "statement"), PLACES)
def test_questions_are_where_the_rows_say(
    dataset: str, split: str, index: str, statement: str, bases: Path, tmp_path: Path
) -> None:
    at = {"dataset": dataset, "split": split, "index": index}
    file = jsonl(tmp_path / "python.jsonl", second(**at))
    ((problem, response, _),) = read_open_code_reasoning_2(file, questions=str(bases))
    assert problem.statement.startswith(statement)
    assert (problem.id, problem.source) == ("open_code_reasoning_2/q1", "open_code_reasoning_2")
    assert (problem.license, problem.check) == ("mit", TextCheck(answer=""))
    assert response is not None
    assert (response.id, response.problem_id) == ("open_code_reasoning_2/r1", problem.id)
    older = jsonl(tmp_path / "split_1.jsonl", first(input="-", **at))
    ((again, _, _),) = read_open_code_reasoning(older, "split_1", questions=str(bases))
    assert (again.statement, again.group, again.id) == (
        problem.statement,
        problem.group,
        "open_code_reasoning/0123abcd",
    )


def test_questions_that_are_there_need_nothing(tmp_path: Path) -> None:
    ((problem, response, _),) = read_open_code_reasoning(jsonl(tmp_path / "a.jsonl", first()), questions="nowhere")
    assert (problem.statement, problem.license, problem.difficulty) == ("Add the numbers.", "cc-by-4.0", "7")
    assert (problem.check, problem.group) == (TextCheck(answer=""), None)
    assert response is not None
    assert (response.model, response.thinking) == ("deepseek-r1", "\nadd\n")


def test_samples_are_counted_and_choices_do_not_rename(bases: Path, tmp_path: Path) -> None:
    rows = [
        second(id="a", judgement="wrong", pass_rate="0.5"),
        second(id="b", pass_rate="-1"),
        second(id="c", question_id="q2", index="0"),
        second(id="d", pass_rate=1),
    ]
    file = jsonl(tmp_path / "python.jsonl", *rows)

    def chosen(**options: Any) -> list[tuple[str, int]]:
        items = read_open_code_reasoning_2(file, questions=str(bases), **options)
        return [(item.response.id[-1], item.response.sample) for item in items if item.response]

    assert chosen() == [("a", 0), ("b", 1), ("c", 0), ("d", 2)]
    assert chosen(judgement="right") == [("b", 1), ("c", 0), ("d", 2)]
    assert chosen(judgement="wrong") == [("a", 0)]
    assert chosen(least_pass_rate=0.5) == [("a", 0), ("c", 0), ("d", 2)]
    assert chosen(least_pass_rate=0.0) == [("a", 0), ("c", 0), ("d", 2)], "unknown is no pass rate"
    items = list(read_open_code_reasoning_2(file, questions=str(bases)))
    assert [problem.statement for problem in distinct_problems(items)] == ["taco 1", "taco 0"]
    assert {item.problem.cluster for item in items} == {"codeforces/4000/A"}, "one contest problem"
    elsewhere = jsonl(tmp_path / "apps.jsonl", second(dataset="apps", index="0"))
    assert [item.problem.group for item in read_open_code_reasoning_2(elsewhere, questions=str(bases))] == [
        "apps/train/0"
    ]


def test_rebuilt_problems_can_be_graded(bases: Path, tmp_path: Path) -> None:
    wrong = RIGHT.replace("sum", "max")
    rows = [
        second(),
        second(id="r2", r1_generation=wrong),
        second(id="r3", dataset="apps", index="0", question_id="q2"),
    ]
    file = jsonl(tmp_path / "python.jsonl", *rows, second(dataset="open-r1/codeforces", index="0", question_id="q3"))
    items = list(read_open_code_reasoning_2(file, questions=str(bases), tests="optional", most_tests=1))
    checks = [item.problem.check for item in items]
    assert [type(check) for check in checks] == [StdinCheck, StdinCheck, TextCheck, CheckerCheck]
    assert checks[0] == StdinCheck(tests=({"input": "1 2\n", "output": "3\n"},))
    with open_bench() as bench:
        assert _graded(items[:3], bench) == ["correct", "incorrect", "incorrect"]


def _graded(items: Any, bench: Bench) -> list[str]:
    return [grade(item.problem, item.response, bench).status for item in items]


def test_a_base_is_read_once_and_only_where_it_is_needed(
    bases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    base = questions.BASES["taco"]

    def counted(path: str, split: str, **options: Any) -> Iterator[Any]:
        read.append(split)
        return base.read(path, split, **options)

    monkeypatch.setitem(questions.BASES, "taco", base._replace(read=counted))
    rows = [second(), second(split="test", index="0", question_id="q2"), second(index="0", question_id="q3"), second()]
    file = jsonl(tmp_path / "python.jsonl", *rows)
    only_taco = {"taco": str(bases / "taco")}
    assert len(list(read_open_code_reasoning_2(file, questions=only_taco))) == 4
    assert read == ["train", "test"]


def test_what_is_missing_is_said(bases: Path, tmp_path: Path) -> None:
    def told(row: Row, places: Any) -> str:
        with pytest.raises(InputError) as caught:
            list(read_open_code_reasoning_2(jsonl(tmp_path / "p.jsonl", row), questions=places))
        assert caught.value.where.startswith(f"{tmp_path / 'p.jsonl'}:1")
        return str(caught.value)

    nothing = told(second(), str(tmp_path / "nothing"))
    assert "its question is in 'taco', and there is no" in nothing
    assert "hf download --repo-type dataset BAAI/TACO" in nothing
    assert "'open-r1/codeforces', which 'questions' does not have" in told(
        second(dataset="open-r1/codeforces"), {"taco": str(bases / "taco")}
    )
    assert "known are taco, apps, code_contests, open-r1/codeforces" in told(second(dataset="kattis"), str(bases))
    assert "row 2 of 'taco' (train), which is not there" in told(second(index="2"), str(bases))
    assert "column 'index' holds '-'" in told(second(index="-"), str(bases))


def test_a_folder_of_the_release(bases: Path, tmp_path: Path) -> None:
    parquet(tmp_path / "ocr" / "split_0" / "train-00000-of-00001.parquet", first())
    parquet(
        tmp_path / "ocr" / "split_1" / "train-00000-of-00001.parquet",
        first(id="b", input="-", dataset="taco", index="0"),
    )
    found = {
        split: [
            item.problem.statement for item in read_open_code_reasoning(tmp_path / "ocr", split, questions=str(bases))
        ]
        for split in ("split_0", "split_1")
    }
    assert found == {"split_0": ["Add the numbers."], "split_1": ["taco 0"]}
    parquet(tmp_path / "ocr2" / "train" / "python-00000-of-00001.parquet", second())
    parquet(tmp_path / "ocr2" / "train" / "cpp-00000-of-00001.parquet", second(id="c"))
    items = list(read_open_code_reasoning_2(tmp_path / "ocr2", "cpp", questions=str(bases)))
    assert [item.response.id for item in items if item.response] == ["open_code_reasoning_2/c"]


def test_an_import(bases: Path, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "python.jsonl", second(), second(id="r2"), second(id="r3", question_id="q2", index="0"))
    options = {"path": str(file), "questions": str(bases), "tests": "optional", "least_pass_rate": "0.5"}
    imported = import_source("open_code_reasoning_2", tmp_path / "out", options=options)
    assert sorted(imported.written.values()) == [2, 3]
    responses = store.read_all(tmp_path / "out" / "responses.jsonl", Response)
    problems = store.read_all(tmp_path / "out" / "problems.jsonl", Problem)
    assert [one.sample for one in responses] == [0, 1, 0]
    assert {one.problem_id for one in responses} == {one.id for one in problems}
    assert {one.license for one in problems} == {"mit"}


def test_the_database_is_gone_afterwards(bases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    items = read_open_code_reasoning_2(jsonl(tmp_path / "p.jsonl", second(), second()), questions=str(bases))
    next(items)
    assert list(folder.iterdir())
    items.close()  # type: ignore[attr-defined]
    assert not list(folder.iterdir())


def test_missing_columns_are_named(tmp_path: Path) -> None:
    says_what_is_missing(read_open_code_reasoning, module.SCHEMA, first(index="0"), tmp_path)
    says_what_is_missing(read_open_code_reasoning_2, module.SCHEMA_2, second(), tmp_path)
