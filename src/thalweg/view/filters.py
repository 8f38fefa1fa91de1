"""A question in the page's address -> the rows that answer it.

Every key may be given several times (any of the values will do); different keys must all hold:

    pool, family, model, size, seed, status, difficulty, source      values as the overview lists them
    thinking, finished, looped       yes | no; what is unknown is neither
    problem                          part of a problem's id or statement
    text                             part of a response, letters of any case
    a, b, between                    two models, and: changed | gained | lost | both | neither (see `contrast`)
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from thalweg.errors import InputError
from thalweg.view.contrast import problems_between
from thalweg.view.index import STATUS_NAMES, Index
from thalweg.view.tables import Ints
from thalweg.view.texts import Search, contains

Asked = Mapping[str, Sequence[str]]
Bools = npt.NDArray[np.bool_]
FLAGS = ("thinking", "finished", "looped")
KEYS = (
    "pool", "family", "model", "size", "seed", "status", "difficulty", "source", *FLAGS, "problem", "text", "between",
)  # fmt: skip


def rows_of(index: Index, search: Search, asked: Asked) -> Ints:
    """Numbers of the rows that answer the question, in the index's order.

    Raises:
        InputError: a value that no row can have.
    """
    asked = {key: [value for value in values if value] for key, values in asked.items()}
    kept = np.ones(len(index), dtype=np.bool_)
    for key in KEYS:
        if asked.get(key) and key != "text":
            kept &= _mask(index, key, asked)
    rows: Ints = np.flatnonzero(kept)
    # Texts come last, so that only those of the rows that are left are read.
    for needle in asked.get("text", ()):
        rows = search.among(index, rows, needle)
    return rows


def _mask(index: Index, key: str, asked: Asked) -> Bools:
    values = asked[key]
    if key in FLAGS:
        wanted = [_number({"yes": 1, "no": 0}, value, key) for value in values]
        return np.isin(index.told(key), wanted)
    if key == "status":
        return np.isin(index.columns["status"], [_number(_places(STATUS_NAMES), value, key) for value in values])
    if key in ("family", "model", "size", "seed"):
        return _of_models(index, key, values)
    return _of_problems(index, key, asked)[index.columns["problem"]]


def _of_models(index: Index, key: str, values: Sequence[str]) -> Bools:
    said = [str(getattr(model, "name" if key == "model" else key)) for model in index.models]
    wanted = np.array([name in values for name in said], dtype=np.bool_)
    return wanted[index.columns["model"]]


def _of_problems(index: Index, key: str, asked: Asked) -> Bools:
    """Which problems a key lets through."""
    problems, values = index.problems, asked[key]
    if key == "pool":
        wanted = [_number(_places(problems.pools), value, key) for value in values]
        return np.isin(np.array(problems.pool, np.int64), wanted)
    if key == "between":
        a, b = (next(iter(asked.get(name, ())), "") for name in ("a", "b"))
        inside = problems_between(index, a, b, values[0])
        return np.isin(np.arange(len(problems.ids)), inside)
    if key == "problem":
        mentioned: Bools = np.any([_mentioned(index, value) for value in values], axis=0)
        return mentioned
    column = problems.difficulties if key == "difficulty" else problems.sources
    return np.isin(np.array(column, dtype=np.str_), list(values))


def _mentioned(index: Index, needle: str) -> Bools:
    ids, statements = index.problems.texts
    return contains(ids, needle) | contains(statements, needle)


def _places(names: Sequence[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


def _number(known: Mapping[str, int], value: str, key: str) -> int:
    if value not in known:
        raise InputError(key, f"no value {value!r}", f"choose one of {', '.join(known)}")
    return known[value]
