"""The columns of `thalweg suitability` and `thalweg teachers`: what each means, and which way is better.

    row (Suitability) ──▶ cost       what a response costs under a column: best-of-M picks read this
    rows ──▶ by_model                a column's value for each model's responses, with a 95 % interval

Directions are those in which the papers select. A column without one (`tokens`) is printed and correlated, but never
picks. A corpus's rank-surprisal ratio is Eq. 9 of arXiv 2601.14249, the ratio of the sums of per-response means; every
other column's value is the mean over responses. Not covered: G-Norm, GRACE and influence scores, which need gradients.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, NamedTuple

from thalweg.errors import InputError
from thalweg.types import Suitability

Level = Literal["response", "model", "student"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`better` says which way is better (null: no paper says); `level` what has a value: each response, a model as a
    whole, or the student that was trained on a model's responses."""

    name: str
    better: Literal["low", "high"] | None
    level: Level
    source: str
    meaning: str


class Estimate(NamedTuple):
    """A value with its 95 % interval over problems, from `n` responses; null where it cannot be told."""

    value: float
    low: float | None
    high: float | None
    n: int | None


_RSR = "RSR (arXiv 2601.14249)"
_DED = "DED (arXiv 2508.09883)"

COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column(
            name="rsr",
            better="low",
            level="response",
            source=f"{_RSR}, Eq. 7 and 9",
            meaning="Rank-surprisal ratio: sum of the tokens' ranks (at most 100) over the sum of their surprisals.",
        ),
        Column(
            name="surprisal",
            better="low",
            level="response",
            source=f"{_RSR}, baseline Avg-Surprisal",
            meaning="Mean negative log-probability of a token under the student, in nats.",
        ),
        Column(
            name="local_surprisal",
            better="low",
            level="response",
            source=f"{_RSR}, baseline Avg-Surprisal local",
            meaning="Mean surprisal when the student sees only the few sentences before, in nats.",
        ),
        Column(
            name="rank",
            better="low",
            level="response",
            source=f"{_RSR}, baseline Avg-Rank",
            meaning="Mean rank of a token among all that the student might write; 1 is the likeliest, 100 the cap.",
        ),
        Column(
            name="entropy",
            better="low",
            level="response",
            source=f"{_DED}, figure 3 (of which model it does not say; here the student's)",
            meaning="Mean entropy of the student's next-token distribution along the response, in nats.",
        ),
        Column(
            name="tokens",
            better=None,
            level="response",
            source=f"{_RSR}, baseline length; {_DED}, table 7 (no effect)",
            meaning="Length of the response in the student's tokens.",
        ),
        Column(
            name="rule_quality",
            better="high",
            level="response",
            source=f"LIMO (arXiv 2502.03387) as {_RSR} restates it",
            meaning="Words, and how often a response checks, doubts and concludes; z-scores over the pool, weighted.",
        ),
        Column(
            name="accuracy",
            better="high",
            level="response",
            source=f"{_RSR}, baseline verified accuracy",
            meaning="Share of the responses that the grader finds correct.",
        ),
        Column(
            name="teacher_score",
            better="high",
            level="model",
            source=f"{_RSR}, baseline teacher performance",
            meaning="The model's own benchmark score, as you give it.",
        ),
        Column(
            name="shift",
            better="low",
            level="student",
            source=f"{_DED}, figure 4",
            meaning="How far training on the model's responses moves the student's hidden states (PCA shift).",
        ),
    )
}
"""Every column by name, in the order in which tables show them."""

_VALUES: dict[str, Callable[[Suitability], float | bool | None]] = {
    "rsr": lambda row: row.rsr,
    "surprisal": lambda row: row.surprisal,
    "local_surprisal": lambda row: row.local_surprisal,
    "rank": lambda row: row.rank,
    "entropy": lambda row: row.entropy,
    "tokens": lambda row: row.tokens,
    "rule_quality": lambda row: row.rule_quality,
    "accuracy": lambda row: row.correct,
}
PICKS: tuple[str, ...] = tuple(name for name, column in COLUMNS.items() if name in _VALUES and column.better)
"""The columns by which a response may be picked."""


def value(name: str, row: Suitability) -> float | None:
    """A response's value in a column of level `response`; null where the row has none."""
    found = _VALUES[name](row)
    return None if found is None else float(found)


def cost(name: str, row: Suitability) -> float | None:
    """What a response costs under a column of `PICKS`: lower is better, whatever the column's own direction.

    Null where the row has no value there.
    """
    assert name in PICKS, f"responses cannot be picked by {name}"
    found = value(name, row)
    return None if found is None else signed(name, found)


