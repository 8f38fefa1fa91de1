"""Rows of sources in files, their problems graded, and what is said when a column is gone."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.benches import fenced
from thalweg.errors import InputError
from thalweg.grade import Bench, grade
from thalweg.problems.source import Item, Schema
from thalweg.types import Problem, Response

Row = dict[str, Any]


def jsonl(path: Path, *rows: Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def parquet(path: Path, *rows: Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)
    return path


def statuses(bench: Bench, problem: Problem, *programs: str) -> list[str]:
    """How the grader judges programs as answers to a problem, by its own check."""
    responses = [
        Response(id=f"r{number}", problem_id=problem.id, model="m", answer=fenced(program))
        for number, program in enumerate(programs)
    ]
    return [grade(problem, response, bench).status for response in responses]


def says_what_is_missing(
    read: Callable[..., Iterator[Item]], schema: Schema, row: Row, folder: Path, **options: Any
) -> None:
    """Every needed column, dropped or renamed, is an error that names it, what was expected and what was found."""
    needed = [column.name for column in schema.columns if column.needed]
    assert needed
    for name in needed:
        rest = {key: value for key, value in row.items() if key != name}
        for changed in (rest, {**rest, f"{name}_2": row[name]}):
            file = jsonl(folder / "changed.jsonl", changed)
            with pytest.raises(InputError) as caught:
                list(read(file, **options))
            told = str(caught.value)
            assert f"'{name}'" in caught.value.problem, told
            assert "changed.jsonl:1" in caught.value.where
            assert all(column.name in told for column in schema.columns), "what was expected"
            assert all(f"{key} (" in told for key in changed), "what was found"
