"""Conversations (`messages` files): a problem and a response out of every row.

A row has `messages` or `conversations`, a list of turns (`turns.py` says in which forms): perhaps a system turn, then
one user turn (the statement) and one assistant turn (the response). Optional columns, which `columns` may name
otherwise: `answer` (the problem then has a check on it), `model`, `id` (of the response), `problem_id`, `difficulty`,
`license`.

* Rows with the same user turn are samples of one problem. Its id is a fingerprint of the statement unless given.
* Without `answer` the check is `text` on the assistant's final answer, of the problem's first row that has one: it
  asks for agreement with the teacher to the letter. `check=boxed` takes the answer from the response's last box.
* The system turn is no part of the problem: a study has a system message of its own.

Not covered: conversations of several turns (but for `turns=first`), tools, images.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from thalweg.errors import InputError
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_table
from thalweg.problems.traces import CheckName, Samples, check_of, statement_id
from thalweg.problems.turns import Which, exchange
from thalweg.types import Check, Problem, Response, TextCheck

_ANY = (str, int, float, bool)
SCHEMA = Schema(
    source="messages",
    title="a file of conversations",
    hub_id=None,
    documented="https://huggingface.co/docs/trl/dataset_formats",
    license="of the file's owner",
    columns=(
        Column(name="messages", holds="turns, or `conversations` in its place", types=(list,)),
        Column(name="answer", holds="the right answer", types=_ANY, needed=False),
        Column(name="model", holds="who answered", needed=False),
        Column(name="id", holds="id of the response", types=_ANY, needed=False),
        Column(name="problem_id", holds="id of the problem", types=_ANY, needed=False),
        Column(name="difficulty", holds="a label", types=_ANY, needed=False),
        Column(name="license", holds="of this row", needed=False),
    ),
)
_OTHERWISE = "name yours as in --column messages=NAME; where prompts stand beside responses, the source is 'pairs'"
_FIELDS = tuple(column.name for column in SCHEMA.columns)


def read_messages(
    path: str | Path,
    split: str | None = None,
    columns: Mapping[str, str] = {},
    check: CheckName = "math",
    turns: Which = "single",
    license: str | None = None,
    on_bad: OnBad | None = None,
) -> Iterator[Item]:
    """Streams the conversations of a file (JSON Lines or Parquet) or of a data set on the hub.

    Args:
        split: of the hub (`train` where absent); of a folder only the files that are named after it (all where absent).
        columns: one of the schema's columns -> what the file calls it.
        check: how an `answer` is compared: as `math` or as `text`; `boxed`: as math, and taken from the last box of
            the response where the row states none.
        turns: `first` takes the first exchange of a conversation with several.
        license: of all rows that do not state theirs.

    Raises:
        InputError: a row without messages, or whose turns are not one user turn and one assistant turn after it.
    """
    for name in columns:
        if name not in _FIELDS:
            raise InputError(f"columns.{name}", "a conversation has no such field", f"use one of {', '.join(_FIELDS)}")
    source, samples = source_name(path), Samples()

    def read(row: Row, where: str) -> Item:
        row = _renamed(row, columns)
        if "messages" not in row:
            _refuse(row, where)
        SCHEMA.check(row, where)
        return _item(row, where, source, samples, check, turns, license)

    return read_table(None, read, path, None, split, on_bad)


def _refuse(row: Row, where: str) -> None:
    try:
        SCHEMA.check(row, where)
    except InputError as error:
        raise InputError(where, error.problem, f"{error.remedy}; {_OTHERWISE}") from None


def source_name(path: str | Path) -> str:
    """What problems of somebody's own file are called after: the file's name without its ending."""
    return Path(path).name.partition(".")[0]


def _renamed(row: Row, columns: Mapping[str, str]) -> Row:
    row = {**row, **{name: row[column] for name, column in columns.items() if column in row}}
    if "messages" not in row and "conversations" in row:
        row["messages"] = row["conversations"]
    return row


def _item(
    row: Row,
    where: str,
    source: str,
    samples: Samples,
    check: CheckName,
    turns: Which,
    license: str | None,
) -> Item:
    statement, text, thinking = exchange(row["messages"], where, turns)
    problem_id = str(row.get("problem_id") or statement_id(source, statement))
    parts: dict[str, Any] = {"text": text} if thinking is None else {"thinking": thinking, "answer": text}
    response = samples.response(problem_id, str(row.get("model") or source), id=row.get("id"), **parts)
    found, provisional = _check(row, response, check)
    difficulty = row.get("difficulty")
    problem = Problem(
        id=problem_id,
        source=source,
        statement=statement,
        check=found,
        difficulty=None if difficulty is None else str(difficulty),
        license=row.get("license") or license,
    )
    return Item(problem, response, provisional)


def _check(row: Row, response: Response, kind: CheckName) -> tuple[Check, bool]:
    """The check, and whether it is provisional: there is nothing to compare with, and a later row may have it."""
    stated = check_of(row.get("answer"), response, kind)
    if stated is not None:
        return stated, False
    final = "" if kind == "boxed" else (response.answer or "").strip()
    return TextCheck(answer=final), not final
