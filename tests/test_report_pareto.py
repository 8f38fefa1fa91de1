"""The Pareto front holds what nothing beats, and its figure shows every rung, the same bytes each time."""

import re
from random import Random
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.report import canvas
from thalweg.report.pareto import Pareto, Point, front, png, points, svg, svg_file
from thalweg.types import Rate


def rate(value: float | None, width: float = 0.05) -> Rate:
    if value is None:
        return Rate(value=None, low=None, high=None)
    return Rate(value=value, low=max(0.0, value - width), high=min(1.0, value + width))


SHARES = st.integers(0, 8).map(lambda k: k / 8)  # few places, so that ties are met
CLOUDS = st.lists(st.tuples(SHARES, SHARES), max_size=12).map(
    lambda places: [Point("a", size, rate(x), rate(y)) for size, (x, y) in enumerate(places)]
)


def dominates(one: Point, other: Point) -> bool:
    return one.at != other.at and one.at[0] >= other.at[0] and one.at[1] >= other.at[1]


@given(cloud=CLOUDS)
def test_the_front_is_what_nothing_dominates(cloud: list[Point]) -> None:
    assert front(cloud) == {p for p in cloud if not any(dominates(q, p) for q in cloud)}


@given(cloud=CLOUDS, new=st.tuples(SHARES, SHARES), seed=st.randoms())
def test_order_does_not_matter_and_a_dominated_point_changes_nothing(
    cloud: list[Point], new: tuple[float, float], seed: Random
) -> None:
    found = front(cloud)
    shuffled = list(cloud)
    seed.shuffle(shuffled)
    assert front(shuffled) == found
    point = Point("new", 99, rate(new[0]), rate(new[1]))
    if any(dominates(other, point) for other in cloud):
        assert front([*cloud, point]) == found
    else:
        assert point in front([*cloud, point])


def test_points_are_the_rungs_that_both_benchmarks_have() -> None:
    inside = {("a", 0): rate(0.4), ("a", 8): rate(0.5), ("b", 8): rate(0.6), ("c", 8): rate(0.7)}
    outside = {("a", 0): rate(0.9), ("a", 8): rate(0.3), ("b", 8): rate(None), ("d", 8): rate(0.2)}
    assert points(inside, outside) == [Point("a", 0, rate(0.4), rate(0.9)), Point("a", 8, rate(0.5), rate(0.3))]


def pareto(sizes: tuple[int, ...], arms: tuple[str, ...] = ("ded", "random", "all")) -> Pareto:
    found = [
        Point(arm, size, rate(0.3 + 0.01 * k + size / 5000), rate(0.6 - 0.05 * k - size / 8000))
        for k, arm in enumerate(arms)
        for size in sizes
    ]
    start = [Point(arm, 0, rate(0.37), rate(0.96)) for arm in arms]
    return Pareto("miniature", "snippets", [*start, *found], "ded")


def texts(figure: str) -> list[str]:
    tree = ElementTree.fromstring(figure)
    return ["".join(node.itertext()).strip() for node in tree.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(
    ("sizes", "beside_points"),
    [((512,), {"start": 1, "random": 1}), ((512, 2048), {"start": 1, "512": 3, "2,048": 3})],
)
def test_every_point_is_named_and_the_start_drawn_once(sizes: tuple[int, ...], beside_points: dict[str, int]) -> None:
    said = texts(svg(pareto(sizes)))
    for text, times in beside_points.items():
        in_legend = text in ("start", "random")
        assert said.count(text) == times + in_legend
    for text in ("ded", "random", "all", "Pareto front", "pass@1 on miniature", "pass@1 on snippets"):
        assert text in said


def test_figures_repeat_follow_the_page_and_stand_alone() -> None:
    plot = pareto((512, 2048))
    assert svg(plot) == svg(plot)
    assert png(plot) == png(plot)
    assert png(plot).startswith(b"\x89PNG")
    assert "currentColor" in svg(plot)
    assert svg_file(plot).startswith("<?xml")
    ElementTree.fromstring(svg_file(plot))
    assert not re.search(r"\d{4}-\d\d-\d\dT", svg_file(plot))  # no date


def test_a_point_without_an_interval_is_drawn() -> None:
    bare = Point("a", 8, Rate(value=0.5, low=None, high=None), Rate(value=0.5, low=None, high=None))
    assert "Pareto front" in svg(Pareto("x", "y", [bare], "a"))


def test_the_first_arms_look_different() -> None:
    looks = [(canvas.look(at)["color"], canvas.look(at)["marker"]) for at in range(25)]
    assert len(set(looks)) == 25
