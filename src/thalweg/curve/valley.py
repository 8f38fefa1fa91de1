"""The valley: a rung below its start, and a later rung above that rung.

All comparisons that could show one, each rung against its start and each rung against every later one, are made
together with simultaneous 95 % intervals (`intervals.simultaneous`), so that the chance of finding a valley on a flat
curve anywhere on the ladder stays below 5 % (below 1 % in simulations, since two comparisons must agree; with one seed
the curve that is meant is that of these checkpoints, see docs/power.md). Where none is found, `Sight.note` says which
of three things it is: never below the start, below it without a later rise, or not enough to tell, and then about how
many problems would do.
Not covered: valleys between rungs that were not measured.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from thalweg.curve.intervals import Difference, Estimate, difference, simultaneous, standard_error, t_quantile
from thalweg.curve.panel import Floats

_POWER = NormalDist().inv_cdf(0.8)
_MANY = 100_000

# How notes begin; the report's headline goes by them.
UNTRAINED = "no rung is trained yet"
NEVER_BELOW = "never below its start"
NO_RISE = "falls below its start and does not rise again on this ladder"
UNSURE = "not enough to tell"


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether there is a valley, the index of its floor (null: no rung below the start), and what cannot be told."""

    detected: bool
    floor: int | None
    note: str | None


def look(estimate: Estimate) -> Sight:
    """Looks for a valley in an estimate whose first column is the start and whose others are rungs by size."""
    rates, count = estimate.rates, len(estimate.rates)
    if count == 1:
        return Sight(False, None, UNTRAINED)
    below = [k for k in range(1, count) if rates[k] < rates[0]]
    if not below:
        return Sight(False, None, NEVER_BELOW)
    level = simultaneous(estimate, _contrasts(count))
    sunk = [k for k in below if difference(estimate, k, 0, level).high < 0]
    valleys = [k for k in sunk if any(difference(estimate, m, k, level).low > 0 for m in range(k + 1, count))]
    if valleys:
        return Sight(True, min(valleys, key=lambda k: float(rates[k])), None)
    floor = min(sunk or below, key=lambda k: float(rates[k]))
    if not sunk:
        return Sight(False, floor, f"{UNSURE} whether it falls below its start: {_need(estimate, 0, floor, level)}")
    if floor == count - 1 or rates[floor + 1 :].max() <= rates[floor]:
        return Sight(False, floor, NO_RISE)
    top = floor + 1 + int(np.argmax(rates[floor + 1 :]))
    note = f"falls below its start, {UNSURE} whether it rises again: {_need(estimate, top, floor, level)}"
    return Sight(False, floor, note)


def _contrasts(count: int) -> Floats:
    """Every column minus every earlier one: the start against each rung, and each rung against later ones."""
    identity = np.eye(count)
    return np.array([identity[late] - identity[early] for early in range(count) for late in range(early + 1, count)])


def _need(estimate: Estimate, high: int, low: int, level: float) -> str:
    """How many problems would show the difference seen, at the same spread and 80 % power."""
    gap: Difference = difference(estimate, high, low, level)
    contrast = np.eye(len(estimate.rates))[high] - np.eye(len(estimate.rates))[low]
    seen = f"{100 * gap.value:.1f} points on {estimate.problems} problems"
    between = float(estimate.over_seeds(contrast[None])[0])
    quantile = t_quantile(level, estimate.variance(contrast)[1])
    target = (gap.value / (quantile + _POWER)) ** 2 - between
    if target <= 0:
        return f"{seen}, all rungs compared at once; more seeds, not more problems, would do"
    needed = estimate.problems * (standard_error(estimate, contrast) ** 2 - between) / target
    return f"{seen}, all rungs compared at once; about {_rounded(needed)} problems would do"


def _rounded(count: float) -> str:
    """Two digits are more than a power calculation can promise."""
    if count > _MANY:
        return f"more than {_MANY:,}"
    digits = max(len(str(int(count))) - 2, 0)
    return f"{int(np.ceil(count / 10**digits)) * 10**digits:,}"
