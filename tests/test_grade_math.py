"""Results of calculations in their many spellings: numbers, choices, words, formulas."""

from collections.abc import Iterator
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.grade.bench import Bench
from thalweg.grade.latex import plain, squeezed
from thalweg.grade.math import Judged, by_formula, by_rules, grade_math
from thalweg.grade.numbers import quantity
from thalweg.sandbox import SandboxError
from thalweg.types import MathCheck

# What takes no symbolic library to tell.
SAME_BY_RULES = [
    ("18", "18"),
    ("18", "18.0"),
    ("18", "18."),
    ("18", "+18"),
    ("18", "$18"),
    ("18", r"\$18"),
    ("18", "$18.00"),
    ("18", "18%"),
    ("18", r"18\%"),
    ("18", "18 percent"),
    ("18", "18 dollars"),
    ("18", "18 dollars per day."),
    ("18", "18 USD"),
    ("18", "18 km/h"),
    ("18", "18km"),
    ("18", r"18 \text{ dollars}"),
    ("18", r"18\text{ eggs}"),
    ("18", r"18\text{ m}^2"),
    ("18 cm", "18"),
    (r"18\text{ inches}", "18 inch"),
    ("18", r"\(18\)"),
    ("18", "**18**"),
    ("18", "`18`"),
    ("18", r"\boxed{18}"),
    ("18", "x = 18"),
    ("18", r"x \approx 18"),
    ("18", "about 18"),
    ("18", "€18"),
    ("12", "12th"),
    ("12", r"12^{\text{th}} \text{ grade}"),
    ("90", r"90^\circ"),
    ("90", "90°"),
    ("90", "90 degrees"),
    ("276,000", "276000.0"),
    ("1000", "1,000"),
    ("1000", "1 000"),
    ("1000", "1{,}000"),
    ("1000", r"1,\!000"),
    ("11111111100", r"11,\! 111,\! 111,\! 100"),
    ("3000000", "3 million"),
    ("2500", "2.5 thousand dollars"),
    ("-5", "−5"),
    ("-5", "- 5"),
    ("5", "5/1"),
    ("1/2", "0.5"),
    ("0.5", "½"),
    ("2.5", "2½"),
    ("0.5", r"\frac{1}{2}"),
    ("0.5", r"\dfrac12"),
    ("-0.5", r"-\frac{1}{2}"),
    ("1 1/2", "1.5"),
    ("1.5", r"1\frac{1}{2}"),
    ("1500", r"1.5 \times 10^{3}"),
    ("1500", "1.5 x 10^3"),
    ("1500", "1.5 × 10³"),
    ("1500", "1.5e3"),
    ("1/3", "2/6"),
    ("1/3", "0.333333"),
    ("2/3", "0.666666"),
    ("2/3", ".666667"),
    ("0.25", "25%"),
    ("25%", "1/4"),
    ("１８", "18"),
    ("(B)", "B"),
    ("B", "(B) 12"),
    ("B", "B. 12"),
    ("B", "b"),
    ("B", r"\text{(B)}"),
    (r"\text{B}", r"\textbf{(B)}"),
    ("x", "(x)"),
    (r"\frac{\sqrt{3}}{2}", r"\dfrac{\sqrt{3}}{2}"),
    (r"\left(1, 2\right)", "(1,2)"),
    (r"3\sqrt{13}", "3√13"),
    (r"12\pi", "12π"),
    (r"\sqrt{2}", "sqrt(2)"),
    ("x^{10}", "x^10"),
    (r"\frac{\pi}{4}", r"\frac\pi4"),
    (r"\emptyset", r"\varnothing"),
    (r"\text{Monday}", "Monday"),
    ("east", r"\textbf{East}"),
    ("Yes", "yes"),
    ("4343_6", "4343"),
    ("4343_{6}", "4343_6"),
]

DIFFERENT_BY_RULES = [
    ("18", "19"),
    ("18", "-18"),
    ("18", "19 dollars"),
    ("0", "1"),
    ("1/3", "0.333"),
    ("1/3", "0.333334"),
    ("1/3", "-0.333333"),
    ("0.333", "0.333333"),
    ("2", "1.9999999"),
    ("25%", "0.5"),
    ("C", "(D)"),
    ("C", "D. 12"),
    ("x", "y"),
    ("x", "X"),
    ("yes", "no"),
    ("True", "false"),
    ("1011_2", "1011_3"),
    ("1011_2", "1001"),
    ("12", "13_4"),
]

UNSURE_BY_RULES = [
    ("5 cm", "5 m"),
    ("east", "seat"),
    (r"\text{east}", "90"),
    ("Monday", "the first day of the week"),
    ("1", "1" * 100_000),
    ("x", "x + " * 1_000 + "x"),
]

# What Math-Verify is asked.
SAME = [
    ("x + 1", "1 + x"),
    ("25", "5²"),
    ("8", "2**3"),
    (r"2\pi", "2*pi"),
    (r"3\sqrt{2}", r"\sqrt{18}"),
    (r"\pi", "3.14159265"),
    ("5", "2x = 5"),
    ("y = 2x + 3", "2x+3"),
    (r"\cot x", r"\frac{\cos x}{\sin x}"),
    ("1, 2", r"\{2, 1\}"),
    ("2, 3, 5", "5, 3 and 2"),
    (r"3 \pm 2\sqrt{2}", r"3 + 2\sqrt{2}, 3 - 2\sqrt{2}"),
    (r"x \in [-2,7]", "[-2, 7]"),
    (r"[0, \infty)", r"x \ge 0"),
    (r"(-\infty, 2) \cup (3, \infty)", r"(3,\infty)\cup(-\infty,2)"),
    (r"\begin{pmatrix} -1/3 \\ 2/3 \end{pmatrix}", r"\begin{pmatrix} -\frac{1}{3} \\ \frac{2}{3} \end{pmatrix}"),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{bmatrix}1&2\\3&4\end{bmatrix}"),
    (r"\frac{17}{50}", r"\frac{34}{100} = \frac{17}{50}"),
]

