"""Grading as work on shards of responses, for workers that are elsewhere.

A worker opens its own bench: its sandbox is probed, and must reach the floor, before it is sent a response. It gives
findings; the driver makes verdicts of them, since the judge that may be asked is the driver's.

Verdicts are those of grading in one place in all but `seconds`; `isolation` says what held on the machine that ran the
program, which may be more or less than the driver's but never below the floor that was asked for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from thalweg.engine.map import Place, Shard
from thalweg.grade.bench import Bench, Settings
from thalweg.grade.finding import Finding
from thalweg.grade.grader import find, open_sandboxes
from thalweg.grade.ordered import in_order
from thalweg.types import Problem, Response


@dataclass(frozen=True, slots=True)
class Grading:
    """How responses to checks of these types are graded."""

    settings: Settings
    types: frozenset[str]

    @property
    def folders(self) -> tuple[Path, ...]:
        """Everything comes with the shards."""
        return ()

    @contextmanager
    def open(self, place: Place) -> Iterator[Callable[[Sequence[Response], Mapping[str, Problem]], list[Finding]]]:
        """A bench with as many workers as the place has processors.

        Raises:
            InputError: the machine cannot isolate programs as it should.
        """
        workers = place.cpus or self.settings.workers
        with Bench(replace(self.settings, workers=workers)) as bench:
            open_sandboxes(self.types, bench)
            yield partial(_findings, bench)


def shard_of(index: int, batch: Sequence[Response]) -> Shard[Sequence[Response]]:
    """A batch of responses, with the problems that it answers."""
    return Shard(index, batch, tuple(dict.fromkeys(response.problem_id for response in batch)))


def _findings(bench: Bench, batch: Sequence[Response], problems: Mapping[str, Problem]) -> list[Finding]:
    def one(response: Response) -> Finding:
        return find(problems[response.problem_id], response, bench)

    return list(in_order(one, batch, 2 * bench.settings.workers))
