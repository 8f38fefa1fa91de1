"""The sections of a study that say how a teacher behind an endpoint is asked and what it is paid, and their checks.

What changes the answers (`asked`) belongs to the fingerprint of a teacher's responses; limits, budgets, prices and the
name of the key's variable do not, so a study goes on where a budget stopped it. A key is never part of a study: what
looks like one is refused, and not repeated. Not covered: asking (`thalweg.generate.collect`).
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from thalweg.errors import InputError
from thalweg.generate.collect import Collected, Progress
from thalweg.generate.endpoint import DEFAULT_KEY, Endpoint, endpoint_of
from thalweg.generate.price import Price

FAILURES, SPEND = "failures.jsonl", "spend.json"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Prefixes that providers give their keys, and what stands before one in a header.
_KEY = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|nvapi|fw|r8|pplx|csk|glpat|ghp|github_pat|AKIA|AIza)[-_]?[A-Za-z0-9_-]{16,}|\bBearer\s+\S+"
)
_KEY_FIELDS = {
    "apikey", "xapikey", "authorization", "accesstoken", "authtoken", "bearertoken", "clientsecret", "secret",
    "password",
}  # fmt: skip


class EndpointSection(BaseModel):
    """How a teacher behind an endpoint is asked. Only the first four change its answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api: Literal["chat", "completions"] = Field(
        "chat",
        description="`chat`: the server renders the prompt. `completions`: it is rendered here with `tokenizer`, byte "
        "for byte as a student is trained (students behind a server).",
    )
    tokenizer: str | None = Field(None, description="A folder or hub id, for `api: completions`.")
    send_seed: bool = Field(True, description="Send a seed with every request, where the server takes one.")
    extra_body: dict[str, Any] = Field({}, description="Further fields of each request's body. Never a key.")
    answers_as: str | None = Field(
        None, description="The model's name in the server's answers, where it is another (an alias, a deployment)."
    )
    key_env: str | None = Field(
        None, description="NAME of the environment variable that holds the key (OPENAI_API_KEY where it is set)."
    )
    max_concurrency: int = Field(
        256, gt=0, description="The most requests in flight; fewer while the server pushes back."
    )
    requests_per_minute: float | None = Field(None, gt=0, description="The most requests begun in a minute.")
    tokens_per_minute: float | None = Field(None, gt=0, description="The most tokens, prompts included, in a minute.")
    timeout_s: float = Field(600.0, gt=0, description="Of a whole request: a long trace takes minutes.")
    max_attempts: int = Field(8, gt=0, description="Attempts at a request before it is recorded as failed.")
    thinking: Literal["optional", "required"] = Field(
        "optional", description="`required`: end early where the server hides its thoughts, which cannot be trained on."
    )
    budget_usd: float | None = Field(
        None, ge=0, description="Stop before this many dollars are passed; raise it and run again to go on."
    )
    budget_tokens: int | None = Field(None, ge=0, description="The same in tokens, prompts included.")
    max_failed_share: float = Field(
        0.0, ge=0, le=1, description="Share of requests that may stay without a response when the teacher is done."
    )

    @model_validator(mode="after")
    def _holds_no_key(self) -> "EndpointSection":
        # A check of the whole section: errors of a single field would repeat its value.
        if self.key_env is not None and (not _VARIABLE.fullmatch(self.key_env) or looks_like_key(self.key_env)):
            raise ValueError("key_env: give the name of the variable that holds the key, not the key")
        if (found := next(secrets_in(self.extra_body, self.key_env), None)) is not None:
            raise ValueError(
                f"extra_body.{found}: that looks like a key; put it into a variable and name it in key_env"
            )
        return self

    def asked(self) -> dict[str, Any]:
        """What its answers depend on; empty where all of it is as usual."""
        fields = ("api", "tokenizer", "send_seed", "extra_body")
        return {
            name: value for name in fields if (value := getattr(self, name)) != type(self).model_fields[name].default
        }

    def endpoint(self, spec: str, price: Price | None = None, tokenizer: str | None = None) -> Endpoint:
        """The endpoint that `endpoint:URL#MODEL` names, asked in this way; `tokenizer` replaces the section's own.

        Raises:
            InputError: the text names no endpoint, the address holds a key, or the settings contradict each other.
        """
        named = endpoint_of(spec)
        if looks_like_key(spec):
            raise InputError("endpoint", "its URL holds what looks like a key", "name the key's variable in key_env")
        settings = self.model_dump() | {"tokenizer": tokenizer or self.tokenizer}
        return Endpoint(url=named.url, model=named.model, price=price, **settings)


