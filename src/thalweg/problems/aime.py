"""AIME 2024 and 2025: the thirty problems of a year's two contests, whose answers are whole numbers from 0 to 999.

Every copy names its columns differently. Three forms are known, and told apart by their columns: `problem` (the hub's
HuggingFaceH4/aime_2024 and math-ai/aime25), `Problem` (Maxwell-Jia/AIME_2024) and `question` (opencompass/AIME2025, a
file a contest). The copies' wordings differ in places, so ids name the copy's own number, or the row. Not covered:
other years.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from thalweg.errors import InputError
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import Row, read_table
from thalweg.types import MathCheck, Problem

_WHOLE = (str, int)
HUB = {2024: ("HuggingFaceH4/aime_2024", "train"), 2025: ("math-ai/aime25", "test")}
SCHEMA = Schema(
    source="aime",
    title="AIME",
    hub_id="HuggingFaceH4/aime_2024, math-ai/aime25",
    documented="https://huggingface.co/datasets/HuggingFaceH4/aime_2024",
    license="not stated",
    columns=(
        Column(name="problem", holds="the statement"),
        Column(name="answer", holds="a number, in 2024 with leading zeros", types=_WHOLE),
        Column(name="id", holds="the copy's own number", types=_WHOLE, needed=False),
    ),
)
CAPITALS = Schema(
    source="aime",
    title="AIME 2024 (Maxwell-Jia)",
    hub_id="Maxwell-Jia/AIME_2024",
    documented="https://huggingface.co/datasets/Maxwell-Jia/AIME_2024",
    license="MIT",
    columns=(
        Column(name="Problem", holds="the statement"),
        Column(name="Answer", holds="a number", types=_WHOLE),
        Column(name="ID", holds="such as `2024-I-1`"),
    ),
)
QUESTIONS = Schema(
    source="aime",
    title="AIME 2025 (OpenCompass)",
    hub_id="opencompass/AIME2025",
    documented="https://huggingface.co/datasets/opencompass/AIME2025",
    license="MIT",
    columns=(
        Column(name="question", holds="the statement"),
        Column(name="answer", holds="a number", types=_WHOLE),
    ),
)
_FORMS = {"problem": SCHEMA, "Problem": CAPITALS, "question": QUESTIONS}


def read_aime(path: str | Path | None = None, year: int = 2024, split: str | None = None) -> Iterator[Item]:
    """The problems of a year, from a local copy (a file, or a folder with a file a contest) or from the hub.

    Raises:
        InputError: another year, a row of none of the forms, or an answer that is no number from 0 to 999.
    """
    if year not in HUB:
        raise InputError("source 'aime'", f"year {year} is not known", f"use {' or '.join(map(str, HUB))}")
    hub_id, hub_split = HUB[year]
    numbers = count(1)

    def read(row: Row, where: str) -> Item:
        return _item(row, where, year, next(numbers))

    return read_table(None, read, hub_id if path is None else path, None, split or hub_split)


def _item(row: Row, where: str, year: int, number: int) -> Item:
    schema = next((form for name, form in _FORMS.items() if name in row), SCHEMA)
    schema.check(row, where)
    named: Any = row.get("id", row.get("ID"))
    problem = Problem(
        id=f"aime/{year}/{number if named is None else named}",
        source=SCHEMA.source,
        statement=row[schema.columns[0].name],
        check=MathCheck(answer=_answer(row[schema.columns[1].name], where)),
        date=str(year),
        license=schema.license,
    )
    return Item(problem)


def _answer(value: str | int, where: str) -> str:
    """The number without leading zeros, which mean nothing, and without the degree sign of one problem's answer."""
    digits = str(value).strip().removesuffix("^\\circ").strip()
    if not digits.isdecimal() or int(digits) > 999:
        raise InputError(where, f"its answer {value!r} is no whole number from 0 to 999", "is this AIME?")
    return str(int(digits))
