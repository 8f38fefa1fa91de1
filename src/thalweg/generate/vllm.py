"""Students behind a vLLM server that is started for them and stopped after: `vllm serve`, asked over HTTP.

The server listens on the loopback interface, on a free port, as a process group of its own under a supervisor: it and
its children end when the asking ends, whether that went well, failed or was killed. What it prints goes to a log. One
that dies is started again, once; after that the error shows the end of the log, and no answer is made up. Prompts are
rendered here (`api: completions`), so that a student is asked as it was trained; the sampling defaults that a model
ships are left out (`--generation-config vllm`), as they are when transformers runs it.

What it is told is `vllm_command.py`. Not covered: vLLM on several machines, students that change while they are served.
"""

import http.client
import os
import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from thalweg import chat
from thalweg.engine.supervise import command as supervised
from thalweg.errors import InputError
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.model import Precision
from thalweg.generate.vllm_command import Serving, arguments, check_program, endpoint

T = TypeVar("T")

_GRACE_S = 10.0  # for a server to end by itself
_LOOK_S = 0.2
_TAIL = 2000  # characters of the log that an error shows


class ServerError(RuntimeError):
    """The server did not start, or died; the last line says how, and where its log is."""


def ask_served(
    model: str,
    serving_: Serving,
    work: Callable[[Endpoint], T],
    *,
    prompt: chat.Prompt,
    precision: Precision,
    log: Path,
) -> T:
    """Calls `work` with the endpoint of a server of this model; once more with a new server if the first one died.

    Raises:
        InputError: there is no such program, or `work`'s own.
        ServerError: the server did not start, or died twice.
    """
    for last in (False, True):
        with _started(model, serving_, precision, log) as server:
            try:
                return work(endpoint(model, serving_, prompt, server.port))
            except (InputError, RuntimeError, OSError) as error:
                if not _has_died(server):
                    raise
                if last:
                    raise _failed("died again", log) from error
    raise AssertionError("the second attempt returns or raises")


@contextmanager
def serving(
    model: str, serving_: Serving, *, prompt: chat.Prompt, precision: Precision, log: Path
) -> Iterator[Endpoint]:
    """The endpoint of a server of this model, for as long as the block lasts.

    Raises:
        InputError, ServerError: as `ask_served`.
    """
    with _started(model, serving_, precision, log) as server:
        yield endpoint(model, serving_, prompt, server.port)


# --------------------------------------------------------------------------- the server


class _Server(NamedTuple):
    process: "subprocess.Popen[bytes]"
    port: int


@contextmanager
def _started(model: str, serving_: Serving, precision: Precision, log: Path) -> Iterator[_Server]:
    """A server that answers; ended with all its children after."""
    check_program(serving_, "serve.command")
    port = _free_port()
    line = arguments(model, serving_, precision, port)
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as out:
        out.write(f"$ {shlex.join(line)}\n".encode())
        out.flush()
        process = subprocess.Popen(
            supervised(_GRACE_S, line),
            cwd=serving_.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    try:
        _wait_until_healthy(process, port, serving_.startup_timeout_s, log)
        yield _Server(process, port)
    finally:
        process.terminate()  # the supervisor, which ends the group
        process.wait()


def _wait_until_healthy(process: "subprocess.Popen[bytes]", port: int, timeout_s: float, log: Path) -> None:
    until = time.monotonic() + timeout_s
    while not _is_healthy(port):
        if process.poll() is not None:
            raise _failed(f"ended with exit status {process.returncode} before it answered", log)
        if time.monotonic() > until:
            raise _failed(f"did not answer within {timeout_s:g} s (serve.startup_timeout_s)", log)
        time.sleep(_LOOK_S)
    if process.poll() is not None:
        raise _failed("ended, and another program answers on its port", log)


def _has_died(server: _Server) -> bool:
    """Whether it has ended (its supervisor takes a moment to see it), or says itself that its engine is dead."""
    try:
        server.process.wait(timeout=5 * _LOOK_S)
        return True
    except subprocess.TimeoutExpired:
        return not _is_healthy(server.port)


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)  # directly: proxies are for other machines
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _failed(what: str, log: Path) -> ServerError:
    tail = log.read_text(encoding="utf-8", errors="replace")[-_TAIL:]
    return ServerError(f"{tail.rstrip()}\nthe model server {what} (its log: {log})")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    """The server's environment: it reports to nobody, and wants no key from us."""
    kept = {name: value for name, value in os.environ.items() if name != "VLLM_API_KEY"}
    return {**kept, "VLLM_NO_USAGE_STATS": "1", "VLLM_DO_NOT_TRACK": "1", "DO_NOT_TRACK": "1"}
