"""open-r1/codeforces: 9,556 + 468 Codeforces problems with official tests, and checkers where outputs may differ.

Ids are `codeforces/CONTEST/INDEX` (a problem that is in two contests is one group). Tests are the official ones, of
which the site shows long ones cut short; those are not in the data set, so that a problem whose official tests are
incomplete is ungradable unless `incomplete` is set, and its verdicts are then lenient. Checkers (`generated_checker`)
become `checker` checks (`checkers.py`). A limit is as stated, but at least 6 s (`contests.py`).

Ungradable are also interactive problems, those that read and write files, and those not `executable`. Not covered:
the generated tests, which lie in 110 GB of files of their own; memory limits.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from thalweg.problems.checkers import checker_source
from thalweg.problems.contests import Tests, UngradableError, check_or_none, joined, stdin_check, without_tests
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_table
from thalweg.types import Check, CheckerCheck, Problem

HUB_ID = "open-r1/codeforces"
_TEXT, _NUMBER, _FLAG = (str, type(None)), (int, float, type(None)), (bool, type(None))
_LIST = (list, type(None))
STATEMENT_COLUMNS = (
    Column(name="id", holds="CONTEST/INDEX"),
    Column(name="description", holds="statement", types=_TEXT),
    Column(name="input_format", holds="what is read", types=_TEXT),
    Column(name="output_format", holds="what is printed", types=_TEXT),
    Column(name="examples", holds="[{input, output}, …]", types=_LIST),
    Column(name="note", holds="what explains the examples", types=_TEXT),
    Column(name="interaction_format", holds="how to talk, where interactive", types=_TEXT, needed=False),
    Column(name="aliases", holds="the same problem in other contests", types=_LIST, needed=False),
    Column(name="contest_start", holds="seconds since 1970", types=_NUMBER, needed=False),
    Column(name="rating", holds="difficulty", types=_NUMBER, needed=False),
)
SCHEMA = Schema(
    source="codeforces",
    title="open-r1/codeforces",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/open-r1/codeforces",
    license="CC-BY-4.0 (hub tag; card text: ODC-By-4.0)",
    columns=(
        *STATEMENT_COLUMNS,
        Column(name="official_tests", holds="[{input, output}, …]", types=_LIST),
        Column(name="official_tests_complete", holds="whether they are all", types=_FLAG),
        Column(name="input_mode", holds="stdio or file", types=_TEXT),
        Column(name="generated_checker", holds="Python program that judges outputs", types=_TEXT),
        Column(name="executable", holds="whether solutions can be run", types=_FLAG),
        Column(name="time_limit", holds="seconds", types=_NUMBER, needed=False),
    ),
)


def read_codeforces(
    path: str | Path = HUB_ID,
    split: str = "train",
    tests: Tests = "needed",
    most_tests: int | None = None,
    incomplete: bool = False,
    on_bad: OnBad | None = None,
    on_left_out: OnBad | None = None,
) -> Iterator[Item]:
    """The problems of a file, of a copy of the data set's folder, or of the hub's.

    Args:
        split: `train` or `test` (late 2024 and early 2025).
        tests: what becomes of problems without tests that can be used (`contests.py`).
        most_tests: only so many tests a problem, the first ones.
        incomplete: take incomplete official tests too.
        on_bad: gets the rows that cannot be read, which are an error without it.
        on_left_out: is told which rows are left out, and why.

    Raises:
        InputError: a row that is not as `SCHEMA` has it.
    """
    schema = without_tests(SCHEMA, tests, "official_tests", "generated_checker")
    subset = "data" if Path(path).is_dir() else "default"  # the folder of the hub's subset `default`

    def item(row: Row, where: str) -> Item | None:
        check = check_or_none(partial(_check, row, most_tests, incomplete), tests, where, on_left_out)
        return None if check is None else Item(codeforces_problem(row, check))

    return read_table(schema, item, path, subset, split, on_bad)


def codeforces_problem(row: Row, check: Check) -> Problem:
    """The problem in a row with `STATEMENT_COLUMNS`."""
    rating = row.get("rating")
    return Problem(
        id=f"codeforces/{row['id']}",
        source=SCHEMA.source,
        statement=statement(row),
        check=check,
        group=f"codeforces/{min([row['id'], *(row.get('aliases') or ())])}",
        difficulty=None if rating is None else str(int(rating)),
        date=_day(row.get("contest_start")),
        license=SCHEMA.license,
    )


def statement(row: Row) -> str:
    """Description, input, output, interaction, examples and note, in the order that the site has."""
    sections = [
        ("Input", row["input_format"]),
        ("Output", row["output_format"]),
        ("Interaction", row.get("interaction_format")),
        ("Examples", joined(_example(one) for one in row["examples"] or ())),
        ("Note", row["note"]),
    ]
    return joined([row["description"], *(f"{title}\n\n{text.strip()}" for title, text in sections if text)])


def _example(example: Row) -> str:
    return f"Input\n\n{(example.get('input') or '').strip()}\n\nOutput\n\n{(example.get('output') or '').strip()}"


def _day(seconds: Any) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _check(row: Row, most: int | None, incomplete: bool) -> Check:
    if reason := _why_not(row, incomplete):
        raise UngradableError(reason)
    tests = row["official_tests"] or []
    plain = stdin_check([one["input"] for one in tests], [one["output"] for one in tests], row.get("time_limit"), most)
    if not row["generated_checker"]:
        return plain
    return CheckerCheck(source=checker_source(row["generated_checker"]), tests=plain.tests, timeout_s=plain.timeout_s)


def _why_not(row: Row, incomplete: bool) -> str | None:
    if not (row["description"] or "").strip():
        return "no statement"
    if row.get("interaction_format"):
        return "interactive"
    if row["input_mode"] == "file":
        return "it reads or writes a file"
    if row["executable"] is False:
        return "not executable"
    if not row["official_tests_complete"] and not incomplete:
        return "its official tests are incomplete"
    return None
