"""Counts and their likelihood: successes out of trials at rungs, over-dispersed between seeds and within clusters.

A component of a score (finishing, passing once finished, passing at all) is a table of rungs x seeds of successes out
of trials. Successes are beta-binomial: the rate of a seed varies around the rung's with variance rho p (1 - p). The
trials are scaled down first to what clustered responses are worth (`Counts.groups`). rho is Pearson's moment estimate
over rungs with several seeds, shrunk to a standard deviation of 2 points at one half, as if 4 degrees of freedom had
been seen; with one seed that assumption is all there is. `maximise` fits any mean function to a batch of tables at
once by Fisher scoring with step control, so that a bootstrap costs little more than a fit.

Responses of different rungs and seeds count as independent. Problems that are hard for all of them make rungs differ
less than that and seeds repeat each other more, which about cancels in comparisons of rungs; a rate by itself, over
several seeds, is told too narrowly. Paired comparisons are `intervals.py`. Not covered: seeds that are good or bad at
every rung together, and dispersion that differs from rung to rung.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from thalweg.curve.counts import Counts
from thalweg.curve.panel import Floats

Mean: TypeAlias = Callable[[Floats], Floats]  # parameters (B x k) to rates (B x K)
SPREAD = 0.02  # the seeds' standard deviation at one half, in shares, where nothing is known
_WEIGHT = 4.0
_EDGE = 1e-4
_STEPS, _ENOUGH = 40, 1e-3  # at most so many steps, as long as they gain so much log-likelihood
_DAMPED = 1e-8  # the least damping


@dataclass(frozen=True, slots=True)
class Table:
    """Successes out of trials (effective, so not whole) at K rungs and up to S seeds; trials are 0 where none is.

    `sizes` are the rungs' sizes, ascending, 0 (the start) first where it was scored.
    """

    sizes: tuple[int, ...]
    successes: Floats  # K x S
    trials: Floats  # K x S

    @property
    def rates(self) -> Floats:
        """Pooled rates (K); not a number where a rung has no trials."""
        total = self.trials.sum(axis=1)
        pooled: Floats = np.divide(self.successes.sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0)
        return pooled


def tables(counts: Sequence[Counts]) -> dict[str, Table]:
    """The components of pass@1: `finishing` of all responses, `passing` of finished ones, `score` their product.

    A start that was scored alike for several seeds (greedy decoding) is one measurement, and counts once.
    """
    counts = _once(counts)
    sizes, seeds = sorted({c.size for c in counts}), sorted({c.seed for c in counts})
    shape = (len(sizes), len(seeds))
    responses, finished, correct = (np.zeros(shape) for _ in range(3))
    for c in counts:
        at, worth = (sizes.index(c.size), seeds.index(c.seed)), c.groups / c.responses
        responses[at], finished[at], correct[at] = (worth * n for n in (c.responses, c.finished, c.correct))
    return {
        "finishing": Table(tuple(sizes), finished, responses),
        "passing": Table(tuple(sizes), correct, finished),
        "score": Table(tuple(sizes), correct, responses),
    }


def _once(counts: Sequence[Counts]) -> list[Counts]:
    starts = {c.cells: c for c in reversed(counts) if c.size == 0}
    return [c for c in counts if c.size > 0 or starts[c.cells] is c]


def dispersion(table: Table) -> tuple[float, int]:
    """rho, the variance between seeds as a share of p (1 - p), and the degrees of freedom that it was seen with."""
    prior = SPREAD**2 / 0.25
    chi, expected, df = 0.0, 0.0, 0
    for hits, trials in zip(table.successes, table.trials, strict=True):
        told = trials >= 1
        if told.sum() < 2 or not 0 < hits[told].sum() < trials[told].sum():
            continue
        rate = hits[told].sum() / trials[told].sum()
        chi += float((trials[told] * (hits[told] / trials[told] - rate) ** 2).sum() / (rate * (1 - rate)))
        df += int(told.sum()) - 1
        expected += (int(told.sum()) - 1) * float(trials[told].mean() - 1)
    seen = max(0.0, (chi - df) / expected) if expected > 0 else 0.0
    return (df * seen + _WEIGHT * prior) / (df + _WEIGHT), df


def log_likelihood(rates: Floats, successes: Floats, trials: Floats, rho: float) -> Floats:
    """Of tables (B x K x S) at rates (B x K): (B), without the terms that no rate moves."""
    from scipy.special import gammaln

    p = np.clip(rates, _EDGE, 1 - _EDGE)[..., None]
    total = (1 - rho) / rho
    a, b = p * total, (1 - p) * total
    terms = gammaln(successes + a) + gammaln(trials - successes + b) - gammaln(a) - gammaln(b)
    summed: Floats = terms.sum(axis=(-1, -2))
    return summed


def maximise(mean: Mean, start: Floats, successes: Floats, trials: Floats, rho: float) -> tuple[Floats, Floats]:
    """Parameters (B x k) of largest likelihood for tables (B x K x S), and that likelihood (B)."""
    theta = start.copy()
    best = log_likelihood(mean(theta), successes, trials, rho)
    damping = np.full(len(theta), 1e-2)
    going = np.arange(len(theta))
    for _ in range(_STEPS):
        own = theta[going]
        gradient, information = _slopes(mean, own, successes[going], trials[going], rho)
        tried = own + _step(gradient, information, damping[going])
        reached = log_likelihood(mean(tried), successes[going], trials[going], rho)
        gain = reached - best[going]
        better = gain > 0
        theta[going[better]], best[going[better]] = tried[better], reached[better]
        # Parameters may be tied, or told nothing of: some damping keeps the information from being singular.
        damping[going] = np.where(better, np.maximum(damping[going] / 10, _DAMPED), damping[going] * 10)
        going = going[(better & (gain > _ENOUGH)) | (~better & (damping[going] < 1e3))]
        if not len(going):
            break
    return theta, best


def _step(gradient: Floats, information: Floats, damping: Floats) -> Floats:
    """Levenberg and Marquardt's, at most 2 a parameter."""
    eye = np.eye(gradient.shape[1])
    scale = (np.einsum("bkk->bk", information)[:, :, None] + 1e-6) * eye
    step = np.linalg.solve(information + damping[:, None, None] * scale, gradient[..., None])[..., 0]
    return np.clip(step, -2, 2)


