"""Prompts and responses side by side: problems known by their statement, over several files."""

import json
from pathlib import Path
from typing import Any

import pytest

from thalweg import InputError, verbs
from thalweg.problems import load_problems
from thalweg.problems.pairs import pair_id
from thalweg.problems.responses import load_responses

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
    written = verbs.import_source(
        "pairs", tmp_path / "out", path=str(file), split=None, count=None, columns=COLUMNS, where={}, problem_prefix=""
    )
    assert {path.name: count for path, count in written.items()} == {"problems.jsonl": 2, "responses.jsonl": 2}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "it needs 'columns'"),
        ({"text": "output"}, "'columns' name no statement"),
        ({"statement": "prompt"}, "column 'prompt' is missing; the columns found are instruction, output"),
        ({"messages": "talk"}, "column 'talk' is missing"),
    ],
)
def test_columns_that_are_not_there(columns: dict[str, str], said: str, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", ROWS)
    with pytest.raises(InputError, match=said):
        load_problems("pairs", path=str(file), columns=columns or None)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file of rows"):
        load_problems("pairs", path=str(tmp_path), columns=COLUMNS)
