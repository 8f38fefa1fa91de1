"""Options that several verbs share, as groups: a dataclass of options in a verb's signature stands for all of them.

Typer reads a verb's options from its signature, one by one, so that a set which four verbs take would be written out
four times. `with_groups` lays the groups of a verb open for Typer, and puts them together again for the verb. Not
covered: groups within groups.
"""

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter
from typing import Any


def with_groups(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb as Typer is to see it: each parameter that is a dataclass is laid open into that class's fields."""
    parameters: list[Parameter] = []
    groups: dict[str, type[Any]] = {}
    for parameter in inspect.signature(verb).parameters.values():
        kind = parameter.annotation
        if isinstance(kind, type) and is_dataclass(kind):
            groups[parameter.name] = kind
            parameters += _options(kind)
        else:
            parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))

    @wraps(verb)
    def opened(**given: Any) -> None:
        made = {
            name: kind(**{part.name: given.pop(part.name) for part in fields(kind)}) for name, kind in groups.items()
        }
        verb(**given, **made)

    opened.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    opened.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return opened


def _options(group: type[Any]) -> list[Parameter]:
    return [
        Parameter(part.name, Parameter.KEYWORD_ONLY, default=part.default, annotation=part.type)
        for part in fields(group)
    ]
