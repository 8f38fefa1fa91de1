"""Programs and problems on which two graders are compared: what people write, what they get wrong, what breaks.

`built_in()` needs nothing but the folder `pairs/` beside this file, which also holds what the official LiveCodeBench
grader (revision 28fef95, Python 3.11, numpy 2.4) said of each of them. `from_data(folder)` makes pairs out of MBPP and
CRUXEval (JSON Lines, gzipped) where a machine has them: every function as it is called and as a program that reads its
arguments, and what a small mistake makes of each.
"""

import ast
import copy
import gzip
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thalweg.types import CallCheck, StdinCheck

TIMEOUT_S = 3
_FOLDER = Path(__file__).parent / "pairs"


@dataclass(frozen=True, slots=True)
class Pair:
    """A program and the check that it is judged by; `kind` says what sort of program it is."""

    name: str
    kind: str
    program: str
    check: StdinCheck | CallCheck

    @property
    def answer(self) -> str:
        """The program as a model would give it."""
        return f"```python\n{self.program}\n```"


# --------------------------------------------------------------------------- built in

_TASKS = {"sum": "sum(a)", "large": "max(a) * 10 ** 6", "largest two": "' '.join(map(str, sorted(a)[-2:]))"}
_INPUTS = ("3\n1 2 3\n", "1\n1000000\n", "5\n-7 0 10 22 100\n")
_READ = "n = int(input())\na = list(map(int, input().split()))\n"
_IMPORTS = (
    "import numpy as np\nfrom array import array\nfrom collections import *\nfrom decimal import Decimal\n"
    "from enum import *\nfrom fractions import Fraction\n"
)


def built_in() -> Iterator[Pair]:
    """Several hundred pairs: ways to read, to write a program and to print, and values that functions return."""
    for task, expression in _TASKS.items():
        yield from _programs(task, expression)
    for expected, printed in _arrows("formats"):
        check = StdinCheck(tests=({"input": "x\n", "output": json.loads(expected)},), timeout_s=TIMEOUT_S)
        yield Pair(f"{printed} for {expected}", "format", f"print({json.loads(printed)!r}, end='')", check)
    for expression, expected in _arrows("values"):
        program = f"{_IMPORTS}def f(x):\n    return {expression}"
        tests = ({"args": [[1, 2, 3]], "output": json.loads(expected)},)
        yield Pair(f"{expression} for {expected}", "value", program, _call("f", tests))
    sums = tuple({"args": [x], "output": sum(x)} for x in ([1, 2, 3], [0], [], [10, -4]))
    for name, program in _sections("calls"):
        yield Pair(f"call, {name}", "call", program, _call("f", sums))


def official_verdicts() -> dict[str, bool]:
    """By name of a built-in pair whether the official grader takes the program for correct, as recorded."""
    lines = (_FOLDER / "verdicts.txt").read_text(encoding="utf-8").splitlines()
    return {name: verdict == "right" for verdict, _, name in (line.partition(" ") for line in lines)}


def _programs(task: str, expression: str) -> Iterator[Pair]:
    def pair(name: str, kind: str, program: str, inputs: tuple[str, ...]) -> Pair:
        tests = tuple({"input": text, "output": f"{_solved(expression, text)}\n"} for text in inputs)
        check = StdinCheck(tests=tests, timeout_s=TIMEOUT_S)
        return Pair(f"{task}, {name}", kind, program.replace("EXPR", expression), check)

    for name, program in _sections("readers"):
        yield pair(name, "reader", program, _INPUTS)
        yield pair(f"{name}, input without a last line end", "reader", program, tuple(map(str.rstrip, _INPUTS)))
    for name, program in _sections("shapes"):
        if task == "sum" or "while True" not in program:  # one that runs into the time limit is enough
            yield pair(name, "shape", program, _INPUTS)
    for name, program in _sections("printed"):
        yield pair(f"printed {name}", "printed", _READ + program, _INPUTS)


def _solved(expression: str, text: str) -> object:
    return eval(expression, {"a": list(map(int, text.split()[1:]))})


def _sections(name: str) -> Iterator[tuple[str, str]]:
    text = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    for section in text.split("\n=== ")[1:]:
        title, _, program = section.partition("\n")
        yield title, program.rstrip("\n")


def _arrows(name: str) -> Iterator[tuple[str, str]]:
    for line in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()[2:]:
        left, _, right = line.partition(" => ")
        yield left, right


def _call(entry_point: str, tests: tuple[dict[str, Any], ...]) -> CallCheck:
    return CallCheck(entry_point=entry_point, tests=tests, timeout_s=TIMEOUT_S)


# --------------------------------------------------------------------------- from data


