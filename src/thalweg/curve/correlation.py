"""Rank and product-moment correlations over a handful of things (teachers), with what can be told of them.

Three accounts of one coefficient, since they answer different questions:

* *interval*: these n are a sample of such things. Fisher's z, with Bonett & Wright's (2000) variance for ranks,
  (1 + r^2 / 2) / (n - 3). Approximate, and wide where n is small, as it should be.
* *p*: could the order be chance? Every one of the n! orders up to n = 9, and 100,000 seeded draws of them above.
* `needed(n)`: the smallest |rho| that is told from chance at 5 %; none up to n = 4.

Ties get mean ranks. Not covered: partial correlations, and weights.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from thalweg.curve.panel import Floats

Values: TypeAlias = Sequence[float] | Floats
Bytes: TypeAlias = npt.NDArray[np.int8]
_EXACT, _DRAWS = 9, 100_000
_Z = 1.959963984540054  # the two-sided 95 % quantile of the normal distribution


@dataclass(frozen=True, slots=True)
class Correlation:
    """A coefficient over `n` pairs, with its 95 % interval and two-sided permutation p; null where it cannot be told
    (fewer than 3 pairs, 4 for the interval, or a side that does not vary)."""

    value: float | None
    low: float | None
    high: float | None
    p: float | None
    n: int


def spearman(x: Values, y: Values) -> Correlation:
    """Spearman's rank correlation."""
    return _correlation(ranks(x), ranks(y), "spearman")


def pearson(x: Values, y: Values) -> Correlation:
    """Pearson's product-moment correlation; its interval supposes normal values."""
    return _correlation(np.array(x, dtype=np.float64), np.array(y, dtype=np.float64), "pearson")


def ranks(values: Values) -> Floats:
    """Ranks from 1, the smallest; equal values share the mean of theirs."""
    from scipy.stats import rankdata

    found: Floats = rankdata(np.array(values, dtype=np.float64))
    return found


@cache
def needed(n: int) -> float | None:
    """The smallest |rho| over n untied pairs with a two-sided p of at most 5 %; null where there is none."""
    base = np.arange(float(n))
    sizes = np.sort(np.abs(_under_chance(base, base)))
    candidates = np.unique(sizes.round(9))
    told = [rho for rho in candidates if (sizes >= rho - 1e-9).mean() <= 0.05]
    return float(told[0]) if n > 2 and told else None


def _correlation(x: Floats, y: Floats, kind: Literal["spearman", "pearson"]) -> Correlation:
    assert len(x) == len(y), "pairs"
    n = len(x)
    if n < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Correlation(None, None, None, None, n)
    value = float(np.clip(_unit(x) @ _unit(y), -1, 1))
    chance = np.abs(_under_chance(x, y))
    hits = int((chance >= abs(value) - 1e-9).sum())
    p = hits / len(chance) if n <= _EXACT else (hits + 1) / (len(chance) + 1)
    low, high = _interval(value, n, kind)
    return Correlation(value, low, high, p, n)


def _interval(value: float, n: int, kind: Literal["spearman", "pearson"]) -> tuple[float | None, float | None]:
    if n < 4:
        return None, None
    spread = 1 + value**2 / 2 if kind == "spearman" else 1.0
    half = _Z * math.sqrt(spread / (n - 3))
    centre = math.atanh(min(max(value, -1 + 1e-12), 1 - 1e-12))
    return math.tanh(centre - half), math.tanh(centre + half)


def _under_chance(x: Floats, y: Floats) -> Floats:
    """The coefficients of x with y in other orders: all of them, or as many as are drawn."""
    found: Floats = _unit(y)[_orders(len(x))] @ _unit(x)
    return found


@cache
def _orders(n: int) -> Bytes:
    if n <= _EXACT:
        return np.fromiter(permutations(range(n)), dtype=np.dtype((np.int8, n)))
    return np.random.default_rng(0).permuted(np.tile(np.arange(n, dtype=np.int8), (_DRAWS, 1)), axis=1)


def _unit(values: Floats) -> Floats:
    centred = values - values.mean()
    scaled: Floats = centred / np.linalg.norm(centred)
    return scaled
