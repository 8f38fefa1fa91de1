"""Where problems and downloaded responses come from: one file a source.

`READERS` is the list of sources. A reader is a generator of `Item`s that takes what concerns it as keyword arguments
(a path, a split, a seed, a release …); what a caller gives is checked against its signature. `load_problems` holds the
distinct problems of a source, `thalweg import` streams them to files; `responses.py` brings in responses alone.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from thalweg.errors import InputError
from thalweg.problems.aime import read_aime
from thalweg.problems.apps import read_apps
from thalweg.problems.code_contests import read_code_contests
from thalweg.problems.codeforces import read_codeforces
from thalweg.problems.codeforces_cots import read_codeforces_cots
from thalweg.problems.cruxeval import read_cruxeval
from thalweg.problems.distinct import distinct_problems
from thalweg.problems.exercism import read_exercism
from thalweg.problems.gpqa import read_gpqa
from thalweg.problems.gsm8k import read_gsm8k
from thalweg.problems.humaneval import read_humaneval
from thalweg.problems.limo import read_limo
from thalweg.problems.livecodebench import read_livecodebench
from thalweg.problems.math import read_math
from thalweg.problems.math500 import read_math500
from thalweg.problems.mbpp import read_mbpp
from thalweg.problems.messages import read_messages
from thalweg.problems.miniature import read_miniature, read_snippets, read_synthesis
from thalweg.problems.open_code_reasoning import read_open_code_reasoning, read_open_code_reasoning_2
from thalweg.problems.openthoughts import read_openthoughts
from thalweg.problems.options import arguments, takes
from thalweg.problems.p3 import read_p3
from thalweg.problems.pairs import read_pairs
from thalweg.problems.reasoning_gym import read_reasoning_gym
from thalweg.problems.records import read_records
from thalweg.problems.s1k import read_s1k
from thalweg.problems.source import Item, Schema
from thalweg.problems.taco import read_taco
from thalweg.problems.valley_reasoning import read_valley_reasoning
from thalweg.types import Problem

READERS: dict[str, Callable[..., Iterator[Item]]] = {
    "miniature": read_miniature,
    "snippets": read_snippets,
    "synthesis": read_synthesis,
    "records": read_records,
    "messages": read_messages,
    "pairs": read_pairs,
    "valley_reasoning": read_valley_reasoning,
    "openthoughts": read_openthoughts,
    "s1k": read_s1k,
    "limo": read_limo,
    "gsm8k": read_gsm8k,
    "math": read_math,
    "math500": read_math500,
    "aime": read_aime,
    "gpqa": read_gpqa,
    "reasoning_gym": read_reasoning_gym,
    "cruxeval": read_cruxeval,
    "mbpp": read_mbpp,
    "p3": read_p3,
    "exercism": read_exercism,
    "humaneval": read_humaneval,
    "livecodebench": read_livecodebench,
    "taco": read_taco,
    "apps": read_apps,
    "code_contests": read_code_contests,
    "codeforces": read_codeforces,
    "codeforces_cots": read_codeforces_cots,
    "open_code_reasoning": read_open_code_reasoning,
    "open_code_reasoning_2": read_open_code_reasoning_2,
}


def reader_of(source: str) -> Callable[..., Iterator[Item]]:
    """The reader of a source.

    Raises:
        InputError: there is none.
    """
    if source not in READERS:
        raise InputError(f"source {source!r}", "no such source", f"use one of {', '.join(READERS)}")
    return READERS[source]


def read_source(source: str, options: Mapping[str, Any]) -> Iterator[Item]:
    """The items of a source, streamed. Options that are null are left to the reader.

    Raises:
        InputError: an unknown source; an option that it does not take, cannot do without, or that has another type;
            or, while it is read, its own complaint about the data.
    """
    return reader_of(source)(**arguments(source, reader_of(source), options))


def load_problems(
    source: str,
    *,
    path: str | None = None,
    split: str | None = None,
    count: int | None = None,
    seed: int = 0,
    depths: Sequence[int] | None = None,
    columns: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> list[Problem]:
    """The first `count` distinct problems of a source (all where null). What is null is left to the reader.

    Raises:
        InputError: as `read_source`.
    """
    given: dict[str, Any] = {"path": path, "split": split, "depths": depths, "columns": columns, **(options or {})}
    known = takes(reader_of(source))
    given |= {name: value for name, value in {"count": count, "seed": seed}.items() if name in known}
    return distinct_problems(read_source(source, given), count)


def schemas_of(source: str) -> tuple[Schema, ...]:
    """The schemas of a source: those of its module that bear its name (none where its rows are Thalweg's own)."""
    module = sys.modules[reader_of(source).__module__]
    return tuple(value for value in vars(module).values() if isinstance(value, Schema) and value.source == source)


__all__ = ["READERS", "load_problems", "read_source", "reader_of", "schemas_of"]