class PriceSection(BaseModel):
    """What a teacher's tokens cost, in dollars per million."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: float = Field(0.0, ge=0, description="Tokens of prompts.")
    completion: float = Field(0.0, ge=0, description="Tokens that it generates, thinking included.")
    cached_prompt: float | None = Field(
        None, ge=0, description="Tokens of prompts that the server had cached (as `prompt` where absent)."
    )

    def price(self) -> Price:
        """The price that responses are paid by."""
        return Price(**self.model_dump())


def price_of(given: float | PriceSection) -> Price:
    """A price; a number alone is that of generated tokens."""
    return given.price() if isinstance(given, PriceSection) else Price(completion=given)


def looks_like_key(text: str) -> bool:
    """Whether a text holds what providers' keys look like."""
    return _KEY.search(text) is not None


def secrets_in(value: Any, key_env: str | None = None, at: str = "") -> Iterator[str]:
    """Where nested settings hold what looks like a key, or the very key of the environment; never the key itself."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            here = f"{at}.{name}" if at else str(name)
            if re.sub(r"[^a-z]", "", str(name).lower()) in _KEY_FIELDS:
                yield here
            else:
                yield from secrets_in(inner, key_env, here)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from secrets_in(inner, key_env, f"{at}[{index}]")
    elif isinstance(value, str) and (looks_like_key(value) or value == os.environ.get(key_env or DEFAULT_KEY, "")):
        yield at


def check_budget(found: Collected, where: str, total: int, endpoint: Endpoint) -> None:
    """Raises `InputError` where a budget stopped a collection: how far it is, and how it goes on. Nothing is lost."""
    if found.stopped is None:
        return
    limit = getattr(endpoint, found.stopped)
    spent = f"${limit:,.2f}" if found.stopped == "budget_usd" else f"{limit:,} tokens"
    there = f"{found.responses:,} of {total:,} responses are there"
    raise InputError(where, f"{found.stopped} ({spent}) is spent; {there}", "raise it and run again to go on")


def failures(folder: Path) -> Counter[str]:
    """Why requests of a collection have no response, counted; empty where all have one."""
    path = folder / FAILURES
    if not path.exists():
        return Counter()
    with open(path, encoding="utf-8") as rows:
        return Counter(str(json.loads(row)["reason"]) for row in rows)


def failures_in_words(found: Counter[str]) -> str:
    """`3 timeout, 1 content_filter`, the most frequent first."""
    return ", ".join(f"{count:,} {reason}" for reason, count in found.most_common())


def spent(folder: Path) -> float | None:
    """Dollars that a collection has cost so far; null where it has no price."""
    path = folder / SPEND
    if not path.exists():
        return None
    usd: float | None = json.loads(path.read_text(encoding="utf-8"))["usd"]
    return usd


def answered(folder: Path) -> int:
    """Responses that a collection has, as it last wrote them down."""
    path = folder / SPEND
    return int(json.loads(path.read_text(encoding="utf-8"))["responses"]) if path.exists() else 0


class Notes:
    """Says in a few words how a collection goes; what an earlier run left is no measure of this one's pace."""

    def __init__(self) -> None:
        self._first: Progress | None = None

    def __call__(self, now: Progress) -> str:
        """Requests and tokens a second, requests in flight, failures, and dollars so far and expected."""
        first = self._first = self._first or now
        parts = [f"{self.pace(now):,.1f}/s"]
        if now.limit:
            seconds = max(now.seconds - first.seconds, 1e-9)
            parts.append(f"{(now.tokens - first.tokens) / seconds:,.0f} tokens/s")
            parts.append(f"{now.in_flight} of {now.limit} in flight")
        if now.failed:
            parts.append(f"{now.failed} failed")
        if now.usd is not None:
            expected = f" of about ${now.usd / now.done * now.total:,.2f}" if 0 < now.done < now.total else ""
            parts.append(f"${now.usd:,.2f}{expected}")
        return ", ".join(parts)

    def pace(self, now: Progress) -> float:
        """Requests a second in this run."""
        first = self._first or now
        return (now.done - first.done) / max(now.seconds - first.seconds, 1e-9)
