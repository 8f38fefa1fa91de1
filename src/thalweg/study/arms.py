"""The arms of a study file, and the smoke test that chooses their teacher."""

import re
from typing import Any, Literal, TypeAlias

from pydantic import Field, field_validator, model_validator

from thalweg.curate.selection import Selection
from thalweg.study.sections import Section

_START = re.compile(r"base|[A-Za-z0-9._-]+@[1-9][0-9]*")
Match: TypeAlias = Literal["steps", "tokens", "problems", "difficulty"]
Ladder: TypeAlias = Literal["independent", "branches"]
CHOSEN = "chosen"  # the teacher that the smoke test chooses


class Arm(Selection):
    """One line of the curve: which responses, from which start, at which sizes."""

    teacher: str | None = Field(
        None, description="Name of the teacher (the first one where absent); `chosen`: the smoke test's best."
    )
    start: str = Field(
        "base", description="`base`, or `ARM@SIZE`: another arm's rung of the same seed (a second stage)."
    )
    student: str | None = Field(
        None,
        description="One of the study's `students` (the study's `student` where absent). Arms that start from another "
        "arm's rung have its student.",
    )
    fresh: bool = Field(False, description="Leave out the problems that the start, an arm's rung, was trained on.")
    pass_rate_of: str | None = Field(
        None, description="The teacher whose verdicts are the pass rates of problems, as a rule `model: student`."
    )
    sizes: tuple[int, ...] | None = Field(None, description="Sizes in examples (those of the study where absent).")
    match: tuple[Match, ...] = Field(
        (),
        description="What is made equal to `match_to`, one or several: `steps` (every rung takes as many optimiser "
        "steps as its largest rung), `tokens` (of responses, at each size), `problems` (only those that both arms "
        "have), `difficulty` (as many examples of each label, at each size).",
    )
    match_to: str | None = Field(None, description="The arm to match (the main arm where absent).")
    against: str | None = Field(
        None, description="An arm with the same start that the report compares it with, beside the main arm."
    )
    max_steps: int | None = Field(None, gt=0, description="A fixed number of optimiser steps for every rung.")
    control: Literal["direct", "steps", "own"] | None = Field(
        None,
        description="What the arm is a control for: `direct` (answers without thinking: the cost of re-fitting), "
        "`steps` (matched steps: the cost of too few), `own` (the student's own correct responses: what the recipe "
        "costs when there is nothing new to learn). Controls are drawn beside the main arm.",
    )
    ladder: Ladder | None = Field(None, description="The arm's own `ladder` (that of the study where absent).")
    train: dict[str, Any] = Field({}, description="Training settings that differ from the study's `train`.")

    @field_validator("match", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return [] if value is None else [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _consistent(self) -> "Arm":
        if "steps" in self.match and self.max_steps:
            raise ValueError("'match: steps' and 'max_steps' both set the number of steps: give one")
        if {"tokens", "difficulty"} <= set(self.match):
            raise ValueError("'tokens' and 'difficulty' both decide which examples a rung takes: give one")
        if not _START.fullmatch(self.start):
            raise ValueError(f"start {self.start!r} is neither 'base' nor ARM@SIZE")
        if (self.min_pass_rate, self.max_pass_rate) != (None, None) and self.pass_rate_of is None:
            raise ValueError("a bound on pass rates needs 'pass_rate_of'")
        return self


class SmokeTest(Section):
    """DED's teacher choice (2508.09883, section 3): a quick distillation from each candidate.

    For every candidate an arm `smoke-TEACHER` is added, with one response a problem. The teacher whose students score
    best on the in-domain benchmarks (their mean, over seeds) is the one that `teacher: chosen` stands for.
    """

    teachers: tuple[str, ...] = Field(min_length=2, description="The candidates.")
    size: int = Field(gt=0, description="Examples that each candidate's student is trained on.")
    train: dict[str, Any] = Field({}, description="Training settings that differ from the study's `train`.")

    def arms(self) -> dict[str, dict[str, Any]]:
        """The arms that the test adds to a study."""
        return {
            smoke_arm(name): {"teacher": name, "sizes": [self.size], "per_problem": 1, "train": self.train}
            for name in self.teachers
        }


def smoke_arm(teacher: str) -> str:
    """The arm in which a teacher is tried."""
    return f"smoke-{teacher}"
