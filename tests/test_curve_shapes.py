"""Shapes of known curves: what is told, what is left open, and the intervals of what is read off the curve."""

from collections.abc import Mapping
from math import inf

import numpy as np
import pytest

from thalweg.curve.counts import Counts, counts_of_cells
from thalweg.curve.families import Family, families
from thalweg.curve.shapes import Reach, ShapeFit, fit_shapes
from thalweg.curve.variants import SHAPES
from thalweg.errors import InputError
from thalweg.types import Cell, Cells, Rate

SIZES = (128, 256, 512, 1024, 2048)


def rung(size: int, finishing: float, passing: float, problems: int = 600, seed: int = 0) -> Counts:
    done = round(problems * finishing)
    empty = Cell(n=0, correct=0)
    cells = Cells(
        thinking_finished=Cell(n=done, correct=round(done * passing)),
        thinking_unfinished=Cell(n=problems - done, correct=0),
        direct_finished=empty,
        direct_unfinished=empty,
    )
    return counts_of_cells(cells, size=size, seed=seed)


def ladder(rates: Mapping[int, tuple[float, float]], problems: int = 600) -> list[Counts]:
    return [rung(size, *found, problems) for size, found in rates.items()]


def score_ladder(*rates: float, problems: int = 600) -> list[Counts]:
    """The start and as many of `SIZES` as there are rates left, everything finished."""
    return ladder({size: (1.0, rate) for size, rate in zip((0, *SIZES), rates, strict=False)}, problems)


@pytest.fixture(scope="module")
def valley() -> ShapeFit:
    finishing = (1.0, 0.2, 0.6, 0.9, 0.98, 1.0)
    passing = (0.4, 0.1, 0.2, 0.35, 0.5, 0.65)
    return fit_shapes(ladder(dict(zip((0, *SIZES), zip(finishing, passing, strict=True), strict=True))))


def test_a_valley_and_what_it_is_made_of(valley: ShapeFit) -> None:
    assert valley.score.told == "valley"
    assert valley.finishing.told == "valley"
    assert sum(valley.score.weights.values()) == pytest.approx(1)
    assert set(valley.score.weights) <= set(SHAPES)
    assert valley.score.chances["valley"] < 0.05
    start, floor, top = valley.predict([0, 128, 2048])
    assert (start.value, floor.value, top.value) == pytest.approx((0.4, 0.02, 0.65), abs=0.04)
    for found in (start, floor, top):
        assert found.low is not None
        assert found.value is not None
        assert found.high is not None
        assert found.low <= found.value <= found.high


def test_sizes_read_off_the_curve(valley: ShapeFit) -> None:
    back = valley.break_even()
    assert back.size == pytest.approx(675, rel=0.2)
    assert back.low is not None
    assert back.high is not None
    assert 512 < back.low < back.size < back.high < 1024  # type: ignore[operator]
    half = valley.size_for(0.5)
    assert half.size == pytest.approx(1024, rel=0.15)
    beyond = valley.size_for(0.9)
    assert (beyond.size, beyond.high) == (None, None)
    edge = valley.size_for(0.65)
    assert edge.high is None
    assert edge.low is not None


def test_a_score_that_the_smallest_rung_has_is_open_below() -> None:
    fit = fit_shapes(score_ladder(0.1, 0.5, 0.55, 0.6))
    found = fit.size_for(0.3)
    assert (found.size, found.low) == (128, None)
    assert fit.break_even() == Reach()


def test_the_curve_ends_where_the_rungs_do(valley: ShapeFit) -> None:
    for size in (64, 4096):
        with pytest.raises(InputError, match="tested are 128 to 2,048"):
            valley.predict([size])


@pytest.mark.parametrize(
    ("rates", "told"),
    [
        ((0.3, 0.3, 0.305, 0.295, 0.3, 0.3), "flat"),
        ((0.4, 0.3, 0.3, 0.305, 0.295, 0.3), "step"),
        ((0.08, 0.1, 0.25, 0.4, 0.55, 0.7), "log-linear"),
        ((0.01, 0.02, 0.03, 0.06, 0.16, 0.46), "sharper"),
        ((0.01, 0.02, 0.12, 0.5, 0.88, 0.98), "s-shaped"),
        ((0.1, 0.1, 0.5, 0.62, 0.66, 0.665), "levelling"),
        ((0.3, 0.1, 0.2, 0.3, 0.4, 0.5), "valley"),
        ((0.3, 0.25, 0.1, 0.2, 0.3, 0.4), "valley"),
    ],
)
def test_a_clear_shape_weighs_most(rates: tuple[float, ...], told: str) -> None:
    weights = fit_shapes(score_ladder(*rates, problems=3_000)).score.weights
    assert max(weights, key=lambda name: weights[name]) == told, weights


