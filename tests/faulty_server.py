"""A real HTTP server with the faults of real ones, that keeps exact books: what was asked, delivered and billed.

    python -m tests.faulty_server '{"faults": {"500": 0.05}, "latency_s": 0.2}'      prints its port, ends with stdin

It speaks HTTP/1.1 with keep-alive and OpenAI's interface: `/v1/chat/completions`, `/v1/completions`, `/v1/models`. A
request's *key* is the start of its user turn and its seed. Which fault an attempt meets is drawn from the behaviour's
seed, the key and the number of the attempt, so that a run can be repeated; from the attempt `patience` on a key is
served well, except where it is refused or hopeless. `GET /stats` gives the books. `POST /era` opens the next era of
them: a test does so between a kill and a restart.

The bill: every response that was delivered whole and with a usage is billed, useless or not (an empty content, another
model's answer). What was reset, cut, stalled or dripped is not billed. The completion tokens of a billed response are
100,000 plus its number, so no two are alike, and a count of tokens tells which delivery it was.

Not covered: HTTP/2, TLS, streaming, tools, n > 1.
"""

import asyncio
import json
import random
import socket
import struct
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from email.utils import formatdate
from pathlib import Path
from time import monotonic, time
from typing import Any, Literal, NamedTuple

ROOT = Path(__file__).parents[1]
FIRST = 100_000  # completion tokens of the first billed response
BILLED = ("good", "empty", "wrong-model")  # deliveries that are whole and have a usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How a server behaves; the default is a healthy one without latency or limit."""

    model: str = "teacher"
    latency_s: float = 0.0
    limit: int | None = None  # so many are served at once, and more get a 429
    thinking: Literal["none", "apart", "newer", "inline", "hidden"] = "apart"
    words: int = 40  # of an answer
    closing: str = ""  # the end of every answer
    faults: Mapping[str, float] = field(default_factory=dict)  # name in FAULTS -> share of attempts
    patience: int = 4  # attempts of a key that may meet a fault
    refused: float = 0.0  # share of keys that always get a 400
    hopeless: float = 0.0  # share of keys that always get a 500
    seed: int = 0
    key: str | None = None  # requests without it get a 401
    echo: bool = False  # errors repeat the Authorization header, as careless proxies do
    rejects: tuple[str, ...] = ()  # fields of the body that get a 400 which names them
    storm: tuple[int, float] | None = None  # from this request on, for so many seconds, all get a 429
    down: tuple[int, float] | None = None  # at this request the server goes away for so many seconds

    def fate(self, key: str) -> str:
        """What happens to every attempt of a key: `400`, `500`, or `good`, where its faults pass."""
        draw = random.Random(f"{self.seed}\n{key}").random()
        if draw < self.refused:
            return "400"
        return "500" if draw < self.refused + self.hopeless else "good"


class Asked(NamedTuple):
    """A request for a completion: what it asks for, and how often its key has been asked before."""

    key: str
    attempt: int
    chat: bool
    prompt_tokens: int
    authorization: str
    asked_s: float


class Delivery(NamedTuple):
    """A billed response. No other has the same `completion`. Times are of the server's clock."""

    key: str
    era: int
    kind: str
    prompt: int
    cached: int
    completion: int
    asked_s: float
    sent_s: float


