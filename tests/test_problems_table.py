"""Rows of local files: which of a folder's are read, how much of them at a time, and which columns."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sources import jsonl, parquet
from thalweg.errors import InputError
from thalweg.problems import files, table
from thalweg.problems.distinct import Distinct, digest, distinct_problems
from thalweg.problems.files import file_rows, local_files
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import read_table, table_rows
from thalweg.types import MathCheck, Problem, TextCheck

SCHEMA = Schema(
    source="x",
    title="X",
    hub_id=None,
    documented="https://example.org",
    license="MIT",
    columns=(Column(name="a", holds="text"), Column(name="b", holds="a number", types=(int,), needed=False)),
)


@pytest.mark.parametrize(
    ("subset", "split", "expected"),
    [
        ("main", "train", ["main/train-0.parquet"]),
        ("main", "test", ["main/test-0.parquet"]),
        ("socratic", "train", ["socratic/train-0.parquet"]),
        (None, "train", ["main/train-0.parquet", "socratic/train-0.parquet"]),
        ("nonesuch", "test", ["main/test-0.parquet"]),
    ],
)
def test_a_copy_of_a_hub_data_set(tmp_path: Path, subset: str | None, split: str, expected: list[str]) -> None:
    for name in ("main/train-0", "main/test-0", "socratic/train-0"):
        parquet(tmp_path / f"{name}.parquet", {"a": name})
    jsonl(tmp_path / ".cache" / "train.jsonl", {"a": "hidden"})
    (tmp_path / "dataset_infos.json").write_text("{}")
    found = local_files(tmp_path, subset, split)
    assert [str(file.relative_to(tmp_path)) for file in found] == expected


def test_words_are_whole_words(tmp_path: Path) -> None:
    for name in ("train_10k", "train_1k"):
        jsonl(tmp_path / f"{name}.jsonl", {"a": name})
    assert [file.name for file in local_files(tmp_path, "train_1k")] == ["train_1k.jsonl"]


def test_a_folder_without_rows_is_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("…")
    with pytest.raises(InputError, match=r"holds no file of rows; expected \.jsonl"):
        local_files(tmp_path)


def test_only_the_named_columns_of_parquet_are_read(tmp_path: Path) -> None:
    path = parquet(tmp_path / "t.parquet", {"a": "x", "b": None, "c": "huge"})
    assert [row for _, row in table_rows(path, schema=SCHEMA)] == [{"a": "x", "b": None}]
    assert [row for _, row in table_rows(path)] == [{"a": "x", "b": None, "c": "huge"}]


def test_where_a_column_lacks_all_that_are_there_are_told(tmp_path: Path) -> None:
    path = parquet(tmp_path / "t.parquet", {"A": "x", "c": 1.5})
    with pytest.raises(InputError, match=r"row 1: column 'a' is missing; X .* found are A \(text\), c \(a number\)"):
        list(table_rows(path, schema=SCHEMA))


def test_large_rows_are_read_a_few_at_a_time(tmp_path: Path) -> None:
    path = parquet(tmp_path / "t.parquet", *({"a": chr(65 + n) * 100_000} for n in range(20)))
    with pq.ParquetFile(path) as file:
        few = files._batch_rows(file.metadata)
        assert 1 <= few <= files._BATCH_BYTES // 100_000
    assert len(list(file_rows(path))) == 20


def test_a_parquet_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_text("no")
    with pytest.raises(InputError, match="not a Parquet file"):
        list(file_rows(tmp_path / "t.parquet"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('\n [\n{"a": 1}\n]\n', [{"a": 1}]),
        ('{"a": 1}\n\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
    ],
)
def test_json_files_hold_an_array_or_lines(tmp_path: Path, text: str, expected: Any) -> None:
    (tmp_path / "t.json").write_text(text)
    assert [row for _, row in table_rows(tmp_path / "t.json")] == expected


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("t.json", "[{", "not JSON: .* in line 1; expected an array"),
        ("t.jsonl", "{", "t.jsonl:1: not JSON"),
        ("t.jsonl", "3", "t.jsonl:1: holds int; expected one object a line"),
        ("t.txt", "x", "unknown file ending; use one of .jsonl"),
        ("t.jsonl.gz", "x", "cannot be read as text"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=words):
        list(table_rows(tmp_path / name))


def test_csv_columns_are_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\n"x\ny",1\n')
    assert [row for _, row in table_rows(tmp_path / "t.csv")] == [{"a": "x\ny", "b": "1"}]


def test_bad_rows_are_given_with_their_text(tmp_path: Path) -> None:
    bad: list[Any] = []
    path = jsonl(tmp_path / "t.jsonl", {"a": "x"}, {"b": 1}, {"a": "y", "b": "z"})
    read = read_table(SCHEMA, lambda row, _: Item(problem(row["a"])), path, on_bad=bad.append)
    assert [item.problem.id for item in read] == ["x"]
    assert [(row.where[-1], row.why.partition(";")[0]) for row in bad] == [
        ("2", "column 'a' is missing"),
        ("3", "column 'b' holds text, not a whole number"),
    ]
    assert json.loads(bad[0].raw) == {"b": 1}


# --------------------------------------------------------------------------- distinct


def problem(name: str, answer: str | None = None) -> Problem:
    check = TextCheck(answer="") if answer is None else MathCheck(answer=answer)
    return Problem(id=name, statement="?", check=check)


def test_the_first_of_an_id_wins_unless_it_was_provisional() -> None:
    items = [
        Item(problem("a"), None, True),
        Item(problem("b", "1")),
        Item(problem("a", "2")),
        Item(problem("a", "3")),
        Item(problem("b", "4")),
        Item(problem("c"), None, True),
    ]
    assert distinct_problems(items) == [problem("a", "2"), problem("b", "1"), problem("c")]
    assert [p.id for p in distinct_problems(items, 1)] == ["a"]


def test_ids_are_told_apart_by_eight_bytes() -> None:
    seen = Distinct()
    assert [seen.new(name) for name in ("a", "b", "a", "")] == [True, True, False, True]
    assert 0 <= digest("x") < 1 << 64


def test_parquet_lists_and_structs_come_as_they_are(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([{"a": [{"role": "user"}], "check": "{}"}]), tmp_path / "t.parquet")
    assert [row for _, row in table_rows(tmp_path / "t.parquet")] == [{"a": [{"role": "user"}], "check": "{}"}]


# --------------------------------------------------------------------------- the hub


@pytest.mark.parametrize("path", ["rows.jsnl", "./rows", "/data/some/rows", "a/b/c", "~/rows", "nothing"])
def test_a_path_that_is_no_hub_id_is_a_missing_file(path: str) -> None:
    with pytest.raises(InputError, match="no such file; check the path"):
        list(table_rows(path))


def test_the_hub_is_read_as_a_stream_by_the_installed_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` takes a folder in place of an id, and so needs no network."""
    monkeypatch.chdir(tmp_path)
    jsonl(tmp_path / "owner" / "name" / "train.jsonl", *({"a": str(number)} for number in range(5)))
    rows = table._hub_rows(str(tmp_path / "owner" / "name"), None, "train")
    assert [row for _, row in islice(rows, 2)] == [{"a": "0"}, {"a": "1"}]
    with pytest.raises(InputError, match=r"not loaded from the hub: Bad split: test"):
        list(table._hub_rows(str(tmp_path / "owner" / "name"), None, "test"))
