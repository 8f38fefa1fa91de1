"""Two models on the same problems: which one solves what, and the paired difference with its interval.

With several samples a problem counts by the share of them that are correct: `gained` where B's share is higher than
A's, `lost` where it is lower, `both` and `neither` where the shares are equal, above 0 and 0. Ungraded responses and
harness errors are left out, as in every rate. The interval is `thalweg.curve.intervals`', clustered by problem group:
it is about these two checkpoints, not about other seeds.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thalweg.errors import InputError
from thalweg.types import Rate
from thalweg.view.index import STATUS_NAMES, Index
from thalweg.view.tables import Ints

Floats = npt.NDArray[np.float64]
KINDS = ("gained", "lost", "both", "neither")
CHANGED = "changed"  # gained or lost
_LEFT_OUT = [STATUS_NAMES.index(name) for name in ("harness_error", "ungraded")]
_CORRECT = STATUS_NAMES.index("correct")


@dataclass(frozen=True, slots=True)
class Contrast:
    """The problems that both answered, in the index's order, and the share of correct responses of each model."""

    problems: Ints
    a: Floats
    b: Floats

    def of(self, kind: str) -> Ints:
        """The problems of a kind."""
        if kind not in (*KINDS, CHANGED):
            raise InputError("between", f"no value {kind!r}", f"choose one of {', '.join((*KINDS, CHANGED))}")
        equal = self.a == self.b
        masks: dict[str, npt.NDArray[np.bool_]] = {
            "gained": self.b > self.a,
            "lost": self.b < self.a,
            "both": equal & (self.a > 0),
            "neither": equal & (self.a == 0),
            CHANGED: ~equal,
        }
        chosen: Ints = self.problems[masks[kind]]
        return chosen


def contrast(index: Index, a: str, b: str, pool: str | None = None) -> Contrast:
    """Compares models A and B on a pool, or on all pools that both answered.

    Raises:
        InputError: a model that has no responses.
    """
    first, second = (_shares(index, model) for model in (a, b))
    both = (first[0] > 0) & (second[0] > 0)
    if pool:
        both &= np.array(index.problems.pool) == index.problems.pools.index(pool)
    problems: Ints = np.flatnonzero(both)
    return Contrast(problems, *(correct[problems] / count[problems] for count, correct in (first, second)))


def problems_between(index: Index, a: str, b: str, kind: str) -> Ints:
    """The numbers of the problems of a kind."""
    return contrast(index, a, b).of(kind)


def difference(index: Index, found: Contrast) -> Rate | None:
    """pass@1 of B minus that of A (-1 to 1) with its 95 % interval, paired; null without problems in common."""
    from thalweg.curve.intervals import difference as paired
    from thalweg.curve.intervals import estimate
    from thalweg.curve.panel import Panel

    if not len(found.problems):
        return None
    names = np.array([index.problems.clusters[number] for number in found.problems])
    _, clusters = np.unique(names, return_inverse=True)
    values = np.stack([found.a, found.b])[:, None, :]
    told = paired(estimate(Panel((("a", 0), ("b", 0)), (0,), values, clusters.astype(np.int64), 1, 0)), 1, 0)
    return Rate(value=told.value, low=told.low, high=told.high)


def _shares(index: Index, name: str) -> tuple[Ints, Ints]:
    """For every problem how many responses of a model count, and how many of them are correct."""
    place = next((at for at, model in enumerate(index.models) if model.name == name), None)
    if place is None:
        raise InputError("model", f"no model {name!r} has responses", "choose one of the list")
    columns, size = index.columns, len(index.problems.ids)
    counted = (columns["model"] == place) & ~np.isin(columns["status"], _LEFT_OUT)
    correct = counted & (columns["status"] == _CORRECT)
    return (
        np.bincount(columns["problem"][counted], minlength=size),
        np.bincount(columns["problem"][correct], minlength=size),
    )
