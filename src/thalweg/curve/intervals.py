"""95 % intervals of rates and of paired differences, clustered by problem group, over one or several seeds.

An `Estimate` is a vector of rates with two covariances. *within*: over problems, from cluster totals of the seed-mean
(linearised, with the G/(G-1) correction). *between*: over seeds, the covariance of the seeds' rates divided by their
number, less the *noise* that runs of the very same skill would show on finitely many problems, which *within* counts
already. Their sum is the variance of a rate that is meant for other problems *and* other seeds. The few seeds enter
through Satterthwaite's degrees of freedom, (V_w + V_b)^2 / (V_w^2/(G-1) + B^2/(S-1)), and a t quantile; B is the
covariance over seeds before the noise is taken off, and where nothing is left of it (V_b is never below zero), seeds
drop out of both. With one seed nothing is known about other seeds: the interval is about this checkpoint only.

* Rates get Wilson's interval at the effective sample size p(1-p)/V, never above the number of responses, shrunk by
  (z/t)^2 (Korn & Graubard 1998). At 0 and 1 the variance says nothing, so every cluster counts once.
* Differences get d +- t*se. To keep the width above zero, se^2 gains 2/m^2, as if two more problems had been seen, one
  for and one against (after Bonett & Price 2012), where m is the number of problems over the design effect of their
  clusters: from G clusters that tell nothing of each other's inside, to n problems that go each their own way.
* Simultaneous differences share one level, found by simulating max |t| under the estimate's own correlations
  (Hothorn, Bretz & Westfall 2008). The generator is seeded, so results repeat.

Coverage in simulations stands in docs/power.md, with the program that makes it (nominal 95 %; 50 to 800 clusters; 1, 3
and 5 seeds that spread by 0 to 3 points). Not covered: fewer than about ten clusters, and rates near 0 or 1 whose seeds
spread as widely as the rate itself (93 %, and less the nearer they are).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from thalweg.curve.panel import Floats, Ints, Panel
from thalweg.types import Rate

CONFIDENCE = 0.95
_DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rates of K columns with their covariance over problems (`within`) and over seeds (`between`), each K x K."""

    rates: Floats
    within: Floats
    between: Floats
    groups: int
    seeds: int
    problems: int
    responses: int  # the responses behind one rate
    noise: Floats | None = None  # what `between` would be for seeds of one and the same skill; null: not known
    alone: Floats | None = None  # what `within` would be if problems had no clusters; null: not known

    def variance(self, contrast: Floats) -> tuple[float, float]:
        """A contrast's variance and Satterthwaite's degrees of freedom."""
        total, df = self.variances(contrast[None])
        return float(total[0]), float(df[0])

    def variances(self, contrasts: Floats) -> tuple[Floats, Floats]:
        """The same for several contrasts (M x K)."""
        over_problems, over_seeds = _forms(contrasts, self.within), self.over_seeds(contrasts)
        total: Floats = over_problems + over_seeds
        counted = np.where(over_seeds > 0, _forms(contrasts, self.between), 0.0)
        parts = over_problems**2 / max(self.groups - 1, 1) + counted**2 / max(self.seeds - 1, 1)
        df = np.full(len(contrasts), float(max(self.groups - 1, 1)))
        df[parts > 0] = total[parts > 0] ** 2 / parts[parts > 0]
        return total, df

    def over_seeds(self, contrasts: Floats) -> Floats:
        """The part of the contrasts' variances that more problems would not reduce."""
        noise = _forms(contrasts, self.noise) if self.noise is not None else 0.0
        excess: Floats = (_forms(contrasts, self.between) - noise).clip(min=0)
        return excess

    def independent_problems(self, contrast: Floats) -> float:
        """As many independent problems as a difference rests on: between the number of groups and that of problems."""
        alone = float(_forms(contrast[None], self.alone)[0]) if self.alone is not None else 0.0
        if alone == 0.0:
            return float(self.groups)
        effect = float(_forms(contrast[None], self.within)[0]) / alone
        return self.problems / min(max(effect, 1.0), self.problems / self.groups)


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference of two rates (-1 to 1) with its interval, over `problems` problems and `seeds` seeds."""

    value: float
    low: float
    high: float
    problems: int
    seeds: int

    @property
    def distinct(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def estimate(panel: Panel) -> Estimate:
    """The rates of a panel's columns, averaged over problems and seeds, with their covariances."""
    columns, seeds, problems = panel.values.shape
    groups = int(panel.clusters.max()) + 1
    by_seed = panel.values.mean(axis=2)
    means = panel.values.mean(axis=1)
    between = noise = np.zeros((columns, columns))
    if seeds > 1:
        between = np.atleast_2d(np.cov(by_seed)) / seeds
        own = [cluster_covariance(panel.values[:, s] - means, panel.clusters) for s in range(seeds)]
        noise = np.sum(own, axis=0) / (seeds - 1) / seeds
    return Estimate(
        rates=by_seed.mean(axis=1),
        within=cluster_covariance(means, panel.clusters),
        between=between,
        groups=groups,
        seeds=seeds,
        problems=problems,
        responses=seeds * problems * panel.samples,
        noise=noise,
        alone=np.atleast_2d(np.cov(means)) / problems if problems > 1 else np.zeros((columns, columns)),
    )


