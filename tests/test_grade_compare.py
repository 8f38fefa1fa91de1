"""Equality of literals, of texts and of what programs print."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.grade.compare import same_literal, same_output, same_text
from thalweg.types import Compare

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


@settings(deadline=None)
@given(VALUES, VALUES)
def test_representations_compare_as_their_values(one: object, other: object) -> None:
    if "inf" in repr(one) + repr(other):
        return  # no literal
    assert same_literal(repr(one), repr(one))
    assert same_literal(repr(one), repr(other)) == (one == other)


@settings(deadline=None)
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


OUTPUTS: list[tuple[Compare, str, str, bool]] = [
    ("tokens", "1 2\n3\n", "1 2\n3\n", True),
    ("tokens", "1 2\n3\n", "1\t2   3", True),
    ("tokens", "1 2\n3\n", "1 2\r\n3\r\n\r\n", True),
    ("tokens", "", " \n", True),
    ("tokens", "", "0", False),
    ("tokens", "1 2", "1 2 3", False),
    ("tokens", "1 2", "12", False),
    ("tokens", "1 2", "2 1", False),
    ("tokens", "1", "1.0", False),
    ("tokens", "YES", "Yes", False),
    ("exact", "1 2\n3\n", "1 2  \n3", True),
    ("exact", "1 2\n3\n", "1 2\r\n3\r\n", True),
    ("exact", "1 2\n3\n", "1 2\n3\n\n\n", True),
    ("exact", "1 2\n", "1  2\n", False),
    ("exact", "1 2\n", " 1 2\n", False),
    ("exact", "1\n2\n", "1\n\n2\n", False),
    ({"float": 1e-6}, "0.5", "0.5000001", True),
    ({"float": 1e-6}, "0.5", "0.50001", False),
    ({"float": 1e-6}, "1000000", "1000000.5", True),
    ({"float": 1e-6}, "1000000", "1000002", False),
    ({"float": 1e-6}, "1e3 a", "1000 a", True),
    ({"float": 1e-6}, "a", "b", False),
    ({"float": 1e-6}, "1 2", "1", False),
    ({"float": 1e-6}, "1", "1_0", False),
    ({"float": 1e-6}, "1", "nan", False),
    ({"float": 1e-6}, "nan", "nan", True),
    ({"float": 1e-6}, "1", "1e999", False),
    ({"float": 1e-6}, "1e999", "1e998", False),
    ({"float": 1e-6}, "1e999", "1", False),
    ({"float": 1e-6}, "1", "١", False),
    ({"float": 0.5}, "-1", "-1.5", True),
]


@pytest.mark.parametrize(("compare", "expected", "actual", "same"), OUTPUTS)
def test_outputs(compare: Compare, expected: str, actual: str, same: bool) -> None:
    assert same_output(expected, actual, compare) is same


@settings(deadline=None)
@given(st.text(), st.text())
def test_exact_implies_tokens_implies_float(one: str, other: str) -> None:
    assert same_output(one, one, "exact")
    if same_output(one, other, "exact"):
        assert same_output(one, other, "tokens")
    if same_output(one, other, "tokens"):
        assert same_output(one, other, {"float": 0.0})
