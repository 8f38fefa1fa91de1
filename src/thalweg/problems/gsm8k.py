"""GSM8K (Cobbe et al. 2021, arXiv:2110.14168): grade-school word problems with a number as answer.

A row has `question` and `answer`, a worked solution that ends in `#### gold`. Ids are `gsm8k/SPLIT/ROW`, counted from
0, so that responses collected by row number find their problem. Difficulty is the number of lines of the worked
solution.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from thalweg.errors import InputError
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import Row, read_table
from thalweg.types import MathCheck, Problem

HUB_ID = "openai/gsm8k"
SCHEMA = Schema(
    source="gsm8k",
    title="GSM8K",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/openai/gsm8k",
    license="MIT",
    columns=(
        Column(name="question", holds="the word problem"),
        Column(name="answer", holds="a worked solution that ends in `#### ` and the number"),
    ),
)


def read_gsm8k(path: str | Path = HUB_ID, split: str = "train") -> Iterator[Item]:
    """The problems of a split, from a local file (JSON Lines or Parquet) or from the hub.

    Raises:
        InputError: a row without `question`, without `answer`, or whose answer has no `####`.
    """
    numbers = count()
    return read_table(
        SCHEMA, lambda row, where: _item(row, where, f"gsm8k/{split}/{next(numbers)}"), path, "main", split
    )


def _item(row: Row, where: str, problem_id: str) -> Item:
    solution, mark, gold = row["answer"].rpartition("####")
    if not mark or not gold.strip():
        raise InputError(where, "column 'answer' does not end in '#### ' and a number", "is this GSM8K?")
    problem = Problem(
        id=problem_id,
        source=SCHEMA.source,
        statement=row["question"],
        check=MathCheck(answer=gold.strip()),
        difficulty=str(len(solution.strip().splitlines())),
        license=SCHEMA.license,
    )
    return Item(problem)
