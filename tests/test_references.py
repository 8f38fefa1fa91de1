"""Every reference solution of the public sets passes under the native graders."""

import ast
import gzip
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.benches import fenced, open_bench
from thalweg.grade.asserts import grade_assert
from thalweg.grade.bench import Bench
from thalweg.grade.calls import grade_call
from thalweg.grade.finding import Finding
from thalweg.grade.literal import grade_output
from thalweg.grade.predicates import grade_predicate
from thalweg.grade.unittests import grade_unittest
from thalweg.problems import load_problems
from thalweg.types import AssertCheck, CallCheck, Problem

DATA = Path(__file__).parents[2] / "shared" / "data"

pytestmark = pytest.mark.data


def problems_of(source: str, path: Path) -> list[Problem]:
    return load_problems(source, path=str(path))


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench(workers=2) as bench:
        yield bench


def data(name: str) -> tuple[Path, list[dict[str, Any]]]:
    path = DATA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path, [json.loads(line) for line in gzip.open(path, "rt", encoding="utf-8")]


def graded(grade: Any, pairs: Iterable[tuple[str, Any, str]], bench: Bench) -> dict[str, Finding]:
    """Findings by name, made four at a time."""
    with ThreadPoolExecutor(4) as threads:
        futures = {name: threads.submit(grade, check, answer, bench) for name, check, answer in pairs}
        return {name: future.result() for name, future in futures.items()}


def failed(findings: dict[str, Finding]) -> dict[str, str | None]:
    return {name: finding.detail for name, finding in findings.items() if finding.status != "correct"}


@pytest.mark.slow
def test_mbpp(bench: Bench) -> None:
    path, rows = data("mbpp")
    pairs = [
        (problem.id, problem.check, fenced(row["code"]))
        for problem, row in zip(problems_of("mbpp", path), rows, strict=True)
    ]
    findings = graded(grade_assert, pairs, bench)
    assert failed(findings) == {}
    assert len(findings) == 974
    # All 2,922 assertions keep their expected values from the program.
    assert sum(finding.total for finding in findings.values()) == 2_922
    assert {finding.strength for finding in findings.values()} == {"strong"}


@pytest.mark.slow
def test_p3(bench: Bench) -> None:
    path, rows = data("p3_puzzles")
    pairs = [
        (f"{problem.id}#{number}", problem.check, fenced(f"{row['sol_header']}\n{body}"))
        for problem, row in zip(problems_of("p3", path), rows, strict=True)
        for number, body in enumerate(row["sol_bodies"])
    ]
    findings = graded(grade_predicate, pairs, bench)
    assert failed(findings) == {}
    assert len(findings) == 1_698  # solutions of 1,661 puzzles; 54 carry none


@pytest.mark.slow
def test_exercism(bench: Bench) -> None:
    path, rows = data("exercism_python")
    pairs = [
        (problem.id, problem.check, fenced(next(iter(row["example"].values()))))
        for problem, row in zip(problems_of("exercism", path), rows, strict=True)
    ]
    findings = graded(grade_unittest, pairs, bench)
    # Its tests import a file of helpers that the data does not have.
    assert failed(findings) == {"exercism/error-handling": "ModuleNotFoundError: No module named 'test_utils'"}
    assert len(findings) == 140


def test_cruxeval_as_written_outputs(bench: Bench) -> None:
    path, rows = data("cruxeval")
    pairs = [
        (problem.id, problem.check, row["output"])
        for problem, row in zip(problems_of("cruxeval", path), rows, strict=True)
    ]
    findings = graded(grade_output, pairs, bench)
    assert failed(findings) == {}
    assert len(findings) == 400


@pytest.mark.slow
def test_cruxeval_as_calls(bench: Bench) -> None:
    _, rows = data("cruxeval")
    called = {row["id"]: check for row in rows if (check := _call(row)) is not None}
    programs = {row["id"]: fenced(row["code"]) for row in rows}
    findings = graded(grade_call, [(name, check, programs[name]) for name, check in called.items()], bench)
    assert failed(findings) == {}
    assert len(findings) == 394
    # The others take arguments that are no literals.
    asserted = [
        (row["id"], AssertCheck(asserts=(f"assert f({row['input']}) == {row['output']}",)), programs[row["id"]])
        for row in rows
        if row["id"] not in called
    ]
    assert failed(graded(grade_assert, asserted, bench)) == {}


def _call(row: dict[str, Any]) -> CallCheck | None:
    call = ast.parse(f"f({row['input']})", mode="eval").body
    assert isinstance(call, ast.Call)
    try:
        for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
            ast.literal_eval(argument)
    except ValueError:
        return None
    test = {
        "args": [{"py": ast.unparse(argument)} for argument in call.args],
        "kwargs": {str(keyword.arg): {"py": ast.unparse(keyword.value)} for keyword in call.keywords},
        "output": {"py": row["output"]},
    }
    return CallCheck(entry_point="f", tests=(test,))
