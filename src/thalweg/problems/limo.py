"""LIMO (Ye et al. 2025, arXiv:2502.03387): 817 competition problems with long solutions; 800 in its second version.

A row has `question`, `solution` (the response to train on, without think tags) and `answer`. Who wrote a solution is
not told row by row. The columns are documented for GAIR/LIMO; `path=GAIR/LIMO-v2` is read by the same schema, which
says so if it is not what that has.
"""

from collections.abc import Iterator
from pathlib import Path

from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_table
from thalweg.problems.traces import Samples, statement_id
from thalweg.types import MathCheck, Problem

HUB_ID = "GAIR/LIMO"
SCHEMA = Schema(
    source="limo",
    title="LIMO",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/GAIR/LIMO",
    license="Apache-2.0",
    columns=(
        Column(name="question", holds="the statement"),
        Column(name="solution", holds="the response"),
        Column(name="answer", holds="the right answer", types=(str, int, float)),
    ),
)


def read_limo(path: str | Path = HUB_ID, split: str = "train", on_bad: OnBad | None = None) -> Iterator[Item]:
    """The problems with their solutions, from a local copy or from the hub.

    Raises:
        InputError: a row without one of the columns.
    """
    samples = Samples()

    def read(row: Row, _: str) -> Item:
        problem = Problem(
            id=statement_id(SCHEMA.source, row["question"]),
            source=SCHEMA.source,
            statement=row["question"],
            check=MathCheck(answer=str(row["answer"])),
            license=SCHEMA.license,
        )
        return Item(problem, samples.response(problem.id, "limo", text=row["solution"]))

    return read_table(SCHEMA, read, path, None, split, on_bad)
