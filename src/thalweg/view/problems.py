"""The problems of every pool as columns: what filters ask of them. Statements are read for the problems shown.

A response to a problem that the pool's file does not hold still has a row, with nothing known but its id.
"""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from thalweg import store
from thalweg.types import Problem
from thalweg.view.catalogue import Catalogue
from thalweg.view.tables import UNKNOWN, Ints, columns, integers, take


@dataclass
class Problems:
    """One entry a problem. A problem is told apart by its pool and id; its number is its place in these lists."""

    catalogue: Catalogue
    pools: list[str]
    pool: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    difficulties: list[str] = field(default_factory=list)
    clusters: list[str] = field(default_factory=list)
    _numbers: dict[tuple[int, str], int] = field(default_factory=dict)
    _files: dict[int, tuple[int, Any]] = field(default_factory=dict)  # by pool: its first number, the ids of its file

    def number(self, pool: str, problem_id: str) -> int | None:
        """The number of a known problem."""
        return self._numbers.get((self.pools.index(pool), problem_id)) if pool in self.pools else None

    def places(self, pool: str, ids: Any) -> Ints:
        """The numbers of an Arrow column of ids, -1 for one that the pool's file does not hold."""
        import pyarrow.compute as pc

        if pool not in self.pools or self.pools.index(pool) not in self._files:
            return np.full(len(ids), UNKNOWN, np.int64)
        first, known = self._files[self.pools.index(pool)]
        found = integers(pc.index_in(ids, value_set=known))
        return np.where(found == UNKNOWN, found, found + first)

    def codes(self, pool: str, ids: Any) -> Ints:
        """As `places`, but a problem that the pool's file does not hold gets a number, too."""
        found = self.places(pool, ids)
        lacking = np.flatnonzero(found == UNKNOWN)
        if len(lacking):
            found = found.copy()
            names, place = ids.to_pylist(), self.pools.index(pool)
            found[lacking] = [self._number_of(place, names[at]) for at in lacking]
        return found

    def add_file(self, pool: int, path: Path) -> None:
        """Takes up the problems of a pool's file."""
        table = columns(path, ["id", "source", "difficulty", "group"])
        ids, first = table["id"].to_pylist(), len(self.ids)
        self._files[pool] = first, table["id"].combine_chunks()
        self._numbers |= {(pool, name): first + at for at, name in enumerate(ids)}
        self.pool += [pool] * len(ids)
        self.ids += ids
        self.sources += [source or "" for source in table["source"].to_pylist()]
        self.difficulties += [difficulty or "" for difficulty in table["difficulty"].to_pylist()]
        self.clusters += [group or name for group, name in zip(table["group"].to_pylist(), ids, strict=True)]

    def _number_of(self, pool: int, name: str) -> int:
        number = self._numbers.setdefault((pool, name), len(self.ids))
        if number == len(self.ids):
            self.pool.append(pool)
            self.ids.append(name)
            self.sources.append("")
            self.difficulties.append("")
            self.clusters.append(name)
        return number

    def read(self, number: int) -> Problem | None:
        """The whole problem, or null where the pool's file does not hold it."""
        place, path = self.pool[number], self.catalogue.problems(self.pools[self.pool[number]])
        first, known = self._files.get(place, (0, ()))
        if not 0 <= number - first < len(known):
            return None
        found = take(path, [number - first])[0]
        return store.decode(Problem, {**found, "check": json.loads(found["check"])}, str(path))

    @cached_property
    def texts(self) -> tuple[Any, Any]:
        """Ids and statements as Arrow strings, one a problem: what the search for problems looks at."""
        import pyarrow as pa

        statements = [""] * len(self.ids)
        for place, (first, known) in self._files.items():
            texts = columns(self.catalogue.problems(self.pools[place]), ["statement"])["statement"].to_pylist()
            statements[first : first + len(known)] = texts
        return pa.array(self.ids, pa.string()), pa.array(statements, pa.string())


def read_problems(catalogue: Catalogue) -> Problems:
    """The problems of all pools that have responses."""
    problems = Problems(catalogue, catalogue.pools)
    for place, pool in enumerate(problems.pools):
        path = catalogue.problems(pool)
        if path.exists():
            problems.add_file(place, path)
    return problems
