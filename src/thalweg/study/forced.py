"""Teacher-forced passes: what a model makes of given tokens, and of tokens beside them.

`thalweg.suitability` reads responses for their quality; here a model is read for what went wrong with it, so the
same pass also says how likely the token before or after the right one was, and which special token it expects at the
end. Rows go one by one and the head is applied to a few positions at a time, so that memory grows with the length
alone. Not covered: models that change their logits after the head (refused).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from thalweg import chat
from thalweg.loading import load, refuse_logit_transforms

_CHUNK = 256  # positions whose logits are held at once


class Pass(NamedTuple):
    """One row as a model sees it, in nats; n response tokens, the end token left out.

    `following`, `ahead` and `behind` (n each): log-probabilities, where the next token is predicted, of that token,
    of the one after it (the end token after the last), and of the one before it. `entropies` (n) are of the same
    distributions; `prompt` is the mean log-probability of the prompt's tokens; `ends` are the log-probabilities of
    the special tokens after the last one.
    """

    following: torch.Tensor
    ahead: torch.Tensor
    behind: torch.Tensor
    entropies: torch.Tensor
    prompt: float
    ends: torch.Tensor

    @property
    def loss(self) -> float:
        """Mean loss a response token."""
        return -float(self.following.mean())


@dataclass(frozen=True, slots=True)
class Forced:
    """A model folder, opened for passes; `special` are the ids that `Pass.ends` speaks of, the end token first."""

    tokenizer: Any
    model: Any
    end: int
    special: tuple[int, ...]

    @classmethod
    def open(cls, folder: str | Path, prompt: chat.Prompt) -> "Forced":
        """Loads a model; `prompt` decides what its end token is.

        Raises:
            InputError: no model or tokenizer there, no chat template where the prompt wants one, or a model that
                changes its logits after the head.
        """
        where = f"model {folder}"
        tokenizer, model = load(folder, where, "fp32")
        refuse_logit_transforms(model.config, where, "it cannot be probed; take another student")
        chat.check_template(tokenizer, prompt, where)
        end = chat.end_of_turn(tokenizer, prompt)
        others = sorted({*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder} - {end})
        return cls(tokenizer, model, end, (end, *others))

    def tokens(self, text: str) -> list[int]:
        """The ids of a text, without any that it does not hold."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return ids

    @torch.inference_mode()
    def read(self, head: Sequence[int], tail: Sequence[int]) -> Pass:
        """A pass over a prompt's tokens and a response's; both are cut from the right to the model's context."""
        context = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        ids = [*head, *tail, self.end][:context]
        head = head[: len(ids) - 2]
        given = torch.tensor([ids[:-1]], device=self.model.device)
        states = self.model.base_model(given, use_cache=False).last_hidden_state[0]
        parts = [self._read(states, ids, at) for at in range(0, len(states), _CHUNK)]
        following, ahead, behind, entropies = (torch.cat(column) for column in zip(*parts, strict=True))
        ends = self._log_probs(states[-1:])[0, list(self.special)].cpu()
        own = slice(len(head) - 1, len(ids) - 2)
        prompt = float(following[: len(head) - 1].mean()) if len(head) > 1 else 0.0
        return Pass(following[own], ahead[own], behind[own], entropies[own], prompt, ends)

    def _read(self, states: torch.Tensor, ids: Sequence[int], at: int) -> tuple[torch.Tensor, ...]:
        """Next, ahead, behind and entropy of the positions from `at` on; the last has nothing ahead of the end."""
        logs = self._log_probs(states[at : at + _CHUNK])
        stop = at + len(logs)
        wanted = ids[at + 1 : stop + 1], [*ids[at + 2 : stop + 2], self.end][: len(logs)], ids[at:stop]
        columns = [torch.tensor(w, device=logs.device)[:, None] for w in wanted]
        found = [logs.gather(1, column)[:, 0].cpu() for column in columns]
        return (*found, -(logs.exp() * logs).sum(1).cpu())

    def _log_probs(self, states: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model.get_output_embeddings()(states)
        return logits.float().log_softmax(1)


def movement(start: Any, checkpoint: Any) -> float | None:
    """How far the weight matrices of one model lie from another's, relative to their size; null where they differ."""
    before, after = dict(start.named_parameters()), dict(checkpoint.named_parameters())
    if {name: p.shape for name, p in before.items()} != {name: p.shape for name, p in after.items()}:
        return None
    matrices = [name for name, weight in before.items() if weight.dim() > 1]
    moved = sum(float((after[name].detach() - before[name].detach()).double().square().sum()) for name in matrices)
    size = sum(float(before[name].detach().double().square().sum()) for name in matrices)
    return float((moved / size) ** 0.5)
