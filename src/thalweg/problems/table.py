"""Rows of somebody else's table, from local files or from the Hugging Face hub, streamed.

Every source reads through here, so that a missing column is reported the same way everywhere: file, row, what was
expected and what is there. Of a Parquet file only the columns that a schema names are read, a few megabytes at a time,
since a row of tests can be megabytes long. Not covered: our own records, which `thalweg.store` reads and checks.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from thalweg.errors import InputError
from thalweg.problems.files import ENDINGS, file_rows, local_files
from thalweg.problems.source import Item, Schema
from thalweg.store import BadRow

Row: TypeAlias = Mapping[str, Any]
Located: TypeAlias = tuple[str, Row]  # where a row stands, and the row
OnBad: TypeAlias = Callable[[BadRow], None]  # what is done with a row that cannot be read
_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*(@\S+)?")


def table_rows(
    source: str | Path, subset: str | None = None, split: str | None = "train", *, schema: Schema | None = None
) -> Iterator[Located]:
    """Streams `(where, row)` of a JSON Lines or Parquet file, a folder of such files, or a data set on the hub.

    What does not exist here is taken for a hub id, OWNER/NAME with or without `@REVISION`, where it looks like one.
    Of a folder that holds several splits or subsets, as a copy of a hub data set does, only the files that are named
    after them are read (all where both are null). With a `schema` only its columns are read, and every row is checked.

    Raises:
        InputError: nothing can be read, or a row is no object, or not as the schema has it.
    """
    for where, row in _rows(source, subset, split, schema):
        if not isinstance(row, Mapping):
            raise _not_a_row(row, where)
        if schema is not None:
            schema.check(row, where)
        yield where, row


def read_table(
    schema: Schema | None,
    read: Callable[[Row, str], Item | None],
    source: str | Path,
    subset: str | None = None,
    split: str | None = "train",
    on_bad: OnBad | None = None,
) -> Iterator[Item]:
    """The items that `read(row, where)` makes of every row, those where it gives null left out.

    Rows that are not as the schema has them, or that `read` refuses, go to `on_bad` where it is given.

    Raises:
        InputError: nothing can be read; without `on_bad` also the first bad row.
    """
    return read_each(_rows(source, subset, split, schema), read, on_bad, schema)


def read_numbered(
    schema: Schema | None,
    read: Callable[[Row, str, int], Item | None],
    source: str | Path,
    subset: str | None = None,
    split: str | None = "train",
    on_bad: OnBad | None = None,
) -> Iterator[Item]:
    """As `read_table`, where `read(row, where, number)` is told the row's number in the split, counted from 0."""
    number = 0

    def counted() -> Iterator[tuple[str, Any]]:
        nonlocal number
        for number, located in enumerate(_rows(source, subset, split, schema)):  # noqa: B007  (read below)
            yield located

    return read_each(counted(), lambda row, where: read(row, where, number), on_bad, schema)


def read_each(
    rows: Iterable[tuple[str, Any]],
    read: Callable[[Row, str], Item | None],
    on_bad: OnBad | None = None,
    schema: Schema | None = None,
) -> Iterator[Item]:
    """As `read_table`, of rows that come from somewhere else."""
    for where, row in rows:
        try:
            if not isinstance(row, Mapping):
                raise _not_a_row(row, where)
            if schema is not None:
                schema.check(row, where)
            item = read(row, where)
        except InputError as error:
            if on_bad is None:
                raise
            raw = row if isinstance(row, str) else json.dumps(row, default=repr, ensure_ascii=False)
            on_bad(BadRow(where, f"{error.problem}; {error.remedy}".removesuffix("; "), raw))
            continue
        if item is not None:
            yield item


def _not_a_row(row: Any, where: str) -> InputError:
    if isinstance(row, str):  # a line that could not be read
        try:
            json.loads(row)
        except json.JSONDecodeError as error:
            return InputError(where, f"not JSON: {error.msg} at column {error.colno}", "expected one object a line")
    return InputError(where, f"holds {type(row).__name__}", "expected one object a line")


def _rows(
    source: str | Path, subset: str | None, split: str | None, schema: Schema | None
) -> Iterator[tuple[str, Any]]:
    path = Path(source)
    if path.exists() or path.name.endswith(ENDINGS):
        names = None if schema is None else {column.name: column.needed for column in schema.columns}
        for file in local_files(path, subset, split):
            yield from file_rows(file, names)
    elif _HUB_ID.fullmatch(str(source)):
        yield from _hub_rows(str(source), subset, split or "train")
    else:
        raise InputError(str(source), "no such file", "check the path (a data set on the hub is OWNER/NAME)")


def text_column(row: Row, column: str, where: str) -> str:
    """The text in a column.

    Raises:
        InputError: the column is missing, or holds something else.
    """
    value = any_column(row, column, where)
    if not isinstance(value, str):
        raise InputError(where, f"column '{column}' holds {type(value).__name__}", "it must hold text")
    return value


def any_column(row: Row, column: str, where: str) -> Any:
    """The value in a column.

    Raises:
        InputError: the column is missing.
    """
    if column not in row:
        raise InputError(where, f"column '{column}' is missing", f"the columns found are {', '.join(sorted(row))}")
    return row[column]


def _hub_rows(name: str, subset: str | None, split: str) -> Iterator[tuple[str, Any]]:
    try:
        import datasets
    except ImportError:
        raise InputError(name, "no such file, and the hub needs 'datasets'", "pip install 'thalweg[hub]'") from None
    hub_id, _, revision = name.partition("@")
    try:
        table = datasets.load_dataset(hub_id, subset, split=split, revision=revision or None, streaming=True)
        for number, row in enumerate(table):
            yield f"{name} ({split}): row {number + 1}", row
    except (OSError, ValueError) as error:
        told = (str(error).strip().splitlines() or [type(error).__name__])[0]
        problem = f"no such file, and not loaded from the hub: {told}"
        raise InputError(name, problem, "check the path, or the hub id and the split") from error
