"""The index: one row a response, as NumPy columns of small integers. It holds no text, so it is made in a moment.

Rows stand in the catalogue's order: pool, model, then as the shards hold them. Whether a student's response thinks,
finishes or loops comes from `scores.parquet` where that is as new as the verdicts, else from its text (loops then stay
unknown). Teachers' responses can be gigabytes, so their flags are read from the texts only when a filter first asks
(`told`), or in the background. A student's unfinished response counts as `no_answer`, as in the curve.
"""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
    place = {model.name: at for at, model in enumerate(models)}
    problems = read_problems(catalogue)
    scored = read_scored(catalogue, models, problems)
    shards: list[tuple[Path, Source]] = []
    parts, ids = [], []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, (tables, graded) in zip(catalogue.sources, pool.map(_read, catalogue.sources), strict=True):
            table, stored = pa.concat_tables(tables), _stored(tables, len(shards))
            shards += [(path, source) for path in source.shards]
            ids.append(table["id"].combine_chunks())
            status = _verdicts(graded, ids[-1])
            parts.append(_part(source, place[source.model.name], table, stored, status, problems, scored))
    joined = {name: np.concatenate([part[name] for part in parts] or [np.zeros(0, np.int64)]) for name in _NAMES}
    return Index(catalogue, problems, models, shards, pa.chunked_array(ids, pa.string()), joined)


def _read(source: Source) -> tuple[list[Any], Any]:
    """A source's shards and its verdicts, null where there are none yet."""
    tables = [columns(path, ("id", "problem_id", "sample", "completion_tokens")) for path in source.shards]
    graded = columns(source.verdicts, ("response_id", "status")) if source.verdicts.exists() else None
    return tables, graded


def _stored(tables: Sequence[Any], first: int) -> tuple[Ints, Ints]:
    """Shard and row of every response of a source."""
    lengths = np.array([table.num_rows for table in tables], np.int64)
    shard = np.repeat(np.arange(first, first + len(tables)), lengths)
    return shard, np.concatenate([np.arange(length) for length in lengths])


def _part(
    source: Source,
    model: int,
    table: Any,
    stored: tuple[Ints, Ints],
    judged: tuple[Ints, Ints],
    problems: Problems,
    scored: Scored,
) -> dict[str, Ints]:
    """One source's rows."""
    count = table.num_rows
    unknown = np.full(count, UNKNOWN, np.int64)
    part = {
        "model": np.full(count, model, np.int64),
        "problem": problems.codes(source.pool, table["problem_id"]),
        "sample": integers(table["sample"]),
        "tokens": integers(table["completion_tokens"]),
        "status": judged[1],
        "thinking": unknown,
        "finished": unknown.copy(),
        "looped": unknown.copy(),
        "shard": stored[0],
        "row": stored[1],
        "graded": judged[0],
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


def _verdicts(table: Any, ids: Any) -> tuple[Ints, Ints]:
    """For every response the row of its verdict (-1 without one) and its status."""
    import pyarrow.compute as pc

    if table is None:
        return np.full(len(ids), UNKNOWN, np.int64), np.full(len(ids), _UNGRADED, np.int64)
    rows = integers(pc.index_in(ids, value_set=table["response_id"].combine_chunks()))
    encoded = table["status"].combine_chunks().dictionary_encode()
    codes = np.array([STATUS_NAMES.index(name) for name in encoded.dictionary.to_pylist()], np.int64)
    # The last place is that of a response without a verdict.
    return rows, np.append(codes[integers(encoded.indices)], _UNGRADED)[rows]
