"""What a study should do next: its rungs, controls and arms turned into the evidence that `curve.advice` weighs.

The rung at hand is the main arm's largest one. Its rungs and those of the step-matched control lie on one surface over
examples and steps; an arm that differs from the main one in a single thing (the teacher, easy problems, unfiltered
responses, more responses a problem) is a measurement of that action. Where too few rungs have run, the advice is the
next rung; where the surface cannot tell steps from data and no control has run, it is the control.

Not covered: second stages (each stage's own arms are compared in the report), and the price of collecting data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from thalweg.curate.difficulty import difficulty_of
from thalweg.curve.actions import ACTIONS, ActionName
from thalweg.curve.advice import FACTOR, UNDECIDED, Advice, Next, advise, knowledge
from thalweg.curve.contrasts import Contrast
from thalweg.curve.intervals import Difference
from thalweg.curve.learned import learned
from thalweg.curve.surface import NextHour, Point, Surface, climbing
from thalweg.study.config import StudyConfig
from thalweg.types import Problem, Score

VERSION = 1
_UNSURE = "the rungs measured so far cannot tell what would help"
_ILL = "the student lost nearly all of its score by training on its own correct responses"
_LEAST = 2  # trained rungs without which a surface would be all prior
# What makes two arms two ways to train on the same data, and not two choices of data.
_TRAINING = {
    "sizes",
    "control",
    "match",
    "match_to",
    "max_steps",
    "train",
    "start",
    "fresh",
    "together",
    "teacher",
    "against",
}


def next_steps(
    config: StudyConfig,
    scores: Sequence[Score],
    contrasts: Sequence[Contrast],
    problems: Sequence[Problem],
    seconds: Mapping[tuple[str, int], float],
    *,
    ill: bool = False,
) -> Next | None:
    """The advice for a study, or null while nothing is trained.

    `seconds` is the training time of (arm, size). `ill` says that the student lost nearly all by training on its own
    correct responses: then nothing is worth buying before the recipe is mended.
    """
    benchmark = next(iter(config.benchmarks))
    rows = [s for s in scores if s.benchmark == benchmark and s.size > 0 and s.pass_at_1.value is not None]
    mine = [s for s in rows if s.arm == config.main_arm]
    if not mine:
        return None
    top = max(mine, key=lambda s: s.size)
    beside = [_point(s) for s in rows if s.arm != config.main_arm and s.arm in _same_data(config)]
    points = [*climbing([_point(s) for s in mine]), *beside]
    hour: NextHour | None = None
    if len({s.size for s in mine}) < _LEAST:
        told = [_first("rung", size=_following(config, top.size), steps=top.steps)]
    else:
        hour = Surface(points, knowledge(learned()).kernel).next_hour(top.size, top.steps, FACTOR)
        told = _weighed(config, top, points, contrasts, problems)
        if _lacks_control(points) and UNDECIDED[0] < hour.more_is_better < UNDECIDED[1]:
            told.insert(0, _first("control", size=top.size, steps=round(top.steps * FACTOR)))
    if ill:
        told.insert(0, _first("repair", size=top.size, steps=top.steps, why=_ILL))
    return Next(
        arm=config.main_arm,
        benchmark=benchmark,
        size=top.size,
        steps=top.steps,
        tokens=top.tokens_trained,
        seconds=seconds.get((top.arm, top.size), 0.0),
        factor=FACTOR,
        next_hour=hour,
        advice=tuple(told),
    )


def document(following: Next) -> dict[str, Any]:
    """`advice.json`."""
    return {"version": VERSION, **asdict(following)}


def _weighed(
    config: StudyConfig, top: Score, points: Sequence[Point], contrasts: Sequence[Contrast], problems: Sequence[Problem]
) -> list[Advice]:
    known = knowledge(learned())
    possible = [name for name in _possible(config, problems) if name in ("longer", "more", *known.priors)]
    measured = _measured(config, contrasts)
    return advise(points, (float(top.size), float(top.steps)), possible, known, measured)


def _point(score: Score) -> Point:
    right = sum(cell.correct for cell in (score.cells.thinking_finished, score.cells.direct_finished))
    return Point(
        examples=score.size,
        steps=score.steps,
        correct=right,
        responses=score.problems * score.samples - score.harness_errors,
    )


def _same_data(config: StudyConfig) -> list[str]:
    """The main arm and its step-matched controls: the same examples, other numbers of steps."""
    main = config.arms[config.main_arm]
    return [
        name
        for name, arm in config.arms.items()
        if name == config.main_arm
        or (arm.control == "steps" and (arm.start, arm.student) == (main.start, main.student))
    ]


def _possible(config: StudyConfig, problems: Sequence[Problem]) -> list[str]:
    """What this study could do at all."""
    found = ["longer", "more", "samples", "teacher"]
    labels = {difficulty_of(problem, config.difficulty) for problem in problems}
    if {"easy", "hard"} <= labels and config.arms[config.main_arm].difficulty is None:
        found.append("easier")
    if config.arms[config.main_arm].select == "correct":
        found.append("unfiltered")
    return found


def _measured(config: StudyConfig, contrasts: Sequence[Contrast]) -> dict[str, Difference]:
    """By action: the difference of the arm that is the main one but for it, at the largest size measured.

    Of several teachers the one that did best.
    """
    found: dict[str, Contrast] = {}
    for contrast in contrasts:
        name = _action_of(config, contrast.arm)
        if name is None or (contrast.against, contrast.against_size) != (config.main_arm, contrast.size):
            continue
        held = found.get(name)
        if held is None or (contrast.size, contrast.value) > (held.size, held.value):
            found[name] = contrast
    return {name: Difference(c.value, c.low, c.high, c.problems, c.seeds) for name, c in found.items()}


def _action_of(config: StudyConfig, arm: str) -> ActionName | None:
    """The one thing in which an arm differs from the main arm, as an action; null where it is none or several."""
    one, main = config.arms[arm], config.arms[config.main_arm]
    if one.start != main.start or one.train != main.train:
        return None
    ours, theirs = one.model_dump(exclude=_TRAINING), main.model_dump(exclude=_TRAINING)
    changed = {key for key in ours if ours[key] != theirs[key]}
    if config.teacher_of(arm) != config.teacher_of(config.main_arm):
        return "teacher" if not changed else None
    if changed == {"difficulty"} and one.difficulty == "easy":
        return "easier"
    if changed == {"select"} and (one.select, main.select) == ("random", "correct"):
        return "unfiltered"
    if changed == {"per_problem"} and main.per_problem and (one.per_problem or main.per_problem + 1) > main.per_problem:
        return "samples"
    return None


def _lacks_control(points: Sequence[Point]) -> bool:
    return len({round(point.steps / point.examples, 2) for point in points}) < _LEAST


def _following(config: StudyConfig, size: int) -> int:
    """The next size of the ladder, or four times the largest."""
    larger = [other for other in config.sizes_of(config.main_arm) if other > size]
    return min(larger) if larger else int(size * FACTOR)


def _first(name: ActionName, size: int, steps: int, why: str = _UNSURE) -> Advice:
    action = ACTIONS[name]
    return Advice(
        action=name,
        words=action.words.format(size=f"{size:,}"),
        gain=None,
        best=1.0,
        examples=size,
        steps=steps,
        evidence=why,
        paper=action.paper,
    )
