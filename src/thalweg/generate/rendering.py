"""Prompts for `api: completions`: token ids, made here as training makes them.

Not covered: chat endpoints, whose servers render the prompt themselves.
"""

from typing import Any

from thalweg import chat, thinking
from thalweg.errors import InputError
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.model import Request


class Renderer:
    """Renders requests with the endpoint's tokenizer.

    Raises:
        InputError: there is no such tokenizer, or it lacks the chat template that the prompt wants.
    """

    def __init__(self, endpoint: Endpoint, prompt: chat.Prompt) -> None:
        from transformers import AutoTokenizer

        self._prompt = prompt
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(str(endpoint.tokenizer))
        except (OSError, ValueError) as error:
            problem = f"no tokenizer can be loaded: {str(error).strip().splitlines()[0]}"
            raise InputError(f"tokenizer {endpoint.tokenizer}", problem, "name a folder or a hub id") from error
        chat.check_template(self._tokenizer, prompt, f"tokenizer {endpoint.tokenizer}")
        ends = (chat.end_of_turn(self._tokenizer, prompt), self._tokenizer.eos_token_id)
        self._ends = sorted({end for end in ends if end is not None})

    def __call__(self, request: Request) -> tuple[list[int], list[int]]:
        """The prompt's token ids, and those that end an answer."""
        text = chat.render(self._tokenizer, self._prompt.user_turn(request.problem), self._prompt)
        ids: list[int] = self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return ids, self._ends


def cut(text: str, stops: tuple[str, ...]) -> str | None:
    """The text before the first stop string of its answer; null where there is none. Thinking holds none."""
    answer = thinking.split(text).answer
    if answer is None:
        return None
    start = len(text) - len(answer.lstrip())
    found = [at for stop in stops if (at := text.find(stop, start)) >= 0]
    return text[: min(found)] if found else None
