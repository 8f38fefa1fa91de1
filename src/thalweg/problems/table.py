"""Rows of somebody else's table, from a local file or from the Hugging Face hub.

Every loader reads through here, so that a missing column is reported the same way everywhere: file, row, column, and
the columns that are there. Not covered: our own records, which `thalweg.store` reads and checks.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from thalweg import store
from thalweg.errors import InputError

Row: TypeAlias = Mapping[str, Any]


def table_rows(source: str | Path, subset: str | None = None, split: str = "train") -> Iterator[tuple[str, Row]]:
    """Streams `(where, row)` of a JSON Lines or Parquet file, a folder of Parquet files, or a data set on the hub.

    What does not exist here and has a file's ending is a missing file; anything else is taken for a hub id.

    Raises:
        InputError: nothing can be read, or a row is no object.
    """
    path = Path(source)
    if path.exists() or path.suffix in (".jsonl", ".json", ".gz", ".parquet"):
        yield from _local_rows(path)
    else:
        yield from _hub_rows(str(source), subset, split)


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


def _local_rows(path: Path) -> Iterator[tuple[str, Row]]:
    for where, row in store.rows(path):
        if isinstance(row, str):
            try:
                row = json.loads(row)
            except json.JSONDecodeError as error:
                problem = f"not JSON: {error.msg} at column {error.colno}"
                raise InputError(where, problem, "expected one object a line") from None
        if not isinstance(row, dict):
            raise InputError(where, f"holds {type(row).__name__}", "expected one object a line")
        yield where, row


def _hub_rows(name: str, subset: str | None, split: str) -> Iterator[tuple[str, Row]]:
    try:
        import datasets
    except ImportError:
        raise InputError(name, "no such file, and the hub needs 'datasets'", "install thalweg[train]") from None
    try:
        table = datasets.load_dataset(name, subset, split=split)
    except (OSError, ValueError) as error:
        problem = f"no such file, and not loaded from the hub: {str(error).strip().splitlines()[0]}"
        raise InputError(name, problem, "check the path, or the hub id and the split") from error
    for number, row in enumerate(table):
        yield f"{name} ({split}): row {number + 1}", row
