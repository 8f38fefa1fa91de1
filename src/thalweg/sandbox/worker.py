"""A worker: one zygote process and the pipes to it.

Starting, speaking and ending; which worker runs what is `pool.py`. What comes back from a job is untrusted, so it is
parsed with care: a record that is not JSON is dropped.
"""

import json
import os
import queue
import select
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from thalweg.sandbox import outer
from thalweg.sandbox.job import End, Job, Limits, Result

_SENT = ("seccomp", "policy", "streams", "state", "zygote")  # in the order in which they import each other
# What programs import most. Each costs a little at every fork, and much less than importing it there.
_COMMON = (
    *("atexit", "bisect", "collections", "copy", "datetime", "decimal", "fractions", "functools", "heapq", "io"),
    *("itertools", "json", "linecache", "math", "operator", "random", "re", "string", "threading", "types", "typing"),
)
_START_S = 120.0  # preloaded modules may be large and the machine busy
_PATIENCE = 10  # times the limit of wall-clock time, for what a program waited while others had the processors
_GRACE_S = 30.0  # for a zygote to answer after a job's time is over
_MEMORY_MARK = b"!memory"
_SIGXCPU, _SIGXFSZ = 24, 25

_BOOT = """
import sys
sys.path[:] = [path for path in sys.path if path]
import json, os, types
def take(size):
    data = b""
    while len(data) < size:
        part = os.read(0, size - len(data))
        if not part:
            sys.exit("the worker's parent is gone")
        data += part
    return data
start = json.loads(take(int.from_bytes(take(8), "little")))
for name, source in start["sources"].items():
    module = sys.modules[name] = types.ModuleType(name)
    if "." in name:
        setattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2], module)
    exec(compile(source, "<" + name + ">", "exec"), module.__dict__)
sys.modules["thalweg.sandbox.zygote"].main(start)
"""


class WorkerDiedError(Exception):
    """The zygote is gone, or does not answer, or could not confine a child: the job may be run again elsewhere."""


@cache
def sources() -> dict[str, str]:
    """The modules that a zygote consists of, as text: its interpreter may be unable to read them."""
    package = files("thalweg.sandbox")
    texts = {f"thalweg.sandbox.{name}": (package / f"{name}.py").read_text(encoding="utf-8") for name in _SENT}
    return {"thalweg": "", "thalweg.sandbox": "", **texts}


