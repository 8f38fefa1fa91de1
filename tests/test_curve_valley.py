"""Valleys found, not found, and not told; break-even."""

import numpy as np
import pytest

from tests.curve_synthetic import simulated
from thalweg.curve.break_even import break_even, crossing
from thalweg.curve.intervals import estimate
from thalweg.curve.panel import Panel
from thalweg.curve.valley import look

SIZES = [0, 32, 128, 512, 1024, 2048, 8192]
DEEP = [0.37, 0.05, 0.02, 0.10, 0.25, 0.50, 0.85]


@pytest.mark.parametrize(
    ("rates", "detected", "floor", "note"),
    [
        (DEEP, True, 2, None),
        ([0.4, 0.1, 0.7, 0.05], True, 1, None),  # a later collapse is lower, but nothing rises after it
        ([0.2, 0.4, 0.6, 0.8], False, None, "never below its start"),
        ([0.6, 0.4, 0.2, 0.1], False, 3, "does not rise again"),
        ([0.6, 0.18, 0.23], False, 1, "not enough to tell whether it rises again"),
        ([0.6], False, None, "no rung is trained yet"),
    ],
)
def test_what_is_seen(rates: list[float], detected: bool, floor: int | None, note: str | None) -> None:
    sight = look(estimate(simulated(np.random.default_rng(3), rates, spread=0.0)))
    assert (sight.detected, sight.floor) == (detected, floor)
    assert sight.note is None if note is None else note in (sight.note or "")


def test_a_small_dip_is_not_told_and_the_note_says_how_many_problems_would_do() -> None:
    sight = look(estimate(simulated(np.random.default_rng(0), [0.40, 0.36, 0.41], groups=60, size=1, spread=0.0)))
    assert not sight.detected
    assert "not enough to tell whether it falls below its start" in (sight.note or "")
    assert "problems would do" in (sight.note or "")


def test_the_number_of_problems_it_asks_for_would_do() -> None:
    few = look(estimate(simulated(np.random.default_rng(1), [0.4, 0.3, 0.4], groups=50, size=1, spread=0.0)))
    assert "about" in (few.note or "")
    asked = int((few.note or "").split("about ")[1].split()[0].replace(",", ""))
    rng = np.random.default_rng(2)
    rates = [0.4, 0.4 - float((few.note or "").split("start: ")[1].split()[0]) / 100, 0.4]
    notes = [look(estimate(simulated(rng, rates, groups=asked, size=1, spread=0.0))).note for _ in range(40)]
    sunk = sum("falls below" not in (note or "") or "rises again" in (note or "") for note in notes)
    assert sunk >= 24  # 80 % power is meant; the few problems' own spread is an estimate


def test_seeds_that_disagree_ask_for_seeds() -> None:
    start = np.tile([1.0, 0.0, 1.0, 0.0], 100)
    rung = np.stack([np.tile([0.0, 0.0, 1.0, 0.0], 100), np.tile([1.0, 0.0, 1.0, 0.0], 100)])
    values = np.stack([np.stack([start, start]), rung])
    panel = Panel((("a", 0), ("a", 8)), (0, 1), values, np.arange(400), 1, 0)
    assert "more seeds" in (look(estimate(panel)).note or "")


@pytest.mark.slow
def test_a_flat_curve_seldom_shows_a_valley_and_a_deep_one_always_does() -> None:
    rng = np.random.default_rng(2)
    for seeds, spread in [(1, 0.0), (3, 0.03)]:
        flat = [look(estimate(simulated(rng, [0.4] * 7, seeds=seeds, spread=spread))).detected for _ in range(150)]
        deep = [look(estimate(simulated(rng, DEEP, seeds=seeds, spread=spread))).detected for _ in range(30)]
        assert sum(flat) <= 7
        assert all(deep)


@pytest.mark.parametrize(
    ("rates", "floor", "expected"),
    [
        ([0.4, 0.1, 0.4], 1, 128.0),
        ([0.4, 0.2, 0.6], 1, 64.0),  # half-way between 32 and 128 in the logarithm
        ([0.4, 0.1, 0.3], 1, float("inf")),
        ([0.1, 0.2, 0.3], 1, 32.0),
    ],
)
def test_the_crossing_is_straight_in_the_logarithm(rates: list[float], floor: int, expected: float) -> None:
    assert crossing([0, 32, 128], np.array(rates), floor) == pytest.approx(expected)


def test_break_even_has_an_interval_and_repeats() -> None:
    panel = simulated(np.random.default_rng(0), DEEP, spread=0.02, seeds=3)
    found = break_even(SIZES, estimate(panel), 2)
    assert found.size is not None
    assert found.low is not None
    assert found.high is not None
    assert 900 < found.low < found.size < found.high < 2048
    assert found == break_even(SIZES, estimate(panel), 2)


def test_an_upper_bound_beyond_the_ladder_is_null() -> None:
    panel = simulated(np.random.default_rng(4), [0.4, 0.1, 0.42], groups=60, size=1, spread=0.0)
    measured = estimate(panel)
    assert measured.rates[2] >= measured.rates[0]
    found = break_even([0, 32, 128], measured, 1)
    assert found.size is not None
    assert found.high is None


def test_a_curve_that_does_not_come_back_has_no_break_even() -> None:
    panel = simulated(np.random.default_rng(0), [0.6, 0.1, 0.3], spread=0.0)
    found = break_even([0, 32, 128], estimate(panel), 1)
    assert (found.size, found.low, found.high) == (None, None, None)


@pytest.mark.slow
def test_the_break_even_interval_covers() -> None:
    rng, true = np.random.default_rng(6), crossing(SIZES, np.array(DEEP), 2)
    covered = 0
    for _ in range(100):
        panel = simulated(rng, DEEP, spread=0.0)
        found = break_even(SIZES, estimate(panel), 2)
        covered += (found.low or 0) <= true <= (found.high or np.inf)
    assert covered >= 89
