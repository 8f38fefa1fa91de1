"""Clusters of duplicates: what they hold, what is kept, and that neither order nor processes change them."""

import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.curate import duplicates as module
from thalweg.curate.duplicates import Clusters, Duplicate, duplicates
from thalweg.curate.sketches import PERMUTATIONS, SHINGLE, Bands, sketch
from thalweg.curate.words import fold
from thalweg.errors import InputError

TEXT = " ".join(f"word{i}" for i in range(40))
OTHER = " ".join(f"thing{i}" for i in range(40))


def jaccard(one: str, other: str) -> float:
    """The definition, on words as text."""
    sets = []
    for text in (one, other):
        said = fold(text).split()
        n = min(SHINGLE, len(said))
        sets.append({b" ".join(said[i : i + n]) for i in range(len(said) - n + 1)} if n else set())
    union = sets[0] | sets[1]
    return len(sets[0] & sets[1]) / len(union) if union else 0.0


def edited(text: str, changes: int, draw: random.Random) -> str:
    said = text.split()
    for place in draw.sample(range(len(said)), changes):
        said[place] = f"new{draw.random()}"
    return " ".join(said)


def found(*items: tuple[str, str], threshold: float = 0.8) -> list[Duplicate]:
    return list(duplicates(items, threshold).duplicates)


def test_the_smallest_id_is_kept_whatever_comes_first() -> None:
    near = TEXT.replace("word39", "end")
    assert found(("c", TEXT), ("b", OTHER), ("a", TEXT.upper() + "\n"), ("d", near)) == [
        Duplicate("c", "a", "exact", 1.0),
        Duplicate("d", "a", "near", round(35 / 37, 4)),
    ]


def test_punctuation_is_no_exact_duplicate_but_a_near_one() -> None:
    assert found(("a", "Find x for x = 3 and more"), ("b", "Find x for x = -3 and more")) == [
        Duplicate("b", "a", "near", 1.0)
    ]


@pytest.mark.parametrize(
    ("texts", "kinds"),
    [
        (["", "", "?!"], ["exact"]),  # texts without words are never near each other
        (["2+2", "2 + 2", "2+2"], ["exact"]),
        (["one two", "One, two"], ["near"]),
        (["one two", "one two three"], []),
        ([], []),
        (["only"], []),
    ],
)
def test_short_texts(texts: list[str], kinds: list[str]) -> None:
    assert [d.kind for d in found(*((str(i), text) for i, text in enumerate(texts)))] == kinds


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.5, 0.7, 0.8, 0.9]))
def test_clusters_against_the_definition(seed: int, threshold: float) -> None:
    draw = random.Random(seed)
    base = [" ".join(f"{draw.choice('abcdef')}{draw.randrange(60)}" for _ in range(30)) for _ in range(4)]
    items = [(f"{i:02}", edited(draw.choice(base), draw.randrange(7), draw)) for i in range(24)]
    clusters = duplicates(items, threshold)
    texts = dict(items)
    near = {pair for pair in combinations(sorted(texts), 2) if jaccard(texts[pair[0]], texts[pair[1]]) >= threshold}
    for kept, repeats in clusters:
        members = {kept, *(d.id for d in repeats)}
        assert kept == min(members)
        reached = {kept}
        while more := {b for a, b in near | {(b, a) for a, b in near} if a in reached} - reached:
            reached |= more
        assert members <= reached, "a cluster joins what no chain of similar pairs connects"
        for d in repeats:
            assert d.similarity == pytest.approx(jaccard(texts[kept], texts[d.id]), abs=1e-4)


def test_few_similar_pairs_are_missed() -> None:
    draw = random.Random(0)
    pairs = [(edited(TEXT, 30, draw),) * 2 for _ in range(300)]
    items = [(f"{i}/{k}", edited(text, k, draw)) for i, pair in enumerate(pairs) for k, text in enumerate(pair)]
    texts = dict(items)
    similar = [i for i in range(300) if jaccard(texts[f"{i}/0"], texts[f"{i}/1"]) >= 0.7]
    together = {d.id for d in duplicates(items, 0.7).duplicates}
    assert len(similar) > 200
    assert sum(f"{i}/1" in together for i in similar) >= 0.98 * len(similar)


def test_a_bucket_may_hold_several_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every band key the same, leaders alone tell the clusters apart."""

    def one_bucket(folded: list[bytes], bands: Bands) -> object:
        real = sketch(folded, bands)
        return real._replace(keys=np.zeros_like(real.keys))

    monkeypatch.setattr(module, "sketch", one_bucket)
    texts = [" ".join(f"{k}{i}" for i in range(20)) for k in "abcdefg"]
    items = [(f"{k}{i}", text + " more" * k) for k in (0, 1) for i, text in enumerate(texts)]
    assert [(d.kept, d.id) for d in found(*items)] == [(f"0{i}", f"1{i}") for i in range(7)]


def test_neither_order_nor_processes_nor_batches_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(3)
    items = [(f"id{i}", edited(TEXT, draw.randrange(12), draw)) for i in range(200)]
    expected = duplicates(items, 0.7)
    assert 20 < len(expected.duplicates) < 200
    for turn in range(3):
        draw.shuffle(items)
        monkeypatch.setattr(module, "BATCH_TEXTS", 7 + turn)
        assert duplicates(items, 0.7, workers=2 if turn == 0 else 1) == expected


def test_reasons_for_the_funnel() -> None:
    clusters = Clusters(3, (Duplicate("b", "a", "exact", 1.0), Duplicate("c", "a", "near", 0.9)))
    assert clusters.reasons == {"b": "exact duplicate", "c": "near duplicate"}
    assert dict(clusters) == {"a": list(clusters.duplicates)}


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 1.0])
def test_bands_reach_the_threshold(threshold: float) -> None:
    bands = Bands.reaching(threshold)
    assert bands.number * bands.rows <= PERMUTATIONS
    assert bands.recall(threshold) >= 0.99
    assert Bands(PERMUTATIONS // (bands.rows + 1), bands.rows + 1).recall(threshold) < 0.99 or threshold == 1.0


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.5])
def test_no_threshold(threshold: float) -> None:
    with pytest.raises(InputError, match="Jaccard"):
        duplicates([], threshold)


def test_two_items_with_one_id() -> None:
    with pytest.raises(InputError, match=r"id 'a' was there before"):
        duplicates([("a", "one"), ("b", "two"), ("a", "three")])
