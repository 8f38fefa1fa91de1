"""MBPP (Austin et al. 2021, arXiv:2108.07732): short Python functions, tested by three assertions each.

A row has `text`, `code` (a reference), `test_list` and `task_id`; `test_setup_code` where the assertions need one. The
statement names the first assertion, since nothing else says what the function is called. Not covered: the hub's
"sanitized" subset, whose columns differ.
"""

from pathlib import Path

from thalweg.errors import InputError
from thalweg.problems.table import Row, any_column, table_rows, text_column
from thalweg.types import AssertCheck, Problem

HUB_ID = "google-research-datasets/mbpp"


def load_mbpp(path: str | Path = HUB_ID, split: str = "test") -> list[Problem]:
    """The problems of a local file (JSON Lines or Parquet) or of a split of the hub's.

    Raises:
        InputError: a row without `text`, `task_id` or assertions.
    """
    return [_problem(row, where) for where, row in table_rows(path, "full", split)]


def _problem(row: Row, where: str) -> Problem:
    asserts = any_column(row, "test_list", where)
    if not isinstance(asserts, list) or not asserts or not all(isinstance(one, str) for one in asserts):
        raise InputError(where, "column 'test_list' holds no list of assertions", "is this MBPP?")
    text = text_column(row, "text", where).strip()
    return Problem(
        id=f"mbpp/{any_column(row, 'task_id', where)}",
        source="mbpp",
        statement=f"{text}\n\nYour code must pass this test:\n\n{asserts[0].strip()}",
        check=AssertCheck(asserts=tuple(asserts), setup=str(row.get("test_setup_code") or "")),
        license="CC-BY-4.0",
    )