@pytest.mark.parametrize(
    "rates",
    [
        (0.1, 0.12, 0.13),  # two rungs
        (0.1, 0.11, 0.13, 0.16),  # three close ones
        (0.30, 0.28, 0.31),
    ],
)
def test_not_enough_to_tell(rates: tuple[float, ...]) -> None:
    fit = fit_shapes(score_ladder(*rates, problems=150))
    assert fit.score.told is None
    assert fit.describe()[0].startswith("Pass@1: not enough to tell (weights: ")


def test_what_is_said(valley: ShapeFit) -> None:
    score, finishing, passing, seeds = valley.describe()
    assert score.startswith("Pass@1: valley (weights: valley ")
    assert "by chance with p = 0.00" in score
    assert finishing.startswith("Finishing: ")
    assert passing.startswith("Passing once finished: ")
    assert seeds == (
        "Seeds are taken to spread by 2.0 points at a score of one half (assumed, since there is one seed)."
    )


def test_a_rung_where_nothing_finished_tells_nothing_of_passing() -> None:
    fit = fit_shapes(ladder({0: (1.0, 0.4), 128: (0.0, 0.0), 256: (0.5, 0.3), 512: (0.9, 0.5)}))
    found = fit.predict([128])[0]
    assert found.value is not None
    assert found.value < 0.02


def test_one_rung_is_fitted() -> None:
    fit = fit_shapes(score_ladder(0.3, 0.1))
    assert fit.predict([128])[0].value == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("rows", [[], [rung(0, 1.0, 0.3)], [rung(128, 1.0, 0.3), rung(256, 1.0, 0.4)]])
def test_a_start_and_a_rung_are_needed(rows: list[Counts]) -> None:
    with pytest.raises(InputError, match="need the start"):
        fit_shapes(rows)


def test_the_same_counts_give_the_same_fit() -> None:
    rows = score_ladder(0.3, 0.1, 0.3)
    assert fit_shapes(rows).predict([0, 200]) == fit_shapes(rows[::-1]).predict([0, 200])


@pytest.mark.parametrize("family", families((0.0, 0.3, 0.6, 1.0)), ids=lambda f: f"{f.name}-{f.knot}")
def test_families_start_at_what_was_measured_and_stay_rates(family: Family) -> None:
    rates = np.array([[0.3, 0.1, 0.2, 0.6], [0.9, 0.5, 0.2, 0.1]])
    theta = family.start(rates)
    found = family.rates(theta, np.linspace(0, 1, 11))
    assert found.shape == (2, 11)
    assert (found >= 0).all()
    assert (found <= 1).all()
    if family.name != "flat":
        assert found[:, [0, -1]] == pytest.approx(rates[:, [0, -1]], abs=1e-6)
    assert family.rates(theta + 1e3).max() < inf


@pytest.mark.parametrize(
    ("rungs", "names"),
    [
        (1, {"flat"}),
        (2, {"flat", "log-linear", "s-shaped"}),
        (3, {"flat", "log-linear", "s-shaped", "sharper", "levelling", "rungs"}),
        (4, {"flat", "log-linear", "s-shaped", "sharper", "levelling", "trough", "rungs"}),
    ],
)
def test_few_rungs_tell_few_families_apart(rungs: int, names: set[str]) -> None:
    assert {family.name for family in families(np.linspace(0, 1, rungs).tolist())} == names


def test_seeds_that_differ_widen_the_curve() -> None:
    def fitted(apart: float) -> Rate:
        rows = [rung(0, 1.0, 0.3, 300)]
        for size, rate in ((128, 0.2), (256, 0.3), (512, 0.4)):
            rows += [rung(size, 1.0, rate + apart * (seed - 1), 300, seed) for seed in (0, 1, 2)]
        return fit_shapes(rows).predict([256])[0]

    near, far = fitted(0.0), fitted(0.1)
    assert near.low is not None
    assert near.high is not None
    assert far.low is not None
    assert far.high is not None
    assert far.high - far.low > 1.5 * (near.high - near.low)
