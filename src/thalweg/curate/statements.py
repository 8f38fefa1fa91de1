"""The statements of a file of problems, and nothing else of it: a stream for what compares a great many texts.

Checks are not read, so a million problems with megabytes of tests pass as fast as JSON is parsed. The file is one of
Thalweg's own (`thalweg.store`), and what else may be wrong with a row is found by whoever reads it whole.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from thalweg import store
from thalweg.errors import InputError


def statements(path: str | Path) -> Iterator[tuple[str, str]]:
    """Streams `(id, statement)` of the problems of a file or folder.

    Raises:
        InputError: the file is missing or unknown, or a row has no id or statement that is text.
    """
    for where, row in store.rows(Path(path)):
        fields = _parsed(row, where) if isinstance(row, str) else row
        if not isinstance(fields, dict):
            raise InputError(where, "expected an object with the fields of a Problem")
        yield _text(fields, "id", where), _text(fields, "statement", where)


def _parsed(row: str, where: str) -> object:
    try:
        return json.loads(row)
    except json.JSONDecodeError as error:
        problem = f"not JSON: {error.msg} at column {error.colno}"
        raise InputError(where, problem, "expected one object a line") from None


def _text(fields: dict[str, object], name: str, where: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise InputError(where, f"field '{name}' is missing or no text", "a Problem needs id, statement, check")
    return value
