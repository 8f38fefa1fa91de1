"""Before a study: the smallest difference that it can resolve, and what it would take to resolve a smaller one.

The tests are the library's own. `expected` writes down the `Estimate` that a study of a given design should bring, from
a few assumptions about how answers go together, and power follows from the same variance, degrees of freedom and
simultaneous levels that the report will use (`intervals.py`, `valley.py`). A test that is passed with 80 % probability
is the convention for "can resolve".

One problem's answers are taken as correlated: `same` between two runs of one rung, `paired` between two rungs, `icc`
between problems of a group (of their differences, which is what a paired comparison keeps). The covariance of rungs j
and k over n problems, m samples and S seeds is sd_j sd_k / n times `paired`, or on the diagonal times
same + (1 - same) / (m S), times the design effect 1 + (g - 1) icc, where g is the size of a problem's own group; seeds
add spread^2 / S. What few seeds will say of their own spread is drawn too, since the report's intervals rest on it.
With one seed the difference is between these checkpoints, and the spread over seeds stays unknown.

Not covered: seed effects that two rungs share (they would help), groups of unequal size, and harness errors.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from thalweg.curve.intervals import CONFIDENCE, Estimate, simultaneous
from thalweg.curve.panel import Floats

POWER = 0.8
_DRAWS, _QUANTILES = 4_000, 100
_SEEDS, _FEWEST, _MOST = (1, 3, 5, 10), 10, 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What a power calculation takes as known; correlations from 0 to 1, `spread` in shares of 1."""

    base: float  # the start's pass@1
    paired: float  # correlation of two rungs' answers to one problem
    same: float  # correlation of two answers of one rung (other seeds, other samples) to one problem
    icc: float  # correlation of the paired differences of two problems of a group
    spread: float  # standard deviation of a rung's rate over seeds, sampling noise taken out


