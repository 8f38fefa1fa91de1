"""A miniature world made ready for faults, and one trial on it: planted, carried out, read, thrown away.

Not covered: which trials there are (`thalweg.worlds.faults`).
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from thalweg.curve.rates import cells
from thalweg.miniature.world_tasks import examples, problems_of
from thalweg.miniature.worlds import LOSSES, Run, World
from thalweg.study import probes
from thalweg.types import Example, Outcome, Problem, Response
from thalweg.worlds import planted
from thalweg.worlds.climbs import PROMPT, answer, budget_of, config_of, verdict_on
from thalweg.worlds.fault_rows import numbers
from thalweg.worlds.planted import EVALUATION, Course, Plan

PROBLEMS = 96  # test problems that every checkpoint answers
SIZE = 128  # examples of a fault and of the control: seconds a run
_OWN_DRAWN = 4  # problems that the start answers for each row wanted


class Trial(NamedTuple):
    """A run: `kind` is `fault` or `own`, and a healthy name begins with `healthy`."""

    kind: Literal["fault", "own"]
    name: str
    size: int
    course: Callable[[Course], Course]
    plan: Callable[[Course], Plan]


@dataclass
class Bed:
    """A world made ready: its start, scored, its course, and a healthy checkpoint."""

    world: World
    student: Path
    folder: Path

    def __post_init__(self) -> None:
        world, size = self.world, SIZE
        rows = examples(world, 2 * size + probes.ROWS)
        self.course = Course(
            start=self.student,
            rows=rows[:size],
            unseen=rows[2 * size :],
            config=config_of(world),
            problems=problems_of(world, "test", PROBLEMS),
            budget=budget_of(world, self.student),
            prompt=PROMPT,
            seed=world.seed,
        )
        self.larger = replace(self.course, rows=rows[: 2 * size])
        self.problems = {problem.id: problem for problem in self.course.problems}
        self.start = self.graded(answer(self.student, self.course.problems, self.course.budget))
        self.size = size
        self._rung: Path | None = None
        self._own: Course | None = None

    def graded(self, responses: Sequence[Response]) -> list[Outcome]:
        verdicts = {r.id: verdict_on(self.problems[r.problem_id], r) for r in responses}
        return probes.outcomes_of(self.problems, responses, verdicts)

    def start_run(self) -> Run:
        """The untouched start, scored."""
        return Run(world=self.world.name, kind="start", size=0, steps=0, tokens=0, seconds=0.0, **scored(self.start))

    @property
    def rung(self) -> Path:
        """The healthy checkpoint that trials of the evaluation share."""
        if self._rung is None:
            self._rung = planted.train(self.course, planted.healthy(self.course), self.folder / "rung")
        return self._rung

    @property
    def own(self) -> Course:
        """The course with the start's own correct responses as rows."""
        if self._own is None:
            wanted = len(self.course.rows)
            asked = problems_of(self.world, "train", _OWN_DRAWN * wanted)
            answers = answer(self.student, asked, self.course.budget)
            rows = [
                _row(problem, response)
                for problem, response in zip(asked, answers, strict=True)
                if verdict_on(problem, response).status == "correct"
            ]
            self._own = replace(self.course, rows=rows[:wanted])
        return self._own


def _row(problem: Problem, response: Response) -> Example:
    return Example(response_id=response.id, problem_id=problem.id, prompt=problem.statement, text=response.text or "")


def run_trial(bed: Bed, trial: Trial) -> Run:
    """Carries a trial out, reads it, and throws the checkpoint away."""
    began = time.process_time()
    course = bed.own if trial.kind == "own" else trial.course(bed.larger if trial.size > bed.size else bed.course)
    plan = trial.plan(course)
    with tempfile.TemporaryDirectory(dir=bed.folder) as temporary:
        shared = trial.kind == "fault" and _shares_rung(trial, bed.size)
        trained = bed.rung if shared else planted.train(course, plan, Path(temporary) / "run")
        student = trained if plan.saved else course.start
        responses = planted.answer(course, plan, student)
        outcomes = bed.graded(responses)
        metrics = probes.read_metrics(trained / "metrics.jsonl")
        evidence = probes.Evidence(
            start=course.start,
            student=student,
            corpus=plan.shown,
            problems=bed.problems,
            responses=responses,
            outcomes=outcomes,
            start_outcomes=bed.start,
            unseen=course.unseen,
            metrics=metrics,
            prompt=course.prompt,
        )
        probe = numbers(probes.read(evidence)) if trial.kind == "fault" else {}
    return Run(
        world=bed.world.name,
        kind=trial.kind,
        name=trial.name,
        size=len(course.rows),
        steps=int(metrics[-1]["step"]),
        tokens=int(metrics[-1]["tokens"]),
        seconds=round(time.process_time() - began, 2),
        loss=_stretches(metrics),
        probe=probe,
        **scored(outcomes),
    )


def _shares_rung(trial: Trial, size: int) -> bool:
    """Whether a trial is about the healthy checkpoint."""
    return trial.name in (*EVALUATION, "healthy: sampled") or (trial.name, trial.size) == ("healthy: rung", size)


def scored(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The fields of a `Run` that come from its responses."""
    return {
        "responses": len(outcomes),
        "cells": cells(outcomes),
        "looped": sum(one.looped for one in outcomes),
        "correct": f"{sum((one.status == 'correct') << index for index, one in enumerate(outcomes)):x}",
    }


def _stretches(metrics: Sequence[Mapping[str, Any]]) -> tuple[float, ...]:
    """About sixteen losses, evenly over training; one that is not a number is left out."""
    losses = [row["loss"] for row in metrics if row["loss"] is not None]
    return tuple(round(float(losses[at * len(losses) // LOSSES]), 4) for at in range(min(LOSSES, len(losses))))
