"""Correlations over a handful of pairs: known values, exact chances, and what cannot be told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from thalweg.curve.correlation import needed, pearson, ranks, spearman

NUMBERS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=8)


@given(NUMBERS)
def test_values_are_scipys(pairs: list[tuple[int, int]]) -> None:
    x, y = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert spearman(x, y).value is None
        assert pearson(x, y).p is None
    else:
        assert spearman(x, y).value == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)
        assert pearson(x, y).value == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)


@pytest.mark.parametrize(("n", "p"), [(3, 2 / 6), (4, 2 / 24), (5, 2 / 120), (8, 2 / 40320)])
def test_a_perfect_order_is_as_likely_as_one_in_all_orders(n: int, p: float) -> None:
    found = spearman(list(range(n)), [-value for value in range(n)])
    assert [found.value, found.p] == pytest.approx([-1, p])


def test_above_nine_pairs_chance_is_drawn() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(12)
    y = x + rng.standard_normal(12)
    found = pearson(x, y)
    assert found.p == pytest.approx(stats.pearsonr(x, y).pvalue, abs=5e-3)
    assert spearman(x, x).p == pytest.approx(1 / 100_001)


# Zar, Biostatistical Analysis, table B.20 (two-sided 5 %); from n = 10 on within what drawing may miss.
@pytest.mark.parametrize(
    ("n", "least"), [(3, None), (4, None), (5, 1.0), (6, 0.886), (7, 0.786), (8, 0.738), (9, 0.7), (11, 0.618)]
)
def test_what_is_needed_is_what_the_tables_say(n: int, least: float | None) -> None:
    assert needed(n) == (None if least is None else pytest.approx(least, abs=0.01))


def test_the_interval_is_bonetts_and_wrights() -> None:
    x = list(range(11))
    y = [0, 1, 2, 3, 4, 5, 6, 7, 10, 9, 8]
    found = spearman(x, y)
    assert found.value == pytest.approx(0.9636, abs=1e-4)
    half = 1.96 * ((1 + 0.9636**2 / 2) / 8) ** 0.5
    assert (found.low, found.high) == pytest.approx((np.tanh(1.9944 - half), np.tanh(1.9944 + half)), abs=1e-3)


def test_three_pairs_have_no_interval_and_two_nothing() -> None:
    three = spearman([1, 2, 3], [1, 3, 2])
    assert three.value == pytest.approx(0.5)
    assert (three.low, three.high) == (None, None)
    assert spearman([1, 2], [1, 2]).value is None


def test_ties_share_their_rank() -> None:
    assert ranks([3.0, 1.0, 1.0, 0.5]).tolist() == [4, 2.5, 2.5, 1]
