"""Takes assertions apart: what the program must evaluate, and what is then asked of its values.

`assert math.isclose(area(2), 12.566, rel_tol=1e-3)` becomes the expression `area(2)`, which runs with the program, and
`math.isclose(v0, 12.566, rel_tol=1e-3)`, which does not. So the expected value never enters the program's process.
Of each assertion the largest expressions are taken that begin with a name which only the program can provide;
`list(f(x))` and its like go along, since iterators have no value that could cross; as `builtin_list(f(x))`, which no
program can redefine.

The test function of HumanEval, `def check(candidate)` and its call, is taken apart line by line. What is no series of
assertions (loops, `try`, functions handed to other functions) stays as it is: such statements run with the program,
which makes a verdict weak.
"""

import ast
import sys
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, NamedTuple

from thalweg.errors import InputError
from thalweg.grade import syntax
from thalweg.grade.drivers.calls import PRISTINE
from thalweg.grade.names import all_names, bound_names, free_names
from thalweg.grade.values import literal

_CONSUMERS = frozenset(PRISTINE)


class Literal(NamedTuple):
    """What an assertion compares its one value with, by `==`."""

    value: Any


@dataclass(frozen=True, slots=True)
class Converted:
    """One assertion: `expressions` for the program, whose values `rest` calls v0, v1, …

    `expected` where all that is asked is whether v0 equals a literal.
    """

    text: str
    expressions: tuple[str, ...]
    rest: str
    expected: Literal | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """Statements that cannot be taken apart."""

    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in order; `setup` goes before and after the program, `clean_setup` before what judges its values."""

    steps: tuple[Converted | Whole, ...]
    setup: str
    clean_setup: str
    entry_point: str | None

    @property
    def strong(self) -> bool:
        """Whether every step keeps its expected value from the program."""
        return all(isinstance(step, Converted) for step in self.steps)


@lru_cache(maxsize=1024)  # one problem has many responses
def plan(setup: str, asserts: tuple[str, ...]) -> Plan:
    """Takes the assertions of a check apart.

    Raises:
        InputError: something does not parse, there is nothing to assert, or `check(candidate)` is never called.
    """
    scope = _Scope.of_setup(_parsed(setup, "check: setup"))
    units = _units([_parsed(text, f"check: assert {number}") for number, text in enumerate(asserts, 1)])
    steps = [step for unit in units for step in _steps(unit, scope)]
    if not steps:
        raise InputError("check", "nothing is asserted", "give at least one assert")
    assigned = list(scope.assigned.values())
    evaluated = [text for step in steps if isinstance(step, Converted) for text in step.expressions]
    return Plan(
        steps=tuple(steps),
        setup="\n".join([setup, *_needed(scope.shared, evaluated + assigned), *assigned]),
        clean_setup="\n".join(
            [setup] * scope.clean_setup + scope.shared + [f"import {name}" for name in sorted(scope.modules)]
        ),
        entry_point=scope.entry_point,
    )


def _needed(statements: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The statements that give the names in `texts` their meaning; expected values may stand in the others."""
    wanted = {name for text in texts for name in all_names(syntax.module(text))}
    kept: list[str] = []
    for statement in reversed(statements):
        tree = syntax.module(statement)
        if bound_names(tree) & wanted:
            kept.insert(0, statement)
            wanted |= all_names(tree)
    return kept


class _UnconvertibleError(Exception):
    pass


@dataclass(slots=True)
class _Scope:
    """Who provides which name: the check alone (`clean`), the standard library, or else the program."""

    clean_setup: bool  # the setup takes nothing from the program
    setup_names: set[str]
    clean: set[str]
    shared: list[str] = field(default_factory=list)  # statements that need nothing of the program's
    assigned: dict[str, str] = field(default_factory=dict)  # statements that name what the program returns
    modules: set[str] = field(default_factory=set)
    entry_point: str | None = None

    @classmethod
    def of_setup(cls, setup: ast.Module) -> "_Scope":
        clean, names = not free_names(setup), bound_names(setup)
        return cls(clean, names, set(names) if clean else set())

    def of_program(self, node: ast.AST) -> set[str]:
        """The free names in a node that only the program can provide."""
        attributes = (one for one in ast.walk(node) if isinstance(one, ast.Attribute))
        modules = {one.value.id for one in attributes if isinstance(one.value, ast.Name)} & sys.stdlib_module_names
        return free_names(node) - self.clean - (modules - self.setup_names - set(self.assigned))


# --------------------------------------------------------------------------- statements


def _units(bodies: Sequence[ast.Module]) -> Iterable[list[ast.stmt]]:
    """Statements that stand or fall together: each text, or all with the body of HumanEval's `check` in its place."""
    statements = [statement for body in bodies for statement in body.body]
    tests = {one.name: one for one in statements if isinstance(one, ast.FunctionDef) and _is_test(one)}
    if not tests:
        yield from (body.body for body in bodies)
        return
    if not any((call := _test_call(one)) is not None and call[0] in tests for one in statements):
        raise InputError("check", f"'{next(iter(tests))}' is defined and never called", "call it with the entry point")
    unit: list[ast.stmt] = []
    for statement in statements:
        if (call := _test_call(statement)) is not None and call[0] in tests:
            unit += [_Renamed("candidate", call[1]).visit(one) for one in tests[call[0]].body]
        elif statement not in tests.values():
            unit.append(statement)
    yield unit


