"""Conversations as problems and responses."""

import json
from pathlib import Path
from typing import Any

import pytest

from thalweg.errors import InputError
from thalweg.problems import load_problems
from thalweg.problems.messages import read_messages
from thalweg.types import MathCheck, Problem, Response, TextCheck


def turns(user: str, assistant: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}], **more}


CALL = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f"}}]}


def only(path: Path, **options: Any) -> tuple[Problem, Response]:
    """The problem and the response of a file of one row."""
    ((problem, response, _),) = read_messages(path, **options)
    assert response is not None
    return problem, response


def conversations(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_row_is_a_problem_and_a_response(tmp_path: Path) -> None:
    path = conversations(tmp_path / "traces.jsonl", turns("2 + 2?", "<think>easy</think>\n4", answer="4", model="r1"))
    problem, response = only(path)
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
    (problem,) = load_problems("messages", path=str(path))
    assert problem.check == TextCheck(answer="Paris")


def test_the_same_statement_is_one_problem_with_samples(tmp_path: Path) -> None:
    path = conversations(tmp_path / "t.jsonl", turns("a", "1"), turns("b", "2"), turns("a", "3"))
    assert [p.statement for p in load_problems("messages", path=str(path))] == ["a", "b"]
    responses = [response for _, response, _ in read_messages(path) if response]
    assert [r.sample for r in responses] == [0, 0, 1]
    assert len({r.id for r in responses}) == 3
    assert responses[0].problem_id == responses[2].problem_id


def test_ids_of_the_file_are_kept(tmp_path: Path) -> None:
    path = conversations(tmp_path / "t.jsonl", turns("a", "1", id=7, problem_id="p"))
    problem, response = only(path)
    assert (problem.id, response.id) == ("p", "7")


def test_reasoning_given_apart_and_a_system_turn(tmp_path: Path) -> None:
    row = turns("a", "4")
    row["messages"][1]["reasoning_content"] = "2 + 2"
    row["messages"].insert(0, {"role": "system", "content": "Be brief."})
    problem, response = only(conversations(tmp_path / "t.jsonl", row))
    assert problem.statement == "a"
    assert (response.text, response.thinking, response.answer) == (None, "2 + 2", "4")


def test_parquet_holds_conversations(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist([turns("a", "1"), turns("b", "2")]), tmp_path / "t.parquet")
    assert [p.statement for p in load_problems("messages", path=str(tmp_path / "t.parquet"))] == ["a", "b"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"messages": [{"role": "assistant", "content": "1"}]}, "its turns are: assistant"),
        ({"messages": turns("a", "1")["messages"] * 2}, "user, assistant, user, assistant"),
        ({"messages": [{"content": "a"}]}, "its turns are: None"),
        ({"messages": ["a"]}, "no list of turns"),
        (turns("a", [{"type": "image"}]), "the assistant turn holds not text alone; its content must be text"),  # type: ignore[arg-type]
        (turns(None, "1"), "the user turn holds no text"),  # type: ignore[arg-type]
        ({"messages": [*turns("a", "1")["messages"], {"role": "tool", "content": "x"}]}, "user, assistant, tool"),
        ({"messages": [{"role": "user", "content": "a"}, CALL]}, "its assistant calls a tool; set such rows aside"),
        (turns("a", "1", model=3), "column 'model' holds a whole number, not text"),
        (
            {"chat": []},
            "column 'messages' is missing; a file of conversations has the columns messages .*found are chat",
        ),
    ],
)
def test_other_conversations_are_refused(tmp_path: Path, row: dict[str, Any], words: str) -> None:
    path = conversations(tmp_path / "t.jsonl", turns("a", "1"), row)
    with pytest.raises(InputError, match=words) as caught:
        list(read_messages(path))
    assert caught.value.where == f"{path}:2"


SHAREGPT = {"conversations": [{"from": "human", "value": "2 + 2?"}, {"from": "gpt", "value": "<think>a</think>4"}]}
PARTS = {"messages": [{"role": "user", "content": [{"type": "text", "text": "2 + "}, {"type": "text", "text": "2?"}]}]}
OPENAI = {"messages": [*PARTS["messages"], {"role": "assistant", "content": "<think>a</think>4"}]}


