"""What a source takes: the keyword arguments of its reader, checked by name and type before anything is read.

Options come from a command line as text and from a study file as YAML values; both become what the reader's
annotations ask for (`release=v5`, `year=2024`, `platforms=atcoder,leetcode`).
"""

import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from thalweg.errors import InputError

_EMPTY = inspect.Parameter.empty
NOT_OPTIONS = ("on_bad", "on_left_out")  # what callers give a reader, not users


def takes(reader: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The options that a reader has, by name."""
    found = inspect.signature(reader).parameters
    return {name: parameter for name, parameter in found.items() if name not in NOT_OPTIONS}


def arguments(source: str, reader: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of a reader: what is `given` and not null, as its annotations ask for.

    Raises:
        InputError: an option that the source does not take, cannot do without, or that has another type.
    """
    known, hints = takes(reader), typing.get_type_hints(reader)
    chosen = {name: value for name, value in given.items() if value is not None}
    for name in chosen:
        if name not in known and name not in NOT_OPTIONS:
            raise InputError(f"source '{source}'", f"it takes no '{name}'", f"it takes {_listed(known)}")
    for name, parameter in known.items():
        if parameter.default is _EMPTY and name not in chosen:
            remedy = "add --column FIELD=COLUMN (in a study 'columns')" if name == "columns" else "add it"
            raise InputError(f"source '{source}'", f"it needs '{name}'", remedy)
    return {
        name: value if name in NOT_OPTIONS else _value(source, name, hints[name], value)
        for name, value in chosen.items()
    }


def _listed(known: Mapping[str, inspect.Parameter]) -> str:
    if not known:
        return "nothing"
    return ", ".join(f"{name}{_default(parameter)}" for name, parameter in known.items())


def _default(parameter: inspect.Parameter) -> str:
    if parameter.default is _EMPTY:
        return " (needed)"
    return "" if parameter.default in (None, {}, ()) else f" ({parameter.default})"


def _value(source: str, name: str, hint: Any, value: Any) -> Any:
    from pydantic import TypeAdapter, ValidationError

    if isinstance(value, str) and _is_list(hint):
        value = [part.strip() for part in value.split(",")]
    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        told = error.errors()[0]["msg"]
        raise InputError(f"source '{source}'", f"'{name}': {told[0].lower()}{told[1:]}, got {value!r}") from None


def _is_list(hint: Any) -> bool:
    """Whether an annotation asks for a sequence, and not for text as well."""
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    parts = typing.get_args(hint) if union else (hint,)
    return str not in parts and any(typing.get_origin(part) in (tuple, list, Sequence) for part in parts)
