"""Tables that verbs print: funnels, columns, rankings of teachers, published tables computed again."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Column, Table

from thalweg.curate.contamination import Contamination
from thalweg.curate.funnel import Funnel
from thalweg.curate.funnel import table as funnel_rows
from thalweg.curve.correlation import Correlation
from thalweg.curve.papers import Sheet
from thalweg.study.ranking import Judged
from thalweg.suitability.columns import COLUMNS, Estimate, by_model
from thalweg.types import Suitability
from thalweg.verbs.teachers import Ranking
from thalweg.watch import rate

_ARROWS = {"low": "lower is better", "high": "higher is better", None: "no direction"}


def print_funnel(funnel: Funnel) -> None:
    """What came in, what each stage dropped and why, what was left."""
    table = Table("stage", "dropped because", _right("dropped"), _right("left"), box=None)
    for stage, reason, number, left in funnel_rows(funnel):
        table.add_row(stage, reason, f"{number:,}" if number else "", f"{left:,}")
    _print(table)


def print_columns(rows: Sequence[Suitability], shift: float | None = None) -> None:
    """Each column over all responses of each model, with its direction; `shift` is that of one tuned student."""
    values = by_model(rows, shifts=None if shift is None else {row.model: shift for row in rows})
    table = Table("column", "better", *map(_right, values), box=None)
    for name, column in COLUMNS.items():
        found = [own.get(name) for own in values.values()]
        if any(found):
            table.add_row(name, _ARROWS[column.better], *map(_estimate, found))
    _print(table)


def print_ranking(ranking: Ranking) -> None:
    """Each model's columns and ranks; after a smoke test its student's score, and each column against the scores."""
    names = [name for name in COLUMNS if any(name in own for own in ranking.values.values())]
    table = Table("model", _right("responses"), *map(_right, names), box=None)
    if ranking.scored is not None:
        table.add_column("student's pass@1", justify="right")
    for model, own in ranking.values.items():
        cells = [_ranked(own.get(name), ranking.ranks.get(name, {}).get(model)) for name in names]
        score = [rate(ranking.scored.rate(model))] if ranking.scored is not None else []
        table.add_row(model, str(ranking.sampled[model]), *cells, *score)
    _print(table)
    _say("In brackets: rank by the column's direction, 1 is best. " + ranking.caution)
    if not ranking.common:
        _say("The models answered different problems, so differences may be the problems'.")
    if ranking.judged:
        _print(_judged(ranking.judged))


def print_contamination(found: Contamination) -> None:
    """How many texts each method found, by benchmark."""
    table = Table("benchmark", _right("problems"), *map(_right, found.methods), box=None)
    for name, counts in found.counts().items():
        table.add_row(name, f"{found.benchmarks[name]:,}", *(f"{counts[method]:,}" for method in found.methods))
    _print(table)
    _say(f"Texts found, of {found.checked:,} checked.")


def print_sheets(sheets: Iterable[Sheet]) -> None:
    """Published tables computed again."""
    for sheet in sheets:
        words, numbers = sheet.header[: sheet.text], sheet.header[sheet.text :]
        table = Table(*words, *map(_right, numbers), title=sheet.title, title_justify="left", box=None)
        for row in sheet.rows:
            table.add_row(*row)
        _print(table)
        for note in sheet.notes:
            _say(note)
        Console().print()


def _judged(judged: Sequence[Judged]) -> Table:
    table = Table("column", "better", _right("Spearman with score"), _right("p"), "picks", _right("regret, points"))
    table.box = None
    for one in judged:
        regret = f"{one.regret.value:.1f} [{one.regret.low:.1f}, {one.regret.high:.1f}]" if one.regret else ""
        p = f"{one.spearman.p:.3f}" if one.spearman.p is not None else ""
        spearman = f"{_signed(one.spearman.value)} {_interval(one.spearman)}".strip()
        table.add_row(one.column, _ARROWS[COLUMNS[one.column].better], spearman, p, ", ".join(one.picks), regret)
    return table


def _estimate(found: Estimate | None) -> str:
    if found is None:
        return ""
    value = f"{found.value:.3g}" if abs(found.value) < 1000 else f"{found.value:,.0f}"
    return value if found.low is None else f"{value} [{found.low:.3g}, {found.high:.3g}]"


def _ranked(found: Estimate | None, rank: float | None) -> str:
    if found is None:
        return ""
    return f"{found.value:.3g}" + (f" ({rank:g})" if rank is not None else "")


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}"


def _interval(one: Correlation) -> str:
    return "" if one.low is None or one.high is None else f"[{one.low:+.2f}, {one.high:+.2f}]"


def _right(name: str) -> Column:
    return Column(name, justify="right")


def _print(table: Table) -> None:
    Console().print(table)


def _say(text: str) -> None:
    Console().print(text, highlight=False, style="dim")
