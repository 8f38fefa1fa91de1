"""Which responses may become training rows: each filter says why it drops one.

Filtering by correctness is an arm of an experiment and not a gate: `select` is `random` (no filter), `correct` or
`incorrect`. Dropped in every arm are responses that cannot be trained on: those without an answer (the thinking was
never closed, or the reply was cut), and those whose problem is unknown.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from thalweg.thinking import is_finished
from thalweg.types import Problem, Response, Verdict

Select: TypeAlias = Literal["random", "correct", "incorrect"]


class Funnel(NamedTuple):
    """How many came in, how many stayed, and what the others were dropped for."""

    pool: int
    kept: int
    dropped: dict[str, int]


def usable(
    responses: Iterable[Response],
    problems: Mapping[str, Problem],
    verdicts: Mapping[str, Verdict],
    select: Select = "random",
) -> tuple[list[Response], Funnel]:
    """The responses that an arm may train on, in their order, and the funnel."""
    kept: list[Response] = []
    dropped: Counter[str] = Counter()
    for response in responses:
        reason = _reason(response, problems, verdicts.get(response.id), select)
        if reason is None:
            kept.append(response)
        else:
            dropped[reason] += 1
    return kept, Funnel(len(kept) + dropped.total(), len(kept), dict(sorted(dropped.items())))


def _reason(response: Response, problems: Mapping[str, Problem], verdict: Verdict | None, select: Select) -> str | None:
    if response.problem_id not in problems:
        return "unknown problem"
    if not is_finished(response):
        return "unfinished"
    if select == "random":
        return None
    if verdict is None or verdict.status == "harness_error":
        return "no verdict"
    if (verdict.status == "correct") != (select == "correct"):
        return f"not {select}"
    return None
