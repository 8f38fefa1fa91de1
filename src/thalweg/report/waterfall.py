"""The waterfall: from rung to rung, what pass@1 gained and lost, and by what.

Each rung stands as a grey bar; between two rungs float the terms of the change (`curve.composition`), each where the
one before ended, with its 95 % interval. Terms whose interval stays within 0.05 points of zero are left out. `rows`
gives the cells of the table beside it. Not covered: several arms in one figure.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from thalweg.curve.composition import KINDS, Change, Kind, Term
from thalweg.report import canvas

_LABEL = "What the change of pass@1 from rung to rung is made of"
_SMALL = 0.0005
_ROOM = 12.0  # bars that a figure has room for at least, so that few are not drawn wide
_LOOKS: dict[Kind, tuple[str, str]] = {
    "thinking": ("thinks instead of answering at once", "#009E73"),
    "finishing": ("finishes", "#E69F00"),
    "skill_thinking": ("is right once finished, thinking", "#0072B2"),
    "skill_direct": ("is right once finished, direct", "#56B4E9"),
}


def svg(changes: Sequence[Change], benchmark: str) -> str:
    """The figure as an SVG element for a page, without XML declaration."""
    return canvas.svg(partial(_draw, changes, benchmark), _LABEL)


def svg_file(changes: Sequence[Change], benchmark: str) -> str:
    """The figure as a file of its own."""
    return canvas.svg_file(partial(_draw, changes, benchmark), _LABEL)


def png(changes: Sequence[Change], benchmark: str) -> bytes:
    """The figure on white, 2 pixels a point."""
    return canvas.png(partial(_draw, changes, benchmark))


def rows(changes: Sequence[Change]) -> list[list[str]]:
    """A row a term: from, to, what it is, points with their interval; terms that the figure leaves out are out."""
    return [
        [
            f"{c.size:,}",
            f"{c.next_size:,}",
            t.label,
            f"{100 * t.value:+.1f} ({100 * t.low:+.1f} to {100 * t.high:+.1f})",
        ]
        for c in changes
        for t in _shown(c)
    ]


def _draw(changes: Sequence[Change], benchmark: str) -> Any:
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    figure = Figure(figsize=(10.0, 3.6), layout="constrained")
    axis = figure.subplots()
    ticks: list[tuple[float, str]] = []
    at = _rung(axis, 0.0, changes[0].before, changes[0].size, ticks)
    for change in changes:
        level = change.before
        for term in _shown(change):
            _term(axis, at, level, term)
            level += term.value
            at += 0.8
        at = _rung(axis, at + 0.2, change.after, change.next_size, ticks)
    axis.set_xlim(-0.8, max(at, _ROOM))
    axis.set_xticks([x for x, _ in ticks], [label for _, label in ticks])
    axis.tick_params(axis="x", length=0)
    axis.set_xlabel("training examples")
    axis.set_ylabel(f"pass@1 on {benchmark}")
    axis.set_ylim(bottom=0)
    axis.yaxis.set_major_formatter(PercentFormatter(1.0))
    _legend(axis, {term.kind for change in changes for term in _shown(change)})
    return figure


def _shown(change: Change) -> list[Term]:
    return [t for t in change.terms if abs(t.value) >= _SMALL or t.low < -_SMALL or t.high > _SMALL]


def _rung(axis: Any, at: float, value: float, size: int, ticks: list[tuple[float, str]]) -> float:
    """Draws a rung's own bar and gives the place of what comes next."""
    axis.bar([at], [value], width=0.8, color=canvas.ink(axis), alpha=0.25, linewidth=0)
    axis.annotate(f"{100 * value:.1f}", (at, value), (0, 2), textcoords="offset points", ha="center", fontsize=8)
    ticks.append((at, f"{size:,}" if size else "start"))
    return at + 1.0


def _term(axis: Any, at: float, level: float, term: Term) -> None:
    colour = _LOOKS[term.kind][1]
    axis.bar([at], [term.value], bottom=[level], width=0.62, facecolor=colour, edgecolor=colour, linewidth=0.6)
    reach = [[term.value - term.low], [term.high - term.value]]
    axis.errorbar([at], [level + term.value], reach, color=canvas.ink(axis), elinewidth=0.9, capsize=1.8, zorder=4)


def _legend(axis: Any, kinds: set[Kind]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=_LOOKS[k][1], label=_LOOKS[k][0]) for k in KINDS if k in kinds]
    if handles:
        axis.legend(handles=handles, **canvas.legend_above(columns=2), handlelength=1.2)