def _slopes(mean: Mean, theta: Floats, successes: Floats, trials: Floats, rho: float) -> tuple[Floats, Floats]:
    """The score vector (B x k) and its expected information (B x k x k), with the effective number of trials."""
    from scipy.special import digamma

    rates = mean(theta)
    p = np.clip(rates, _EDGE, 1 - _EDGE)[..., None]
    total = (1 - rho) / rho
    slope = digamma(successes + p * total) - digamma(trials - successes + (1 - p) * total)
    slope = total * (slope - digamma(p * total) + digamma((1 - p) * total)).sum(axis=-1)
    effective = (trials / (1 + np.maximum(trials - 1, 0) * rho)).sum(axis=-1)
    weight = effective / (p[..., 0] * (1 - p[..., 0]))
    jacobian = np.empty((*rates.shape, theta.shape[1]))
    for k in range(theta.shape[1]):
        moved = theta.copy()
        moved[:, k] += 1e-5
        jacobian[..., k] = (mean(moved) - rates) / 1e-5
    return np.einsum("bKk,bK->bk", jacobian, slope), np.einsum("bKk,bK,bKj->bkj", jacobian, weight, jacobian)


def redraw(rates: Floats, trials: Floats, rho: float, rng: np.random.Generator) -> Floats:
    """Beta-binomial successes at `rates` (... x K) for `trials` (... x K x S), rounded where trials are not whole."""
    p = np.clip(rates, _EDGE, 1 - _EDGE)[..., None]
    total = (1 - rho) / rho
    seeds = rng.beta(np.broadcast_to(p * total, trials.shape), np.broadcast_to((1 - p) * total, trials.shape))
    drawn: Floats = rng.binomial(np.round(trials).astype(np.int64), seeds).astype(np.float64)
    return np.minimum(drawn, trials)
