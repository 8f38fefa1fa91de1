"""Thinking and answer come apart in one way only."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg import thinking
from thalweg.thinking import begins_thinking, full_text, is_finished, split, with_parts
from thalweg.types import Response

CASES = {
    "plain": ("4", None, "4"),
    "thought": ("<think>2 + 2</think>4", "2 + 2", "4"),
    "white space first": ("\n <think>\na\n</think>\n\n4\n", "\na\n", "\n\n4\n"),
    "unclosed": ("<think>2 + 2 is", "2 + 2 is", None),
    "empty thinking": ("<think></think>4", "", "4"),
    "nothing after": ("<think>a</think>", "a", ""),
    "empty": ("", None, ""),
    "second pair belongs to the answer": ("<think>a</think>b<think>c</think>d", "a", "b<think>c</think>d"),
    "nested": ("<think>a<think>b</think>c</think>d", "a<think>b", "c</think>d"),
    "a later tag is no thinking": ("Well. <think>a</think>4", None, "Well. <think>a</think>4"),
    "a later open tag": ("4 <think>a", None, "4 <think>a"),
    "prefilled": ("a + b</think>4", "a + b", "4"),
    "half a tag": ("<thin", None, "<thin"),
    "other case": ("<THINK>a</THINK>4", None, "<THINK>a</THINK>4"),
}


@pytest.mark.parametrize(("text", "thought", "answer"), CASES.values(), ids=CASES)
def test_split(text: str, thought: str | None, answer: str | None) -> None:
    assert split(text) == (thought, answer)


def test_the_examples_in_the_docstrings() -> None:
    assert doctest.testmod(thinking) == (0, 3)


def said(text: str | None = None, finish: str | None = "stop", **parts: str) -> Response:
    return with_parts(Response(id="r", problem_id="p", model="m", text=text, finish_reason=finish, **parts))  # type: ignore[arg-type]


@given(st.text(alphabet="ab \n<>/think").map(lambda t: t.replace("ab", "<think>").replace("ba", "</think>")))
def test_nothing_is_lost(text: str) -> None:
    thought, answer = split(text)
    assert full_text(said(text)) == text
    assert (thought or "") in text
    assert answer is None or text.endswith(answer)
    assert begins_thinking(said(text)) == text.lstrip().startswith("<think>")
    if thought is None:
        assert answer == text


def test_parts_given_apart_stay() -> None:
    apart = said(thinking="a", answer="4")
    assert (apart.thinking, apart.answer) == ("a", "4")
    assert begins_thinking(apart)
    assert not begins_thinking(said(answer="4"))
    assert split(full_text(apart)) == ("\na\n", "\n4")
    assert full_text(said(answer="4")) == "4"


@pytest.mark.parametrize(
    ("response", "finished"),
    [
        (said("4"), True),
        (said("4", None), True),
        (said("4", "length"), False),
        (said("<think>a"), False),
        (said("<think>a</think>"), True),
        (said("4", "content_filter"), False),
        (said(thinking="a"), False),
    ],
)
def test_finished(response: Response, finished: bool) -> None:
    assert is_finished(response) is finished
