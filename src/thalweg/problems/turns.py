"""What a conversation holds: one user turn and the assistant's answer to it, in any of the forms that files have.

Turns are `{"role", "content"}` (OpenAI, TRL, axolotl) or `{"from", "value"}` (ShareGPT, LLaMA-Factory, where the user
is `human` and the assistant `gpt`). A content is text, or a list of parts that are all text. `reasoning_content` or
`reasoning` beside the assistant's content is its thinking. Not covered: images, tools, and conversations whose later
turns lean on earlier ones: a problem must stand alone.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from thalweg.errors import InputError

Which: TypeAlias = Literal["single", "first"]
_ROLES = {"human": "user", "gpt": "assistant"}
_REMEDY = "expected an optional system turn, then user, assistant"


class Exchange(NamedTuple):
    """A user turn, and what the assistant said to it. `thinking` is null where the text holds it, or there is none."""

    statement: str
    text: str
    thinking: str | None


def exchange(turns: Any, where: str, which: Which = "single") -> Exchange:
    """The exchange of a conversation; `first`: of a longer one the first, which stands alone.

    Raises:
        InputError: no list of turns; other turns than expected; a content that is no text; a call of a tool.
    """
    if not isinstance(turns, list) or not all(isinstance(turn, Mapping) for turn in turns):
        raise InputError(where, "its conversation is no list of turns", "expected [{'role': …, 'content': …}, …]")
    roles = [_role(turn) for turn in turns]
    told = ", ".join(map(str, roles)) or "none"
    body = next((index for index, role in enumerate(roles) if role != "system"), len(roles))
    if roles[body : body + 2] != ["user", "assistant"]:
        raise InputError(where, f"its turns are: {told}", _REMEDY)
    if which == "single" and len(roles) > body + 2:
        remedy = f"{_REMEDY}; turns=first takes the first exchange of each, --rejects sets longer ones aside"
        raise InputError(where, f"its turns are: {told}", remedy)
    user, reply = turns[body], turns[body + 1]
    if reply.get("tool_calls"):
        raise InputError(where, "its assistant calls a tool", "set such rows aside with --rejects")
    thinking = reply.get("reasoning_content") or reply.get("reasoning")
    return Exchange(_text(user, where), _text(reply, where), thinking)


def _role(turn: Mapping[str, Any]) -> Any:
    role = turn.get("role") or turn.get("from")
    return _ROLES.get(role, role) if isinstance(role, str) else role


def _text(turn: Mapping[str, Any], where: str) -> str:
    content = turn.get("content") if turn.get("content") is not None else turn.get("value")
    if isinstance(content, list) and content and all(_is_text(part) for part in content):
        return "".join(part["text"] for part in content)
    if not isinstance(content, str):
        held = "no text" if content is None else "not text alone"
        raise InputError(
            where, f"the {_role(turn)} turn holds {held}", "its content must be text, or a list of text parts"
        )
    return content


def _is_text(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") == "text" and isinstance(part.get("text"), str)
