"""What can be done next, in words, each with the paper whose finding it leans on. Pure data.

`longer` to `unfiltered` are ways to spend the same training cost; `stop` ends the study; `repair`, `rung` and `control`
come first where a recipe is at fault or a study cannot tell yet.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

ActionName: TypeAlias = Literal[
    "longer", "more", "easier", "samples", "teacher", "unfiltered", "stop", "repair", "rung", "control"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something to do next, in words, with the paper whose finding it leans on."""

    name: ActionName
    words: str
    paper: str


ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        Action(
            name="more",
            words="Train on {times} as many examples, with as many passes.",
            paper="The Valley of Code Reasoning, arXiv 2510.06101, figure 1: far from saturated at 30K examples",
        ),
        Action(
            name="longer",
            words="Train {times} as long on the examples that are there.",
            paper="none: the published valleys have no control for steps (2510.06101: 40 steps at 1K, 1,175 at 30K)",
        ),
        Action(
            name="easier",
            words="Train on {times} as many examples from the easier problems.",
            paper="The Valley of Code Reasoning, arXiv 2510.06101, table 2: easy beats hard by 2.3 standard errors",
        ),
        Action(
            name="samples",
            words="Take {times} as many responses of the same problems.",
            paper="Beyond Scaling Law (DED), arXiv 2508.09883, tables 3, 4: diverse responses, no control for number",
        ),
        Action(
            name="teacher",
            words="Take {times} as many examples from another teacher.",
            paper="Beyond Scaling Law (DED), arXiv 2508.09883, table 1: the strongest teacher is not the best one",
        ),
        Action(
            name="unfiltered",
            words="Stop filtering by correctness, and take {times} as many examples.",
            paper="The Valley of Code Reasoning, arXiv 2510.06101, table 2, and OpenCodeReasoning, arXiv 2504.01943, "
            "table 3: correct or not made no difference there",
        ),
        Action(name="stop", words="Stop: nothing here is worth its cost.", paper="none needed"),
        Action(
            name="repair",
            words="Mend the recipe first; `thalweg audit student` names what is at fault.",
            paper="none needed",
        ),
        Action(name="rung", words="Nothing yet: run a rung at {size} examples.", paper="none needed"),
        Action(
            name="control", words="Nothing yet: run the step-matched control at {size} examples.", paper="none needed"
        ),
    )
}
