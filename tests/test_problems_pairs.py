"""Prompts and responses side by side: problems known by their statement, over several files."""

import json
from pathlib import Path
from typing import Any

import pytest

from thalweg import InputError, store, verbs
from thalweg.problems import load_problems
from thalweg.problems.pairs import pair_id, read_pairs
from thalweg.problems.responses import load_responses
from thalweg.types import MathCheck, Problem, TextCheck

COLUMNS = {"statement": "instruction", "text": "output"}
ROWS = [{"instruction": "A?", "output": "<think>x</think>1"}, {"instruction": "B?", "output": "2"}]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_one_question_in_several_files_is_one_problem(tmp_path: Path) -> None:
    write(tmp_path / "data" / "a.jsonl", ROWS)
    other = write(tmp_path / "data" / "deep" / "b.jsonl", [ROWS[1], ROWS[1], {"instruction": "C?", "output": "3"}])
    problems = load_problems("pairs", path=str(tmp_path / "data"), columns=COLUMNS)
    assert [(p.id, p.statement, p.source) for p in problems] == [
        (pair_id("A?"), "A?", "a"), (pair_id("B?"), "B?", "a"), (pair_id("C?"), "C?", "b"),
    ]  # fmt: skip
    responses = load_responses(other, COLUMNS)
    assert [(r.problem_id, r.sample, r.text) for r in responses] == [
        (pair_id("B?"), 0, "2"), (pair_id("B?"), 1, "2"), (pair_id("C?"), 0, "3"),
    ]  # fmt: skip
    assert len({r.id for r in responses}) == 3


def test_a_list_of_turns_is_a_pair_too(tmp_path: Path) -> None:
    turns = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "A?"},
        {"role": "assistant", "content": "1"},
    ]
    file = write(tmp_path / "a.jsonl", [{"talk": turns}])
    [problem] = load_problems("pairs", path=str(file), columns={"messages": "talk"})
    [response] = load_responses(file, {"messages": "talk"})
    assert (problem.statement, response.problem_id, response.text) == ("A?", problem.id, "1")


def test_import_writes_both(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", ROWS)
    imported = verbs.import_source("pairs", tmp_path / "out", options={"path": str(file), "columns": COLUMNS})
    assert {path.name: count for path, count in imported.written.items()} == {"problems.jsonl": 2, "responses.jsonl": 2}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "it needs 'columns'"),
        ({"text": "output"}, "'columns' name no statement"),
        ({"statement": "prompt"}, r"column 'prompt' is missing; .* found are instruction \(text\), output \(text\)"),
        ({"messages": "talk"}, "column 'talk' is missing"),
        (
            {"statement": "instruction", "verdict": "x"},
            "columns.verdict: a pair has no such field; use one of statement",
        ),
    ],
)
def test_columns_that_are_not_there(columns: dict[str, str], said: str, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", ROWS)
    with pytest.raises(InputError, match=said):
        load_problems("pairs", path=str(file), columns=columns or None)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file of rows"):
        load_problems("pairs", path=str(tmp_path), columns=COLUMNS)


def test_what_else_a_file_says_goes_along(tmp_path: Path) -> None:
    row = {"q": "A?", "why": "x", "a": "it is 1", "gold": 1, "who": "r1", "uid": 7, "hard": "easy", "terms": "MIT"}
    columns = {"statement": "q", "thinking": "why", "text": "a", "answer": "gold", "model": "who", "id": "uid"}
    more = {"difficulty": "hard", "license": "terms"}
    file = write(tmp_path / "a.jsonl", [row])
    ((problem, response, provisional),) = read_pairs(file, {**columns, **more})
    assert response is not None
    assert (response.id, response.model, response.thinking, response.answer) == ("7", "r1", "x", "it is 1")
    assert (problem.check, problem.difficulty, problem.license) == (MathCheck(answer="1"), "easy", "MIT")
    assert not provisional
    [(problem, _, _)] = read_pairs(file, columns, check="text", license="own")
    assert (problem.check, problem.license) == (TextCheck(answer="1"), "own")


def test_without_an_answer_nothing_passes(tmp_path: Path) -> None:
    items = list(read_pairs(write(tmp_path / "a.jsonl", ROWS), COLUMNS))
    assert [(item.problem.check, item.provisional) for item in items] == [(TextCheck(answer=""), False)] * 2


def test_a_later_row_may_bring_the_answer(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"q": "A?", "gold": None}, {"q": "A?", "gold": "4"}]
    file = write(tmp_path / "a.jsonl", rows)
    columns = {"statement": "q", "answer": "gold"}
    [problem] = load_problems("pairs", path=str(file), columns=columns)
    assert problem.check == MathCheck(answer="4")
    verbs.import_source("pairs", tmp_path / "out", options={"path": str(file), "columns": columns})
    assert store.read_all(tmp_path / "out" / "problems.jsonl", Problem) == [problem]
