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
import builtins
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any, NamedTuple

from thalweg.errors import InputError
from thalweg.grade.drivers.calls import PRISTINE
from thalweg.grade.values import literal

_CONSUMERS = frozenset(PRISTINE)
_BUILTINS = frozenset(dir(builtins))


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
    wanted = {name for text in texts for name in _names(ast.parse(text))}
    kept: list[str] = []
    for statement in reversed(statements):
        tree = ast.parse(statement)
        if _bound(tree) & wanted:
            kept.insert(0, statement)
            wanted |= _names(tree)
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
        clean, names = not free_names(setup), _bound(setup)
        return cls(clean, names, set(names) if clean else set())

    def copy(self) -> "_Scope":
        copies = {"clean": set(self.clean), "shared": list(self.shared), "assigned": dict(self.assigned)}
        return replace(self, **copies, modules=set(self.modules))

    def of_program(self, node: ast.AST) -> set[str]:
        """The free names in a node that only the program can provide."""
        attributes = (one for one in ast.walk(node) if isinstance(one, ast.Attribute))
        modules = {one.value.id for one in attributes if isinstance(one.value, ast.Name)} & sys.stdlib_module_names
        return free_names(node) - self.clean - (modules - self.setup_names - set(self.assigned))


# --------------------------------------------------------------------------- statements


def _units(bodies: Sequence[ast.Module]) -> Iterable[list[ast.stmt]]:
    """Statements that stand or fall together: each text, or the body of HumanEval's `check`, called or not."""
    statements = [statement for body in bodies for statement in body.body]
    tests = {one.name: one for one in statements if isinstance(one, ast.FunctionDef) and len(one.args.args) == 1}
    called = {name: call for one in statements if (call := _test_call(one)) and (name := call.func.id) in tests}  # type: ignore[attr-defined]
    if tests and not called:
        raise InputError("check", f"'{next(iter(tests))}' is defined and never called", "call it with the entry point")
    if not called:
        yield from (body.body for body in bodies)
        return
    unit: list[ast.stmt] = []
    for statement in statements:
        call = _test_call(statement)
        if call is not None and call.func.id in called:  # type: ignore[attr-defined]
            test = tests[call.func.id]  # type: ignore[attr-defined]
            unit += [_Renamed(test.args.args[0].arg, call.args[0]).visit(one) for one in test.body]
        elif not (isinstance(statement, ast.FunctionDef) and statement.name in called):
            unit.append(statement)
    yield unit


def _test_call(statement: ast.stmt) -> ast.Call | None:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(), args=[ast.Name()], keywords=[]) as call):
            return call
    return None


class _Renamed(ast.NodeTransformer):
    def __init__(self, old: str, new: ast.expr) -> None:
        self._old, self._new = old, new

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._new if node.id == self._old else node


def _steps(unit: list[ast.stmt], scope: _Scope) -> list[Converted | Whole]:
    before = scope.copy()
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
        case ast.Import() | ast.ImportFrom() | ast.Assign() if not scope.of_program(statement):
            scope.clean |= _bound(statement)
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
    taker = _Taker(names, _bound(test), set(scope.assigned))
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


# --------------------------------------------------------------------------- names


def _parsed(text: str, where: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise InputError(where, f"does not parse: {error}", "give Python") from None


def _bound(node: ast.AST) -> set[str]:
    """Names that are given a meaning anywhere in a node."""
    names: set[str] = set()
    for one in ast.walk(node):
        match one:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.alias(name=name, asname=alias):
                names.add(alias or name.partition(".")[0])
    return names


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def free_names(node: ast.AST) -> set[str]:
    """Names that are used in a node and given a meaning neither in it nor by Python."""
    used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
    return used - _bound(node) - _BUILTINS
