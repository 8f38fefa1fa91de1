"""Outcomes as arrays: the same problems at several rungs, so that comparisons are paired.

A *column* is a rung, `(arm, size)`. A `Book` holds every column of one benchmark, seed by seed and problem by problem;
a `Panel` is the rectangular part of it that a comparison needs: the seeds that all columns have, and the problems
that were graded in all of them. Harness errors are absent from a book, so a problem with one anywhere in a panel
leaves the panel (`Panel.dropped` counts these). Not covered: weights, and imputing what was not measured.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from thalweg.errors import InputError
from thalweg.types import Outcome

Column: TypeAlias = tuple[str, int]
Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Book:
    """One benchmark: column -> seed -> problem -> share of the problem's samples that are a hit (correct)."""

    columns: Mapping[Column, Mapping[int, Mapping[str, float]]]
    cluster: Mapping[str, str]
    samples: int

    def arms(self) -> list[str]:
        """The arms in order of appearance."""
        return list(dict.fromkeys(arm for arm, _ in self.columns))

    def sizes(self, arm: str) -> list[int]:
        """The arm's rung sizes, ascending; 0 is its start."""
        return sorted(size for name, size in self.columns if name == arm)

    def seeds(self, arm: str) -> list[int]:
        """Every seed of the arm's trained rungs; those of its start where nothing is trained yet."""
        trained = {seed for (name, size), by in self.columns.items() if name == arm and size > 0 for seed in by}
        return sorted(trained or self.columns[arm, 0])


@dataclass(frozen=True, slots=True)
class Panel:
    """`values[k, s, p]`: share correct at column k, seed s, problem p; `clusters[p]` numbers the problem's cluster."""

    columns: tuple[Column, ...]
    seeds: tuple[int, ...]
    values: Floats
    clusters: Ints
    samples: int
    dropped: int


def is_correct(outcome: Outcome) -> bool:
    """The hit that pass@1 counts."""
    return outcome.status == "correct"


def book(outcomes: Sequence[Outcome], benchmark: str, hit: Callable[[Outcome], bool] = is_correct) -> Book:
    """Sorts a benchmark's outcomes into columns; a seed without a start of its own takes the start of another.

    Raises:
        InputError: an arm without a graded size-0 row, while no other arm has the same start.
    """
    gathered: dict[Column, dict[int, dict[str, list[bool]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    starts: dict[str, str] = {}
    cluster: dict[str, str] = {}
    for row in outcomes:
        if row.benchmark == benchmark and row.status != "harness_error":
            gathered[row.arm, row.size][row.seed][row.problem_id].append(hit(row))
            starts[row.arm] = row.start
            cluster[row.problem_id] = row.cluster
    columns: dict[Column, Mapping[int, Mapping[str, float]]] = {
        column: {seed: {name: sum(v) / len(v) for name, v in by.items()} for seed, by in seeds.items()}
        for column, seeds in gathered.items()
    }
    samples = max((len(v) for seeds in gathered.values() for by in seeds.values() for v in by.values()), default=0)
    for arm in starts:
        columns[arm, 0] = _starts(columns, arm, starts, benchmark)
    return Book(columns, cluster, samples)


def _starts(
    columns: Mapping[Column, Mapping[int, Mapping[str, float]]], arm: str, starts: Mapping[str, str], benchmark: str
) -> dict[int, Mapping[str, float]]:
    """The size-0 column of an arm for each of its seeds."""
    relatives = [arm, *(other for other in starts if other != arm and starts[other] == starts[arm])]
    known: dict[int, Mapping[str, float]] = {}
    for relative in reversed(relatives):  # the arm's own rows come last and win
        known.update(columns.get((relative, 0), {}))
    if not known:
        raise InputError(
            f"benchmark '{benchmark}'",
            f"arm '{arm}' has no graded row of size 0",
            f"score its start '{starts[arm]}' too",
        )
    fallback = known[min(known)]
    seeds = {seed for (name, _), by in columns.items() if name == arm for seed in by}
    return {seed: known.get(seed, fallback) for seed in sorted(seeds)}


def panel(book: Book, columns: Sequence[Column], seeds: Sequence[int] | None = None) -> Panel | None:
    """The rectangular part of `book` at `columns`; null where the columns share no seed or no problem."""
    assert columns, "a panel needs a column"
    shared = set.intersection(*(set(book.columns[c]) for c in columns))
    chosen = sorted(shared if seeds is None else shared & set(seeds))
    cells = [[book.columns[c][s] for s in chosen] for c in columns]
    sets = [set(cell) for row in cells for cell in row]
    names = sorted(set.intersection(*sets)) if sets else []
    if not names:
        return None
    values = np.array([[[cell[name] for name in names] for cell in row] for row in cells], dtype=np.float64)
    _, clusters = np.unique(np.array([book.cluster[name] for name in names]), return_inverse=True)
    dropped = len(set.union(*sets)) - len(names)
    return Panel(tuple(columns), tuple(chosen), values, clusters.astype(np.int64), book.samples, dropped)


def ladder(book: Book, arm: str, seeds: Sequence[int] | None = None) -> Panel | None:
    """The arm's whole ladder, its start first, over the seeds that have every rung.

    While no seed has every rung (a study on its way), the rungs that all seeds have.
    """
    sizes, chosen = book.sizes(arm), list(book.seeds(arm) if seeds is None else seeds)
    whole = [s for s in chosen if all(s in book.columns[arm, size] for size in sizes)]
    if not whole:
        sizes = [size for size in sizes if all(s in book.columns[arm, size] for s in chosen)]
    return panel(book, [(arm, size) for size in sizes], whole or chosen) if sizes else None
