"""Tests that cannot pass: `with_canaries` turns `assertEqual(f(2), 4)` into, say, `assertEqual(f(2), 5007)`.

A program that shares its process with its tests can make any assertion pass, by patching `unittest` or by looking up
what is expected. But it can hardly tell a true expected value from a false one: if it passes where nothing right can
pass, it did not compute its answers. Expected values change within their type, at random. Not covered: assertions in
loops and branches, which may not run and so are allowed to pass, and the methods of mocks.
"""

import ast
import random
import string
from collections.abc import Iterator
from typing import Any

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


def test_names(files: dict[str, str]) -> list[str]:
    """`module.Class.method` of every test that must run, by the module's name; skipped ones are not among them."""
    return [
        f"{module}.{case.name}.{method.name}"
        for module, source in files.items()
        for case in _cases(ast.parse(source))
        for method in _methods(case)
        if not any("skip" in ast.unparse(decorator) for decorator in case.decorator_list + method.decorator_list)
    ]


def with_canaries(module: str, source: str, chance: random.Random) -> tuple[str, list[str]]:
    """The source with assertions that cannot hold, and the tests that therefore must fail."""
    tree = ast.parse(source)
    spoiler = _Spoiler(chance)
    must_fail = []
    for case in _cases(tree):
        for method in _methods(case):
            before = spoiler.spoilt
            for statement in _certain(method.body):
                spoiler.spoil_statement(statement)
            if spoiler.spoilt > before:
                must_fail.append(f"{module}.{case.name}.{method.name}")
    return ast.unparse(tree), must_fail


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


def _certain(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run whenever their test does."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.With):
            yield from _certain(statement.body)
        if isinstance(statement, ast.Return | ast.Raise):
            return


class _Spoiler:
    """Rewrites assertions in place and counts them."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.spoilt = 0

    def spoil_statement(self, statement: ast.stmt) -> None:
        match statement:
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
        elif name in _RAISES and call.args:
            call.args[0] = ast.parse(f"type({self._word()!r}, (ValueError,), {{}})", mode="eval").body
        elif (name in _EQUALITIES or name == "assertIs") and len(call.args) >= 2:
            place = self._expected_place(call.args)
            call.args[place] = ast.parse(repr(self._other(call.args[place])), mode="eval").body
        else:
            return
        self.spoilt += 1

    def _expected_place(self, arguments: list[ast.expr]) -> int:
        """Where the expected value stands: where the only literal is, else second."""
        return 0 if _is_literal(arguments[0]) and not _is_literal(arguments[1]) else 1

    def _other(self, expected: ast.expr) -> Any:
        return (
            self._changed(literal(ast.unparse(expected))) if _is_literal(expected) else [self._word(), self._number()]
        )

    def _changed(self, value: Any) -> Any:
        """Another value of the same type."""
        match value:
            case bool():
                return not value
            case int() | float():
                return value + self._number()
            case str():
                place = self._chance.randrange(len(value) + 1)
                return value[:place] + self._word() + value[place:]
            case list() | tuple():
                return type(value)([*value[:-1], self._changed(value[-1]) if value else self._number()])
            case dict() if value:
                key = self._chance.choice(list(value))
                return {**value, key: self._changed(value[key])}
            case set():
                return {*value, self._number()}
        return self._number()

    def _number(self) -> int:
        return self._chance.randint(1_000, 9_999)

    def _word(self) -> str:
        return "".join(self._chance.choices(string.ascii_lowercase, k=5))


def _is_literal(node: ast.expr) -> bool:
    try:
        literal(ast.unparse(node))
    except ValueError:
        return False
    return True
