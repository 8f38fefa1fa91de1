"""The funnel: how many responses came in, how many became rows, and at which stage and why the others fell out.

Counts add up exactly: the pool is the examples and the dropped, and what lies beyond a rung's size is dropped too.
`funnel.json` beside a corpus holds it, `dropped.parquet` each dropped response.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from thalweg.curate.selection import STAGES
from thalweg.types import Drop

VERSION = 2  # of funnel.json; 1 had no stages


class Loss(NamedTuple):
    """How many responses one stage dropped for one reason."""

    stage: str
    reason: str
    number: int


class Funnel(NamedTuple):
    """`pool` responses, of which `examples` became rows; `dropped` in the order of the stages, the most first."""

    pool: int
    examples: int
    dropped: tuple[Loss, ...]

    @property
    def kept(self) -> int:
        """How many passed every gate, whether or not the corpus had room for them."""
        return self.examples + sum(loss.number for loss in self.dropped if loss.stage == "size")

    def reasons(self) -> list[tuple[str, int]]:
        """Each reason with its count, in the order of the stages."""
        return [(loss.reason, loss.number) for loss in self.dropped]

    def document(self) -> dict[str, Any]:
        """What `funnel.json` holds."""
        dropped = [{"stage": stage, "reason": reason, "count": number} for stage, reason, number in self.dropped]
        return {"version": VERSION, "pool": self.pool, "examples": self.examples, "dropped": dropped}


def funnel_of(examples: int, dropped: Iterable[Drop]) -> Funnel:
    """Counts a corpus of `examples` rows and what was dropped on the way to it."""
    counts = Counter((drop.stage, drop.reason) for drop in dropped)
    ranked = sorted(counts.items(), key=lambda item: (_place(item[0][0]), -item[1], item[0]))
    return Funnel(examples + counts.total(), examples, tuple(Loss(*key, number) for key, number in ranked))


def table(funnel: Funnel) -> list[tuple[str, str, int, int]]:
    """Rows to print: stage, reason, how many it dropped, how many were left after it. The first is the pool."""
    rows, left = [("pool", "", 0, funnel.pool)], funnel.pool
    for stage, reason, number in funnel.dropped:
        left -= number
        rows.append((stage, reason, number, left))
    assert left == funnel.examples, "the funnel's counts do not add up"
    return rows


def _place(stage: str) -> int:
    """Stages that are not of a selection (duplicates, contamination) come before those that are."""
    return STAGES.index(stage) if stage in STAGES else -1
