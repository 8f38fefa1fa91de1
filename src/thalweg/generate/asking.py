"""One attempt at one request, over HTTP: what is sent, and what became of it.

`Asker` holds the client and the key; no exception of the client leaves it, since those quote requests and answers. An
answer's bytes are cleared of the key before anybody reads them. Retrying, pacing and keeping are the caller's.

A server that refuses a field which it does not know (`seed`, `max_tokens`) is asked without it, or by its newer name,
from then on; `notes` says so.

Not covered: streaming, and HTTP/2.
"""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.generate.answers import Flaw, Reply, error_fields, error_message, read_answer
from thalweg.generate.endpoint import DEFAULT_KEY, Endpoint
from thalweg.generate.model import Request, Sampling
from thalweg.generate.rendering import cut
from thalweg.generate.waits import asked_pause

if TYPE_CHECKING:
    import httpx2
    from openai._types import RequestOptions

_KEEPALIVE_S = 4.0  # shorter than servers' own (uvicorn: 5), so that a connection does not close as it is used again
_LISTED = 10  # models that an error lists
Render = Callable[[Request], tuple[list[int], list[int]]]  # a request's token ids, and those that end an answer


class Asker:
    """Asks one endpoint. `async with` it inside the event loop that asks.

    Args:
        render: for `api: completions`, what makes a prompt's token ids.

    Raises:
        InputError: the key's variable is not set, or holds what no header can carry.
    """

    def __init__(self, endpoint: Endpoint, sampling: Sampling, prompt: Prompt, render: Render | None = None) -> None:
        self._endpoint, self._sampling, self._prompt, self._render = endpoint, sampling, prompt, render
        self._key = _usable_key(endpoint)
        self._secrets = _forms(self._key)
        self._names = {"max_tokens": "max_tokens"} | ({"seed": "seed"} if endpoint.send_seed else {})
        self.notes: list[str] = []

    async def __aenter__(self) -> "Asker":
        import httpx2
        import openai

        most = self._endpoint.max_concurrency
        limits = httpx2.Limits(max_connections=most, max_keepalive_connections=most, keepalive_expiry=_KEEPALIVE_S)
        # Time is kept by `ask`, for the whole request: the client's own limits are for each read.
        http = openai.DefaultAioHttpClient(limits=limits, timeout=None)
        # Only left out by name does the client send no key at all.
        self._options: RequestOptions = {} if self._key else {"headers": {"Authorization": openai.Omit()}}
        self._client = openai.AsyncOpenAI(
            base_url=self._endpoint.url,
            api_key=self._key or "none",
            max_retries=0,
            timeout=None,
            http_client=http,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def ask(self, request: Request) -> Reply | Flaw:
        """One attempt. Raises nothing but a cancellation."""
        import httpx2
        import openai

        names = dict(self._names)
        path = "/chat/completions" if self._endpoint.api == "chat" else "/completions"
        try:
            async with asyncio.timeout(self._endpoint.timeout_s):
                response = await self._client.post(
                    path, body=self._body(request), cast_to=httpx2.Response, options=self._options
                )
        except TimeoutError:
            return Flaw("no answer in time", "again", f"{self._endpoint.timeout_s:g} s", unknown=True, load=True)
        except openai.APIStatusError as error:
            return await self._refused(error.response, names)
        except openai.APIConnectionError as error:
            return _broken(error)
        found = read_answer(self._clear(response.content), self._endpoint.answers_as or self._endpoint.model)
        return self._cut(found) if isinstance(found, Reply) and self._render is not None else found

    async def models(self) -> list[str]:
        """The models that the server says it offers; empty where it does not say."""
        import httpx2
        import openai

        try:
            async with asyncio.timeout(min(30.0, self._endpoint.timeout_s)):
                response = await self._client.get("/models", cast_to=httpx2.Response, options=self._options)
            listed = json.loads(self._clear(response.content))["data"]
            return [str(model["id"]) for model in listed]
        except (TimeoutError, openai.OpenAIError, ValueError, LookupError, TypeError):
            return []

    # ----------------------------------------------------------------------- what is sent

    def _body(self, request: Request) -> dict[str, Any]:
        endpoint, sampling, names = self._endpoint, self._sampling, self._names
        body: dict[str, Any] = {"model": endpoint.model, "temperature": sampling.temperature, "top_p": sampling.top_p}
        body[names["max_tokens"]] = sampling.max_tokens
        if "seed" in names:
            body["seed"] = seed_of(request, sampling.seed)
        if self._render is None:
            body["messages"] = self._prompt.messages(self._prompt.user_turn(request.problem))
            if sampling.stop:
                body["stop"] = list(sampling.stop)
            if sampling.top_k:
                body["top_k"] = sampling.top_k
        else:
            body["prompt"], ends = self._render(request)
            # vLLM's names. Special tokens stay in the text, and no setting of the model's own folder slips in.
            body |= {"stop_token_ids": ends, "top_k": sampling.top_k, "min_p": 0.0, "repetition_penalty": 1.0}
            body |= {"skip_special_tokens": False, "spaces_between_special_tokens": False}
        return {**body, **endpoint.extra_body}

    # ----------------------------------------------------------------------- what came of it

    def _cut(self, reply: Reply) -> Reply:
        """Stop strings end an answer and not its thinking, as for a local model; no server does that."""
        text = None if reply.text is None else cut(reply.text, self._sampling.stop)
        return reply if text is None else reply._replace(text=text, finish_reason="stop")

    async def _refused(self, response: "httpx2.Response", names: Mapping[str, str]) -> Flaw:
        """What an HTTP error means."""
        status, body = response.status_code, self._clear(response.content)
        said, code = error_message(body), str(error_fields(body).get("code") or "")
        pause = asked_pause(response.headers)
        if status in (400, 422) and (adapted := self._adapt(body, names)):
            return adapted
        if status in (401, 402, 404) or code == "insufficient_quota":
            return await self._hopeless(status, said)
        if status == 429:
            return Flaw("too many requests (429)", "later", said, load=True, pause_s=pause)
        if status in (503, 529):
            return Flaw(f"overloaded ({status})", "later", said, load=True, pause_s=pause)
        if status in (408, 409, 425) or status >= 500:
            return Flaw(f"server error ({status})", "again", said, load=status in (408, 502, 504), pause_s=pause)
        return Flaw(_refusal(status, code, said), "never", said)

    async def _hopeless(self, status: int, said: str) -> Flaw:
        """An error that every other request would meet too: the run ends."""
        quoted = f": {said}" if said else ""
        if status == 401:
            return Flaw(f"the server does not accept the key (401){quoted}", "end", remedy=self._about_key())
        if status == 404:
            names = await self.models()
            if names and self._endpoint.model not in names:
                listed = ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
                return Flaw(f"the server has no model {self._endpoint.model!r}", "end", remedy=f"it offers {listed}")
            return Flaw(f"nothing is served there (404){quoted}", "end", remedy="does the URL end in /v1?")
        return Flaw(f"the account has no credit ({status}){quoted}", "end", remedy="top it up and run again")

    def _about_key(self) -> str:
        variable = self._endpoint.key_env or DEFAULT_KEY
        return (
            f"check the variable {variable}"
            if self._key
            else f"put the key into {variable}, or name yours in key_env (--key-env)"
        )

    def _adapt(self, body: bytes, names: Mapping[str, str]) -> Flaw | None:
        """Learns from a refusal that names a field; null where it names none that can be mended."""
        said, field = error_message(body), error_fields(body).get("param")
        if "seed" in names and (field == "seed" or re.search(r"\bseed\b", said)):
            self._learn(self._names.pop("seed", None), "the server takes no 'seed': it is left out from here on")
            return Flaw("takes no seed", "adapted")
        unknown = field == "max_tokens" and re.search("unsupported|not supported", said, re.IGNORECASE)
        if names["max_tokens"] == "max_tokens" and (unknown or "max_completion_tokens" in said):
            renamed = self._names["max_tokens"] != "max_completion_tokens"
            self._names["max_tokens"] = "max_completion_tokens"
            self._learn(renamed, "the server wants 'max_completion_tokens' in the place of 'max_tokens': it gets it")
            return Flaw("wants max_completion_tokens", "adapted")
        return None

    def _learn(self, new: object, note: str) -> None:
        if new:
            self.notes.append(note)

    def _clear(self, body: bytes) -> bytes:
        for secret in self._secrets:
            if secret in body:
                body = body.replace(secret, b"[key]")
        return body


def seed_of(request: Request, seed: int) -> int:
    """The seed of one request: 31 bits of its problem, its sample and the sampling's seed."""
    key = f"{seed}\n{request.sample}\n{request.problem.id}".encode()
    return int.from_bytes(hashlib.sha256(key).digest()[:4]) >> 1


def _refusal(status: int, code: str, said: str) -> str:
    if code == "content_filter":
        return "stopped by a content filter"
    if code == "context_length_exceeded" or re.search(r"(context|maximum) (length|window)", said, re.IGNORECASE):
        return "too long for the model's context"
    return f"refused ({status})"


def _broken(error: BaseException) -> Flaw:
    """What a failed connection means: the client maps a refused and a reset one to the same exception."""
    import aiohttp

    causes: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in causes:
        causes.append(at)
        at = at.__cause__ or at.__context__
    if any(isinstance(cause, aiohttp.ClientConnectorError) for cause in causes):
        failed = next(cause for cause in causes if isinstance(cause, aiohttp.ClientConnectorError))
        return Flaw("no connection", "unreachable", failed.strerror or type(failed.os_error).__name__, load=True)
    return Flaw("the connection broke", "again", unknown=True, load=True)


def _usable_key(endpoint: Endpoint) -> str | None:
    key = endpoint.key()
    if key is None:
        return None
    key = key.strip()
    if not (key.isascii() and key.isprintable()):
        variable = endpoint.key_env or DEFAULT_KEY
        raise InputError(endpoint.where, f"{variable} holds characters that no key has", "set it again")
    return key


def _forms(key: str | None) -> tuple[bytes, ...]:
    """The key as it may come back in an answer."""
    if not key:
        return ()
    plain = key.encode()
    encoded = (base64.b64encode(plain), base64.urlsafe_b64encode(plain))
    escaped = json.dumps(key)[1:-1].encode()
    return tuple(dict.fromkeys((plain, escaped, quote(key, safe="").encode(), *(e.rstrip(b"=") for e in encoded))))
