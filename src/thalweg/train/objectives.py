"""The loss, on the model's log-probabilities of the labelled tokens.

The loss of an optimiser step is sum(w * nll) / sum(w) over the labelled tokens of the whole step, whatever its
micro-batches and processes. The logits over the vocabulary, the largest tensor of a language model, are only computed
at labelled positions and only a chunk of them is held at a time: each chunk's are computed again in the backward
pass. A new objective is one more function of log-probabilities and weights.

Not covered: vocabulary heads that are split over devices.
"""

from types import MethodType
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from thalweg.loading import refuse_logit_transforms

if TYPE_CHECKING:
    from collections.abc import Callable


def weighted_nll(log_probs: torch.Tensor, weights: torch.Tensor, total: float) -> torch.Tensor:
    """A micro-batch's part of the loss: sum(w * nll) / total, with `total` the weight of the whole step."""
    return -(log_probs * weights).sum() / total


def chunked_log_probs(
    hidden: torch.Tensor, targets: torch.Tensor, head: "Callable[[torch.Tensor], torch.Tensor]", chunk: int
) -> torch.Tensor:
    """Log-probabilities (n) of `targets` (n) under `head(hidden)`, (n, vocabulary), `chunk` rows at a time."""

    def score(part: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        return log_probs_of(head(part), wanted)

    if len(targets) <= chunk:  # nothing to save
        return score(hidden, targets)
    parts = zip(torch.split(hidden, chunk), torch.split(targets, chunk), strict=True)
    scored = [checkpoint(score, *part, use_reentrant=False, preserve_rng_state=False) for part in parts]
    return torch.cat(scored)


def log_probs_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Log-probabilities (n) of `targets` (n) under `logits` (n, vocabulary), in float32."""
    return -cross_entropy(logits.float(), targets, reduction="none")


def score_labels(model: Any, chunk: int) -> None:
    """Lets `model(..., where=, targets=)` return the log-probabilities of targets, see `collate`; in place.

    This happens inside `forward`, where wrappers (DDP, FSDP, peft) have the weights of backbone and head at hand.
    `chunk` is the positions whose logits are held at once; 0 takes the model's own logits, all of them.

    Raises:
        InputError: `chunk` is not 0 and the architecture changes its logits after the head.
    """
    if chunk:
        refuse_logit_transforms(model.config, "train.loss_chunk", "set it to 0")
    original = model.forward

    def forward(self: Any, *args: Any, where: Any = None, targets: Any = None, **kwargs: Any) -> Any:
        if where is None:
            return original(*args, **kwargs)
        kwargs["use_cache"] = False  # with a cache, transformers would not look for packed examples
        if not chunk:
            logits = original(*args, **kwargs).logits
            return log_probs_of(logits.flatten(0, 1)[where], targets)
        hidden = self.base_model(*args, **kwargs).last_hidden_state
        return chunked_log_probs(hidden.flatten(0, 1)[where], targets, self.get_output_embeddings(), chunk)

    model.forward = MethodType(forward, model)
