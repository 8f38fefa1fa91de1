"""What a score is made of, and what its change from rung to rung is made of.

pass@1 = t f_T a_T + (1 - t) f_D a_D, where t is the share of responses that think, f the share of those (T: thinking,
D: direct) that finish, and a the share of finished ones that are correct. Between two rungs all five move at once. Each
gets its Shapley value: its effect averaged over every order in which they could have moved one after another. The
terms add up to the change exactly, and the way back is the way there with its signs turned. The two finishing rates
move together, as one term.

A rate that a rung cannot show is filled in so that it explains nothing by itself: where a mode is absent, it takes the
rate of the other mode at the same rung; where a mode is there and none of its responses finished, its pass rate is that
of the rung compared with. A handful of responses in a mode therefore moves terms more than it should: see the interval.

Intervals are 95 % percentile bootstraps: of problem clusters, paired over rungs, where outcomes are there
(`waterfall_of`); else of the counts, rungs independent, which errs on the wide side (`waterfall`). With several seeds
the terms' spread over seeds is added. Not covered: why a student stops finishing (`diagnosis.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import Literal, TypeAlias, get_args

import numpy as np

from thalweg.curve.counts import Counts
from thalweg.curve.panel import Floats
from thalweg.types import Cell, Cells, Outcome

Kind: TypeAlias = Literal["thinking", "finishing", "skill_thinking", "skill_direct"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_DRAWS = 1_000
_MOVES: dict[Kind, tuple[int, ...]] = {
    "thinking": (0,),
    "finishing": (1, 2),
    "skill_thinking": (3,),
    "skill_direct": (4,),
}
_LABELS: dict[Kind, tuple[str, str]] = {
    "thinking": ("began to think", "thinks less"),
    "finishing": ("finishes more", "stopped finishing"),
    "skill_thinking": ("better at what it finishes, thinking", "worse at what it finishes, thinking"),
    "skill_direct": ("better at what it finishes, direct", "worse at what it finishes, direct"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What one of the rates contributes to a change of pass@1, in shares of 1, with its 95 % interval."""

    kind: Kind
    label: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From one rung to the next: `before` + the sum of `terms` = `after`."""

    size: int
    next_size: int
    before: float
    after: float
    terms: tuple[Term, ...]


def waterfall(counts: Sequence[Counts]) -> list[Change]:
    """The changes of an arm from rung to rung, its start first, over the seeds that have every rung."""
    sizes = sorted({c.size for c in counts})
    rungs = {(c.size, c.seed): c for c in counts}
    seeds = _seeds(sizes, rungs)
    if len(sizes) < 2 or not seeds:
        return []
    by_seed = np.array([[_table(_at(rungs, size, seed).cells) for size in sizes] for seed in seeds])
    worth = np.array([_worth([c for c in counts if c.size == size], len(seeds)) for size in sizes])
    return _changes(sizes, by_seed, _redrawn(by_seed.sum(axis=0), worth))


def waterfall_of(outcomes: Sequence[Outcome], arm: str, benchmark: str) -> list[Change]:
    """The same from graded responses, paired: every rung is resampled with the same clusters of problems."""
    rows = [o for o in outcomes if (o.arm, o.benchmark) == (arm, benchmark) and o.status != "harness_error"]
    sizes = sorted({o.size for o in rows})
    seeds = _seeds(sizes, {(o.size, o.seed): o for o in rows})
    if len(sizes) < 2 or not seeds:
        return []
    clusters = {name: at for at, name in enumerate(sorted({o.cluster for o in rows}))}
    table = np.zeros((len(clusters), len(seeds), len(sizes), 6))
    shared = {o.seed for o in rows if o.size == 0}
    for o in rows:
        at = [k for k, seed in enumerate(seeds) if seed == o.seed or (o.size == 0 and seed not in shared)]
        table[clusters[o.cluster], at, sizes.index(o.size), _category(o)] += 1
    rng = np.random.default_rng(0)
    times = rng.multinomial(len(clusters), np.full(len(clusters), 1 / len(clusters)), size=_DRAWS)
    pooled = table.sum(axis=1)
    draws = np.tensordot(times, pooled, axes=(1, 0)).astype(np.float64)
    return _changes(sizes, table.sum(axis=0), draws)


def rates(table: Floats) -> Floats:
    """(t, f_T, f_D, a_T, a_D) of tables (... x 6), not a number where a table cannot show them.

    The six: thinking and finished and correct, ... wrong, thinking and unfinished, and the same three for direct.
    """
    think, direct = table[..., :3].sum(axis=-1), table[..., 3:].sum(axis=-1)
    parts = [
        (think, think + direct),
        (table[..., 0] + table[..., 1], think),
        (table[..., 3] + table[..., 4], direct),
        (table[..., 0], table[..., 0] + table[..., 1]),
        (table[..., 3], table[..., 3] + table[..., 4]),
    ]
    return np.stack([np.divide(a, b, out=np.full(np.shape(a), np.nan), where=b > 0) for a, b in parts], axis=-1)


def passed(rates: Floats) -> Floats:
    """pass@1 of (t, f_T, f_D, a_T, a_D)."""
    t, f_thinking, f_direct, a_thinking, a_direct = np.moveaxis(rates, -1, 0)
    score: Floats = t * f_thinking * a_thinking + (1 - t) * f_direct * a_direct
    return score


def shapley(before: Floats, after: Floats) -> Floats:
    """The terms (... x 4, in the order of `KINDS`) of the change between two tables (... x 6)."""
    old, new = _filled(rates(before), rates(after))
    orders = list(permutations(range(len(KINDS))))
    terms = np.zeros((*old.shape[:-1], len(KINDS)))
    for order in orders:
        now, score = old.copy(), passed(old)
        for player in order:
            moved = list(_MOVES[KINDS[player]])
            now[..., moved] = new[..., moved]
            reached = passed(now)
            terms[..., player] += (reached - score) / len(orders)
            score = reached
    return terms


def _filled(old: Floats, new: Floats) -> tuple[Floats, Floats]:
    """Both sets of rates with what they cannot show filled in."""
    first, second = old.copy(), new.copy()
    for here, there, original in ((first, new, old), (second, old, new)):
        for own, other in ((1, 2), (2, 1)):
            here[..., own] = _either(original[..., own], original[..., other])
        for own, other, finish in ((3, 4, 1), (4, 3, 2)):
            absent = np.isnan(original[..., finish])
            here[..., own] = np.where(
                absent,
                _either(original[..., own], original[..., other], there[..., own], there[..., other]),
                _either(original[..., own], there[..., own], original[..., other], there[..., other]),
            )
    return np.nan_to_num(first), np.nan_to_num(second)


def _either(*choices: Floats) -> Floats:
    """The first of several that is a number, place by place."""
    found = choices[0]
    for choice in choices[1:]:
        found = np.where(np.isnan(found), choice, found)
    return found


def _changes(sizes: Sequence[int], by_seed: Floats, draws: Floats) -> list[Change]:
    """From tables (S x K x 6) and their redraws pooled over seeds (B x K x 6)."""
    pooled = by_seed.sum(axis=0)
    values = shapley(pooled[:-1], pooled[1:])
    spread = shapley(draws[:, :-1], draws[:, 1:]) + _over_seeds(by_seed)
    low, high = np.quantile(spread, [0.025, 0.975], axis=0)
    scores = passed(np.nan_to_num(rates(pooled)))
    found = []
    for k, (size, following) in enumerate(pairwise(sizes)):
        terms = tuple(
            Term(
                kind=kind,
                label=_LABELS[kind][0 if values[k, m] >= 0 else 1] if kind != "thinking" else _thought(pooled, k),
                value=float(values[k, m]),
                low=float(min(low[k, m], values[k, m])),
                high=float(max(high[k, m], values[k, m])),
            )
            for m, kind in enumerate(KINDS)
        )
        before, after = float(scores[k]), float(scores[k + 1])
        found.append(Change(size=size, next_size=following, before=before, after=after, terms=terms))
    return found


def _thought(pooled: Floats, k: int) -> str:
    """Thinking is named by what the student did, not by what it cost or gained."""
    share = rates(pooled)[..., 0]
    return _LABELS["thinking"][0 if share[k + 1] >= share[k] else 1]


def _over_seeds(by_seed: Floats) -> Floats:
    """How far the terms move when seeds are resampled, stretched because few seeds spread too little."""
    seeds = len(by_seed)
    if seeds == 1:
        return np.zeros((_DRAWS, by_seed.shape[1] - 1, len(KINDS)))
    each = shapley(by_seed[:, :-1], by_seed[:, 1:])
    picked = np.random.default_rng(1).integers(seeds, size=(_DRAWS, seeds))
    moved: Floats = (each[picked].mean(axis=1) - each.mean(axis=0)) * np.sqrt(seeds / (seeds - 1))
    return moved


def _redrawn(tables: Floats, worth: Floats) -> Floats:
    """Multinomial redraws (B x K x 6) at the effective number of responses."""
    rng = np.random.default_rng(0)
    totals = tables.sum(axis=1)
    effective = np.maximum(1, np.round(totals * worth)).astype(int)
    columns = [
        rng.multinomial(count, row / total, size=_DRAWS)
        for row, total, count in zip(tables, totals, effective, strict=True)
    ]
    return np.stack(columns, axis=1).astype(np.float64)


def _seeds(sizes: Sequence[int], rungs: "dict[tuple[int, int], Counts] | dict[tuple[int, int], Outcome]") -> list[int]:
    """The seeds with every trained rung; a seed without a start of its own takes that of another."""
    trained = [size for size in sizes if size > 0]
    known = sorted({seed for size, seed in rungs if size > 0 or not trained})
    return [seed for seed in known if all((size, seed) in rungs for size in trained)]


def _at(rungs: dict[tuple[int, int], Counts], size: int, seed: int) -> Counts:
    if (size, seed) in rungs:
        return rungs[size, seed]
    return rungs[min(key for key in rungs if key[0] == size)]


def _worth(rung: Sequence[Counts], seeds: int) -> float:
    """Independent responses for each response of the pooled table; a start that seeds share counts once."""
    own = sum(c.groups for c in rung) / sum(c.responses for c in rung)
    return own * min(1.0, len(rung) / seeds)


def _table(cells: Cells) -> list[int]:
    def three(finished: Cell, unfinished: Cell) -> list[int]:
        return [finished.correct, finished.n - finished.correct, unfinished.n]

    thinking = three(cells.thinking_finished, cells.thinking_unfinished)
    return thinking + three(cells.direct_finished, cells.direct_unfinished)


def _category(outcome: Outcome) -> int:
    inside = 2 if not outcome.finished else 0 if outcome.status == "correct" else 1
    return inside + (0 if outcome.thinking else 3)
