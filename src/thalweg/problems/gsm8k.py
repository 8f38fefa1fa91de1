"""GSM8K (Cobbe et al. 2021, arXiv:2110.14168): grade-school word problems with a number as answer.

A row has `question` and `answer`, a worked solution that ends in `#### gold`. Ids are `gsm8k/SPLIT/ROW`, counted from
0, so that responses collected by row number find their problem. Difficulty is the number of lines of the worked
solution.
"""

from pathlib import Path

from thalweg.errors import InputError
from thalweg.problems.table import Row, table_rows, text_column
from thalweg.types import MathCheck, Problem

HUB_ID = "openai/gsm8k"


def load_gsm8k(path: str | Path = HUB_ID, split: str = "train") -> list[Problem]:
    """The problems of a split, from a local file (JSON Lines or Parquet) or from the hub.

    Raises:
        InputError: a row without `question`, without `answer`, or whose answer has no `####`.
    """
    rows = table_rows(path, "main", split)
    return [_problem(row, where, f"gsm8k/{split}/{number}") for number, (where, row) in enumerate(rows)]


def _problem(row: Row, where: str, problem_id: str) -> Problem:
    solution, mark, gold = text_column(row, "answer", where).rpartition("####")
    if not mark or not gold.strip():
        raise InputError(where, "column 'answer' does not end in '#### ' and a number", "is this GSM8K?")
    return Problem(
        id=problem_id,
        source="gsm8k",
        statement=text_column(row, "question", where),
        check=MathCheck(answer=gold.strip()),
        difficulty=str(len(solution.strip().splitlines())),
        license="MIT",
    )
