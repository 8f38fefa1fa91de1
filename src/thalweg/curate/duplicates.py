"""Duplicates among problems, or among the texts of responses: the same text again, and nearly the same.

*Exact*: the texts are equal after Unicode NFKC, small letters, straight quotes and dashes, and single blanks.
*Near*: the Jaccard similarity of their five-word shingles is at least the threshold; candidates come from MinHash
bands, and each is verified (`thalweg.curate.sketches`). Clusters join what is connected by such pairs, so two texts
of one cluster may be less similar than the threshold; how similar each is to the one that is kept is said. The one
with the smallest id is kept, and nothing depends on the order in which texts come.

Texts stream through: what stays in memory is their ids, band keys and digests, about 200 bytes a text. Shingles lie
in a temporary file. Within a bucket of equal band keys everything is compared with the smallest id, what differs from
it with the smallest id among that, and so on, eight times at most: linear in the bucket, at some cost in recall where
many different texts share a template.

Not covered: paraphrases (see embedding neighbours in `thalweg.curate.neighbours`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thalweg.curate.parallel import ordered_map
from thalweg.curate.sketches import Bands, ShingleStore, Sketches, sketch
from thalweg.curate.words import Counts, digest, fold
from thalweg.errors import InputError

THRESHOLD = 0.8
_LEADERS = 8
BATCH_TEXTS, BATCH_CHARACTERS = 2000, 1 << 18


class Item(NamedTuple):
    """A text to compare, and the id of the problem or response that it belongs to."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An item that repeats `kept`, and the Jaccard similarity of the two."""

    id: str
    kept: str
    kind: Literal["exact", "near"]
    similarity: float


@dataclass(frozen=True, slots=True)
class Clusters:
    """Of `items` items, those that repeat another one, by the kept id and their own."""

    items: int
    duplicates: tuple[Duplicate, ...]

    @property
    def reasons(self) -> dict[str, str]:
        """Id of a duplicate -> why it may be left out, as the funnel says it."""
        return {found.id: f"{found.kind} duplicate" for found in self.duplicates}

    def __iter__(self) -> Iterator[tuple[str, list[Duplicate]]]:
        """Kept id -> what repeats it."""
        groups: dict[str, list[Duplicate]] = {}
        for found in self.duplicates:
            groups.setdefault(found.kept, []).append(found)
        return iter(groups.items())


def duplicates(items: Iterable[tuple[str, str]], threshold: float = THRESHOLD, workers: int = 1) -> Clusters:
    """Clusters of items `(id, text)` that are the same or nearly so; `threshold` is a Jaccard similarity.

    Raises:
        InputError: two items have the same id, or the threshold is not above 0 and at most 1.
    """
    if not 0 < threshold <= 1:
        raise InputError("threshold", f"{threshold} is no Jaccard similarity", "give a number above 0, up to 1")
    bands = Bands.reaching(threshold)
    ids: list[str] = []
    digests, keys = [b""], [np.zeros((0, bands.number), np.uint32)]
    with ShingleStore() as store:
        for found in ordered_map(partial(_look, bands=bands), batches(items), workers):
            ids += found.ids
            digests.append(found.digests)
            keys.append(found.sketches.keys)
            store.add(found.sketches.shingles, found.sketches.bounds)
        with_words = store.close_adding() > 0
        rank = _ranks(ids)
        exact = _equal(b"".join(digests), rank)
        near = _near(np.concatenate(keys), exact, with_words, rank, store, threshold)
        return Clusters(len(ids), tuple(_described(ids, exact, near, store)))


class _Looked(NamedTuple):
    ids: list[str]
    digests: bytes
    sketches: Sketches


def _look(batch: Sequence[tuple[str, str]], bands: Bands) -> _Looked:
    """What is kept of a batch of items."""
    texts = [text for _, text in batch]
    return _Looked(
        [key for key, _ in batch], b"".join(map(digest, texts)), sketch([fold(text) for text in texts], bands)
    )


