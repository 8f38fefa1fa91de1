"""The chunked loss against plain cross-entropy, gradients included."""

from types import SimpleNamespace

import pytest
import torch
from torch.nn.functional import cross_entropy

from thalweg.errors import InputError
from thalweg.train.objectives import chunked_log_probs, score_labels, weighted_nll

TOKENS, WIDTH, VOCABULARY = 23, 8, 50


@pytest.mark.parametrize("chunk", [1, 5, 23, 100])
def test_chunks_give_the_plain_loss_and_gradients(chunk: int) -> None:
    torch.manual_seed(0)
    head = torch.nn.Linear(WIDTH, VOCABULARY, dtype=torch.float64)
    hidden = torch.randn(TOKENS, WIDTH, dtype=torch.float64, requires_grad=True)
    targets, weights = torch.randint(VOCABULARY, (TOKENS,)), torch.rand(TOKENS)
    inputs = [hidden, *head.parameters()]

    plain = (cross_entropy(head(hidden).float(), targets, reduction="none") * weights).sum() / weights.sum()
    expected = torch.autograd.grad(plain, inputs)
    loss = weighted_nll(chunked_log_probs(hidden, targets, head, chunk), weights, float(weights.sum()))
    actual = torch.autograd.grad(loss, inputs)

    torch.testing.assert_close(loss, plain)
    for one, other in zip(actual, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_no_more_than_a_chunk_of_logits_is_kept_for_the_backward_pass() -> None:
    head = torch.nn.Linear(WIDTH, VOCABULARY)
    hidden = torch.randn(TOKENS, WIDTH, requires_grad=True)
    kept: list[int] = []

    def note(tensor: torch.Tensor) -> torch.Tensor:
        kept.append(tensor.shape[0] if tensor.shape[-1:] == (VOCABULARY,) else 0)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        chunked_log_probs(hidden, torch.zeros(TOKENS, dtype=torch.long), head, 5)
    assert max(kept, default=0) == 0


def test_the_parts_of_micro_batches_add_up_to_the_step() -> None:
    torch.manual_seed(0)
    log_probs, weights = -torch.rand(TOKENS), torch.rand(TOKENS)
    total = float(weights.sum())
    parts = [weighted_nll(log_probs[at : at + 7], weights[at : at + 7], total) for at in range(0, TOKENS, 7)]
    torch.testing.assert_close(sum(parts), weighted_nll(log_probs, weights, total))


def test_a_student_that_changes_its_logits_is_refused_in_chunks() -> None:
    model = SimpleNamespace(config=SimpleNamespace(final_logit_softcapping=30.0), forward=None)
    with pytest.raises(InputError, match=r"train.loss_chunk: .*final_logit_softcapping.*set it to 0"):
        score_labels(model, 1024)
    score_labels(model, 0)
