r"""s1K-1.1 (Muennighoff et al. 2025, arXiv:2501.19393): 1,000 questions with reasoning by DeepSeek-R1 and by Gemini.

A row has `question`, `solution`, `cot_type` (math, science or crossword), `source_type`, and of each of two teachers
its thinking (`…_thinking_trajectory`) and answer (`…_attempt`). The reference is the solution's last `\boxed{…}`, or
the solution where it is one short line; the rest (proofs, crosswords' long ones) has no check that could pass.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from thalweg.problems.boxed import last_boxed
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_table
from thalweg.problems.traces import NEVER, Samples, statement_id
from thalweg.types import Check, MathCheck, Problem

HUB_ID = "simplescaling/s1K-1.1"
MODELS = {"deepseek": "deepseek-r1", "gemini": "gemini-2.0-flash-thinking-exp"}
_SHORT = 40  # characters; a longer line is a sentence, which a formula cannot be compared with
SCHEMA = Schema(
    source="s1k",
    title="s1K-1.1",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/simplescaling/s1K-1.1",
    license="MIT",
    columns=(
        Column(name="question", holds="the statement"),
        Column(name="solution", holds="a worked solution or an answer"),
        Column(name="cot_type", holds="math, science or crossword"),
        Column(name="deepseek_thinking_trajectory", holds="DeepSeek-R1's thinking"),
        Column(name="deepseek_attempt", holds="its answer"),
        Column(name="gemini_thinking_trajectory", holds="Gemini's thinking"),
        Column(name="gemini_attempt", holds="its answer"),
    ),
)


def read_s1k(
    path: str | Path = HUB_ID,
    split: str = "train",
    teacher: Literal["deepseek", "gemini"] = "deepseek",
    on_bad: OnBad | None = None,
) -> Iterator[Item]:
    """The questions with one teacher's responses, from a local copy or from the hub.

    Raises:
        InputError: a row without one of the columns.
    """
    samples = Samples()

    def read(row: Row, _: str) -> Item:
        problem = _problem(row)
        response = samples.response(
            problem.id,
            MODELS[teacher],
            thinking=row[f"{teacher}_thinking_trajectory"],
            answer=row[f"{teacher}_attempt"],
        )
        return Item(problem, response)

    return read_table(SCHEMA, read, path, None, split, on_bad)


def _problem(row: Row) -> Problem:
    return Problem(
        id=statement_id(SCHEMA.source, row["question"]),
        source=SCHEMA.source,
        statement=row["question"],
        check=_check(row["solution"].strip()),
        difficulty=row["cot_type"],
        license=SCHEMA.license,
    )


def _check(solution: str) -> Check:
    boxed = last_boxed(solution)
    if boxed is not None:
        return MathCheck(answer=boxed)
    short = 0 < len(solution) <= _SHORT and "\n" not in solution
    return MathCheck(answer=solution) if short else NEVER
