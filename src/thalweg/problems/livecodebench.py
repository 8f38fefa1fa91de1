"""LiveCodeBench, code generation lite (Jain et al. 2024, arXiv:2403.07974): dated contest problems with hidden tests.

The data set is six JSON Lines files, which are read directly: `test.jsonl` (v1), `test2.jsonl` … `test6.jsonl`. A
`release` is cumulative or one file: `release_v5` is the first five, `v5` the fifth alone, `v4_v6` the fourth to the
sixth. Counts, as published: v5 167, v6 175, `release_v5` 880, `release_v6` 1,055; `release_v5` from 2024-08-01 up to
and with 2025-01-31 is the 279 problems of both OpenCodeReasoning papers (67 easy, 89 medium, 123 hard; 175 of AtCoder,
104 of LeetCode).

Public tests come before private ones, as in the official grader, which `thalweg grade --grader lcb` agrees with.
Private tests are decoded without unpickling (`private_tests.py`). The statement is the question and its starter code;
the words around it belong to the prompt sets.

Not covered: the other scenarios (self-repair, test output prediction, execution), and the full-size test sets.
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from thalweg.errors import InputError
from thalweg.problems.contests import (
    LEAST_S,
    Tests,
    UngradableError,
    check_or_none,
    codeforces_key,
    day,
    with_starter,
    without_tests,
)
from thalweg.problems.hub import local_copy
from thalweg.problems.private_tests import private_tests, test_cases
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_table
from thalweg.types import CallCheck, Check, Problem, StdinCheck

HUB_ID = "livecodebench/code_generation_lite"
FILES = ("test.jsonl", *(f"test{number}.jsonl" for number in range(2, 7)))
_RELEASE = re.compile(r"(release_)?v([1-6])(?:_v([1-6]))?")
_TEXT = (str, type(None))
SCHEMA = Schema(
    source="livecodebench",
    title="LiveCodeBench code_generation_lite",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/livecodebench/code_generation_lite",
    license="CC",
    columns=(
        Column(name="question_content", holds="statement"),
        Column(name="question_id", holds="the problem on its platform"),
        Column(name="platform", holds="atcoder, codeforces or leetcode"),
        Column(name="contest_date", holds="when the contest was (2024-08-03T00:00:00)"),
        Column(name="difficulty", holds="easy, medium or hard"),
        Column(name="starter_code", holds="what an answer begins with; empty: reads standard input", types=_TEXT),
        Column(name="public_test_cases", holds="JSON text: [{input, output, testtype}, …]"),
        Column(name="private_test_cases", holds="the same, or base64 of zlib of a pickle of it"),
        Column(name="metadata", holds="JSON text with func_name where a function is called", types=_TEXT),
    ),
)


def read_livecodebench(
    path: str | Path = HUB_ID,
    release: str = "release_v6",
    start: str | None = None,
    end: str | None = None,
    platforms: Sequence[str] | None = None,
    difficulties: Sequence[str] | None = None,
    tests: Tests = "needed",
    on_bad: OnBad | None = None,
    on_left_out: OnBad | None = None,
) -> Iterator[Item]:
    """The problems of one JSON Lines file, of a release in a folder of them, or of the hub's.

    Args:
        release: `release_v5`, `v5`, `v4_v6`, `release_latest`; of no account where `path` is a file.
        start, end: days such as `2024-08-01`; contests on them and between are taken.
        platforms, difficulties: those to take (all where null).
        tests: what becomes of problems without tests that can be used (`contests.py`).
        on_bad: gets the rows that cannot be read, which are an error without it.
        on_left_out: is told which rows are left out, and why.

    Raises:
        InputError: no such release, a day that is none, a missing file, or a row that is not as `SCHEMA` has it.
    """
    for name, text in (("start", start), ("end", end)):
        if text is not None and day(text) != text:
            raise InputError(f"'{name}'", f"{text!r} is no day", "write it as 2024-08-01")
    schema = without_tests(SCHEMA, tests, "public_test_cases", "private_test_cases")

    def item(row: Row, where: str) -> Item | None:
        held = str(day(row["contest_date"]))
        if not (start or "") <= held <= (end or "9999"):
            return None
        if row["platform"] not in (platforms or [row["platform"]]):
            return None
        if row["difficulty"] not in (difficulties or [row["difficulty"]]):
            return None
        check = check_or_none(partial(_check, row), tests, where, on_left_out)
        return None if check is None else Item(_problem(row, check, held))

    files = _files(path, release)
    return chain.from_iterable(read_table(schema, item, file, None, "test", on_bad) for file in files)


def release_files(release: str) -> tuple[str, ...]:
    """The names of a release's files.

    Raises:
        InputError: there is no such release.
    """
    found = _RELEASE.fullmatch("release_v6" if release == "release_latest" else release)
    if found is None or (found[1] and found[3]):
        raise InputError(f"release {release!r}", "no such release", "use release_v1 … release_v6, v1 … v6, or v4_v6")
    first = 1 if found[1] else int(found[2])
    return FILES[first - 1 : int(found[3] or found[2])]


def _files(path: str | Path, release: str) -> list[Path]:
    if Path(path).is_file():
        return [Path(path)]
    names = release_files(release)
    folder = local_copy(path, names)
    return [folder] if folder.is_file() else [folder / name for name in names]


def _problem(row: Row, check: Check, held: str) -> Problem:
    platform, question = row["platform"], row["question_id"]
    contest, _, index = question.partition("_")
    return Problem(
        id=f"livecodebench/{question}",
        source=SCHEMA.source,
        statement=with_starter(row["question_content"], row["starter_code"]),
        check=check,
        group=codeforces_key(contest, index) if platform == "codeforces" else f"{platform}/{question}",
        difficulty=row["difficulty"],
        date=held,
        license=SCHEMA.license,
    )


def _check(row: Row) -> Check:
    cases = test_cases(row["public_test_cases"]) + private_tests(row["private_test_cases"])
    if not cases:
        raise UngradableError("no tests")
    name = _function_name(row["metadata"])
    if name is None:
        tests = tuple({"input": case["input"], "output": case["output"]} for case in cases)
        return StdinCheck(tests=tests, timeout_s=LEAST_S)
    return CallCheck(entry_point=name, tests=tuple(map(_call, cases)), timeout_s=LEAST_S)


def _function_name(metadata: str | None) -> str | None:
    try:
        name = json.loads(metadata or "{}").get("func_name")
    except (ValueError, AttributeError):
        raise UngradableError("its metadata are no JSON object") from None
    return None if name is None else str(name)


def _call(case: Row) -> dict[str, Any]:
    """A test whose input has one argument a line and whose values are JSON."""
    try:
        args = [json.loads(line) for line in case["input"].split("\n") if line.strip()]
        return {"args": args, "output": json.loads(case["output"])}
    except (ValueError, RecursionError):
        raise UngradableError("a test's arguments are no JSON") from None
