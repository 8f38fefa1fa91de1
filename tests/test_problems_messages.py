"""Conversations as problems and responses."""

import json
from pathlib import Path
from typing import Any

import pytest

from thalweg.errors import InputError
from thalweg.problems.messages import load_messages, load_messages_responses, read_messages
from thalweg.types import MathCheck, TextCheck


def turns(user: str, assistant: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}], **more}


def conversations(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_row_is_a_problem_and_a_response(tmp_path: Path) -> None:
    path = conversations(tmp_path / "traces.jsonl", turns("2 + 2?", "<think>easy</think>\n4", answer="4", model="r1"))
    ((problem, response),) = read_messages(path)
    assert (problem.statement, problem.check, problem.source) == ("2 + 2?", MathCheck(answer="4"), "traces")
    assert response.problem_id == problem.id
    assert (response.text, response.thinking, response.answer) == ("<think>easy</think>\n4", "easy", "\n4")
    assert (response.model, response.finish_reason) == ("r1", None)


def test_without_an_answer_the_final_answer_is_the_reference(tmp_path: Path) -> None:
    path = conversations(
        tmp_path / "t.jsonl",
        turns("?", "<think>never ends"),
        turns("?", "<think>x</think> Paris\n"),
        turns("?", "Rome"),
    )
    (problem,) = load_messages(path)
    assert problem.check == TextCheck(answer="Paris")


def test_the_same_statement_is_one_problem_with_samples(tmp_path: Path) -> None:
    path = conversations(tmp_path / "t.jsonl", turns("a", "1"), turns("b", "2"), turns("a", "3"))
    assert [p.statement for p in load_messages(path)] == ["a", "b"]
    responses = load_messages_responses(path)
    assert [r.sample for r in responses] == [0, 0, 1]
    assert len({r.id for r in responses}) == 3
    assert responses[0].problem_id == responses[2].problem_id


def test_ids_of_the_file_are_kept(tmp_path: Path) -> None:
    path = conversations(tmp_path / "t.jsonl", turns("a", "1", id=7, problem_id="p"))
    ((problem, response),) = read_messages(path)
    assert (problem.id, response.id) == ("p", "7")


def test_reasoning_given_apart_and_a_system_turn(tmp_path: Path) -> None:
    row = turns("a", "4")
    row["messages"][1]["reasoning_content"] = "2 + 2"
    row["messages"].insert(0, {"role": "system", "content": "Be brief."})
    ((problem, response),) = read_messages(conversations(tmp_path / "t.jsonl", row))
    assert problem.statement == "a"
    assert (response.text, response.thinking, response.answer) == (None, "2 + 2", "4")


def test_parquet_holds_conversations(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist([turns("a", "1"), turns("b", "2")]), tmp_path / "t.parquet")
    assert [p.statement for p in load_messages(tmp_path / "t.parquet")] == ["a", "b"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"messages": [{"role": "assistant", "content": "1"}]}, "its turns are: assistant"),
        ({"messages": turns("a", "1")["messages"] * 2}, "user, assistant, user, assistant"),
        ({"messages": [{"content": "a"}]}, "its turns are: None"),
        ({"messages": ["a"]}, "no list of turns"),
        (turns("a", [{"type": "image"}]), "the assistant turn's content is list"),  # type: ignore[arg-type]
        (turns(None, "1"), "the user turn's content is NoneType"),  # type: ignore[arg-type]
    ],
)
def test_other_conversations_are_refused(tmp_path: Path, row: dict[str, Any], words: str) -> None:
    path = conversations(tmp_path / "t.jsonl", turns("a", "1"), row)
    with pytest.raises(InputError, match=words) as caught:
        list(read_messages(path))
    assert caught.value.where == f"{path}:2"
