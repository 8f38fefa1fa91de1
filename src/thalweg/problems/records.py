"""Problems in Thalweg's own exchange format: JSON Lines, a Parquet file or a folder of them.

Of a problem only `id`, `statement` and `check` are required; `source` defaults to the file's name.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from thalweg import store
from thalweg.errors import InputError
from thalweg.problems.distinct import Distinct
from thalweg.problems.source import Item
from thalweg.problems.table import OnBad
from thalweg.types import Problem


def read_records(path: str | Path, on_bad: OnBad | None = None) -> Iterator[Item]:
    """The problems of a file.

    Raises:
        InputError: a malformed row, or two problems with one id.
    """
    source, seen = Path(path).name.partition(".")[0], Distinct()
    for problem in store.read(path, Problem, on_bad):
        if not seen.new(problem.id):
            raise InputError(str(path), f"two rows have the same id {problem.id!r}", "make the ids unique")
        yield Item(problem if problem.source else replace(problem, source=source))
