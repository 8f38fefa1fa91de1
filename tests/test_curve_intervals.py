"""Intervals: their known values, their invariants, and their coverage in simulations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.curve_synthetic import simulated
from thalweg.curve.intervals import clustered_rate, difference, estimate, rate, simultaneous
from thalweg.curve.panel import Floats, Panel


def test_independent_problems_get_wilsons_interval() -> None:
    found = clustered_rate([True] * 30 + [False] * 70, [str(n) for n in range(100)])
    assert (found.value, found.low, found.high) == pytest.approx(
        (0.3, 0.219, 0.396), abs=2e-3
    )  # the t quantile is a little wider


@pytest.mark.parametrize(("count", "bound"), [(300, 0.0129), (100, 0.0383), (20, 0.180)])
def test_none_of_n_has_an_interval_of_some_width(count: int, bound: float) -> None:
    found = clustered_rate([False] * count, [str(n) for n in range(count)])
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(bound, abs=2e-3)
    mirrored = clustered_rate([True] * count, [str(n) for n in range(count)])
    assert mirrored.low == pytest.approx(1 - (found.high or 0))


def test_at_zero_every_cluster_counts_once() -> None:
    grouped = clustered_rate([False] * 300, [str(n // 5) for n in range(300)])
    assert grouped.high == pytest.approx(clustered_rate([False] * 60, [str(n) for n in range(60)]).high)


def test_repeats_of_a_problem_do_not_narrow_the_interval() -> None:
    once = clustered_rate([n < 30 for n in range(100)], [str(n) for n in range(100)])
    often = clustered_rate([n // 5 < 30 for n in range(500)], [str(n // 5) for n in range(500)])
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=60))
def test_a_rate_lies_inside_its_interval(rows: list[tuple[bool, int]]) -> None:
    found = clustered_rate([hit for hit, _ in rows], [str(group) for _, group in rows])
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high > found.low


def plain(values: Floats) -> Panel:
    columns, seeds, problems = values.shape
    return Panel(tuple(("a", k) for k in range(columns)), tuple(range(seeds)), values, np.arange(problems), 1, 0)


def test_pairing_narrows_a_difference() -> None:
    first = np.array([n % 2 == 0 for n in range(200)], dtype=float)
    second = np.where(np.arange(200) < 20, 1.0, first)
    paired = difference(estimate(plain(np.stack([first, second])[:, None])), 1, 0)
    shuffled = np.stack([first, np.random.default_rng(0).permutation(second)])[:, None]
    unpaired = difference(estimate(plain(shuffled)), 1, 0)
    assert paired.value == pytest.approx(unpaired.value) == pytest.approx(0.05)
    assert paired.distinct
    assert not unpaired.distinct


def test_equal_columns_differ_by_nothing_within_some_width() -> None:
    found = difference(estimate(plain(np.zeros((2, 1, 50)))), 1, 0)
    assert found.value == 0
    assert found.low < 0 < found.high
    assert not found.distinct


def test_seeds_that_disagree_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    agree = (rng.random((1, 3, 300)) < 0.5).astype(float)
    apart = (rng.random((1, 3, 300)) < np.array([0.35, 0.5, 0.65])[None, :, None]).astype(float)
    narrow, wide = rate(estimate(plain(agree)), 0), rate(estimate(plain(apart)), 0)
    assert (wide.high or 0) - (wide.low or 0) > 2 * ((narrow.high or 0) - (narrow.low or 0))


def test_simultaneous_intervals_are_wider_than_single_and_narrower_than_bonferronis() -> None:
    panel = simulated(np.random.default_rng(0), [0.4, 0.2, 0.3, 0.5], spread=0.0)
    contrasts = np.eye(4)[1:] - np.eye(4)[0]
    level = simultaneous(estimate(panel), contrasts)
    assert 0.95 < level < 1 - 0.05 / 3
    assert level == simultaneous(estimate(panel), contrasts)


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "spread"), [(1, 0.0), (3, 0.0), (3, 0.03)])
def test_intervals_cover_what_they_say(seeds: int, spread: float) -> None:
    """Nominal 95 %; 400 draws have a standard error of 1.1 %."""
    rates, rng = [0.4, 0.1, 0.3, 0.9], np.random.default_rng(1)
    covered, paired = np.zeros(4), np.zeros(3)
    for _ in range(400):
        found = estimate(simulated(rng, rates, seeds=seeds, spread=spread))
        for k, true in enumerate(rates):
            here = rate(found, k)
            covered[k] += (here.low or 0) <= true <= (here.high or 0)
        for k in range(1, 4):
            gap = difference(found, k, 0)
            paired[k - 1] += gap.low <= rates[k] - rates[0] <= gap.high
    assert (covered / 400 > 0.92).all()
    assert (paired / 400 > 0.92).all()
    assert (covered / 400).mean() < 0.99
