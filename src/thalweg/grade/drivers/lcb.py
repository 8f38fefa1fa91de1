"""Runs a program the way the official LiveCodeBench grader runs it, and tells what each test gave.

That grader never starts a program: it pastes it into a function of a module that has star-imported half the standard
library, replaces standard input by a stand-in with its own ideas of reading, and calls it for one test after another
in one process. Everything of that which a program can notice is done here again. What a verdict is made of (the
expected values, the comparison) is not here but in `grade/lcb.py`, in a process that the program cannot reach.

Records: `{"output": text}` or `{"value": tagged}` for a test that returned; `{"failed": kind, "error": text, "test":
whether a test ran}` for what ended the run; `{"paused": true}` where the time for a first look was over.

Values are tagged as in `drivers/values.py`.

Not covered: files written and read back, processes, the network (the sandbox has none), and `sys.argv`, which is the
command line of whoever started the official grader.
"""

import ast
import builtins
import faulthandler
import importlib
import io
import json
import math
import os
import shutil
import signal
import statistics  # noqa: F401  (what programs are given is imported once, before any of them runs)
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from os import _exit
from types import ModuleType
from typing import Any

_MODULES = (
    "string re datetime collections heapq bisect copy math random statistics itertools functools operator io sys json"
)
# In this order: later names hide earlier ones, so that `open` and `pow` are the built-in ones after all.
_PRELUDE = "\n".join(
    [f"from {name} import *" for name in [*_MODULES.split(), "builtins", "typing"]]
    + [f"import {name}" for name in _MODULES.split()]
    + ["sys.setrecursionlimit(50000)", ""]
)
_MISSING: dict[ModuleType, str] = {
    builtins: "quit help",
    os: "kill system putenv remove removedirs rmdir fchdir setuid fork forkpty killpg rename renames truncate replace "
    "unlink fchmod fchown chmod chown chroot lchflags lchmod lchown getcwd chdir",
    shutil: "rmtree move chown",
    subprocess: "Popen",
}
_LOADED = {  # by what in a program leads there
    "numpy": "numpy scipy pandas sklearn matplotlib torch",
    "concurrent.futures.process": "multiprocessing ProcessPoolExecutor",
}
_NO_MODULES = ("ipdb", "joblib", "resource", "psutil", "tkinter")


class TimeoutException(Exception):  # noqa: N818  (a program can see the name)
    """What the alarm raises inside a function that is called. A program may catch it, as it may there."""


def run(payload: dict[str, Any], emit: Callable[[object], None]) -> None:
    """Runs `source` on each of `inputs`, or calls its `entry_point` with each of `calls`, until one fails."""
    _import_early(payload["source"])
    _prepare()
    try:
        test = _caller(payload) if "calls" in payload else _reader(payload, emit)
    except BaseException as error:
        emit(_failure(error, test=False))
        return
    pause = None if payload["budget_s"] is None else time.monotonic() + payload["budget_s"]
    for given in payload["calls" if "calls" in payload else "inputs"]:
        if pause is not None and time.monotonic() > pause:
            emit({"paused": True})
            return
        try:
            with _faults_shown():
                record = test(given)
        except BaseException as error:
            record = _failure(error, test=True)
        emit(record)
        if "failed" in record:
            return


def _failure(error: BaseException, test: bool) -> dict[str, object]:
    text = repr(error)
    # Whatever has this in its name or message counts there.
    kind = "timeout" if "timeoutexception" in text.lower() else "memory" if isinstance(error, MemoryError) else "crash"
    message = str(error)
    shown = type(error).__name__ + (": " + message if message else "")
    return {"failed": kind, "error": shown[:500], "test": test}


def _import_early(source: str) -> None:
    """Imports what that grader has loaded itself, and what could not be imported once functions are missing."""
    for module, signs in _LOADED.items():
        if any(sign in source for sign in signs.split()):
            with suppress(ImportError):
                importlib.import_module(module)


def _prepare() -> None:
    """The process as the official grader prepares it: missing functions, an empty real standard input."""
    sys.set_int_max_str_digits(50000)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    os.environ["OMP_NUM_THREADS"] = "1"
    for module, names in _MISSING.items():
        for name in names.split():
            setattr(module, name, None)
    for name in _NO_MODULES:
        sys.modules[name] = None  # type: ignore[assignment]  # an import of it then fails


