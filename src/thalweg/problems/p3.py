"""Python Programming Puzzles (Schuster et al. 2021, arXiv:2106.05784): find an input that makes `sat` true.

A row has `name`, `sat` (the puzzle), `sol_header` (how a solution begins, its parameters with their defaults) and
`sol_docstring`; `module` says which collection it is from. Instances of one puzzle (`Study_1:0`, `Study_1:1`) form a
group.
"""

from pathlib import Path

from thalweg.problems.table import Row, table_rows, text_column
from thalweg.types import PredicateCheck, Problem

HUB_ID = "microsoft/PythonProgrammingPuzzles"


def load_p3(path: str | Path = HUB_ID, split: str = "train") -> list[Problem]:
    """The puzzles of a local file (JSON Lines or Parquet) or of the hub.

    Raises:
        InputError: a row without one of the columns.
    """
    return [_problem(row, where) for where, row in table_rows(path, None, split)]


def _problem(row: Row, where: str) -> Problem:
    name, sat = text_column(row, "name", where), text_column(row, "sat", where)
    header, docstring = text_column(row, "sol_header", where), text_column(row, "sol_docstring", where)
    return Problem(
        id=f"p3/{name}",
        source="p3",
        statement=f"```python\n{sat}\n```\n\nComplete sol so that sat(sol()) is True:\n\n"
        f"```python\n{header}\n{docstring}\n```",
        check=PredicateCheck(source=sat),
        group=f"p3/{name.partition(':')[0]}",
        license="MIT",
    )
