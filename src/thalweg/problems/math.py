r"""MATH (Hendrycks et al. 2021, arXiv:2103.03874): competition problems, 7,500 to train on and 5,000 to test.

A row has `problem`, `level` (`Level 1` to `Level 5`, `Level ?` for a few), `type` (the subject) and `solution`, whose
last `\boxed{…}` is the answer. The first hub id (hendrycks/competition_math) was taken down; copies with the same
columns are read alike. Ids are fingerprints of the statement, so that a problem has one id in all copies.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from thalweg.errors import InputError
from thalweg.problems.boxed import last_boxed
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import Row, read_table
from thalweg.problems.traces import statement_id
from thalweg.types import MathCheck, Problem

HUB_ID = "DigitalLearningGmbH/MATH-lighteval"
SCHEMA = Schema(
    source="math",
    title="MATH",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/DigitalLearningGmbH/MATH-lighteval",
    license="MIT",
    columns=(
        Column(name="problem", holds="the statement, in LaTeX"),
        Column(name="level", holds="`Level 1` to `Level 5`, or `Level ?`"),
        Column(name="type", holds="the subject"),
        Column(name="solution", holds="worked, the answer in its last `\\boxed{}`"),
    ),
)


def read_math(path: str | Path = HUB_ID, split: str = "train", level: Sequence[int] = ()) -> Iterator[Item]:
    """The problems of a local copy or of a split of the hub's; only those of the levels 1 to 5 that are named.

    Raises:
        InputError: a row without one of the columns, or whose solution has no box.
    """

    def read(row: Row, where: str) -> Item | None:
        difficulty = row["level"].removeprefix("Level ").strip()
        return None if level and difficulty not in map(str, level) else _item(row, where, difficulty)

    return read_table(SCHEMA, read, path, None, split)


def _item(row: Row, where: str, difficulty: str) -> Item:
    answer = last_boxed(row["solution"])
    if answer is None:
        raise InputError(where, "column 'solution' has no \\boxed{} that is closed", "is this MATH?")
    problem = Problem(
        id=statement_id(SCHEMA.source, row["problem"]),
        source=SCHEMA.source,
        statement=row["problem"],
        check=MathCheck(answer=answer),
        difficulty=difficulty,
        license=SCHEMA.license,
    )
    return Item(problem)
