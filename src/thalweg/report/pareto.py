"""What an arm gains where it was trained against what it keeps elsewhere: in-domain against out-of-domain scores.

A point is a rung (an arm at a size, its seeds put together). The *front* is made of the points that no other point
beats or equals on both axes while beating it on one. It is drawn through the measured rates, so a point may be on it by
luck: the 95 % intervals on both axes say how far to trust it. Not covered: more than two axes (several out-of-domain
benchmarks are one figure each).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from thalweg.report import canvas
from thalweg.types import Rate

_LABEL = "Out-of-domain against in-domain score"
_AROUND = [(7, 5), (7, -12), (-7, 5), (-7, -12), (12, -3), (-12, -3), (0, 12), (0, -19)]  # where labels may stand


@dataclass(frozen=True, slots=True)
class Point:
    """A rung's pass@1 on both benchmarks; size 0 is a start."""

    arm: str
    size: int
    inside: Rate
    outside: Rate

    @property
    def at(self) -> tuple[float, float]:
        """The measured rates."""
        assert self.inside.value is not None, "a point was measured"
        assert self.outside.value is not None, "a point was measured"
        return self.inside.value, self.outside.value


@dataclass(frozen=True, slots=True)
class Pareto:
    """What the figure shows, one point at least; `main` is the arm that is drawn on top."""

    inside: str
    outside: str
    points: Sequence[Point]
    main: str


def points(inside: Mapping[tuple[str, int], Rate], outside: Mapping[tuple[str, int], Rate]) -> list[Point]:
    """The rungs `(arm, size)` that both benchmarks have a rate of, in the order of the first."""
    shared = ((column, rate, outside[column]) for column, rate in inside.items() if column in outside)
    told = ((column, x, y) for column, x, y in shared if x.value is not None and y.value is not None)
    return [Point(arm, size, x, y) for (arm, size), x, y in told]


def front(points: Iterable[Point]) -> set[Point]:
    """The points that no other point dominates; of points at the same place, all or none."""
    found: set[Point] = set()
    best: tuple[float, float] | None = None
    for point in sorted(points, key=lambda point: point.at, reverse=True):  # from the right, the upper one first
        if best is None or point.at[1] > best[1] or point.at == best:
            found.add(point)
            best = point.at
    return found


def svg(pareto: Pareto) -> str:
    """The figure as an SVG element for a page, without XML declaration."""
    return canvas.svg(partial(_draw, pareto), _LABEL)


def svg_file(pareto: Pareto) -> str:
    """The figure as a file of its own."""
    return canvas.svg_file(partial(_draw, pareto), _LABEL)


def png(pareto: Pareto) -> bytes:
    """The figure on white, 2 pixels a point."""
    return canvas.png(partial(_draw, pareto))


def _draw(pareto: Pareto) -> Any:
    from matplotlib.figure import Figure

    assert pareto.points, "nothing to draw"
    figure = Figure(figsize=(7.6, 5.6), layout="constrained")
    axis = figure.subplots()
    axis.grid(visible=True, axis="both")
    starts = list({point.at: point for point in pareto.points if point.size == 0}.values())
    rungs = [point for point in pareto.points if point.size > 0]
    _start(axis, starts)
    _front(axis, front(pareto.points))
    arms = list(dict.fromkeys(point.arm for point in rungs))
    others = [name for name in arms if name != pareto.main]
    for at, name in enumerate(others):
        _arm(axis, [p for p in rungs if p.arm == name], **canvas.look(at))
    if pareto.main in arms:
        _arm(axis, [p for p in rungs if p.arm == pareto.main], color=canvas.MAIN, linestyle="-", marker="o")
    _axes(axis, pareto)
    _name(figure, axis, [*starts, *rungs])
    return figure


def _arm(axis: Any, rungs: Sequence[Point], *, linestyle: Any, **look: Any) -> None:
    """An arm's rungs with their intervals, joined in the order of their sizes."""
    ordered = sorted(rungs, key=lambda point: point.size)
    xs, ys = zip(*(point.at for point in ordered), strict=True)
    if len(ordered) > 1:
        axis.plot(xs, ys, linestyle=linestyle, linewidth=1.0, alpha=0.7, color=look["color"], zorder=3)
    across, along = canvas.bars([p.outside for p in ordered]), canvas.bars([p.inside for p in ordered])
    shape = {"linestyle": "none", "markersize": 6.5, "elinewidth": 0.9, "capsize": 2.0, "zorder": 4}
    axis.errorbar(xs, ys, across, along, label=ordered[0].arm, **shape, **look)


