"""Reading Parquet: whole columns, or a few rows without the rest of the file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
UNKNOWN = -1


def integers(column: Any, null: int = UNKNOWN) -> Ints:
    """An Arrow column of numbers or booleans as NumPy, with `null` for nulls.

    Arrow's own `to_numpy` imports pandas where that is installed, which takes longer than reading the whole index.
    """
    import pyarrow as pa

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if len(array) == 0:
        return np.zeros(0, np.int64)
    numbers = array.cast(pa.int64())
    values: Ints = np.frombuffer(numbers.buffers()[1], np.int64)[numbers.offset : numbers.offset + len(numbers)]
    return np.where(integers(numbers.is_valid()) == 1, values, np.int64(null)) if numbers.null_count else values


def columns(path: Path, names: Sequence[str]) -> Any:
    """An Arrow table of some columns. Single-threaded: files are small and the caller may read many at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        return file.read(columns=list(names), use_threads=False)


def take(path: Path, rows: Sequence[int], names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Some rows as objects, in the order asked for, nulls left out; only their row groups are read."""
    import pyarrow.parquet as pq

    found: dict[int, dict[str, Any]] = {}
    with pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        first = 0
        for number, count in enumerate(groups):
            inside = sorted({row for row in rows if first <= row < first + count})
            if inside:
                group = file.read_row_group(number, columns=None if names is None else list(names), use_threads=False)
                found |= {row: _row(group, row - first) for row in inside}
            first += count
    return [found[row] for row in rows]


def _row(table: Any, row: int) -> dict[str, Any]:
    values = ((name, table[name][row].as_py()) for name in table.column_names)
    return {name: value for name, value in values if value is not None}
