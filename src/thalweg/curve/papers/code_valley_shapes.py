"""The Valley paper's curves through the same shapes that a study's rungs go through (`curve.shapes`).

Counts are made of the printed rates over the assumed number of responses. The start's completion is not printed and is
taken as 1; the score's shape does not depend on it. With one seed the spread over seeds is assumed (2 points at one
half). Not covered: the four cells, since how completion and think tag go together is not printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from thalweg.curve.counts import Counts, counts_of_cells
from thalweg.curve.papers.code_valley import CodeValley
from thalweg.curve.shapes import Reach, fit_shapes
from thalweg.types import Cell, Cells

_NONE = Cell(n=0, correct=0)


@dataclass(frozen=True, slots=True)
class Shaped:
    """One student's score: its shape where told, the weights of shapes with the start and of climbs without it, and
    where the score is back at its start."""

    student: str
    told: str | None
    weights: Mapping[str, float]
    climb: Mapping[str, float]
    break_even: Reach


def shaped(found: CodeValley) -> tuple[Shaped, ...]:
    """Each student's shape (about a second each)."""
    return tuple(_shaped(found, student) for student in found.scores)


def _shaped(found: CodeValley, student: str) -> Shaped:
    fit = fit_shapes([_counts(found, student, size) for size in found.scores[student]])
    return Shaped(student, fit.score.told, fit.score.weights, fit.score.climb, fit.break_even())


def _counts(found: CodeValley, student: str, size: int) -> Counts:
    """Finished and correct as printed; thinking or direct is left open (all direct)."""
    completion = found.completion[student].get(size)
    finished = found.n if completion is None else round(completion.value * found.n)
    cells = Cells(
        thinking_finished=_NONE,
        thinking_unfinished=_NONE,
        direct_finished=Cell(n=finished, correct=round(found.scores[student][size].value * found.n)),
        direct_unfinished=Cell(n=found.n - finished, correct=0),
    )
    return counts_of_cells(cells, size=size)
