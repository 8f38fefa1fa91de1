"""Each filter alone, presets, the order of reasons, and what filters do not look at."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from thalweg.curate.filters import PRESETS, Filters, filter_reason
from thalweg.errors import InputError
from thalweg.types import Problem, Response, TextCheck

PROGRAM = "```python\nprint(sum(map(int, input().split())))\n```"
CPP = "```cpp\n#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b; }\n```"
GOOD = f"<think>Two numbers, so add them.</think>\nAdd both.\n{PROGRAM}"
GERMAN = "Wir lesen die beiden Zahlen ein, zählen sie zusammen und geben am Ende das Ergebnis wieder aus."
ENGLISH = "We read both of the numbers, add them to each other and print the result at the end of it all."


def problem(license: str | None = None) -> Problem:
    return Problem(id="p", statement="Add two numbers.", check=TextCheck(answer="3"), license=license)


def response(text: str | None, **parts: str | None) -> Response:
    return Response(id="r", problem_id="p", model="m", text=text, **parts)  # type: ignore[arg-type]


def reason(text: str, license: str | None = None, **fields: Any) -> str | None:
    return filter_reason(response(text), problem(license), Filters(**fields), lambda text: len(text.split()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD, None),
        ("  \n<think>a</think>b", None),
        ("b", "no opening think tag"),
        ("a</think>b", "no opening think tag"),  # the prompt held the tag
        ("<think>a", "no closing think tag"),
        ("<think>a</think>b</think>c", "several think tags"),
        ("<think><think>a</think>b", "several think tags"),
        ("<think>a</think><think>b</think>c", "several think tags"),
        ("First: <think>a</think>b", "think tag not at the beginning"),
        ("a</think>b<think>", "think tag not at the beginning"),
        ("<think>a</think> \n", "nothing after the thinking"),
        ("", "no opening think tag"),
    ],
)
def test_thinking_is_one_pair_at_the_beginning(text: str, expected: str | None) -> None:
    assert reason(text, think="required") == expected
    assert reason(text, think="forbidden") == ("thinking" if "think>" in text else None)


def test_thinking_given_apart_counts_as_tags_do() -> None:
    apart, direct = response(None, thinking="a", answer="b"), response(None, answer="b")
    required, forbidden = Filters(think="required"), Filters(think="forbidden")
    assert filter_reason(apart, problem(), required) is None
    assert filter_reason(apart, problem(), forbidden) == "thinking"
    assert filter_reason(direct, problem(), required) == "no opening think tag"
    assert filter_reason(direct, problem(), forbidden) is None
    tag_inside = response(None, thinking="a </think> b", answer="c")
    assert filter_reason(tag_inside, problem(), required) == "several think tags"


NO_BLOCK = "no python or cpp block in the answer"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD, None),
        (CPP, None),
        ("```c++\nint main() {}\n```", None),
        ("```py\nx\n```", None),
        ("print(3)", NO_BLOCK),
        ("```\nprint(3)\n```", NO_BLOCK),
        ("```java\nclass A {}\n```", NO_BLOCK),
        ("```python\nprint(3)", NO_BLOCK),  # never closed: the reply was cut
        (f"<think>{PROGRAM}</think> As above.", NO_BLOCK),
        ("<think>never closed\n" + PROGRAM, NO_BLOCK),
    ],
)
def test_the_answer_holds_a_closed_block_of_a_language(text: str, expected: str | None) -> None:
    assert reason(text, code=["python", "cpp"]) == expected


def test_one_language_may_be_asked_for() -> None:
    assert reason(CPP, code=["python"]) == "no python block in the answer"
    assert reason(CPP + "\n" + PROGRAM, code=["python"]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD, None),
        (f"<think>Try:\n{PROGRAM}\nYes.</think> So.", "code block in the thinking"),
        ("<think>Try:\n```\nx = 3\n```\n</think> So.", "code block in the thinking"),
        ("<think>Try `x = 3`, it is ``` enough.</think> So.", None),  # not a fence
        (PROGRAM, None),
    ],
)
def test_thinking_without_code_blocks(text: str, expected: str | None) -> None:
    assert reason(text, code_in_thinking=False) == expected
    assert reason(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PROGRAM, None),
        (CPP, None),
        ("```python\nprint 'Python 2'\n```", None),  # the grammar is lenient
        ("```python\ndef f(:\n    return\n```", "syntax error in python"),
        ("```python\nprint((3)\n```", "syntax error in python"),
        ("```cpp\nint main() { return 0;\n```", "syntax error in cpp"),
        ("```python\nx = (\n```\nRather:\n" + PROGRAM, None),  # the last counts
        (PROGRAM + "\nor\n```python\nx = (\n```", "syntax error in python"),
        (PROGRAM + "\nwhich prints\n```\n3 (\n```", None),
        ("```java\nclass {\n```", "no program to parse"),
        ("The answer is 3.", "no program to parse"),
    ],
)
def test_the_last_program_parses(text: str, expected: str | None) -> None:
    assert reason(text, syntax=True) == expected


def test_syntax_looks_at_the_language_that_is_asked_for() -> None:
    broken_cpp = "\n```cpp\nint main( {\n```"
    assert reason(PROGRAM + broken_cpp, syntax=True) == "syntax error in cpp"
    assert reason(PROGRAM + broken_cpp, syntax=True, code=["python"]) is None


def test_text_that_utf_8_cannot_hold_is_parsed_all_the_same() -> None:
    assert reason("```python\nprint('\ud800')\n```", syntax=True) is None


@pytest.mark.parametrize(
    ("text", "at_end", "anywhere"),
    [
        (GOOD, None, None),
        ("No, wait. " * 6, "ends in a loop", "ends in a loop"),
        ("<think>" + "No, wait. " * 6 + "</think> It is 3.", "ends in a loop", "ends in a loop"),
        ("<think>" + "No, wait. " * 20 + "Then add them.</think> It is 3.", None, "holds a loop"),
        ("<think>" + "No, wait. " * 6 + "Then add them.</think> It is 3.", None, None),
        ("The matrix is [" + "0, " * 20 + "1] as it should be.", None, None),
        ("The matrix is [" + "0, " * 40 + "1] as it should be.", None, "holds a loop"),
    ],
)
def test_loops(text: str, at_end: str | None, anywhere: str | None) -> None:
    assert reason(text, loops="end") == at_end
    assert reason(text, loops="anywhere") == anywhere
    assert reason(text) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"min_tokens": 3}, None),
        ({"min_tokens": 4}, "under 4 tokens"),
        ({"max_tokens": 3}, None),
        ({"max_tokens": 2}, "over 2 tokens"),
        ({"min_tokens": 1, "max_tokens": 2}, "over 2 tokens"),
        ({"min_tokens": 3, "max_tokens": 3}, None),
    ],
)
def test_length_is_that_of_the_whole_response(fields: dict[str, Any], expected: str | None) -> None:
    assert reason("<think>one</think> two three", **fields) == expected


def test_length_needs_something_to_count_with() -> None:
    with pytest.raises(InputError, match="without a student"):
        filter_reason(response("a"), problem(), Filters(max_tokens=3))
    assert filter_reason(response("a"), problem(), Filters(think="forbidden")) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ENGLISH, None),
        (GERMAN, "language de"),
        ("我们先把两个数字相加,然后输出结果。" * 5, "language zh"),
        ("Antwort: 3", None),  # too short to tell
        (f"<think>{GERMAN}</think> 3", "language de"),
        (f"{ENGLISH}\n```python\n# {GERMAN * 9}\n```", None),  # code is not prose
        (f"{ENGLISH} $\\text{{{GERMAN * 9}}}$", None),
        ("```python\nprint(3)\n```", None),
        (ENGLISH * 500 + GERMAN, None),
    ],
)
def test_language(text: str, expected: str | None) -> None:
    assert reason(text, language="en") == expected


@pytest.mark.parametrize(
    ("license", "expected"),
    [("MIT", None), ("mit", None), ("GPL-3.0", "license GPL-3.0"), (None, "no license stated")],
)
def test_licenses(license: str | None, expected: str | None) -> None:
    assert reason("a", license, licenses=["MIT", "CC-BY-4.0"]) == expected
    assert reason("a", license) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD, None),
        (f"<think>Add them.</think>{CPP}", None),
        (PROGRAM, "no opening think tag"),
        (f"<think>{PROGRAM}</think>{PROGRAM}", "code block in the thinking"),
        ("<think>Add them.</think> print(3)", NO_BLOCK),
        ("<think>Add them.</think>\n```python\nprint(3\n```", "syntax error in python"),
    ],
)
def test_opencodereasoning(text: str, expected: str | None) -> None:
    assert reason(text, preset="opencodereasoning") == expected


def test_ded() -> None:
    assert reason("<think>a</think>b", preset="ded") is None
    assert reason("b", preset="ded") == "no opening think tag"
    assert reason(f"<think>{'a ' * 16_384}</think>b", preset="ded") == "over 16384 tokens"


def test_fields_beside_a_preset_replace_its_own() -> None:
    filters = Filters(preset="ded", max_tokens=8_192)
    assert (filters.think, filters.max_tokens) == ("required", 8_192)
    assert Filters(**filters.model_dump()) == filters
    assert Filters(preset="opencodereasoning", think=None).think is None


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_what_their_fields_say(name: Any) -> None:
    assert Filters(preset=name) == Filters(**PRESETS[name]).model_copy(update={"preset": name})


@pytest.mark.parametrize(
    "fields",
    [
        {"preset": "unheard of"},
        {"thinks": "required"},
        {"code": ["java"]},
        {"max_tokens": 0},
        {"min_tokens": 5, "max_tokens": 4},
        {"language": "English"},
    ],
)
def test_what_is_not_understood_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Filters(**fields)


texts = st.lists(
    st.sampled_from(["<think>", "</think>", "a b ", "\n```python\n", "\n```\n", "x = (", "3", "哈", " 1 2" * 30]),
    max_size=12,
).map("".join)


@given(texts)
def test_nothing_is_dropped_by_default(text: str) -> None:
    assert reason(text) is None


@settings(deadline=None)
@given(texts, st.sampled_from(list(PRESETS)))
def test_a_preset_drops_what_one_of_its_filters_drops(text: str, name: str) -> None:
    fields = PRESETS[name]
    alone = [
        reason(text, **{key: value}, **({"code": fields["code"]} if key == "syntax" else {}))
        for key, value in fields.items()
    ]
    found = reason(text, preset=name)
    assert found in alone
    assert (found is None) == (not any(alone))
