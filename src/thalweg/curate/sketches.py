"""Shingles, MinHash sketches cut into bands, and the true Jaccard similarity of candidates.

A shingle is a run of `SHINGLE` words (a shorter text is one shingle). Two texts are candidates when a band of their
sketches is the same (locality-sensitive hashing, Leskovec et al., *Mining of Massive Datasets*, chapter 3), and
similar when the Jaccard similarity of their shingle sets, counted and not estimated, reaches the threshold. So the
sketch costs recall alone, and `Bands.reaching` keeps that loss below 1 % at the threshold itself.

The sketches are those of `rensa` (R-MinHash, after Dahlgaard et al. 2017, arXiv:1704.04370).
"""

import tempfile
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalweg.curate.words import Counts, Hashes, Words, mixed, ngrams, rows_of, words

Shingles = NDArray[np.uint32]
Keys = NDArray[np.uint32]

SHINGLE = 5
PERMUTATIONS = 128
_SEED = 1
_RECALL = 0.99
_PAIRS = 1 << 15  # pairs compared at a time
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class Bands(NamedTuple):
    """`number` bands of `rows` sketch values each."""

    number: int
    rows: int

    @classmethod
    def reaching(cls, threshold: float) -> "Bands":
        """The most selective bands that make a pair just at the threshold a candidate with probability 0.99."""
        for rows in range(PERMUTATIONS, 1, -1):
            bands = cls(PERMUTATIONS // rows, rows)
            if bands.recall(threshold) >= _RECALL:
                return bands
        return cls(PERMUTATIONS, 1)

    def recall(self, similarity: float) -> float:
        """The probability that a pair of this similarity shares a band."""
        return 1.0 - (1.0 - similarity**self.rows) ** self.number


class Sketches(NamedTuple):
    """Sorted shingles of several texts (of text t: `shingles[bounds[t] : bounds[t + 1]]`) and a row of band keys each.

    A text without words has no shingle, and its keys mean nothing.
    """

    shingles: Shingles
    bounds: Counts
    keys: Keys


def sketch(folded: Sequence[bytes], bands: Bands) -> Sketches:
    """Shingles and band keys of folded texts."""
    shingles, bounds = _shingles(words(folded))
    return Sketches(shingles, bounds, _band_keys(shingles, bounds, bands))


def _shingles(found: Words) -> tuple[Shingles, Counts]:
    hashes, whole = ngrams(found, SHINGLE)
    rows = rows_of(found)[: len(hashes)]
    short, short_hashes = _short_texts(found)
    rows = np.concatenate([rows[whole], short]).astype(np.uint64)
    hashes = np.concatenate([hashes[whole], short_hashes])
    packed = np.sort(rows << np.uint64(32) | hashes >> np.uint64(32))
    packed = packed[np.diff(packed, prepend=packed[:1] + np.uint64(1)) != 0]
    bounds = np.searchsorted(packed, np.arange(len(found.bounds), dtype=np.uint64) << np.uint64(32))
    return packed.astype(np.uint32), bounds


def _short_texts(found: Words) -> tuple[Counts, Hashes]:
    """Texts of one to four words, and a hash of the whole of each."""
    lengths = np.diff(found.bounds)
    rows = np.flatnonzero((lengths > 0) & (lengths < SHINGLE))
    hashes = np.zeros(len(rows), np.uint64)
    for length in range(1, SHINGLE):
        here = lengths[rows] == length
        if here.any():
            hashes[here] = ngrams(found, length)[0][found.bounds[rows[here]]] + np.uint64(length)
    return rows, mixed(hashes)


def _band_keys(shingles: Shingles, bounds: Counts, bands: Bands) -> Keys:
    from rensa import RMinHash

    spread = mixed(shingles.astype(np.uint64) * _MULTIPLIER)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(spread, bounds.astype(np.uint64), PERMUTATIONS, _SEED)
    values = np.fromiter(chain.from_iterable(matrix.to_rows()), np.uint32).reshape(-1, PERMUTATIONS)
    keys = np.zeros((len(values), bands.number), np.uint64)
    used = values[:, : bands.number * bands.rows].reshape(-1, bands.number, bands.rows)
    for row in range(bands.rows):
        keys = mixed(keys * _MULTIPLIER + used[:, :, row])
    return (keys >> np.uint64(32)).astype(np.uint32)


class ShingleStore:
    """The shingles of many texts in a temporary file, so that memory holds eight bytes a text."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="thalweg-shingles-")  # noqa: SIM115  (closed by __exit__)
        self._lengths: list[Counts] = []
        self._bounds: Counts | None = None

    def __enter__(self) -> "ShingleStore":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, shingles: Shingles, bounds: Counts) -> None:
        """Appends the texts of a batch."""
        assert self._bounds is None, "texts are added before any is compared"
        self._file.write(shingles.tobytes())
        self._lengths.append(np.diff(bounds))

    def close_adding(self) -> Counts:
        """Ends adding; how many shingles each text has."""
        self._file.flush()
        lengths = np.concatenate([np.zeros(0, np.int64), *self._lengths])
        self._lengths = []
        self._bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        return lengths

    def jaccard(self, left: Counts, right: Counts) -> NDArray[np.float64]:
        """The similarity of text `left[i]` and text `right[i]`, for every i."""
        assert self._bounds is not None, "adding ends before texts are compared"
        if not len(left) or not self._bounds[-1]:
            return np.zeros(len(left))
        stored = np.memmap(self._file, np.uint32, mode="r")
        parts = [
            jaccard(stored, self._bounds, left[i : i + _PAIRS], stored, self._bounds, right[i : i + _PAIRS])
            for i in range(0, len(left), _PAIRS)
        ]
        return np.concatenate(parts)


def jaccard(
    shingles: Shingles, bounds: Counts, left: Counts, others: Shingles, other_bounds: Counts, right: Counts
) -> NDArray[np.float64]:
    """Jaccard similarity of text `left[i]` of `shingles` and text `right[i]` of `others`, for every i."""
    first, first_sizes = _gathered(shingles, bounds, left)
    second, second_sizes = _gathered(others, other_bounds, right)
    both = np.sort(np.concatenate([first, second]))
    pairs_of_shared = both[1:][both[1:] == both[:-1]] >> np.uint64(32)
    shared = np.bincount(pairs_of_shared.astype(np.int64), minlength=len(left))
    united = first_sizes + second_sizes - shared
    return np.where(united > 0, shared / np.maximum(united, 1), 0.0)


def _gathered(shingles: Shingles, bounds: Counts, rows: Counts) -> tuple[Hashes, Counts]:
    """The shingles of the rows one after another, each below the number of its row's place; and how many they are."""
    sizes = bounds[rows + 1] - bounds[rows]
    places = np.repeat(np.arange(len(rows)), sizes)
    before = np.cumsum(sizes) - sizes
    where = np.arange(len(places)) - before[places] + bounds[rows][places]
    return places.astype(np.uint64) << np.uint64(32) | shingles[where], sizes
