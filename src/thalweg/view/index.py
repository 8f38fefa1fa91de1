"""The index: one row a response, as NumPy columns of small integers. It holds no text, so it is made in a moment.

Rows stand in the catalogue's order: pool, model, then as the shards hold them. Whether a student's response thinks,
finishes or loops comes from `scores.parquet` where that is as new as the verdicts, else from its text (loops then stay
unknown). Teachers' responses can be gigabytes, so their flags are read from the texts only when a filter first asks
(`told`), or in the background. A student's unfinished response counts as `no_answer`, as in the curve.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from thalweg.types import STATUSES
from thalweg.view.catalogue import Catalogue, Model, Source
from thalweg.view.flags import COLUMNS, thinking_and_finished
from thalweg.view.problems import Problems, read_problems
from thalweg.view.scored import Scored, read_scored
from thalweg.view.tables import UNKNOWN, Ints, columns, integers

STATUS_NAMES = (*STATUSES, "ungraded")
_NAMES = ("model", "problem", "sample", "tokens", "status", "thinking", "finished", "looped", "shard", "row", "graded")
_CORRECT, _NO_ANSWER, _UNGRADED = (STATUS_NAMES.index(name) for name in ("correct", "no_answer", "ungraded"))


@dataclass
class Index:
    """Columns of equal length. `shard` and `row` say where a response is stored, `graded` the row of its verdict."""

    catalogue: Catalogue
    problems: Problems
    models: list[Model]
    shards: list[tuple[Path, Source]]
    ids: Any  # Arrow strings: the responses' ids
    columns: dict[str, Ints]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        return len(self.columns["model"])

    def source(self, row: int) -> Source:
        """Where a row's response came from."""
        return self.shards[int(self.columns["shard"][row])][1]

    def told(self, name: str) -> Ints:
        """A flag's column (1, 0, or -1 unknown) with what can be told from the texts told."""
        with self._lock:
            if name != "looped":
                self._tell()
            return self.columns[name]

    def find(self, model: str, pool: str, response_id: str) -> int | None:
        """The row of a response."""
        import pyarrow.compute as pc

        hits = np.flatnonzero(pc.equal(self.ids, response_id).to_numpy(zero_copy_only=False))
        return next((r for r in hits.tolist() if (s := self.source(r)).model.name == model and s.pool == pool), None)

    def _tell(self) -> None:
        """Reads the texts of the rows whose flags are unknown, shard by shard."""
        unknown = self.columns["finished"] == UNKNOWN
        for shard in np.unique(self.columns["shard"][unknown]):
            rows = np.flatnonzero(self.columns["shard"] == shard)
            flags = thinking_and_finished(columns(self.shards[shard][0], COLUMNS))
            for name, values in zip(("thinking", "finished"), flags, strict=True):
                self.columns[name][rows] = values[self.columns["row"][rows]]


def build(catalogue: Catalogue) -> Index:
    """Reads ids, verdicts and scores of every response; of no teacher the text."""
    import pyarrow as pa

    models = catalogue.models
    problems = read_problems(catalogue)
    scored = read_scored(catalogue, models, problems)
    shards: list[tuple[Path, Source]] = []
    parts, ids = [], []
    for source in catalogue.sources:
        tables = [columns(path, ("id", "problem_id", "sample", "completion_tokens")) for path in source.shards]
        table = pa.concat_tables(tables)
        stored = _stored(tables, len(shards))
        shards += [(path, source) for path in source.shards]
        parts.append(_part(source, models.index(source.model), table, stored, problems, scored))
        ids.append(table["id"].combine_chunks())
    joined = {name: np.concatenate([part[name] for part in parts] or [np.zeros(0, np.int64)]) for name in _NAMES}
    return Index(catalogue, problems, models, shards, pa.chunked_array(ids, pa.string()), joined)


def _stored(tables: Sequence[Any], first: int) -> tuple[Ints, Ints]:
    """Shard and row of every response of a source."""
    lengths = np.array([table.num_rows for table in tables], np.int64)
    shard = np.repeat(np.arange(first, first + len(tables)), lengths)
    return shard, np.concatenate([np.arange(length) for length in lengths])


def _part(
    source: Source, model: int, table: Any, stored: tuple[Ints, Ints], problems: Problems, scored: Scored
) -> dict[str, Ints]:
    """One source's rows."""
    count = table.num_rows
    unknown = np.full(count, UNKNOWN, np.int64)
    graded, status = _verdicts(source.verdicts, table["id"])
    part = {
        "model": np.full(count, model, np.int64),
        "problem": problems.codes(source.pool, table["problem_id"]),
        "sample": integers(table["sample"]),
        "tokens": integers(table["completion_tokens"]),
        "status": status,
        "thinking": unknown,
        "finished": unknown.copy(),
        "looped": unknown.copy(),
        "shard": stored[0],
        "row": stored[1],
        "graded": graded,
    }
    if not source.model.name.startswith("teacher:"):
        _flag_student(source, part, scored)
    return part


def _flag_student(source: Source, part: dict[str, Ints], scored: Scored) -> None:
    """Flags a student's rows from the scores, or from the texts where those do not hold all of them."""
    found = scored.flags(source, part["model"], part["problem"], part["sample"])
    if found is not None:
        part |= found
    else:
        whole = [thinking_and_finished(columns(path, COLUMNS)) for path in source.shards]
        for at, name in enumerate(("thinking", "finished")):
            part[name] = np.concatenate([flags[at] for flags in whole]).astype(np.int64)
    part["status"] = np.where(
        (part["status"] == _CORRECT) & (part["finished"] == 0), np.int64(_NO_ANSWER), part["status"]
    )


def _verdicts(path: Path, ids: Any) -> tuple[Ints, Ints]:
    """For every response the row of its verdict (-1 without one) and its status."""
    import pyarrow.compute as pc

    if not path.exists():
        return np.full(len(ids), UNKNOWN, np.int64), np.full(len(ids), _UNGRADED, np.int64)
    table = columns(path, ("response_id", "status"))
    rows = integers(pc.index_in(ids, value_set=table["response_id"].combine_chunks()))
    encoded = table["status"].combine_chunks().dictionary_encode()
    codes = np.array([STATUS_NAMES.index(name) for name in encoded.dictionary.to_pylist()], np.int64)
    # The last place is that of a response without a verdict.
    return rows, np.append(codes[integers(encoded.indices)], _UNGRADED)[rows]
