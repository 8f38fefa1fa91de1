"""Loads a program as a module and evaluates calls or expressions in it; values leave as tagged JSON.

Runs inside the sandbox for candidates (`call`, `assert`, `predicate`) and, in processes that never saw a candidate, for
the check's own code (`sat`, a checker, what an assertion does with a value). The grader uses `decode` too, so that both
sides read values alike. Standard library alone.

A value is itself in JSON where JSON has it. `{"py": "<literal>"}` is how people write the others, and
`{"py": [kind, content]}` how this file does, since JSON parses faster and more safely than Python. Subclasses travel as
their base (`Counter` as dict, `IntEnum` as int), by the base's own methods; what has no value that could cross is
opaque: its type's name and its truth, equal to nothing.

Not covered: objects of the program's own classes, and iterators, which are not values.
"""

import ast
import builtins
import importlib
import math
import os
import sys
import time
import types
from collections.abc import Callable, Iterable
from typing import Any

_DEEPEST = 150  # nested containers; three times as many brackets of JSON stay below its parser's limit
_LARGEST = 2_000_000  # values in a value
_LARGE = 1 << 10_000  # integers beyond travel in hexadecimal, which has no limit of digits
_MANY_ALIKE = 64  # equal hashes in one set or mapping: no accident

# What programs for LeetCode take for granted. Only what a program names is imported, and its own names win.
_FAMILIAR = {
    "typing": "Any Callable DefaultDict Deque Dict FrozenSet Generator Generic Iterable Iterator List Literal Mapping "
    "NamedTuple Optional Sequence Set Tuple Type TypeVar Union",
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "heapq": "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest",
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
    "math": "acos asin atan atan2 ceil comb cos degrees dist e exp fabs factorial floor fmod gcd hypot inf isclose isinf "
    "isnan isqrt lcm log log10 log2 nan perm pi prod radians sin sqrt tan trunc",
    "itertools": "accumulate chain combinations combinations_with_replacement compress count cycle dropwhile filterfalse "
    "groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest",
    "functools": "cache cached_property cmp_to_key lru_cache partial reduce singledispatch total_ordering wraps",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits punctuation whitespace",
    "operator": "add and_ attrgetter itemgetter methodcaller mul neg or_ sub truediv xor",
    "random": "choice randint randrange sample shuffle",
    "copy": "copy deepcopy",
    "datetime": "date datetime timedelta",
    "statistics": "mean median mode stdev",
    "dataclasses": "dataclass field",
    "": "array bisect collections copy datetime decimal fractions functools heapq itertools json math operator random re "
    "statistics string sys time typing",
}
_HOMES = {name: module for module, names in _FAMILIAR.items() for name in names.split()}

# --------------------------------------------------------------------------- values


class Opaque:
    """Stands for a value that cannot cross: equal to nothing, as true as the value was."""

    def __init__(self, name: str, truth: bool = True) -> None:
        self.name, self.truth = name, truth

    def __bool__(self) -> bool:
        return self.truth

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<{self.name}>"


def decode(value: Any, depth: int = 0) -> Any:
    """The Python value of a tagged one. Content that nothing here would write becomes opaque.

    Raises:
        ValueError: the text of a `{"py": "..."}` is no literal.
    """
    if type(value) is list:
        if depth > _DEEPEST:
            return Opaque("too deep")
        return [item if type(item) in _ATOMS else decode(item, depth + 1) for item in value]
    if type(value) is not dict:
        return value
    if len(value) == 1 and "py" in value:
        tagged = value["py"]
        return literal(tagged) if type(tagged) is str else _decode_tag(tagged, depth)
    return {key: decode(item, depth + 1) for key, item in value.items()} if depth <= _DEEPEST else Opaque("too deep")


_ATOMS = {str, int, float, bool, type(None)}


def _decode_tag(tagged: Any, depth: int) -> Any:
    try:
        kind, content = tagged
        return _DECODERS[kind](decode(content, depth + 1))
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return Opaque("malformed")


def _fraction(parts: list[int]) -> Any:
    from fractions import Fraction

    if max(abs(part) for part in parts) > _LARGE:
        raise ValueError("reducing it may take for ever")
    return Fraction(parts[0], parts[1])


def _decimal(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)


def _spread(items: list[Any]) -> list[Any]:
    """The same items, unless so many hashes agree that looking them up would take for ever."""
    hashes = sorted(map(hash, items))
    if any(one == other for one, other in zip(hashes, hashes[_MANY_ALIKE:], strict=False)):
        raise ValueError("hashes collide")
    return items


