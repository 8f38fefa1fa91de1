"""Published tables as data, and what they say when computed again: one YAML file and one module a paper.

Each file names its paper and, table by table, where in the paper the numbers stand. They are the rounded numbers of
the print, so what is recomputed from them may differ from what the authors computed from unrounded ones.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parent


def paper(name: str) -> dict[str, Any]:
    """The tables of a paper, by the name of its file."""
    read: dict[str, Any] = yaml.safe_load((_HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    return read


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table of text with what must be known to read it."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
