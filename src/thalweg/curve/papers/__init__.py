"""Published tables as data, and what they say when computed again: one YAML file and a few modules a paper.

Each file names its paper and, table by table, where in the paper the numbers stand. They are the rounded numbers of
the print, so what is recomputed from them may differ from what the authors computed from unrounded ones. Where a paper
does not state how many responses a rate is over, the file assumes a number, and says on what grounds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from thalweg.errors import InputError

_HERE = Path(__file__).parent
PAPERS = ("valley", "ded", "rsr", "ocr")


def paper(name: str) -> dict[str, Any]:
    """The tables of a paper, by the name of its file."""
    read: dict[str, Any] = yaml.safe_load((_HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    return read


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table of text with what must be known to read it; the first `text` columns are words, the others numbers."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    text: int = 1


def sheets(name: str) -> Iterator[Sheet]:
    """What `thalweg papers NAME` prints.

    Raises:
        InputError: there is no such paper.
    """
    match name:
        case "valley":
            from thalweg.curve.papers import code_valley, code_valley_sheets

            return code_valley_sheets.sheets(code_valley.code_valley())
        case "ded":
            from thalweg.curve.papers import data_efficient, data_efficient_sheets

            return data_efficient_sheets.sheets(data_efficient.data_efficient())
        case "ocr":
            from thalweg.curve.papers import execution_filter, execution_filter_sheets

            return execution_filter_sheets.sheets(execution_filter.execution_filter())
        case "rsr":
            from thalweg.curve.papers import rank_surprisal, rsr_sheets

            return rsr_sheets.sheets(rank_surprisal.rsr())
    raise InputError(f"papers {name!r}", "no such paper", f"use {', '.join(PAPERS)}")
