"""Records on disk: JSON Lines and Parquet in and out, shards that survive a kill, fingerprints.

* `read` / `read_all` take JSON Lines (`.jsonl`, `.json`, gzip allowed), one Parquet file, or a folder of shards.
  A malformed row raises `InputError` naming file, line and field; with `on_bad` the bad rows go there and the good
  ones go on.
* `write` replaces a whole file atomically.
* `Shards` is a folder of Parquet files, one per batch, each written under a temporary name and renamed. A batch's
  file name is its index, so a batch that is written twice (a kill between write and rename, a second process) is
  one file with the same rows, never a row twice.
* `fingerprint` names inputs and configuration; `done` / `mark_done` keep it beside an output, and a step is skipped
  when the two agree.

Not covered: appending to JSON Lines, and concurrent writers of different batches under one index.
"""

import dataclasses
import gzip
import hashlib
import json
import os
import types as pytypes
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from thalweg.errors import InputError
from thalweg.thinking import with_parts
from thalweg.types import CHECKS, Problem, Response

if TYPE_CHECKING:
    import pyarrow
    from pydantic import TypeAdapter

T = TypeVar("T")
_ROW_GROUP = 8192  # rows of a Parquet file that are written together

# --------------------------------------------------------------------------- one record


class BadRow(NamedTuple):
    """A row that could not be read: where it stands, why, and its raw text."""

    where: str
    why: str
    raw: str


def _once(function: Callable[[Any], T]) -> Callable[[Any], T]:
    """Remembers what a function gave for a record type (`cache`, for arguments that mypy does not know to hash)."""
    return cache(function)


@_once
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def encode(record: Any) -> dict[str, Any]:
    """A record as plain JSON values (dataclasses become objects, tuples become arrays)."""
    result: dict[str, Any] = _adapter(type(record)).dump_python(record, mode="json")
    return result


def decode(kind: type[T], row: Any, where: str) -> T:
    """A record of `kind` from JSON values; unknown fields are ignored.

    Raises:
        InputError: naming `where` and the first field that is missing or wrong, and what was expected.
    """
    from pydantic import ValidationError

    if not isinstance(row, Mapping):
        raise InputError(where, f"expected an object with the fields of a {kind.__name__}, got {_short(row)}")
    if kind is Problem and "check" in row:
        _look_at_check(row["check"], where)
    try:
        # JSON mode lets arrays become tuples; strict keeps "1" from becoming 1.
        record: T = _adapter(kind).validate_json(json.dumps(row), strict=True)
    except ValidationError as error:
        raise InputError(where, *_explain(kind, error.errors()[0])) from None
    return _split(record, where) if isinstance(record, Response) else record  # type: ignore[return-value]


def _split(response: Response, where: str) -> Response:
    """Thinking and answer are always split from the text by the one function that does, where there is a text."""
    if response.text is None and response.answer is None and response.thinking is None:
        raise InputError(where, "field 'text' is missing", "give 'text', or 'answer' with or without 'thinking'")
    return with_parts(response)


def _look_at_check(check: Any, where: str) -> None:
    """Judges a check by its own type first, since the error of a union speaks of all its members."""
    name = check.get("type") if isinstance(check, Mapping) else None
    if name not in CHECKS:
        allowed = ", ".join(CHECKS)
        raise InputError(where, f"field 'check.type': expected one of {allowed}, got {_short(name)}")
    decode(CHECKS[name], check, f"{where}: check")


