"""Corpora: what became of the pool on the way to each, and row by row what was kept and what was dropped, and why."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from thalweg.errors import InputError
from thalweg.view.tables import columns, take

KEPT = "kept"


class Corpus(NamedTuple):
    """One corpus folder: `<root>/corpora/<arm>/s<seed>/<size>`."""

    arm: str
    seed: int
    size: int
    folder: Path


def corpora(root: Path) -> list[Corpus]:
    """All corpora of a study that have a funnel."""
    found = [_corpus(path.parent) for path in (root / "corpora").glob("*/s*/*/funnel.json")]
    return sorted(found, key=lambda corpus: corpus[:3])


def corpus(root: Path, arm: str, seed: str, size: str) -> Corpus:
    """One corpus by its name.

    Raises:
        InputError: there is no such corpus.
    """
    for found in corpora(root):
        if (found.arm, str(found.seed), str(found.size)) == (arm, seed, size):
            return found
    raise InputError("corpus", f"no corpus of arm '{arm}', seed {seed}, size {size}", "choose one of the list")


def funnel(found: Corpus) -> dict[str, Any]:
    """The funnel's counts: pool, examples, and for every reason how many it dropped and how many were left.

    Raises:
        InputError: another version wrote it.
    """
    from thalweg.curate.funnel import VERSION

    path = found.folder / "funnel.json"
    document: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if document["version"] != VERSION or not all("count" in loss for loss in document["dropped"]):
        raise InputError(str(path), "was written by another version", "make the corpus again")
    steps, left = [], document["pool"]
    for loss in document["dropped"]:
        left -= loss["count"]
        steps.append({**loss, "left": left})
    return {"pool": document["pool"], "examples": document["examples"], "steps": steps}


def rows(found: Corpus, stage: str, reason: str, first: int, count: int) -> tuple[int, list[dict[str, Any]]]:
    """How many rows were dropped for a reason (or `kept`), and some of them: response and problem."""
    import pyarrow.compute as pc

    from thalweg.curate.corpus import DROPPED, ROWS

    names = ["response_id", "problem_id"]
    if stage == KEPT:
        path = found.folder / ROWS
        total = columns(path, names[:1]).num_rows
        return total, take(path, range(first, min(first + count, total)), names)
    path = found.folder / DROPPED
    if not path.exists():
        return 0, []
    table = columns(path, ["stage", "reason", *names])
    same = pc.and_(pc.equal(table["stage"], stage), pc.equal(table["reason"], reason))
    hits = table.filter(same).select(names)
    return hits.num_rows, hits.slice(first, count).to_pylist()


def _corpus(folder: Path) -> Corpus:
    return Corpus(folder.parent.parent.name, int(folder.parent.name[1:]), int(folder.name), folder)
