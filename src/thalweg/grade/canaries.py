"""Tests that cannot pass: `with_canaries` turns `assertEqual(f(2), 4)` into, say, `assertEqual(f(2), 7)`.

A program that shares its process with its tests can make any assertion pass, by patching `unittest` or by looking up
what is expected. But it can hardly tell a true expected value from a false one: if it passes where nothing right can
pass, it did not compute its answers. Expected values change at random, within their type and size, and both runs are of
sources in one layout. Not covered: assertions in branches and in loops over what is computed, which may not run and so
are allowed to pass, and the methods of mocks.
"""

import ast
import math
import random
import string
from collections.abc import Iterator
from typing import Any

from thalweg.grade import syntax
from thalweg.grade.names import bound_names, free_names
from thalweg.grade.values import literal

# Assertions whose negation is an assertion of the same arguments.
_OPPOSITE = {
    "assertTrue": "assertFalse",
    "assertIsNone": "assertIsNotNone",
    "assertIn": "assertNotIn",
    "assertIsInstance": "assertNotIsInstance",
    "assertRegex": "assertNotRegex",
    "assertLess": "assertGreaterEqual",
    "assertGreater": "assertLessEqual",
}
_OPPOSITE |= {negation: name for name, negation in _OPPOSITE.items()} | {"assertNotEqual": "assertEqual"}
_EQUALITIES = frozenset(
    f"assert{kind}Equal" for kind in ["", "Almost", "Count", "Dict", "List", "MultiLine", "Sequence", "Set", "Tuple"]
)
_RAISES = frozenset(["assertRaises", "assertRaisesRegex", "assertRaisesWithMessage"])
# Nothing raises these by accident, and nobody derives from them.
_RARE = ["BrokenPipeError", "ChildProcessError", "ConnectionAbortedError", "FloatingPointError", "IsADirectoryError"]
_RARE += ["ProcessLookupError", "StopAsyncIteration", "UnicodeTranslateError"]


def test_names(files: dict[str, str]) -> list[str]:
    """`module.Class.method` of every test that must run, by the module's name; skipped ones are not among them."""
    return [
        f"{module}.{case.name}.{method.name}"
        for module, source in files.items()
        for case in _cases(syntax.module(source))
        for method in _methods(case)
        if not any("skip" in ast.unparse(decorator) for decorator in case.decorator_list + method.decorator_list)
    ]


def with_canaries(module: str, source: str, chance: random.Random) -> tuple[str, list[str]]:
    """The source with assertions that cannot hold, and the tests that therefore must fail."""
    tree, spoiler = syntax.module(source), _Spoiler(chance)
    must_fail = []
    for case in _cases(tree):
        for method in _methods(case):
            before = spoiler.spoilt
            for statement in _certain(method.body):
                spoiler.spoil_statement(statement)
            if spoiler.spoilt > before:
                must_fail.append(f"{module}.{case.name}.{method.name}")
    return ast.unparse(tree), must_fail


def spoilt_statements(text: str, chance: random.Random) -> str | None:
    """Statements with assertions that cannot hold; null where none is sure to be reached."""
    tree, spoiler = syntax.module(text), _Spoiler(chance)
    for statement in _certain(tree.body):
        spoiler.spoil_statement(statement)
    return ast.unparse(tree) if spoiler.spoilt else None


def _cases(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """Classes of tests: those derived from some `TestCase`, or from one of these."""
    known: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base) for base in node.bases}
            if bases & known or any(base.endswith("TestCase") for base in bases):
                known.add(node.name)
                yield node


def _methods(case: ast.ClassDef) -> list[ast.FunctionDef]:
    return [node for node in case.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test")]


def _certain(body: list[ast.stmt], known: frozenset[str] = frozenset()) -> Iterator[ast.stmt]:
    """Statements that run whenever their test does: not those in branches, but those in loops over what is written.

    `known` are names of what is written: literals, and what is made of them without calling anything of the program.
    """
    for statement in body:
        yield statement
        if isinstance(statement, ast.Assign) and free_names(statement.value) <= known:
            known |= bound_names(statement)
        if isinstance(statement, ast.With) or (isinstance(statement, ast.For) and free_names(statement.iter) <= known):
            yield from _certain(statement.body, known)
        if isinstance(statement, ast.Return | ast.Raise):
            return


class _Spoiler:
    """Rewrites assertions in place and counts them."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.spoilt = 0

    def spoil_statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]) as test):
                sides = [left, right]
                place = self._expected_place(sides)
                sides[place] = self._wrong(sides[place])
                test.left, test.comparators[0] = sides
                self.spoilt += 1
            case ast.Assert(test=test):
                statement.test = ast.UnaryOp(ast.Not(), test)
                self.spoilt += 1
            case ast.Expr(value=ast.Call() as call):
                self._spoil(call)
            case ast.With(items=[ast.withitem(context_expr=ast.Call() as call)]):
                self._spoil(call)

    def _spoil(self, call: ast.Call) -> None:
        match call.func:
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                pass
            case _:
                return
        if name in _OPPOSITE:
            call.func.attr = _OPPOSITE[name]
        elif name == "assertAlmostEqual" and (len(call.args) > 2 or call.keywords):
            call.func.attr = "assertNotAlmostEqual"  # how far is too far, the test alone knows
        elif name in _RAISES and call.args:
            named = ast.unparse(call.args[0])
            call.args[0] = ast.Name(self._chance.choice([name for name in _RARE if name not in named]))
        elif (name in _EQUALITIES or name == "assertIs") and len(call.args) >= 2:
            place = self._expected_place(call.args)
            call.args[place] = self._wrong(call.args[place])
        else:
            return
        self.spoilt += 1

    def _expected_place(self, arguments: list[ast.expr]) -> int:
        """Where the expected value stands: where the only literal is, else second."""
        return 0 if _is_literal(arguments[0]) and not _is_literal(arguments[1]) else 1

    def _wrong(self, expected: ast.expr) -> ast.expr:
        if not _is_literal(expected):
            return ast.List([expected], ast.Load())
        return syntax.expression(repr(self._changed(literal(ast.unparse(expected)))))

    def _changed(self, value: Any) -> Any:
        """Another value of the same type, and of about the same size."""
        match value:
            case bool():
                return not value
            case int() | float() if math.isfinite(value):
                other = value + self._chance.choice([-1, 1]) * self._number(int(abs(value)))
                return other if other != value else -value  # a large float may swallow a small number
            case str() if places := [place for place, letter in enumerate(value) if letter in string.ascii_letters]:
                place = self._chance.choice(places)
                return value[:place] + self._letter(value[place]) + value[place + 1 :]
            case str():
                return value + self._letter("")
            case list() | tuple():
                return type(value)([*value[:-1], self._changed(value[-1])] if value else [self._number(3)])
            case dict() if value:
                key = self._chance.choice(list(value))
                return {**value, key: self._changed(value[key])}
            case set() if value:
                return value - {self._chance.choice(sorted(value, key=repr))}
        return self._number(3)

    def _number(self, size: int) -> int:
        return self._chance.randint(1, max(3, size))

    def _letter(self, but: str) -> str:
        letters = string.ascii_uppercase if but.isupper() else string.ascii_lowercase
        return self._chance.choice(letters.replace(but, ""))


def _is_literal(node: ast.expr) -> bool:
    try:
        literal(ast.unparse(node))
    except ValueError:
        return False
    return True
