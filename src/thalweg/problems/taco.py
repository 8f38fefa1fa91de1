"""TACO (Li et al. 2023, arXiv:2312.14852): 25,443 + 1,000 contest problems with tests, out of ten judges.

Ids are `taco/SPLIT/ROW`, counted from 0, which is how OpenCodeReasoning names them. The form of the tests is in
`input_output.py`. A limit is as stated, but at least 6 s (`contests.py`). On the hub the rows lie in the folder `ALL`.
Problems of GeeksforGeeks are ungradable: their inputs are written for a reader (`n = 5`), and no function is named.
Not covered: memory limits; pictures; problems with several right outputs, which need a checker that TACO has not.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from thalweg.problems.contests import (
    Tests,
    UngradableError,
    check_or_none,
    contest_key,
    day,
    seconds_in,
    with_starter,
    without_tests,
)
from thalweg.problems.hub import local_copy
from thalweg.problems.input_output import input_output_check
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_numbered
from thalweg.types import Check, Problem, StdinCheck

HUB_ID = "BAAI/TACO"
_TEXT = (str, type(None))
SCHEMA = Schema(
    source="taco",
    title="TACO",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/BAAI/TACO",
    license="Apache-2.0 (parts MIT, CC-BY-4.0)",
    columns=(
        Column(name="question", holds="statement"),
        Column(name="input_output", holds="tests as JSON text", types=_TEXT),
        Column(name="difficulty", holds="EASY to VERY_HARD, or UNKNOWN_DIFFICULTY", types=_TEXT),
        Column(name="starter_code", holds="what an answer begins with", types=_TEXT, needed=False),
        Column(name="source", holds="the judge (codeforces, geeksforgeeks, …)", types=_TEXT, needed=False),
        Column(name="url", holds="where the problem is from", types=_TEXT, needed=False),
        Column(name="date", holds="when it was published", types=_TEXT, needed=False),
        Column(name="time_limit", holds="such as '2.0 seconds'", types=_TEXT, needed=False),
    ),
)


def read_taco(
    path: str | Path = HUB_ID,
    split: str = "train",
    tests: Tests = "needed",
    most_tests: int | None = None,
    on_bad: OnBad | None = None,
    on_left_out: OnBad | None = None,
) -> Iterator[Item]:
    """The problems of a file, of a copy of the data set's folder, or of the hub's.

    Args:
        split: `train` or `test`.
        tests: what becomes of problems without tests that can be used (`contests.py`).
        most_tests: only so many tests a problem, the first ones.
        on_bad: gets the rows that cannot be read, which are an error without it.
        on_left_out: is told which rows are left out, and why.

    Raises:
        InputError: a row that is not as `SCHEMA` has it.
    """
    schema = without_tests(SCHEMA, tests, "input_output")
    files = local_copy(path, [f"ALL/{split}*"])

    def item(row: Row, where: str, number: int) -> Item | None:
        check = check_or_none(partial(_check, row, most_tests), tests, where, on_left_out)
        if check is None:
            return None
        problem = Problem(
            id=f"taco/{split}/{number}",
            source=SCHEMA.source,
            statement=with_starter(row["question"], row.get("starter_code")),
            check=check,
            group=contest_key(row.get("url")),
            difficulty=row["difficulty"],
            date=day(row.get("date")),
            license=SCHEMA.license,
        )
        return Item(problem)

    return read_numbered(schema, item, files, None, split, on_bad)


def _check(row: Row, most: int | None) -> Check:
    check = input_output_check(row["input_output"], row.get("starter_code"), seconds_in(row.get("time_limit")), most)
    if isinstance(check, StdinCheck) and row.get("source") == "geeksforgeeks":
        raise UngradableError("its tests call a function and do not say which")
    return check
