"""What a printed rate can tell: its interval, and those of differences and ratios, once its n is assumed.

Two situations. *One number, n responses* (`Share`, `combined`, `ratio`): the responses are taken as independent.
Samples of one problem are not, which makes the truth wider; arms share their problems, which makes a difference
narrower; a paper that prints totals lets nobody tell how much. *Problems x runs* (`compared`): how far a difference is
certain on these very problems, and how far on others like them.

None of them knows how much another training run would differ: papers of one seed do not say. `Told.seed_spread` is how
large the standard deviation over seeds may be before a difference is no longer told from chance.
"""

import math
from dataclasses import dataclass

from thalweg.curve.intervals import wilson
from thalweg.types import Rate

Z = 1.959963984540054  # the two-sided 95 % quantile of the normal distribution
# Of the variance of one answer, the part that is the problem's: runs agree on most problems. An assumption.
WITHIN_PROBLEM = 0.5


@dataclass(frozen=True, slots=True)
class Share:
    """A rate over `n` responses that are taken as independent; a start (not `trained`) has no spread over seeds."""

    value: float
    n: int
    trained: bool = True

    @property
    def variance(self) -> float:
        return self.value * (1 - self.value) / self.n

    @property
    def rate(self) -> Rate:
        """With Wilson's 95 % interval."""
        return wilson(self.value, self.variance, math.inf, self.n, self.n)


@dataclass(frozen=True, slots=True)
class Told:
    """A number with its standard error; `seed_spread` is the standard deviation over seeds (of each rate) up to which
    it differs from zero at 5 %, null where it does not even without any, or where no seed is in it."""

    value: float
    error: float
    seed_spread: float | None = None

    @property
    def low(self) -> float:
        return self.value - Z * self.error

    @property
    def high(self) -> float:
        return self.value + Z * self.error

    @property
    def z(self) -> float:
        """How many standard errors it lies from zero."""
        return self.value / self.error


def combined(*terms: tuple[float, Share]) -> Told:
    """The sum of factor x rate over independent rates: a difference, a slope, a difference of slopes."""
    value = sum(factor * share.value for factor, share in terms)
    variance = sum(factor**2 * share.variance for factor, share in terms)
    by_seed = sum(factor**2 for factor, share in terms if share.trained)
    room = (value / Z) ** 2 - variance
    return Told(value, math.sqrt(variance), math.sqrt(room / by_seed) if room > 0 and by_seed else None)


def difference(one: Share, other: Share) -> Told:
    """`one` minus `other`."""
    return combined((1.0, one), (-1.0, other))


@dataclass(frozen=True, slots=True)
class Ratio:
    """One rate divided by another, with its 95 % interval (normal in the logarithm)."""

    value: float
    low: float
    high: float


def ratio(one: Share, other: Share) -> Ratio:
    """`one` divided by `other`."""
    value = one.value / other.value
    error = math.sqrt(one.variance / one.value**2 + other.variance / other.value**2)
    return Ratio(value, value * math.exp(-Z * error), value * math.exp(Z * error))


def halves(rate: float, problems: int, runs: int) -> tuple[float, float]:
    """Half the width of a rate's 95 % interval, on these problems (every run independent) and on others."""
    variance = rate * (1 - rate) / problems
    elsewhere = WITHIN_PROBLEM + (1 - WITHIN_PROBLEM) / runs
    return Z * math.sqrt(variance / runs), Z * math.sqrt(variance * elsewhere)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two students' rates over the same problems; each rate is a mean over `runs` runs."""

    one: float
    other: float
    problems: int
    runs: tuple[int, int]

    def variance(self, correlation: float | None) -> float:
        """Of the difference: on these problems (null), or on others where the students' pass rates by problem correlate
        so, and `WITHIN_PROBLEM` of an answer's variance is its problem's."""
        spreads = [rate * (1 - rate) / self.problems for rate in (self.one, self.other)]
        by_run = sum(spread / runs for spread, runs in zip(spreads, self.runs, strict=True))
        if correlation is None:
            return by_run
        one, other = (WITHIN_PROBLEM * spread for spread in spreads)
        return one + other - 2 * correlation * math.sqrt(one * other) + (1 - WITHIN_PROBLEM) * by_run


@dataclass(frozen=True, slots=True)
class Compared:
    """A difference of two students with three readings.

    `here` is its standard error on these very problems (every run independent, an upper bound); `elsewhere` that on
    other problems, were the students to have nothing in common. Students share what is hard, so the truth lies between;
    the difference is told on other problems where their pass rates by problem correlate above `told_above` (null:
    never, or not even on these; 0: always). With one run each the two errors are the same.
    """

    value: float
    here: float
    elsewhere: float
    told_above: float | None

    @property
    def low(self) -> float:
        return self.value - Z * self.here

    @property
    def high(self) -> float:
        return self.value + Z * self.here


def compared(*pairs: Pair) -> Compared:
    """`one` minus `other` over one benchmark, or over several put together, every problem counting once."""
    total = sum(pair.problems for pair in pairs)
    weights = [pair.problems / total for pair in pairs]
    value = sum(weight * (pair.one - pair.other) for weight, pair in zip(weights, pairs, strict=True))

    def error(correlation: float | None) -> float:
        variances = (pair.variance(correlation) for pair in pairs)
        return math.sqrt(sum(weight**2 * one for weight, one in zip(weights, variances, strict=True)))

    steps = (step / 100 for step in range(101))
    here = error(None)
    told_above = next((r for r in steps if abs(value) >= Z * max(error(r), here)), None)
    return Compared(value, here, error(0.0), told_above)
