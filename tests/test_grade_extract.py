"""Final answers in the forms that models write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.grade.extract import math_answer, output_answer, text_answer

OUTPUT = {
    "bare": ("\n2 8 2 6", "2 8 2 6"),
    "last line": ("The list is doubled.\n\n[2, 4]", "[2, 4]"),
    "fence": ("So:\n```\n[1, 2]\n```\n", "[1, 2]"),
    "fence with language and two lines": ("```text\n1\n2\n```", "1\n2"),
    "last of two fences": ("```python\nf(1)\n```\ngives\n```\n7\n```", "7"),
    "marker after a fence": ("```python\nprint(f(1))\n```\nThe answer is 7.", "7"),
    "fence after a marker": ("Answer:\n```\n{'a': 1}\n```", "{'a': 1}"),
    "indented fence": ("  ```\n  5\n  ```", "5"),
    "tildes": ("~~~\n5\n~~~", "5"),
    "answer:": ("Answer: [3, 1]", "[3, 1]"),
    "bold": ("**Answer:** `'abc'`", "'abc'"),
    "bold value": ("The final answer is **42**.", "42"),
    "on the next line": ("The output is:\n\n[1]\n\nsince f returns it.", "[1]"),
    "last marker": ("answer: 1\nNo, the answer is 2", "2"),
    "code span in a sentence": ("f(3) returns `[3]`.", "[3]"),
    "tag": ("I think so. <answer>[1, 2]</answer> Done.", "[1, 2]"),
    "open tag": ("<answer> 'x'", "'x'"),
    "cruxeval's tag": ("[ANSWER]{1: None}[/ANSWER]", "{1: None}"),
    "full stop in a float": ("The answer is 3.", "3"),
    "decimal": ("The answer is 3.5", "3.5"),
    "ellipsis is kept": ("[1, ...", "[1, ..."),
    "unclosed fence": ("```\n5", "5"),
    "nothing": ("", None),
    "white space": (" \n\n ", None),
    "empty fence": ("```\n```", None),
}

MATH = {
    "boxed": (r"Janet makes \(\boxed{18}\) dollars every day.", "18"),
    "rlft": ("</think> \n<answer> \\boxed{18}", "18"),
    "nested braces": (r"$\boxed{\frac{1}{2}}$", r"\frac{1}{2}"),
    "escaped brace": (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
    "last box": (r"\boxed{1} no, \boxed{2}", "2"),
    "cut-off box is passed over": (r"\boxed{3} and then \boxed{4", "3"),
    "fbox": (r"\fbox{7}", "7"),
    "empty box": (r"\boxed{}", None),
    "gsm8k": ("She makes 9 * 2 = $18.\n#### 18", "18"),
    "gsm8k with unit": ("#### $1,000", "$1,000"),
    "A:": ("She sells 2 * 2 = $<<2*2=4>>4 per day\nA: 4", "4"),
    "answer is": ("The answer is 18 dollars. She has 3 left.", "18 dollars"),
    "answer is decimal": ("The answer is $3.50. Good.", "$3.50"),
    "bold answer": ("**Final Answer:** **25**", "25"),
    "answer without a value": ("The answer is obvious: 3 + 4 = 7", "obvious: 3 + 4 = 7"),
    "answer in words, number later": ("The answer is clear. We get 7", "7"),
    "last number": ("16 - 3 = 13, and 13 - 4 = 9 eggs", "9"),
    "last number with comma": ("It costs $276,000 in all.", "$276,000"),
    "number before a comma": ("We need 12, as shown", "12"),
    "negative": ("x = -5", "-5"),
    "minus is no sign": ("17-3", "3"),
    "fraction": ("so 1/2 of it", "1/2"),
    "word": ("Tuesday.", "Tuesday"),
    "word after a marker": ("Answer: (B)", "(B)"),
    "nothing": ("  ", None),
}

TEXT = {
    "bare": ("Paris", "Paris"),
    "sentence": ("The answer is Paris. It is the capital.", "Paris"),
    "choice in a box": (r"\boxed{C}", "C"),
    "tag": ("<answer>\n yes </answer>", "yes"),
    "last line": ("I thought about it.\n**Yes**", "Yes"),
    "abbreviation": ("Answer: 3.5 kg", "3.5 kg"),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("answer", "expected"), OUTPUT.values(), ids=OUTPUT)
def test_output(answer: str, expected: str | None) -> None:
    assert output_answer(answer) == expected


@pytest.mark.parametrize(("answer", "expected"), MATH.values(), ids=MATH)
def test_math(answer: str, expected: str | None) -> None:
    assert math_answer(answer) == expected


@pytest.mark.parametrize(("answer", "expected"), TEXT.values(), ids=TEXT)
def test_text(answer: str, expected: str | None) -> None:
    assert text_answer(answer) == expected


@given(st.text(alphabet="ab1,.`*\n \\{}<>#:$-~" + "answerboxed", max_size=200))
def test_whatever_a_model_writes_something_or_nothing_is_found(answer: str) -> None:
    for extract in (output_answer, math_answer, text_answer):
        found = extract(answer)
        assert found is None or found.strip()


def test_long_rambling_takes_no_time() -> None:
    for unit in ("\\boxed{", "answer is ", "```\n", "1,", "<answer>", "a" * 50 + "\n", "*", "`", "` ", "#### "):
        text = unit * (200_000 // len(unit))
        for extract in (output_answer, math_answer, text_answer):
            extract(text)
