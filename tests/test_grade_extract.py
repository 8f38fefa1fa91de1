"""Final answers in the forms that models write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.grade.extract import final_text, math_answer, output_answer, program_answer, text_answer

T = "```"
PROGRAM = {
    "python fence": (f"Here:\n{T}python\nprint(1)\n{T}\n", "print(1)"),
    "py fence": (f"{T}py\nprint(1)\n{T}", "print(1)"),
    "python3 fence": (f"{T}python3\nprint(1)\n{T}", "print(1)"),
    "capital Python": (f"{T}Python\nprint(1)\n{T}", "print(1)"),
    "pandoc's marks": (f"{T}{{.python .numberLines}}\nprint(1)\n{T}", "print(1)"),
    "fence with a title": (f'{T}python title="a.py"\nprint(1)\n{T}', "print(1)"),
    "no mark": (f"{T}\nprint(1)\n{T}", "print(1)"),
    "tildes": ("~~~python\nprint(1)\n~~~", "print(1)"),
    "four backticks": (f'{T}`python\ns = """\n{T}\n"""\n{T}`', f's = """\n{T}\n"""'),
    "windows": (f"{T}python\r\nx = 1\r\nprint(x)\r\n{T}\r\n", "x = 1\nprint(x)"),
    "old macs": (f"{T}python\rprint(1)\r{T}\r", "print(1)"),
    "last of two": (f"{T}python\na()\n{T}\nBetter:\n{T}python\nb()\n{T}", "b()"),
    "its output after it": (f"{T}python\nprint(1)\n{T}\nOutput:\n{T}\n1\n{T}", "print(1)"),
    "marked output after it": (f"{T}\nprint(1)\n{T}\n{T}text\n1\n{T}", "print(1)"),
    "how to run it after it": (f"{T}python\nprint(1)\n{T}\n{T}bash\npython a.py\n{T}", "print(1)"),
    "json before it": (f"{T}json\n{{}}\n{T}\n{T}\nprint(1)\n{T}", "print(1)"),
    "unmarked prose after unmarked code": (f"{T}\nprint(1)\n{T}\n{T}\nA note, no code\n{T}", "print(1)"),
    "transcript after it": (f"{T}python\ndef f(): pass\n{T}\n{T}python\n>>> f()\n{T}", "def f(): pass"),
    "only json": (f"{T}json\n{{}}\n{T}", "{}"),
    "only a wrong language": (f"{T}cpp\nint main() {{}}\n{T}", "int main() {}"),
    "does not parse but is all there is": (f"{T}python\nprint(1\n{T}", "print(1"),
    "a last draft counts even if it does not parse": (f"{T}python\na()\n{T}\n{T}python\nb(\n{T}", "b("),
    "unclosed": (f"So\n{T}python\nprint(1)\nprint(2)", "print(1)\nprint(2)"),
    "unclosed, then again": (f"{T}python\na()\n\nNo:\n{T}python\nb()\n{T}", "b()"),
    "empty last fence": (f"{T}python\nprint(1)\n{T}\n{T}python\n{T}", "print(1)"),
    "fence after words": (f"Code: {T}python\nprint(1)\n{T}", "print(1)"),
    "fence glued to code": (f"{T}python\nprint(1){T}\nThis works.", "print(1)"),
    "in a list": (f"1. So:\n   {T}python\n   if x:\n       y()\n   {T}\n", "if x:\n    y()"),
    "quoted docstring with a fence": (
        f'{T}python\ndef f():\n    """\n    {T}\n    f()\n    {T}\n    """\n{T}\n',
        f'def f():\n    """\n    {T}\n    f()\n    {T}\n    """',
    ),
    "indentation stays": (f"{T}python\nif x:\n    y()\n{T}", "if x:\n    y()"),
    "tag around a fence": (f"<answer>\n{T}python\na()\n{T}\n</answer>\n{T}python\nb()\n{T}", "a()"),
    "tag without a fence": ("<answer>\nprint(1)\n</answer>", "print(1)"),
    "open tag": ("<answer>print(1)", "print(1)"),
    "tag inside a program": (f"{T}python\nprint('<answer>1</answer>')\n{T}", "print('<answer>1</answer>')"),
    "raw": ("n = int(input())\nprint(n)\n", "n = int(input())\nprint(n)"),
    "raw and indented": ("    a = 1\n    b = 2", "a = 1\nb = 2"),
    "raw with an odd escape": (r"print('\d')", r"print('\d')"),
    "prose": ("I cannot solve this.", None),
    "prose with tildes": ("about a~~~b\nor so", None),
    "inline code alone": ("Use `print(1)` here.", None),
    "nothing": ("", None),
    "white space": (" \n\t\n", None),
    "empty fence": (f"{T}python\n{T}", None),
}

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
    "ordinal": (r"\boxed{6th}", "6th"),
    "in words and a box": ("### Answer\n\\[\n\\boxed{\\dfrac{3}{4}}\n\\]\nDone, 12 times.", r"\dfrac{3}{4}"),
    "a tool's output": ("```python\nprint(5)\n```\n```output\n3.0\n5\n```\n5 cars in 15 minutes.", "5"),
    "a tool's output, and a box": ("```output\n5\n```\nSo $\\boxed{6}$.", "6"),
    "formula without a box": ("Thus the area is $\\frac{3\\sqrt{3}}{4}$.", r"\frac{3\sqrt{3}}{4}"),
    "formula's right-hand side": ("We get \\[ x + 1 = 15x - 80 \\]", "15x - 80"),
    "pair without a box": ("The point is \\( (8, -2) \\).", "(8, -2)"),
    "inequality keeps its sign": ("Hence $x \\le 7 + y$.", r"x \le 7 + y"),
    "money is no formula": ("He pays $5 now and $6 later", "$6"),
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


FINAL = {
    "tag": ("Hm.\n<answer>\n1 2\n3 4\n</answer>", 2, "1 2\n3 4"),
    "fence in a tag": ("<answer>\n```json\n[1]\n```\n</answer>", 1, "[1]"),
    "fence": ("So:\n```\n 1 2\n3 4\n```\nDone.", 2, " 1 2\n3 4"),
    "marker": ("The answer is **Pass**.", 1, "Pass"),
    "last lines": ("The grid is\n1 2\n3 4\n", 2, "1 2\n3 4"),
    "last line": ("I think so.\nYes.", 1, "Yes"),
    "reference without lines": ("F+1", 0, "F+1"),
    "empty fence": ("```\n\n```", 1, None),
    "nothing": (" ", 3, None),
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


@pytest.mark.parametrize(("answer", "lines", "expected"), FINAL.values(), ids=FINAL)
def test_final_text(answer: str, lines: int, expected: str | None) -> None:
    assert final_text(answer, lines) == expected


@pytest.mark.parametrize(("answer", "expected"), PROGRAM.values(), ids=PROGRAM)
def test_program(answer: str, expected: str | None) -> None:
    assert program_answer(answer) == expected


def test_the_block_that_defines_the_function_goes_before_its_use() -> None:
    answer = f"{T}python\ndef f(x):\n    return x\n{T}\nFor example:\n{T}python\nprint(f(1))\n{T}"
    assert program_answer(answer, "f") == "def f(x):\n    return x"
    assert program_answer(answer, "g") == program_answer(answer) == "print(f(1))"
    assert program_answer(answer.replace("def f", "async def f"), "f") == "async def f(x):\n    return x"


@given(st.text(alphabet="ab1,.`*\n \\{}<>#:$-~" + "answerboxed", max_size=200))
def test_whatever_a_model_writes_something_or_nothing_is_found(answer: str) -> None:
    for extract in (output_answer, math_answer, text_answer, program_answer, lambda text: final_text(text, 2)):
        found = extract(answer)
        assert found is None or found.strip()


def test_long_rambling_takes_no_time() -> None:
    for unit in (
        "\\boxed{",
        "answer is ",
        "```\n",
        "1,",
        "<answer>",
        "a" * 50 + "\n",
        "*",
        "`",
        "` ",
        "#### ",
        "$1",
        "\\(1",
        "```output\n",
        "~~~",
        "```py\n",
        "```\nx\n```\n",
    ):
        text = unit * (200_000 // len(unit))
        for extract in (output_answer, math_answer, text_answer, program_answer, lambda text: final_text(text, 2)):
            extract(text)
