"""Prompts under several chat templates."""

from typing import Any

import pytest

from tests.tiny import CHATML, LLAMA3, R1, tiny_tokenizer
from thalweg.chat import Prompt, check_template, end_of_turn, render
from thalweg.errors import InputError
from thalweg.types import Problem, TextCheck

PREFILLING = CHATML.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}")
PLAIN = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (CHATML, "<|im_start|>user\n2 + 2?<|im_end|>\n<|im_start|>assistant\n"),
        (PREFILLING, "<|im_start|>user\n2 + 2?<|im_end|>\n<|im_start|>assistant\n"),
        (
            LLAMA3,
            "<s><|start_header_id|>user<|end_header_id|>\n\n2 + 2?<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
        (R1, "<s><|User|>2 + 2?<|Assistant|>"),
    ],
)
def test_rendering_ends_where_the_response_begins(template: str, expected: str) -> None:
    assert render(tiny_tokenizer(template), "2 + 2?", Prompt()) == expected


def test_a_think_tag_in_the_question_stays() -> None:
    text = render(tiny_tokenizer(CHATML), "What is <think>?", Prompt())
    assert "What is <think>?" in text


def test_a_system_message_comes_first() -> None:
    prompt = Prompt(system="Be brief.")
    text = render(tiny_tokenizer(CHATML), "?", prompt)
    assert text.startswith("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n?")
    assert render(tiny_tokenizer(None), "?", Prompt(chat="none", system="Be brief.")) == "<s>Be brief.\n\n?\n"


def test_without_a_template_there_is_plain_text() -> None:
    assert render(tiny_tokenizer(None), "2 + 2?", Prompt(chat="none")) == "<s>2 + 2?\n"


@pytest.mark.parametrize(
    ("template", "chat", "token"),
    [
        (CHATML, "tokenizer", "<|im_end|>"),
        (LLAMA3, "tokenizer", "<|eot_id|>"),
        (R1, "tokenizer", "</s>"),
        (PLAIN, "tokenizer", "</s>"),
        (CHATML, "none", "</s>"),
        (None, "none", "</s>"),
    ],
)
def test_the_end_of_a_turn(template: str | None, chat: Any, token: str) -> None:
    tokenizer = tiny_tokenizer(template)
    assert end_of_turn(tokenizer, Prompt(chat=chat)) == tokenizer.convert_tokens_to_ids(token)


def test_a_turn_must_end_somehow() -> None:
    with pytest.raises(InputError, match="no end-of-sequence token"):
        end_of_turn(tiny_tokenizer(PLAIN, eos=None), Prompt())


def test_a_missing_template_is_refused_unless_plain_text_is_asked_for() -> None:
    with pytest.raises(InputError, match=r"here: its tokenizer has no chat template; set 'prompt: \{chat: none\}'"):
        check_template(tiny_tokenizer(None), Prompt(), "here")
    check_template(tiny_tokenizer(None), Prompt(chat="none"), "here")
    check_template(tiny_tokenizer(CHATML), Prompt(), "here")


def test_braces_in_statements_are_safe() -> None:
    problem = Problem(id="p", statement="{x} {statement} {}", check=TextCheck(answer="1"))
    assert Prompt(template="Q: {statement}!").user_turn(problem) == "Q: {x} {statement} {}!"


def test_the_hash_tells_prompts_apart() -> None:
    prompts = [Prompt(), Prompt(template="Q: {statement}"), Prompt(system="s"), Prompt(chat="none")]
    hashes = [prompt.hash for prompt in prompts]
    assert len(set(hashes)) == 4
    assert all(len(text) == 16 for text in hashes)
    assert Prompt().hash == hashes[0]
