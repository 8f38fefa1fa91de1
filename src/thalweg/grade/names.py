"""Which names a piece of Python uses, and which it defines.

Read off the syntax tree without regard to scopes: a name that is bound anywhere in a piece counts as bound everywhere
in it, which is right for the assertions and short setups that this is for.
"""

import ast
import builtins

_BUILTINS = frozenset(dir(builtins))


def bound_names(node: ast.AST) -> set[str]:
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


def all_names(node: ast.AST) -> set[str]:
    """Names that stand anywhere in a node."""
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def free_names(node: ast.AST) -> set[str]:
    """Names that are used in a node and given a meaning neither in it nor by Python."""
    used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
    return used - bound_names(node) - _BUILTINS
