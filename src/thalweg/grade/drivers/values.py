"""Python values as tagged JSON: how they enter and leave the sandbox.

A value is itself in JSON where JSON has it. `{"py": "<literal>"}` is how people write the others, and
`{"py": [kind, content]}` how this file does, since JSON parses faster and more safely than Python. Subclasses travel as
their base (`Counter` as dict, `IntEnum` as int), by the base's own methods; what has no value that could cross is
opaque: its type's name and its truth, equal to nothing.

Standard library alone: drivers use it inside the sandbox, and graders outside, so that both sides read values alike.
Not covered: objects of a program's own classes, and iterators, which are not values.
"""

import ast
import base64
import json
import math
import zlib
from collections.abc import Callable, Iterable
from typing import Any

_DEEPEST = 100  # nested containers: the brackets and calls that they take stay below Python's limits
_LARGEST = 2_000_000  # values in a value
_LARGE = 1 << 1_000  # integers beyond travel in hexadecimal: quick to write, to read and to compress, and of any length
_LONG = 100_000  # characters of a text worth compressing
_COMPRESSED = "zlib:"
_MANY_ALIKE = 64  # equal hashes in one set or mapping: no accident
_ATOMS = {str, int, float, bool, type(None)}


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


def decode(value: Any, read: Callable[[str], Any] | None = None, depth: int = 0) -> Any:
    """The Python value of a tagged one. Content that nothing here would write becomes opaque.

    `read` is for a check's own values, in which a tag may hold a literal: it tells what a text means, and raises what
    it likes where it means nothing. No text of a program is ever parsed.
    """
    if type(value) not in (list, dict):
        return value
    if depth > 2 * _DEEPEST + 1:  # a tag counts twice
        return Opaque("too deep")
    if type(value) is list:
        return [item if type(item) in _ATOMS else decode(item, read, depth + 1) for item in value]
    if len(value) != 1 or "py" not in value:
        return {key: decode(item, read, depth + 1) for key, item in value.items()}
    if read is not None and isinstance(value["py"], str):
        return read(value["py"])
    return _decode_tag(value["py"], depth)


def _decode_tag(tagged: Any, depth: int) -> Any:
    try:
        kind, content = tagged
        return _DECODERS[kind](decode(content, depth=depth + 1))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return Opaque("malformed")


def _fraction(parts: list[int]) -> Any:
    from fractions import Fraction

    if max(abs(part) for part in parts) > _LARGE**8:
        raise ValueError("reducing it may take for ever")
    return Fraction(parts[0], parts[1])


def _decimal(text: str) -> Any:
    from decimal import Decimal

    if (value := Decimal(text)).is_snan():
        raise ValueError("comparing it raises")
    return value


def _spread(items: list[Any]) -> list[Any]:
    """The same items, unless so many hashes agree that looking them up would take for ever."""
    hashes = sorted(map(hash, items))
    if any(one == other for one, other in zip(hashes, hashes[_MANY_ALIKE:], strict=False)):
        raise ValueError("hashes collide")
    return items


def _mapping(pairs: list[Any]) -> dict[Any, Any]:
    _spread([key for key, _ in pairs])
    return dict(pairs)


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
        return literal_of(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError(f"not a literal: {error}") from None


def literal_of(node: ast.expr) -> Any:
    """The value of a literal's tree.

    Raises:
        ValueError: it is none.
    """
    try:
        return _literal(node)
    except (TypeError, MemoryError, RecursionError) as error:  # unhashable, or too deep
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


class _TooLargeError(Exception):
    pass


def encode(value: Any) -> Any:
    """The tagged JSON value of a Python value; see the module's docstring."""
    try:
        return _Encoder().encode(value, 0)
    except _TooLargeError as error:
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
            raise _TooLargeError("a value too deep")
        base = next((base for base in kind.__mro__ if base in _ENCODERS), None)
        return _foreign(self, value, depth) if base is None else _ENCODERS[base](self, value, depth)

    def items(self, items: Iterable[Any], depth: int) -> list[Any]:
        found = list(items)
        self._left -= len(found)
        if self._left < 0:
            raise _TooLargeError("a value too large")
        return found if _is_plain(found) else [self.encode(item, depth + 1) for item in found]


def _is_plain(items: list[Any]) -> bool:
    """Whether all items stand for themselves, found out at the speed of the interpreter's own loops."""
    kinds = set(map(type, items))
    if kinds == {int}:
        return bool(min(items) > -_LARGE and max(items) < _LARGE)
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


def as_text(value: Any) -> str:
    """The tagged JSON value as one text, compressed where it is long."""
    text = json.dumps(encode(value))
    return text if len(text) <= _LONG else _COMPRESSED + base64.b85encode(zlib.compress(text.encode(), 1)).decode()


def from_text(text: str) -> Any:
    """The Python value in a text of `as_text`."""
    if text.startswith(_COMPRESSED):
        text = zlib.decompress(base64.b85decode(text.removeprefix(_COMPRESSED))).decode()
    return decode(json.loads(text))
