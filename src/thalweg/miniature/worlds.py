"""Miniature worlds: many small studies to learn on and to check on, and the scores of their ladders.

A world is a task (which lines programs have, how many, how large values grow), a student, a teacher, a recipe and a
decision rung of N examples. All are drawn by seeded generators. Learning worlds are for choosing whatever has to be
chosen; held-out worlds, with other tasks, students, styles and recipes, are for saying how well it works. Their runs
(`Run`, made by `thalweg.worlds.run`) ship with the package as scores.

Not covered: making students and running worlds (`thalweg.worlds.run`), problems and traces (`world_tasks`).
"""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from thalweg import store
from thalweg.miniature import programs, synthesis, synthesis_tracer
from thalweg.miniature.programs import Program
from thalweg.miniature.tracer import Style
from thalweg.types import Cells

WorldSplit: TypeAlias = Literal["learning", "held-out"]
Kind: TypeAlias = Literal["start", "rung", "action", "smoke", "fault", "own"]
ACTIONS = ("longer", "more", "easier", "samples", "teacher", "unfiltered", "stop")
LOSSES = 16  # mean losses kept of a run
PROBLEMS = 300  # test problems that every checkpoint answers
WORLDS: Mapping[WorldSplit, int] = {"learning": 20, "held-out": 32}
VARYING = ("rambling", "skipping", "varied", "repeating", "search")  # styles whose correct samples differ
ERRING = ("erring", "varied", "repeating")  # styles that are wrong at times


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A study in miniature. `size` is the decision rung N: the ladder is N/8 to 4N, the actions start at N."""

    name: str
    split: WorldSplit
    seed: int
    student: str  # the name of its base; worlds of the same base have the same task
    task: Literal["output", "synthesis"]
    lines: tuple[str, ...]
    depths: tuple[int, ...]
    largest: int
    width: int
    layers: int
    teacher: str
    other_teacher: str
    learning_rate: float
    batch_size: int
    epochs: int
    schedule: Literal["linear", "cosine"]
    size: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """The rungs: N/8, N/4, N/2, N, 2N, 4N."""
        return tuple(self.size * step // 8 for step in (1, 2, 4, 8, 16, 32))

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that are run apart: `more` is the rung of 4N, and `stop` is the rung of N."""
        found = ["longer", "easier", "teacher"]
        found += ["samples"] if self.teacher in VARYING else []
        return tuple(found + (["unfiltered"] if self.teacher in ERRING else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One trained and scored checkpoint.

    `name` is that of the action or fault, else empty. `size` counts distinct training examples as a ladder does (an
    action that starts at N and buys 3N more has 4N). `tokens` are those of all passes, prompts included. `seconds` is
    processor time of training and scoring. `correct` is a mask in hexadecimal: bit i is test problem i, so that runs
    of a world can be compared in pairs. `loss` holds the means of sixteen equal stretches of training.
    """

    world: str
    kind: Kind
    name: str = ""
    size: int
    steps: int
    tokens: int
    seconds: float
    responses: int
    cells: Cells
    looped: int
    correct: str
    loss: tuple[float, ...] = ()
    probe: Mapping[str, float] = field(default_factory=dict)

    @property
    def solved(self) -> int:
        """How many test problems were answered correctly."""
        return int(self.correct, 16).bit_count()

    @property
    def mask(self) -> list[bool]:
        """Which test problems were answered correctly, in their order."""
        bits = int(self.correct, 16)
        return [bool(bits >> index & 1) for index in range(self.responses)]


def runs_file() -> Path:
    """The scores that ship with the package."""
    return Path(__file__).with_name("world_runs.jsonl.gz")


def worlds(split: WorldSplit | None = None) -> list[World]:
    """All worlds of a split, or of both, the learning ones first."""
    splits = [split] if split else list(WORLDS)
    return [world for name in splits for world in _worlds(name)]


def runs(split: WorldSplit | None = None) -> list[Run]:
    """The shipped runs of a split's worlds, or of all, in the order of the worlds and of their ladders."""
    names = {world.name for world in worlds(split)}
    return [run for run in store.read(runs_file(), Run) if run.world in names]


def choices(world: World, rows: Iterable[Run]) -> dict[str, Run]:
    """What each action at the decision rung led to, by its name; `more` and `stop` are rungs of the ladder."""
    mine = [run for run in rows if run.world == world.name]
    rungs = {run.size: run for run in mine if run.kind == "rung"}
    acted = {run.name: run for run in mine if run.kind == "action"}
    acted |= {name: rungs[size] for name, size in (("more", 4 * world.size), ("stop", world.size)) if size in rungs}
    return {name: acted[name] for name in ACTIONS if name in acted}


# --------------------------------------------------------------------------- drawing worlds


class _Base(NamedTuple):
    """A task, and the student that was made for it."""

    student: str
    task: Literal["output", "synthesis"]
    lines: Program
    depths: tuple[int, ...]
    largest: int
    width: int
    layers: int


class _Range(NamedTuple):
    """What bases and worlds of a split are drawn from; a style that stands more often is drawn more often."""

    shipped: _Base
    made: int  # bases beside the shipped one
    lines: Program
    depths: tuple[tuple[int, ...], ...]
    largest: tuple[int, ...]
    widths: tuple[int, ...]
    layers: tuple[int, ...]
    styles: tuple[Style, ...]
    schedules: tuple[Literal["linear", "cosine"], ...]


_RANGES: Mapping[WorldSplit, _Range] = {
    "learning": _Range(
        shipped=_Base("miniature", "output", programs.LINES, programs.DEPTHS, programs.LARGEST, 128, 4),
        made=2,
        lines=programs.LINES,
        depths=((2, 3, 4), (2, 3, 4, 5)),
        largest=(99, 60),
        widths=(80, 96),
        layers=(2, 3),
        styles=("line", "line", "line", "double", "terse", "terse", "rambling", "erring", "erring", "repeating"),
        schedules=("linear",),
    ),
    "held-out": _Range(
        shipped=_Base("miniature-synthesis", "synthesis", synthesis.LINES, synthesis.DEPTHS, programs.LARGEST, 128, 4),
        made=3,
        lines=synthesis.LINES,
        depths=((3, 4), (3, 4, 5), (2, 4, 6)),
        largest=(80, 40),
        widths=(64, 72, 88),
        layers=(2, 3, 4),
        styles=(
            *("line", "line", "double", "terse", "terse", "rambling", "rambling", "erring", "erring"),
            *("repeating", "repeating", "skipping", "skipping", "varied", "varied", "echo"),
        ),
        schedules=("linear", "cosine"),
    ),
}
_LINES = 9  # of a base that is drawn
_SIZES, _SHARES = (256, 512), (0.6, 0.4)  # below them no student of this size leaves the floor at 4N
_RATES = (8e-4, 3e-3)
_SEARCHES: tuple[synthesis_tracer.Style, ...] = ("search", "straight")


@cache
def _worlds(split: WorldSplit) -> tuple[World, ...]:
    bases = _bases(split)
    return tuple(_world(split, bases[index % len(bases)], index) for index in range(WORLDS[split]))


def _bases(split: WorldSplit) -> list[_Base]:
    ranges, r = _RANGES[split], random.Random(f"bases/{split}")
    found = [ranges.shipped]
    for index in range(ranges.made):
        drawn = set(r.sample(ranges.lines, _LINES))
        lines = tuple(line for line in ranges.lines if line in drawn)
        rest = (r.choice(ranges.depths), r.choice(ranges.largest), r.choice(ranges.widths), r.choice(ranges.layers))
        found.append(_Base(f"{split}-{index + 1}", "output", lines, *rest))
    return found


def _world(split: WorldSplit, base: _Base, index: int) -> World:
    ranges, r = _RANGES[split], random.Random(f"world/{split}/{index}")
    teacher, other = _teachers(base, ranges.styles, r)
    low, high = map(math.log, _RATES)
    return World(
        name=f"{split}-{index:02d}",
        split=split,
        seed=index,
        **base._asdict(),
        teacher=teacher,
        other_teacher=other,
        learning_rate=float(f"{math.exp(r.uniform(low, high)):.2g}"),
        batch_size=r.choice((8, 8, 16)),
        epochs=r.choice((3, 5)),
        schedule=r.choice(ranges.schedules),
        size=r.choices(_SIZES, _SHARES)[0],
    )


def _teachers(base: _Base, styles: Sequence[Style], r: random.Random) -> tuple[str, str]:
    """Two different styles, the ladder's and another; a task of finding programs has only two."""
    if base.task == "synthesis":
        teacher = r.choice(_SEARCHES)
        return teacher, next(style for style in _SEARCHES if style != teacher)
    drawn = r.choice(styles)
    return drawn, r.choice([style for style in styles if style != drawn])
