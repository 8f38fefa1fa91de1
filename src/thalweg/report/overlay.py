"""Published curves to draw over one's own: points with intervals, and how they are drawn.

Sizes and scores of another student on another benchmark do not transfer; their shape may be compared. So the points are
drawn faintly, named as published, and left out of every figure that is not asked for them. Not covered: papers
that print no values by size (OpenCodeReasoning's scaling curve is a figure only).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from thalweg.curve.papers import paper
from thalweg.curve.papers.shares import Share
from thalweg.errors import InputError

CURVES = ("valley",)  # the papers that print a score by size
_GREY, _MARKS = "#8a8f98", ("x", "+", "1", "2")


@dataclass(frozen=True, slots=True)
class Point:
    """A published score (a share) at a number of examples, with its 95 % interval over the assumed responses."""

    size: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Overlay:
    """One student's published curve; size 0 is its start."""

    label: str
    points: Sequence[Point]


def overlays(name: str) -> tuple[Overlay, ...]:
    """A paper's curves, one a student.

    Raises:
        InputError: no curve of a paper of this name comes with the package.
    """
    if name not in CURVES:
        raise InputError(f"overlay {name!r}", "no such published curve", f"use {', '.join(CURVES)}")
    raw = paper(name)
    return tuple(
        Overlay(
            f"{student}, published",
            tuple(_point(size, rate, raw["assumed_n"]) for size, rate in own.items()),
        )
        for student, own in raw["scores"]["rows"].items()
    )


def overlay(name: str, student: str) -> Sequence[Point]:
    """One student's points.

    Raises:
        InputError: no such paper, or no such student in it.
    """
    found = {one.label.removesuffix(", published"): one.points for one in overlays(name)}
    if student not in found:
        raise InputError(f"overlay {name!r}", f"no student {student!r}", f"use {', '.join(found)}")
    return found[student]


def _point(size: int, value: float, n: int) -> Point:
    rate = Share(value, n).rate
    assert rate.low is not None
    assert rate.high is not None
    return Point(size, value, rate.low, rate.high)


def top(found: Sequence[Overlay]) -> float:
    """The highest upper bound; 0 without curves."""
    return max((point.high for one in found for point in one.points), default=0.0)


def draw(axis: Any, found: Sequence[Overlay], place: Callable[[float], float]) -> None:
    """Draws curves under those of the study; `place` says where a size stands on the axis."""
    for one, mark in zip(found, _MARKS, strict=False):
        values = [point.value for point in one.points]
        bars = [
            [point.value - point.low for point in one.points],
            [point.high - point.value for point in one.points],
        ]
        axis.errorbar(
            [place(point.size) for point in one.points],
            values,
            bars,
            label=one.label,
            color=_GREY,
            marker=mark,
            linestyle=(0, (1, 1)),
            linewidth=1.0,
            elinewidth=0.7,
            capsize=1.5,
            markersize=5,
            zorder=1,
        )
