"""The figure: the curve on a logarithmic axis, the four cells under it, the other benchmarks below.

Size 0, the start, stands apart on the left. Error bars are 95 % intervals. How it becomes SVG and PNG is `canvas.py`.
Not covered: interactive figures.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import log2
from typing import Any

from thalweg.report import canvas, overlay
from thalweg.report.overlay import Overlay
from thalweg.report.rungs import Rung
from thalweg.types import ArmCurve, Cells

_THINKING, _DIRECT = (0.0, 0.447, 0.698), (0.90, 0.62, 0.0)
_APART = 1.5  # marks on the axis closer than this would write over each other
_LABEL = "Score by number of training examples"


@dataclass(frozen=True, slots=True)
class Plot:
    """What the figure shows: the first benchmark's rungs, the arm in front with its curve, the other benchmarks, and
    published curves to draw behind."""

    benchmark: str
    arm: str
    curve: ArmCurve
    rungs: Sequence[Rung]
    others: Mapping[str, Sequence[Rung]]
    published: Sequence[Overlay] = ()


def svg(plot: Plot) -> str:
    """The figure as an SVG element for a page, without XML declaration."""
    return canvas.svg(partial(_draw, plot), _LABEL)


def svg_file(plot: Plot) -> str:
    """The figure as a file of its own."""
    return canvas.svg_file(partial(_draw, plot), _LABEL)


def png(plot: Plot) -> bytes:
    """The figure on white, 2 pixels a point."""
    return canvas.png(partial(_draw, plot))


def _draw(plot: Plot) -> Any:
    from matplotlib.figure import Figure

    heights = [3.6, 1.7] + [1.3] * len(plot.others)
    figure = Figure(figsize=(9.2, 1.25 * sum(heights)), layout="constrained")
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    published = {point.size for curve in plot.published for point in curve.points}
    place = _Places(sorted({rung.size for rung in plot.rungs}), published)
    _curve(axes[0], plot, place)
    _cells(axes[1], [rung for rung in plot.rungs if rung.arm == plot.arm], place)
    for axis, (name, found) in zip(axes[2:], plot.others.items(), strict=True):
        _lines(axis, plot.arm, found, place)
        _percent_axis(axis, found, name)
    place.mark(axes[-1])
    return figure


class _Places:
    """Where sizes stand: logarithmic, the start one step to the left of the smallest. Of published sizes only those
    beyond the study's own are marked."""

    def __init__(self, sizes: Sequence[int], published: Set[int] = frozenset()) -> None:
        self.sizes = sorted({*sizes, *(size for size in published if size > _APART * max(sizes))})
        trained = [size for size in sizes if size > 0]
        self._at = {size: log2(size) for size in trained}
        ordered = list(self._at.values())
        gaps = [b - a for a, b in pairwise(ordered)]
        self.step = min(gaps, default=1.0)
        self.zero = (ordered[0] if ordered else 0.0) - max(1.3 * self.step, 0.14 * (sum(gaps) or 1.0))
        self._at[0] = self.zero

    def __call__(self, size: float) -> float:
        return self._at[0] if size == 0 else log2(size)

    def mark(self, axis: Any) -> None:
        axis.set_xticks([self(size) for size in self.sizes], [f"{size:,}" for size in self.sizes])
        axis.minorticks_off()
        axis.set_xlabel("training examples (logarithmic; 0 is the start)")
        ends = [self(size) for size in self.sizes]
        axis.set_xlim(min(ends) - 0.6 * self.step, max(ends) + 0.6 * self.step)


def _curve(axis: Any, plot: Plot, place: _Places) -> None:
    base = plot.curve.base
    if base.value is not None:
        axis.axhspan(base.low, base.high, color=canvas.ink(axis), alpha=0.08, linewidth=0)
        axis.axhline(base.value, color=canvas.ink(axis), linewidth=0.9, label="start, with its 95 % band")
    _lines(axis, plot.arm, plot.rungs, place)
    overlay.draw(axis, plot.published, place)
    back = plot.curve.break_even
    if back.size is not None and base.value is not None:
        at = place(back.size)
        if back.low is not None and back.high is not None:
            axis.plot(
                [place(back.low), place(back.high)], [base.value] * 2, color=canvas.ink(axis), linewidth=3.2, zorder=5
            )
        axis.plot([at], [base.value], marker="D", markersize=6, color=canvas.ink(axis), linestyle="none", zorder=6)
        axis.vlines(at, 0, base.value, color=canvas.ink(axis), linewidth=0.8, linestyle=(0, (1, 2)))
        axis.annotate(f"break-even ≈ {back.size:,.0f}", (at, 0), (5, 3), textcoords="offset points", fontsize=9)
    _percent_axis(axis, plot.rungs, f"pass@1 on {plot.benchmark}", overlay.top(plot.published))
    handles, labels = axis.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda k: labels[k] != plot.arm)
    axis.legend(
        [handles[k] for k in order],
        [labels[k] for k in order],
        **canvas.legend_above(columns=3 if plot.published else 5),
        handlelength=3,
    )