def _start(axis: Any, starts: Sequence[Point]) -> None:
    """Starts as stars, with lines that part what is gained from what is lost."""
    for point in starts:
        x, y = point.at
        across, along = canvas.bars([point.outside]), canvas.bars([point.inside])
        axis.axvline(x, color=canvas.ink(axis), linewidth=0.7, alpha=0.5)
        axis.axhline(y, color=canvas.ink(axis), linewidth=0.7, alpha=0.5)
        star = {"marker": "*", "markersize": 13, "linestyle": "none", "elinewidth": 0.9, "capsize": 2.0, "zorder": 5}
        name = "start" if point is starts[0] else None
        axis.errorbar([x], [y], across, along, color=canvas.ink(axis), label=name, **star)


def _front(axis: Any, found: set[Point]) -> None:
    """The front as a staircase, down to both axes: whatever lies under it is dominated."""
    stairs = sorted({point.at for point in found})
    if stairs:
        xs, ys = [0.0, *(x for x, _ in stairs), stairs[-1][0]], [stairs[0][1], *(y for _, y in stairs), 0.0]
        look = {"color": canvas.ink(axis), "linewidth": 1.1, "linestyle": (0, (4, 2, 1, 2)), "alpha": 0.8}
        axis.step(xs, ys, where="pre", label="Pareto front", zorder=2, **look)


def _axes(axis: Any, pareto: Pareto) -> None:
    from matplotlib.ticker import PercentFormatter

    for side, name in ((axis.xaxis, pareto.inside), (axis.yaxis, pareto.outside)):
        side.set_major_formatter(PercentFormatter(1.0, decimals=0))
        side.set_label_text(f"pass@1 on {name}")
    axis.set_xlim(*_span([point.inside for point in pareto.points]))
    axis.set_ylim(*_span([point.outside for point in pareto.points]))
    axis.legend(**canvas.legend_above(columns=5))


def _span(rates: Sequence[Rate], margin: float = 0.07) -> tuple[float, float]:
    """From the lowest bound to the highest, with a margin (a share of what is between them)."""
    bounds = [bound for rate in rates for bound in (rate.low, rate.value, rate.high) if bound is not None]
    low, high = min(bounds, default=0.0), max(bounds, default=1.0)
    room = margin * max(high - low, 0.02)
    return low - room, high + room


def _name(figure: Any, axis: Any, found: Sequence[Point]) -> None:
    """Writes beside each point which it is, where no earlier label stands."""
    several = len({point.size for point in found if point.size > 0}) > 1
    figure.draw_without_rendering()  # only then is it known where a point will lie
    taken = [box for point in found for box in _boxes(axis, point)]
    for point in found:
        text = "start" if point.size == 0 else f"{point.size:,}" if several else point.arm
        taken.append(_label(axis, text, point.at, taken))


def _label(axis: Any, text: str, at: tuple[float, float], taken: Sequence[Any]) -> Any:
    """Puts a label into the first free place around its point (into the first place if none is free)."""
    for shift in [*_AROUND, _AROUND[0]]:
        side = "left" if shift[0] > 0 else "right" if shift[0] < 0 else "center"
        label = axis.annotate(text, at, shift, textcoords="offset points", fontsize=8.5, ha=side, zorder=6)
        box = label.get_window_extent()
        if not box.count_overlaps(taken):
            break
        label.remove()
    else:
        label = axis.annotate(text, at, _AROUND[0], textcoords="offset points", fontsize=8.5, zorder=6)
    return label.get_window_extent()


def _boxes(axis: Any, point: Point) -> list[Any]:
    """What a point covers, in pixels: its mark and both intervals."""
    from matplotlib.transforms import Bbox

    (left, right), (bottom, top) = (_span([rate], 0.0) for rate in (point.inside, point.outside))
    (x, y), low, high = (axis.transData.transform(at) for at in (point.at, (left, bottom), (right, top)))
    spans = [(x - 5, y - 5, x + 5, y + 5), (low[0], y - 1, high[0], y + 1), (x - 1, low[1], x + 1, high[1])]
    return [Bbox.from_extents(*span) for span in spans]
