"""The figure: the curve on a logarithmic axis, the four cells under it, the other benchmarks below.

Size 0, the start, stands apart on the left. Error bars are 95 % intervals. The SVG follows the page: its text and axes
take the colour of the text around it (`currentColor`), its grid the variable `--grid`; standing alone it turns light in
dark mode by itself. The same numbers give the same bytes. Not covered: interactive figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from itertools import pairwise
from math import log2
from typing import Any

from thalweg.report.rungs import Rung
from thalweg.types import ArmCurve, Cells

# Okabe and Ito's colours, told apart with any colour vision.
MAIN = "#0072B2"
CONTROLS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_THINKING, _DIRECT = (0.0, 0.447, 0.698), (0.90, 0.62, 0.0)
_DASHES: tuple[Any, ...] = ((0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))
_MARKS = ("s", "^", "D", "v", "P")
# Stand-ins that no other element uses, replaced by style sheet colours once the SVG is written.
_INK, _GRID = "#010203", "#040506"
_ALONE = "<style>svg{color:#1f2328}@media(prefers-color-scheme:dark){svg{color:#e6e8eb}}</style>"


@dataclass(frozen=True, slots=True)
class Plot:
    """What the figure shows: the first benchmark's rungs, the arm in front with its curve, the other benchmarks."""

    benchmark: str
    arm: str
    curve: ArmCurve
    rungs: Sequence[Rung]
    others: Mapping[str, Sequence[Rung]]


def svg(plot: Plot) -> str:
    """The figure as an SVG element for a page, without XML declaration."""
    out = StringIO()
    with _style(_INK, _GRID):
        _draw(plot).savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :].replace(_INK, "currentColor").replace(_GRID, "var(--grid, #8886)")
    return text.replace("<svg ", '<svg role="img" aria-label="Score by number of training examples" ', 1)


def svg_file(plot: Plot) -> str:
    """The figure as a file of its own."""
    text = svg(plot)
    at = text.index(">") + 1
    return '<?xml version="1.0" encoding="utf-8"?>\n' + text[:at] + _ALONE + text[at:]


def png(plot: Plot) -> bytes:
    """The figure on white, 2 pixels a point."""
    out = BytesIO()
    with _style("#1f2328", "#d8dce1"):
        _draw(plot).savefig(out, format="png", dpi=144, metadata={"Software": None})
    return out.getvalue()


def _style(ink: str, grid: str) -> Any:
    import matplotlib

    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": "thalweg",
        "font.size": 9.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.8,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "grid.color": grid,
        "grid.linewidth": 0.6,
        "hatch.linewidth": 0.6,
        "legend.frameon": False,
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), ink),
    }
    return matplotlib.rc_context(settings)


def _draw(plot: Plot) -> Any:
    from matplotlib.figure import Figure

    heights = [3.6, 1.7] + [1.3] * len(plot.others)
    figure = Figure(figsize=(9.2, 1.25 * sum(heights)), layout="constrained")
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    place = _Places(sorted({rung.size for rung in plot.rungs}))
    _curve(axes[0], plot, place)
    _cells(axes[1], [rung for rung in plot.rungs if rung.arm == plot.arm], place)
    for axis, (name, found) in zip(axes[2:], plot.others.items(), strict=True):
        _lines(axis, plot.arm, found, place)
        _percent_axis(axis, found, name)
    place.mark(axes[-1])
    return figure


class _Places:
    """Where sizes stand: logarithmic, the start one step to the left of the smallest."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = sizes
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
        axis.axhspan(base.low, base.high, color=_ink(axis), alpha=0.08, linewidth=0)
        axis.axhline(base.value, color=_ink(axis), linewidth=0.9, label="start, with its 95 % band")
    _lines(axis, plot.arm, plot.rungs, place)
    back = plot.curve.break_even
    if back.size is not None and base.value is not None:
        at = place(back.size)
        if back.low is not None and back.high is not None:
            axis.plot([place(back.low), place(back.high)], [base.value] * 2, color=_ink(axis), linewidth=3.2, zorder=5)
        axis.plot([at], [base.value], marker="D", markersize=6, color=_ink(axis), linestyle="none", zorder=6)
        axis.vlines(at, 0, base.value, color=_ink(axis), linewidth=0.8, linestyle=(0, (1, 2)))
        axis.annotate(f"break-even ≈ {back.size:,.0f}", (at, 0), (5, 3), textcoords="offset points", fontsize=9)
    _percent_axis(axis, plot.rungs, f"pass@1 on {plot.benchmark}")
    handles, labels = axis.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda k: labels[k] != plot.arm)
    axis.legend([handles[k] for k in order], [labels[k] for k in order], **_above(columns=5), handlelength=3)


def _lines(axis: Any, arm: str, found: Sequence[Rung], place: _Places) -> None:
    """Every arm's line; the report's own arm is drawn last, on top."""
    names = list(dict.fromkeys(rung.arm for rung in found))
    others = [name for name in names if name != arm]
    for at, name in enumerate(others):
        colour, dash = CONTROLS[at % len(CONTROLS)], _DASHES[at % len(_DASHES)]
        _line(axis, name, found, place, color=colour, linestyle=dash, marker=_MARKS[at % len(_MARKS)], front=False)
    if arm in names:
        _line(axis, arm, found, place, color=MAIN, linestyle="-", marker="o", front=True)


def _line(axis: Any, name: str, found: Sequence[Rung], place: _Places, *, front: bool, **look: Any) -> None:
    rungs = [rung for rung in found if rung.arm == name and rung.pass_at_1.value is not None]
    if not front:
        rungs = [rung for rung in rungs if rung.size > 0] or rungs  # the start is drawn once, by the arm in front
    at = [place(rung.size) for rung in rungs]
    rates = [rung.pass_at_1 for rung in rungs]
    values = [rate.value or 0.0 for rate in rates]
    bars = [
        [v - (v if r.low is None else r.low) for v, r in zip(values, rates, strict=True)],
        [(v if r.high is None else r.high) - v for v, r in zip(values, rates, strict=True)],
    ]
    weight = {"linewidth": 2.0, "markersize": 6.0} if front else {"linewidth": 1.3, "markersize": 4.5}
    axis.errorbar(at, values, bars, label=name, elinewidth=1.1, capsize=2.5, zorder=4 if front else 3, **weight, **look)
    seeds = [(place(r.size), v) for r in rungs if len(r.by_seed) > 1 for v in r.by_seed.values() if v is not None]
    if front and seeds:
        axis.plot(*zip(*seeds, strict=True), "_", color=look["color"], markersize=9, zorder=5)


def _percent_axis(axis: Any, found: Sequence[Rung], label: str) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    top = max((rung.pass_at_1.high or 0.0 for rung in found), default=1.0)
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
    axis.legend(**_above(columns=6), handlelength=1.2)


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


def _above(columns: int) -> dict[str, Any]:
    """A legend over the axes, where no line can run into it."""
    place = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "borderaxespad": 0.2}
    return {**place, "ncols": columns, "fontsize": 8.5, "columnspacing": 1.3}


def _ink(axis: Any) -> Any:
    return axis.yaxis.label.get_color()
