"""Steps or data: a surface of the score over (examples, optimiser steps).

A ladder with a fixed number of passes climbs along a diagonal: more examples are also more steps. A step-matched arm
leaves that diagonal, and the two together tell the directions apart. The surface is a Gaussian process on the logit of
pass@1 over the logarithms of examples and steps: a constant, a slope in each direction, and a smooth bump on top. How
strong each part is was learned from the miniature's learning worlds (`benchmarks/advice.py --learn`), never from the
study at hand. Counts enter as empirical logits with their binomial variance and a spread between runs.

Where a study has no matched arm, the surface leans on what the worlds had in common, and its intervals say so by their
width. Not covered: learning rates, other corpora than the ladder's own, and anything far from the measured points (the
slopes carry on as straight lines there).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thalweg.curve.panel import Floats

CONFIDENCE = 0.95
_DRAWS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A trained rung: `correct` of `responses` (effective numbers, not necessarily whole), with its coordinates."""

    examples: float
    steps: float
    correct: float
    responses: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """Standard deviations on the logit scale: of the level, of slopes per factor e, of the bump and between runs."""

    mean: float
    level: float
    slope_examples: float
    slope_steps: float
    rise_examples: float  # the mean slopes
    rise_steps: float
    bump: float
    length: float  # of the bump, in factors e
    spread: float


@dataclass(frozen=True, slots=True)
class Span:
    """A rate or a difference of rates, in shares of 1, with an interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class NextHour:
    """The same training cost spent twice: on more passes over the same examples, and on more examples."""

    factor: float
    longer: Span  # gain over the point at hand
    more: Span
    more_is_better: float  # probability


class Surface:
    """The surface through the points of one study (at least one)."""

    def __init__(self, points: Sequence[Point], kernel: Kernel) -> None:
        """Conditions the process on the points."""
        assert points, "a surface needs a point"
        self._kernel = kernel
        self._at = _places([(p.examples, p.steps) for p in points])
        seen, noise = empirical_logits(points, kernel.spread)
        self._factor = np.linalg.cholesky(_covariance(self._at, self._at, kernel) + np.diag(noise))
        self._weights = np.linalg.solve(self._factor, seen - _mean(self._at, kernel))

    def rate(self, examples: float, steps: float) -> Span:
        """The expected pass@1 there."""
        return span(rates(self.logits([(examples, steps)]))[:, 0])

    def gain(self, start: tuple[float, float], end: tuple[float, float]) -> Span:
        """The change of pass@1 from one (examples, steps) to another."""
        draws = rates(self.logits([start, end]))
        return span(draws[:, 1] - draws[:, 0])

    def next_hour(self, examples: float, steps: float, factor: float) -> NextHour:
        """`factor` times the training of a point, spent either way."""
        assert factor > 1, "spending more than before"
        places = [(examples, steps), (examples, steps * factor), (examples * factor, steps * factor)]
        draws = rates(self.logits(places))
        longer, more = draws[:, 1] - draws[:, 0], draws[:, 2] - draws[:, 0]
        return NextHour(factor, span(longer), span(more), float((more > longer).mean()))

    def logits(self, places: Sequence[tuple[float, float]]) -> Floats:
        """Joint draws (draws x places) of pass@1's logit; seeded, so that the same study gives the same words."""
        at = _places(places)
        cross = np.linalg.solve(self._factor, _covariance(self._at, at, self._kernel))
        mean = _mean(at, self._kernel) + cross.T @ self._weights
        values, vectors = np.linalg.eigh(_covariance(at, at, self._kernel) - cross.T @ cross)
        root = vectors * np.sqrt(values.clip(min=0))
        noise = np.random.default_rng(0).standard_normal((_DRAWS, len(mean)))
        drawn: Floats = mean + noise @ root.T
        return drawn


def climbing(ladder: Sequence[Point]) -> list[Point]:
    """The points of a ladder from its floor on (the last of the lowest sizes).

    Before the floor a student loses what it had, and less of it the fewer examples it saw: another process, whose slope
    says nothing of the climb.
    """
    sizes = sorted({p.examples for p in ladder})
    shares = {size: _share([p for p in ladder if p.examples == size]) for size in sizes}
    floor = max(size for size in sizes if shares[size] == min(shares.values()))
    return [p for p in ladder if p.examples >= floor]


def _share(points: Sequence[Point]) -> float:
    return sum(p.correct for p in points) / sum(p.responses for p in points)


def rates(logits: Floats) -> Floats:
    """Shares of 1."""
    found: Floats = 1 / (1 + np.exp(-logits))
    return found


def log_likelihood(points: Sequence[Point], kernel: Kernel) -> float:
    """How likely one study's points are under a kernel: what learning a kernel maximises over studies."""
    at = _places([(p.examples, p.steps) for p in points])
    seen, noise = empirical_logits(points, kernel.spread)
    factor = np.linalg.cholesky(_covariance(at, at, kernel) + np.diag(noise))
    white = np.linalg.solve(factor, seen - _mean(at, kernel))
    return float(-0.5 * white @ white - np.log(np.diag(factor)).sum() - 0.5 * len(points) * np.log(2 * np.pi))


def empirical_logits(points: Sequence[Point], spread: float) -> tuple[Floats, Floats]:
    """Logits with half a response added either way (finite at 0 and 1), and their variances."""
    right = np.array([p.correct + 0.5 for p in points])
    wrong = np.array([p.responses - p.correct + 0.5 for p in points])
    return np.log(right / wrong), 1 / right + 1 / wrong + spread**2


def _places(places: Sequence[tuple[float, float]]) -> Floats:
    found: Floats = np.log(np.array(places, dtype=np.float64))
    return found


def _mean(at: Floats, kernel: Kernel) -> Floats:
    """Measured from 512 examples and 192 steps, the middle of the learning worlds."""
    examples, steps = (at - _MIDDLE).T
    mean: Floats = kernel.mean + kernel.rise_examples * examples + kernel.rise_steps * steps
    return mean


def _covariance(one: Floats, other: Floats, kernel: Kernel) -> Floats:
    left, right = one - _MIDDLE, other - _MIDDLE
    apart = ((one[:, None] - other[None]) ** 2).sum(axis=2)
    slopes = np.array([kernel.slope_examples, kernel.slope_steps]) ** 2
    smooth = kernel.bump**2 * np.exp(-apart / (2 * kernel.length**2))
    covariance: Floats = kernel.level**2 + (left * slopes) @ right.T + smooth
    return covariance


_MIDDLE = np.log(np.array([512.0, 192.0]))


def span(draws: Floats) -> Span:
    """Mean and interval of draws."""
    low, high = np.quantile(draws, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2])
    return Span(float(draws.mean()), float(low), float(high))
