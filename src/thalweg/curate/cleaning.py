"""Leaves out training problems that are repeated, or that hold a benchmark's problem, before any arm selects.

Both are facts about problems, the same for every arm and seed, so they are found once. Not covered: duplicates among
the responses of one problem (`pick: farthest` keeps apart what differs).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from thalweg.curate.contamination import Methods, contamination
from thalweg.curate.duplicates import duplicates
from thalweg.types import Drop, Problem, Response

_FEW = 20_000  # problems that one process looks at sooner than several are started


class Cleaning(BaseModel):
    """Which problems are not trained on, whatever an arm selects; nothing is left out by default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    duplicates: float | None = Field(
        None, gt=0, le=1, description="Jaccard similarity of five-word shingles from which problems repeat one another."
    )
    contamination: Methods | None = Field(
        None,
        description="Leave out problems that hold one of a benchmark. `{overlap: 0.5}` spares those that share less "
        "than half of it; `{}` takes any eight words in a row for a hit, and so more than one in six without cause.",
    )


class LeftOut(NamedTuple):
    """Why a problem is left out."""

    stage: str
    reason: str


def unclean(
    problems: Sequence[Problem], benchmarks: Mapping[str, Sequence[Problem]], cleaning: Cleaning, workers: int = 1
) -> dict[str, LeftOut]:
    """The problems to leave out, by id; a problem that is both is told as contaminated."""
    found: dict[str, LeftOut] = {}
    workers = workers if len(problems) > _FEW else 1
    items = [(problem.id, problem.statement) for problem in problems]
    if cleaning.contamination is not None:
        against = {name: [(p.id, p.statement) for p in rows] for name, rows in benchmarks.items()}
        reasons = contamination(items, against, cleaning.contamination, workers).reasons()
        found |= {name: LeftOut("contamination", reason) for name, reason in reasons.items()}
    if cleaning.duplicates is not None:
        # Only what is kept may stand for its duplicates.
        left = [item for item in items if item[0] not in found]
        reasons = duplicates(left, cleaning.duplicates, workers).reasons
        found |= {name: LeftOut("duplicates", reason) for name, reason in reasons.items()}
    return found


def without(responses: Iterable[Response], left_out: Mapping[str, LeftOut]) -> tuple[list[Response], list[Drop]]:
    """The responses to problems that stay, and the others with the reason."""
    kept: list[Response] = []
    dropped: list[Drop] = []
    for response in responses:
        why = left_out.get(response.problem_id)
        if why is None:
            kept.append(response)
        else:
            dropped.append(
                Drop(response_id=response.id, problem_id=response.problem_id, stage=why.stage, reason=why.reason)
            )
    return kept, dropped
