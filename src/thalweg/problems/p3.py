"""Python Programming Puzzles (Schuster et al. 2021, arXiv:2106.05784): find an input that makes `sat` true.

A row has `name`, `sat` (the puzzle), `sol_header` (how a solution begins, its parameters with their defaults) and
`sol_docstring`; `module` says which collection it is from. Instances of one puzzle (`Study_1:0`, `Study_1:1`) form a
group.
"""

from collections.abc import Iterator
from pathlib import Path

from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import Row, read_table
from thalweg.types import PredicateCheck, Problem

HUB_ID = "microsoft/PythonProgrammingPuzzles"
SCHEMA = Schema(
    source="p3",
    title="Python Programming Puzzles",
    hub_id=HUB_ID,
    documented="https://github.com/microsoft/PythonProgrammingPuzzles",
    license="MIT",
    columns=(
        Column(name="name", holds="such as `Study_1:0`"),
        Column(name="sat", holds="the puzzle, a function that is true of a solution"),
        Column(name="sol_header", holds="how a solution begins"),
        Column(name="sol_docstring", holds="what to find"),
    ),
)


def read_p3(path: str | Path = HUB_ID, split: str = "train") -> Iterator[Item]:
    """The puzzles of a local file (JSON Lines or Parquet) or of the hub.

    Raises:
        InputError: a row without one of the columns.
    """
    return read_table(SCHEMA, _item, path, None, split)


def _item(row: Row, _: str) -> Item:
    name, sat, header, docstring = row["name"], row["sat"], row["sol_header"], row["sol_docstring"]
    problem = Problem(
        id=f"p3/{name}",
        source=SCHEMA.source,
        statement=f"```python\n{sat}\n```\n\nComplete sol so that sat(sol()) is True:\n\n"
        f"```python\n{header}\n{docstring}\n```",
        check=PredicateCheck(source=sat),
        group=f"p3/{name.partition(':')[0]}",
        license=SCHEMA.license,
    )
    return Item(problem)
