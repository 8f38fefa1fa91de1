"""The decoding loop: prompts of token ids in, completions out, for one batch.

Prompts are padded on the left; every row has its own limit; rows that have ended leave the batch, since at the floor
of a valley a few rows ramble on for long after the others are done. Tokens are chosen row by row: the random numbers
of a row come from its own stream and not from its place in the batch, so a response does not depend on its company
(beyond the rounding of batched arithmetic).

Not covered: beams, speculative decoding, sharing the prefix of a problem's samples.
"""

import hashlib
import random
from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
from torch import Tensor

from thalweg.generate.cache import growing_cache
from thalweg.generate.model import Request, Sampling

_SHRINK_AT = 8  # rows leave the batch once one in eight has ended: leaving costs a copy of the cache


@torch.inference_mode()
def decode(
    model: Any,
    prompts: Sequence[Sequence[int]],
    limits: Sequence[int],
    ends: Collection[int],
    choose: Callable[[Tensor, Sequence[int]], Tensor],
    stops: Callable[[Sequence[int]], bool] | None = None,
) -> list[list[int]]:
    """The completions of `prompts`, each with the end token that closed it, if one did.

    Args:
        model: a causal language model of transformers, on its device.
        limits: the most tokens for each row, at least 1.
        ends: ids that end a row.
        choose: from logits `(live rows, vocabulary)` and the rows' indices, one id a row.
        stops: whether a row's tokens so far contain a stop string.
    """
    completions: list[list[int]] = [[] for _ in prompts]
    live, ended = list(range(len(prompts))), set[int]()
    ids, mask = _left_padded(prompts, model.device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    cache = growing_cache(model.config)
    while True:
        chosen = choose(_next_logits(model, ids, mask, positions, cache), live)
        for row, token in zip(live, chosen.tolist(), strict=True):
            if row not in ended:
                tokens = completions[row]
                tokens.append(token)
                if token in ends or len(tokens) == limits[row] or (stops is not None and stops(tokens)):
                    ended.add(row)
        if len(ended) == len(prompts):
            return completions
        ids, positions = chosen[:, None], positions[:, -1:] + 1
        mask = torch.cat([mask, mask.new_ones(len(live), 1)], dim=1)
        if _SHRINK_AT * sum(row in ended for row in live) >= len(live):
            keep = torch.tensor([place for place, row in enumerate(live) if row not in ended], device=ids.device)
            cache.reorder_cache(keep)
            ids, positions, mask = ids[keep], positions[keep], mask[keep]
            live = [row for row in live if row not in ended]


def _next_logits(model: Any, ids: Tensor, mask: Tensor, positions: Tensor, cache: Any) -> Tensor:
    """Logits of the next token, `(rows, vocabulary)`; the cache takes up `ids`."""
    output = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    logits: Tensor = output.logits[:, -1]
    return logits


def _left_padded(prompts: Sequence[Sequence[int]], device: Any) -> tuple[Tensor, Tensor]:
    """Ids and attention mask, `(rows, longest prompt)`. The fill is masked, so any id does."""
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(p)) + list(p) for p in prompts], device=device)
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
    return ids, mask


# --------------------------------------------------------------------------- choosing a token


class Chooser:
    """Chooses the next token of each row of one batch, greedily or by the sampling's rules."""

    def __init__(self, sampling: Sampling, requests: Sequence[Request]) -> None:
        self._sampling = sampling
        self._streams = [_stream(request, sampling.seed) for request in requests]

    def __call__(self, logits: Tensor, rows: Sequence[int]) -> Tensor:
        """One id a row of `logits` `(rows, vocabulary)`."""
        if self._sampling.temperature == 0:
            return logits.argmax(dim=-1)
        draws = torch.tensor([self._streams[row].random() for row in rows], dtype=torch.float64, device=logits.device)
        return sample(logits, draws, self._sampling)


def sample(logits: Tensor, draws: Tensor, sampling: Sampling) -> Tensor:
    """The ids at the quantiles `draws` (rows, in [0, 1)) of each row's distribution.

    Temperature comes first, then top-k, then top-p (Holtzman et al. 2020, arXiv:1904.09751) over what top-k left: the
    fewest most probable tokens whose mass reaches it. One number a token, by the inverse of the cumulative
    distribution, is what makes a row's stream independent of the vocabulary's size and of the other rows.
    """
    scaled = logits.double() / sampling.temperature
    order = None
    if sampling.top_k or sampling.top_p < 1:
        scaled, order = scaled.sort(dim=-1, descending=True, stable=True)
        scaled = scaled[:, : sampling.top_k or None]
    cumulative = scaled.softmax(dim=-1).cumsum(dim=-1)
    total = cumulative[:, -1:]
    if sampling.top_p < 1:
        # The first place where the mass reaches top-p is the last one kept.
        last = (cumulative < sampling.top_p).sum(dim=-1, keepdim=True).clamp(max=cumulative.shape[1] - 1)
        total = cumulative.gather(1, last)
    place = torch.searchsorted(cumulative, draws[:, None] * total, right=True).clamp(max=cumulative.shape[1] - 1)
    return (place if order is None else order.gather(1, place))[:, 0]


def _stream(request: Request, seed: int) -> random.Random:
    """The random numbers of one response: `random()` of a seeded `Random` is the same in every Python version."""
    key = f"{seed}\n{request.sample}\n{request.problem.id}".encode()
    return random.Random(int.from_bytes(hashlib.sha256(key).digest()))
