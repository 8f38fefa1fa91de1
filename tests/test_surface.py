"""The surface over examples and steps: it goes through points, tells steps from data, and knows what it does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.curve.learned import learned
from thalweg.curve.surface import Kernel, Point, Surface, climbing, empirical_logits, log_likelihood

KERNEL = Kernel(
    mean=-1.0, level=1.5, slope_examples=0.8, slope_steps=0.8, rise_examples=0.4, rise_steps=0.4, bump=0.3, length=1.0,
    spread=0.05,
)  # fmt: skip


def truth(examples: float, steps: float, by_examples: float, by_steps: float) -> float:
    logit = -1.0 + by_examples * np.log(examples / 512) + by_steps * np.log(steps / 192)
    return float(1 / (1 + np.exp(-logit)))


def measured(places: list[tuple[int, int]], by_examples: float, by_steps: float, n: int = 3000) -> list[Point]:
    return [Point(examples=e, steps=s, correct=n * truth(e, s, by_examples, by_steps), responses=n) for e, s in places]


DIAGONAL = [(128, 48), (256, 96), (512, 192), (1024, 384)]
MATCHED = [(128, 384), (256, 384), (512, 384)]


def test_it_goes_near_its_points() -> None:
    points = measured(DIAGONAL, 0.5, 0.5)
    surface = Surface(points, KERNEL)
    for point in points:
        found = surface.rate(point.examples, point.steps)
        assert found.low < point.correct / point.responses < found.high
        assert abs(found.value - point.correct / point.responses) < 0.02


@pytest.mark.parametrize(("by_examples", "by_steps", "better"), [(1.0, 0.05, "more"), (0.0, 1.0, "level")])
def test_matched_points_tell_steps_from_data(by_examples: float, by_steps: float, better: str) -> None:
    hour = Surface(measured(DIAGONAL + MATCHED, by_examples, by_steps), KERNEL).next_hour(512, 192, 4)
    assert hour.longer.low <= truth(512, 768, by_examples, by_steps) - truth(512, 192, by_examples, by_steps)
    if better == "more":
        assert hour.more_is_better > 0.95
        assert hour.more.value > hour.longer.value + 0.1
    else:  # data add nothing, so the two ways are the same
        assert 0.02 < hour.more_is_better < 0.98
        assert abs(hour.more.value - hour.longer.value) < 0.1


def test_without_matched_points_it_is_less_sure() -> None:
    def width(places: list[tuple[int, int]]) -> float:
        found = Surface(measured(places, 0.6, 0.3), KERNEL).gain((512, 192), (512, 768))
        return found.high - found.low

    assert width(DIAGONAL) > 1.5 * width(DIAGONAL + MATCHED)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Surfaces drawn from the kernel itself, measured with binomial noise, forecast off the diagonal."""
    rng = np.random.default_rng(3)
    places = [*DIAGONAL, (512, 768), (2048, 768)]
    prior = Surface([Point(examples=1e-9, steps=1e-9, correct=0.5, responses=1)], KERNEL)
    held = 0
    for draw in prior.logits([(float(e), float(s)) for e, s in places])[:300]:
        shown = draw + rng.normal(0, KERNEL.spread, len(draw))
        counts = rng.binomial(300, 1 / (1 + np.exp(-shown)))
        points = [
            Point(examples=e, steps=s, correct=c, responses=300) for (e, s), c in zip(places, counts, strict=True)
        ]
        found = Surface(points[:4], KERNEL).rate(*places[4])
        held += found.low <= 1 / (1 + np.exp(-draw[4])) <= found.high
    assert 0.90 <= held / 300 <= 0.99


@given(
    n=st.integers(1, 500),
    share=st.floats(0, 1),
    examples=st.floats(1, 1e6),
    steps=st.floats(1, 1e6),
)
@settings(deadline=None, max_examples=40)
def test_rates_are_shares_and_logits_are_finite(n: int, share: float, examples: float, steps: float) -> None:
    point = Point(examples=examples, steps=steps, correct=n * share, responses=n)
    logits, variances = empirical_logits([point], 0.1)
    assert np.isfinite(logits).all()
    assert (variances > 0.01).all()
    found = Surface([point], KERNEL).rate(examples, steps * 2)
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(
    ("right", "kept"),
    [([80, 20, 0, 10, 60], [3, 4, 5]), ([0, 0, 0, 10, 60], [3, 4, 5]), ([5, 10, 20, 30, 40], [1, 2, 3, 4, 5])],
)
def test_a_ladder_climbs_from_its_floor(right: list[int], kept: list[int]) -> None:
    points = [Point(examples=size, steps=size, correct=hits, responses=100) for size, hits in enumerate(right, 1)]
    assert [point.examples for point in climbing(points)] == kept
    assert climbing(points[::-1]) == climbing(points)[::-1]


def test_the_likelihood_prefers_the_kernel_that_made_the_points() -> None:
    points = measured(DIAGONAL + MATCHED, 0.4, 0.4)
    flat = Kernel(
        mean=2.0, level=0.1, slope_examples=0.01, slope_steps=0.01, rise_examples=0, rise_steps=0, bump=0.01, length=1,
        spread=0.05,
    )  # fmt: skip
    assert log_likelihood(points, KERNEL) > log_likelihood(points, flat) + 10


def test_the_shipped_kernel_is_whole() -> None:
    kernel = Kernel(**learned()["surface"])
    assert min(kernel.level, kernel.slope_examples, kernel.slope_steps, kernel.bump, kernel.length, kernel.spread) > 0
