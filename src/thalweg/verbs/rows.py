"""Reading what users give: files of rows, small YAML files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from thalweg import store
from thalweg.errors import InputError
from thalweg.grade.files import OnBad
from thalweg.study.config import first_error

OnCount = Callable[[int, int], None]  # done, and in all
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def read_rows(path: Path, kind: type[T], rejects: Path | None = None, key: str = "id") -> list[T]:
    """All rows of a file; malformed ones stop the reading, or go to `rejects` with their reason."""
    with setting_aside(rejects) as on_bad:
        return store.read_all(path, kind, key, on_bad)


@contextmanager
def setting_aside(rejects: Path | None) -> Iterator[OnBad | None]:
    """Takes malformed rows, and appends them with their reason to `rejects`; null where there is no such file."""
    if rejects is None:
        yield None
        return
    bad: list[store.BadRow] = []
    yield bad.append
    if bad:
        with open(rejects, "a", encoding="utf-8") as out:
            out.writelines(store.json_line({"where": row.where, "why": row.why, "row": row.raw}) for row in bad)


def read_config(path: Path | None, kind: type[M]) -> M:
    """A small YAML file as a checked model; defaults where there is none."""
    if path is None:
        return kind()
    if not path.exists():
        raise InputError(str(path), "no such file", "check the path")
    raw = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise InputError(str(path), *first_error(error, kind)) from None
