"""The rank-surprisal ratio: by hand, and what holds of it whatever the numbers."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.errors import InputError
from thalweg.suitability.rank_surprisal import corpus_rsr, rsr, summary
from thalweg.types import Response, Suitability, TokenStats

RESPONSE = Response(id="r", problem_id="p", model="m", text="?")
Tokens = list[tuple[float, int]]  # surprisal and rank of each
tokens = st.lists(st.tuples(st.floats(0.01, 20), st.integers(1, 100)), min_size=1, max_size=30)


def stats(some: Tokens, truncated: bool = False) -> TokenStats:
    return TokenStats(
        student="s",
        response_id="r",
        precision="fp32",
        ids=[0] * len(some),
        log_probs=[-surprisal for surprisal, _ in some],
        ranks=[rank for _, rank in some],
        entropies=[0.5] * len(some),
        truncated=truncated,
    )


def row(some: Tokens) -> Suitability:
    return summary(stats(some), RESPONSE)


def test_a_response_by_hand() -> None:
    found = row([(1.0, 1), (0.5, 2), (2.5, 9)])
    assert found.rsr == pytest.approx(12 / 4)  # Eq. 7: sums, not the mean of 1, 4 and 3.6
    assert (found.tokens, found.rank, found.entropy) == (3, 4.0, 0.5)
    assert found.surprisal == pytest.approx(4 / 3)
    assert (found.response_id, found.problem_id, found.model, found.student) == ("r", "p", "m", "s")


def test_a_corpus_by_hand() -> None:
    short, long = row([(1.0, 4)]), row([(2.0, 2)] * 3)
    assert (short.rsr, long.rsr) == (4.0, 1.0)
    # Eq. 9: (4 + 2) / (1 + 2); neither the mean of ratios (2.5) nor the pooled one (10 / 7).
    assert corpus_rsr([short, long]) == pytest.approx(2.0)


@pytest.mark.parametrize("certain", [[], [(0.0, 1)], [(0.0, 1)] * 5])
def test_without_surprise_there_is_no_ratio(certain: Tokens) -> None:
    found = row(certain)
    assert found.rsr is None
    assert (found.surprisal, found.rank) == (0.0, 1.0 if certain else 0.0)
    with pytest.raises(InputError, match="none has a token that surprises"):
        corpus_rsr([found])
    with pytest.raises(InputError, match="none has a token that surprises"):
        corpus_rsr([])


def test_a_response_without_tokens_does_not_count() -> None:
    some = row([(1.0, 4), (3.0, 2)])
    assert corpus_rsr([row([]), some]) == corpus_rsr([some])


def test_a_cut_response_says_so() -> None:
    assert summary(stats([(1.0, 1)], truncated=True), RESPONSE).truncated
    assert not row([(1.0, 1)]).truncated


@settings(deadline=None)
@given(tokens, st.randoms(use_true_random=False))
def test_the_order_of_tokens_does_not_matter(some: Tokens, order: random.Random) -> None:
    shuffled = order.sample(some, len(some))
    assert rsr(stats(shuffled)) == rsr(stats(some))


@settings(deadline=None)
@given(tokens)
def test_a_greedy_response_costs_its_length_over_its_surprisal(some: Tokens) -> None:
    found = rsr(stats([(surprisal, 1) for surprisal, _ in some]))
    assert found == pytest.approx(len(some) / math.fsum(surprisal for surprisal, _ in some))


@settings(deadline=None)
@given(tokens, st.integers(1, 5))
def test_length_alone_does_not_change_a_ratio(some: Tokens, times: int) -> None:
    assert rsr(stats(some * times)) == pytest.approx(rsr(stats(some)))


@settings(deadline=None)
@given(tokens, st.floats(1.5, 10))
def test_it_falls_as_surprisal_grows(some: Tokens, factor: float) -> None:
    surprising = rsr(stats([(factor * surprisal, rank) for surprisal, rank in some]))
    assert surprising == pytest.approx(rsr(stats(some)) / factor)  # type: ignore[operator]


@settings(deadline=None)
@given(st.lists(tokens, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_a_corpus_lies_between_its_responses_in_any_order(corpus: list[Tokens], order: random.Random) -> None:
    rows = [row(some) for some in corpus]
    ratios = [found.rsr for found in rows if found.rsr is not None]
    whole = corpus_rsr(rows)
    assert min(ratios) * (1 - 1e-9) <= whole <= max(ratios) * (1 + 1e-9)
    assert corpus_rsr(order.sample(rows, len(rows))) == whole
    assert corpus_rsr(rows * 3) == pytest.approx(whole)


@settings(deadline=None)
@given(tokens, tokens, st.integers(2, 6))
def test_a_corpus_counts_a_response_once_whatever_its_length(one: Tokens, other: Tokens, times: int) -> None:
    assert corpus_rsr([row(one * times), row(other)]) == pytest.approx(corpus_rsr([row(one), row(other)]))
