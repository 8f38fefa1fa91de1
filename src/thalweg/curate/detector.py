"""Looks for benchmark problems in batches of texts: what one process does for `thalweg.curate.contamination`.

Everything about the benchmarks is prepared once and sent to each process. For a text, a benchmark and a method the
best match alone is described; of the others it is said how many there are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalweg.curate.evidence import shared, shortened
from thalweg.curate.grams import GramIndex, expanded, index_lengths
from thalweg.curate.sketches import SHINGLE, Bands, Sketches, jaccard, sketch
from thalweg.curate.words import Counts, Words, digest, fold, words

_BATCH = 500


class Match(NamedTuple):
    """A text and the benchmark problem (by row) that it matches best, before what only the whole stream can tell.

    `grams` are the places (index, key) of the shared n-grams; `spread` in how many problems of the benchmark the
    rarest of them occurs (or, without n-grams, how many problems match); `others` how many more problems match.
    """

    item: int
    row: int
    method: str
    overlap: float
    shared: str
    spread: int
    others: int
    grams: tuple[tuple[int, NDArray[np.int32]], ...] = ()


class Looked(NamedTuple):
    """What was found in a batch: its ids, matches, and for each index the key of every (text, n-gram) found."""

    ids: list[str]
    matches: list[Match]
    seen: list[NDArray[np.int32]]


@dataclass(frozen=True, slots=True)
class Target:
    """The benchmarks' problems in rows: ids, folded statements, and the number of the benchmark of each."""

    ids: list[str]
    folded: list[bytes]
    digests: list[bytes]
    benchmark: Counts

    @classmethod
    def of(cls, against: Mapping[str, Iterable[tuple[str, str]]]) -> "Target":
        """Rows from benchmarks by name, each `(id, statement)` pairs."""
        rows = [(number, key, text) for number, items in enumerate(against.values()) for key, text in items]
        return cls(
            [key for _, key, _ in rows],
            [fold(text) for _, _, text in rows],
            [digest(text) for _, _, text in rows],
            np.array([number for number, _, _ in rows], np.int64),
        )


