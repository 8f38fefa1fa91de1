"""A model on this machine, run with transformers: a full checkpoint or a peft adapter, on the GPU if there is one.

Prompts are rendered by `thalweg.chat`, so generation sees what training saw. A response ends at the end-of-turn
token, at an end-of-sequence token, before a stop string in its answer, or at its budget; its text is everything
before that, byte for byte, special tokens included.

Not covered: what `thalweg.loading` does not load.
"""

from collections.abc import Sequence
from pathlib import Path

import torch

from thalweg import chat, thinking
from thalweg.errors import InputError
from thalweg.generate.decode import Chooser, decode
from thalweg.generate.model import Precision, Request, Sampling, response_id
from thalweg.loading import label, load
from thalweg.types import Response


class LocalModel:
    """A transformers model that answers problems.

    Args:
        path: a folder with a model (`config.json`) or a peft adapter (`adapter_config.json`), or a hub id.
        threads: CPU threads of PyTorch, for the whole process; null leaves its choice.
        name: what responses are labelled with; by default the folder's name, or the hub id.

    Raises:
        InputError: no model or no tokenizer there, or no chat template where the prompt wants one.
    """

    def __init__(
        self,
        path: str | Path,
        sampling: Sampling,
        prompt: chat.Prompt,
        *,
        precision: Precision = "fp32",
        threads: int | None = None,
        name: str | None = None,
    ) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        self.name = name or label(path)
        self._where, self._sampling, self._prompt = f"model {path}", sampling, prompt
        self._tokenizer, self._model = load(path, self._where, precision)
        chat.check_template(self._tokenizer, prompt, self._where)
        self._ends = self._end_ids()
        self._context: int | None = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        # No token is empty, so a stop string has no more tokens than bytes; one more, since some tokenizers drop the
        # white space of the first token that they decode.
        self._stop_window = 1 + max((len(stop.encode()) for stop in sampling.stop), default=0)

    def respond(self, requests: Sequence[Request]) -> list[Response]:
        """Answers all requests as one batch; a batch's responses are the same every time.

        Raises:
            InputError: a prompt fills the model's context.
        """
        if not requests:
            return []
        prompts = self._encode(requests)
        budget, context = self._sampling.max_tokens, self._context
        limits = [budget if context is None else min(budget, context - len(ids)) for ids in prompts]
        stops = self._stops if self._sampling.stop else None
        chooser = Chooser(self._sampling, requests)
        completions = decode(self._model, prompts, limits, self._ends, chooser, stops)
        return [self._response(*parts) for parts in zip(requests, prompts, completions, strict=True)]

    def rendered(self, user_turn: str) -> str:
        """A prompt as the model reads it, chat template and all."""
        return chat.render(self._tokenizer, user_turn, self._prompt)

    def _encode(self, requests: Sequence[Request]) -> list[list[int]]:
        texts = [self.rendered(self._prompt.user_turn(request.problem)) for request in requests]
        prompts: list[list[int]] = self._tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
        for request, ids in zip(requests, prompts, strict=True):
            if self._context is not None and len(ids) >= self._context:
                problem = f"its prompt has {len(ids)} tokens, and {self.name} has a context of {self._context}"
                raise InputError(f"problem {request.problem.id!r}", problem, "leave the problem out")
        return prompts

    def _response(self, request: Request, prompt: Sequence[int], completion: list[int]) -> Response:
        ended = completion[-1] in self._ends
        text = self._decode(completion[:-1] if ended else completion)
        stop = self._stop_at(text)
        return thinking.with_parts(
            Response(
                id=response_id(self.name, request),
                problem_id=request.problem.id,
                model=self.name,
                sample=request.sample,
                text=text if stop is None else text[:stop],
                finish_reason="stop" if ended or stop is not None else "length",
                prompt_tokens=len(prompt),
                completion_tokens=len(completion),
            )
        )

    def _decode(self, ids: Sequence[int]) -> str:
        # Special tokens stay: in some tokenizers `<think>` is one.
        return str(self._tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def _stops(self, tokens: Sequence[int]) -> bool:
        """Whether a stop string has just been completed in the answer."""
        tail = self._decode(tokens[-self._stop_window :])
        return any(stop in tail for stop in self._sampling.stop) and self._stop_at(self._decode(tokens)) is not None

    def _stop_at(self, text: str) -> int | None:
        """Where the first stop string of the answer begins. Thinking, and white space before the answer, hold none."""
        answer = thinking.split(text).answer
        if answer is None:
            return None
        start = len(text) - len(answer.lstrip())
        found = [at for stop in self._sampling.stop if (at := text.find(stop, start)) >= 0]
        return min(found, default=None)

    def _end_ids(self) -> frozenset[int]:
        """The end of a turn, the end of a sequence, and what the model's own generation settings name as ends."""
        named = self._model.generation_config.eos_token_id
        ids = [chat.end_of_turn(self._tokenizer, self._prompt), self._tokenizer.eos_token_id]
        ids += named if isinstance(named, list) else [named]
        return frozenset(token for token in ids if token is not None)
