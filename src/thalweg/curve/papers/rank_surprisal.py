"""The published tables of the rank-surprisal ratio (RSR, arXiv 2601.14249) computed again, with what they can tell.

Four questions: does the correlation with post-training scores come out of the tables (`students`); is it larger than
the next-best metric's (`StudentLine.rival`); does choosing trajectories by RSR gain (`trajectories`); what would
choosing a teacher by it have cost (`StudentLine.regret`, `chosen`). And a control that the paper does not have: how
well a teacher's mean score with the *other* students predicts its score with this one (`StudentLine.others_scores`).

Limits of the tables: 11 teachers; they are the same ones for all 5 students, which are therefore not 5 independent
tests; numbers are rounded; other metrics' values by teacher, signs and seeds' spread are not printed.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from thalweg.curve.correlation import Correlation, pearson, ranks, spearman
from thalweg.curve.intervals import t_quantile
from thalweg.curve.panel import Floats
from thalweg.curve.papers import paper

_CHOSEN = "RSR, lowest"
_WORST = 3  # the same three under every student, apart from the others


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """The metric with the next-largest printed |Spearman|. With 11 teachers the gap is told from chance (5 %, Meng's
    test of dependent correlations) only if the two metrics correlate above `told_above` with each other, which the
    paper does not print (null: never); `p` is what it would be if they did not correlate."""

    metric: str
    value: float
    p: float
    told_above: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentLine:
    """One student: correlations over teachers of RSR with the score, as recomputed and as printed (without sign).

    Beside it, Spearman's coefficient among all but the three teachers of highest RSR (`without_worst`), and of three
    controls: the teacher's own score, and its mean score and mean RSR with the other students. `pick` is the teacher
    of lowest RSR, `regret` how many points it lies below the best.

    `attainable` is the range of Spearman's coefficient over unrounded numbers that would be printed as the tables are:
    a printed coefficient outside it does not come from these tables.
    """

    student: str
    spearman: Correlation
    attainable: tuple[float, float]
    without_worst: Correlation
    printed_spearman: float
    pearson: Correlation
    printed_pearson: float
    teacher_performance: Correlation
    others_scores: Correlation
    others_rsr: Correlation
    rival: Rival
    pick: str
    best: str
    regret: float


@dataclass(frozen=True, slots=True)
class Gain:
    """RSR's trajectories against another selection: points by student, their mean and its 95 % interval over the
    students (t, n = 5)."""

    selection: str
    by_student: tuple[float, ...]
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Choosing one of 6 teachers: the mean score of the two best picks over students, as printed (200 responses a
    teacher), and recomputed from the tables for RSR on whole data sets, for the teacher's mean score with the other
    students, and for an oracle."""

    printed: Mapping[str, float]
    rsr: float
    others_scores: float
    oracle: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PapersRsr:
    """Everything that `thalweg papers rsr` prints."""

    arxiv: str
    sources: tuple[str, ...]
    students: tuple[StudentLine, ...]
    trajectories: tuple[Gain, ...]
    chosen: Chosen


@dataclass(frozen=True, slots=True)
class _Tables:
    """Scores and ratios are teachers x students; `own` are the teachers' own scores."""

    raw: dict[str, Any]
    students: list[str]
    teachers: list[str]
    scores: Floats
    own: Floats
    ratios: Floats


def rsr() -> PapersRsr:
    """The tables, computed again."""
    tables = _read()
    students = tuple(_student(tables, index) for index in range(len(tables.students)))
    return PapersRsr(
        arxiv=tables.raw["arxiv"],
        sources=tuple(tables.raw[name]["source"] for name in ("scores", "rsr", "metrics", "trajectories", "teachers")),
        students=students,
        trajectories=_gains(tables.raw["trajectories"]["rows"]),
        chosen=_chosen(tables),
    )


def _read() -> _Tables:
    raw = paper("rsr")
    scores = np.array(list(raw["scores"]["rows"].values()), dtype=np.float64)
    ratios = np.array([raw["rsr"]["rows"][teacher] for teacher in raw["scores"]["rows"]], dtype=np.float64)
    return _Tables(raw, raw["students"], list(raw["scores"]["rows"]), scores[:, :-1], scores[:, -1], ratios)


