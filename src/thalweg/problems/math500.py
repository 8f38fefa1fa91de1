"""MATH-500 (Lightman et al. 2023, arXiv:2305.20050): 500 problems of MATH's test split, as most papers report them.

A row has `problem`, `answer`, `level` (1 to 5), `subject` and `unique_id` (`test/algebra/1.json`), which makes the id.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import Row, read_table
from thalweg.types import MathCheck, Problem

HUB_ID = "HuggingFaceH4/MATH-500"
SCHEMA = Schema(
    source="math500",
    title="MATH-500",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/HuggingFaceH4/MATH-500",
    license="MIT",
    columns=(
        Column(name="problem", holds="the statement, in LaTeX"),
        Column(name="answer", holds="the answer, in LaTeX"),
        Column(name="level", holds="1 to 5", types=(int,)),
        Column(name="subject", holds="the subject", needed=False),
        Column(name="unique_id", holds="such as `test/algebra/1.json`"),
    ),
)


def read_math500(path: str | Path = HUB_ID, split: str = "test", level: Sequence[int] = ()) -> Iterator[Item]:
    """The problems of a local copy or of the hub's only split; only those of the levels 1 to 5 that are named.

    Raises:
        InputError: a row without one of the columns.
    """

    def read(row: Row, _: str) -> Item | None:
        return None if level and row["level"] not in level else Item(_problem(row))

    return read_table(SCHEMA, read, path, None, split)


def _problem(row: Row) -> Problem:
    return Problem(
        id=f"math500/{row['unique_id'].removesuffix('.json')}",
        source=SCHEMA.source,
        statement=row["problem"],
        check=MathCheck(answer=row["answer"]),
        difficulty=str(row["level"]),
        license=SCHEMA.license,
    )
