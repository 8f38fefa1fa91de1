"""What every source is made of: a schema that says what its rows look like, and items read from them.

A source is a module with `SCHEMA` (or several `Schema`s, one a form of its rows) and a reader: a generator of `Item`s,
which never holds more than a row of a large table. Rows are checked against the schema before they are read, so that a
changed data set is reported with the columns that were expected and those that were found, not as a `KeyError` in the
middle. Not covered: Thalweg's own records, which `thalweg.store` checks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from thalweg.errors import InputError
from thalweg.types import Problem, Response


class Item(NamedTuple):
    """What a row holds: a problem, and a response to it where the source has responses.

    `provisional`: the row does not tell how to check an answer, but a later row of the same problem may.
    """

    problem: Problem
    response: Response | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a source: what it holds, in words, and its Python types once read (`(str, type(None))`: or null)."""

    name: str
    holds: str
    types: tuple[type, ...] = (str,)
    needed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The rows of a source, as its public documentation gives them (`documented`: where that is)."""

    source: str
    title: str
    hub_id: str | None
    documented: str
    license: str
    columns: Sequence[Column]

    def check(self, row: Mapping[str, Any], where: str) -> None:
        """Raises where a needed column is missing or a column holds another type.

        Raises:
            InputError: naming file and row, what was expected and what was found.
        """
        missing = [column.name for column in self.columns if column.needed and column.name not in row]
        if missing:
            raise InputError(where, f"{_columns(missing)} missing", self._expected(row))
        for column in self.columns:
            value = row.get(column.name)
            if column.name in row and not isinstance(value, column.types) and (column.needed or value is not None):
                found = f"column '{column.name}' holds {_type_name(type(value))}"
                raise InputError(where, f"{found}, not {type_names(column.types)}", self._expected(row))

    def _expected(self, row: Mapping[str, Any]) -> str:
        expected = ", ".join(
            f"{column.name} ({type_names(column.types)}{'' if column.needed else ', optional'})"
            for column in self.columns
        )
        found = ", ".join(f"{name} ({_type_name(type(value))})" for name, value in row.items()) or "none"
        return f"{self.title} has the columns {expected}; found are {found}"


def _columns(names: Sequence[str]) -> str:
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"column {quoted} is" if len(names) == 1 else f"columns {quoted} are"


def type_names(types: Sequence[type]) -> str:
    """Types in words, as errors and docs tell them."""
    return " or ".join(_type_name(kind) for kind in types)


def _type_name(kind: type) -> str:
    words = {
        str: "text",
        list: "a list",
        dict: "a mapping",
        int: "a whole number",
        float: "a number",
        bool: "a yes or no",
        object: "anything",
    }
    return "null" if kind is type(None) else words.get(kind, kind.__name__)
