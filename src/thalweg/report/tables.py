"""The tables of a report: the rungs, and what they were trained on. Everything from outside is escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from thalweg.curve.contrasts import Contrast
from thalweg.curve.controls import Decomposition
from thalweg.curve.intervals import Difference
from thalweg.report.data import CorpusLine
from thalweg.report.rungs import Rung
from thalweg.types import Cell, Rate

_FOLD = 16  # longer tables of corpora are folded
_MINUS = "\N{MINUS SIGN}"


def rung_table(found: Sequence[Rung], caption: str) -> str:
    """One row a rung, arms apart, each rate with its 95 % interval under it."""
    heads = [
        "examples",
        "steps",
        "tokens trained",
        "pass@1, %",
        "against start",
        "finishes, %",
        "think tag, %",
        "loops, %",
        "thinks: correct / finished / cut off",
        "direct: correct / finished / cut off",
    ]
    rows = []
    for arm in dict.fromkeys(rung.arm for rung in found):
        rows.append(_heading(arm, len(heads)))
        rows.extend(_row(_rung_cells(rung)) for rung in found if rung.arm == arm)
    return _table(heads, rows, caption)


def dip_table(parts: Sequence[Decomposition]) -> str:
    """One row a size: the dip and its parts under both accounts, in points."""
    heads = ["examples", "dip", "re-fitting", "new format", "too few steps", "data"]
    rows = [
        _row([f"{p.size:,}", *(_difference(d, good=-1) for d in (p.dip, p.refitting, p.new_format, p.steps, p.data))])
        for p in parts
    ]
    caption = (
        "Losses in points, paired on the same problems, with 95 % intervals; a gain is negative. Dip = re-fitting + "
        "new format (a control arm that learns direct answers) = too few steps + data (a control arm with equal steps)."
    )
    return _table(heads, rows, caption)


def contrast_table(found: Sequence[Contrast]) -> str:
    """One row a comparison of two arms at the same size, in points."""
    heads = ["arm", "against", "examples", "difference", "problems", "seeds"]
    rows = [
        _row(
            [
                escape(c.arm),
                escape(c.against if c.against_size else "its start"),
                f"{c.size:,}",
                _difference(c),
                f"{c.problems:,}",
                f"{c.seeds:,}",
            ]
        )
        for c in found
    ]
    caption = (
        "Points of pass@1, paired on the same problems and seeds. The 95 % intervals hold all at once, so that one of "
        "many does not stand out by chance."
    )
    return _table(heads, rows, caption)


def plain_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Text in rows and columns."""
    return _table(heads, [_row(map(escape, row)) for row in rows], "")


def _rung_cells(rung: Rung) -> list[str]:
    return [
        f"{rung.size:,}",
        f"{rung.steps:,}",
        f"{rung.tokens_trained:,}",
        _rate(rung.pass_at_1) + _by_seed(rung),
        _difference(rung.against_start),
        _rate(rung.completion_rate),
        _rate(rung.think_tag_rate),
        _rate(rung.loop_rate),
        _counts(rung.cells.thinking_finished, rung.cells.thinking_unfinished),
        _counts(rung.cells.direct_finished, rung.cells.direct_unfinished) + _errors(rung),
    ]


def corpus_table(lines: Sequence[CorpusLine]) -> str:
    """One row a corpus."""
    heads = ["size", "seed", "examples", "problems", "tokens trained", "cut short", "hash"]
    rows = []
    for arm in dict.fromkeys(line.arm for line in lines):
        rows.append(_heading(arm, len(heads)))
        rows.extend(_corpus_row(line) for line in lines if line.arm == arm)
    table = _table(heads, rows, "Training rows of each rung; sizes of one arm and seed are nested.")
    if len(lines) <= _FOLD:
        return table
    return f"<details><summary>{len(lines):,} corpora</summary>{table}</details>"


def _corpus_row(line: CorpusLine) -> str:
    counts = (line.size, line.seed, line.examples, line.problems, line.tokens, line.truncated)
    return _row([*(f"{count:,}" for count in counts), f"<code>{escape(line.hash)}</code>"])


def _heading(arm: str, columns: int) -> str:
    return f'<tr class="arm"><th scope="rowgroup" colspan="{columns}">{escape(arm)}</th></tr>'


def _table(heads: Iterable[str], rows: Iterable[str], caption: str) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _rate(rate: Rate) -> str:
    if rate.value is None:
        return "–"
    if rate.low is None or rate.high is None:
        return f"{100 * rate.value:.1f}"
    return f"{100 * rate.value:.1f}<small>{100 * rate.low:.1f}–{100 * rate.high:.1f}</small>"


def _by_seed(rung: Rung) -> str:
    values = [v for v in rung.by_seed.values() if v is not None]
    if len(values) < 2 or rung.size == 0:
        return ""
    return f"<small>{' / '.join(f'{100 * v:.1f}' for v in values)}</small>"


def _difference(difference: Difference | Contrast | None, good: int = 1) -> str:
    """Points with their interval, coloured where it leaves out zero; `good` is the sign of what is welcome."""
    if difference is None:
        return "–"
    mark = "" if not difference.distinct else ' class="up"' if difference.value * good > 0 else ' class="down"'
    low, high = _signed(difference.low), _signed(difference.high)
    return f"<span{mark}>{_signed(difference.value)}</span><small>{low} to {high}</small>"


def _signed(share: float) -> str:
    text = f"{100 * share:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", _MINUS)


def _counts(finished: Cell, cut: Cell) -> str:
    return f"{finished.correct:,} / {finished.n:,} / {cut.n:,}"


def _errors(rung: Rung) -> str:
    if not rung.harness_errors:
        return ""
    return f"<small>{rung.harness_errors:,} harness error{'s' if rung.harness_errors > 1 else ''} left out</small>"
