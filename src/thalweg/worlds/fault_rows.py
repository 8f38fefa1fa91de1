"""Readings of planted faults as rows: what `thalweg.worlds.faults` writes, and a back-test reads again.

A row is a `Run` of kind `fault` whose `probe` holds the numbers of its `Reading`; the start of its world is a row of
kind `start`, and rows of kind `own` are students that were trained on their start's own correct responses. Names of
runs without a fault begin with "healthy". Not covered: text, such as which token stands in the end token's way.
"""

from dataclasses import fields
from pathlib import Path
from typing import Any

import thalweg.miniature
from thalweg import store
from thalweg.curve.lines import HEALTHY
from thalweg.curve.reading import Reading
from thalweg.miniature.worlds import Run


def runs_file() -> Path:
    """The readings that ship with the package."""
    return Path(thalweg.miniature.__file__).with_name("fault_runs.jsonl.gz")


def runs() -> list[Run]:
    """The shipped runs, in the order of the worlds."""
    return list(store.read(runs_file(), Run))


def fault_of(run: Run) -> str:
    """The fault that was planted in a run."""
    return HEALTHY if run.name.startswith("healthy") else run.name


def numbers(reading: Reading) -> dict[str, float]:
    """A reading's numbers, rounded, without the counts that a `Run` holds already."""
    values = {field.name: getattr(reading, field.name) for field in fields(reading)}
    return {name: round(float(v), 4) for name, v in values.items() if isinstance(v, int | float) and name != "looped"}


def reading_of(run: Run, start: Run) -> Reading:
    """The reading of a row."""
    probe: dict[str, Any] = dict(run.probe)
    for name in ("groups", "steps"):
        probe[name] = int(probe[name])
    return Reading(cells=run.cells, looped=run.looped, start=start.cells, **probe)