def _mapping(pairs: list[list[Any]]) -> dict[Any, Any]:
    _spread([key for key, _ in pairs])
    return {key: item for key, item in pairs}


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "tuple": tuple,
    "set": lambda items: set(_spread(items)),
    "frozenset": lambda items: frozenset(_spread(items)),
    "dict": _mapping,
    "bytes": lambda text: text.encode("latin-1"),
    "complex": lambda parts: complex(*parts),
    "float": float,
    "int": lambda text: int(text, 16),
    "decimal": _decimal,
    "fraction": _fraction,
    "opaque": lambda content: Opaque(str(content[0])[:60], content[1] is True),
}


def literal(text: str) -> Any:
    """The value of a Python literal; `nan`, `inf`, `set()` and `frozenset(...)` are literals here.

    Raises:
        ValueError: it is none.
    """
    try:
        return _literal(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"not a literal: {error}") from None


def _literal(node: ast.expr) -> Any:
    match node:
        case ast.Name(id="nan" | "inf"):
            return float(node.id)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_literal(operand)
        case ast.Tuple(elts=items):
            return tuple(map(_literal, items))
        case ast.List(elts=items):
            return list(map(_literal, items))
        case ast.Set(elts=items):
            return set(map(_literal, items))
        case ast.Dict(keys=keys, values=items) if None not in keys:
            return {_literal(key): _literal(item) for key, item in zip(keys, items, strict=True) if key is not None}
        case ast.Call(func=ast.Name(id="set"), args=[], keywords=[]):
            return set()
        case ast.Call(func=ast.Name(id="frozenset"), args=items, keywords=[]) if len(items) < 2:
            return frozenset(*map(_literal, items))
        case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str(text))], keywords=[]):
            return float(text)
    return ast.literal_eval(node)


class _TooLarge(Exception):
    pass


def encode(value: Any) -> Any:
    """The tagged JSON value of a Python value; see the module's docstring."""
    try:
        return _Encoder().encode(value, 0)
    except _TooLarge as error:
        return {"py": ["opaque", [str(error), True]]}