def from_data(folder: Path, seed: int = 0) -> Iterator[Pair]:
    """Four pairs for every function whose values are JSON: itself and a mutant, called and reading its arguments."""
    rng = random.Random(seed)
    for name, source, check in _functions(folder):
        versions = {"reference": source, "mutant": mutant(source, rng)}
        for kind, program in versions.items():
            if program is not None:
                yield Pair(f"{name}, {kind}, called", kind, program, check)
                yield Pair(f"{name}, {kind}, reading", kind, _as_program(program, check, rng), _as_stdin(check))


def _functions(folder: Path) -> Iterator[tuple[str, str, CallCheck]]:
    for row in _rows(folder / "mbpp.jsonl.gz"):
        found = [test for line in row["test_list"] if (test := _from_assert(line))]
        if found and len({name for name, _ in found}) == 1:
            check = _call(found[0][0], tuple(test for _, test in found))
            yield f"mbpp {row['task_id']}", row["code"].replace("\r\n", "\n"), check
    for row in _rows(folder / "cruxeval.jsonl.gz"):
        if test := _from_assert(f"assert f({row['input']}) == {row['output']}"):
            yield f"cruxeval {row['id']}", row["code"], _call("f", (test[1],))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _from_assert(line: str) -> tuple[str, dict[str, Any]] | None:
    """The function's name and the test where `line` is `assert f(values) == value`.

    Tuples become lists on the way through JSON, so that some references turn wrong, which is welcome.
    """
    match ast.parse(line).body:
        case [ast.Assert(ast.Compare(ast.Call(ast.Name(name), [_, *_] as arguments, []), [ast.Eq()], [expected]))]:
            try:
                values = [ast.literal_eval(argument) for argument in [*arguments, expected]]
                *args, output = json.loads(json.dumps(values))
            except (ValueError, TypeError):
                return None
            return name, {"args": args, "output": output}
    return None


_READERS = ("[json.loads(input()) for _ in range({})]", "[json.loads(l) for l in sys.stdin.read().split('\\n')[:{}]]")
_PRINTERS = (
    "print(json.dumps({}))",
    "print({})",
    "sys.stdout.write(json.dumps({}) + '\\n')",
    "result = {}\nprint(*result if isinstance(result, (list, tuple)) else [result])",
)


def _as_program(source: str, check: CallCheck, rng: random.Random) -> str:
    """A program that reads a line of JSON an argument and prints the value in one of several ways."""
    arguments = rng.choice(_READERS).format(len(check.tests[0]["args"]))
    printing = rng.choice(_PRINTERS).format(f"{check.entry_point}(*arguments)")
    return f"import json\nimport sys\n{source}\n\narguments = {arguments}\n{printing}\n"


def _as_stdin(check: CallCheck) -> StdinCheck:
    tests = tuple(
        {"input": "".join(json.dumps(value) + "\n" for value in test["args"]), "output": json.dumps(test["output"])}
        for test in check.tests
    )
    return StdinCheck(tests=tests, timeout_s=check.timeout_s)


# --------------------------------------------------------------------------- mistakes

_CONFUSED = (
    (ast.Add, ast.Sub),
    (ast.Mult, ast.Add),
    (ast.Div, ast.FloorDiv),
    (ast.FloorDiv, ast.Div),
    (ast.Sub, ast.Add),
    (ast.Mod, ast.Mult),
    (ast.Lt, ast.LtE),
    (ast.LtE, ast.Lt),
    (ast.Gt, ast.GtE),
    (ast.GtE, ast.Gt),
    (ast.Eq, ast.NotEq),
    (ast.NotEq, ast.Eq),
    (ast.And, ast.Or),
    (ast.Or, ast.And),
    (ast.In, ast.NotIn),
    (ast.NotIn, ast.In),
)
_SWAPS: dict[type[ast.AST], type[ast.AST]] = dict(_CONFUSED)


def mutant(source: str, rng: random.Random) -> str | None:
    """The program with one likely mistake, or null where there is nothing to mistake."""
    tree = copy.deepcopy(ast.parse(source))
    changes = [change for node in ast.walk(tree) if (change := _mistake(node))]
    if not changes:
        return None
    rng.choice(changes)()
    return ast.unparse(ast.fix_missing_locations(tree))


def _mistake(node: ast.AST) -> Callable[[], object] | None:
    match node:
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign() if type(node.op) in _SWAPS:
            return lambda: setattr(node, "op", _SWAPS[type(node.op)]())
        case ast.Compare(ops=[only]) if type(only) in _SWAPS:
            return lambda: setattr(node, "ops", [_SWAPS[type(only)]()])
        case ast.Constant(bool() as truth):
            return lambda: setattr(node, "value", not truth)
        case ast.Constant(int() | float() as number):
            return lambda: setattr(node, "value", number + 1)
        case ast.Constant(str() as text) if text:
            return lambda: setattr(node, "value", text[:-1])
        case ast.Return(value=ast.expr() as result):
            return lambda: setattr(node, "value", ast.List([result], ast.Load()))
        case ast.For() | ast.While() | ast.If() if len(node.body) > 1:
            return lambda: node.body.pop()
    return None