class Worker:
    """A zygote. Start it through a `Starter`; one thread at a time may use it."""

    def __init__(
        self,
        interpreter: outer.Interpreter,
        wrapper: str | None,
        drivers: Mapping[str, str],
        preload: tuple[str, ...],
    ) -> None:
        self._log = os.memfd_create("errors")
        self._process = subprocess.Popen(
            outer.command(interpreter, wrapper, _BOOT),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,
            cwd="/",
            env=outer.environment(),
            start_new_session=True,  # the terminal's signals are for the parent
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        start = {
            "sources": sources(),
            "drivers": dict(drivers),
            "modules": [*_COMMON, *preload],
            "paths": interpreter.packages,
            "readable": interpreter.readable,
            # Under bubblewrap the parent is out of sight, and bubblewrap sees to it.
            "parent": None if wrapper else os.getpid(),
        }
        try:
            text = json.dumps(start).encode()
            self._write(len(text).to_bytes(8, "little") + text)
            self.ready, _ = self._answer(_START_S)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process that was started: the zygote, or the bubblewrap around it."""
        return self._process.pid

    def run(self, job: Job) -> Result:
        """Runs a job in a fresh process.

        Raises:
            WorkerDiedError: the worker is of no use any more.
        """
        limits = job.limits
        header = {
            "driver": job.driver,
            "cpu_s": limits.cpu_s,
            "wall_s": limits.wall,
            "patience_s": _PATIENCE * limits.wall,
            "memory_mb": limits.memory_mb,
            "output_bytes": limits.output_bytes,
            "stack_mb": limits.stack_mb,
        }
        head, body = json.dumps(header).encode(), json.dumps(job.payload).encode()
        self._write(b"".join((len(head).to_bytes(8, "little"), len(body).to_bytes(8, "little"), head, body)))
        ending, streams = self._answer((1 + _PATIENCE) * limits.wall + _GRACE_S)
        if not ending["confined"]:
            raise WorkerDiedError(f"a process could not be confined: {streams[1].decode(errors='replace')[-300:]}")
        return _result(ending, streams, limits)

    def kill(self) -> None:
        """Ends the zygote and what it runs; whoever uses the worker notices, and closes it."""
        self._process.kill()

    def close(self) -> None:
        """Ends the zygote and what it runs, and gives up the pipes to it."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        os.close(self._log)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._in, view) :]
        except BrokenPipeError:
            raise self._died() from None

    def _answer(self, within_s: float) -> tuple[dict[str, Any], list[bytes]]:
        deadline = time.monotonic() + within_s
        size = int.from_bytes(self._read(8, deadline), "little")
        header = json.loads(self._read(size, deadline))
        return header, [self._read(size, deadline) for size in header["sizes"]]

    def _read(self, size: int, deadline: float) -> bytes:
        parts = []
        while size:
            if not self._poll.poll(max(0.0, 1000 * (deadline - time.monotonic()))):
                raise WorkerDiedError("it does not answer")
            part = os.read(self._out, min(size, 1 << 20))
            if not part:
                raise self._died()
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _died(self) -> WorkerDiedError:
        said = os.pread(self._log, 1 << 16, 0).decode(errors="replace").strip()
        return WorkerDiedError(said.splitlines()[-1] if said else "it was killed")


class Starter:
    """One thread that starts every worker of a pool.

    The kernel tells a process of its parent's death when the *thread* that started it ends, so the thread that
    happens to need a worker must not start it.
    """

    def __init__(self, make: Callable[[], Worker]) -> None:
        self._make = make
        self._wanted: queue.SimpleQueue[queue.SimpleQueue[Worker | BaseException] | None] = queue.SimpleQueue()
        threading.Thread(target=self._serve, daemon=True, name="sandbox-starter").start()

    def start(self) -> Worker:
        """A new worker."""
        answer: queue.SimpleQueue[Worker | BaseException] = queue.SimpleQueue()
        self._wanted.put(answer)
        made = answer.get()
        if isinstance(made, BaseException):
            raise made
        return made

    def close(self) -> None:
        """Ends the thread; workers that are still there end with it."""
        self._wanted.put(None)

    def _serve(self) -> None:
        while (answer := self._wanted.get()) is not None:
            try:
                answer.put(self._make())
            except BaseException as error:  # it belongs to the thread that waits
                answer.put(error)


def _result(ending: dict[str, Any], streams: list[bytes], limits: Limits) -> Result:
    out, err, raw = streams
    cap, code = limits.output_bytes, ending["status"]
    return Result(
        end=_end(ending["limit"], code, max(map(len, streams)) > cap, raw.endswith(_MEMORY_MARK + b"\n")),
        code=abs(code),
        stdout=out[:cap],
        stderr=err[:cap],
        records=_records(raw),
        cpu_s=ending["cpu_s"],
        wall_s=ending["wall_s"],
    )


def _end(limit: End | None, code: int, too_long: bool, memory: bool) -> End:
    if limit is not None:
        return limit
    if code == -_SIGXCPU:
        return "cpu"
    if too_long or code == -_SIGXFSZ:
        return "output"
    if memory:
        return "memory"
    return "exit" if code >= 0 else "signal"


def _records(raw: bytes) -> tuple[Any, ...]:
    """The records that are whole and JSON."""
    records = []
    for line in raw.split(b"\n")[:-1]:
        try:
            records.append(json.loads(line))
        except (ValueError, RecursionError):
            continue
    return tuple(records)
