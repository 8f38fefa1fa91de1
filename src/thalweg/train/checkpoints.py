"""Interim checkpoints that survive a kill at any moment.

    <out>/checkpoints/checkpoint-<step>/    what the Trainer saves: weights, optimiser, schedule, random state
                      .../complete.json     written last: the run's fingerprint and the seconds spent so far

A folder without its `complete.json`, or with another run's fingerprint, is not a checkpoint. Once one is complete, all
others are removed. Metrics are cut back to the checkpoint's step, so that no row stands twice.
"""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

from thalweg import store

MARKER = "complete.json"


class Checkpoint(NamedTuple):
    """A complete checkpoint; `seconds` is the training time that led to it."""

    folder: Path
    step: int
    seconds: float


def complete(folder: Path, fingerprint: str, seconds: float) -> None:
    """Marks a checkpoint as whole, and removes the others beside it."""
    store.write_json(folder / MARKER, {"fingerprint": fingerprint, "seconds": seconds})
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other)


def latest(folder: Path, fingerprint: str | None) -> Checkpoint | None:
    """The last complete checkpoint of a run (of any where null). Only reads: all processes of a run ask at once."""
    paths = folder.iterdir() if folder.exists() else ()
    found = [checkpoint for path in paths if (checkpoint := _read(path, fingerprint))]
    return max(found, key=lambda checkpoint: checkpoint.step, default=None)


def cut_back(metrics: Path, step: int) -> None:
    """Drops the rows after `step`, and a row that a kill left half-written."""
    if not metrics.exists():
        return
    lines = metrics.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= step]
    with store.replacing(metrics) as temporary:
        temporary.write_text("".join(kept), encoding="utf-8")


def _read(folder: Path, fingerprint: str | None) -> Checkpoint | None:
    marker = folder / MARKER
    if not marker.exists():
        return None
    mark = json.loads(marker.read_text(encoding="utf-8"))
    if fingerprint is not None and mark["fingerprint"] != fingerprint:
        return None
    return Checkpoint(folder, int(folder.name.rpartition("-")[2]), float(mark["seconds"]))
