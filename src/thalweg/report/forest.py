"""Contrasts as a figure: one line a comparison, the difference in points with its interval, zero in the middle.

Several series (two stages of training, say) share the lines, one mark each. Not covered: ordering the lines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from thalweg.curve.contrasts import Contrast
from thalweg.report import canvas

_LABEL = "Differences between arms"


@dataclass(frozen=True, slots=True)
class Forest:
    """What the figure shows: the lines from top to bottom, and for each series the contrasts that it has, by line."""

    benchmark: str
    lines: Sequence[str]
    series: Mapping[str, Mapping[str, Contrast]]


def svg_file(forest: Forest) -> str:
    """The figure as a file of its own."""
    return canvas.svg_file(partial(_draw, forest), _LABEL)


def png(forest: Forest) -> bytes:
    """The figure on white, 2 pixels a point."""
    return canvas.png(partial(_draw, forest))


def _draw(forest: Forest) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 1.1 + 0.36 * len(forest.lines)), layout="constrained")
    axis = figure.subplots()
    axis.grid(visible=False, axis="y")
    axis.grid(visible=True, axis="x")
    axis.axvline(0.0, color=canvas.ink(axis), linewidth=0.9)
    step = 0.6 / max(len(forest.series), 1)
    for at, (name, found) in enumerate(forest.series.items()):
        look = {"color": canvas.MAIN, "marker": "o"} if at == 0 else canvas.look(at - 1) | {"linestyle": "none"}
        below = (at - (len(forest.series) - 1) / 2) * step
        _series(axis, name, [(forest.lines.index(line) + below, c) for line, c in found.items()], **look)
    axis.set_yticks(range(len(forest.lines)), forest.lines)
    axis.set_ylim(len(forest.lines) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)
    axis.set_xlabel(f"difference of pass@1 on {forest.benchmark}, points")
    axis.legend(**canvas.legend_above(columns=4))
    return figure


def _series(axis: Any, name: str, found: Sequence[tuple[float, Contrast]], **look: Any) -> None:
    values = [100 * c.value for _, c in found]
    reach = [[100 * (c.value - c.low) for _, c in found], [100 * (c.high - c.value) for _, c in found]]
    shape = {"linestyle": "none", "markersize": 5.5, "elinewidth": 1.2, "capsize": 2.5}
    axis.errorbar(values, [at for at, _ in found], xerr=reach, label=name, **{**shape, **look, "linestyle": "none"})