DIFFERENT = [
    ("18", "18, 19"),
    ("18", "1 8"),
    ("1000", "1,00"),
    ("3", "3x"),
    ("3", r"3\pi"),
    ("3", "3 + 1"),
    ("0", "1/0"),
    ("2", "2e400"),
    ("2", "2^10"),
    ("(1, 2)", "(2, 1)"),
    ("(2, 7]", "[2, 7]"),
    ("4", r"4, \frac{7}{2}"),
    ("x + 1", "y + 1"),
    (r"\infty", r"-\infty"),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1\\3\end{pmatrix}"),
]

UNSURE = [
    ("18", "18 or 19"),
    ("3", "3 pi meters or so"),
    ("4", "4?"),
    ("9", "9^{9^{9^{9}}}"),
    (r"\frac{1}{2}", "one half"),
]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as opened:
        yield opened


@pytest.mark.parametrize(("expected", "actual"), SAME_BY_RULES)
def test_the_same_by_rules(expected: str, actual: str) -> None:
    assert by_rules(expected, actual) == Judged("same")


@pytest.mark.parametrize(("expected", "actual"), DIFFERENT_BY_RULES)
def test_different_by_rules(expected: str, actual: str) -> None:
    assert by_rules(expected, actual) == Judged("different")


@pytest.mark.parametrize(("expected", "actual"), UNSURE_BY_RULES, ids=range(len(UNSURE_BY_RULES)))
def test_what_rules_cannot_tell(expected: str, actual: str) -> None:
    judged = by_rules(expected, actual)
    assert judged is not None
    assert judged.outcome == "unsure"
    assert judged.why


@pytest.mark.parametrize(
    ("expected", "actual", "outcome"),
    [
        *((*pair, "same") for pair in SAME),
        *((*pair, "different") for pair in DIFFERENT),
        *((*pair, "unsure") for pair in UNSURE),
    ],
)
def test_formulas(bench: Bench, expected: str, actual: str, outcome: str) -> None:
    assert by_rules(expected, actual) is None
    assert by_formula(expected, actual, bench.math, 2.0).outcome == outcome


@pytest.mark.parametrize(
    ("expected", "answer", "status", "undecided", "detail"),
    [
        ("18", r"So \boxed{18}.", "correct", False, None),
        ("18", r"So \boxed{19}.", "incorrect", False, "expected 18, got 19"),
        ("x+1", r"So \boxed{1+x}.", "correct", False, None),
        ("x+1", r"So \boxed{1-x}.", "incorrect", False, "expected x+1, got 1-x"),
        ("east", r"\boxed{west}", "incorrect", True, "expected east, got west: words that differ"),
        ("9", r"\boxed{9^{9^{9^{9}}}}", "incorrect", True, "could not be compared within 0.2 s"),
        ("9", "", "no_answer", False, "there is no result"),
    ],
)
def test_findings(bench: Bench, expected: str, answer: str, status: str, undecided: bool, detail: str | None) -> None:
    found = grade_math(MathCheck(answer=expected, timeout_s=0.2 if "^" in answer else 6.0), answer, bench)
    assert (found.status, found.undecided, found.passed, found.total) == (status, undecided, status == "correct", 1)
    assert (found.detail is None) if detail is None else (detail in str(found.detail))
    assert found.strength == "strong"


def test_a_machine_that_fails_is_not_a_wrong_answer() -> None:
    def broken(*_: Any) -> Any:
        raise SandboxError("no workers")

    bench: Any = SimpleNamespace(math=SimpleNamespace(compare=broken))
    assert grade_math(MathCheck(answer="18"), "18 eggs", bench).status == "correct"
    with pytest.raises(SandboxError):
        grade_math(MathCheck(answer="x+1"), r"\boxed{1+x}", bench)


def test_two_numbers_never_need_a_worker_or_a_judge() -> None:
    bench: Any = SimpleNamespace()
    found = grade_math(MathCheck(answer="1,000"), "The answer is 999.5", bench)
    assert (found.status, found.undecided) == ("incorrect", False)


@given(st.fractions(max_denominator=10**6), st.integers(-(10**12), 10**12))
def test_numbers_are_read_exactly(fraction: Fraction, whole: int) -> None:
    for text, value in (
        (str(fraction), fraction),
        (f"{whole:,}", whole),
        (f"\\frac{{{whole}}}{{7}}", Fraction(whole, 7)),
    ):
        found = quantity(text)
        assert found is not None
        assert found.value == value


@given(st.text(alphabet="0123456789.,/ -+eE\\${}%^frac_()½²", max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    quantity(text)
    judged = by_rules(text, text)
    assert judged is None or judged.outcome != "different"


@given(st.text(alphabet="0123456789./ -+\\${}()^[],frac sqrt*", max_size=60))
def test_what_is_plain_stays_so(text: str) -> None:
    assert squeezed(plain(text)) == squeezed(plain(plain(text)))


def test_long_texts_take_no_time() -> None:
    for unit in ("1,", "1 ", "^", "{", "\\frac", "sqrt(", "**", "x*", "\\text{", "1,000", "e1", "½"):
        by_rules("1", unit * (20_000 // len(unit)))