def _is_test(function: ast.FunctionDef) -> bool:
    return [parameter.arg for parameter in function.args.args] == ["candidate"]


def _test_call(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    """The function and the argument of a call such as `check(f)`."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=[ast.Name() as argument], keywords=[])):
            return name, argument
    return None


class _Renamed(ast.NodeTransformer):
    def __init__(self, old: str, new: ast.expr) -> None:
        self._old, self._new = old, new

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._new if node.id == self._old else node


def _steps(unit: list[ast.stmt], scope: _Scope) -> list[Converted | Whole]:
    before = deepcopy(scope)
    try:
        return [step for statement in unit for step in _converted(statement, scope)]
    except _UnconvertibleError:
        for slot in fields(scope):
            setattr(scope, slot.name, getattr(before, slot.name))
        return [Whole("\n".join(map(ast.unparse, unit)))]


def _converted(statement: ast.stmt, scope: _Scope) -> list[Converted]:
    match statement:
        case ast.Assert(test=ast.Constant(value=True)) | ast.Pass() | ast.Expr(value=ast.Constant()):
            return []
        case ast.Assert(test=test):
            return [_taken_apart(test, scope)]
        case ast.Import() | ast.ImportFrom() | ast.Assign() | ast.FunctionDef() if not scope.of_program(statement):
            scope.clean |= bound_names(statement)
            scope.shared.append(ast.unparse(statement))
            return []
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if _root(value) in scope.of_program(value):
            scope.assigned[name] = ast.unparse(statement)
            return []
    raise _UnconvertibleError


# --------------------------------------------------------------------------- expressions


def _taken_apart(test: ast.expr, scope: _Scope) -> Converted:
    text = ast.unparse(test)
    names = scope.of_program(test) or _called_builtins(test)
    taker = _Taker(names, bound_names(test), set(scope.assigned))
    rest = taker.take(test, bare=True)
    scope.modules |= free_names(rest) & sys.stdlib_module_names - scope.clean
    scope.entry_point = scope.entry_point or min(names - set(scope.assigned), default=None, key=text.index)
    return Converted(text, tuple(taker.taken), ast.unparse(rest), _literal_beside(rest))


def _called_builtins(test: ast.expr) -> set[str]:
    """Programs may define a function with a builtin's name: it is the one called where nothing else could be meant."""
    left = test.left if isinstance(test, ast.Compare) else test
    return {left.func.id} if isinstance(left, ast.Call) and isinstance(left.func, ast.Name) else set()


class _Taker:
    """Puts v0, v1, … in the place of what the program must evaluate."""

    def __init__(self, names: set[str], bound: set[str], values: set[str]) -> None:
        self._names, self._bound, self._values = names, bound, values
        self.taken: list[str] = []

    def take(self, node: ast.expr, bare: bool) -> ast.expr:
        """`bare` says whether a name by itself may be taken: functions and classes have no value that could cross."""
        if self._is_programs(node) and (bare or not self._may_be_function(node)):
            if free_names(node) & self._bound or any(isinstance(one, ast.NamedExpr) for one in ast.walk(node)):
                raise _UnconvertibleError  # it depends on a loop's variable
            self.taken.append(ast.unparse(self._with_builtins(node)))
            return ast.Name(f"v{len(self.taken) - 1}", ast.Load())
        if isinstance(node, ast.Name) and node.id in self._names:
            raise _UnconvertibleError
        inner = isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.BinOp)
        fields = {name: self._field(value, inner) for name, value in ast.iter_fields(node)}
        return type(node)(**fields)

    def _field(self, value: Any, bare: bool) -> Any:
        if isinstance(value, list):
            return [self._field(item, bare) for item in value]
        if isinstance(value, ast.expr):
            return self.take(value, bare)
        if isinstance(value, ast.keyword):
            return ast.keyword(value.arg, self.take(value.value, False))
        if isinstance(value, ast.AST) and free_names(value) & self._names:
            raise _UnconvertibleError  # inside a comprehension or the like
        return value

    def _is_programs(self, node: ast.expr) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _CONSUMERS - self._names:
                return self._is_programs(inner) and not self._may_be_function(inner)
        return _root(node) in self._names

    def _with_builtins(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _CONSUMERS - self._names:
                return ast.Call(ast.Name(f"builtin_{name}"), [self._with_builtins(inner)], node.keywords)
        return node

    def _may_be_function(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id not in self._values


def _root(node: ast.expr) -> str | None:
    """The name that an expression begins with: `f` in `f(1).items[0]`."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _literal_beside(rest: ast.expr) -> Literal | None:
    match rest:
        case ast.Compare(left=ast.Name(id="v0"), ops=[ast.Eq()], comparators=[other]):
            pass
        case ast.Compare(left=other, ops=[ast.Eq()], comparators=[ast.Name(id="v0")]):
            pass
        case _:
            return None
    try:
        return Literal(literal(ast.unparse(other)))
    except ValueError:
        return None


def _parsed(text: str, where: str) -> ast.Module:
    try:
        tree = syntax.module(text)
        ast.unparse(tree)  # some f-strings cannot be written again, and what is taken apart must be
        return tree
    except (SyntaxError, ValueError) as error:
        raise InputError(where, f"does not parse: {error}", "give Python") from None
