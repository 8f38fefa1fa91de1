"""Prompts and responses side by side, as most released traces come: a problem and a response out of every row.

`columns` say where they are: `{statement: COLUMN, text: COLUMN}`, or `{messages: COLUMN}` for a list of turns; and,
where the file has them, `thinking`, `answer` (what is right), `model`, `id`, `difficulty` and `license`. A problem is
known by its statement alone, so that the same question in several files is one problem, whose responses each file
holds some of. Without `answer` there is no way to check one: the check never passes, so arms select by file, not by
verdict. Not covered: responses with ids of problems (`responses.py`).
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from thalweg.errors import InputError
from thalweg.problems.files import local_files
from thalweg.problems.messages import source_name
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_table
from thalweg.problems.traces import NEVER, CheckName, Samples, check_of, statement_id
from thalweg.problems.turns import exchange
from thalweg.types import Problem

PAIR_FIELDS = ("statement", "messages")  # what tells a problem where there is no id of one
_TEXTS = ("statement", "text", "thinking")
_OTHERS = ("answer", "model", "id", "difficulty", "license")
_FIELDS = (*_TEXTS, "messages", *_OTHERS)


class Pair(NamedTuple):
    """A statement, and the parts of the response to it (none where no column is named for it)."""

    statement: str
    parts: Mapping[str, Any]


def read_pairs(
    path: str | Path,
    columns: Mapping[str, str],
    split: str | None = None,
    check: CheckName = "math",
    license: str | None = None,
    on_bad: OnBad | None = None,
) -> Iterator[Item]:
    """The pairs of a file, of all files in a folder and below, or of a data set on the hub.

    Args:
        split: of the hub (`train` where absent); of a folder only the files that are named after it (all where absent).
        columns: field -> column of the file.
        check: how an `answer` is compared: as `math` or as `text`; `boxed`: as math, and taken from the last box of
            the response where the row states none.
        license: of all rows that do not state theirs.

    Raises:
        InputError: no column is named for the statement, an unknown field, or a row that lacks a column.
    """
    _known(path, columns)
    samples, schema = Samples(), pair_schema(columns)
    files: list[str | Path] = list(local_files(Path(path), None, split)) if Path(path).is_dir() else [path]

    def of_file(file: str | Path) -> Iterator[Item]:
        source = source_name(file)

        def read(row: Row, where: str) -> Item:
            return _item(row, where, source, columns, samples, check, license)

        return read_table(schema, read, file, None, split, on_bad)

    return chain.from_iterable(map(of_file, files))


def _known(path: str | Path, columns: Mapping[str, str]) -> None:
    if not any(field in columns for field in PAIR_FIELDS):
        raise InputError(str(path), "'columns' name no statement", "add {statement: COLUMN}, or {messages: COLUMN}")
    for name in columns:
        if name not in _FIELDS:
            raise InputError(f"columns.{name}", "a pair has no such field", f"use one of {', '.join(_FIELDS)}")


def pair_schema(columns: Mapping[str, str]) -> Schema:
    """The rows that a mapping asks for."""
    kinds: dict[str, tuple[type, ...]] = {**dict.fromkeys(_TEXTS, (str,)), "messages": (list,)}
    named = {column: kinds.get(field) for field, column in columns.items()}
    return Schema(
        source="pairs",
        title="by its 'columns' the file",
        hub_id=None,
        documented="",
        license="",
        columns=[
            Column(name=name, holds="", types=types or (object,), needed=types is not None)
            for name, types in named.items()
        ],
    )


def pair(row: Row, columns: Mapping[str, str], where: str) -> Pair:
    """Statement and response of a row that `pair_schema` found to be right.

    Raises:
        InputError: the turns are not those of one exchange.
    """
    if "messages" in columns:
        statement, text, thinking = exchange(row[columns["messages"]], where)
        return Pair(statement, {"text": text} if thinking is None else {"thinking": thinking, "answer": text})
    statement = row[columns["statement"]]
    if "text" not in columns:
        return Pair(statement, {})
    said = row[columns["text"]]
    if "thinking" in columns:
        return Pair(statement, {"thinking": row[columns["thinking"]], "answer": said})
    return Pair(statement, {"text": said})


def pair_id(statement: str) -> str:
    """The id of a problem that is known by its statement."""
    return statement_id("pair", statement)


def _item(
    row: Row,
    where: str,
    source: str,
    columns: Mapping[str, str],
    samples: Samples,
    check: CheckName,
    license: str | None,
) -> Item:
    statement, parts = pair(row, columns, where)
    stated = {field: row.get(columns[field]) for field in _OTHERS if field in columns}
    problem_id, model = pair_id(statement), str(stated.get("model") or source)
    response = samples.response(problem_id, model, id=stated.get("id"), **parts) if parts else None
    found = check_of(stated.get("answer"), response, check)
    difficulty = stated.get("difficulty")
    problem = Problem(
        id=problem_id,
        source=source,
        statement=statement,
        check=found or NEVER,
        difficulty=None if difficulty is None else str(difficulty),
        license=stated.get("license") or license,
    )
    return Item(problem, response, found is None and ("answer" in columns or check == "boxed"))
