"""The Python track of Exercism (github.com/exercism/python): small modules with unit tests.

A row has `slug`, `instructions`, `stub` and `tests` (both mappings of file names to sources) and `difficulty`, 1 to 9.
Not covered: files beside the tests.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from thalweg.errors import InputError
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import Row, read_table
from thalweg.types import Problem, UnittestCheck

SCHEMA = Schema(
    source="exercism",
    title="Exercism's Python track",
    hub_id=None,
    documented="https://github.com/exercism/python",
    license="MIT",
    columns=(
        Column(name="slug", holds="the exercise's name"),
        Column(name="instructions", holds="what to write"),
        Column(name="stub", holds="file names and how each file begins", types=(dict,)),
        Column(name="tests", holds="file names and unit tests", types=(dict,)),
        Column(name="difficulty", holds="1 to 9", types=(int, str)),
    ),
)


def read_exercism(path: str | Path) -> Iterator[Item]:
    """The exercises of a local file (JSON Lines or Parquet).

    Raises:
        InputError: a row without one of the columns.
    """
    return read_table(SCHEMA, _item, path)


def _item(row: Row, where: str) -> Item:
    slug, instructions = row["slug"], row["instructions"].strip()
    stub = "\n\n".join(
        f"Write `{name}`, beginning with:\n\n```python\n{source.rstrip()}\n```"
        for name, source in _sources(row, "stub", where).items()
    )
    problem = Problem(
        id=f"exercism/{slug}",
        source=SCHEMA.source,
        statement=f"{instructions}\n\n{stub}",
        check=UnittestCheck(files=_sources(row, "tests", where)),
        difficulty=str(row["difficulty"]),
        license=SCHEMA.license,
    )
    return Item(problem)


def _sources(row: Row, column: str, where: str) -> dict[str, str]:
    files = row[column]
    # Parquet knows no mapping with free keys: its tables hold null for the names that other rows have.
    found = {name: source for name, source in files.items() if source is not None} if isinstance(files, Mapping) else {}
    if not found or not all(isinstance(source, str) for source in found.values()):
        raise InputError(where, f"column '{column}' holds no mapping of file names to sources", "is this Exercism's?")
    return found
