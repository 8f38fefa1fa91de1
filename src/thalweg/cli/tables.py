"""Tables that verbs print: funnels, columns, rankings of teachers, published tables computed again."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table

from thalweg.curate.funnel import Funnel
from thalweg.curate.funnel import table as funnel_rows
from thalweg.curve.correlation import Correlation
from thalweg.curve.papers.rank_surprisal import PapersRsr
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


def print_columns(rows: Sequence[Suitability]) -> None:
    """Each column over all responses of each model, with its direction."""
    values = by_model(rows)
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


def print_papers_rsr(found: PapersRsr) -> None:
    """Correlations by student, as recomputed and as printed; the next-best metric; the controls."""
    table = Table("student", box=None)
    for head in ("Spearman", "95 % interval", "p", "printed", "Pearson", "next metric", "others' scores", "regret"):
        table.add_column(head, justify="right")
    for line in found.students:
        table.add_row(
            line.student,
            _signed(line.spearman.value),
            _interval(line.spearman),
            f"{line.spearman.p:.4f}" if line.spearman.p is not None else "",
            f"{line.printed_spearman:.3f}",
            _signed(line.pearson.value),
            f"{line.rival.metric} {line.rival.value:.2f}",
            _signed(line.others_scores.value),
            f"{line.regret:.1f}",
        )
    _say(f"Rank-surprisal ratio and post-training score over 11 teachers, from arXiv {found.arxiv}, rounded tables.")
    _print(table)
    _say(
        "Negative: a low ratio goes with a high score. Printed values are without sign and from unrounded numbers. "
        "Others' scores: how well a teacher's mean score with the other students predicts its score with this one, a "
        "control that the paper does not have. Regret: points that the teacher of lowest ratio lies below the best."
    )
    told = [line for line in found.students if line.rival.told_above is not None]
    _say(
        f"The gap to the next-best metric is told from chance (5 %) for {len(told)} of {len(found.students)} students, "
        "and only if the two metrics go together closely, which the paper does not print."
    )
    gains = Table("trajectories of lowest ratio against", _right("mean gain"), _right("95 % interval (5 students)"))
    gains.box = None
    for gain in found.trajectories:
        gains.add_row(gain.selection, f"{gain.mean:+.1f}", f"{gain.low:+.1f} to {gain.high:+.1f}")
    _print(gains)
    chosen = found.chosen
    _say(
        f"Choosing among 6 teachers, mean of the two best picks over students: ratio {chosen.rsr:.1f}, "
        f"others' scores {chosen.others_scores:.1f}, oracle {chosen.oracle:.1f} (recomputed)."
    )


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
