"""What a server's answer says: a response, or what is wrong with it.

Thinking is taken from `reasoning_content` or `reasoning` where a server gives it apart, and is left inside the text
where it stands between think tags. An answer that is no answer (not JSON, empty, by another model, cut off by a
filter) is a `Flaw`, which says whether asking again may help and whether it was paid for.

Not covered: streamed answers, several choices in one answer, tool calls, content that is not text.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from thalweg.generate.price import Usage

# Servers' own words for the two ends that matter.
_ENDS = {
    "eos": "stop", "eos_token": "stop", "stop_sequence": "stop", "end_turn": "stop", "max_tokens": "length",
}  # fmt: skip
_VERSION = re.compile(r"-(latest|\d{3,8}|\d{4}-\d{2}-\d{2})\Z")


class Reply(NamedTuple):
    """A usable answer: `text`, or where the server gave the thinking apart, `thinking` and `answer`."""

    text: str | None
    thinking: str | None
    answer: str | None
    finish_reason: str | None
    usage: Usage | None


class Flaw(NamedTuple):
    """Why an attempt gave no response.

    `then` says what follows: `again` (an attempt is used up), `later` (the server had no room: no attempt is used
    up), `unreachable` (nothing was sent), `never` (a recorded failure at once), `adapted` (the request was mended and
    is asked again), `end` (the run ends: no request can succeed). `usage` is what was paid all the same; `unknown`
    that the server may have billed something that it did not say. `load`: fewer requests in flight may help.
    """

    reason: str
    then: Literal["again", "later", "unreachable", "never", "adapted", "end"]
    detail: str = ""
    usage: Usage | None = None
    unknown: bool = False
    load: bool = False
    pause_s: float | None = None
    remedy: str = ""


def read_answer(body: bytes, model: str) -> Reply | Flaw:
    """What the body of a successful HTTP answer holds; `model` is the name that the server should answer by.

    Chat completions and completions alike.
    """
    try:
        data = json.loads(body)
        choice = data["choices"][0]
        message = choice.get("message") or {"content": choice.get("text")}
        answered_by, usage = data.get("model"), _usage(data.get("usage"))
    except (ValueError, LookupError, TypeError, AttributeError):
        return _malformed(body)
    if answered_by and not same_model(str(answered_by), model):
        return Flaw("answered by another model", "again", f"{answered_by!r}", usage, unknown=usage is None)
    reason = choice.get("finish_reason")
    if "text" in choice and not choice["text"] and reason == "stop" and usage is not None and usage.completion:
        return Reply("", None, None, "stop", usage)  # a student that ended its turn at once: that is its answer
    return _unusable(reason, usage) or _reply(message, _ENDS.get(reason, reason), usage)


def same_model(answered: str, asked: str) -> bool:
    """Whether two names mean one model: servers answer with a dated or a shortened name of what was asked.

    Compared are the last parts of the paths, without a revision (`@main`), a variant (`:free`) and a trailing date.

    >>> same_model("gpt-4o-2024-08-06", "gpt-4o"), same_model("gpt-4o-mini", "gpt-4o")
    (True, False)
    """
    return answered == asked or _bare(answered) == _bare(asked)


def _bare(name: str) -> str:
    last = re.split("[@:]", name.lower().rstrip("/").rpartition("/")[2])[0]
    return _VERSION.sub("", last)


def _unusable(reason: Any, usage: Usage | None) -> Flaw | None:
    if reason == "content_filter":
        return Flaw("stopped by a content filter", "never", usage=usage, unknown=usage is None)
    if reason in ("tool_calls", "function_call"):
        return Flaw("a tool call instead of an answer", "never", usage=usage, unknown=usage is None)
    if reason in ("error", "abort"):
        return Flaw("broken off by the server", "again", usage=usage, unknown=usage is None)
    return None


def _reply(message: Mapping[str, Any], finish: Any, usage: Usage | None) -> Reply | Flaw:
    content = message.get("content") or message.get("refusal") or ""
    thinking = message.get("reasoning_content") or message.get("reasoning") or ""
    if not (isinstance(content, str) and isinstance(thinking, str) and isinstance(finish, str | None)):
        return Flaw("not an answer of text", "again", usage=usage, unknown=usage is None)
    if not content.strip() and finish != "length":
        return Flaw("empty answer", "again", usage=usage, unknown=usage is None)
    content, thinking = _valid(content), _valid(thinking)
    if not thinking:
        return Reply(content, None, None, finish, usage)
    return Reply(None, thinking, content or None, finish, usage)


def _usage(value: Any) -> Usage | None:
    """The tokens that a server counted; null where it did not. Reasoning tokens are part of the completion's."""
    if not isinstance(value, Mapping) or value.get("prompt_tokens") is None:
        return None
    prompt = value.get("prompt_tokens_details") or {}
    completion = value.get("completion_tokens_details") or {}
    return Usage(
        int(value["prompt_tokens"]),
        int(value.get("completion_tokens") or 0),
        int(prompt.get("cached_tokens") or 0),
        int(completion.get("reasoning_tokens") or 0),
    )


def _malformed(body: bytes) -> Flaw:
    """Not JSON, or not of the form; some gateways put an error into an answer that calls itself a success."""
    if message := error_message(body):
        return Flaw("an error in the place of an answer", "again", message, unknown=True)
    return Flaw("not a whole JSON answer", "again", unknown=True)


def error_message(body: bytes) -> str:
    """The sentence in an error's body, shortened to one line; empty where there is none."""
    data = error_fields(body)
    found = data.get("message") or data.get("detail") or ""
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return _valid(" ".join(text.split())[:300])


def error_fields(body: bytes) -> Mapping[str, Any]:
    """The object that describes an error (`message`, `code`, `param`), wherever the server puts it; else empty."""
    try:
        data = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(data, Mapping):
        return {}
    inner = data.get("error")
    if isinstance(inner, Mapping):
        return inner
    return {"message": inner} if isinstance(inner, str) else data


def _valid(text: str) -> str:
    """The text without halves of surrogate pairs, which no file can hold."""
    return text.encode(errors="replace").decode()
