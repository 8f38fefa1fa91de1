"""What all figures share: colours, marks, error bars, and how a drawing becomes SVG or PNG.

The SVG follows the page that it stands on: its text and axes take the colour of the text around it (`currentColor`),
its grid the variable `--grid`; standing alone it turns light in dark mode by itself. The same drawing gives the same
bytes. Not covered: interactive figures.
"""

from collections.abc import Callable, Sequence
from io import BytesIO, StringIO
from typing import Any, TypeAlias

from thalweg.types import Rate

Draw: TypeAlias = Callable[[], Any]  # makes a matplotlib figure

# Okabe and Ito's colours, told apart with any colour vision.
MAIN = "#0072B2"
CONTROLS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_DASHES: tuple[Any, ...] = ((0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))
_MARKS = ("s", "^", "D", "v", "P")
# Stand-ins that no other element uses, replaced by style sheet colours once the SVG is written.
_INK, _GRID = "#010203", "#040506"
_ALONE = "<style>svg{color:#1f2328}@media(prefers-color-scheme:dark){svg{color:#e6e8eb}}</style>"


def svg(draw: Draw, label: str) -> str:
    """The figure as an SVG element for a page, without XML declaration; `label` is for those who cannot see it."""
    out = StringIO()
    with _style(_INK, _GRID):
        draw().savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :].replace(_INK, "currentColor").replace(_GRID, "var(--grid, #8886)")
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def svg_file(draw: Draw, label: str) -> str:
    """The figure as a file of its own."""
    text = svg(draw, label)
    at = text.index(">") + 1
    return '<?xml version="1.0" encoding="utf-8"?>\n' + text[:at] + _ALONE + text[at:]


def png(draw: Draw) -> bytes:
    """The figure on white, 2 pixels a point."""
    out = BytesIO()
    with _style("#1f2328", "#d8dce1"):
        draw().savefig(out, format="png", dpi=144, metadata={"Software": None})
    return out.getvalue()


def look(at: int) -> dict[str, Any]:
    """Colour, dash and mark of the arm number `at` beside the main one; the first 25 differ from each other."""
    mark = _MARKS[(at + at // len(CONTROLS)) % len(_MARKS)]
    return {"color": CONTROLS[at % len(CONTROLS)], "linestyle": _DASHES[at % len(_DASHES)], "marker": mark}


def bars(rates: Sequence[Rate]) -> list[list[float]]:
    """How far each interval reaches below and above its value; nowhere where there is none."""
    told = [(0.0 if r.value is None else r.value, r.low, r.high) for r in rates]
    return [
        [value - (value if low is None else low) for value, low, _ in told],
        [(value if high is None else high) - value for value, _, high in told],
    ]


def legend_above(columns: int) -> dict[str, Any]:
    """A legend over the axes, where no line can run into it."""
    place = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "borderaxespad": 0.2}
    return {**place, "ncols": columns, "fontsize": 8.5, "columnspacing": 1.3}


def ink(axis: Any) -> Any:
    """The colour of text."""
    return axis.yaxis.label.get_color()


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
