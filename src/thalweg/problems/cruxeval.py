"""CRUXEval (Gu et al. 2024, arXiv:2401.03065), output prediction: what does this function return?

A row has `code` (a function `f`), `input` (its arguments as text), `output` (a literal) and `id`. Not covered: input
prediction.
"""

from pathlib import Path

from thalweg.problems.table import Row, any_column, table_rows, text_column
from thalweg.types import OutputCheck, Problem

HUB_ID = "cruxeval-org/cruxeval"


def load_cruxeval(path: str | Path = HUB_ID, split: str = "test") -> list[Problem]:
    """The problems of a local file (JSON Lines or Parquet) or of the hub's only split.

    Raises:
        InputError: a row without one of the four columns.
    """
    return [_problem(row, where) for where, row in table_rows(path, None, split)]


def _problem(row: Row, where: str) -> Problem:
    code, arguments = text_column(row, "code", where), text_column(row, "input", where)
    return Problem(
        id=f"cruxeval/{any_column(row, 'id', where)}",
        source="cruxeval",
        statement=f"{code}\n\nWhat does f({arguments}) return?",
        check=OutputCheck(program=code, input=arguments, output=text_column(row, "output", where)),
        license="MIT",
    )
