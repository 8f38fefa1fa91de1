"""The text of responses: read for the rows that are shown, and searched through for all that are asked about.

A search reads the texts of its candidates once and remembers, for the last few needles, which rows hold them, so that
paging and changed filters cost nothing. Its time grows with the megabytes of text that the candidates hold.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from thalweg.thinking import with_parts
from thalweg.types import Response, Verdict
from thalweg.view.index import Index
from thalweg.view.tables import UNKNOWN, Ints, columns, integers, take

Bools = npt.NDArray[np.bool_]
_REMEMBERED = 8
_UNREAD, _ABSENT, _PRESENT = 2, 0, 1


@dataclass
class Search:
    """Which rows hold a needle, for the last few needles."""

    _known: "OrderedDict[str, npt.NDArray[np.int8]]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def among(self, index: Index, rows: Ints, needle: str) -> Ints:
        """Those of `rows` whose responses hold the needle, letters of any case."""
        with self._lock:
            known = self._known.setdefault(needle.lower(), np.full(len(index), _UNREAD, np.int8))
            self._known.move_to_end(needle.lower())
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            self._read(index, rows[known[rows] == _UNREAD], needle, known)
        found: Ints = rows[known[rows] == _PRESENT]
        return found

    @staticmethod
    def _read(index: Index, rows: Ints, needle: str, known: npt.NDArray[np.int8]) -> None:
        shards = index.columns["shard"]
        wanted = np.unique(shards[rows])
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            hits = pool.map(lambda shard: _hits(index.shards[shard][0], needle), wanted)
            for shard, inside in zip(wanted, hits, strict=True):
                # Rows of one source stand together and in the shards' order.
                first, last = np.searchsorted(shards, [shard, shard + 1])
                known[first:last] = np.where(inside, _PRESENT, _ABSENT)


def contains(texts: Any, needle: str) -> Bools:
    """Whether each of an Arrow column of texts holds the needle, letters of any case; nulls do not."""
    import pyarrow.compute as pc

    found: Bools = integers(pc.match_substring(texts, needle, ignore_case=True), null=0) == 1
    return found


def _hits(path: Path, needle: str) -> Bools:
    text = columns(path, ["text"])["text"]
    found = contains(text, needle)
    if text.null_count:
        parts = columns(path, ["thinking", "answer"])
        for name in ("thinking", "answer"):
            found = found | (contains(parts[name], needle) & (integers(text.is_null()) == 1))
    return found


def responses(index: Index, rows: Sequence[int]) -> list[Response]:
    """The responses of some rows, in their order, with thinking and answer split."""
    where = [(index.shards[index.columns["shard"][row]][0], int(index.columns["row"][row])) for row in rows]
    return [with_parts(Response(**found)) for found in _gather(where, Response)]


def verdicts(index: Index, rows: Sequence[int]) -> list[Verdict | None]:
    """The verdicts on some rows, null for one that has not been graded."""
    graded = [row for row in rows if index.columns["graded"][row] != UNKNOWN]
    where = [(index.source(row).verdicts, int(index.columns["graded"][row])) for row in graded]
    by_row = dict(zip(graded, (Verdict(**found) for found in _gather(where, Verdict)), strict=True))
    return [by_row.get(row) for row in rows]


def _gather(where: Sequence[tuple[Path, int]], kind: type[Any]) -> list[dict[str, Any]]:
    """Rows of several files, each file opened once, in the order asked for."""
    names = [field.name for field in fields(kind)]
    found: dict[tuple[Path, int], dict[str, Any]] = {}
    for path in dict.fromkeys(path for path, _ in where):
        inside = list(dict.fromkeys(row for other, row in where if other == path))
        found |= {(path, row): values for row, values in zip(inside, take(path, inside, names), strict=True)}
    return [found[one] for one in where]
