"""A ladder from one run: a trunk over the nested order at a constant rate, from which every rung branches off.

    trunk     |-warm-up-|------------------------------------------------|---------------- ...
    rung 1              |--decay--| 128            |                     |
    rung 2                                         |---decay---| 512     |
    rung 3                                                               |-----decay-----| 2048

The trunk takes the examples that a rung adds to the one before it (a block) `epochs` times, then the next block. At
`branch_at` of a rung's steps a copy leaves it and sees the rest of the rung's batches while its rate falls as
`schedule` says (warm-up, stable, decay: WSD; Hu et al., "MiniCPM", 2404.06395, section 4). So the trunk's steps are
paid once for all rungs. What a rung sees does not depend on larger ones: a ladder can grow, or stop early.

The warm-up is that of the smallest rung. A part (a stretch of trunk, or a branch) is a run of its own, which goes on
from the state that the part before it has left.

Not covered: rungs that start from another rung, or take a fixed number of steps. And it is another schedule than an
independent run's: blocks come in turn instead of mixed, and the decay is short.
"""

import math
import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Literal, NamedTuple

from thalweg.train.config import TrainConfig
from thalweg.train.schedule import Course, fall, one_pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a branched ladder: the trunk up to where a rung leaves it, or that rung's branch.

    `sizes` are the examples of the rungs up to and with this one, ascending. `after` is the folder of the stretch of
    trunk that this part goes on from; null where it begins with the untouched student.
    """

    kind: Literal["trunk", "branch"]
    sizes: tuple[int, ...]
    branch_at: float
    after: Path | None = None


class Steps(NamedTuple):
    """Steps of a rung: where its branch leaves the trunk, and where it ends; `before` is where the last one left."""

    before: int
    leaves: int
    ends: int


def steps(sizes: Sequence[int], branch_at: float, config: TrainConfig) -> Steps:
    """The steps of the rung of the last of `sizes`, if no example is dropped."""
    ends = _ends(sizes, config)
    before = _leaves(ends[-2], branch_at) if len(ends) > 1 else 0
    return Steps(before, _leaves(ends[-1], branch_at), ends[-1])


def course(lengths: Sequence[int], places: Sequence[int], part: Part, config: TrainConfig, seed: int) -> Course:
    """What leads to the end of a part, from the very first step.

    `lengths` are the tokens of the rows that are trained on, and `places` their indices in the corpus.
    """
    bounds = [bisect_left(places, size) for size in part.sizes]
    ends = _ends(bounds, config)
    first, leaves = _leaves(ends[0], part.branch_at), _leaves(ends[-1], part.branch_at)
    warmup = min(math.ceil(config.warmup_ratio * ends[0]), first)

    def trunk(step: int) -> float:
        return (step + 1) / warmup if step < warmup else 1.0

    def branch(step: int) -> float:
        return trunk(step) if step < leaves else fall((ends[-1] - step) / (ends[-1] - leaves), config)

    planned = _batches(lengths, bounds, config, seed)
    return Course(planned, branch) if part.kind == "branch" else Course(planned[:leaves], trunk)


def _ends(bounds: Sequence[int], config: TrainConfig) -> list[int]:
    """The steps after each block."""
    blocks = [high - low for low, high in pairwise((0, *bounds))]
    return list(accumulate(math.ceil(block / config.batch_size) * config.epochs for block in blocks))


def _leaves(end: int, branch_at: float) -> int:
    """A branch has at least one step."""
    return max(0, min(round(branch_at * end), end - 1))


def _batches(lengths: Sequence[int], bounds: Sequence[int], config: TrainConfig, seed: int) -> list[list[int]]:
    planned: list[list[int]] = []
    for low, high in pairwise((0, *bounds)):
        for epoch in range(config.epochs):
            cut = one_pass(lengths[low:high], config.batch_size, random.Random(f"{seed} {low} {epoch}"))
            planned += [[low + index for index in batch] for batch in cut]
    return planned
