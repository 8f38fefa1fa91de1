"""Orders: byte for byte what they were, nested, blind to how the pool came, uniform over a problem's responses."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.curation import response
from thalweg.curate.subsets import by_problem, mixed, nested_order, picked_order


def test_the_order_of_earlier_studies_stands() -> None:
    order = [f"{r.problem_id}/{r.sample}" for r in nested_order([response(n, s) for n in range(4) for s in (0, 1)], 7)]
    assert order == ["3/1", "0/1", "1/0", "1/1", "2/1", "2/0", "3/0", "0/0"]


def test_models_under_one_sample_number_are_spread_out() -> None:
    pool = [response(n, model=model) for n in range(200) for model in ("t", "u", "v")]
    order = nested_order(pool, 0)
    together = sum(one.problem_id == other.problem_id for one, other in pairwise(order))
    assert together < 20  # two in 599 by chance; 400 if a problem's responses stood side by side
    assert [r for r in order if r.model == "t"] == nested_order([r for r in pool if r.model == "t"], 0)


@given(st.sets(st.tuples(st.integers(0, 40), st.integers(0, 4)), min_size=1), st.integers(0, 3), st.randoms())
def test_picked_order_is_nested_in_the_number_of_picks(keys: set[tuple[int, int]], seed: int, random: Random) -> None:
    groups = list(by_problem(response(*key) for key in keys).values())
    random.shuffle(groups)
    order = picked_order(groups, seed)
    assert sorted(r.id for r in order) == sorted(f"t/{n}/{s}" for n, s in keys)
    firsts = picked_order([group[:1] for group in groups], seed)
    assert firsts == [r for r in order if any(r is group[0] for group in groups)]


@given(st.sets(st.tuples(st.integers(0, 40), st.integers(0, 4)), min_size=1), st.integers(0, 3))
def test_together_keeps_the_order_of_problems(keys: set[tuple[int, int]], seed: int) -> None:
    groups = by_problem(response(*key) for key in keys)
    order = picked_order(groups.values(), seed, together=True)
    firsts = picked_order([group[:1] for group in groups.values()], seed)
    assert order == [r for first in firsts for r in groups[first.problem_id]]


@given(
    st.dictionaries(st.sampled_from("abcde"), st.integers(1, 99), min_size=1),
    st.integers(0, 400),
)
def test_every_rung_of_a_mix_holds_the_shares_to_within_one(parts: dict[str, int], length: int) -> None:
    total = sum(parts.values())
    shares = {name: part / total for name, part in parts.items()}
    pool = {name: [response(n, model=name) for n in range(length)] for name in parts}
    order = mixed(pool, shares)
    assert len(order) >= length
    seen: Counter[str] = Counter()
    for size, row in enumerate(order, start=1):
        seen[row.model] += 1
        assert all(abs(seen[name] - size * share) < 1 + 1e-6 for name, share in shares.items())
    for name in parts:
        assert [r for r in order if r.model == name] == pool[name][: seen[name]]


@pytest.mark.parametrize(
    ("shares", "lengths", "order"),
    [
        ({"a": 0.5, "b": 0.5}, (3, 3), "ababab"),
        ({"a": 0.75, "b": 0.25}, (9, 2), "aaabaaabaaa"),
        ({"a": 0.5, "b": 0.5}, (1, 9), "ab"),
        ({"a": 1.0}, (2,), "aa"),
    ],
)
def test_mixes(shares: dict[str, float], lengths: tuple[int, ...], order: str) -> None:
    pool = {
        name: [response(n, model=name) for n in range(length)] for name, length in zip(shares, lengths, strict=True)
    }
    assert "".join(r.model for r in mixed(pool, shares)) == order