def _forms(contrasts: Floats, matrix: Floats) -> Floats:
    """The quadratic form of each row of `contrasts`; rounding never takes it below zero."""
    forms: Floats = np.einsum("mk,kl,ml->m", contrasts, matrix, contrasts).clip(min=0)
    return forms


def cluster_covariance(values: Floats, clusters: Ints) -> Floats:
    """Covariance (K x K) of the row means of `values` (K x n), where entries of one cluster go together."""
    rows, count = values.shape
    groups = int(clusters.max()) + 1
    if groups < 2:
        return np.eye(rows) / 4  # one cluster tells nothing: the variance of a single draw at its largest
    sums = np.zeros((groups, rows))
    np.add.at(sums, clusters, (values - values.mean(axis=1, keepdims=True)).T)
    covariance: Floats = sums.T @ sums * (groups / (groups - 1)) / count**2
    return covariance


def rate(estimate: Estimate, column: int, confidence: float = CONFIDENCE) -> Rate:
    """One column's rate with its interval."""
    variance, df = estimate.variance(np.eye(len(estimate.rates))[column])
    return wilson(float(estimate.rates[column]), variance, df, estimate.groups, estimate.responses, confidence)


def clustered_rate(values: Sequence[bool], clusters: Sequence[str]) -> Rate:
    """The share of true values with its interval; null where there are none."""
    if not values:
        return Rate(value=None, low=None, high=None)
    _, codes = np.unique(np.array(clusters), return_inverse=True)
    row = np.array([values], dtype=np.float64)
    groups = int(codes.max()) + 1
    variance = float(cluster_covariance(row, codes.astype(np.int64))[0, 0])
    return wilson(float(row.mean()), variance, float(max(groups - 1, 1)), groups, len(values))


def wilson(
    value: float, variance: float, df: float, groups: int, responses: int, confidence: float = CONFIDENCE
) -> Rate:
    """Wilson's interval at the effective sample size that `variance` stands for."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    spread = value * (1 - value)
    size = float(groups if spread < 1e-12 else responses)
    if spread >= 1e-12 and variance > 0:
        size = min(spread / variance, size)
    size *= (z / t_quantile(confidence, df)) ** 2
    scale = 1 + z**2 / size
    centre = (value + z**2 / (2 * size)) / scale
    half = z * float(np.sqrt(spread / size + z**2 / (4 * size**2))) / scale
    # Rounding must not push a bound past the value at 0 and 1.
    return Rate(value=value, low=max(0.0, min(value, centre - half)), high=min(1.0, max(value, centre + half)))


def difference(estimate: Estimate, plus: int, minus: int, confidence: float = CONFIDENCE) -> Difference:
    """Column `plus` minus column `minus`, paired on problems and seeds."""
    contrast = np.zeros(len(estimate.rates))
    contrast[plus] += 1
    contrast[minus] -= 1
    value = float(contrast @ estimate.rates)
    half = t_quantile(confidence, estimate.variance(contrast)[1]) * standard_error(estimate, contrast)
    low, high = max(-1.0, value - half), min(1.0, value + half)
    return Difference(value, low, high, estimate.problems, estimate.seeds)


def standard_error(estimate: Estimate, contrast: Floats) -> float:
    """The standard error of a difference, with the two problems that keep it above zero."""
    return float(np.sqrt(estimate.variance(contrast)[0] + 2 / estimate.independent_problems(contrast) ** 2))


def simultaneous(estimate: Estimate, contrasts: Floats) -> float:
    """The confidence for each of `contrasts` (M x K) at which all hold together with 95 %."""
    covariance = estimate.within + estimate.between
    spread = np.sqrt(np.einsum("mk,kl,ml->m", contrasts, covariance, contrasts).clip(min=0))
    told = spread > 1e-12
    if not told.any():
        return CONFIDENCE
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(values.clip(min=0))
    draws = np.random.default_rng(0).standard_normal((_DRAWS, len(values))) @ root.T
    largest = np.abs(draws @ contrasts[told].T / spread[told]).max(axis=1)
    return 2 * NormalDist().cdf(float(np.quantile(largest, CONFIDENCE))) - 1


def t_quantile(confidence: float, df: float) -> float:
    """The two-sided quantile of Student's t."""
    from scipy.stats import t

    return float(t.ppf(0.5 + confidence / 2, df))
