"""APPS (Hendrycks et al. 2021, arXiv:2105.09938): 5,000 + 5,000 problems with tests, out of six judges.

Ids are `apps/SPLIT/ROW`, counted from 0, which is how OpenCodeReasoning names them. The form of the tests is in
`input_output.py`; APPS states no time limits. Not covered: problems with several right outputs, which need a checker
that APPS has not.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from thalweg.problems.contests import Tests, check_or_none, contest_key, with_starter, without_tests
from thalweg.problems.hub import local_copy
from thalweg.problems.input_output import input_output_check
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_numbered
from thalweg.types import Problem

HUB_ID = "codeparrot/apps"
_TEXT = (str, type(None))
SCHEMA = Schema(
    source="apps",
    title="APPS",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/codeparrot/apps",
    license="MIT",
    columns=(
        Column(name="question", holds="statement"),
        Column(name="input_output", holds="tests as JSON text, empty where there are none", types=_TEXT),
        Column(name="difficulty", holds="introductory, interview or competition"),
        Column(name="url", holds="where the problem is from", types=_TEXT, needed=False),
        Column(name="starter_code", holds="what an answer begins with", types=_TEXT, needed=False),
    ),
)


def read_apps(
    path: str | Path = HUB_ID,
    split: str = "train",
    tests: Tests = "needed",
    most_tests: int | None = None,
    on_bad: OnBad | None = None,
    on_left_out: OnBad | None = None,
) -> Iterator[Item]:
    """The problems of a file, of a folder with `train.jsonl` and `test.jsonl`, or of the hub's.

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
    files = local_copy(path, [f"{split}.jsonl"])

    def item(row: Row, where: str, number: int) -> Item | None:
        starter = row.get("starter_code")
        make = partial(input_output_check, row.get("input_output"), starter, None, most_tests)
        check = check_or_none(make, tests, where, on_left_out)
        if check is None:
            return None
        problem = Problem(
            id=f"apps/{split}/{number}",
            source=SCHEMA.source,
            statement=with_starter(row["question"], starter),
            check=check,
            group=contest_key(row.get("url")),
            difficulty=row["difficulty"],
            license=SCHEMA.license,
        )
        return Item(problem)

    return read_numbered(schema, item, files, None, split, on_bad)
