"""Values: as checks write them, as they cross, and when two are the same."""

import math
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from thalweg.errors import InputError
from thalweg.grade.drivers.values import as_text, from_text
from thalweg.grade.values import Opaque, check_value, decode, encode, literal, same_value, shown

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.fractions()
)
KEYS = st.none() | st.integers() | st.text() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.sets(KEYS)
        | st.frozensets(KEYS)
        | st.dictionaries(KEYS, inner)
        | st.dictionaries(st.just("py"), inner)
    ),
    max_leaves=30,
)


@settings(deadline=None)
@given(VALUES)
def test_what_crosses_is_the_same_value_of_the_same_type(value: object) -> None:
    arrived = decode(encode(value))
    assert arrived == value
    assert repr(arrived) == repr(value) or isinstance(value, set | frozenset | dict | list | tuple)
    assert type(arrived) is type(value)
    assert from_text(as_text(value)) == value


class _Liar(list):  # type: ignore[type-arg]
    def __eq__(self, other: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter([1, 2, 3])

    def __len__(self) -> int:
        return 3

    __hash__ = None


class _Int(int):
    def __int__(self) -> int:
        return 7

    def __index__(self) -> int:
        return 7


class _Colour(IntEnum):
    RED = 1


class _Shape(Enum):
    ROUND = 1


class _Equal:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class _False:
    def __bool__(self) -> bool:
        return False


class _Bomb:
    def __bool__(self) -> bool:
        raise SystemExit


_Point = namedtuple("_Point", "x y")

AS_BASE: list[tuple[Any, object]] = [
    (Counter("aab"), {"a": 2, "b": 1}),
    (defaultdict(list, {1: [2]}), {1: [2]}),
    (OrderedDict(a=1), {"a": 1}),
    (_Point(1, 2), (1, 2)),
    (_Colour.RED, 1),
    (_Liar([9]), [9]),
    (_Int(3), 3),
    (True, True),
    (bytearray(b"ab"), b"ab"),
    ({"a": 1}.keys(), {"a"}),
    ({"a": 1}.items(), {("a", 1)}),
    (np.int64(3), 3),
    (np.float64(0.5), 0.5),
    (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
    (np.bool_(True), True),
    (Decimal("0.10"), Decimal("0.1")),
    (Fraction(1, 2), 0.5),
    (-0.0, 0.0),
    ([10**5_000], [10**5_000]),
    ([-(10**400)], [-(10**400)]),
    ("\ud800", "\ud800"),
    ({"py": "1"}, {"py": "1"}),
]


@pytest.mark.parametrize(("value", "base"), AS_BASE)
def test_subclasses_cross_as_their_base(value: object, base: object) -> None:
    arrived = decode(encode(value))
    assert arrived == base
    assert type(arrived) is type(base) or isinstance(arrived, Fraction)


OPAQUE: list[tuple[Any, str, bool]] = [
    (deque([1]), "deque", True),
    (deque(), "deque", False),
    ((n for n in [1]), "generator", True),
    (_Equal(), "_Equal", True),
    (_False(), "_False", False),
    (_Bomb(), "_Bomb", True),
    (_Shape.ROUND, "_Shape", True),
    (range(0), "range", False),
    (print, "builtin_function_or_method", True),
]


@pytest.mark.parametrize(("value", "name", "truth"), OPAQUE)
def test_what_cannot_cross_equals_nothing(value: object, name: str, truth: bool) -> None:
    arrived = decode(encode(value))
    assert isinstance(arrived, Opaque)
    assert (arrived.name, bool(arrived)) == (name, truth)
    assert arrived != arrived
    assert not same_value([1], arrived)


def test_cycles_depth_and_size_end() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    wide: Any = [0] * 1_000
    for _ in range(3):
        wide = [wide] * 1_000
    for value in (cycle, wide):
        assert isinstance(decode(encode(value)), Opaque)
    deep: Any = 0
    for _ in range(100):
        deep = (deep,)
    assert decode(encode(deep)) == deep


FORGED: list[Any] = [
    {"py": "__import__('os')"},
    {"py": "1"},
    {"py": ["tuple"]},
    {"py": ["tuple", 3]},
    {"py": ["set", [[1]]]},
    {"py": ["dict", [[[1], 2]]]},
    {"py": ["dict", [[1]]]},
    {"py": ["nothing", 1]},
    {"py": [["tuple"], 1]},
    {"py": ["int", "zz"]},
    {"py": ["bytes", ["\u1234"]]},
    {"py": ["bytes", "\u1234"]},
    {"py": ["decimal", "sNaN"]},
    {"py": ["decimal", "x"]},
    {"py": ["fraction", [1, 0]]},
    {"py": ["fraction", [{"py": ["int", "0x" + "f" * 10_000]}, 3]]},
    {"py": ["opaque", []]},
    {"py": ["set", [n * (2**61 - 1) for n in range(100)]]},
    {"py": None},
]


@pytest.mark.parametrize("tagged", FORGED)
def test_forged_values_are_opaque(tagged: object) -> None:
    assert isinstance(decode(tagged), Opaque)


def test_forged_depth_ends() -> None:
    lists: Any = []
    tags: Any = 1
    for _ in range(400):
        lists, tags = [lists], {"py": ["tuple", [tags]]}
    decode(lists)
    decode(tags)


LITERALS: list[tuple[str, object]] = [
    ("(1, 2)", (1, 2)),
    ("{1, 2}", {1, 2}),
    ("set()", set()),
    ("frozenset({1})", frozenset({1})),
    ("frozenset()", frozenset()),
    ("{(1, 2): [3]}", {(1, 2): [3]}),
    ("b'a'", b"a"),
    ("1+2j", 1 + 2j),
    ("-inf", -math.inf),
    ("float('inf')", math.inf),
    (" 'a' ", "a"),
    ("0x10", 16),
]


@pytest.mark.parametrize(("text", "value"), LITERALS)
def test_literals(text: str, value: object) -> None:
    assert literal(text) == value
    assert decode({"py": text}, literal) == value


@pytest.mark.parametrize("text", ["", "f(1)", "[", "x", "{[]}", "1 if 1 else 2", "float(1)", "{**{}}", "(" * 300, "\0"])
def test_what_is_no_literal(text: str) -> None:
    with pytest.raises(ValueError, match=r"literal|malformed|unhashable|convert|null"):
        literal(text)
    with pytest.raises(InputError, match="no Python literal"):
        check_value([{"a": {"py": text}}], "here")


def test_tags_of_a_check_hold_texts() -> None:
    with pytest.raises(InputError, match="holds no text"):
        check_value({"py": 1}, "here")
    check_value({"py": "(1,)", "other": 1}, "here")


nan = math.nan
SAME: list[tuple[Any, Any, bool]] = [
    (1, True, True),
    (1, 1.0, True),
    ([1, 2], [1, 2], True),
    ([1, 2], (1, 2), True),
    ([[1], [2]], [(1,), (2,)], True),
    ({"py": "(1, 2)"}, (1, 2), True),
    ({"py": "(1, 2)"}, [1, 2], False),
    ({"py": "[1, 2]"}, (1, 2), False),
    ({"py": "[(1,), [2]]"}, [(1,), [2]], True),
    ({"py": "[(1,), [2]]"}, [[1], [2]], False),
    ([{"py": "(1,)"}], [(1,)], True),
    ([{"py": "(1,)"}], ((1,),), True),
    ([{"py": "(1,)"}], [[1]], False),
    ({"a": [1]}, {"a": (1,)}, True),
    ({"a": 1}, {"a": 1, "b": 2}, False),
    ({"1": 1}, {1: 1}, False),
    ({"py": "{1: 'a'}"}, {1: "a"}, True),
    ({"py": "{1, 2}"}, {2, 1}, True),
    ({"py": "{1, 2}"}, frozenset({2, 1}), True),
    ({"py": "{1, 2}"}, [1, 2], False),
    ([1, 2], {1, 2}, False),
    ({"py": "nan"}, nan, True),
    ([nan, {"py": "nan"}], [nan, nan], True),
    ("a", "a", True),
    ("a", b"a", False),
    ("", None, False),
    (None, None, True),
    ([], (), True),
    ([1], [1, 2], False),
    ({"py": "{'py': '1'}"}, {"py": "1"}, True),
    ({"py": "1"}, {"py": "1"}, False),
    (0.5, Fraction(1, 2), True),
    (0.1, 0.1 + 1e-12, False),
]


@pytest.mark.parametrize(("expected", "actual", "same"), SAME)
def test_same_values(expected: object, actual: object, same: bool) -> None:
    assert same_value(expected, actual) is same


WITHIN: list[tuple[Any, Any, bool]] = [
    (1.0, 1.0009, True),
    (1.0, 1.002, False),
    (1e6, 1e6 + 900, True),
    (1e6, 1e6 + 2_000, False),
    ([1, [2.0]], (1.0005, [2.0005]), True),
    ({"a": 0.0}, {"a": 1e-4}, True),
    ("1.0", "1.0001", False),
    (1, True, True),
    (1.0, None, False),
    ([10**400], [10**400], True),
    ([10**400], [10**400 + 1], False),
    ({"py": "inf"}, math.inf, True),
    ({"py": "inf"}, 1e308, False),
    ({"py": "nan"}, nan, True),
    ({"py": "1j"}, 1.0001j, True),
    (0.5, Decimal("0.5001"), True),
    (1.0, nan, False),
]


@pytest.mark.parametrize(("expected", "actual", "same"), WITHIN)
def test_numbers_within_a_tolerance(expected: object, actual: object, same: bool) -> None:
    assert same_value(expected, actual, 1e-3) is same


@settings(deadline=None)
@given(VALUES)
def test_every_value_is_the_same_as_itself(value: object) -> None:
    assume("'py'" not in repr(value))  # which a check would write as a literal
    assert same_value([value], [decode(encode(value))])


def test_details_hold_any_value() -> None:
    assert shown([1, "a"]) == "[1, 'a']"
    for value in ([], (), {}, set(), frozenset(), (1,), [(1, 2), {"a": [None]}], {2}, frozenset({1}), {"k": (b"",)}):
        assert shown(value) == repr(value)
    assert shown([{"z", "x", "y"}, frozenset("ba")]) == "[{'x', 'y', 'z'}, frozenset({'a', 'b'})]"
    assert shown(10**5_000) == "a number of very many digits"
    assert len(shown(list(range(10_000)))) <= 80
    assert shown("\ud800").encode()