# Medians of 21 arms of our studies miniature-arms, miniature-teachers and ded (five seeds, 300 problems of the
# miniature in 246 groups, rates from 10 to 90 %), the base being that of their start, rounded. Quartiles, in the order
# of the fields: 0.39 to 0.60, 0.49 to 0.58, 0.09 to 0.41, 0.4 to 2.2 points.
USUAL = Assumptions(base=0.35, paired=0.45, same=0.55, icc=0.2, spread=0.015)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What a study measures: held-out problems in groups, samples a problem, seeds, and what is assumed."""

    problems: int
    groups: int
    group_size: float  # of a problem's own group, averaged over problems
    samples: int
    seeds: int
    assumed: Assumptions


PowerOf: TypeAlias = Callable[[Design, float], float]  # of a design, and a gap between two true rates


def expected(design: Design, rates: Sequence[float]) -> Estimate:
    """The estimate that the library should arrive at for a start (first) and rungs with these true rates."""
    assumed = design.assumed
    between = noise = np.zeros((len(rates), len(rates)))
    if design.seeds > 1:
        noise = np.diag(_noise(design, rates)) / design.seeds
        between = noise + np.diag(np.r_[0.0, np.full(len(rates) - 1, assumed.spread**2)]) / design.seeds
    within = _within(design, rates)
    return Estimate(
        rates=np.array(rates),
        within=within,
        between=between,
        groups=design.groups,
        seeds=design.seeds,
        problems=design.problems,
        responses=design.problems * design.samples * design.seeds,
        noise=noise,
        alone=within / _effect(design),
    )


def truth(design: Design, rates: Sequence[float]) -> Floats:
    """The true covariance (K x K) of the measured rates: with one seed about these checkpoints, else the recipe."""
    seeds = np.r_[0.0, np.full(len(rates) - 1, design.assumed.spread**2 / design.seeds)]
    return _within(design, rates) + (np.diag(seeds) if design.seeds > 1 else 0.0)


def _noise(design: Design, rates: Sequence[float]) -> Floats:
    """The variance that a new run of the very same skill has on these problems; the start does not run anew."""
    chance = np.array(rates)
    per_problem = chance * (1 - chance) * (1 - design.assumed.same) / design.samples
    noise: Floats = np.r_[0.0, per_problem[1:]] * _effect(design) / design.problems
    return noise


def _within(design: Design, rates: Sequence[float]) -> Floats:
    assumed, chance = design.assumed, np.array(rates)
    spread = np.sqrt(chance * (1 - chance))
    runs = design.samples * np.r_[1, np.full(len(rates) - 1, design.seeds)]
    correlation = np.full((len(rates), len(rates)), min(assumed.paired, assumed.same))
    np.fill_diagonal(correlation, assumed.same + (1 - assumed.same) / runs)
    within: Floats = correlation * np.outer(spread, spread) * _effect(design) / design.problems
    return within


def _effect(design: Design) -> float:
    """The design effect of groups: how much more a difference varies than over as many independent problems."""
    return 1 + (design.group_size - 1) * design.assumed.icc


# --------------------------------------------------------------------------- power


def power(design: Design, rates: Sequence[float], contrast: Floats, confidence: float = CONFIDENCE) -> float:
    """The probability that the difference `contrast @ rates` is told from zero, on its own side."""
    from scipy.stats import chi2, norm

    measured = expected(design, rates)
    scale = float(np.sqrt(contrast @ truth(design, rates) @ contrast))
    if scale == 0.0:
        return 1.0
    luck = np.ones(1)
    if design.seeds > 1:
        luck = chi2.ppf((np.arange(_QUANTILES) + 0.5) / _QUANTILES, design.seeds - 1) / (design.seeds - 1)
    bars = _bars(measured, contrast, luck * float(contrast @ measured.between @ contrast), confidence)
    return float(norm.sf((bars - abs(float(contrast @ measured.rates))) / scale).mean())


def valley_power(design: Design, rates: Sequence[float]) -> float:
    """The probability that `valley.look` detects a valley on true rates (the start first), by 4,000 seeded draws."""
    count, measured = len(rates), expected(design, rates)
    pairs = [(early, late) for early in range(count) for late in range(early + 1, count)]
    contrasts = np.array([np.eye(count)[late] - np.eye(count)[early] for early, late in pairs])
    level = simultaneous(measured, contrasts)
    rng = np.random.default_rng(0)
    drawn = rng.multivariate_normal(np.array(rates), truth(design, rates), size=_DRAWS, method="eigh")
    seeds = _between(rng, measured, contrasts)
    above = {
        pair: drawn @ contrast / _bars(measured, contrast, seeds[:, row], level)
        for row, (pair, contrast) in enumerate(zip(pairs, contrasts, strict=True))
    }
    hits = np.zeros(_DRAWS, dtype=bool)
    for floor in range(1, count - 1):
        rises = np.any([above[floor, late] > 1 for late in range(floor + 1, count)], axis=0)
        hits |= (above[0, floor] < -1) & rises
    return float(hits.mean())


def _between(rng: np.random.Generator, measured: Estimate, contrasts: Floats) -> Floats:
    """What the seeds of a study may say of each contrast's variance over seeds (draws x M)."""
    if measured.seeds == 1:
        return np.zeros((_DRAWS, len(contrasts)))
    spread = np.sqrt(np.diag(measured.between))  # of a mean over seeds: the covariance is diagonal
    runs = rng.standard_normal((_DRAWS, len(spread), measured.seeds)) * spread[:, None]
    said: Floats = (contrasts @ runs).var(axis=2, ddof=1)
    return said


