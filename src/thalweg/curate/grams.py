"""The n-grams of benchmarks, looked up for a stream of texts.

The benchmarks are small, so their n-grams are hashed once and kept sorted; most n-grams of the stream are turned away
by one look into a bitmap that fits the processor's cache. A benchmark problem with fewer than n words is looked for
as a whole, as long as it has `SHORTEST` words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalweg.curate.words import Counts, Hashes, Words, ngrams, rows_of, words

SHORTEST = 5
_BITS_A_KEY = 16
_MOST_PROBLEMS = 64  # of the problems that hold one n-gram, those that are looked at for the best match
_BATCH = 500


class Matches(NamedTuple):
    """For each n-gram found: the word at which it begins (counted over the batch), and its place in the index."""

    word: Counts
    key: Counts


@dataclass(frozen=True, slots=True)
class GramIndex:
    """Sorted hashes of n-grams of `length` words, and for each the rows of the benchmark problems that hold it.

    Rows of key k are `rows[bounds[k] : bounds[k + 1]]`. `spread[j]` belongs to `rows[j]`: in how many problems of that
    row's benchmark the n-gram occurs.
    """

    length: int
    keys: Hashes
    bounds: Counts
    rows: Counts
    spread: Counts
    bitmap: NDArray[np.uint8]

    def find(self, found: Words) -> Matches:
        """The n-grams of texts that are in the index."""
        grams, whole = ngrams(found, self.length)
        if not len(self.keys) or not len(grams):
            return Matches(np.zeros(0, np.int64), np.zeros(0, np.int64))
        bit = grams >> np.uint64(64 - _bits(self.bitmap))
        maybe = np.flatnonzero((self.bitmap[bit >> np.uint64(3)] >> (bit & np.uint64(7)).astype(np.uint8) & 1) & whole)
        key = np.minimum(np.searchsorted(self.keys, grams[maybe]), len(self.keys) - 1)
        sure = self.keys[key] == grams[maybe]
        return Matches(maybe[sure], key[sure])


def index_grams(
    texts: Sequence[tuple[int, bytes]], benchmark: Counts, n: int, *, common: int | None = None, symbols: bool = True
) -> GramIndex:
    """The index of the n-grams of folded texts, given with their rows; `benchmark[row]` is the one a row belongs to.

    N-grams in more than `common` problems of a benchmark do not count for it (null: all count); without `symbols`,
    none counts that holds no word with two letters.
    """
    hashes, rows = _all_grams(texts, n, symbols)
    order = np.lexsort((rows, hashes))
    hashes, rows = hashes[order], rows[order]
    new = np.ones(len(rows), np.bool_)
    new[1:] = (hashes[1:] != hashes[:-1]) | (rows[1:] != rows[:-1])
    hashes, rows = hashes[new], rows[new]
    spread = _spread(hashes, benchmark[rows])
    if common is not None:
        kept = spread <= common
        hashes, rows, spread = hashes[kept], rows[kept], spread[kept]
    keys, bounds = _grouped(hashes)
    return GramIndex(n, keys, bounds, rows, spread, _bitmap(keys))


def index_lengths(
    folded: Sequence[bytes], benchmark: Counts, n: int, *, common: int | None = None, symbols: bool = True
) -> list[GramIndex]:
    """The index for n, and one for each length of the texts that have fewer than n words."""
    by_length: dict[int, list[tuple[int, bytes]]] = {}
    for row, text in enumerate(folded):
        by_length.setdefault(min(n, len(text.split())), []).append((row, text))
    return [
        index_grams(texts, benchmark, length, common=common if length == n else None, symbols=symbols)
        for length, texts in sorted(by_length.items(), reverse=True)
        if length >= SHORTEST or length == n
    ]


def _all_grams(texts: Sequence[tuple[int, bytes]], n: int, symbols: bool) -> tuple[Hashes, Counts]:
    """Hashes of n-grams that count, and the row of each."""
    hashes: list[Hashes] = [np.zeros(0, np.uint64)]
    rows: list[Counts] = [np.zeros(0, np.int64)]
    for start in range(0, len(texts), _BATCH):
        batch = [text for _, text in texts[start : start + _BATCH]]
        found = words(batch)
        grams, counts = ngrams(found, n)
        if not symbols and len(grams):
            said = [word for text in batch for word in text.split()]
            spoken = {word: _is_spoken(word) for word in set(said)}
            before = np.cumsum([0, *map(spoken.__getitem__, said)])
            counts &= before[n:] > before[:-n]
        hashes.append(grams[counts])
        places = np.array([row for row, _ in texts[start : start + _BATCH]])
        rows.append(places[rows_of(found)[: len(grams)][counts]])
    return np.concatenate(hashes), np.concatenate(rows)


def _is_spoken(word: bytes) -> bool:
    """Whether a word has two letters (or one of a script beyond ASCII) and so is more than a number or a symbol."""
    return len(word.translate(None, b"0123456789")) > 1


def _spread(hashes: Hashes, benchmark: Counts) -> Counts:
    """For each (sorted hash, benchmark) how often that pair occurs."""
    order = np.lexsort((benchmark, hashes))
    new = np.ones(len(order), np.bool_)
    sorted_hashes, sorted_benchmark = hashes[order], benchmark[order]
    new[1:] = (sorted_hashes[1:] != sorted_hashes[:-1]) | (sorted_benchmark[1:] != sorted_benchmark[:-1])
    group = np.cumsum(new) - 1
    spread = np.empty(len(order), np.int64)
    spread[order] = np.bincount(group, minlength=1)[group] if len(order) else 0
    return spread


def _grouped(hashes: Hashes) -> tuple[Hashes, Counts]:
    keys, first = np.unique(hashes, return_index=True)
    return keys, np.append(first, len(hashes)).astype(np.int64)


def _bitmap(keys: Hashes) -> NDArray[np.uint8]:
    bits = max(10, (max(1, len(keys)) * _BITS_A_KEY - 1).bit_length())
    bitmap = np.zeros(1 << (bits - 3), np.uint8)
    bit = keys >> np.uint64(64 - bits)
    np.bitwise_or.at(bitmap, bit >> np.uint64(3), np.uint8(1) << (bit & np.uint64(7)).astype(np.uint8))
    return bitmap


def _bits(bitmap: NDArray[np.uint8]) -> int:
    return len(bitmap).bit_length() + 2


def expanded(index: GramIndex, key: Counts) -> tuple[Counts, Counts]:
    """For each looked-up key, the places in `rows` (at most 64) that it has, and which lookup each came from."""
    sizes = np.minimum(index.bounds[key + 1] - index.bounds[key], _MOST_PROBLEMS)
    lookup = np.repeat(np.arange(len(key)), sizes)
    before = np.cumsum(sizes) - sizes
    return np.arange(len(lookup)) - before[lookup] + index.bounds[key][lookup], lookup
