"""Numbers in their many spellings."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.grade.math import number, same_math

SAME = [
    ("18", "18"),
    ("18", "18.0"),
    ("18", "18."),
    ("18", "+18"),
    ("18", "$18"),
    ("18", r"\$18"),
    ("18", "$18.00"),
    ("18", "18%"),
    ("18", r"18\%"),
    ("18", "18 dollars"),
    ("18", "18 dollars per day."),
    ("18", "18 km/h"),
    ("18", r"18 \text{ dollars}"),
    ("18", r"18\text{ eggs}"),
    ("18", r"\(18\)"),
    ("18", "x = 18"),
    ("18", "€18"),
    ("90", r"90^\circ"),
    ("276,000", "276000.0"),
    ("1000", "1,000"),
    ("1000", "1{,}000"),
    ("1000", r"1,\!000"),
    ("-5", "−5"),
    ("-5", "- 5"),
    ("5", "5/1"),
    ("1/2", "0.5"),
    ("0.5", r"\frac{1}{2}"),
    ("0.5", r"\dfrac12"),
    ("-0.5", r"-\frac{1}{2}"),
    ("1 1/2", "1.5"),
    ("1.5", r"1\frac{1}{2}"),
    ("1500", r"1.5 \times 10^{3}"),
    ("1500", "1.5e3"),
    ("1/3", "2/6"),
    ("１８", "18"),
    ("(B)", "B"),
    (r"\frac{\sqrt{3}}{2}", r"\dfrac{\sqrt{3}}{2}"),
    (r"\left(1, 2\right)", "(1,2)"),
    (r"\text{Monday}", "Monday"),
]

DIFFERENT = [
    ("18", "19"),
    ("18", "-18"),
    ("18", "18 or 19"),
    ("18", "1 8"),
    ("18", "18, 19"),
    ("1000", "1,00"),
    ("3", "3 pi"),
    ("3", r"3\pi"),
    ("3", "3x"),
    ("3", "3 x"),
    ("3", "3 million"),
    ("3", "3 + 1"),
    ("3", ""),
    ("0", "1/0"),
    ("1/3", "0.333"),
    ("2", "2e400"),
    ("2", "2e999999999"),
    ("2", "2^10"),
    ("2", "9^9^9^9"),
    ("1", "1" * 100_000),
    ("x", "X"),
    ("(1, 2)", "(2, 1)"),
    ("5 cm", "5"),
]


@pytest.mark.parametrize(("expected", "actual"), SAME)
def test_the_same(expected: str, actual: str) -> None:
    assert same_math(expected, actual)


@pytest.mark.parametrize(("expected", "actual"), DIFFERENT)
def test_different(expected: str, actual: str) -> None:
    assert not same_math(expected, actual)


@given(st.fractions(max_denominator=10**6), st.integers(-(10**12), 10**12))
def test_numbers_are_read_exactly(fraction: Fraction, whole: int) -> None:
    assert number(str(fraction)) == fraction
    assert number(f"{whole:,}") == whole
    assert number(f"\\frac{{{whole}}}{{7}}") == Fraction(whole, 7)


@given(st.text(alphabet="0123456789.,/ -+eE\\${}%^frac", max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    number(text)
    assert same_math(text, text)
