"""Responses that were collected elsewhere, out of a table with columns of its own.

Not covered: conversations (`messages.py`), and Thalweg's own exchange format beyond what the same names give.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from thalweg import store
from thalweg.errors import InputError
from thalweg.problems.distinct import Distinct
from thalweg.problems.pairs import PAIR_FIELDS, pair, pair_id, pair_schema
from thalweg.problems.table import Row, any_column, table_rows
from thalweg.types import Response

_FIELDS = tuple(field.name for field in fields(Response))


def load_responses(
    path: str | Path, columns: Mapping[str, str], where: Mapping[str, Any] | None = None, problem_prefix: str = ""
) -> list[Response]:
    """The responses of a file. See `read_responses`."""
    return list(read_responses(path, columns, where, problem_prefix))


def read_responses(
    path: str | Path, columns: Mapping[str, str], where: Mapping[str, Any] | None = None, problem_prefix: str = ""
) -> Iterator[Response]:
    """Streams the responses of a file (JSON Lines or Parquet), a folder of such files, or a data set on the hub.

    Args:
        columns: field of a response -> column of the file; a field that is not named is read from the column of its
            own name, where there is one. `statement` (or `messages`) may stand in place of `problem_id`, as the source
            `pairs` has it. `text` (or `answer`, with or without `thinking`) and `problem_id` must come
            from somewhere; `model` defaults to the file's name, `sample` counts a model's rows for a problem, and
            `id` is made of the three.
        where: column -> value; rows that differ in one of these are left out.
        problem_prefix: put before every problem id (`gsm8k/test/` before a row number).

    Raises:
        InputError: an unknown field, a missing column, a wrong value, or an id that comes twice.
    """
    known = (*_FIELDS, *PAIR_FIELDS)
    for name in columns:
        if name not in known:
            raise InputError(f"columns.{name}", "a response has no such field", f"use one of {', '.join(known)}")
    name = Path(path).name.partition(".")[0]
    seen: Counter[tuple[str, str]] = Counter()
    ids = Distinct()
    paired = {field: column for field, column in columns.items() if field in (*PAIR_FIELDS, "text", "thinking")}
    schema = pair_schema(paired) if any(field in columns for field in PAIR_FIELDS) else None
    for place, row in table_rows(path, split=None):
        if schema is not None:
            schema.check(row, place)
        if all(any_column(row, column, place) == value for column, value in (where or {}).items()):
            response = _response(_values(row, columns, place), name, problem_prefix, seen, place)
            if not ids.new(response.id):
                raise InputError(place, f"its id {response.id!r} came before", "make the ids unique")
            yield response


def _values(row: Row, columns: Mapping[str, str], place: str) -> dict[str, Any]:
    named = {field: any_column(row, column, place) for field, column in columns.items() if field in _FIELDS}
    if any(field in columns for field in PAIR_FIELDS):
        statement, parts = pair(row, columns, place)
        named |= {"problem_id": pair_id(statement), **{name: part for name, part in parts.items() if part is not None}}
    same = {field: row[field] for field in _FIELDS if field in row and field not in columns}
    values = {field: value for field, value in (same | named).items() if value is not None}
    if "problem_id" not in values:
        raise InputError(
            place, "no column for 'problem_id'", f"map it in 'columns'; the columns found are {', '.join(sorted(row))}"
        )
    return values


def _response(values: dict[str, Any], source: str, prefix: str, seen: Counter[tuple[str, str]], place: str) -> Response:
    problem_id, model = f"{prefix}{values['problem_id']}", str(values.get("model", source))
    sample = values.get("sample", seen[problem_id, model])
    seen[problem_id, model] += 1
    made = {"id": f"{model}/{problem_id}/{sample}", "sample": sample}
    given = {"problem_id": problem_id, "model": model}
    if "id" in values:
        given["id"] = str(values["id"])
    return store.decode(Response, made | values | given, place)
