"""The tables of `experiments.md`, made from what finished studies measured.

Every interval is a 95 % one; the intervals of one column of differences hold together. Differences whose interval
leaves out zero are bold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

from thalweg import store
from thalweg.curve.contrasts import Contrast, compare
from thalweg.curve.documents import read_scores
from thalweg.curve.fit import rung_rates
from thalweg.curve.panel import Column
from thalweg.study.ranking import Judged, Scored, Values, caution
from thalweg.suitability.columns import COLUMNS, Estimate
from thalweg.types import Outcome, Rate, Score

MINUS = "\N{MINUS SIGN}"
STAGES = {"from the base": "", "from the top rung": "top-"}
ARM_PAIRS = (
    ("easy", "hard"),
    ("easy", "random"),
    ("hard", "random"),
    ("correct", "incorrect"),
    ("correct", "random"),
    ("shuffled", "random"),
    ("swapped", "random"),
    ("answer", "random"),
)
ARMS = ("random", "easy", "hard", "correct", "incorrect", "shuffled", "swapped", "answer")
DED_PAIRS = (
    ("diverse", "random-4"),
    ("diverse", "hard-960"),
    ("diverse", "right-960"),
    ("random-4", "hard-960"),
    ("diverse", "hard"),
    ("hard", "right"),
    ("right", "all"),
    ("best-rsr", "right-960"),
)


@dataclass(frozen=True)
class Study:
    """What a finished study measured; the first benchmark is in-domain, the second out of it."""

    outcomes: Sequence[Outcome]
    scores: Sequence[Score]

    @classmethod
    def read(cls, folder: Path) -> "Study":
        """From the study's folder."""
        return cls(list(store.read(folder / "scores.parquet", Outcome)), read_scores(folder / "scores.json"))

    @cached_property
    def benchmarks(self) -> list[str]:
        """Names, the first one first."""
        return list(dict.fromkeys(row.benchmark for row in self.scores))

    @cached_property
    def arms(self) -> list[str]:
        """Names, in the order of the study file."""
        return list(dict.fromkeys(row.arm for row in self.scores))

    @cached_property
    def rates(self) -> dict[str, dict[Column, Rate]]:
        """pass@1 by benchmark and rung, over all seeds."""
        return {name: rung_rates(self.outcomes, name) for name in self.benchmarks}

    @cached_property
    def finishes(self) -> dict[Column, Rate]:
        """The share of responses that end within their budget, on the first benchmark, by rung."""
        return rung_rates(self.outcomes, self.benchmarks[0], lambda row: row.finished)

    def rung(self, arm: str) -> Column:
        """The only trained rung of an arm."""
        (size,) = {row.size for row in self.scores if row.arm == arm and row.size > 0}
        return arm, size

    def trained(self, arm: str) -> list[str]:
        """Examples, problems, optimiser steps and tokens of the arm's rung, means over seeds."""
        _, size = self.rung(arm)
        rows = [row for row in self.scores if (row.arm, row.size) == (arm, size)]
        means = (fmean(getattr(row, name) for row in rows) for name in ("distinct_problems", "steps", "tokens_trained"))
        return [f"{size:,}", *(f"{mean:,.0f}" for mean in means)]

    def compare(
        self, pairs: Sequence[tuple[str, str | None]] | Sequence[tuple[str, str]], benchmark: str | None = None
    ) -> list[Contrast]:
        """The arms' rungs against each other (against their start where that is null), told together."""
        rungs = [(self.rung(arm), (arm, 0) if other is None else self.rung(other)) for arm, other in pairs]
        return compare(self.outcomes, rungs, benchmark or self.benchmarks[0])

    @property
    def measured_on(self) -> str:
        """What stands behind the numbers."""
        first = [row for row in self.scores if row.benchmark == self.benchmarks[0]]
        seeds = len({row.seed for row in first})
        return f"n = {first[0].problems:,} problems of {first[0].benchmark}, {seeds} seed{'s' if seeds != 1 else ''}"


# --------------------------------------------------------------------------- tables


def arm_table(study: Study) -> str:
    """One line a comparison, one column a stage."""
    stages = {name: dict(zip(ARM_PAIRS, study.compare(staged(prefix)), strict=True)) for name, prefix in STAGES.items()}
    rows = [[pair_name(*pair), *(difference(found[pair]) for found in stages.values())] for pair in ARM_PAIRS]
    return table(["difference in points", *stages], rows) + _behind(study)


def staged(prefix: str) -> list[tuple[str, str]]:
    """The comparisons of one stage."""
    return [(prefix + arm, prefix + other) for arm, other in ARM_PAIRS]


def score_table(study: Study, arms: Sequence[str]) -> str:
    """One line an arm: how it was trained, what it scores, and the difference to its start."""
    first, second = study.benchmarks
    against = study.compare([(arm, None) for arm in arms])
    rows = []
    for arm, gap in zip(arms, against, strict=True):
        rung = study.rung(arm)
        rates = [percent(study.rates[first][rung]), difference(gap), percent(study.finishes[rung])]
        rows.append([arm, *study.trained(arm), *rates, percent(study.rates[second][rung])])
    heads = ["arm", "examples", "problems", "steps", "tokens", f"{first}, %", "against its start", "finishes, %"]
    return table([*heads, f"{second}, %"], rows) + _behind(study)