def _bars(measured: Estimate, contrast: Floats, over_seeds: Floats, confidence: float) -> Floats:
    """How large a difference has to be to be told from zero, for each of several findings of its spread over seeds.

    The same sums as in `Estimate.variances` and `intervals.standard_error`, over an array.
    """
    from scipy.stats import t

    within = float(contrast @ measured.within @ contrast)
    noise = float(contrast @ measured.noise @ contrast) if measured.noise is not None else 0.0
    excess = (over_seeds - noise).clip(min=0)
    counted = np.where(excess > 0, over_seeds, 0.0)
    total = within + excess
    df = total**2 / (within**2 / max(measured.groups - 1, 1) + counted**2 / max(measured.seeds - 1, 1))
    error = np.sqrt(total + 2 / measured.independent_problems(contrast) ** 2)
    bars: Floats = t.ppf(0.5 + confidence / 2, df) * error
    return bars


# --------------------------------------------------------------------------- what can be resolved


def start_power(design: Design, gap: float, rungs: int) -> float:
    """The power to tell a rung that is `gap` below its start (above, where there is no room), `rungs` told together."""
    contrasts = np.c_[-np.ones(rungs), np.eye(rungs)]
    return _together(design, _apart(design, rungs + 1, 1, gap), contrasts)


def rung_power(design: Design, gap: float, comparisons: int) -> float:
    """The power to tell two trained rungs, one of them at the base, that are `gap` apart, `comparisons` told together.

    As in the report, where every arm is set against the main one: all share a rung.
    """
    contrasts = np.c_[np.zeros(comparisons), -np.ones(comparisons), np.eye(comparisons)]
    return _together(design, _apart(design, comparisons + 2, 2, gap), contrasts)


def floor_power(design: Design, gap: float, rungs: int) -> float:
    """The power to see a valley whose floor, the first rung, is `gap` below a start that the last rung is back at."""
    base = design.assumed.base
    return valley_power(design, [base, *np.linspace(base - min(gap, base), base, rungs)])


def smallest(design: Design, power_of: PowerOf) -> float | None:
    """The smallest gap with 80 % power, to a tenth of a point; null where no possible gap has that."""
    low, high = 0.0, max(design.assumed.base, 1 - design.assumed.base)
    if power_of(design, high) < POWER:
        return None
    while high - low > 0.0005:
        middle = (low + high) / 2
        low, high = (low, middle) if power_of(design, middle) >= POWER else (middle, high)
    return high


def problems_for(design: Design, wanted: float, power_of: PowerOf) -> dict[int, int | None]:
    """Problems that resolve `wanted`, by number of seeds (1, 3, 5, 10 and the design's own); null: no number does.

    Groups stay as large as they are. Numbers are right to 2 %.
    """
    share = design.groups / design.problems

    def resolves(problems: int, seeds: int) -> bool:
        groups = max(round(problems * share), 2)
        return power_of(replace(design, problems=problems, groups=groups, seeds=seeds), wanted) >= POWER

    needed: dict[int, int | None] = {}
    for seeds in sorted({*_SEEDS, design.seeds}):
        low, high = _FEWEST, _MOST
        possible = resolves(_MOST, seeds)
        while possible and high > low * 1.02:
            middle = round((low * high) ** 0.5)
            low, high = (low, middle) if resolves(middle, seeds) else (middle, high)
        needed[seeds] = high if possible else None
    return needed


def samples_for(design: Design, wanted: float, power_of: PowerOf) -> int | None:
    """Samples a problem (1, 2, 4 ... 64) that resolve `wanted` on the design's own problems; null: none do."""
    enough = (n for n in (1, 2, 4, 8, 16, 32, 64) if power_of(replace(design, samples=n), wanted) >= POWER)
    return next(enough, None)


def _apart(design: Design, count: int, column: int, gap: float) -> list[float]:
    """Rates at the base, but for one column that is `gap` below it where there is room, else above."""
    base = design.assumed.base
    moved = base - gap if gap <= base else base + gap
    return [moved if k == column else base for k in range(count)]


def _together(design: Design, rates: list[float], contrasts: Floats) -> float:
    """The power of the first of several contrasts that are told together."""
    level = simultaneous(expected(design, rates), contrasts) if len(contrasts) > 1 else CONFIDENCE
    return power(design, rates, contrasts[0], level)