def _student(tables: _Tables, index: int) -> StudentLine:
    score, ratio = tables.scores[:, index], tables.ratios[:, index]
    printed = tables.raw["metrics"]["printed"]
    pick, best = int(ratio.argmin()), int(score.argmax())
    return StudentLine(
        student=tables.students[index],
        spearman=spearman(ratio, score),
        attainable=_attainable(ratio, score),
        without_worst=spearman(*(column[np.argsort(ratio)[:-_WORST]] for column in (ratio, score))),
        printed_spearman=printed["spearman"][index],
        pearson=pearson(ratio, score),
        printed_pearson=printed["pearson"][index],
        teacher_performance=spearman(tables.own, score),
        others_scores=spearman(_others(tables.scores, index), score),
        others_rsr=spearman(_others(tables.ratios, index), score),
        rival=_rival(tables, index),
        pick=tables.teachers[pick],
        best=tables.teachers[best],
        regret=float(score[best] - score[pick]),
    )


def _attainable(ratio: Floats, score: Floats) -> tuple[float, float]:
    """Rounding hides how ties were broken, and nothing else: both columns' ties are broken at random, many times."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        x, y = (ranks(column + rng.uniform(-1e-6, 1e-6, len(column))) for column in (ratio, score))
        found.append(float(np.corrcoef(x, y)[0, 1]))
    return min(found), max(found)


def _others(values: Floats, index: int) -> Floats:
    """The mean over all students but one."""
    means: Floats = np.delete(values, index, axis=1).mean(axis=1)
    return means


# --------------------------------------------------------------------------- against the next-best metric


def _rival(tables: _Tables, index: int) -> Rival:
    rows: dict[str, list[float]] = tables.raw["metrics"]["rows"]
    metric = max(rows, key=lambda name: rows[name][index])
    first, second = tables.raw["metrics"]["printed"]["spearman"][index], rows[metric][index]
    n = len(tables.teachers)
    return Rival(
        metric=metric,
        value=second,
        p=gap_p(first, second, 0.0, n),
        told_above=next(
            (between for between in _possible(first, second) if gap_p(first, second, between, n) < 0.05), None
        ),
    )


def gap_p(first: float, second: float, between: float, n: int) -> float:
    """Two-sided p that two correlations with one thing differ, given the correlation `between` the two.

    Meng, Rosenthal & Rubin (1992), equations 1 to 3; approximate for ranks and small n.
    """
    mean_square = (first**2 + second**2) / 2
    f = min((1 - between) / (2 * (1 - mean_square)), 1.0)
    h = (1 - f * mean_square) / (1 - mean_square)
    z = (math.atanh(first) - math.atanh(second)) * math.sqrt((n - 3) / (2 * (1 - between) * h))
    return 2 * (1 - NormalDist().cdf(abs(z)))


def _possible(first: float, second: float) -> Sequence[float]:
    """Correlations that two metrics can have with each other, given those with a third thing, ascending."""
    room = math.sqrt((1 - first**2) * (1 - second**2))
    low, high = first * second - room, first * second + room
    return [k / 100 for k in range(math.ceil(100 * low), math.floor(100 * min(high, 0.99)) + 1)]


# --------------------------------------------------------------------------- what choosing gained


def _gains(rows: Mapping[str, Sequence[float]]) -> tuple[Gain, ...]:
    chosen = np.array(rows[_CHOSEN], dtype=np.float64)
    return tuple(_gain(name, chosen - np.array(other)) for name, other in rows.items() if name != _CHOSEN)


def _gain(selection: str, points: Floats) -> Gain:
    half = t_quantile(0.95, len(points) - 1) * float(points.std(ddof=1)) / math.sqrt(len(points))
    mean = float(points.mean())
    return Gain(selection, tuple(round(float(point), 1) for point in points), mean, mean - half, mean + half)


def _chosen(tables: _Tables) -> Chosen:
    table = tables.raw["teachers"]
    rows = [tables.teachers.index(name) for name in table["candidates"]]
    students = range(len(tables.students))

    def best_two(cost: Callable[[int], Floats]) -> float:
        """The mean over students of the mean score of the two candidates of the lowest cost."""
        picks = {index: np.argsort(cost(index)[rows], kind="stable")[:2] for index in students}
        return float(np.mean([tables.scores[rows, index][pick].mean() for index, pick in picks.items()]))

    return Chosen(
        printed=table["rows"],
        rsr=best_two(lambda index: tables.ratios[:, index]),
        others_scores=best_two(lambda index: -_others(tables.scores, index)),
        oracle=best_two(lambda index: -tables.scores[:, index]),
    )
