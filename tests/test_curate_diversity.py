"""Farthest P of M: the choice equals a plain one over all pairs, in whatever order texts come."""

import random
from collections.abc import Callable, Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.curate.diversity import _Distances, farthest


def plain_distance(one: Sequence[object], other: Sequence[object]) -> float:
    """Levenshtein's distance by the textbook's table, divided by the longer length."""
    row = list(range(len(other) + 1))
    for down, left in enumerate(one, 1):
        above, row[0] = row[0], down
        for across, right in enumerate(other, 1):
            above, row[across] = row[across], min(row[across] + 1, row[across - 1] + 1, above + (left != right))
    return row[-1] / max(len(one), len(other), 1)


def plainly(texts: Sequence[Sequence[object]], p: int, distance: Callable[..., float]) -> list[int]:
    """Greedy max-min over all pairs of distinct texts, sorted: the earliest of equals."""
    apart = {pair: distance(texts[pair[0]], texts[pair[1]]) for pair in combinations(range(len(texts)), 2)}
    first = max(apart.items(), key=lambda item: (item[1], -item[0][0], -item[0][1]))[0]
    chosen = list(first)[:p]
    while len(chosen) < min(p, len(texts)):
        left = [at for at in range(len(texts)) if at not in chosen]
        nearest = {at: min(apart[min(at, c), max(at, c)] for c in chosen) for at in left}
        chosen.append(max(left, key=lambda at: (nearest[at], -at)))
    return chosen


words = st.text(alphabet="abc", max_size=12)


@settings(deadline=None)
@given(st.lists(words, min_size=2, max_size=8, unique=True).map(sorted), st.integers(1, 9))
def test_the_choice_is_the_plain_one(texts: list[str], p: int) -> None:
    assert farthest(texts, p, threads=1) == plainly(texts, p, plain_distance)


@settings(deadline=None)
@given(st.lists(words, max_size=8), st.integers(1, 9), st.randoms(use_true_random=False))
def test_the_order_in_which_texts_come_does_not_matter(texts: list[str], p: int, rng: random.Random) -> None:
    shuffled = rng.sample(texts, len(texts))
    assert [texts[at] for at in farthest(texts, p)] == [shuffled[at] for at in farthest(shuffled, p)]


@settings(deadline=None)
@given(st.lists(words, max_size=8), st.integers(1, 8))
def test_places_are_told_once_and_those_for_p_come_first_for_more(texts: list[str], p: int) -> None:
    chosen = farthest(texts, p)
    assert len(set(chosen)) == len(chosen) == min(p, len(texts))
    assert set(chosen) <= set(range(len(texts)))
    assert farthest(texts, p + 1)[:p] == chosen
    assert sorted(farthest(texts, len(texts) + 1)) == list(range(len(texts)))


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), max_size=9), min_size=1, max_size=7), st.integers(1, 8))
def test_tokens_are_compared_as_characters_are(texts: list[list[int]], p: int) -> None:
    assert farthest(texts, p) == farthest(["".join("abcd"[unit] for unit in text) for text in texts], p)


def long_texts(seed: int) -> list[list[int]]:
    """Long enough for bounds: unlike lengths, shifted copies, edited copies, shared middles."""
    rng = random.Random(seed)
    base = [rng.randrange(50) for _ in range(900)]
    texts = [base, base[37:] + base[:37], base[:300] + base[600:], base[::-1]]
    texts += [[unit if rng.random() > share else 99 for unit in base] for share in (0.05, 0.3, 0.6)]
    texts += [[rng.randrange(50) for _ in range(rng.randrange(520, 900))] + base[200:500] for _ in range(6)]
    return sorted(texts)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("worth", [True, False])
@pytest.mark.parametrize("threads", [1, 3])
def test_bounds_do_not_change_the_choice_among_long_texts(
    seed: int, threads: int, worth: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rapidfuzz.distance import Levenshtein

    monkeypatch.setattr(_Distances, "_worth", lambda *_: worth)
    texts = long_texts(seed)
    assert farthest(texts, 5, threads=threads) == plainly(texts, 5, Levenshtein.normalized_distance)


def test_bounds_are_worth_it_where_they_rule_a_pair_out() -> None:
    rng = random.Random(0)
    base = [rng.randrange(50) for _ in range(600)]
    near, far = base[:590] + [99] * 10, [rng.randrange(100, 150) for _ in range(600)]
    assert _Distances([base, far, far[::-1], near], 1)._worth(3)
    # Two texts and their turns: each bound is far above what turning really costs.
    turned = [base[at:] + base[:at] for at in (0, 101, 202, 303)]
    assert not _Distances(turned, 1)._worth(20)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_bounds_do_not_change_the_choice_where_bounds_are_tight(seed: int, p: int) -> None:
    # Few distinct tokens and few edits: many near ties, and bounds that equal distances.
    from rapidfuzz.distance import Levenshtein

    rng = random.Random(seed)
    base = [rng.randrange(3) for _ in range(600)]
    texts = sorted({tuple(rng.randrange(3) if rng.random() < 0.02 else unit for unit in base) for _ in range(6)})
    assert farthest(texts, p, threads=2) == plainly(texts, p, Levenshtein.normalized_distance)


def test_copies_are_taken_last() -> None:
    assert farthest(["same", "other", "same", "same"], 3) == [1, 0, 2]
    assert farthest(["", "", "a"], 2) == [0, 2]
    assert farthest([], 2) == []


def test_fewer_than_one_cannot_be_asked_for() -> None:
    with pytest.raises(AssertionError):
        farthest(["a"], 0)