def costs(name: str, rows: Iterable[Suitability], where: str = "pick") -> dict[str, float]:
    """What responses cost under a column, by response id; those without a value are left out.

    Raises:
        InputError: at `where`, responses cannot be picked by that column, or none has a value in it.
    """
    if name not in PICKS:
        raise InputError(where, f"responses cannot be picked by {name!r}", f"use one of {', '.join(PICKS)}")
    found = {row.response_id: own for row in rows if (own := cost(name, row)) is not None}
    if not found:
        raise InputError(where, f"no response has a value in the column {name!r}", "measure it, or pick by another")
    return found


def signed(name: str, value: float) -> float:
    """The value turned so that lower is better; as it is where the column has no direction."""
    return -value if COLUMNS[name].better == "high" else value


def by_model(
    rows: Iterable[Suitability],
    teacher_scores: Mapping[str, float] | None = None,
    shifts: Mapping[str, float] | None = None,
    groups: Mapping[str, str] | None = None,
) -> dict[str, dict[str, Estimate]]:
    """Each model's value in every column that has one, models in the order in which they come.

    Intervals are over problems: responses to one problem go together, and so do problems of one group where `groups`
    gives problem -> group. Given numbers (`teacher_scores`, `shifts`) have no interval.
    """
    grouped: dict[str, list[Suitability]] = {}
    for row in rows:
        grouped.setdefault(row.model, []).append(row)
    return {
        model: _columns(
            own, {"teacher_score": (teacher_scores or {}).get(model), "shift": (shifts or {}).get(model)}, groups or {}
        )
        for model, own in grouped.items()
    }


def _columns(
    rows: Sequence[Suitability], given: Mapping[str, float | None], groups: Mapping[str, str]
) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {}
    for name in COLUMNS:
        if name in given:
            number = given[name]
            estimate = None if number is None else Estimate(number, None, None, None)
        else:
            estimate = _estimate(name, [row for row in rows if value(name, row) is not None], groups)
        if estimate is not None:
            found[name] = estimate
    return found


def _estimate(name: str, rows: Sequence[Suitability], groups: Mapping[str, str]) -> Estimate | None:
    """A column's value over the rows that have one: a ratio of two sums, where a mean's divisor is the count."""
    tops: dict[str, float] = {}
    bottoms: dict[str, float] = {}
    for row in rows:
        top, bottom = (row.rank, row.surprisal) if name == "rsr" else (value(name, row), 1.0)
        assert top is not None
        cluster = groups.get(row.problem_id, row.problem_id)
        tops[cluster] = tops.get(cluster, 0.0) + top
        bottoms[cluster] = bottoms.get(cluster, 0.0) + bottom
    if not rows or sum(bottoms.values()) <= 0:
        return None
    low, high = (_wilson if name == "accuracy" else _linearised)(list(tops.values()), list(bottoms.values()))
    return Estimate(sum(tops.values()) / sum(bottoms.values()), low, high, len(rows))


def _linearised(tops: Sequence[float], bottoms: Sequence[float]) -> tuple[float | None, float | None]:
    """The interval of sum(tops) / sum(bottoms) over clusters, by linearisation (the delta method)."""
    if len(tops) < 2:
        return None, None
    ratio = sum(tops) / sum(bottoms)
    half = _t_quantile(len(tops) - 1) * math.sqrt(_variance(tops, bottoms))
    return ratio - half, ratio + half


def _wilson(tops: Sequence[float], bottoms: Sequence[float]) -> tuple[float | None, float | None]:
    """Wilson's interval of a share, at the effective number of responses; at 0 and 1 every cluster counts once."""
    clusters = len(tops)
    if clusters < 2:
        return None, None
    share, n = sum(tops) / sum(bottoms), sum(bottoms)
    spread, variance = share * (1 - share), _variance(tops, bottoms)
    size = min(spread / variance, n) if spread > 0 and variance > 0 else clusters
    z = NormalDist().inv_cdf(0.975)
    size *= (z / _t_quantile(clusters - 1)) ** 2
    centre = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z * math.sqrt(spread / size + z**2 / (4 * size**2)) / (1 + z**2 / size)
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def _variance(tops: Sequence[float], bottoms: Sequence[float]) -> float:
    ratio, clusters = sum(tops) / sum(bottoms), len(tops)
    squares = sum((top - ratio * bottom) ** 2 for top, bottom in zip(tops, bottoms, strict=True))
    return clusters / (clusters - 1) * squares / sum(bottoms) ** 2


def _t_quantile(df: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, df))
