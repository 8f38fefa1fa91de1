"""How hard a problem is: by its data set's label, or by how often some model solves it.

Labels come in whatever words a data set uses; `Labels` says which of them count as easy and which as hard, and what is
in neither list has no difficulty. Pass rates come from verdicts on several samples a problem, of the student (DED's
question compression, arXiv 2508.09883 section 3) or of any model. Few samples tell little: with 4 samples, all
right, the 95 % interval still begins at 0.51, so every rate carries its interval. Not covered: difficulty judged by a
model, and pass rates pooled over problems, whose samples go together (`thalweg.curve.intervals`).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from thalweg.types import Problem, Verdict

Difficulty: TypeAlias = Literal["easy", "hard"]
PRESETS: dict[str, dict[str, tuple[str, ...]]] = {
    # The Valley paper (2510.06101, section 3.1). TACO's "unknown_difficulty" is not mentioned there: neither.
    "taco": {"easy": ("easy", "medium"), "hard": ("medium_hard", "hard", "very_hard")},
    "miniature": {"easy": ("2", "3"), "hard": ("5", "6")},  # lines of the program; 4 is in between
    "livecodebench": {"easy": ("easy",), "hard": ("hard",)},  # "medium" is in between
}
_Z = NormalDist().inv_cdf(0.975)


class Labels(BaseModel):
    """Which of a data set's labels are easy and which are hard; case does not matter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    preset: Literal["taco", "miniature", "livecodebench"] | None = Field(
        None, description="A known data set's labels; `easy` and `hard` beside it replace its lists."
    )
    easy: tuple[str, ...] = Field((), description="Labels that count as easy.")
    hard: tuple[str, ...] = Field((), description="Labels that count as hard.")

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        preset = data.get("preset") if isinstance(data, dict) else None
        return {**PRESETS.get(preset, {}), **data} if isinstance(preset, str) else data

    @model_validator(mode="after")
    def _apart(self) -> "Labels":
        both = {_spelled(label) for label in self.easy} & {_spelled(label) for label in self.hard}
        if both:
            raise ValueError(f"labels are both easy and hard: {', '.join(sorted(both))}")
        return self


def difficulty_of(problem: Problem, labels: Labels) -> Difficulty | None:
    """Easy or hard as the problem's label says; null where it has no label, or one in neither list."""
    if problem.difficulty is None:
        return None
    label = _spelled(problem.difficulty)
    if label in map(_spelled, labels.easy):
        return "easy"
    return "hard" if label in map(_spelled, labels.hard) else None


@dataclass(frozen=True, slots=True)
class PassRate:
    """`correct` of `n` samples of one problem, their share and its 95 % interval (Wilson 1927)."""

    n: int
    correct: int
    value: float
    low: float
    high: float


def pass_rates(verdicts: Iterable[Verdict]) -> dict[str, PassRate]:
    """The pass rate of each problem, by its id. Harness errors are left out, and problems that have nothing else."""
    seen: Counter[str] = Counter()
    correct: Counter[str] = Counter()
    for verdict in verdicts:
        if verdict.status != "harness_error":
            seen[verdict.problem_id] += 1
            correct[verdict.problem_id] += verdict.status == "correct"
    return {problem_id: _pass_rate(n, correct[problem_id]) for problem_id, n in seen.items()}


def _pass_rate(n: int, correct: int) -> PassRate:
    value = correct / n
    scale = 1 + _Z**2 / n
    centre = (value + _Z**2 / (2 * n)) / scale
    half = _Z * sqrt(value * (1 - value) / n + _Z**2 / (4 * n**2)) / scale
    # Rounding must not push a bound past the value at 0 and 1.
    return PassRate(n, correct, value, max(0.0, min(value, centre - half)), min(1.0, max(value, centre + half)))


def _spelled(label: str) -> str:
    return label.strip().casefold()
