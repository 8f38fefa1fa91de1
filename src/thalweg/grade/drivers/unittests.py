"""Runs a program's unit tests in the program's own process, from sources that exist in memory alone.

Runs inside the sandbox; standard library alone. The program is imported by its tests under the name that they give it,
so it shares a process with them and could tamper with both: whoever reads the records must not take them for the truth
(`grade/unittests.py` says what is done about it).
"""

import importlib
import importlib.abc
import importlib.machinery
import os
import sys
import types
import unittest
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def run(payload: dict[str, Any], emit: Callable[[object], None]) -> None:
    """Runs the tests of the modules `tests`, importing what they need from `sources`, a mapping of names to texts.

    A record is `{"token", "test": "module.Class.method", "error": null or text}`, or with `"test": null` where a module
    of tests does not load.
    """
    sys.meta_path.insert(0, _Sources(payload["sources"]))
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (for as long as the process lives)
    result = _Reported(lambda test, error: emit({"token": payload["token"], "test": test, "error": error}))
    for name in payload["tests"]:
        try:
            suite = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(name))
        except BaseException as error:  # a program may raise anything while it is imported
            result.report(None, error)
            continue
        suite.run(result)


class _Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports modules from texts."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        return importlib.machinery.ModuleSpec(name, self, origin=f"{name}.py") if name in self._sources else None

    def exec_module(self, module: types.ModuleType) -> None:
        code = compile(self._sources[module.__name__], f"{module.__name__}.py", "exec", dont_inherit=True)
        exec(code, module.__dict__)


class _Reported(unittest.TestResult):
    """Reports each test as it ends."""

    def __init__(self, tell: Callable[[str | None, str | None], None]) -> None:
        super().__init__()
        self._tell = tell

    def report(self, test: unittest.TestCase | None, error: BaseException | str | None) -> None:
        if isinstance(error, BaseException):
            error = f"{type(error).__name__}: {error}"
        self._tell(None if test is None else test.id(), None if error is None else error[:400])

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802  (unittest's names, here and below)
        self.report(test, None)

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: ARG002, N802
        self.report(test, None)

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        self.report(test, err[1])

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        self.report(test, err[1])

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: ARG002, N802
        if err is not None:
            self.report(test, err[1])

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        self.report(test, f"skipped: {reason}")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        self.report(test, "it was expected to fail")
