"""How a model behind an OpenAI-compatible server is asked: an address, limits and a price, and no secret.

An `Endpoint` names the environment variable that holds the key and never the key itself, so that it can be pickled,
printed and fingerprinted. Asking it is `thalweg.generate.collect`.

Not covered: servers of another interface (Anthropic's and Google's own, AWS signatures).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from thalweg.errors import InputError
from thalweg.generate.price import Price

DEFAULT_KEY = "OPENAI_API_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model that a server offers, and how hard it may be asked.

    Args:
        url: the base that OpenAI clients take, as in `http://host:8000/v1`.
        model: the model's name at the server.
        api: `chat`, where the server renders the prompt; or `completions`, where the prompt is rendered here with
            `tokenizer`, byte for byte as training saw it.
        tokenizer: a folder or hub id; needed for `completions`.
        key_env: the name of the environment variable that holds the key; null: `OPENAI_API_KEY` where it is set.
        max_concurrency: the most requests in flight; how many really are is found out by asking.
        timeout_s: for a whole request, from sending to its last byte.
        max_attempts: how often a request is asked before it is recorded as failed.
        thinking: `required` ends a run whose server hides its thoughts.
        answers_as: the model's name in the server's answers, where it is not `model` (an alias, a deployment).
        send_seed: whether each request carries a seed made of its problem, its sample and the sampling's seed.
        extra_body: further fields of each request's body.
        budget_usd, budget_tokens: no new request that would pass them; tokens are prompt and completion together.
        max_failed_share: the share of requests that may stay failed when the collection counts as done.

    Raises:
        InputError: an address that is none or holds a password, a limit out of its range, no tokenizer for
            completions, a dollar budget without a price.
    """

    url: str
    model: str
    api: Literal["chat", "completions"] = "chat"
    tokenizer: str | None = None
    key_env: str | None = None
    max_concurrency: int = 256
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    timeout_s: float = 600.0
    max_attempts: int = 8
    thinking: Literal["optional", "required"] = "optional"
    answers_as: str | None = None
    send_seed: bool = True
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    price: Price | None = None
    budget_usd: float | None = None
    budget_tokens: int | None = None
    max_failed_share: float = 0.0

    def __post_init__(self) -> None:
        check_url(self.url)
        where = f"endpoint {self.url}"
        if not self.model:
            raise InputError(where, "no model is named", "write endpoint:URL#MODEL")
        if self.api == "completions" and self.tokenizer is None:
            raise InputError(where, "api 'completions' needs a tokenizer", "name a folder or a hub id")
        if self.budget_usd is not None and self.price is None:
            raise InputError(where, "a budget in dollars needs a price", "give the price per million tokens")
        for key, (holds, allowed) in self._rules().items():
            if not holds:
                raise InputError(where, f"{key} is {getattr(self, key)!r}", f"use {allowed}")

    def _rules(self) -> dict[str, tuple[bool, str]]:
        positive = ("requests_per_minute", "tokens_per_minute", "timeout_s")
        budgets = ("budget_usd", "budget_tokens")
        return {
            "max_concurrency": (self.max_concurrency >= 1, "at least 1"),
            "max_attempts": (self.max_attempts >= 1, "at least 1"),
            "max_failed_share": (0 <= self.max_failed_share <= 1, "0 to 1"),
            **{key: ((value := getattr(self, key)) is None or value > 0, "more than 0") for key in positive},
            **{key: ((value := getattr(self, key)) is None or value >= 0, "0 or more") for key in budgets},
        }

    @property
    def where(self) -> str:
        """What errors call it."""
        return f"endpoint {self.url}#{self.model}"

    def key(self) -> str | None:
        """The key, read from the environment; null where the server is asked without one.

        Raises:
            InputError: the named variable is not set.
        """
        if self.key_env is None:
            return os.environ.get(DEFAULT_KEY) or None
        value = os.environ.get(self.key_env)
        if not value:
            raise InputError(self.where, f"the environment variable {self.key_env} is not set", "export the key in it")
        return value


def check_url(url: str) -> None:
    """Raises `InputError` where a base URL is none, or carries a password (which is not repeated) or a query."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InputError("endpoint", "its URL cannot be read", "write http://host:port/v1") from None
    if "@" in parts.netloc:
        raise InputError("endpoint", "its URL holds a user or a password", "name the key's variable by key_env")
    if parts.scheme not in ("http", "https") or not host:
        raise InputError("endpoint", f"{url!r} is no HTTP address", "write http://host:port/v1")
    if parts.query or parts.fragment:
        raise InputError("endpoint", "its URL holds a query or a fragment", "give the base alone: http://host:port/v1")


def endpoint_of(spec: str) -> Endpoint:
    """The endpoint that `endpoint:URL#MODEL` names, with every setting at its default.

    Raises:
        InputError: it names none.
    """
    kind, _, rest = spec.partition(":")
    url, mark, model = rest.partition("#")
    if kind != "endpoint" or not mark or not model:
        raise InputError("model", f"{_shown(spec)} names no endpoint", "write endpoint:http://host:8000/v1#MODEL")
    return Endpoint(url=url, model=model)


def _shown(spec: str) -> str:
    return "what is given" if "@" in spec else repr(spec)
