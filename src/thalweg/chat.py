"""How a problem becomes a prompt: one rendering for training, generation and token statistics alike.

A `Prompt` is what the study says of it: one template or one for each kind of check (`thalweg.generate.prompts` has
named sets of them), and an optional system message. `render` wraps the user turn in the tokenizer's chat template with
its generation prompt, and `end_of_turn` finds what closes an assistant turn under that template. Templates that prefill
`<think>` are cut back to before it, because evaluation never prefills thinking, and responses are appended byte for
byte, so no template gets a chance to drop their thinking.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from thalweg.errors import InputError
from thalweg.types import CHECKS, CallCheck, Problem, TextCheck

OPEN = "open"
KINDS: tuple[str, ...] = (*CHECKS, OPEN)
_PREFILLED_THINK = re.compile(r"<think>\s*\Z")
_PLACE = re.compile(r"\{(statement|entry_point)\}")
_PROBE_USER, _PROBE_ANSWER = "question 1", "answer 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """`template` holds `{statement}`; `chat` says whether the tokenizer's chat template wraps the user turn.

    `templates` holds, by kind of problem, those that stand in for `template`. One for `call` may name `{entry_point}`.
    """

    template: str = "{statement}"
    system: str | None = None
    chat: Literal["tokenizer", "none"] = "tokenizer"
    templates: Mapping[str, str] = field(default_factory=dict, hash=False)

    def user_turn(self, problem: Problem) -> str:
        """The user turn for a problem. Braces in statements are safe: only those of the template are replaced."""
        places = {"statement": problem.statement}
        if isinstance(problem.check, CallCheck):
            places["entry_point"] = problem.check.entry_point
        template = self.templates.get(kind_of(problem), self.template)
        return _PLACE.sub(lambda place: places.get(place[1], place[0]), template)

    def messages(self, user_turn: str) -> list[dict[str, str]]:
        """The conversation that is asked, as chat templates and endpoints take it."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": user_turn}]

    @property
    def fields(self) -> dict[str, Any]:
        """What fingerprints rest on: `templates` only where there are any, so that those of one template stay."""
        fields = {"template": self.template, "system": self.system, "chat": self.chat}
        return {**fields, "templates": dict(sorted(self.templates.items()))} if self.templates else fields

    @property
    def hash(self) -> str:
        """Sixteen hex digits that identify the prompt, with all its templates, in every score."""
        text = json.dumps(list(self.fields.values()), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def kind_of(problem: Problem) -> str:
    """The kind of a problem: the type of its check, or `open` where nothing is known of the answer."""
    is_open = isinstance(problem.check, TextCheck) and not problem.check.answer
    return OPEN if is_open else str(problem.check.type)


def check_template(tokenizer: Any, prompt: Prompt, where: str) -> None:
    """Raises `InputError` where the prompt asks for a chat template that the tokenizer does not have."""
    if prompt.chat == "tokenizer" and not tokenizer.chat_template:
        raise InputError(where, "its tokenizer has no chat template", "set 'prompt: {chat: none}' to use plain text")


def render(tokenizer: Any, user_turn: str, prompt: Prompt) -> str:
    """The text that a response is appended to: all of the conversation before the first generated token."""
    if prompt.chat == "none":
        system = f"{prompt.system}\n\n" if prompt.system else ""
        return f"{tokenizer.bos_token or ''}{system}{user_turn}\n"
    text: str = tokenizer.apply_chat_template(prompt.messages(user_turn), tokenize=False, add_generation_prompt=True)
    return _PREFILLED_THINK.sub("", text)


def end_of_turn(tokenizer: Any, prompt: Prompt) -> int:
    """The id of the token that closes an assistant turn: the last thing trained on, and where generation stops.

    It is the first special token that the chat template writes after an assistant message, else the tokenizer's
    end-of-sequence token.

    Raises:
        InputError: the tokenizer has neither.
    """
    if prompt.chat == "tokenizer":
        turns = [*prompt.messages(_PROBE_USER), {"role": "assistant", "content": _PROBE_ANSWER}]
        rendered: str = tokenizer.apply_chat_template(turns, tokenize=False)
        tail = rendered.rpartition(_PROBE_ANSWER)[2]
        special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
        for token in tokenizer(tail, add_special_tokens=False)["input_ids"]:
            if token in special:
                return int(token)
    if tokenizer.eos_token_id is None:
        raise InputError(str(tokenizer.name_or_path), "its tokenizer has no end-of-sequence token", "give it one")
    return int(tokenizer.eos_token_id)
