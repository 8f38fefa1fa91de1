"""Problems in Thalweg's own exchange format: JSON Lines, a Parquet file or a folder of them.

Of a problem only `id`, `statement` and `check` are required; `source` defaults to the file's name. `keep` and `leave`
split a file by a hash of each problem's group (or id, where it has none): `keep: 1/50` is a fiftieth to measure on, and
`leave: 1/50` the rest to train on, the same ones wherever and however often the file is read, and when it grows.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from thalweg import store
from thalweg.errors import InputError
from thalweg.problems.distinct import digest
from thalweg.problems.source import Item
from thalweg.problems.table import OnBad
from thalweg.types import Problem


def read_records(
    path: str | Path, keep: str | None = None, leave: str | None = None, on_bad: OnBad | None = None
) -> Iterator[Item]:
    """The problems of a file; only the share `keep` of them, without the share `leave`.

    Raises:
        InputError: a malformed row, two problems with one id, or a share that is none.
    """
    kept, left = _Share(keep or "1/1"), _Share(leave or "0/1")
    source = Path(path).name.partition(".")[0]
    first: dict[int, int] = {}
    for number, problem in enumerate(store.read(path, Problem, on_bad), 1):
        before = first.setdefault(digest(problem.id), number)
        if before != number:
            rows = f"rows {before} and {number}"
            raise InputError(str(path), f"{rows} have the same id {problem.id!r}", "make the ids unique")
        if problem in kept and problem not in left:
            yield Item(problem if problem.source else replace(problem, source=source))


class _Share:
    """`1/50`: those problems whose hash falls into the first of fifty equal parts."""

    def __init__(self, text: str) -> None:
        found = re.fullmatch(r"(\d+)/(\d+)", text)
        if not found or int(found[2]) == 0 or int(found[1]) > int(found[2]):
            raise InputError(f"share {text!r}", "it is none", "expected one such as 1/50")
        self._parts, self._of = int(found[1]), int(found[2])

    def __contains__(self, problem: Problem) -> bool:
        return digest(problem.cluster) % self._of < self._parts
