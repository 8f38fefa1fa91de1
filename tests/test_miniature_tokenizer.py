"""The student's tokenizer: lossless for whatever the miniature writes, and unshaken by anything else."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.chat import Prompt, end_of_turn, render
from thalweg.miniature import programs, synthesis, synthesis_tracer
from thalweg.miniature.programs import SPLITS, Split
from thalweg.miniature.tokenizer import SPECIAL, SYNTHESIS_WORDS, WORDS, make_tokenizer
from thalweg.miniature.tracer import STYLES, Style, trace

TOKENIZER = make_tokenizer()
FINDER = make_tokenizer(SYNTHESIS_WORDS)
PAD, UNKNOWN, END, USER, ASSISTANT = range(len(SPECIAL))


def ids_of(text: str) -> list[int]:
    ids: list[int] = TOKENIZER(text, add_special_tokens=False)["input_ids"]
    return ids


@settings(max_examples=40, deadline=None)
@given(split=st.sampled_from(SPLITS), style=st.sampled_from(STYLES), seed=st.integers(0, 99))
def test_what_is_decoded_is_what_was_encoded(split: Split, style: Style, seed: int) -> None:
    for problem in [*programs.problems(split, 5, seed), *programs.snippets(split, 3, seed)]:
        asked = render(TOKENIZER, problem.statement, Prompt())
        told = trace(problem, style, seed)
        whole = f"{asked}{told}{SPECIAL[END]}"
        assert TOKENIZER.decode(ids_of(whole)) == whole
        assert TOKENIZER.decode(ids_of(told)) == told
        assert UNKNOWN not in ids_of(whole)
        # The prompt and the response may be encoded apart or together.
        assert ids_of(whole) == [*ids_of(asked), *ids_of(told), END]


@settings(max_examples=20, deadline=None)
@given(split=st.sampled_from(SPLITS), style=st.sampled_from(synthesis_tracer.STYLES), seed=st.integers(0, 99))
def test_so_is_what_the_second_miniature_writes(split: Split, style: synthesis_tracer.Style, seed: int) -> None:
    for problem in synthesis.problems(split, 4, seed):
        asked = render(FINDER, problem.statement, Prompt())
        told = synthesis_tracer.trace(problem, style, seed)
        parts = [FINDER(text, add_special_tokens=False)["input_ids"] for text in (asked, told, asked + told)]
        assert FINDER.decode(parts[2]) == asked + told
        assert FINDER.decode(parts[1]) == told
        assert UNKNOWN not in parts[2]
        assert parts[2] == parts[0] + parts[1]


def test_a_line_of_a_function_is_one_token() -> None:
    text = "3 12 -> 12 3<think>\ntry\n    x = x[::-1] # 12 3\nok\n</think>\ndef f(x):\n    x = x[::-1]\n    return x"
    pieces = ["3", " 12", " ->", " 12", " 3", "<think>", "\ntry", "\n    x = x[::-1]", " #", " 12", " 3", "\nok", "\n"]
    assert FINDER.tokenize(text) == [
        *pieces, "</think>", "\n", "def f(x):", "\n    x = x[::-1]", "\n    return x",
    ]  # fmt: skip


def test_a_line_a_number_and_a_think_tag_are_one_ordinary_token_each() -> None:
    text = "<think>\nx = x[1:] + x[:1] # 1 42\nx = x[1:] # 42\n</think>\n42"
    pieces = ["<think>", "\nx = x[1:] + x[:1]", " #", " 1", " 42", "\nx = x[1:]", " #", " 42", "\n", "</think>"]
    assert TOKENIZER.tokenize(text) == [*pieces, "\n", "42"]
    assert not {"<think>", "</think>"} & set(TOKENIZER.all_special_tokens)
    assert TOKENIZER.decode(ids_of("<think>\n</think>"), skip_special_tokens=True) == "<think>\n</think>"


def test_every_token_is_reached_by_its_own_text() -> None:
    assert [ids_of(word) for word in WORDS] == [[len(SPECIAL) + index] for index in range(len(WORDS))]
    assert len(TOKENIZER) == len(SPECIAL) + len(WORDS)
    found = [FINDER(word, add_special_tokens=False)["input_ids"] for word in SYNTHESIS_WORDS]
    assert found == [[len(SPECIAL) + index] for index in range(len(SYNTHESIS_WORDS))]


@pytest.mark.parametrize("text", ["Hello, world!", " 123", "100", "so1", "x = y", "é", "\t", "<|strange|>"])
def test_unknown_text_becomes_unknown_tokens(text: str) -> None:
    assert UNKNOWN in ids_of(text)


@given(text=st.text())
def test_no_text_crashes(text: str) -> None:
    assert isinstance(TOKENIZER.decode(ids_of(text)), str)


def test_turns_and_special_tokens() -> None:
    assert (TOKENIZER.pad_token_id, TOKENIZER.unk_token_id, TOKENIZER.eos_token_id) == (PAD, UNKNOWN, END)
    assert TOKENIZER.bos_token is None
    assert end_of_turn(TOKENIZER, Prompt()) == END
    assert render(TOKENIZER, "1 2", Prompt()) == "<|user|>1 2<|assistant|>"
    turns: list[dict[str, Any]] = [
        {"role": "system", "content": "a"},
        {"role": "user", "content": "b"},
        {"role": "assistant", "content": "<think>c</think>d"},
    ]
    rendered = TOKENIZER.apply_chat_template(turns, tokenize=False)
    assert rendered == "a<|user|>b<|assistant|><think>c</think>d<|end|>"