def _lines(axis: Any, arm: str, found: Sequence[Rung], place: _Places) -> None:
    """Every arm's line; the report's own arm is drawn last, on top."""
    names = list(dict.fromkeys(rung.arm for rung in found))
    others = [name for name in names if name != arm]
    for at, name in enumerate(others):
        _line(axis, name, found, place, front=False, **canvas.look(at))
    if arm in names:
        _line(axis, arm, found, place, color=canvas.MAIN, linestyle="-", marker="o", front=True)


def _line(axis: Any, name: str, found: Sequence[Rung], place: _Places, *, front: bool, **look: Any) -> None:
    rungs = [rung for rung in found if rung.arm == name and rung.pass_at_1.value is not None]
    if not front:
        rungs = [rung for rung in rungs if rung.size > 0] or rungs  # the start is drawn once, by the arm in front
    at = [place(rung.size) for rung in rungs]
    rates = [rung.pass_at_1 for rung in rungs]
    values = [rate.value or 0.0 for rate in rates]
    weight = {"linewidth": 2.0, "markersize": 6.0} if front else {"linewidth": 1.3, "markersize": 4.5}
    axis.errorbar(
        at,
        values,
        canvas.bars(rates),
        label=name,
        elinewidth=1.1,
        capsize=2.5,
        zorder=4 if front else 3,
        **weight,
        **look,
    )
    seeds = [(place(r.size), v) for r in rungs if len(r.by_seed) > 1 for v in r.by_seed.values() if v is not None]
    if front and seeds:
        axis.plot(*zip(*seeds, strict=True), "_", color=look["color"], markersize=9, zorder=5)


def _percent_axis(axis: Any, found: Sequence[Rung], label: str, at_least: float = 0.0) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    top = max(at_least, max((rung.pass_at_1.high or 0.0 for rung in found), default=1.0))
    axis.set_ylim(-0.02 * top, min(1.02, max(1.12 * top, 0.02)))
    axis.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axis.yaxis.set_major_formatter(PercentFormatter(1.0))
    axis.set_ylabel(label)


def _cells(axis: Any, ladder: Sequence[Rung], place: _Places) -> None:
    """Stacked shares of the four cells; what is correct within a finished cell stands in full colour."""
    from matplotlib.ticker import PercentFormatter

    at = [place(rung.size) for rung in ladder]
    bottom = [0.0] * len(ladder)
    for label, colour, alpha, hatch, count in _LAYERS:
        shares = [count(rung.cells) / max(_responses(rung.cells), 1) for rung in ladder]
        axis.bar(
            at,
            shares,
            bottom=bottom,
            width=0.62 * place.step,
            facecolor="none" if hatch else (*colour, alpha),  # an SVG hatch takes on the transparency of its fill
            edgecolor=colour,
            linewidth=[0.5 if share else 0.0 for share in shares],
            hatch=hatch,
            label=label,
        )
        bottom = [low + share for low, share in zip(bottom, shares, strict=True)]
    axis.grid(visible=False)
    axis.set_ylim(0, 1)
    axis.yaxis.set_major_formatter(PercentFormatter(1.0))
    axis.set_ylabel("responses")
    axis.legend(**canvas.legend_above(columns=6), handlelength=1.2)


_LAYERS: tuple[Any, ...] = (
    ("thinks, correct", _THINKING, 1.0, None, lambda c: c.thinking_finished.correct),
    ("thinks, wrong", _THINKING, 0.4, None, lambda c: c.thinking_finished.n - c.thinking_finished.correct),
    ("thinks, unfinished", _THINKING, 0.0, "////", lambda c: c.thinking_unfinished.n),
    ("direct, correct", _DIRECT, 1.0, None, lambda c: c.direct_finished.correct),
    ("direct, wrong", _DIRECT, 0.4, None, lambda c: c.direct_finished.n - c.direct_finished.correct),
    ("direct, unfinished", _DIRECT, 0.0, "////", lambda c: c.direct_unfinished.n),
)


def _responses(cells: Cells) -> int:
    return cells.thinking_finished.n + cells.thinking_unfinished.n + cells.direct_finished.n + cells.direct_unfinished.n
