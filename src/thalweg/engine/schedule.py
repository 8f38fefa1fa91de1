"""Which job starts next, and on which devices.

Jobs say how many devices they need: a training on eight GPUs, an evaluation on one, a teacher behind an endpoint on
none. Wide jobs come first, among equals urgent ones, then the costliest. A wide job that does not fit yet reserves its
place: narrower ones start before it only if they are expected to end before it could start, so that a stream of small
jobs never starves it. Everything here is a function of what it is told, without processes or clocks.

Not covered: priorities between studies; which GPUs are linked more closely than others.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

SIDE_BY_SIDE = 8  # jobs without a device that run at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`call(on_progress, *args)` in a worker, after the jobs in `needs`, on so many `devices`.

    `cost` is the expected time, in any unit that all jobs share. Costlier jobs start first (by `rank`, where that is
    more than the cost: a rung's evaluation goes with the rung), and before them `urgent` ones. A `fresh` job starts
    processes of its own on its GPUs, so that no earlier job's memory may be left there.
    """

    key: str
    call: Callable[..., Any]
    args: tuple[Any, ...] = ()
    needs: frozenset[str] = frozenset()
    cost: float = 1.0
    urgent: bool = False
    devices: int = 1
    rank: float = 0.0
    fresh: bool = False

    @property
    def order(self) -> tuple[int, bool, float]:
        """Larger ones go first."""
        return self.devices, self.urgent, max(self.rank, self.cost)


class Running(NamedTuple):
    """A job at work on devices (places in the list of all), and the time it is expected to need yet."""

    job: Job
    devices: tuple[int, ...]
    left: float


class Start(NamedTuple):
    """A job that can start now, and where."""

    job: Job
    devices: tuple[int, ...]


def next_start(ready: Sequence[Job], running: Sequence[Running], names: Sequence[str]) -> Start | None:
    """The job to start now; null where all have to wait.

    Args:
        ready: jobs whose needs are met.
        names: of all devices; places with one name are one device that jobs may share.
    """
    taken = {place for other in running for place in other.devices}
    waits_until = math.inf  # when the first job that does not fit can start
    for job in sorted(ready, key=lambda job: job.order, reverse=True):
        if job.devices == 0:
            if sum(other.job.devices == 0 for other in running) < SIDE_BY_SIDE:
                return Start(job, ())
            continue
        found = _places(job.devices, names, taken)
        if found is not None and (waits_until == math.inf or job.cost <= waits_until):
            return Start(job, found)
        if found is None and waits_until == math.inf:
            waits_until = _free_at(job, running, names)
    return None


def _places(count: int, names: Sequence[str], taken: Collection[int]) -> tuple[int, ...] | None:
    """So many free devices of different names; null where there are fewer."""
    free: dict[str, int] = {}
    for place, name in enumerate(names):
        if place not in taken:
            free.setdefault(name, place)
    found = tuple(free.values())[:count]
    return found if len(found) == count else None


def _free_at(job: Job, running: Sequence[Running], names: Sequence[str]) -> float:
    """When a job that does not fit now is expected to find its devices free."""
    taken = {place for other in running for place in other.devices}
    for other in sorted(running, key=lambda other: other.left):
        taken -= set(other.devices)
        if _places(job.devices, names, taken) is not None:
            return other.left
    raise AssertionError(f"{job.key} needs {job.devices} devices, and there are {len(set(names))}")
