"""CodeContests (Li et al. 2022, arXiv:2203.07814): 13,328 + 117 + 165 problems, with generated tests.

Ids are `code_contests/SPLIT/ROW`, counted from 0, which is how OpenCodeReasoning names them. Tests are the public ones,
then the private, then the generated ones (made by changing others; on the average 200 a problem in all). A limit is as
stated, but at least 6 s (`contests.py`). Problems that read or write named files are ungradable. Not covered: memory
limits; problems with several right outputs, which need a checker that CodeContests has not: right programs fail there.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from thalweg.problems.contests import (
    Tests,
    UngradableError,
    check_or_none,
    codeforces_key,
    stdin_check,
    without_tests,
)
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_numbered
from thalweg.types import Check, Problem

HUB_ID = "deepmind/code_contests"
TESTS = ("public_tests", "private_tests", "generated_tests")
_MAYBE_TESTS, _MAYBE_TEXT, _MAYBE_NUMBER = (dict, type(None)), (str, type(None)), (int, type(None))
SCHEMA = Schema(
    source="code_contests",
    title="CodeContests",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/deepmind/code_contests",
    license="CC-BY-4.0",
    columns=(
        Column(name="description", holds="statement", types=_MAYBE_TEXT),
        Column(name="public_tests", holds="{input: […], output: […]}", types=_MAYBE_TESTS),
        Column(name="private_tests", holds="{input: […], output: […]}", types=_MAYBE_TESTS),
        Column(name="generated_tests", holds="{input: […], output: […]}", types=_MAYBE_TESTS),
        Column(name="difficulty", holds="0 unknown, 1 easy … 6 external, 7 A … 28 V", types=(int,)),
        Column(name="cf_contest_id", holds="contest on Codeforces, else 0", types=_MAYBE_NUMBER, needed=False),
        Column(name="cf_index", holds="problem in that contest", types=_MAYBE_TEXT, needed=False),
        Column(name="cf_rating", holds="rating on Codeforces, else 0", types=_MAYBE_NUMBER, needed=False),
        Column(name="time_limit", holds="{seconds, nanos}", types=(dict, type(None)), needed=False),
        Column(name="input_file", holds="file to read, where not standard input", types=_MAYBE_TEXT, needed=False),
        Column(name="output_file", holds="file to write", types=_MAYBE_TEXT, needed=False),
    ),
)
_DIFFICULTIES = (None, "EASY", "MEDIUM", "HARD", "HARDER", "HARDEST", "EXTERNAL", *"ABCDEFGHIJKLMNOPQRSTUV")


def read_code_contests(
    path: str | Path = HUB_ID,
    split: str = "train",
    tests: Tests = "needed",
    most_tests: int | None = None,
    on_bad: OnBad | None = None,
    on_left_out: OnBad | None = None,
) -> Iterator[Item]:
    """The problems of a file, of a copy of the data set's folder, or of the hub's.

    Args:
        split: `train`, `valid` or `test`.
        tests: what becomes of problems without tests that can be used (`contests.py`).
        most_tests: only so many tests a problem, the first ones.
        on_bad: gets the rows that cannot be read, which are an error without it.
        on_left_out: is told which rows are left out, and why.

    Raises:
        InputError: a row that is not as `SCHEMA` has it.
    """
    schema = without_tests(SCHEMA, tests, *TESTS)

    def item(row: Row, where: str, number: int) -> Item | None:
        check = check_or_none(partial(_check, row, most_tests), tests, where, on_left_out)
        return None if check is None else Item(_problem(row, check, f"code_contests/{split}/{number}"))

    return read_numbered(schema, item, path, None, split, on_bad)


def _problem(row: Row, check: Check, problem_id: str) -> Problem:
    contest, rating = row.get("cf_contest_id"), row.get("cf_rating")
    return Problem(
        id=problem_id,
        source=SCHEMA.source,
        statement=row["description"] or "",
        check=check,
        group=codeforces_key(contest, row.get("cf_index") or "") if contest else None,
        difficulty=str(rating) if rating else _difficulty(row["difficulty"]),
        license=SCHEMA.license,
    )


def _difficulty(number: int) -> str | None:
    return _DIFFICULTIES[number] if 0 <= number < len(_DIFFICULTIES) else str(number)


def _check(row: Row, most: int | None) -> Check:
    if not (row["description"] or "").strip():
        raise UngradableError("no statement")
    if row.get("input_file") or row.get("output_file"):
        raise UngradableError("it reads or writes a file")
    inputs = [text for name in TESTS for text in (row[name] or {}).get("input") or ()]
    outputs = [text for name in TESTS for text in (row[name] or {}).get("output") or ()]
    limit = row.get("time_limit") or {}
    seconds = float(limit.get("seconds") or 0) + float(limit.get("nanos") or 0) / 1e9
    return stdin_check(inputs, outputs, seconds, most)
