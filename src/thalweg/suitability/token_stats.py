"""How a student sees responses: log-probability, rank and entropy of every response token, in one forward pass.

Prompts are rendered by `thalweg.chat` and responses follow byte for byte, tokenised apart, exactly as in training;
the end marker is left out. Responses are packed without seeing each other (`thalweg.suitability.packing`), or go one
by one where a model does not allow it. The head is applied to response positions only, a few at a time
(`thalweg.suitability.readings`), so that memory grows with the length alone.

Not covered: models that change their logits after the head (refused), and several GPUs.
"""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from thalweg import chat
from thalweg.errors import InputError
from thalweg.loading import Precision, device, label, load, refuse_logit_transforms
from thalweg.suitability.packing import Row, can_pack, let_pack, pack, plan
from thalweg.suitability.readings import Readings, read
from thalweg.types import TokenStats


class Item(NamedTuple):
    """A response to score: what the user said, and the response's whole text."""

    response_id: str
    user_turn: str
    text: str


class Scorer:
    """A student that scores responses.

    Args:
        student: a folder with a model or a peft adapter, or a hub id.
        precision: of all weights and activations but the head's, which are float32; null is fp32 on a CPU and bf16 on
            a GPU.
        threads: CPU threads of PyTorch, for the whole process; null leaves its choice.
        pack_tokens: the most tokens of a forward pass; a longer response goes alone.
        chunk_logits: the most logits that are held at once (positions x vocabulary).

    Raises:
        InputError: no model or tokenizer there, no chat template where the prompt wants one, or a model that changes
            its logits after the head.
    """

    def __init__(
        self,
        student: str | Path,
        prompt: chat.Prompt,
        *,
        precision: Precision | None = None,
        threads: int | None = None,
        pack_tokens: int = 2048,
        chunk_logits: int = 1 << 22,
    ) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        where = f"student {student}"
        self.name = label(student)
        self.precision: Precision = precision or ("bf16" if device() == "cuda" else "fp32")
        self._prompt, self._pack_tokens = prompt, pack_tokens
        self.tokenizer, self._model = load(student, where, self.precision)
        refuse_logit_transforms(self._model.config, where, "its token statistics cannot be read; take another student")
        chat.check_template(self.tokenizer, prompt, where)
        self._head = _float_head(self._model)
        self._chunk = max(1, chunk_logits // len(self._head.weight))
        self._packs = can_pack(self._model)
        if self._packs:
            let_pack(self._model)
        else:
            self._pack_tokens = 1  # a longer response goes alone
        self.context: int | None = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)

    def score(self, items: Sequence[Item]) -> list[TokenStats]:
        """The statistics of each response, in the order given. One longer than the context is cut to it.

        Raises:
            InputError: a prompt fills the student's context.
        """
        rows = self.encode(items)
        return [
            self._stats(item, row, found) for item, row, found in zip(items, rows, self.read_rows(rows), strict=True)
        ]

    def encode(self, items: Sequence[Item]) -> list[Row]:
        """Prompt and response of each item as tokens, cut to the student's context.

        Raises:
            InputError: a prompt fills the student's context.
        """
        heads = self.tokenise([chat.render(self.tokenizer, item.user_turn, self._prompt) for item in items])
        tails = self.tokenise([item.text for item in items])
        return [self._row(*parts) for parts in zip(items, heads, tails, strict=True)]

    def tokenise(self, texts: list[str]) -> list[list[int]]:
        """The student's tokens of each text, without any that it did not write."""
        if not texts:
            return []
        ids: list[list[int]] = self.tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
        return ids

    @torch.inference_mode()
    def read_rows(self, rows: Sequence[Row]) -> list[Readings]:
        """What the student makes of each row's scored tokens, on the CPU; empty where there are none."""
        nothing = torch.zeros(0)
        found = [Readings(nothing, nothing.to(torch.uint8), nothing)] * len(rows)
        scored = [index for index, row in enumerate(rows) if len(row.ids) > row.start]
        for members in plan([rows[index] for index in scored], self._pack_tokens):
            indices = [scored[member] for member in members]
            for index, readings in zip(indices, self._read([rows[index] for index in indices]), strict=True):
                found[index] = readings
        return found

    def _read(self, rows: Sequence[Row]) -> list[Readings]:
        packed = pack(rows)
        layout = {"position_ids": packed.positions.to(device()), "pieces": packed.pieces} if self._packs else {}
        states = self._model.base_model(packed.ids.to(device()), use_cache=False, **layout).last_hidden_state
        hidden = states[0, packed.where.to(device())].float()
        readings = read(hidden, packed.targets.to(device()), self._head, self._chunk)
        counts = [len(row.ids) - row.start for row in rows]
        columns = [torch.split(column.cpu(), counts) for column in readings]
        return [Readings(*parts) for parts in zip(*columns, strict=True)]

    def _row(self, item: Item, head: list[int], tail: list[int]) -> Row:
        assert head, "a rendered prompt has at least one token, from which the first of the response is predicted"
        if self.context is not None and len(head) >= self.context:
            problem = f"its prompt has {len(head)} tokens, and {self.name} has a context of {self.context}"
            raise InputError(f"response {item.response_id!r}", problem, "leave the problem out")
        ids = head + tail
        return Row(ids[: self.context], len(head), self.context is not None and len(ids) > self.context)

    def _stats(self, item: Item, row: Row, found: Readings) -> TokenStats:
        return TokenStats(
            student=self.name,
            response_id=item.response_id,
            precision=self.precision,
            ids=tuple(row.ids[row.start :]),
            log_probs=tuple(found.log_probs.tolist()),
            ranks=tuple(found.ranks.tolist()),
            entropies=tuple(found.entropies.tolist()),
            truncated=row.truncated,
        )


def _float_head(model: Any) -> Any:
    """The head in float32: bf16 logits tie often, and ties do not count, so that ranks would come out too low."""
    head = model.get_output_embeddings()
    return head if head.weight.dtype == torch.float32 else copy.deepcopy(head).float()