class Books:
    """What the server knows of what happened."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.requests = self.in_flight = self.peak = self.era = 0
        self.asked: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.abandoned: Counter[int] = Counter()  # era -> requests whose client hung up before an answer
        self.deliveries: list[Delivery] = []
        self.storm_until: float | None = None

    def ask(self, key: str, chat: bool, prompt_tokens: int, authorization: str) -> Asked:
        asked = Asked(key, self.asked[key], chat, prompt_tokens, authorization, monotonic())
        self.asked[key] += 1
        self.requests += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        return asked

    def fault(self, asked: Asked) -> str:
        """What happens to an attempt: `good`, or a name in FAULTS."""
        wanted, number = self.behaviour, self.requests
        if wanted.key is not None and asked.authorization != f"Bearer {wanted.key}":
            return "401"
        if wanted.storm is not None and number >= wanted.storm[0]:
            self.storm_until = self.storm_until or asked.asked_s + wanted.storm[1]
            if asked.asked_s < self.storm_until:
                return "429-seconds"
        if wanted.limit is not None and self.in_flight > wanted.limit:
            return "429"
        if (fate := wanted.fate(asked.key)) != "good":
            return fate
        draw = random.Random(f"{wanted.seed}\n{asked.key}\n{asked.attempt}").random()
        for name, share in wanted.faults.items() if asked.attempt < wanted.patience else ():
            draw -= share
            if draw < 0:
                return name
        return "good"

    def deliver(self, asked: Asked, kind: str) -> Delivery:
        prompt, number = asked.prompt_tokens, len(self.deliveries)
        times = (asked.asked_s, monotonic())
        delivery = Delivery(asked.key, self.era, kind, prompt, prompt // 2, FIRST + number, *times)
        self.deliveries.append(delivery)
        return delivery

    def stats(self) -> dict[str, Any]:
        names = ("requests", "in_flight", "peak", "era", "asked", "faults", "abandoned", "deliveries")
        return {name: getattr(self, name) for name in names}


# --------------------------------------------------------------------------- HTTP


class Connection(asyncio.Protocol):
    """One client's connection, one request at a time."""

    def __init__(self, books: Books, server: "Server") -> None:
        self._books, self._server = books, server
        self._received = bytearray()
        self._pending: asyncio.TimerHandle | None = None
        self._busy = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._server.connections.add(self)
        if self._server.is_down:
            transport.abort()

    def connection_lost(self, _: Exception | None) -> None:
        self._server.connections.discard(self)
        if self._pending is not None:
            self._pending.cancel()
        if self._busy:
            self._books.abandoned[self._books.era] += 1
            self._done()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, mark, rest = self._received.partition(b"\r\n\r\n")
        if not mark:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) >= length:
            self._received = bytearray(rest[length:])
            method, path, _ = first.split(" ")
            self._route(method, path, headers.get("authorization", ""), bytes(rest[:length]))

    def _route(self, method: str, path: str, authorization: str, body: bytes) -> None:
        wanted = self._books.behaviour
        match method, path:
            case "POST", "/v1/chat/completions" | "/v1/completions":
                self._completion(json.loads(body), path.endswith("chat/completions"), authorization)
            case "GET", "/v1/models":
                self.send(200, {"object": "list", "data": [{"id": wanted.model, "object": "model"}]})
            case "GET", "/stats":
                self.send(200, self._books.stats())
            case "POST", "/era":
                self._books.era += 1
                self.send(200, {"era": self._books.era})
            case "GET", "/healthz":
                self.send(200, {})
            case _:
                self.send(404, {"detail": "Not Found"})

    def _completion(self, body: dict[str, Any], chat: bool, authorization: str) -> None:
        wanted = self._books.behaviour
        if body["model"] != wanted.model:
            return self.refuse(404, f"The model `{body['model']}` does not exist.", authorization)
        for name in wanted.rejects:
            if name in body:
                said = f"Unsupported parameter: '{name}' is not supported with this model."
                said += " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
                return self.refuse(400, said, authorization, name)
        if chat and not body["messages"]:
            return self.refuse(400, "Invalid 'messages': empty array.", authorization, "messages")
        text = body["messages"][-1]["content"] if chat else body["prompt"]
        asked = self._books.ask(f"{text[:100]}#{body.get('seed')}", chat, 10 + len(text) // 4, authorization)
        self._busy = True
        if wanted.down is not None and self._books.requests == wanted.down[0]:
            return self._server.go_down(wanted.down[1])
        fault = self._books.fault(asked)
        self._books.faults[fault] += 1
        # What costs a server no work is said at once.
        wait = 0.0 if fault in ("401", "400", "429", *LIMITED) else wanted.latency_s
        self._pending = self._server.loop.call_later(wait, self._meet, asked, fault)
        return None

    def _meet(self, asked: Asked, fault: str) -> None:
        self._pending = None
        FAULTS[fault](self, asked)

    def _done(self) -> None:
        self._busy = False
        self._books.in_flight -= 1

    # ----------------------------------------------------------------------- answers

    def send(self, status: int, body: Any, *headers: str) -> None:
        """A whole answer."""
        self.write(status, json.dumps(body).encode(), *headers)

    def write(self, status: int, payload: bytes, *headers: str, length: int | None = None) -> None:
        """An answer of these bytes; a `length` above theirs leaves it unfinished."""
        lines = (f"HTTP/1.1 {status} X", "Content-Type: application/json", *headers)
        size = len(payload) if length is None else length
        if self._busy and size == len(payload):
            self._done()
        self.transport.write("\r\n".join((*lines, f"Content-Length: {size}\r\n\r\n")).encode() + payload)

    def refuse(self, status: int, message: str, authorization: str, name: str | None = None, *headers: str) -> None:
        """An error as OpenAI words it."""
        echoed = f" Your header: {authorization}" if self._books.behaviour.echo else ""
        error = {"message": message + echoed, "type": "error", "param": name, "code": None}
        self.send(status, {"error": error}, *headers)

    def deliver(self, asked: Asked, kind: str) -> None:
        """A whole answer with its usage: billed."""
        self.send(200, self.answer(asked, self._books.deliver(asked, kind)))

    def answer(self, asked: Asked, delivery: Delivery) -> dict[str, Any]:
        """The body of an answer."""
        wanted = self._books.behaviour
        answer = (
            ""
            if delivery.kind == "empty"
            else f"delivery {delivery.completion} " + "word " * wanted.words + wanted.closing
        )
        thought = "" if delivery.kind == "empty" else f"Let me see {delivery.completion}."
        choice: dict[str, Any] = {"index": 0, "finish_reason": "stop"}
        if wanted.thinking == "inline" and thought:
            answer = f"<think>\n{thought}\n</think>\n\n{answer}"
        if asked.chat:
            given = {"apart": {"reasoning_content": thought}, "newer": {"reasoning": thought}}.get(wanted.thinking, {})
            choice["message"] = {"role": "assistant", "content": answer, **given}
        else:
            choice["text"] = answer
        hidden = delivery.completion - 100 if wanted.thinking == "hidden" else 0
        return {
            "id": f"cmpl-{delivery.completion}",
            "object": "chat.completion" if asked.chat else "text_completion",
            "created": 0,
            "model": "another" if delivery.kind == "wrong-model" else wanted.model,
            "choices": [choice],
            "usage": {
                "prompt_tokens": delivery.prompt,
                "completion_tokens": delivery.completion,
                "total_tokens": delivery.prompt + delivery.completion,
                "prompt_tokens_details": {"cached_tokens": delivery.cached},
                "completion_tokens_details": {"reasoning_tokens": hidden},
            },
        }

    def unbilled(self, asked: Asked) -> bytes:
        """A body that will not arrive whole."""
        return json.dumps(
            self.answer(asked, Delivery(asked.key, 0, "good", asked.prompt_tokens, 0, 7, 0.0, 0.0))
        ).encode()

    def reset(self) -> None:
        """Ends the connection with a reset, not with a polite close."""
        link = self.transport.get_extra_info("socket")
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._done()
        self.transport.abort()


# --------------------------------------------------------------------------- faults


def _status(status: int, message: str, *headers: Callable[[], str]) -> Callable[[Connection, Asked], None]:
    def meet(connection: Connection, asked: Asked) -> None:
        connection.refuse(status, message, asked.authorization, None, *(header() for header in headers))

    return meet


def _reset_midway(connection: Connection, asked: Asked) -> None:
    payload = connection.unbilled(asked)
    connection.write(200, payload[: len(payload) // 2], length=len(payload))
    connection.reset()


def _stall_midway(connection: Connection, asked: Asked) -> None:
    payload = connection.unbilled(asked)
    connection.write(200, payload[: len(payload) // 2], length=len(payload))


def _truncated(connection: Connection, asked: Asked) -> None:
    payload = connection.unbilled(asked)
    connection.write(200, payload[: len(payload) // 2])


def _cut_chunks(connection: Connection, asked: Asked) -> None:
    half = connection.unbilled(asked)[:200]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.transport.write(head + b"%x\r\n%s\r\n" % (len(half), half))
    connection._done()
    connection.transport.close()


def _page(connection: Connection, _: Asked) -> None:
    connection.write(200, b"<html><body>Please wait while we check your browser.</body></html>")


def _drip(connection: Connection, asked: Asked, each_s: float = 0.25) -> None:
    payload = connection.unbilled(asked)
    connection.write(200, b"", length=len(payload))

    def drop(at: int) -> None:  # the last byte never comes
        connection.transport.write(payload[at : at + 1] if at + 1 < len(payload) else b"")
        connection._pending = connection._server.loop.call_later(each_s, drop, at + 1)

    drop(0)


FAULTS: dict[str, Callable[[Connection, Asked], None]] = {
    "good": lambda connection, asked: connection.deliver(asked, "good"),
    "400": _status(400, "This prompt is refused."),
    "401": _status(401, "Incorrect API key provided."),
    "429": _status(429, "Too many requests."),
    "429-seconds": _status(429, "Too many requests.", lambda: "Retry-After: 1"),
    "429-date": _status(429, "Too many requests.", lambda: f"Retry-After: {formatdate(time() + 2, usegmt=True)}"),
    "500": _status(500, "Something broke."),
    "503": _status(503, "Overloaded."),
    "reset": lambda connection, _: connection.reset(),
    "reset-midway": _reset_midway,
    "stall": lambda *_: None,
    "stall-midway": _stall_midway,
    "truncated": _truncated,
    "cut-chunks": _cut_chunks,
    "page": _page,
    "drip": _drip,
    "empty": lambda connection, asked: connection.deliver(asked, "empty"),
    "wrong-model": lambda connection, asked: connection.deliver(asked, "wrong-model"),
}
LIMITED = ("429-seconds", "429-date")


# --------------------------------------------------------------------------- the process


class Server:
    """Listens on a port of its own on the loopback; can go away for a while and come back."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.books = Books(behaviour)
        self.connections: set[Connection] = set()
        self.loop = asyncio.get_running_loop()
        self._listener: asyncio.Server
        self.is_down = False

    async def listen(self, port: int = 0) -> int:
        """Begins to listen, and returns the port."""
        make = lambda: Connection(self.books, self)  # noqa: E731
        self._listener = await self.loop.create_server(make, "127.0.0.1", port, backlog=2048)
        return int(self._listener.sockets[0].getsockname()[1])

    def go_down(self, seconds: float) -> None:
        """Closes everything; the same port listens again after `seconds`, or as soon as nobody else has it."""
        port = self._listener.sockets[0].getsockname()[1]
        self._listener.close()
        self.is_down = True  # what the kernel had accepted before is still handed over
        for connection in list(self.connections):
            connection.transport.abort()
        self.loop.call_later(seconds, lambda: self.loop.create_task(self._come_back(port)))

    async def _come_back(self, port: int) -> None:
        while True:
            try:
                await self.listen(port)
                self.is_down = False
                return
            except OSError:  # somebody's outgoing connection has been given the port meanwhile
                await asyncio.sleep(0.2)


async def _serve(behaviour: Behaviour) -> None:
    port = await Server(behaviour).listen()
    print(port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


class Running(NamedTuple):
    """A server in a process of its own."""

    url: str  # as OpenAI clients take it
    process: "subprocess.Popen[str]"

    def stats(self) -> dict[str, Any]:
        """The books: see `Books.stats`."""
        with urllib.request.urlopen(self.url.replace("/v1", "/stats"), timeout=60) as answer:
            return dict(json.load(answer))

    def deliveries(self) -> list[Delivery]:
        """What was billed."""
        return [Delivery(*row) for row in self.stats()["deliveries"]]

    def next_era(self) -> None:
        """Opens the next era of the books."""
        urllib.request.urlopen(urllib.request.Request(self.url.replace("/v1", "/era"), b""), timeout=60).close()


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Running]:
    """A server of this behaviour in a process of its own, which ends with the block, or with this process."""
    command = [sys.executable, "-m", "tests.faulty_server", json.dumps(asdict(behaviour))]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Running(f"http://127.0.0.1:{int(process.stdout.readline())}/v1", process)
        finally:
            process.kill()


if __name__ == "__main__":
    if sys.argv[1:] in ([], ["--help"]):
        sys.exit(__doc__)
    asyncio.run(_serve(Behaviour(**json.loads(sys.argv[1]))))
