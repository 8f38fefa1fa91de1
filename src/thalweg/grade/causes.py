"""Why one grader takes a program for correct and another does not: rules over the program and both findings.

The rules name the quirks of the official LiveCodeBench grader that are known to matter (`docs/graders.md` explains
each). They are tried in order, and the first that fits is the cause; it is a likely one, not a proof. What fits no
rule is `unknown`, and worth a look.
"""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from thalweg.grade.finding import Finding

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Case:
    """`failing` is the finding of the grader that rejects the program `source`, and `detail` what it says."""

    source: str
    failing: Finding

    @property
    def detail(self) -> str:
        return self.failing.detail or ""

    def says(self, pattern: str) -> bool:
        return re.search(pattern, self.detail) is not None

    def has(self, pattern: str) -> bool:
        return re.search(pattern, self.source, re.MULTILINE) is not None

    @property
    def wrong_values(self) -> tuple[Any, Any] | None:
        """What was expected and what came, where the detail has both whole."""
        found = re.search(r"expected (.*), got (.*)$", self.detail)
        try:
            return (ast.literal_eval(found[1]), ast.literal_eval(found[2])) if found else None
        except (ValueError, SyntaxError):
            return None


class _Rule(NamedTuple):
    cause: str
    fits: Callable[[_Case], bool]


def cause(native: Finding, lcb: Finding) -> str:
    """The likely cause of a disagreement between two findings on one answer."""
    ours, theirs = (native.extracted or "").strip(), (lcb.extracted or "").strip()
    if ours != theirs:
        return "another program was taken from the answer"
    failing, rules = (lcb, _LCB_REJECTS) if native.status == "correct" else (native, _NATIVE_REJECTS)
    case = _Case(ours, failing)
    return next((rule.cause for rule in rules if rule.fits(case)), UNKNOWN)


def _same_words(case: _Case) -> bool:
    match case.wrong_values:
        case (str() as expected, str() as got):
            return expected.split() == got.split()
    return False


def _same_decimals(case: _Case) -> bool:
    match case.wrong_values:
        case (str() as expected, str() as got):
            return _decimals(expected) == _decimals(got)
        case (int() | float() as expected, int() | float() as got):
            return _decimals(str(expected)) == _decimals(str(got))
    return False


def _decimals(text: str) -> list[Decimal] | str:
    try:
        return [Decimal(word) for word in text.split()]
    except InvalidOperation:
        return text


def _same_but_for_tuples(case: _Case) -> bool:
    values = case.wrong_values
    return values is not None and _listed(values[0]) == _listed(values[1])


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


_NOTHING_CAME = r"got ''$"
_TIME = _Rule("time limit", lambda case: case.failing.status == "timeout")
_ROOM = _Rule("memory or output limit", lambda case: case.failing.status in ("memory", "output_limit"))
_LCB_REJECTS = (
    _TIME,
    _ROOM,
    _Rule("stdin.buffer.readline replays the first line", lambda case: case.has(r"\bbuffer\s*\.\s*readline\b")),
    _Rule("stdin.buffer has read and readline alone", lambda case: case.says("MockBuffer")),
    _Rule("stdin cannot be iterated", lambda case: case.says("MockStdin.*not (iterable|an iterator)")),
    _Rule(
        "descriptor 0 is not the input",  # open(0), os.read, /dev/stdin
        lambda case: case.has(r"\bopen\(\s*0|/dev/stdin|/proc/self/fd/0|\bos\.read\b|\bfileno\(|\bmmap\b|\bfdopen\b"),
    ),
    _Rule("stdout or stderr is not a real stream", lambda case: case.says("StringIO|UnsupportedOperation|<lambda>")),
    _Rule(
        "descriptor 1 is not the output",  # os.write, open(1)
        lambda case: case.says(_NOTHING_CAME) and case.has(r"\bos\.write\b|\bopen\(\s*1|\bfdopen\b|__stdout__"),
    ),
    _Rule("what is printed at exit is lost", lambda case: case.has(r"\batexit\b")),
    _Rule("from sys import stdin or stdout", lambda case: case.has(r"from\s+sys\s+import\b.*\bstd(in|out)\b")),
    _Rule("imports of __future__ cannot come first", lambda case: case.says("__future__")),
    _Rule("import * inside a function", lambda case: case.says(r"import \* only allowed")),
    _Rule("less stack for recursion through C code", lambda case: case.says("killed by signal 11")),
    _Rule("a byte order mark", lambda case: case.says(r"U\+FEFF")),
    _Rule("a program of imports alone", lambda case: case.says("expected an indented block")),
    _Rule(
        "module globals are locals of a function",
        lambda case: (
            case.says(r"NameError|UnboundLocalError|nonlocal|KeyError|local object")
            or (case.failing.passed == 0 and case.has(r"^\s*global\b|\bglobals\("))
        ),
    ),
    _Rule(
        "a __main__ guard in other words, or not last", lambda case: case.says(_NOTHING_CAME) and case.has("__main__")
    ),
    _Rule("where the entry point is looked for", lambda case: case.says("before the first test: AttributeError")),
    _Rule(
        "functions and modules are taken away", lambda case: case.says("'NoneType' object is not callable|halted; None")
    ),
    _Rule("files cannot be written in the sandbox", lambda case: case.says("PermissionError|Read-only file system")),
    _Rule("readlines ends with an empty line", lambda case: case.has(r"\breadlines\b")),
    _Rule("reading beyond the end of the input", lambda case: case.says("EOFError|StopIteration")),
    _Rule("a tuple inside a value is no list", _same_but_for_tuples),
    _Rule("lines are compared, not words", _same_words),
    _Rule("nan equals nothing", lambda case: case.says(r"\bnan\b")),
    _Rule("a value of another type", lambda case: case.says(r"got .*<\w+>")),
    _Rule("tests share one process and its state", lambda case: case.failing.passed > 0),
    _Rule("what ends the program ends the grader", lambda case: case.says("SystemExit|ended the grader")),
)
_NATIVE_REJECTS = (
    _TIME,
    _ROOM,
    _Rule("an exit code other than 0", lambda case: case.says("exit code|SystemExit")),
    _Rule("names that the official grader imports", lambda case: case.says("NameError")),
    _Rule("return outside a function", lambda case: case.says("'return' outside function")),
    _Rule("wider limits of recursion and of digits", lambda case: case.says("RecursionError|Exceeds the limit")),
    _Rule(
        "input that was read is read again",
        lambda case: case.says("EOFError|StopIteration") or case.has(r"read\(\)(.|\n)*read\(\)"),
    ),
    _Rule("the module's name", lambda case: case.has("__name__")),
    _Rule("numbers are compared as decimals", _same_decimals),
    _Rule("a value of another type", lambda case: case.says(r"got .*<\w+>")),
    _Rule("threads and what runs at exit", lambda case: case.has(r"\batexit\b|\bthreading\b|Thread")),
)