def _explain(kind: type[Any], error: Any) -> tuple[str, str]:
    field = ".".join(str(part) for part in error["loc"]) or "row"
    if error["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
        needed = ", ".join(f.name for f in dataclasses.fields(kind) if _is_required(f))
        return f"field '{field}' is missing", f"a {kind.__name__} needs {needed}"
    return f"field '{field}': {error['msg'][0].lower()}{error['msg'][1:]}, got {_short(error['input'])}", ""


def _is_required(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=repr, ensure_ascii=False)
    text = text.replace("\n", "\\n")
    return text if len(text) <= 60 else text[:57] + "..."


# --------------------------------------------------------------------------- files of records


def read(path: Path | str, kind: type[T], on_bad: Callable[[BadRow], None] | None = None) -> Iterator[T]:
    """Streams the records of a JSON Lines file, a Parquet file, or a folder of Parquet shards.

    Raises:
        InputError: the file is missing, has no known ending, or (without `on_bad`) holds a malformed row.
    """
    for where, row in rows(Path(path)):
        try:
            yield decode(kind, _parse(row, where) if isinstance(row, str) else row, where)
        except InputError as error:
            if on_bad is None:
                raise
            raw = row if isinstance(row, str) else json.dumps(row, default=repr)
            on_bad(BadRow(where, str(error), raw))


def read_all(
    path: Path | str, kind: type[T], key: str = "id", on_bad: Callable[[BadRow], None] | None = None
) -> list[T]:
    """All records of a file, refusing two with the same `key` ('' for records without one)."""
    records = list(read(path, kind, on_bad))
    if not key:
        return records
    first: dict[Any, int] = {}
    for index, record in enumerate(records, 1):
        value = getattr(record, key)
        if value in first:
            rows_named = f"rows {first[value]} and {index}"
            raise InputError(str(path), f"{rows_named} have the same {key} {value!r}", "make the ids unique")
        first[value] = index
    return records


def rows(path: Path) -> Iterator[tuple[str, Any]]:
    """Streams `(where, row)`: raw lines of JSON Lines as text, rows of Parquet as objects."""
    if path.is_dir():
        shards = sorted(path.glob("*.parquet"))
        if not shards:
            raise InputError(str(path), "the folder holds no .parquet file", "name a file, or a folder of shards")
        for shard in shards:
            yield from _parquet_rows(shard)
        return
    if not path.exists():
        raise InputError(str(path), "no such file", "check the path")
    if check_ending(path) == ".parquet":
        yield from _parquet_rows(path)
        return
    with _open_text(path, "rt") as lines:
        try:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield f"{path}:{number}", line
        except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
            raise InputError(str(path), f"cannot be read as text: {error}", "expected UTF-8 JSON Lines") from None


def write(path: Path | str, records: Iterable[Any]) -> int:
    """Writes records as JSON Lines or Parquet by the path's ending, replacing the file atomically; returns how many."""
    path = Path(path)
    if check_ending(path) == ".parquet":
        with replacing(path) as temporary:
            return _write_parquet(temporary, records)
    count = 0
    with replacing(path) as temporary, _open_text(temporary, "wt", like=path) as out:
        for record in records:
            out.write(json_line(encode(record)))
            count += 1
    return count


def json_line(value: Any) -> str:
    """One row of JSON Lines."""
    return json.dumps(value, ensure_ascii=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Writes one JSON document atomically, indented, with a final newline."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


class replacing:  # noqa: N801  (reads as a verb at the call site)
    """`with replacing(path) as temporary:` write `temporary`; on success it takes `path`'s place in one step."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")

    def __enter__(self) -> Path:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return self._temporary

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._temporary.unlink(missing_ok=True)
            return
        with open(self._temporary, "rb") as file:
            os.fsync(file.fileno())  # a rename may outlive a crash that its contents do not
        os.replace(self._temporary, self._path)


def _parse(line: str, where: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(
            where, f"not JSON: {error.msg} at column {error.colno}", "expected one object a line"
        ) from None


def check_ending(path: Path) -> str:
    """The kind of file that a path names: `.jsonl`, `.json` or `.parquet`, gzip left out.

    Raises:
        InputError: it is none of them.
    """
    name = path.name.removesuffix(".gz")
    for ending in (".jsonl", ".json", ".parquet"):
        if name.endswith(ending):
            return ending
    raise InputError(str(path), "unknown file ending", "use .jsonl, .jsonl.gz or .parquet")


def _open_text(path: Path, mode: typing.Literal["rt", "wt"], like: Path | None = None) -> IO[str]:
    check_ending(like or path)
    if (like or path).name.endswith(".gz"):
        return gzip.open(path, mode, encoding="utf-8")
    return open(path, mode, encoding="utf-8")


# --------------------------------------------------------------------------- Parquet


@_once
def schema(kind: type[Any]) -> "pyarrow.Schema":
    """The Parquet columns of a record type: its fields, with nested values (checks, rates) as JSON text."""
    import pyarrow as pa

    plain: dict[Any, Any] = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    hints = typing.get_type_hints(kind)
    return pa.schema([(f.name, plain.get(_without_none(hints[f.name]), pa.string())) for f in dataclasses.fields(kind)])


@_once
def _nested(kind: type[Any]) -> frozenset[str]:
    hints = typing.get_type_hints(kind)
    simple = (str, int, float, bool)
    names = (f.name for f in dataclasses.fields(kind))
    return frozenset(n for n in names if (t := _without_none(hints[n])) not in simple and not _is_text(t))


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, pytypes.UnionType):
        parts = [part for part in typing.get_args(hint) if part is not type(None)]
        return parts[0] if len(parts) == 1 else hint
    return hint


def _is_text(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.Literal and all(isinstance(v, str) for v in typing.get_args(hint))


def table(kind: type[Any], records: Sequence[Any]) -> "pyarrow.Table":
    """Records as an Arrow table."""
    import pyarrow as pa

    nested = _nested(kind)
    encoded = [encode(record) for record in records]
    for row in encoded:
        for name in nested:
            row[name] = None if row[name] is None else json.dumps(row[name], ensure_ascii=False)
    return pa.Table.from_pylist(encoded, schema=schema(kind))


def _write_parquet(path: Path, records: Iterable[Any]) -> int:
    """Writes records in groups of rows, so that a long stream is never held; returns how many."""
    import pyarrow.parquet as pq

    rest, count = iter(records), 0
    group = list(islice(rest, _ROW_GROUP))
    assert group, "an empty Parquet file has no record type"
    kind = type(group[0])
    with pq.ParquetWriter(path, schema(kind)) as out:
        while group:
            out.write_table(table(kind, group))
            count += len(group)
            group = list(islice(rest, _ROW_GROUP))
    return count


def _parquet_rows(path: Path) -> Iterator[tuple[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:  # read ahead, it would hold the whole file
            number = 0
            for batch in file.iter_batches(batch_size=1024):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}: row {number}", _unnest(row)
    except pa.ArrowInvalid as error:
        raise InputError(str(path), f"not a Parquet file: {error}", "write it again") from None


def _unnest(row: dict[str, Any]) -> dict[str, Any]:
    """Parses nested columns back. Nulls fall away, so that a field's default stands where a column is empty."""
    row = {name: value for name, value in row.items() if value is not None}
    for name in _NESTED_COLUMNS & row.keys():
        if isinstance(row[name], str):
            row[name] = json.loads(row[name])
    return row


_NESTED_COLUMNS = frozenset(
    {"check", "pass_at_1", "completion_rate", "think_tag_rate", "loop_rate", "cells"}
)  # kept by a test against the record types


# --------------------------------------------------------------------------- shards


class Shards(Generic[T]):
    """A folder of Parquet files, one a batch, appended atomically. `Shards(folder, Response)`."""

    def __init__(self, folder: Path, kind: type[T]) -> None:
        self.folder, self.kind = folder, kind

    def _path(self, batch: int) -> Path:
        return self.folder / f"part-{batch:06d}.parquet"

    def has(self, batch: int) -> bool:
        """Whether the batch with this index is on disk."""
        return self._path(batch).exists()

    def put(self, batch: int, records: Sequence[T]) -> None:
        """Writes the batch with this index, whole or not at all."""
        with replacing(self._path(batch)) as temporary:
            _write_parquet(temporary, records)

    def read(self) -> Iterator[T]:
        """Streams all rows in batch order; an absent folder has none."""
        if any(self.folder.glob("*.parquet")):
            yield from read(self.folder, self.kind)


# --------------------------------------------------------------------------- fingerprints


def fingerprint(*values: Any) -> str:
    """Sixteen hex digits over values (records, mappings, sequences, paths' contents via `file_fingerprint`)."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=_canonical).encode()).hexdigest()[:16]


def records_fingerprint(records: Iterable[Any]) -> str:
    """The fingerprint of a stream of records, in order."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(json.dumps(encode(record), sort_keys=True).encode() + b"\n")
    return digest.hexdigest()[:16]


def file_fingerprint(path: Path) -> str:
    """The fingerprint of a file's bytes, or of a folder's names and bytes (hidden files left out)."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and p.name[0] != ".")
    for file in files:
        digest.update(str(file.relative_to(path)).encode() + b"\0")
        with open(file, "rb") as data:
            while block := data.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]


def _canonical(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return encode(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no fingerprint for {type(value).__name__}")


def done(marker: Path, mark: str) -> bool:
    """Whether the step whose marker this is ran to its end with these inputs and configuration."""
    return marker.exists() and marker.read_text(encoding="utf-8").strip() == mark


def mark_done(marker: Path, mark: str) -> None:
    """Says that a step's output is whole."""
    with replacing(marker) as temporary:
        temporary.write_text(mark + "\n", encoding="utf-8")


__all__ = [
    "BadRow",
    "Shards",
    "check_ending",
    "decode",
    "done",
    "encode",
    "file_fingerprint",
    "fingerprint",
    "json_line",
    "mark_done",
    "read",
    "read_all",
    "records_fingerprint",
    "replacing",
    "rows",
    "schema",
    "table",
    "write",
    "write_json",
]
