"""Means and shares with their 95 % intervals, for pilots.

Not covered: clusters; a pilot draws its requests from all of them, so that two of one problem are rare.
"""

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import NamedTuple

_Z = 1.959963984540054


class Interval(NamedTuple):
    """A mean or a share with its 95 % interval."""

    value: float
    low: float
    high: float


def mean_interval(values: Sequence[float]) -> Interval:
    """A mean of amounts (0 or more) with Student's interval; one value alone bounds nothing."""
    from scipy.stats import t

    mean = fmean(values)
    if len(values) < 2:
        return Interval(mean, 0.0, math.inf)
    half = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / math.sqrt(len(values))
    return Interval(mean, max(0.0, mean - half), mean + half)


def share_interval(count: int, n: int) -> Interval:
    """A share with Wilson's interval."""
    share, spread = count / n, _Z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))
