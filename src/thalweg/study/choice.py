"""DED's smoke test inside a study: which candidate's students score best.

The candidates' arms are ordinary arms (`smoke-TEACHER`), so their scores come from the same files as any other's. The
choice is by the mean pass@1 over the in-domain benchmarks and over seeds. How sure it is, `smoke_test.json` says: each
candidate's mean, and its lead over the runner-up on the first benchmark, paired by problem.
Source: 2508.09883, section 3, which states neither the number of seeds nor a rule for ties (here the first named).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from thalweg.curve.contrasts import contrasts
from thalweg.study.arms import smoke_arm
from thalweg.study.config import Loaded
from thalweg.study.folder import Folder
from thalweg.study.results import Results
from thalweg.types import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The chosen teacher, every candidate's score (a share), and the lead over the runner-up with its interval."""

    teacher: str
    scores: dict[str, float]
    runner_up: str
    lead: tuple[float, float, float]
    seeds: int
    problems: int

    def document(self) -> dict[str, Any]:
        """What `smoke_test.json` holds."""
        value, low, high = self.lead
        return {
            "teacher": self.teacher,
            "scores": self.scores,
            "runner_up": self.runner_up,
            "lead": {"value": value, "low": low, "high": high},
            "seeds": self.seeds,
            "problems": self.problems,
        }


def choose(loaded: Loaded, folder: Folder) -> Choice:
    """The candidate whose students score best; all its arms have been scored."""
    test = loaded.config.smoke_test
    assert test is not None
    results = Results(loaded, folder)
    inside = [name for name, benchmark in loaded.config.benchmarks.items() if benchmark.domain == "in"]
    scores = {
        teacher: fmean(
            row.pass_at_1.value
            for row in results.scores
            if row.arm == smoke_arm(teacher)
            and row.size
            and row.benchmark in inside
            and row.pass_at_1.value is not None
        )
        for teacher in test.teachers
    }
    first, second = sorted(scores, key=lambda teacher: -scores[teacher])[:2]
    # Against all others at once: the runner-up was not named beforehand.
    pairs = [(smoke_arm(first), smoke_arm(teacher)) for teacher in test.teachers if teacher != first]
    gaps = contrasts(results.outcomes, pairs, next(iter(loaded.config.benchmarks)))
    gap = next(gap for gap in gaps if gap.against == smoke_arm(second))
    return Choice(
        teacher=first,
        scores=scores,
        runner_up=second,
        lead=(gap.value, gap.low, gap.high),
        seeds=gap.seeds,
        problems=gap.problems,
    )


def _mean(scores: Sequence[Score], arm: str, benchmarks: Sequence[str]) -> float:
    """The arm's mean pass@1 over seeds and benchmarks."""
    rows = [row for row in scores if row.arm == arm and row.size > 0 and row.benchmark in benchmarks]
    return fmean(row.pass_at_1.value for row in rows if row.pass_at_1.value is not None)


def with_choice(loaded: Loaded, folder: Folder) -> Loaded:
    """The study with the chosen teacher in place, where the smoke test has been run."""
    if loaded.config.smoke_test is None or not folder.smoke_test.exists():
        return loaded
    teacher = json.loads(folder.smoke_test.read_text(encoding="utf-8"))["teacher"]
    if teacher not in loaded.config.smoke_test.teachers:
        return loaded
    return loaded._replace(config=loaded.config.with_choice(teacher))
