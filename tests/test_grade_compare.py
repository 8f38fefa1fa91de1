"""Equality of literals and of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.grade.compare import same_literal, same_text

LITERALS = [
    ("[1, 2]", "[1,2]", True),
    ("[1, 2]", "(1, 2)", False),
    ("[1, 2]", "1, 2", False),
    ("(1,)", "(1 ,)", True),
    ("{'a': 1, 'b': 2}", '{"b": 2, "a": 1}', True),
    ("{1, 2}", "{2, 1}", True),
    ("set()", "set()", True),
    ("'ab'", '"ab"', True),
    ("'ab'", "ab", False),
    ("'ab'", "'a b'", False),
    ("1", "1.0", True),
    ("True", "1", True),
    ("None", "None", True),
    ("None", "", False),
    ("-3", "- 3", True),
    ("b'a'", "b'a'", True),
    (r"'\d'", r"'\\d'", True),
    ("2 8 2 6", "2  8 2 6\n", True),
    ("2 8 2 6", "2 8 2", False),
    ("2 8 2 6", "[2, 8, 2, 6]", False),
    ("7", " 7\n", True),
    ("007", "007", True),
    ("", "", True),
    ("", "0", False),
    ("deque([1])", "deque([1])", True),
    ("hello world", "hello world", True),
    ("hello world", "Hello world", False),
    ("1\n2", "1\n2", True),
    ("[1]", "[1", False),
    ("[1]", "{[]: 1}", False),
    ("[1]", "{[1]}", False),
    ("[1]", "__import__('os')", False),
    ("1", "9" * 5_000, False),
    ("[1]", "[" * 5_000, False),
    ("[1]", "[" * 90 + "]" * 90, False),
    ("1", "-" * 9_000 + "1", False),
    ("1", "- " * 4_000 + "1", False),
    ("1", "-+" * 4_000 + "1", False),
    ("1", "0+" * 4_000 + "1", False),
    ("1", "(" * 150 + "1" + ")" * 150, True),
    ("1", "2" * 100_000, False),
    ("[1]", "{" * 3_000 + "1:" * 3_000, False),
    ("'a'", "'a\0'", False),
]


@pytest.mark.parametrize(("expected", "actual", "same"), LITERALS)
def test_literals(expected: str, actual: str, same: bool) -> None:
    assert same_literal(expected, actual) is same


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(VALUES, VALUES)
def test_representations_compare_as_their_values(one: object, other: object) -> None:
    if "inf" in repr(one) + repr(other):
        return  # no literal
    assert same_literal(repr(one), repr(one))
    assert same_literal(repr(one), repr(other)) == (one == other)


@given(st.text())
def test_no_text_breaks_the_comparison(text: str) -> None:
    assert same_literal(text, text)
    same_literal("[1, 2]", text)


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("Paris", " paris\n", True),
        ("New York", "new  york", True),
        ("New York", "newyork", False),
        ("ﬁne", "fine", True),
        ("１２", "12", True),
        ("Straße", "STRASSE", True),
        ("a", "b", False),
    ],
)
def test_texts(expected: str, actual: str, same: bool) -> None:
    assert same_text(expected, actual) is same
