"""GPQA (Rein et al. 2023, arXiv:2311.12022): questions by experts with four choices; by default its 198 `diamond` ones.

A row has `Question`, `Correct Answer`, `Incorrect Answer 1` to `3`, `Record ID` and, among many more, the domain. The
choices are shuffled by the seed and the record, so that a problem's letters do not depend on which others are read.

The data set is gated: its authors ask that no example be shown in public, where models would be trained on it. Accept
the terms on its page and log in with `hf auth login`, or give the CSV file. A row's canary string goes into the
problem's license, and so wherever the problem goes.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from thalweg.errors import InputError
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import Row, read_table
from thalweg.types import MathCheck, Problem

HUB_ID = "Idavidrein/gpqa"
LETTERS = "ABCD"
_CHOICES = ("Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")
SCHEMA = Schema(
    source="gpqa",
    title="GPQA",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/Idavidrein/gpqa",
    license="CC-BY-4.0",
    columns=(
        Column(name="Question", holds="the question"),
        *(Column(name=name, holds="a choice") for name in _CHOICES),
        Column(name="Record ID", holds="such as `recABC`"),
        Column(name="High-level domain", holds="Biology, Chemistry or Physics", needed=False),
        Column(name="Subdomain", holds="the field", needed=False),
        Column(name="Canary String", holds="a text to look for in training data", needed=False),
    ),
)


def read_gpqa(
    path: str | Path = HUB_ID, subset: str = "gpqa_diamond", split: str = "train", seed: int = 0
) -> Iterator[Item]:
    """The questions of a subset, from a local copy (CSV, JSON Lines or Parquet) or from the hub.

    Raises:
        InputError: the hub gives no access; a row without one of the columns, or with two choices alike.
    """
    try:
        yield from read_table(SCHEMA, lambda row, where: _item(row, where, seed), path, subset, split)
    except InputError as error:
        if error.where != str(path) or Path(path).exists():
            raise
        remedy = f"accept the terms on {SCHEMA.documented} and log in with 'hf auth login', or give a copy's path"
        raise InputError(error.where, error.problem, remedy) from error


def _item(row: Row, where: str, seed: int) -> Item:
    choices = [row[name].strip() for name in _CHOICES]
    if len(set(choices)) < len(choices):
        raise InputError(where, "two of its choices are the same", "which letter would be right?")
    right = choices[0]
    Random(f"{seed}/{row['Record ID']}").shuffle(choices)
    listed = "\n".join(f"{letter}) {choice}" for letter, choice in zip(LETTERS, choices, strict=True))
    canary = row.get("Canary String")
    problem = Problem(
        id=f"gpqa/{row['Record ID']}",
        source=SCHEMA.source,
        statement=f"{row['Question'].strip()}\n\n{listed}",
        check=MathCheck(answer=LETTERS[choices.index(right)]),
        difficulty=row.get("High-level domain") or None,
        license=SCHEMA.license + (f"; {canary}" if canary else ""),
    )
    return Item(problem)
