"""Examples -> token ids, labels and token weights, with the student's own tokenizer.

The prompt is rendered by `thalweg.chat`, the response follows byte for byte, then the token that ends a turn.
Labels are -100 on the prompt, so the loss covers thinking, answer and end-of-turn token, and nothing after. Prompt
and response are tokenised apart: generation sees the same prompt tokens, and no merge crosses the border. This is
done here because chat templates drop thinking from assistant turns and trainers cut the end marker off in silence.

Not covered: tokenizers that put a space before any text (Llama 2's), which would put it before the response too.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from thalweg import chat
from thalweg.errors import InputError
from thalweg.train.config import TrainConfig
from thalweg.types import Example

Ints: TypeAlias = npt.NDArray[np.int32]
Floats: TypeAlias = npt.NDArray[np.float32]

IGNORED = -100


class Encoded(NamedTuple):
    """One example as three arrays of the same length; `labels` is -100 and `weights` 0 where no loss is taken."""

    input_ids: Ints
    labels: Ints
    weights: Floats


class EncodedCorpus(NamedTuple):
    """The rows that are trained on. `truncated` rows were too long; `dropped` of them are not among the rows.

    `places` are the rows' indices in the corpus, ascending.
    """

    rows: list[Encoded]
    truncated: int
    dropped: int
    places: list[int]


def encode_corpus(
    corpus: Sequence[Example], tokenizer: Any, prompt: chat.Prompt, config: TrainConfig, limit: int
) -> EncodedCorpus:
    """Encodes a corpus; `limit` is the most tokens a row may have.

    Raises:
        InputError: the corpus is empty, the tokenizer has no chat template, or no row is short enough.
    """
    if not corpus:
        raise InputError("corpus", "it holds no example", "train on at least one")
    chat.check_template(tokenizer, prompt, str(tokenizer.name_or_path))
    end = chat.end_of_turn(tokenizer, prompt)
    heads = _tokenise(tokenizer, [chat.render(tokenizer, example.prompt, prompt) for example in corpus])
    tails = _tokenise(tokenizer, [example.text for example in corpus])
    rows = [
        encode(head, [*tail, end], example.weight) for head, tail, example in zip(heads, tails, corpus, strict=True)
    ]
    short = sum(len(row.input_ids) <= limit for row in rows)
    kept = {place: row for place, row in enumerate(rows) if len(row.input_ids) <= limit}
    if config.on_truncation == "keep":
        kept = {place: cut for place, row in enumerate(rows) if (cut := truncate(row, limit)).labels[-1] != IGNORED}
    if not kept:
        shortest = min(len(row.input_ids) for row in rows)
        raise InputError(
            "train.max_length",
            f"all {len(rows)} examples are longer than {limit} tokens",
            f"the shortest has {shortest}",
        )
    return EncodedCorpus(list(kept.values()), len(rows) - short, len(rows) - len(kept), list(kept))


def encode(prompt: Sequence[int], completion: Sequence[int], weight: float) -> Encoded:
    """Joins a prompt's and a completion's tokens; every completion token weighs the same."""
    ids = np.array([*prompt, *completion], dtype=np.int32)
    labels = ids.copy()
    labels[: len(prompt)] = IGNORED
    return Encoded(ids, labels, np.where(labels == IGNORED, 0.0, weight).astype(np.float32))


def truncate(row: Encoded, limit: int) -> Encoded:
    """The first `limit` tokens of a row: without its end marker, if that is beyond them."""
    return Encoded(row.input_ids[:limit], row.labels[:limit], row.weights[:limit])


def _tokenise(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    # The rendered prompt holds its own BOS text, so no special token may be added. Python ids, one list a text.
    ids: list[list[int]] = tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
    return ids