class Detector:
    """Looks for a target's problems by word n-grams, exact equality, and Jaccard similarity (`near`, null for none)."""

    def __init__(
        self,
        target: Target,
        lengths: Sequence[int],
        *,
        exact: bool,
        near: float | None,
        common: int | None,
        symbols: bool,
    ) -> None:
        self.target = target
        self.indexes: list[tuple[int, GramIndex]] = [
            (n, index)
            for n in lengths
            for index in index_lengths(target.folded, target.benchmark, n, common=common, symbols=symbols)
        ]
        self._lengths = np.array([len(text.split()) for text in target.folded], np.int64)
        self._exact: dict[bytes, list[int]] = {}
        if exact:
            for row, key in enumerate(target.digests):
                self._exact.setdefault(key, []).append(row)
        self._near = None if near is None else _NearIndex(target.folded, near)

    def __call__(self, batch: Sequence[tuple[str, str]]) -> Looked:
        """What a batch of `(id, text)` holds of the target."""
        folded = [fold(text) for _, text in batch]
        found = words(folded)
        finds = [index.find(found) for _, index in self.indexes]
        item = [np.searchsorted(found.bounds, find.word, side="right") - 1 for find in finds]
        seen = [_once_a_text(of, find.key) for of, find in zip(item, finds, strict=True)]
        matches = [*self._equal([text for _, text in batch], folded), *self._similar(folded)]
        for n in dict.fromkeys(length for length, _ in self.indexes):
            places = [place for place, (length, _) in enumerate(self.indexes) if length == n]
            parts = [_Table.of(place, self.indexes[place][1], finds[place], item[place]) for place in places]
            matches += self._by_grams(n, _Table.joined(parts), found, folded)
        return Looked([key for key, _ in batch], matches, seen)

    def _equal(self, texts: Sequence[str], folded: Sequence[bytes]) -> Iterator[Match]:
        if not self._exact:
            return
        for item, text in enumerate(texts):
            rows = self._exact.get(digest(text), [])
            for row, alike in self._first_of_each(rows):
                yield Match(item, row, "exact", 1.0, shortened(folded[item].split()), alike, alike - 1)

    def _first_of_each(self, rows: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The first row of each benchmark, and how many of the rows are its."""
        by_benchmark: dict[int, list[int]] = {}
        for row in rows:
            by_benchmark.setdefault(int(self.target.benchmark[row]), []).append(row)
        for alike in by_benchmark.values():
            yield alike[0], len(alike)

    def _similar(self, folded: Sequence[bytes]) -> Iterator[Match]:
        if self._near is None:
            return
        items, rows, similarity = self._near.look(folded)
        for best, others in _best(items, self.target.benchmark[rows], similarity):
            text, problem = folded[items[best]].split(), self.target.folded[rows[best]]
            n = min(SHINGLE, len(text))
            run = shared(text, ((begin, n) for begin in range(len(text) - n + 1)), problem).run
            alike = round(float(similarity[best]), 4)
            yield Match(int(items[best]), int(rows[best]), "near", alike, run, others + 1, others)

    def _by_grams(self, n: int, table: "_Table", found: Words, folded: Sequence[bytes]) -> Iterator[Match]:
        """Of every text and benchmark the problem that shares most of its n-grams, described from the texts."""
        rows = len(self.target.ids)
        pair, inverse, counts = np.unique(table.item * rows + table.row, return_inverse=True, return_counts=True)
        order = np.argsort(inverse, kind="stable")
        ends = np.cumsum(counts)
        item, row = np.divmod(pair, rows)
        share = counts / np.maximum(1, self._lengths[row] - n + 1)
        for best, others in _best(item, self.target.benchmark[row], share):
            where = order[ends[best] - counts[best] : ends[best]]
            text = folded[item[best]].split()
            begins = zip(
                (table.word[where] - found.bounds[item[best]]).tolist(), table.length[where].tolist(), strict=True
            )
            overlap, run = shared(text, begins, self.target.folded[row[best]])
            if run:
                spread = int(table.spread[where].min())
                grams = table.places(where)
                yield Match(int(item[best]), int(row[best]), f"{n}-gram", overlap, run, spread, others, grams)


class _Table(NamedTuple):
    """One row a (n-gram of a text, benchmark problem that holds it)."""

    item: Counts
    row: Counts
    word: Counts
    length: Counts
    spread: Counts
    place: Counts
    key: Counts

    @classmethod
    def of(cls, place: int, index: GramIndex, find: tuple[Counts, Counts], item: Counts) -> "_Table":
        word, key = find
        where, lookup = expanded(index, key)
        full = np.full(len(where), 1, np.int64)
        return cls(
            item[lookup], index.rows[where], word[lookup], full * index.length, index.spread[where], full * place,
            key[lookup],
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: Sequence["_Table"]) -> "_Table":
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def places(self, where: Counts) -> tuple[tuple[int, NDArray[np.int32]], ...]:
        return tuple(
            (int(place), self.key[where][self.place[where] == place].astype(np.int32))
            for place in np.unique(self.place[where])
        )


class _NearIndex:
    """Sketches of the target, each band sorted."""

    def __init__(self, folded: Sequence[bytes], threshold: float) -> None:
        self._threshold, self._bands = threshold, Bands.reaching(threshold)
        parts = [sketch(folded[start : start + _BATCH], self._bands) for start in range(0, len(folded), _BATCH)]
        lengths = np.concatenate([np.zeros(1, np.int64), *(np.diff(part.bounds) for part in parts)])
        self._all = Sketches(
            np.concatenate([np.zeros(0, np.uint32), *(part.shingles for part in parts)]),
            np.cumsum(lengths),
            np.concatenate([np.zeros((0, self._bands.number), np.uint32), *(part.keys for part in parts)]),
        )
        self._order = np.argsort(self._all.keys, axis=0, kind="stable")
        self._sorted = np.take_along_axis(self._all.keys, self._order, axis=0)

    def look(self, folded: Sequence[bytes]) -> tuple[Counts, Counts, NDArray[np.float64]]:
        """Texts, rows and similarities of all pairs at or above the threshold."""
        found = sketch(folded, self._bands)
        texts, rows = self._candidates(found)
        similarity = jaccard(found.shingles, found.bounds, texts, self._all.shingles, self._all.bounds, rows)
        near = similarity >= self._threshold
        return texts[near], rows[near], similarity[near]

    def _candidates(self, found: Sketches) -> tuple[Counts, Counts]:
        total = len(self._order)
        pairs = [np.zeros(0, np.int64)]
        for band in range(self._bands.number):
            keys = found.keys[:, band]
            low = np.searchsorted(self._sorted[:, band], keys, side="left")
            sizes = np.searchsorted(self._sorted[:, band], keys, side="right") - low
            text = np.repeat(np.arange(len(keys)), sizes)
            where = np.arange(len(text)) - (np.cumsum(sizes) - sizes)[text] + low[text]
            pairs.append(text * total + self._order[where, band])
        pair = np.unique(np.concatenate(pairs))
        return np.divmod(pair, total)


def _best(item: Counts, benchmark: Counts, weight: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """For every (item, benchmark) the place of the greatest weight (the first of equals), and how many others."""
    order = np.lexsort((-weight, benchmark, item))
    if not len(order):
        return
    new = np.ones(len(order), np.bool_)
    new[1:] = (item[order[1:]] != item[order[:-1]]) | (benchmark[order[1:]] != benchmark[order[:-1]])
    starts = np.flatnonzero(new)
    sizes = np.diff(np.append(starts, len(order)))
    yield from zip(order[starts].tolist(), (sizes - 1).tolist(), strict=True)


def _once_a_text(item: Counts, key: Counts) -> NDArray[np.int32]:
    """Keys, one for each text that holds them."""
    packed = np.unique(item << 32 | key)
    return (packed & 0xFFFFFFFF).astype(np.int32)