@contextmanager
def _alarm(seconds: float, ring: Callable[[int, object], None]) -> Iterator[None]:
    """Calls `ring` after that much CPU time, or after twice as much and two seconds more by the clock.

    There it is the clock alone, so that a busy machine changes verdicts.
    """
    signal.signal(signal.SIGPROF, ring)
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, 2 * seconds + 2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _raise_timeout(_signal: int, _frame: object) -> None:
    raise TimeoutException


@contextmanager
def _faults_shown() -> Iterator[None]:
    # A program that has replaced standard error by something that is no file fails its next test here, as there.
    faulthandler.enable()
    try:
        yield
    finally:
        faulthandler.disable()


def _module(source: str) -> ModuleType:
    module = ModuleType("tmp_sol", "")
    exec(source, module.__dict__)
    return module


# --------------------------------------------------------------------------- programs that read


def _reader(payload: dict[str, Any], emit: Callable[[object], None]) -> Callable[[Any], dict[str, Any]]:
    """A function from an input to the record of what the program prints."""
    most, timeout = payload["output_chars"], payload["timeout_s"]

    def ring(_signal: int, _frame: object) -> None:
        # There a line about it is printed first, so that a program which catches the exception and carries on is wrong
        # all the same, if only after minutes.
        emit({"failed": "timeout", "error": "", "test": True})
        _exit(0)

    with _alarm(timeout, ring):
        main = _module(_as_function(_without_guard(payload["source"]))).wrapped_function

    def test(text: str) -> dict[str, Any]:
        with _captured() as captured, _mocked(text), _alarm(timeout, ring), suppress(SystemExit):
            main()
        printed = captured.getvalue()
        return {"output": printed} if len(printed) <= most else {"failed": "output_limit", "error": "", "test": True}

    return test


def _without_guard(source: str) -> str:
    """Takes the body out of a final `if __name__ == "__main__":`, with either quotes; guards elsewhere stay."""
    try:
        body = ast.parse(source).body
        last = body[-1]
        if isinstance(last, ast.If) and ast.unparse(last.test).strip() == "__name__ == '__main__'":
            return _unparsed(body[:-1]) + "\n" + _unparsed(last.body)
    except BaseException:
        pass
    return source


def _as_function(source: str) -> str:
    """All statements but the imports become the body of a function; module globals become its locals."""
    try:
        imports: list[ast.stmt] = []
        others: list[ast.stmt] = []
        for statement in ast.parse(source).body:
            (imports if isinstance(statement, (ast.Import, ast.ImportFrom)) else others).append(statement)
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        function = ast.FunctionDef(name="wrapped_function", args=nothing, body=others, decorator_list=[], lineno=-1)
        return "\n".join([_PRELUDE, _unparsed(imports), ast.unparse(function)])
    except Exception:
        return source


def _unparsed(statements: list[ast.stmt]) -> str:
    return ast.unparse(ast.Module(body=statements, type_ignores=[]))


@contextmanager
def _captured() -> Iterator[io.StringIO]:
    before, sys.stdout = sys.stdout, io.StringIO()
    captured = sys.stdout
    # Closing it is an error there: the stand-in for the method asks for an argument.
    captured.close = lambda _: 1  # type: ignore[method-assign,assignment,misc]
    try:
        yield captured
    finally:
        sys.stdout = before


@contextmanager
def _mocked(text: str) -> Iterator[None]:
    """Replaces `builtins.open` and `sys.stdin` while the program runs, and three methods of the real `sys.stdin`.

    The latter is what `from sys import stdin` at the top has got. From it lines come without their ends, so that an
    empty one looks like the end of the input, and reading on after the last raises StopIteration.
    """
    opener, stdin = builtins.open, sys.stdin
    lines = iter(text.split("\n"))
    methods: dict[str, Callable[..., Any]] = {
        "read": lambda *_args: text,
        "readlines": lambda *_args: text.split("\n"),
        "readline": lambda *_args: next(lines),
    }
    vars(stdin).update(methods)
    builtins.open = lambda *_args, **_options: _MockFile(text)  # type: ignore[assignment]
    sys.stdin = _MockStdin(text)
    try:
        yield
    finally:
        builtins.open, sys.stdin = opener, stdin
        for name in methods:
            vars(stdin).pop(name, None)


