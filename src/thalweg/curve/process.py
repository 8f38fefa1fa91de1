"""A Gaussian process that learns changes from situations, group by group, and how far it is off.

The kernel has a linear part and a smooth one; its four scales are those, out of a small grid, under which groups left
out of learning are most likely. The spread of a prediction is stretched by the conformal quantile of the errors on
groups left out, over their spreads. Not covered: what the numbers mean (`forecast.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from thalweg.curve.panel import Floats

_LINEAR, _SMOOTH, _LENGTH, _NOISE = (0.05, 0.1, 0.2, 0.4), (0.05, 0.1, 0.2), (3.0,), (0.06, 0.08, 0.11)


@dataclass(frozen=True, slots=True)
class Process:
    """Situations (n x d), their changes (n), and the scales; predictions are read off these."""

    points: Floats
    changes: Floats
    centre: Floats
    scale: Floats
    linear: float
    smooth: float
    length: float
    noise: float
    factor: float

    def predict(self, situations: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation (m) of the change on the arcsine scale, noise of measurement included."""
        own = self._kernel(self.points, self.points) + self.noise**2 * np.eye(len(self.points))
        cross = self._kernel(situations, self.points)
        solved = np.linalg.solve(own, cross.T)
        around = self._kernel(situations, situations).diagonal()
        variance = around - np.einsum("mn,nm->m", cross, solved) + self.noise**2
        return self.changes @ solved, np.sqrt(np.maximum(variance, 1e-12))

    def _kernel(self, one: Floats, other: Floats) -> Floats:
        a, b = (one - self.centre) / self.scale, (other - self.centre) / self.scale
        squares = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=-1)
        summed: Floats = self.linear**2 * (1 + a @ b.T) + self.smooth**2 * np.exp(-squares / (2 * self.length**2))
        return summed


def learn(points: Floats, changes: Floats, groups: Sequence[str], confidence: float) -> Process:
    """The process for n points of several groups, whose intervals are to cover `confidence`."""
    spread = points.std(axis=0)
    centre, scale = points.mean(axis=0), np.where(spread > 1e-9, spread, 1.0)
    grid = [Process(points, changes, centre, scale, *s, 1.0) for s in product(_LINEAR, _SMOOTH, _LENGTH, _NOISE)]
    best = max(grid, key=lambda process: _density(process, groups))
    return replace(best, factor=_factor(best, groups, confidence))


def left_out(process: Process, groups: Sequence[str]) -> tuple[Floats, Floats]:
    """Errors and spreads (n) of the changes, each predicted without the points of its own group."""
    errors, spreads = np.zeros(len(groups)), np.zeros(len(groups))
    for group in dict.fromkeys(groups):
        own = np.array([name == group for name in groups])
        rest = replace(process, points=process.points[~own], changes=process.changes[~own])
        mean, spreads[own] = rest.predict(process.points[own])
        errors[own] = process.changes[own] - mean
    return errors, spreads


def plain(process: Process) -> dict[str, Any]:
    """As JSON holds it, rounded to six digits."""
    names = ("points", "changes", "centre", "scale", "linear", "smooth", "length", "noise", "factor")
    return {name: np.round(getattr(process, name), 6).tolist() for name in names}


def of_plain(found: Mapping[str, Any]) -> Process:
    """What `plain` made."""
    arrays = [np.array(found[name], dtype=np.float64) for name in ("points", "changes", "centre", "scale")]
    points, changes, centre, scale = arrays
    scales = [float(found[name]) for name in ("linear", "smooth", "length", "noise", "factor")]
    return Process(points, changes, centre, scale, *scales)


def _density(process: Process, groups: Sequence[str]) -> float:
    errors, spreads = left_out(process, groups)
    return float(-(np.log(spreads) + 0.5 * (errors / spreads) ** 2).sum())


def _factor(process: Process, groups: Sequence[str], confidence: float) -> float:
    errors, spreads = left_out(process, groups)
    ratios = np.sort(np.abs(errors / spreads))
    rank = int(np.ceil((len(ratios) + 1) * confidence))
    return float(ratios[min(rank, len(ratios)) - 1])
