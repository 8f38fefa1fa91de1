"""Programs with unit tests (Exercism): `grade_unittest`.

Tests call the program and compare in one process, so a program could patch `unittest`, read what is expected, or write
the results itself. Three things stand against it: the tests come from pristine sources in every process, results carry
a random token, and a program that passes runs once more against canaries, tests that cannot pass (`canaries.py`). The
strength of such verdicts is nevertheless `weak`.

`timeout_s` is for one run of all files. Not covered: pytest, tests that need files or packages, and skipped tests,
which are not counted.
"""

import ast
import random
import secrets
import sys
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from thalweg.errors import InputError
from thalweg.grade import syntax
from thalweg.grade.bench import Bench
from thalweg.grade.canaries import test_names, with_canaries
from thalweg.grade.finding import Finding, no_answer
from thalweg.grade.programs import program_answer
from thalweg.grade.trials import Trial, ended, limits, printable
from thalweg.sandbox import Job
from thalweg.types import UnittestCheck


def grade_unittest(check: UnittestCheck, answer: str, bench: Bench) -> Finding:
    """Runs the tests against the program, and against the program again with canaries if all pass."""
    files = _modules(check.files)
    required = test_names(files)
    source = program_answer(answer)
    if source is None:
        return no_answer("there is no program in the answer", len(required))
    ran = _run(check, source, files, bench)
    seconds, passed = ran.cpu_s, [name for name in required if ran.errors.get(name, "") is None]
    failure = _failure(required, ran)
    if failure is None:
        spoilt, must_fail = _spoilt(files)
        again = _run(check, source, spoilt, bench)
        seconds += again.cpu_s
        cheated = next((name for name in must_fail if again.errors.get(name, "") is None), None)
        if cheated is not None:
            failure, passed = Trial("incorrect", f"passes tests that cannot pass ({_short(cheated)})"), []
    return Finding(
        status=failure.status if failure else "correct",
        passed=len(passed),
        total=len(required),
        extracted=source,
        detail=failure.detail if failure else None,
        strength="weak",
        isolation=str(bench.pool().isolation),
        seconds=round(seconds, 3),
    )


def validate_unittest(check: UnittestCheck) -> None:
    """Raises `InputError` unless the files parse, hold tests, and import one module that is not among them."""
    files = _modules(check.files)
    if not test_names(files):
        raise InputError("check: files", "there is no method 'test…' of a TestCase", "give the tests' sources")
    _module_of_program(files)


class _Ran(NamedTuple):
    errors: Mapping[str, str | None]  # by test, null where it passed
    loading: str | None  # why a file of tests did not load
    ending: Trial | None
    cpu_s: float


def _run(check: UnittestCheck, source: str, files: Mapping[str, str], bench: Bench) -> _Ran:
    token = secrets.token_hex(16)
    sources = {**files, _module_of_program(files): source}
    tests = sorted({name.partition(".")[0] for name in test_names(dict(files))})
    allowed = limits(check.timeout_s, bench)
    payload = {"sources": sources, "tests": tests, "token": token}
    result = bench.pool().run(Job(driver="unittests", payload=payload, limits=allowed))
    records = [record for record in result.records if isinstance(record, dict) and record.get("token") == token]
    errors: dict[str, str | None] = {}
    for record in records:
        # A test may fail in several parts; it passed only if nothing says otherwise.
        name, error = str(record.get("test")), record.get("error")
        errors[name] = errors.get(name) or (None if error is None else printable(error))
    return _Ran(errors, errors.pop("None", None), ended(result, allowed), result.cpu_s)


def _failure(required: list[str], ran: _Ran) -> Trial | None:
    if ran.loading is not None:
        return Trial("crash", ran.loading)
    for number, name in enumerate(required, 1):
        error = ran.errors.get(name, "it did not run to its end")
        if error is None:
            continue
        where = f"test {number} of {len(required)} ({_short(name)})"
        if name not in ran.errors and ran.ending is not None:
            return Trial(ran.ending.status, f"{where}: {ran.ending.detail}")
        return Trial("incorrect", f"{where}: {error}")
    return None


def _spoilt(files: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    chance = random.Random(secrets.randbits(64))  # what cannot be foreseen cannot be recognised
    spoilt, must_fail = {}, []
    for name, source in files.items():
        spoilt[name], names = with_canaries(name, source, chance)
        must_fail += names
    return spoilt, must_fail


def _modules(files: Mapping[str, str]) -> dict[str, str]:
    """Sources by the names under which they are imported, in the layout of canaries."""
    return {PurePosixPath(name).stem: _laid_out(name, text) for name, text in files.items() if name.endswith(".py")}


def _laid_out(name: str, source: str) -> str:
    try:
        return ast.unparse(syntax.module(source))
    except (SyntaxError, ValueError) as error:
        raise InputError(f"check: file {name}", f"does not parse: {error}", "give Python") from None


def _module_of_program(files: Mapping[str, str]) -> str:
    """The name under which the tests import the program: one that nothing else provides.

    Of several the one that a file of tests is named after (`clock` for `clock_test` or `test_clock`).
    """
    imported = [name for source in files.values() for name in _imports(syntax.module(source))]
    foreign = [name for name in dict.fromkeys(imported) if name not in files and name not in sys.stdlib_module_names]
    named = [name for name in foreign if {f"{name}_test", f"test_{name}"} & set(files)]
    if len(foreign) != 1 and len(named) != 1:
        found = ", ".join(foreign) or "nothing"
        raise InputError("check: files", f"the tests import {found} beside themselves", "import the program's module")
    return (named or foreign)[0]


def _imports(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module.partition(".")[0])
    return names


def _short(name: str) -> str:
    return name.rpartition(".")[2]
