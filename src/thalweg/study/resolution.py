"""What a study will be able to tell: the smallest differences it resolves, before it runs.

The design (problems, groups, samples, seeds, comparisons) is read off the study file and, where they are there or can
be made, the held-out problems of the first benchmark. The assumptions are measured on the study's own finished rungs,
else they are the usual ones of `curve.power`, which come from our own finished studies. What is printed holds with 80 %
power at 95 % confidence, all comparisons of a kind told together, as the report does. Not covered: benchmarks other
than the first.
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial

from thalweg import store
from thalweg.curve.assumptions import assumptions
from thalweg.curve.panel import book, ladder
from thalweg.curve.power import (
    USUAL,
    Design,
    PowerOf,
    floor_power,
    problems_for,
    rung_power,
    samples_for,
    smallest,
    start_power,
)
from thalweg.errors import InputError
from thalweg.study.config import Loaded
from thalweg.study.folder import Folder
from thalweg.study.inputs import load_source
from thalweg.study.pace import ALL_PROBLEMS
from thalweg.study.places import resolve
from thalweg.study.stages import comparisons
from thalweg.types import Outcome, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """One kind of comparison: `count` told together, and the smallest difference (in shares of 1) that is told."""

    what: str
    count: int
    smallest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What a wanted difference takes: problems by number of seeds, and samples on the study's own problems."""

    what: str
    wanted: float
    problems: dict[int, int | None]
    samples: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a study can tell, on which design and assumptions; `needed` where a difference was asked for."""

    benchmark: str
    design: Design
    source: str
    resolved: tuple[Resolved, ...]
    needed: tuple[Needed, ...]


def resolution(loaded: Loaded, wanted: float | None = None) -> Resolution:
    """The resolution of a study, and what it takes to resolve `wanted` (0.02: two points).

    Raises:
        InputError: `wanted` is not between 0 and 1.
    """
    if wanted is not None and not 0 < wanted < 1:
        raise InputError("--resolve", f"{wanted:g} is no difference of two shares", "0.02 stands for two points")
    design, source = _design(loaded)
    kinds = _kinds(loaded)
    return Resolution(
        benchmark=next(iter(loaded.config.benchmarks)),
        design=design,
        source=source,
        resolved=tuple(Resolved(what=what, count=count, smallest=smallest(design, of)) for what, count, of in kinds),
        needed=tuple(_needed(design, what, of, wanted) for what, _, of in kinds[:2]) if wanted is not None else (),
    )


def _kinds(loaded: Loaded) -> list[tuple[str, int, PowerOf]]:
    """The report's kinds of comparison that the study has, with its power."""
    config = loaded.config
    ladder = len(config.sizes_of(config.main_arm))
    kinds: list[tuple[str, int, PowerOf]] = [("a rung against its start", ladder, partial(start_power, rungs=ladder))]
    pairs = len(comparisons(config))
    if pairs:
        kinds.append(("an arm against another", pairs, partial(rung_power, comparisons=pairs)))
    if ladder > 1:
        kinds.append(
            ("a valley: the depth of its floor", ladder * (ladder + 1) // 2, partial(floor_power, rungs=ladder))
        )
    return kinds


def _needed(design: Design, what: str, power_of: PowerOf, wanted: float) -> Needed:
    return Needed(
        what=what,
        wanted=wanted,
        problems=problems_for(design, wanted, power_of),
        samples=samples_for(design, wanted, power_of),
    )


def _design(loaded: Loaded) -> tuple[Design, str]:
    config, folder = loaded.config, Folder(loaded.folder)
    name, benchmark = next(iter(config.benchmarks.items()))
    sizes = _group_sizes(loaded, folder, name) or [1] * (benchmark.count or ALL_PROBLEMS)
    problems = sum(sizes)
    design = Design(
        problems=problems,
        groups=len(sizes),
        group_size=sum(size**2 for size in sizes) / problems,
        samples=benchmark.samples,
        seeds=len(config.seeds),
        assumed=USUAL,
    )
    return _measured(loaded, folder, name, design)


def _group_sizes(loaded: Loaded, folder: Folder, name: str) -> list[int]:
    """Problems in each group of a benchmark; none where they are not here (a hub id, a file to come)."""
    path, source = folder.problems(name), loaded.config.benchmarks[name]
    if path.exists():
        problems = list(store.read(path, Problem))
    elif source.path is None or not isinstance(resolve(loaded.folder, source.path), str):
        problems = load_source(source, loaded.folder)
    else:
        return []
    return list(Counter(problem.cluster for problem in problems).values())


def _measured(loaded: Loaded, folder: Folder, name: str, design: Design) -> tuple[Design, str]:
    """The design with what the study's own finished rungs say of the main arm, and what it rests on."""
    path, arm = folder.root / "scores.parquet", loaded.config.main_arm
    rows = [row for row in store.read(path, Outcome) if row.benchmark == name] if path.exists() else []
    if not any(row.arm == arm for row in rows):
        return design, "usual values of our own finished studies"
    found = ladder(book(rows, name), arm)
    if found is None:
        return design, "usual values of our own finished studies"
    rungs = f"this study's {len(found.columns) - 1} finished rungs of '{arm}'"
    if len(found.seeds) == 1:
        rungs += "; agreement and spread over seeds are usual values, since there is one seed"
    return replace(design, assumed=assumptions(found, design.assumed)), rungs
