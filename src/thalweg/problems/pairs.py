"""Prompts and responses side by side, as most released traces come: a problem and a response out of every row.

`columns` say where they are: `{statement: COLUMN, text: COLUMN}`, or `{messages: COLUMN}` for a list of turns. A
problem is known by its statement alone, so that the same question in several files is one problem, whose responses
each file holds some of. What such rows lack is a way to check an answer: their check never passes, so arms select by
file, not by verdict. Not covered: rows with a checkable answer (`messages.py`), and responses with ids of problems
(`responses.py`).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from thalweg import store
from thalweg.errors import InputError
from thalweg.problems.messages import text_of, turns
from thalweg.problems.table import Row, any_column, table_rows, text_column
from thalweg.types import Problem, TextCheck

PAIR_FIELDS = ("statement", "messages")  # what tells a problem where there is no id of one
_ENDINGS = (".jsonl", ".jsonl.gz", ".parquet")


def load_pairs(path: str | Path, columns: Mapping[str, str]) -> list[Problem]:
    """The distinct problems of a file, or of all files in a folder and below, in the order of their first appearance.

    Raises:
        InputError: no column is named for the statement, or a row lacks it.
    """
    if not any(field in columns for field in PAIR_FIELDS):
        raise InputError(str(path), "'columns' name no statement", "add {statement: COLUMN}, or {messages: COLUMN}")
    problems: dict[str, Problem] = {}
    for file in pair_files(path):
        for where, row in table_rows(file):
            statement, _ = pair(row, columns, where)
            problem_id = pair_id(statement)
            source = file.name.partition(".")[0]
            problems.setdefault(
                problem_id, Problem(id=problem_id, source=source, statement=statement, check=TextCheck(answer=""))
            )
    return list(problems.values())


def pair_files(path: str | Path) -> Iterator[Path]:
    """A file, or the files of a folder and below, in order."""
    folder = Path(path)
    if not folder.is_dir():
        if not folder.exists():
            raise InputError(str(path), "no such file or folder", "download the rows first")
        yield folder
        return
    found = sorted(file for file in folder.rglob("*") if file.name.endswith(_ENDINGS))
    if not found:
        raise InputError(str(path), "the folder holds no file of rows", f"expected {', '.join(_ENDINGS)}")
    yield from found


def pair(row: Row, columns: Mapping[str, str], where: str) -> tuple[str, str | None]:
    """Statement and response of a row; the response is null where no column is named for it."""
    if "messages" in columns:
        statement, reply = turns({"messages": any_column(row, columns["messages"], where)}, where)
        return statement, text_of(reply, where)
    text = text_column(row, columns["text"], where) if "text" in columns else None
    return text_column(row, columns["statement"], where), text


def pair_id(statement: str) -> str:
    """The id of a problem that is known by its statement."""
    return f"pair/{store.fingerprint(statement)}"
