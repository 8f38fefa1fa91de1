"""The Valley of Code Reasoning (arXiv 2510.06101) computed again: what its four points a curve and one seed can tell.

Five questions: how sure is each change of the score (`changes`); is the climb sharper than log-linear (`climbs`); what
is the score made of, finishing or being right once finished (`compositions`, `moves`); do difficulty and correctness
matter, before and after the valley (`stages`); and which of the paper's sentences hold (`code_valley_claims.py`).

Everything rests on `assumed_n` independent responses a score, which the paper does not state. Beside every difference
stands the standard deviation over seeds up to which it is still told from chance: the paper has one seed. Not covered:
whether steps or data make the climb, which grow together in the paper (about 40, 395 and 1,175 optimiser steps).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, log10
from typing import Any

from thalweg.curve.papers import paper
from thalweg.curve.papers.shares import Ratio, Share, Told, combined, difference, ratio

SIZES = (0, 1_000, 10_000, 30_000)
STEPS = {1_000: 40, 10_000: 395, 30_000: 1_175}  # 5 epochs in batches of 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A student's score at one size against another."""

    student: str
    before: int
    after: int
    difference: Told
    ratio: Ratio


@dataclass(frozen=True, slots=True)
class Climb:
    """Slopes of the score (a share, per decade of examples) from 1K to 10K and to 30K, and their difference."""

    student: str
    first: Told
    second: Told
    sharper: Told


@dataclass(frozen=True, slots=True)
class Composition:
    """A score as the share that finishes times the share that is right once finished, if no cut-off one is right.

    At the start (`size` 0) the share that finishes is not printed: it is taken as 1, so that `right` is a lower bound.
    """

    student: str
    size: int
    finished: Share
    right: Share


@dataclass(frozen=True, slots=True)
class Move:
    """How much of a change of the score is finishing, how much being right; they add up (symmetric split).

    Of a move from the start, `finishing` is the largest that the fall can have been: the start finishes everything.
    """

    student: str
    before: int
    after: int
    total: float
    finishing: Told
    right: Told
    right_change: Told


@dataclass(frozen=True, slots=True)
class Stage:
    """One arm against another in Table 2, from both starts, how much the two differ, and both together."""

    one: str
    other: str
    instruct: Told
    trained: Told
    interaction: Told
    pooled: Told


@dataclass(frozen=True, slots=True)
class CodeValley:
    """Everything that `thalweg papers valley` prints but the claims; rates by student and size, stages by arm."""

    arxiv: str
    n: int
    oddities: tuple[str, ...]
    scores: Mapping[str, Mapping[int, Share]]
    completion: Mapping[str, Mapping[int, Share]]
    think_tag: Mapping[str, Mapping[int, Share]]
    arms: Mapping[str, tuple[Share, Share]]
    changes: tuple[Change, ...]
    climbs: tuple[Climb, ...]
    compositions: tuple[Composition, ...]
    moves: tuple[Move, ...]
    stages: tuple[Stage, ...]


def code_valley(n: int | None = None) -> CodeValley:
    """The paper computed again over `n` independent responses a score (the inferred number where absent)."""
    raw = paper("valley")
    n = n or int(raw["assumed_n"])
    scores, completion, think_tag = (_rates(raw[name]["rows"], n) for name in ("scores", "completion", "think_tag"))
    arms = {arm: (Share(pair[0], n), Share(pair[1], n)) for arm, pair in raw["stages"]["rows"].items()}
    compositions = _compositions(scores, completion, n)
    return CodeValley(
        arxiv=raw["arxiv"],
        n=n,
        oddities=tuple(raw["oddities"]),
        scores=scores,
        completion=completion,
        think_tag=think_tag,
        arms=arms,
        changes=tuple(_change(student, own, a, b) for student, own in scores.items() for a, b in pairwise(SIZES)),
        climbs=tuple(_climb(student, own) for student, own in scores.items()),
        compositions=compositions,
        moves=_moves(compositions),
        stages=(_stage(arms, "Easy 4K", "Hard 4K"), _stage(arms, "Correct 6K", "Incorrect 6K")),
    )


def _rates(rows: Mapping[str, Mapping[int, Any]], n: int) -> dict[str, dict[int, Share]]:
    return {student: {size: Share(rate, n, size > 0) for size, rate in own.items()} for student, own in rows.items()}


def _change(student: str, own: Mapping[int, Share], before: int, after: int) -> Change:
    return Change(
        student=student,
        before=before,
        after=after,
        difference=difference(own[after], own[before]),
        ratio=ratio(own[after], own[before]),
    )


def _climb(student: str, own: Mapping[int, Share]) -> Climb:
    low, middle, high = (own[size] for size in SIZES[1:])
    step = 1 / log10(SIZES[3] / SIZES[2])  # the first is one decade wide
    return Climb(
        student,
        first=combined((1.0, middle), (-1.0, low)),
        second=combined((step, high), (-step, middle)),
        sharper=combined((step, high), (-step - 1.0, middle), (1.0, low)),
    )


# --------------------------------------------------------------------------- what a score is made of


def _compositions(
    scores: Mapping[str, Mapping[int, Share]], completion: Mapping[str, Mapping[int, Share]], n: int
) -> tuple[Composition, ...]:
    found = []
    for student, own in scores.items():
        for size, score in own.items():
            finished = completion[student].get(size, Share(1.0, n))
            found.append(
                Composition(student, size, finished, Share(score.value / finished.value, round(finished.value * n)))
            )
    return tuple(found)


def _moves(compositions: tuple[Composition, ...]) -> tuple[Move, ...]:
    """From each rung to the next; `compositions` are in order."""
    return tuple(_move(one, two) for one, two in pairwise(compositions) if one.student == two.student)


def _move(one: Composition, two: Composition) -> Move:
    """The symmetric split; the share that finishes and the share right among them vary independently (delta method)."""
    ends = difference(two.finished, one.finished)
    right = difference(two.right, one.right)
    finished_mean = (one.finished.value + two.finished.value) / 2
    right_mean = (one.right.value + two.right.value) / 2

    finishing = ends.value * right_mean
    being_right = right.value * finished_mean
    return Move(
        one.student,
        one.size,
        two.size,
        total=finishing + being_right,
        finishing=Told(finishing, hypot(right_mean * ends.error, ends.value / 2 * right.error)),
        right=Told(being_right, hypot(finished_mean * right.error, right.value / 2 * ends.error)),
        right_change=right,
    )


# --------------------------------------------------------------------------- difficulty and correctness


def _stage(arms: Mapping[str, tuple[Share, Share]], one: str, other: str) -> Stage:
    first, second = zip(arms[one], arms[other], strict=True)
    (a, b), (c, d) = first, second
    return Stage(
        one,
        other,
        instruct=difference(a, b),
        trained=difference(c, d),
        interaction=combined((1.0, c), (-1.0, d), (-1.0, a), (1.0, b)),
        pooled=combined((0.5, a), (-0.5, b), (0.5, c), (-0.5, d)),
    )
