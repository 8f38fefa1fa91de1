"""The most unlike of a problem's responses (DED, arXiv 2508.09883 section 3): farthest P of M by edit distance.

The distance of two texts is their Levenshtein distance over characters or tokens, divided by the longer length: 0 for
the same, 1 for nothing in common. The paper states neither unit nor algorithm. Here it is greedy max-min: first the two
that are farthest apart, then again and again the one whose nearest chosen neighbour is farthest. The choice does not
depend on the order in which responses come, and those for P lie among those for P + 1.

The choice is exact, though not all distances are worked out. Cut two texts into n parts each: the parts' distances add
up to an upper bound, for little more than an n-th of the work. So all pairs are bounded by short parts, and only what
may be farthest is worked out, the likeliest first.

The divided distance is no metric ("ab", "aba", "ba"), so the factor 2 known of greedy max-min does not hold for it, and
texts of unlike lengths are far apart whatever they say. Not covered: distances by meaning (embeddings).
"""

from array import array
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thalweg.engine.local import cpu_workers

Text: TypeAlias = str | Sequence[int]
_PART = 256  # tokens or characters: shorter parts cost less, and longer ones rule out more
_TRIED = 10  # pairs on which it is tried whether bounds rule out any


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
    """Upper bounds on the normalised distances of all pairs of M distinct texts, made exact where that matters.

    `bound` is M x M, with -1 on the diagonal; `exact` says which of its numbers are the distances themselves.
    """

    def __init__(self, texts: Sequence[Text], threads: int) -> None:
        self.texts = [text if isinstance(text, str) else array("q", text) for text in texts]
        self.threads = threads
        lengths = np.array([len(text) for text in texts])
        self.longer = np.maximum(np.maximum.outer(lengths, lengths), 1)
        parts = -(-int(lengths.max()) // _PART)
        parts = parts if parts > 1 and self._worth(parts) else 1
        self.bound = self._edits_of_parts(parts) / self.longer
        self.exact = np.full(self.bound.shape, parts == 1)
        np.fill_diagonal(self.bound, -1)

    def work_out(self, pairs: list[tuple[int, int]]) -> None:
        """Makes the bounds of `pairs` exact."""
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.process import cpdist

        one, other = (list(side) for side in zip(*pairs, strict=True))
        left, right = ([self.texts[at] for at in side] for side in (one, other))
        edits = cpdist(left, right, scorer=Levenshtein.distance, dtype=np.int64, workers=self.threads)
        self.bound[one, other] = self.bound[other, one] = edits / self.longer[one, other]
        self.exact[one, other] = self.exact[other, one] = True

    def likely(self, values: NDArray[np.float64]) -> list[int]:
        """Where the largest positive `values` are: what to work out next.

        As many as there are cores, and more the more it took so far, since runners-up are likely to be next.
        """
        count = max(self.threads, int(self.exact.sum()) // 16)
        places = np.argsort(-values, axis=None, kind="stable")[:count]
        return [int(at) for at in places if values.flat[at] > 0]

    def _worth(self, count: int) -> bool:
        """Whether bounds by so many parts rule out any of a few pairs. Where they do not, they only cost time."""
        from rapidfuzz.distance import Levenshtein

        bounds, exact = [], []
        for at in range(min(_TRIED, len(self.texts) // 2)):
            one, other, longer = self.texts[at], self.texts[-1 - at], self.longer[at, -1 - at]
            parts = zip(_cut(one, count), _cut(other, count), strict=True)
            bounds.append(sum(Levenshtein.distance(*pair) for pair in parts) / longer)
            exact.append(Levenshtein.distance(one, other) / longer)
        return bool(min(bounds) < max(exact))

    def _edits_of_parts(self, count: int) -> NDArray[np.int64]:
        """The edits that the parts of all pairs need, each text cut into `count`."""
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.process import cdist

        total: NDArray[np.int64] = np.zeros(self.longer.shape, dtype=np.int64)
        for parts in zip(*(_cut(text, count) for text in self.texts), strict=True):
            total += cdist(parts, parts, scorer=Levenshtein.distance, dtype=np.int64, workers=self.threads)
        return total


def _cut(text: Sequence[Any], count: int) -> list[Sequence[Any]]:
    """`text` in `count` parts of nearly the same length."""
    return [text[len(text) * part // count : len(text) * (part + 1) // count] for part in range(count)]


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
        apart.work_out([divmod(at, size) for at in apart.likely(unknown)])


def _farthest_from(apart: _Distances, chosen: list[int]) -> int:
    """The text whose nearest neighbour among `chosen` is farthest."""
    while True:
        nearest = apart.bound[:, chosen].min(axis=1)
        best = int(nearest.argmax())
        unknown = np.where(apart.exact, np.inf, apart.bound)[:, chosen]
        if np.isinf(unknown[best]).all():
            return best
        worth = np.where(np.isinf(unknown).all(axis=1), -1, nearest)
        apart.work_out([(at, chosen[int(unknown[at].argmin())]) for at in apart.likely(worth)])
