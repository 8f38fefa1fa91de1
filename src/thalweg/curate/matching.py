"""Matched arms: a rung that differs from another arm's in one thing only.

`problems`    the same problems, each as often as in the other rung (correct against incorrect answers to the same);
`difficulty`  as many problems of each difficulty label as in the other rung;
`tokens`      as many training tokens as in the other rung, whatever number of examples that is.

The other arm's rung is given, so rungs that are nested there are nested here. Equal optimiser steps are a matter of
training, not of rows. Not covered: two of these at once, and matching on several benchmarks' difficulty.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from thalweg.curate.selection import Pool
from thalweg.errors import InputError
from thalweg.thinking import full_text
from thalweg.types import Problem, Response

Match: TypeAlias = Literal["problems", "difficulty", "tokens"]


def common_problems(a: Pool, b: Pool) -> frozenset[str]:
    """The problems that both pools hold: what both arms are to be selected with (`only_problems`)."""
    return frozenset(r.problem_id for r in a.ordered) & frozenset(r.problem_id for r in b.ordered)


def take_matched(
    ordered: Sequence[Response],
    reference: Sequence[Response],
    how: Match,
    problems: Mapping[str, Problem],
    count_tokens: Callable[[str], int],
    where: str,
) -> list[Response]:
    """The rung that matches `reference`, the other arm's rung in its order, taken from an arm's ordered pool.

    Raises:
        InputError: the pool cannot match it; says what is missing.
    """
    if how == "tokens":
        return _up_to(ordered, sum(count_tokens(full_text(r)) for r in reference), count_tokens, where)
    if how == "problems":
        return _one_for_one(ordered, reference, lambda r: r.problem_id, "to problem", where)
    return _one_for_one(ordered, reference, lambda r: str(problems[r.problem_id].difficulty), "of difficulty", where)


def _one_for_one(
    ordered: Sequence[Response], reference: Sequence[Response], key: Callable[[Response], str], what: str, where: str
) -> list[Response]:
    """For each row of the reference the next response with the same key."""
    waiting: dict[str, list[Response]] = defaultdict(list)
    for response in reversed(ordered):
        waiting[key(response)].append(response)
    out = []
    for row in reference:
        if not waiting[key(row)]:
            wanted, held = _count(reference, key, key(row)), _count(ordered, key, key(row))
            problem = f"the matched rung has {wanted} responses {what} {key(row)!r}, this arm only {held}"
            raise InputError(where, problem, "match the other arm to this one too, or take smaller sizes")
        out.append(waiting[key(row)].pop())
    return out


def _count(rows: Iterable[Response], key: Callable[[Response], str], value: str) -> int:
    return sum(key(row) == value for row in rows)


def _up_to(ordered: Sequence[Response], target: int, count_tokens: Callable[[str], int], where: str) -> list[Response]:
    """The beginning of the order whose tokens are nearest to `target`: off by half an example at most."""
    total = 0
    for place, response in enumerate(ordered):
        before, total = total, total + count_tokens(full_text(response))
        if total >= target:
            nearer = place if target - before < total - target else place + 1
            return list(ordered[: max(nearer, 1)])
    problem = f"the matched rung has {target} tokens, all responses of this arm only {total}"
    raise InputError(where, problem, "take smaller sizes, or collect more responses")
