"""Local files of rows: which of a folder's are meant, and their rows one after the other.

JSON Lines are read line by line, Parquet a few megabytes at a time; of a `.json` file that holds one array (as
LLaMA-Factory's and ShareGPT's do) the whole is read, since JSON has no other way. CSV files give text in every column.
Not covered: archives.
"""

import csv
import gzip
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from thalweg.errors import InputError

ENDINGS = (".jsonl", ".json", ".jsonl.gz", ".json.gz", ".parquet", ".csv")
_BATCH_BYTES = 8 << 20  # of a Parquet file, decoded together
_BATCH_ROWS = 1024
_NOT_ROWS = {"dataset_infos.json", "dataset_info.json", "state.json"}  # beside the rows in copies of hub data sets


def local_files(path: Path, subset: str | None = None, split: str | None = None) -> list[Path]:
    """The file, or those of a folder and below, in order: only those named after subset and split where any are.

    Raises:
        InputError: there is no such file, or the folder holds none.
    """
    if not path.is_dir():
        if not path.exists():
            raise InputError(str(path), "no such file", "check the path")
        return [path]
    found = sorted(p for p in path.rglob("*") if p.name.endswith(ENDINGS) and p.name not in _NOT_ROWS)
    found = [file for file in found if not any(part.startswith(".") for part in file.relative_to(path).parts)]
    if not found:
        raise InputError(str(path), "the folder holds no file of rows", f"expected {', '.join(ENDINGS)}")
    for word in (subset, split):
        inside = [file for file in found if word in file.relative_to(path).parts]  # `solutions`, not `solutions_py`
        named = [file for file in found if word and _is_named(str(file.relative_to(path)), word)]
        found = inside or named or found
    return found


def _is_named(path: str, word: str) -> bool:
    return re.search(rf"(^|[/_.-]){re.escape(word)}([/_.-]|$)", path) is not None


def file_rows(path: Path, names: Mapping[str, bool] | None = None) -> Iterator[tuple[str, Any]]:
    """Streams `(where, row)` of a file; a line that is no JSON comes as its text.

    Args:
        names: the columns to read of a Parquet file -> whether the file must have them. Where it lacks one, all are
            read, so that what it has can be told.

    Raises:
        InputError: the file cannot be read, or has no known ending.
    """
    if path.name.endswith(".parquet"):
        yield from _parquet_rows(path, names)
        return
    if not path.name.endswith(ENDINGS):
        raise InputError(str(path), "unknown file ending", f"use one of {', '.join(ENDINGS)}")
    with _open(path) as lines:
        try:
            if path.suffix == ".csv":
                yield from _csv_rows(path, lines)
            elif path.name.endswith((".json", ".json.gz")) and _is_array(lines):
                yield from _array_rows(path, lines)
            else:
                yield from _line_rows(path, lines)
        except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
            raise InputError(str(path), f"cannot be read as text: {error}", "expected UTF-8 JSON Lines") from None


def _open(path: Path) -> IO[str]:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8", newline="")


def _is_array(file: IO[str]) -> bool:
    """Whether the first character that is no white space opens an array."""
    first = " "
    while first.isspace():
        first = file.read(1)
    file.seek(0)
    return first == "["


def _array_rows(path: Path, file: IO[str]) -> Iterator[tuple[str, Any]]:
    try:
        rows = json.load(file)
    except json.JSONDecodeError as error:
        raise InputError(str(path), f"not JSON: {error.msg} in line {error.lineno}", "expected an array") from None
    for number, row in enumerate(rows, 1):
        yield f"{path}: row {number}", row


def _line_rows(path: Path, lines: IO[str]) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield f"{path}:{number}", _parsed(line)


def _csv_rows(path: Path, lines: IO[str]) -> Iterator[tuple[str, Any]]:
    csv.field_size_limit(sys.maxsize)
    for number, row in enumerate(csv.DictReader(lines), 1):
        yield f"{path}: row {number}", row


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return line


def _parquet_rows(path: Path, names: Mapping[str, bool] | None) -> Iterator[tuple[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Without pre_buffer a row group is not fetched whole, which can be gigabytes.
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
            there = set(file.schema_arrow.names)
            lacks = any(needed and name not in there for name, needed in (names or {}).items())
            columns = None if names is None or lacks else [name for name in names if name in there]
            number = 0
            for batch in file.iter_batches(batch_size=_batch_rows(file.metadata), columns=columns):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}: row {number}", row
    except pa.ArrowInvalid as error:
        raise InputError(str(path), f"not a Parquet file: {error}", "write it again") from None


def _batch_rows(metadata: Any) -> int:
    size: int = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    rows: int = metadata.num_rows
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES * rows // max(1, size)))