@pytest.mark.parametrize("row", [SHAREGPT, OPENAI], ids=["sharegpt", "openai"])
def test_other_forms_of_turns_are_known(tmp_path: Path, row: dict[str, Any]) -> None:
    problem, response = only(conversations(tmp_path / "t.jsonl", row))
    assert (problem.statement, response.thinking, response.answer) == ("2 + 2?", "a", "4")


def test_a_json_array_is_a_file_of_rows(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps([SHAREGPT, turns("b", "1")], indent=1))
    assert [item.problem.statement for item in read_messages(tmp_path / "t.json")] == ["2 + 2?", "b"]


def test_the_first_exchange_of_longer_conversations_can_be_taken(tmp_path: Path) -> None:
    longer = {"messages": [{"role": "system", "content": "s"}, *turns("a", "1")["messages"] * 2]}
    problem, response = only(conversations(tmp_path / "t.jsonl", longer), turns="first")
    assert (problem.statement, response.text) == ("a", "1")


def test_columns_may_be_named_otherwise(tmp_path: Path) -> None:
    row = {"chat": turns("a", "4")["messages"], "gold": 4, "teacher": "r1", "license": "MIT", "hard": 2}
    columns = {"messages": "chat", "answer": "gold", "model": "teacher", "difficulty": "hard"}
    problem, response = only(conversations(tmp_path / "t.jsonl", row), columns=columns, license="X")
    assert (problem.check, problem.license, problem.difficulty) == (MathCheck(answer="4"), "MIT", "2")
    assert (response.model, response.text) == ("r1", "4")
    with pytest.raises(
        InputError, match=r"columns.gold: a conversation has no such field; use one of messages, answer"
    ):
        read_messages(tmp_path / "t.jsonl", columns={"gold": "answer"})


@pytest.mark.parametrize(
    ("kind", "row", "check", "provisional"),
    [
        ("math", turns("a", "so 4", answer="4"), MathCheck(answer="4"), False),
        ("text", turns("a", "so 4", answer="4"), TextCheck(answer="4"), False),
        ("boxed", turns("a", r"so \boxed{\frac{1}{2}}"), MathCheck(answer=r"\frac{1}{2}"), False),
        ("boxed", turns("a", r"so \boxed{4}", answer="5"), MathCheck(answer="5"), False),
        ("boxed", turns("a", "so 4"), TextCheck(answer=""), True),
        ("math", turns("a", " so 4"), TextCheck(answer="so 4"), False),
        ("math", turns("a", "<think>so"), TextCheck(answer=""), True),
    ],
)
def test_where_the_check_comes_from(
    tmp_path: Path, kind: Any, row: dict[str, Any], check: Any, provisional: bool
) -> None:
    ((problem, _, found),) = read_messages(conversations(tmp_path / "t.jsonl", row), check=kind)
    assert (problem.check, found) == (check, provisional)


def test_bad_rows_go_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = conversations(tmp_path / "t.jsonl", turns("a", "1"), {"messages": []}, turns("b", "2"))
    path.write_text(path.read_text() + "{no json\n")
    bad: list[Any] = []
    assert [item.problem.statement for item in read_messages(path, on_bad=bad.append)] == ["a", "b"]
    assert [row.where for row in bad] == [f"{path}:2", f"{path}:4"]
    assert bad[0].why.startswith("its turns are: none; expected")
    assert bad[1].why.startswith("not JSON")


def test_all_files_of_a_folder_are_read_unless_a_split_is_named(tmp_path: Path) -> None:
    for name in ("train_10k", "more"):
        conversations(tmp_path / f"{name}.jsonl", turns(name, "1"))
    assert {item.problem.statement for item in read_messages(tmp_path)} == {"train_10k", "more"}
    assert {item.problem.statement for item in read_messages(tmp_path, split="train")} == {"train_10k"}