def batches(items: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Items in groups that suit the processor's caches; a long text may be alone in its group."""
    batch: list[tuple[str, str]] = []
    characters = 0
    for item in items:
        batch.append(item)
        characters += len(item[1])
        if len(batch) >= BATCH_TEXTS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _ranks(ids: Sequence[str]) -> Counts:
    """The place of each id among all, sorted."""
    order = sorted(range(len(ids)), key=ids.__getitem__)
    for one, other in pairwise(order):
        if ids[one] == ids[other]:
            raise InputError(f"item {other + 1}", f"the id {ids[one]!r} was there before", "make the ids unique")
    rank = np.empty(len(ids), np.int64)
    rank[order] = np.arange(len(ids))
    return rank


def _equal(digests: bytes, rank: Counts) -> Counts:
    """For each item the one of smallest id that has the same digest."""
    parts = np.frombuffer(digests, np.uint64).reshape(-1, 2)
    order = np.lexsort((rank, parts[:, 1], parts[:, 0]))
    new = np.ones(len(order), np.bool_)
    new[1:] = (parts[order[1:]] != parts[order[:-1]]).any(axis=1)
    first = np.empty(len(order), np.int64)
    first[order] = order[np.flatnonzero(new)[np.cumsum(new) - 1]]
    return first


def _near(
    keys: NDArray[np.uint32],
    exact: Counts,
    with_words: NDArray[np.bool_],
    rank: Counts,
    store: ShingleStore,
    threshold: float,
) -> Counts:
    """For each item the one of smallest id in its cluster."""
    alone = np.flatnonzero((exact == np.arange(len(exact))) & with_words)
    alone = alone[np.argsort(rank[alone])]
    clusters = np.arange(len(exact))
    for band in range(keys.shape[1]):
        left, right = _similar_in_band(alone, keys[alone, band], clusters, store, threshold)
        clusters = _joined(clusters, left, right)
    return _smallest(clusters, rank)[exact]


def _similar_in_band(
    members: Counts, keys: NDArray[np.uint32], clusters: Counts, store: ShingleStore, threshold: float
) -> tuple[Counts, Counts]:
    """Similar pairs that share a band key and are not in one cluster yet. `members` are in the order of their ids."""
    order = np.argsort(keys, kind="stable")
    members, keys = members[order], keys[order]
    pairs: list[tuple[Counts, Counts]] = []
    for _ in range(_LEADERS):
        members, keys, leaders = _with_leaders(members, keys)
        apart = clusters[members] != clusters[leaders]
        members, keys, leaders = members[apart], keys[apart], leaders[apart]
        if not len(members):
            break
        similar = store.jaccard(leaders, members) >= threshold
        pairs.append((leaders[similar], members[similar]))
        members, keys = members[~similar], keys[~similar]
    nothing = np.zeros(0, np.int64)
    return np.concatenate([nothing, *(a for a, _ in pairs)]), np.concatenate([nothing, *(b for _, b in pairs)])


def _with_leaders(members: Counts, keys: NDArray[np.uint32]) -> tuple[Counts, NDArray[np.uint32], Counts]:
    """All members but the first of each key, their keys, and that first one."""
    new = np.ones(len(keys), np.bool_)
    new[1:] = keys[1:] != keys[:-1]
    firsts = members[new][np.cumsum(new) - 1]
    return members[~new], keys[~new], firsts[~new]


def _joined(clusters: Counts, left: Counts, right: Counts) -> Counts:
    """Cluster numbers after joining the clusters of each pair."""
    if not len(left):
        return clusters
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = len(clusters)
    edges = coo_array((np.ones(len(left), np.int8), (clusters[left], clusters[right])), shape=(size, size))
    labels: Counts = connected_components(edges, directed=False)[1].astype(np.int64)
    return labels[clusters]


def _smallest(clusters: Counts, rank: Counts) -> Counts:
    """For each item the one of smallest id in its cluster."""
    order = np.argsort(rank)[::-1]
    first = np.empty(len(clusters), np.int64)
    first[clusters[order]] = order  # the last written, the smallest id, stays
    return first[clusters]


def _described(ids: Sequence[str], exact: Counts, kept: Counts, store: ShingleStore) -> list[Duplicate]:
    repeats = np.flatnonzero(kept != np.arange(len(kept)))
    same = exact[repeats] == kept[repeats]
    similarity = np.where(same, 1.0, store.jaccard(kept[repeats], repeats))
    found = [
        Duplicate(ids[item], ids[to], "exact" if is_same else "near", round(value, 4))
        for item, to, is_same, value in zip(
            repeats.tolist(), kept[repeats].tolist(), same.tolist(), similarity.tolist(), strict=True
        )
    ]
    return sorted(found, key=lambda d: (d.kept, d.id))