class _Encoder:
    def __init__(self) -> None:
        self._left = _LARGEST

    def encode(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str or kind is bool or value is None:
            return value
        if kind is int:
            return value if -_LARGE < value < _LARGE else {"py": ["int", hex(value)]}
        if kind is float:
            return value if math.isfinite(value) else {"py": ["float", repr(value)]}
        if depth > _DEEPEST:
            raise _TooLarge("a value too deep")
        base = next((base for base in kind.__mro__ if base in _ENCODERS), None)
        return _foreign(self, value, depth) if base is None else _ENCODERS[base](self, value, depth)

    def items(self, items: Iterable[Any], depth: int) -> list[Any]:
        found = list(items)
        self._left -= len(found)
        if self._left < 0:
            raise _TooLarge("a value too large")
        return found if _is_plain(found) else [self.encode(item, depth + 1) for item in found]


def _is_plain(items: list[Any]) -> bool:
    """Whether all items stand for themselves, found out at the speed of the interpreter's own loops."""
    kinds = set(map(type, items))
    if kinds == {int}:
        return -_LARGE < min(items) and max(items) < _LARGE
    return all(map(math.isfinite, items)) if kinds == {float} else kinds <= {str, bool, type(None)}


def _encode_list(encoder: _Encoder, value: Any, depth: int) -> Any:
    return encoder.items(list.__iter__(value), depth)


def _encode_dict(encoder: _Encoder, value: Any, depth: int) -> Any:
    keys = list(dict.keys(value))
    items = encoder.items(dict.values(value), depth)
    if all(type(key) is str for key in keys) and keys != ["py"]:
        return dict(zip(keys, items, strict=True))
    return {"py": ["dict", [list(pair) for pair in zip(encoder.items(keys, depth), items, strict=True)]]}


def _collection(kind: str, iterate: Callable[[Any], Iterable[Any]]) -> Callable[[_Encoder, Any, int], Any]:
    return lambda encoder, value, depth: {"py": [kind, encoder.items(iterate(value), depth)]}


_ENCODERS: dict[type, Callable[[_Encoder, Any, int], Any]] = {
    int: lambda encoder, value, depth: encoder.encode(int.__int__(value), depth),
    float: lambda encoder, value, depth: encoder.encode(float.__float__(value), depth),
    str: lambda encoder, value, depth: str.__str__(value),  # noqa: ARG005  (one signature)
    list: _encode_list,
    dict: _encode_dict,
    tuple: _collection("tuple", tuple.__iter__),
    set: _collection("set", set.__iter__),
    frozenset: _collection("frozenset", frozenset.__iter__),
    type({}.keys()): _collection("set", iter),  # they equal sets
    type({}.items()): _collection("set", iter),
    bytes: lambda encoder, value, depth: {"py": ["bytes", bytes.decode(value, "latin-1")]},  # noqa: ARG005
    bytearray: lambda encoder, value, depth: {"py": ["bytes", bytearray.decode(value, "latin-1")]},  # noqa: ARG005
    complex: lambda encoder, value, depth: {"py": ["complex", encoder.items([value.real, value.imag], depth)]},
}


def _foreign(encoder: _Encoder, value: Any, depth: int) -> Any:
    """Numbers of the standard library and of numpy; anything else is opaque."""
    home, name = type(value).__module__, type(value).__name__
    if (home, name) == ("decimal", "Decimal"):
        return {"py": ["decimal", str(value)]}
    if (home, name) == ("fractions", "Fraction"):
        return {"py": ["fraction", encoder.items([value.numerator, value.denominator], depth)]}
    if home == "numpy" and hasattr(value, "tolist"):
        plain = value.tolist()
        return encoder.encode(plain, depth + 1)
    try:
        truth = bool(value)
    except BaseException:  # whatever a program's own class does
        truth = True
    return {"py": ["opaque", [str(name)[:60], truth]]}


# --------------------------------------------------------------------------- programs


def run(payload: dict[str, Any], emit: Callable[[object], None]) -> None:
    """Loads `source` and evaluates `calls` in turn, one record each, until `budget_s` of wall time are used up.

    A call is `{"function", "args", "kwargs"}`, `{"expression", "names"}` or `{"statements"}`. A record is `{"value": tagged}` or
    `{"error": text, "kind": "error" | "assertion" | "memory"}`, the latter with `"loading": true` where the program did
    not load. With `token`, each call's record carries it instead of a value: what ran to its end shows it.
    """
    end = time.monotonic() + payload["budget_s"]
    sys.setrecursionlimit(50_000)  # as on LeetCode and in LiveCodeBench, whose answers recurse deeply
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (for as long as the process lives)
    try:
        namespace = _load(payload)
    except BaseException as error:
        emit({**_failure(error), "loading": True})
        return
    for call in payload["calls"]:
        try:
            value = _evaluate(namespace, call)
            emit({"value": encode(value)} if "token" not in payload else {"value": payload["token"]})
        except BaseException as error:
            emit(_failure(error))
        if time.monotonic() > end:
            return


def _load(payload: dict[str, Any]) -> dict[str, Any]:
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    namespace = module.__dict__
    code = compile(payload["source"], "solution.py", "exec", dont_inherit=True)
    setup = compile(payload.get("setup", ""), "setup.py", "exec", dont_inherit=True)
    if payload.get("familiar", True):
        namespace.update(_familiar(code) | _familiar(setup))
    # A setup may bring what the program uses, or use what the program brings; either way its own names stand at the end.
    try:
        exec(setup, namespace)
    except Exception:
        namespace.pop("__annotations__", None)
    exec(code, namespace)
    exec(setup, namespace)
    return namespace


def _familiar(code: types.CodeType) -> dict[str, Any]:
    """The familiar names that a program uses without a builtin of that name."""
    found = {}
    for name in _names(code):
        home = _HOMES.get(name)
        if home is not None and not hasattr(builtins, name):
            module = importlib.import_module(home or name)
            found[name] = getattr(module, name) if home else module
    return found


def _names(code: types.CodeType) -> set[str]:
    inner = [_names(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*inner)


def _evaluate(namespace: dict[str, Any], call: dict[str, Any]) -> Any:
    if "expression" in call:
        names = {name: decode(value) for name, value in call.get("names", {}).items()}
        scope = {**namespace, **names} if names else namespace
        return eval(compile(call["expression"], "<test>", "eval", dont_inherit=True), scope)
    if "statements" in call:
        return exec(compile(call["statements"], "<test>", "exec", dont_inherit=True), namespace)
    function = _entry_point(namespace, call["function"])
    arguments = [decode(value) for value in call.get("args", [])]
    return function(*arguments, **{name: decode(value) for name, value in call.get("kwargs", {}).items()})


def _entry_point(namespace: dict[str, Any], name: str) -> Callable[..., Any]:
    """The function of that name, or the method of a new `Solution`."""
    solution = namespace.get("Solution")
    found: Any = getattr(solution(), name) if hasattr(solution, name) and solution else namespace.get(name)
    if found is None:
        raise NameError(f"the program defines no '{name}'")
    return found  # type: ignore[no-any-return]


def _failure(error: BaseException) -> dict[str, Any]:
    kinds = {AssertionError: "assertion", MemoryError: "memory"}
    kind = next((kind for base, kind in kinds.items() if isinstance(error, base)), "error")
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:  # a message of the program's own making
        text = type(error).__name__
    return {"error": text[:400].removesuffix(": "), "kind": kind}
