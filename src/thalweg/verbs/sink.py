"""A file of records that grows while others do: JSON Lines or Parquet, in place only once it is whole.

`store.write` takes one stream and writes one file; an import reads one stream and writes several. Parquet rows are
written in groups by their size, since a problem with its tests can be megabytes.
"""

import gzip
import json
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from thalweg import store

_GROUP_BYTES = 16 << 20
_GROUP_ROWS = 8192


class Sink:
    """`with Sink(path, kind) as sink: sink.put(record)`. Without a record there is no file."""

    def __init__(self, path: Path, kind: type[Any]) -> None:
        self.path, self.count = path, 0
        self._kind, self._open = kind, ExitStack()
        self._parquet = store.check_ending(path) == ".parquet"
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0
        self._out: Any = None

    def __enter__(self) -> "Sink":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None and self._rows:
            self._write_group()
        self._open.__exit__(kind, value, traceback)

    def put(self, record: Any) -> None:
        """Adds a record."""
        if self._out is None:
            self._out = self._opened(self._open.enter_context(store.replacing(self.path)))
        self.count += 1
        row = store.encode(record)
        if not self._parquet:
            self._out.write(store.json_line(row))
            return
        flat = {name: _flat(value) for name, value in row.items()}
        self._rows.append(flat)
        self._bytes += sum(len(value) for value in flat.values() if isinstance(value, str))
        if self._bytes >= _GROUP_BYTES or len(self._rows) >= _GROUP_ROWS:
            self._write_group()

    def _opened(self, temporary: Path) -> Any:
        if not self._parquet:
            return self._open.enter_context(_text(temporary, compressed=self.path.suffix == ".gz"))
        import pyarrow.parquet as pq

        return self._open.enter_context(pq.ParquetWriter(temporary, store.schema(self._kind)))

    def _write_group(self) -> None:
        import pyarrow as pa

        self._out.write_table(pa.Table.from_pylist(self._rows, schema=store.schema(self._kind)))
        self._rows, self._bytes = [], 0


def _text(path: Path, *, compressed: bool) -> IO[str]:
    return gzip.open(path, "wt", encoding="utf-8") if compressed else open(path, "w", encoding="utf-8")


def _flat(value: Any) -> Any:
    """A value as `store` keeps it in a column: nested ones as JSON text."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
