"""What is read off next-token logits: log-probability and rank of the token that came, entropy of the distribution.

The logits over the vocabulary, the largest tensor of a language model, are made for a few positions at a time and
overwritten while they are read, so that memory does not grow with length x vocabulary. Not covered: vocabulary heads
that are split over devices.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch

RANK_CAP = 100
_KINDS = (torch.float32, torch.uint8, torch.float32)


class Readings(NamedTuple):
    """Three tensors (n): log-probabilities and entropies in nats (float32), ranks from 1 to `RANK_CAP` (uint8)."""

    log_probs: torch.Tensor
    ranks: torch.Tensor
    entropies: torch.Tensor


def read(
    hidden: torch.Tensor, targets: torch.Tensor, head: Callable[[torch.Tensor], torch.Tensor], chunk: int
) -> Readings:
    """Reads `targets` (n) off `head(hidden)`, (n, vocabulary) in float32, `chunk` positions at a time."""
    # Results have their place before the first logits: small tensors that stay, made between large ones that go, would
    # keep the allocator from using the large ones' memory again.
    found = Readings(*(hidden.new_empty(len(targets), dtype=kind) for kind in _KINDS))
    for start in range(0, len(targets), chunk):
        part = slice(start, start + chunk)
        _read(head(hidden[part]), targets[part], Readings(*(column[part] for column in found)))
    return found


def _read(logits: torch.Tensor, targets: torch.Tensor, found: Readings) -> None:
    """Reads `targets` (n) off `logits` (n, vocabulary), which are overwritten, into `found`.

    A rank is 1 + the number of tokens that are strictly likelier: ties do not count (arXiv 2601.14249, section 3).
    """
    wanted = logits.gather(1, targets[:, None])
    found.ranks.copy_((logits > wanted).sum(1, dtype=torch.int32).add_(1).clamp_(max=RANK_CAP))
    logits -= logits.amax(1, keepdim=True)
    wanted = logits.gather(1, targets[:, None])[:, 0]
    weights = logits.exp()
    total = weights.sum(1)
    log_total = total.log()
    found.log_probs.copy_((wanted - log_total).clamp_(max=0))
    # H = log Z - sum(w l) / Z, with l shifted by the maximum, so that Z is at least 1.
    found.entropies.copy_((log_total - torch.linalg.vecdot(weights, logits) / total).clamp_(min=0))
