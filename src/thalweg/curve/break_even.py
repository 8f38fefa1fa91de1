"""Break-even: the corpus size, in examples, at which the score is back at its start.

Between two rungs the curve is taken as straight in the logarithm of the size; the first crossing past the floor counts.
The interval holds the sizes at which the curve cannot be told from its start: from the first size past the floor at
which the 95 % interval of the difference (`intervals.py`) reaches zero, to the first at which it lies above (a test
inverted, after Fieller 1954). So few seeds widen it as they widen differences, and it is the same for outcomes and for
bare scores. Where the difference never lies above zero on the ladder, the upper bound is null. Coverage in simulations
stands in docs/power.md. Not covered: extrapolation beyond the largest rung, and the choice of the floor among rungs.
"""

from collections.abc import Sequence

import numpy as np

from thalweg.curve.intervals import CONFIDENCE, Estimate
from thalweg.curve.panel import Floats
from thalweg.types import BreakEven

_STEPS = 64  # points between two rungs at which the difference is looked at


def crossing(sizes: Sequence[int], rates: Floats, floor: int) -> float:
    """Where the curve is back at `rates[0]` after `floor`; infinite where it is not."""
    if rates[floor] >= rates[0]:
        return float(sizes[floor])
    for k in range(floor + 1, len(sizes)):
        if rates[k] >= rates[0]:
            share = (rates[0] - rates[k - 1]) / (rates[k] - rates[k - 1])
            return float(sizes[k - 1] * (sizes[k] / sizes[k - 1]) ** share)
    return float("inf")


def break_even(sizes: Sequence[int], measured: Estimate, floor: int, confidence: float = CONFIDENCE) -> BreakEven:
    """The crossing of the measured rates (the start first) past the rung `floor`, with its interval."""
    from scipy.stats import t

    size = crossing(sizes, measured.rates, floor)
    if np.isinf(size):
        return BreakEven()
    places, contrasts = _between(len(sizes), floor)
    logs = np.interp(places, np.arange(1, len(sizes)), np.log(sizes[1:]))
    variance, df = measured.variances(contrasts)
    half = t.ppf(0.5 + confidence / 2, df) * np.sqrt(variance)
    gap = contrasts @ measured.rates
    return BreakEven(size=round(size, 1), low=_reaches_zero(logs, gap + half), high=_reaches_zero(logs, gap - half))


def _between(count: int, floor: int) -> tuple[Floats, Floats]:
    """Places from the floor to the top, as fractional columns, and there the curve minus its start (M x K)."""
    places = np.linspace(floor, count - 1, (count - 1 - floor) * _STEPS + 1)
    left = np.minimum(places.astype(int), count - 2)
    contrasts = np.zeros((len(places), count))
    rows = np.arange(len(places))
    contrasts[rows, left] = 1 - (places - left)
    contrasts[rows, left + 1] = places - left
    contrasts[:, 0] -= 1
    return places, contrasts


def _reaches_zero(logs: Floats, bound: Floats) -> float | None:
    """The first size at which a bound is no longer below zero; null where it always is."""
    above = np.flatnonzero(bound >= 0)
    if not len(above):
        return None
    at = int(above[0])
    if at == 0:
        return round(float(np.exp(logs[0])), 1)
    share = -bound[at - 1] / (bound[at] - bound[at - 1])
    return round(float(np.exp(logs[at - 1] + share * (logs[at] - logs[at - 1]))), 1)