class _MockStdin:
    """Standard input. It is not iterable, and what it does not know it asks of a reader of the same text."""

    def __init__(self, text: str) -> None:
        self.inputs = text
        self.buffer = _MockBuffer(text)
        self._stringio = io.StringIO(text)

    def read(self, *_args: object) -> str:
        return self.inputs

    def readlines(self, *_args: object) -> list[str]:
        return self.inputs.split("\n")

    def readline(self, *args: Any) -> str:
        return self._stringio.readline(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stringio, name)


class _MockBuffer:
    """`sys.stdin.buffer`: two methods, of which `readline` gives the first line again and again."""

    def __init__(self, text: str) -> None:
        self.inputs = text.encode("utf-8")

    def read(self, *_args: object) -> bytes:
        return self.inputs

    def readline(self, *_args: object) -> bytes:
        return self.inputs.split(b"\n")[0] + b"\n"


class _MockFile(io.StringIO):
    """What any opened file holds while the program runs: the test's input. Writing changes nothing."""

    def write(self, *_args: object) -> Any:
        return None

    def close(self) -> None:
        return None


# --------------------------------------------------------------------------- functions that are called


def _caller(payload: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    """A function from arguments, each a line of JSON, to the record of the tagged value."""
    source, timeout = payload["source"], payload["timeout_s"]
    with _alarm(timeout, _raise_timeout):
        module = _module(_PRELUDE + "\n\n" + source)
        # The text decides, comments included; and one object serves all tests.
        owner = module.Solution() if "class Solution" in source else module
    function = getattr(owner, payload["entry_point"])

    def test(lines: list[str]) -> dict[str, Any]:
        arguments = [json.loads(line) for line in lines]
        with _alarm(timeout, _raise_timeout):
            value = function(*arguments)
        # A tuple counts as a list here, and nowhere within.
        return {"value": _tagged(list(tuple.__iter__(value)) if isinstance(value, tuple) else value, 0)}

    return test


def _tagged(value: Any, depth: int) -> Any:
    """The tagged form of `drivers/values.py` for what can equal a JSON value there; the rest is opaque.

    The values of subclasses are read through their base types, since the program may have written their methods.
    """
    kind = type(value)
    if value is None or kind in (bool, str) or (kind is float and math.isfinite(value)):
        return value
    if depth > 100:
        return _opaque("too deep")
    if isinstance(value, int):
        return {"py": ["int", int.__format__(value, "x")]} if int.bit_length(value) > 63 else int.__add__(value, 0)
    if isinstance(value, float):
        return {"py": ["float", float.__repr__(value)]}
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, list):
        return [_tagged(item, depth + 1) for item in list.__iter__(value)]
    if isinstance(value, tuple):
        return {"py": ["tuple", [_tagged(item, depth + 1) for item in tuple.__iter__(value)]]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in dict.keys(value)):
        items = {str.__str__(key): _tagged(item, depth + 1) for key, item in dict.items(value)}
        return {"py": ["dict", [list(pair) for pair in items.items()]]} if list(items) == ["py"] else items
    return _tagged_other(value, kind, depth)


def _tagged_other(value: Any, kind: type, depth: int) -> Any:
    """Other types whose values equal those of JSON; of arrays only those of one element do."""
    home, name = kind.__module__, kind.__name__
    if kind is complex:
        return {"py": ["complex", [_tagged(value.real, depth), _tagged(value.imag, depth)]]}
    if (home, name) == ("fractions", "Fraction"):
        return {"py": ["fraction", [_tagged(value.numerator, depth), _tagged(value.denominator, depth)]]}
    if (home, name) == ("decimal", "Decimal"):
        return {"py": ["decimal", str(value)]}
    if home == "collections" and name in ("UserList", "UserDict", "UserString"):
        return _tagged(value.data, depth + 1)
    if (home, name) in (("collections", "ChainMap"), ("builtins", "mappingproxy")):
        return _tagged(dict(value), depth + 1)
    if home == "numpy" and getattr(value, "size", 0) == 1:
        return _tagged(value.tolist(), depth + 1)
    return _opaque(name)


def _opaque(name: str) -> Any:
    return {"py": ["opaque", [name, True]]}
