"""A number of each thing against its score, a panel a column: do the better ones by a metric really score better?

Things (teachers) keep colour and mark across panels; all bars are 95 % intervals. Not covered: fitted lines, since a
rank correlation is what is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from thalweg.report import canvas
from thalweg.types import Rate

_LABEL = "Metrics against scores"
_COLUMNS, _WIDTH, _HEIGHT = 5, 2.2, 2.3  # inches


@dataclass(frozen=True, slots=True)
class Panel:
    """One column: its title, and each thing's value (not a share; a `Rate` for its bounds)."""

    title: str
    values: Mapping[str, Rate]


@dataclass(frozen=True, slots=True)
class Scatters:
    """What the figure shows: the scores by thing, named `benchmark`, and the panels."""

    benchmark: str
    scores: Mapping[str, Rate]
    panels: Sequence[Panel]


def svg_file(scatters: Scatters) -> str:
    """The figure as a file of its own."""
    return canvas.svg_file(partial(_draw, scatters), _LABEL)


def png(scatters: Scatters) -> bytes:
    """The figure on white, 2 pixels a point."""
    return canvas.png(partial(_draw, scatters))


def _draw(scatters: Scatters) -> Any:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    rows = -(-len(scatters.panels) // _COLUMNS)
    figure = Figure(figsize=(_COLUMNS * _WIDTH, rows * _HEIGHT + 0.6), layout="constrained")
    axes = figure.subplots(rows, _COLUMNS, squeeze=False, sharey=True)
    looks = {name: canvas.look(at) for at, name in enumerate(scatters.scores)}
    for axis, panel in zip(axes.flat, scatters.panels, strict=False):
        for name, value in panel.values.items():
            _point(axis, name, value, scatters.scores[name], looks[name])
        axis.set_title(panel.title, fontsize=9.5)
        axis.xaxis.set_major_locator(MaxNLocator(nbins=4))
        axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    for axis in axes.flat[len(scatters.panels) :]:
        axis.set_axis_off()
    figure.supylabel(f"students' pass@1 on {scatters.benchmark}", fontsize=9.5)
    named = {
        label: handle for axis in axes.flat for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(named.values(), named.keys(), loc="outside upper center", ncols=6, fontsize=8.5, columnspacing=1.3)
    return figure


def _point(axis: Any, name: str, value: Rate, score: Rate, look: Mapping[str, Any]) -> None:
    assert value.value is not None, "a value without a number"
    assert score.value is not None, "a score without a number"
    shape = {"linestyle": "none", "markersize": 5.5, "elinewidth": 0.9, "capsize": 0.0, "label": name}
    axis.errorbar([value.value], [score.value], canvas.bars([score]), canvas.bars([value]), **{**look, **shape})
