"""Problems of base data sets, by (data set, split, row): what traces that came without their questions are joined to.

OpenCodeReasoning leaves out questions that it may not pass on and says where they are instead. A base data set's split
is read once, streaming, when its first question is asked for, and kept on disk for the time of the reading: with tests
it would not fit in memory. Not covered: other data sets than the four that OpenCodeReasoning names.
"""

import pickle
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

from thalweg.errors import InputError
from thalweg.problems import apps, code_contests, codeforces, taco
from thalweg.problems.contests import Tests
from thalweg.problems.source import Item
from thalweg.types import Problem

Places: TypeAlias = str | Mapping[str, str] | None  # where base data sets are: a folder, paths or hub ids by name, hub
_CACHED = 16  # problems, whose tests can be megabytes


class Base(NamedTuple):
    """A base data set: its id on the hub, its reader, and what it is called in a folder of local copies."""

    hub_id: str
    read: Callable[..., Iterator[Item]]
    folder: str


BASES: dict[str, Base] = {
    "taco": Base(taco.HUB_ID, taco.read_taco, "taco"),
    "apps": Base(apps.HUB_ID, apps.read_apps, "apps"),
    "code_contests": Base(code_contests.HUB_ID, code_contests.read_code_contests, "code_contests"),
    "open-r1/codeforces": Base(codeforces.HUB_ID, codeforces.read_codeforces, "codeforces"),
}


class Questions:
    """The problems of base data sets. Use `open_questions`."""

    def __init__(self, places: Places, tests: Tests, most_tests: int | None, database: sqlite3.Connection) -> None:
        self._places, self._tests, self._most, self._database = places, tests, most_tests, database
        self._read: set[tuple[str, str]] = set()
        self._cached = lru_cache(maxsize=_CACHED)(self._found)

    def problem(self, name: str, split: str, row: int, where: str) -> Problem:
        """The problem in a row, counted from 0.

        Raises:
            InputError: the data set is none of the four, is not there, or has no such row.
        """
        if name not in BASES:
            raise InputError(where, f"its question is in '{name}'", f"known are {', '.join(BASES)}")
        if (name, split) not in self._read:
            self._keep(name, split, where)
        found = self._cached(name, split, row)
        if found is None:
            remedy = "is it another version of the data set, or a part of it?"
            raise InputError(where, f"its question is row {row} of '{name}' ({split}), which is not there", remedy)
        return found

    def _found(self, name: str, split: str, row: int) -> Problem | None:
        query = "SELECT problem FROM problems WHERE name = ? AND split = ? AND row = ?"
        found = self._database.execute(query, (name, split, row)).fetchone()
        return None if found is None else _problem_in(found[0])

    def _keep(self, name: str, split: str, where: str) -> None:
        items = BASES[name].read(self._place(name, where), split, tests=self._tests, most_tests=self._most)
        rows = ((name, split, row, pickle.dumps(item.problem)) for row, item in enumerate(items))
        with self._database:
            self._database.executemany("INSERT INTO problems VALUES (?, ?, ?, ?)", rows)
        self._read.add((name, split))

    def _place(self, name: str, where: str) -> str:
        base = BASES[name]
        if self._places is None:
            return base.hub_id
        download = f"hf download --repo-type dataset {base.hub_id} --local-dir"
        if isinstance(self._places, str):
            place = Path(self._places) / base.folder
            if not place.exists():
                raise InputError(where, f"its question is in '{name}', and there is no {place}", f"{download} {place}")
            return str(place)
        if name not in self._places:
            raise InputError(where, f"its question is in '{name}', which 'questions' does not have", f"{download} DIR")
        return self._places[name]


@contextmanager
def open_questions(places: Places, tests: Tests, most_tests: int | None) -> Iterator[Questions]:
    """Questions with a database of their own, which is deleted at the end.

    Args:
        places: a folder with `taco`, `apps`, `code_contests` and `codeforces` in it (those that are needed); or paths
            or hub ids by data set; or null for the hub.
        tests: `optional` for checks with the base data set's tests where there are any, `none` for checks that never
            pass.
        most_tests: only so many tests a problem.
    """
    assert tests != "needed", "rows are counted, so none may be left out"
    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "questions.db")) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute(
            "CREATE TABLE problems (name TEXT, split TEXT, row INTEGER, problem BLOB, PRIMARY KEY (name, split, row))"
        )
        yield Questions(places, tests, most_tests, database)


def _problem_in(pickled: bytes) -> Problem:
    problem = pickle.loads(pickled)  # our own, out of a database that nobody else can write
    assert isinstance(problem, Problem)
    return problem
