"""Where problems and downloaded responses come from: one file a source.

`LOADERS` is the list of sources. A loader takes what concerns it (a path, a split, a seed …) and returns problems;
`responses.py` and `messages.py` bring in responses that were collected elsewhere.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from thalweg.errors import InputError
from thalweg.problems.cruxeval import load_cruxeval
from thalweg.problems.exercism import load_exercism
from thalweg.problems.gsm8k import load_gsm8k
from thalweg.problems.mbpp import load_mbpp
from thalweg.problems.messages import load_messages
from thalweg.problems.miniature import load_miniature, load_snippets, load_synthesis
from thalweg.problems.p3 import load_p3
from thalweg.problems.pairs import load_pairs
from thalweg.problems.records import load_records
from thalweg.types import Problem

LOADERS: dict[str, Callable[..., list[Problem]]] = {
    "miniature": load_miniature,
    "snippets": load_snippets,
    "synthesis": load_synthesis,
    "records": load_records,
    "messages": load_messages,
    "pairs": load_pairs,
    "gsm8k": load_gsm8k,
    "cruxeval": load_cruxeval,
    "mbpp": load_mbpp,
    "p3": load_p3,
    "exercism": load_exercism,
}


def load_problems(
    source: str,
    *,
    path: str | None = None,
    split: str | None = None,
    count: int | None = None,
    seed: int = 0,
    depths: Sequence[int] | None = None,
    columns: Mapping[str, str] | None = None,
) -> list[Problem]:
    """The first `count` problems of a source (all where null). What is null is left to the loader.

    Raises:
        InputError: an unknown source, an argument that the source does not take or cannot do without, or its own
            complaint about the data.
    """
    if source not in LOADERS:
        raise InputError(f"source {source!r}", "no such source", f"use one of {', '.join(LOADERS)}")
    loader = LOADERS[source]
    takes = inspect.signature(loader).parameters
    given: dict[str, Any] = {"path": path, "split": split, "depths": depths, "columns": columns}
    given = {name: value for name, value in given.items() if value is not None}
    for name in given:
        if name not in takes:
            raise InputError(f"source '{source}'", f"it takes no '{name}'", "leave the key out")
    given |= {
        name: value for name, value in {"count": count, "seed": seed}.items() if name in takes and value is not None
    }
    for name, parameter in takes.items():
        if parameter.default is inspect.Parameter.empty and name not in given:
            raise InputError(f"source '{source}'", f"it needs '{name}'", "add the key")
    return loader(**given)[:count]


__all__ = ["LOADERS", "load_problems"]
