"""How a problem becomes a prompt: one rendering for training, generation and token statistics alike.

A `Prompt` is the study's one template field (and an optional system message). `render` wraps the user turn in the
tokenizer's chat template with its generation prompt, and `end_of_turn` finds what closes an assistant turn under
that template. Templates that prefill `<think>` are cut back to before it, because evaluation never prefills
thinking, and responses are appended byte for byte, so no template gets a chance to drop their thinking.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from thalweg.errors import InputError

_PREFILLED_THINK = re.compile(r"<think>\s*\Z")
_PROBE_USER, _PROBE_ANSWER = "question 1", "answer 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """`template` holds `{statement}`; `chat` says whether the tokenizer's chat template wraps the user turn."""

    template: str = "{statement}"
    system: str | None = None
    chat: Literal["tokenizer", "none"] = "tokenizer"

    def user_turn(self, statement: str) -> str:
        """The user turn for a problem statement. Braces in statements are safe: only `{statement}` is replaced."""
        return self.template.replace("{statement}", statement)

    @property
    def hash(self) -> str:
        """Sixteen hex digits that identify the prompt in every score."""
        fields = json.dumps([self.template, self.system, self.chat], ensure_ascii=False)
        return hashlib.sha256(fields.encode()).hexdigest()[:16]


def check_template(tokenizer: Any, prompt: Prompt, where: str) -> None:
    """Raises `InputError` where the prompt asks for a chat template that the tokenizer does not have."""
    if prompt.chat == "tokenizer" and not tokenizer.chat_template:
        raise InputError(where, "its tokenizer has no chat template", "set 'prompt: {chat: none}' to use plain text")


def render(tokenizer: Any, user_turn: str, prompt: Prompt) -> str:
    """The text that a response is appended to: all of the conversation before the first generated token."""
    if prompt.chat == "none":
        system = f"{prompt.system}\n\n" if prompt.system else ""
        return f"{tokenizer.bos_token or ''}{system}{user_turn}\n"
    text: str = tokenizer.apply_chat_template(_turns(user_turn, prompt), tokenize=False, add_generation_prompt=True)
    return _PREFILLED_THINK.sub("", text)


def end_of_turn(tokenizer: Any, prompt: Prompt) -> int:
    """The id of the token that closes an assistant turn: the last thing trained on, and where generation stops.

    It is the first special token that the chat template writes after an assistant message, else the tokenizer's
    end-of-sequence token.

    Raises:
        InputError: the tokenizer has neither.
    """
    if prompt.chat == "tokenizer":
        turns = [*_turns(_PROBE_USER, prompt), {"role": "assistant", "content": _PROBE_ANSWER}]
        rendered: str = tokenizer.apply_chat_template(turns, tokenize=False)
        tail = rendered.rpartition(_PROBE_ANSWER)[2]
        special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
        for token in tokenizer(tail, add_special_tokens=False)["input_ids"]:
            if token in special:
                return int(token)
    if tokenizer.eos_token_id is None:
        raise InputError(str(tokenizer.name_or_path), "its tokenizer has no end-of-sequence token", "give it one")
    return int(tokenizer.eos_token_id)


def _turns(user_turn: str, prompt: Prompt) -> list[dict[str, str]]:
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    return [*system, {"role": "user", "content": user_turn}]
