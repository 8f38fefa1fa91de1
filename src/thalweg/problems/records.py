"""Problems in Thalweg's own exchange format: JSON Lines, a Parquet file or a folder of them.

Of a problem only `id`, `statement` and `check` are required; `source` defaults to the file's name.
"""

from dataclasses import replace
from pathlib import Path

from thalweg import store
from thalweg.types import Problem


def load_records(path: str | Path) -> list[Problem]:
    """The problems of a file.

    Raises:
        InputError: a malformed row, or two problems with one id.
    """
    source = Path(path).name.partition(".")[0]
    problems = store.read_all(path, Problem)
    return [problem if problem.source else replace(problem, source=source) for problem in problems]
