"""Responses out of tables with columns of their own."""

import json
from pathlib import Path
from typing import Any

import pytest

from thalweg import store
from thalweg.errors import InputError
from thalweg.problems.responses import load_responses
from thalweg.types import Response

DATA = Path(__file__).parents[2] / "shared" / "data"
ROW = {"idx": 3, "model": "m", "response": "<think>a</think>b", "correct": True}
COLUMNS = {"problem_id": "idx", "text": "response"}


def table(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_columns_are_mapped(tmp_path: Path) -> None:
    (response,) = load_responses(table(tmp_path / "t.jsonl", ROW), COLUMNS, problem_prefix="gsm8k/test/")
    assert response == Response(
        id="m/gsm8k/test/3/0",
        problem_id="gsm8k/test/3",
        model="m",
        text="<think>a</think>b",
        thinking="a",
        answer="b",
    )


def test_rows_of_a_model_are_its_samples_and_rows_are_chosen(tmp_path: Path) -> None:
    rows = [ROW, {**ROW, "model": "n"}, {**ROW, "correct": False}, ROW]
    path = table(tmp_path / "t.jsonl", *rows)
    chosen = load_responses(path, COLUMNS, {"model": "m"})
    assert [r.sample for r in chosen] == [0, 1, 2]
    assert len(load_responses(path, COLUMNS, {"model": "m", "correct": True})) == 2
    assert load_responses(path, COLUMNS, {"model": "nobody"}) == []


def test_the_model_defaults_to_the_file(tmp_path: Path) -> None:
    row = {"problem_id": "p", "text": "x"}
    assert load_responses(table(tmp_path / "r1.jsonl", row), {})[0].model == "r1"


def test_the_exchange_format_needs_no_mapping(tmp_path: Path) -> None:
    response = Response(id="r", problem_id="p", model="m", sample=4, thinking="t", answer="a", finish_reason="length")
    store.write(tmp_path / "r.parquet", [response])
    assert load_responses(tmp_path / "r.parquet", {}) == [response]


@pytest.mark.parametrize(
    ("rows", "columns", "where", "words"),
    [
        ([ROW], {"txt": "response"}, {}, "columns.txt: a response has no such field; use one of id, problem_id"),
        ([ROW], {**COLUMNS, "text": "reply"}, {}, "column 'reply' is missing; the columns found are correct, idx"),
        ([ROW], COLUMNS, {"solver": "m"}, "column 'solver' is missing"),
        ([ROW], {"text": "response"}, {}, "no column for 'problem_id'"),
        ([ROW], {"problem_id": "idx"}, {}, "field 'text' is missing"),
        ([{**ROW, "response": 7}], COLUMNS, {}, "field 'text'"),
        ([{**ROW, "response": None}], COLUMNS, {}, "field 'text' is missing"),
        ([ROW, {**ROW, "id": "m/3/0"}], COLUMNS, {}, "its id 'm/3/0' came before"),
        ([[1]], COLUMNS, {}, "holds list"),
    ],
)
def test_what_does_not_fit_is_named(
    tmp_path: Path, rows: list[Any], columns: dict[str, str], where: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        load_responses(table(tmp_path / "t.jsonl", *rows), columns, where)
    assert "\n" not in str(caught.value)


@pytest.mark.data
def test_the_real_file() -> None:
    if not DATA.exists():
        pytest.skip(f"no developers' data at {DATA}")
    path = DATA / "gsm8k_test_multi.jsonl.gz"
    responses = load_responses(path, COLUMNS, {"model": "Qwen-2.5-3B-rlft"}, "gsm8k/test/")
    assert len(responses) == 660
    assert sum(r.thinking is not None for r in responses) > 600
