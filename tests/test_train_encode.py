"""What the loss covers, under four kinds of chat template; truncation, counted and cut."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny import CHATML, LLAMA3, R1, tiny_tokenizer
from thalweg.chat import Prompt, render
from thalweg.errors import InputError
from thalweg.train.config import TrainConfig
from thalweg.train.encode import IGNORED, encode_corpus
from thalweg.types import Example

RESPONSE = "<think>\nfirst 2 + 2\nso 4 </think>\n\n**4**  "
TEMPLATES = {
    "chatml": (CHATML, Prompt(system="Be brief."), "<|im_end|>"),
    "llama3": (LLAMA3, Prompt(), "<|eot_id|>"),
    "r1": (R1, Prompt(), "</s>"),
    "none": (None, Prompt(chat="none"), "</s>"),
}


def example(text: str = RESPONSE, prompt: str = "What is 2 + 2?", weight: float = 1.0) -> Example:
    return Example(response_id="r", problem_id="p", prompt=prompt, text=text, weight=weight)


def encoded(rows: list[Example], tokenizer: Any, prompt: Prompt, limit: int = 1000, **settings: Any) -> Any:
    return encode_corpus(rows, tokenizer, prompt, TrainConfig(**settings), limit)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_loss_covers_the_response_and_the_end_of_turn_and_nothing_else(name: str) -> None:
    template, prompt, end = TEMPLATES[name]
    tokenizer = tiny_tokenizer(template)
    (row,) = encoded([example(weight=0.5)], tokenizer, prompt).rows
    covered = row.labels != IGNORED
    assert tokenizer.decode(row.labels[covered]) == RESPONSE + end
    assert tokenizer.decode(row.input_ids[~covered]) == render(tokenizer, "What is 2 + 2?", prompt)
    assert tokenizer.decode(row.input_ids).count("<s>") <= 1
    assert (row.labels[covered] == row.input_ids[covered]).all()
    assert (row.weights == 0.5 * covered).all()
    first = int(covered.argmax())
    assert covered[first:].all(), "nothing follows the end-of-turn token"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_is_trained_on_byte_for_byte(text: str) -> None:
    (row,) = encoded([example(text)], _TOKENIZER, Prompt()).rows
    assert _TOKENIZER.decode(row.labels[row.labels != IGNORED]) == text + "<|im_end|>"


_TOKENIZER = tiny_tokenizer(CHATML)


@pytest.mark.parametrize(
    ("on_truncation", "lengths", "dropped"), [("drop", [20], 2), ("keep", [20, 40], 1)], ids=["drop", "keep"]
)
def test_rows_that_are_too_long_are_counted_and_dropped_or_cut(
    on_truncation: str, lengths: list[int], dropped: int
) -> None:
    # Without a template the prompt is BOS, its text and a line break, and one end token closes the response.
    rows = [example("a" * 7, "q" * 10), example("b" * 99, "q" * 10), example("c", "q" * 60)]
    corpus = encoded(rows, tiny_tokenizer(None), Prompt(chat="none"), limit=40, on_truncation=on_truncation)
    assert [len(row.input_ids) for row in corpus.rows] == lengths
    assert (corpus.truncated, corpus.dropped) == (2, dropped)
    if on_truncation == "keep":
        cut = corpus.rows[1]
        assert tiny_tokenizer(None).decode(cut.labels[cut.labels != IGNORED]) == "b" * 28


@pytest.mark.parametrize(
    ("rows", "template", "limit", "message"),
    [
        ([], CHATML, 100, "corpus: it holds no example"),
        ([example()], None, 100, "no chat template"),
        ([example()], CHATML, 10, "train.max_length: all 1 examples are longer than 10 tokens"),
    ],
    ids=["empty", "no template", "all too long"],
)
def test_what_cannot_be_encoded_is_refused(rows: list[Example], template: str | None, limit: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        encoded(rows, tiny_tokenizer(template), Prompt(), limit)


def test_a_row_knows_nothing_of_its_neighbours() -> None:
    rows = [example("one"), example("another, longer"), example("one")]
    corpus = encoded(rows, _TOKENIZER, Prompt())
    assert (corpus.rows[0].input_ids == corpus.rows[2].input_ids).all()
    alone = encoded([dataclasses.replace(rows[1])], _TOKENIZER, Prompt()).rows[0]
    assert (corpus.rows[1].input_ids == alone.input_ids).all()
