"""CRUXEval (Gu et al. 2024, arXiv:2401.03065), output prediction: what does this function return?

A row has `code` (a function `f`), `input` (its arguments as text), `output` (a literal) and `id`. Not covered: input
prediction.
"""

from collections.abc import Iterator
from pathlib import Path

from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import Row, read_table
from thalweg.types import OutputCheck, Problem

HUB_ID = "cruxeval-org/cruxeval"
SCHEMA = Schema(
    source="cruxeval",
    title="CRUXEval",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/cruxeval-org/cruxeval",
    license="MIT",
    columns=(
        Column(name="code", holds="a function `f`"),
        Column(name="input", holds="its arguments as text"),
        Column(name="output", holds="what it returns, as a literal"),
        Column(name="id", holds="such as `sample_7`"),
    ),
)


def read_cruxeval(path: str | Path = HUB_ID, split: str = "test") -> Iterator[Item]:
    """The problems of a local file (JSON Lines or Parquet) or of the hub's only split.

    Raises:
        InputError: a row without one of the four columns.
    """
    return read_table(SCHEMA, _item, path, None, split)


def _item(row: Row, _: str) -> Item:
    code, arguments = row["code"], row["input"]
    problem = Problem(
        id=f"cruxeval/{row['id']}",
        source=SCHEMA.source,
        statement=f"{code}\n\nWhat does f({arguments}) return?",
        check=OutputCheck(program=code, input=arguments, output=row["output"]),
        license=SCHEMA.license,
    )
    return Item(problem)
