"""The most unlike of a problem's responses (DED, arXiv 2508.09883 section 3): farthest P of M by edit distance.

The distance of two texts is their Levenshtein distance over characters or tokens, divided by the longer length: 0 for
the same, 1 for nothing in common. The paper states neither unit nor algorithm. Here it is greedy max-min: first the two
that are farthest apart, then again and again the one whose nearest chosen neighbour is farthest. The choice does not
depend on the order in which responses come, and those for P lie among those for P + 1.

The choice is exact, though few distances are worked out. Cut two texts into n parts each: the parts' distances add up
to an upper bound, for little more than an n-th of the work. So all pairs are bounded by short parts, and only what
still looks farthest is looked at more closely, until it is known.

The divided distance is no metric ("ab", "aba", "ba"), so the factor 2 known of greedy max-min does not hold for it, and
texts of unlike lengths are far apart whatever they say. Not covered: distances by meaning (embeddings).
"""

from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from thalweg.engine.local import cpu_workers

Text: TypeAlias = str | Sequence[int]
Pairs: TypeAlias = list[tuple[int, int]]
_PARTS = (64, 256)  # longest part by level, before whole texts; 64 fit into one machine word
_SHORT = 500  # up to this length bounds cost as much as they save


def farthest(texts: Sequence[Text], p: int, threads: int | None = None) -> list[int]:
    """The places of the `p` texts that are farthest apart, in the order of choice; all where there are no more.

    Copies of one text are taken last.

    Args:
        texts: strings, compared by characters, or token ids; not both.
        p: how many, at least 1.
        threads: how many cores to use; all that this process may use where absent.
    """
    assert p >= 1, "farthest 0"
    places: dict[str | tuple[int, ...], list[int]] = {}
    for place, text in enumerate(texts):
        places.setdefault(text if isinstance(text, str) else tuple(text), []).append(place)
    # In an order of their own, so that ties are not decided by the order in which texts came.
    distinct = sorted(places)
    if len(distinct) < 2:
        return list(range(len(texts)))[:p]
    chosen = _greedy(_Distances(distinct, threads or len(cpu_workers(1))), p)
    first = [places[distinct[at]][0] for at in chosen]
    return (first + [place for text in distinct for place in places[text][1:]])[:p]


class _Distances:
    """Upper bounds on the normalised distances of all pairs of M distinct texts, sharpened where that matters.

    `bound` is M x M, with -1 on the diagonal; `exact` says which of its numbers are the distances themselves.
    """

    def __init__(self, texts: Sequence[Text], threads: int) -> None:
        self.texts = [text if isinstance(text, str) else array("q", text) for text in texts]
        self.threads = threads
        lengths = np.array([len(text) for text in texts])
        longest = int(lengths.max())
        self.parts = [-(-longest // most) for most in _PARTS if longest > _SHORT] + [1]
        self.longer = np.maximum(np.maximum.outer(lengths, lengths), 1)
        self.level = np.zeros_like(self.longer)
        self.bound = self._all_bounds() / self.longer
        np.fill_diagonal(self.bound, -1)

    @property
    def exact(self) -> NDArray[np.bool_]:
        exact: NDArray[np.bool_] = self.level == len(self.parts) - 1
        return exact

    def sharpen(self, pairs: Pairs) -> None:
        """Bounds `pairs` (at least one, none exact) by longer parts than before."""
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.process import cpdist

        counts = [self.parts[self.level[pair] + 1] for pair in pairs]
        left = [part for (at, _), count in zip(pairs, counts, strict=True) for part in _cut(self.texts[at], count)]
        right = [part for (_, at), count in zip(pairs, counts, strict=True) for part in _cut(self.texts[at], count)]
        edits = cpdist(left, right, scorer=Levenshtein.distance, dtype=np.int64, workers=self.threads)
        sums = np.add.reduceat(edits, np.cumsum([0, *counts[:-1]]))
        for (one, other), total in zip(pairs, sums, strict=True):
            bound = min(self.bound[one, other], total / self.longer[one, other])
            self.bound[one, other] = self.bound[other, one] = bound
            self.level[one, other] = self.level[other, one] = self.level[one, other] + 1

    def _all_bounds(self) -> NDArray[np.int64]:
        """The edits that the first level's parts need, for all pairs."""
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.process import cdist

        total: NDArray[np.int64] = np.zeros(self.longer.shape, dtype=np.int64)
        for parts in zip(*(_cut(text, self.parts[0]) for text in self.texts), strict=True):
            total += cdist(parts, parts, scorer=Levenshtein.distance, dtype=np.int64, workers=self.threads)
        return total


def _cut(text: Sequence[object], parts: int) -> list[Sequence[object]]:
    """`text` as so many parts of nearly the same length."""
    ends = [len(text) * number // parts for number in range(parts + 1)]
    return [text[start:end] for start, end in pairwise(ends)]


def _greedy(apart: _Distances, p: int) -> list[int]:
    chosen = list(_farthest_pair(apart))[:p]
    while len(chosen) < min(p, len(apart.texts)):
        chosen.append(_farthest_from(apart, chosen))
    return chosen


def _farthest_pair(apart: _Distances) -> tuple[int, int]:
    size = len(apart.texts)
    while True:
        pair = divmod(int(apart.bound.argmax()), size)
        if apart.exact[pair]:
            return pair
        unknown = np.triu(np.where(apart.exact, -1, apart.bound))
        apart.sharpen([divmod(at, size) for at in _largest(unknown, apart.threads)])


def _farthest_from(apart: _Distances, chosen: list[int]) -> int:
    """The text whose nearest neighbour among `chosen` is farthest."""
    while True:
        nearest = apart.bound[:, chosen].min(axis=1)
        nearest[chosen] = -1
        best = int(nearest.argmax())
        unknown = np.where(apart.exact, np.inf, apart.bound)[:, chosen]
        if np.isinf(unknown[best]).all():
            return best
        worth = np.where(np.isinf(unknown).all(axis=1), -1, nearest)
        apart.sharpen([(at, chosen[int(unknown[at].argmin())]) for at in _largest(worth, apart.threads)])


def _largest(values: NDArray[np.float64], count: int) -> list[int]:
    """Where the largest positive values are. As many as there are cores: runners-up are likely to be asked for next."""
    places = np.argsort(-values, axis=None, kind="stable")[:count]
    return [int(at) for at in places if values.flat[at] > 0]