def contrast_table(study: Study, pairs: Sequence[tuple[str, str]]) -> str:
    """One line a comparison, one column a benchmark."""
    columns = [study.compare(pairs, name) for name in study.benchmarks]
    rows = [
        [pair_name(*pair), " / ".join(f"{study.rung(arm)[1]:,}" for arm in pair), *map(difference, found)]
        for pair, *found in zip(pairs, *columns, strict=True)
    ]
    return table(["difference in points", "examples", *study.benchmarks], rows) + _behind(study)


def smoke_table(choice: Mapping[str, Any]) -> str:
    """One line a candidate, best first, from `smoke_test.json`."""
    ranked = sorted(choice["scores"].items(), key=lambda item: -item[1])
    rows = [[name, f"{100 * value:.1f}", "chosen" if name == choice["teacher"] else ""] for name, value in ranked]
    lead = choice["lead"]
    said = f"lead over {choice['runner_up']} {points(lead['value'], lead['low'], lead['high'])} points"
    return (
        table(["candidate", "its students' pass@1, %", ""], rows)
        + f"\nn = {choice['problems']:,} problems, {choice['seeds']} seeds; {said}.\n"
    )


def teacher_table(study: Study, values: Values) -> str:
    """One line a teacher, its students' scores first, best first, and then what each column says of it."""
    names = [name for name in COLUMNS if any(name in own for own in values.values())]
    rates = {teacher: study.rates[study.benchmarks[0]][study.rung(teacher)] for teacher in values}
    ranked = sorted(values, key=lambda teacher: -(rates[teacher].value or 0.0))
    rows = [[name, percent(rates[name]), *(_value(values[name].get(column)) for column in names)] for name in ranked]
    counts = {one.n for own in values.values() for one in own.values() if one.n}
    said = " to ".join(f"{n}" for n in sorted({min(counts), max(counts)}))
    return (
        table(["teacher", "its students, %", *names], rows)
        + f"\n{study.measured_on}; columns from {said} responses of each teacher.\n"
    )


def metric_table(judged: Sequence[Judged], scored: Scored) -> str:
    """One line a column: how far its order agrees with the scores, its pick, and what the pick costs."""
    heads = ["column", "better", "Spearman with the score", "p", "measured again", "picks", "regret, points"]
    rows = [[one.column, COLUMNS[one.column].better or "–", *_agreement(one), *_pick(one)] for one in judged]
    chance = next(one.regret.chance for one in judged if one.regret is not None)
    said = f"A teacher drawn at random costs {chance:.1f} points on average. {caution(len(scored.models))}"
    return table(heads, rows) + f"\nn = {len(scored.models)} teachers. {said}\n"


def _agreement(one: Judged) -> list[str]:
    found = one.spearman
    if found.value is None or one.again is None:
        return ["–", "–", "–"]
    told = "" if found.low is None or found.high is None else f" ({found.low:.2f} to {found.high:.2f})"
    again = f"{one.again[0]:.2f} to {one.again[1]:.2f}"
    return [_minus(f"{found.value:+.2f}{told}"), "–" if found.p is None else _p(found.p), _minus(again)]


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _pick(one: Judged) -> list[str]:
    if one.regret is None:
        return ["–", "–"]
    picks = ", ".join(one.picks) if len(one.picks) <= 3 else f"{len(one.picks)} that tie"
    return [picks, f"{one.regret.value:.1f} ({one.regret.low:.1f} to {one.regret.high:.1f})"]


def _value(one: Estimate | None) -> str:
    """A column's value with its interval, to three digits."""
    if one is None:
        return "–"
    told = "" if one.low is None or one.high is None else f" ({one.low:.3g} to {one.high:.3g})"
    return _minus(f"{one.value:.3g}{told}")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def difference(found: Contrast) -> str:
    """Points with their interval, in bold where it leaves out zero."""
    text = points(found.value, found.low, found.high)
    return f"**{text}**" if found.distinct else text


def points(value: float, low: float, high: float) -> str:
    """`+3.2 (−1.0 to 7.4)`."""
    text = f"{100 * value:+.1f}"
    text = "0.0" if text in ("+0.0", "-0.0") else text
    return _minus(f"{text} ({100 * low:.1f} to {100 * high:.1f})")


def percent(rate: Rate) -> str:
    """`36.7 (29.6–44.3)`."""
    assert rate.value is not None, "a rung was graded"
    assert rate.low is not None, "a rung was graded"
    assert rate.high is not None, "a rung was graded"
    return f"{100 * rate.value:.1f} ({100 * rate.low:.1f}–{100 * rate.high:.1f})"


def _minus(text: str) -> str:
    return text.replace("-", MINUS)


def pair_name(arm: str, other: str) -> str:
    """How a comparison is written."""
    return f"{arm} {MINUS} {other}"


def _behind(study: Study) -> str:
    return f"\n{study.measured_on}.\n"
