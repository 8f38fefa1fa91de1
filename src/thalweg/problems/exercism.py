"""The Python track of Exercism (github.com/exercism/python): small modules with unit tests.

A row has `slug`, `instructions`, `stub` and `tests` (both mappings of file names to sources) and `difficulty`, 1 to 9.
Not covered: files beside the tests.
"""

from collections.abc import Mapping
from pathlib import Path

from thalweg.errors import InputError
from thalweg.problems.table import Row, any_column, table_rows, text_column
from thalweg.types import Problem, UnittestCheck


def load_exercism(path: str | Path) -> list[Problem]:
    """The exercises of a local file (JSON Lines or Parquet).

    Raises:
        InputError: a row without one of the columns.
    """
    return [_problem(row, where) for where, row in table_rows(path)]


def _problem(row: Row, where: str) -> Problem:
    slug, instructions = text_column(row, "slug", where), text_column(row, "instructions", where).strip()
    stub = "\n\n".join(
        f"Write `{name}`, beginning with:\n\n```python\n{source.rstrip()}\n```"
        for name, source in _sources(row, "stub", where).items()
    )
    return Problem(
        id=f"exercism/{slug}",
        source="exercism",
        statement=f"{instructions}\n\n{stub}",
        check=UnittestCheck(files=_sources(row, "tests", where)),
        difficulty=str(any_column(row, "difficulty", where)),
        license="MIT",
    )


def _sources(row: Row, column: str, where: str) -> dict[str, str]:
    files = any_column(row, column, where)
    # Parquet knows no mapping with free keys: its tables hold null for the names that other rows have.
    found = {name: source for name, source in files.items() if source is not None} if isinstance(files, Mapping) else {}
    if not found or not all(isinstance(source, str) for source in found.values()):
        raise InputError(where, f"column '{column}' holds no mapping of file names to sources", "is this Exercism's?")
    return found
