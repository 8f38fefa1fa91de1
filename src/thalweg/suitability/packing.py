"""Several responses in one row: prompts that they share are read once, and no response sees another.

    ids        p p p a a a b b q q c c c c     responses a and b to prompt p, c to q
    positions  0 1 2 3 4 5 3 4 0 1 2 3 4 5

Attention runs response by response over its prompt and itself, plainly causal, so that no mask is made, nothing is
padded, and memory grows with the length of the row only. transformers hands the row's layout down to the attention
function. Not covered: models that mix tokens by other means (state spaces, sliding windows); `can_pack` tells.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

_NAME = "thalweg_packed"


class Row(NamedTuple):
    """Tokens, of which those from `start` on (at least 1) are scored. `truncated`: there were more than fit."""

    ids: list[int]
    start: int
    truncated: bool = False


class Piece(NamedTuple):
    """Where in a packed row a response stands, and its prompt; `first` of its prompt's, it is read with the prompt.

    A response of one token stands nowhere, since nothing is predicted from its last.
    """

    prompt: slice
    response: slice
    first: bool


class Pack(NamedTuple):
    """One packed row of `length` tokens, and of its n scored tokens what each is predicted from, and what came.

    `ids` and `positions` are (1, length), `where` (indices into the row) and `targets` (n).
    """

    ids: torch.Tensor
    positions: torch.Tensor
    where: torch.Tensor
    targets: torch.Tensor
    pieces: list[Piece]


def plan(rows: Sequence[Row], most: int) -> Iterator[list[int]]:
    """Cuts rows into packs of at most `most` tokens, those with one prompt side by side; a longer row goes alone."""
    prompts: dict[tuple[int, ...], list[int]] = {}
    for index, row in enumerate(rows):
        prompts.setdefault(tuple(row.ids[: row.start]), []).append(index)
    members: list[int] = []
    tokens = 0
    for prompt, indices in prompts.items():
        shared = False
        for index in indices:
            more = len(rows[index].ids) - (len(prompt) if shared else 0)
            if members and tokens + more > most:
                yield members
                members, tokens, more = [], 0, len(rows[index].ids)
            members.append(index)
            tokens += more
            shared = True
    if members:
        yield members


def pack(rows: Sequence[Row]) -> Pack:
    """Rows, those with one prompt side by side, as one row."""
    ids: list[int] = []
    positions: list[int] = []
    where: list[int] = []
    pieces: list[Piece] = []
    last: list[int] | None = None
    for row in rows:
        prompt, response = row.ids[: row.start], row.ids[row.start : -1]  # nothing is predicted from the last token
        first = prompt != last
        if first:
            ids += prompt
            positions += range(len(prompt))
            span, last = slice(len(ids) - len(prompt), len(ids)), prompt
        pieces.append(Piece(span, slice(len(ids), len(ids) + len(response)), first))
        where += [span.stop - 1, *range(len(ids), len(ids) + len(response))]
        ids += response
        positions += range(len(prompt), len(prompt) + len(response))
    targets = [token for row in rows for token in row.ids[row.start :]]
    return Pack(torch.tensor([ids]), torch.tensor([positions]), torch.tensor(where), torch.tensor(targets), pieces)


# --------------------------------------------------------------------------- attention


def can_pack(model: Any) -> bool:
    """Whether a model mixes tokens by plain attention alone, through transformers' attention interface."""
    config = model.config.get_text_config()
    plain = set(getattr(config, "layer_types", None) or ["full_attention"]) == {"full_attention"}
    window = getattr(config, "sliding_window", None)
    backend = model._supports_attention_backend and model._supports_sdpa and not model._is_stateful
    return bool(backend and plain and window is None)


def let_pack(model: Any) -> None:
    """Makes a model's attention read `pieces=`, which its forward pass must then be given."""
    AttentionInterface.register(_NAME, _attend)
    model.set_attn_implementation(_NAME)


def _attend(
    module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, _mask: None, **options: Any
) -> tuple[torch.Tensor, None]:
    """Attention of one packed row; states are (1, heads, length, size), the result (1, length, heads, size)."""
    parts: list[torch.Tensor] = []
    for prompt, response, first in options.pop("pieces"):
        if first:
            spans, skip = [slice(prompt.start, response.stop)], 0
        else:
            spans, skip = [prompt, response], prompt.stop - prompt.start
        states = [torch.cat([state[:, :, span] for span in spans], dim=2) for state in (query, key, value)]
        attended, _ = sdpa_attention_forward(module, *states, None, **options)
        parts.append(attended[:, skip:])
    return torch.cat(parts, dim=1), None
