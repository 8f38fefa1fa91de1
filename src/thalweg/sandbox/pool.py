"""Workers that run jobs: `Pool`."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any

from thalweg.sandbox.job import Job, Limits, Result, SandboxError

_ATTEMPTS = 3
_COMMON = ("math", "collections", "heapq", "bisect", "itertools", "functools", "operator", "re", "string", "random", "json", "io", "typing", "threading", "datetime", "copy", "traceback", "atexit", "types", "decimal", "fractions", "linecache")
_BOOT = """
import sys
sys.path[:] = [path for path in sys.path if path]
import json, os, types
def take(size):
    data = b""
    while len(data) < size:
        part = os.read(0, size - len(data))
        if not part:
            sys.exit(1)
        data += part
    return data
start = json.loads(take(int.from_bytes(take(8), "little")))
for name, source in start["sources"].items():
    sys.modules[name] = types.ModuleType(name)
    exec(compile(source, "<" + name + ">", "exec"), sys.modules[name].__dict__)
sys.modules["thalweg.sandbox.zygote"].main(start)
"""


@dataclass(frozen=True, slots=True)
class Isolation:
    """What holds around a job."""

    name: str
    strong: bool
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


class Pool:
    """Sandboxed workers. Threads may share one; use it as a context manager."""

    def __init__(
        self,
        workers: int = 1,
        *,
        allow_weak: bool = False,
        interpreter: Path | None = None,
        bubblewrap: bool | None = None,
        drivers: Mapping[str, str] | None = None,
        preload: tuple[str, ...] = (),
    ) -> None:
        del allow_weak, interpreter, bubblewrap
        own = {"script": files("thalweg.sandbox.drivers").joinpath("script.py").read_text(encoding="utf-8")}
        self._start = _start({**own, **(drivers or {})}, preload)
        self._starter = _Starter()
        self._free: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(workers):
            self._free.put(None)
        self.isolation = Isolation("none", False, ("everything",))

    def run(self, job: Job) -> Result:
        """Runs a job in a fresh process; blocks until a worker is free.

        Raises:
            SandboxError: workers died again and again.
        """
        worker = self._free.get()
        try:
            for _ in range(_ATTEMPTS):
                worker = worker or self._starter.call(lambda: _Worker(self._start))
                try:
                    return worker.run(job)
                except _WorkerDiedError:
                    worker.close()
                    worker = None
            raise SandboxError(f"a worker died {_ATTEMPTS} times on the same job")
        finally:
            self._free.put(worker)

    def close(self) -> None:
        """Ends the workers."""
        while not self._free.empty():
            worker = self._free.get()
            if worker is not None:
                worker.close()
        self._starter.close()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _WorkerDiedError(Exception):
    pass


class _Starter:
    """One thread that starts every worker: a death signal is sent when the *thread* that forked ends."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._serve, daemon=True, name="sandbox-starter").start()

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            call()

    def call(self, make: "Callable[[], _Worker]") -> "_Worker":
        answer: queue.SimpleQueue[_Worker | BaseException] = queue.SimpleQueue()

        def attempt() -> None:
            try:
                answer.put(make())
            except BaseException as error:
                answer.put(error)

        self._calls.put(attempt)
        made = answer.get()
        if isinstance(made, BaseException):
            raise made
        return made

    def close(self) -> None:
        self._calls.put(None)


def _start(drivers: Mapping[str, str], preload: tuple[str, ...]) -> bytes:
    import site

    package = files("thalweg.sandbox")
    sources = {
        f"thalweg.sandbox.{name}": package.joinpath(f"{name}.py").read_text(encoding="utf-8") for name in ("streams", "zygote")
    }
    start = {"sources": sources, "drivers": dict(drivers), "modules": [*_COMMON, *preload], "paths": site.getsitepackages()}
    return json.dumps(start).encode()


class _Worker:
    def __init__(self, start: bytes) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-S", "-B", "-X", "utf8", "-c", _BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._write(len(start).to_bytes(8, "little") + start)
        self._read_frame()

    def run(self, job: Job) -> Result:
        limits = job.limits
        header = json.dumps(
            {
                "driver": job.driver,
                "cpu_s": limits.cpu_s,
                "wall_s": limits.wall,
                "memory_mb": limits.memory_mb,
                "output_bytes": limits.output_bytes,
            }
        ).encode()
        body = json.dumps(job.payload).encode()
        self._write(len(header).to_bytes(8, "little") + len(body).to_bytes(8, "little") + header + body)
        ending, streams = self._read_frame()
        return _result(ending, streams, limits)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._in, view) :]
        except BrokenPipeError:
            raise _WorkerDiedError from None

    def _read(self, size: int) -> bytes:
        parts = []
        while size:
            part = os.read(self._out, min(size, 1 << 20))
            if not part:
                raise _WorkerDiedError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _read_frame(self) -> tuple[dict[str, Any], list[bytes]]:
        header = json.loads(self._read(int.from_bytes(self._read(8), "little")))
        return header, [self._read(size) for size in header["sizes"]]


def _result(ending: dict[str, Any], streams: list[bytes], limits: Limits) -> Result:
    stdout, stderr, raw = streams
    lines = raw.split(b"\n")[:-1]
    memory = bool(lines) and lines[-1] == b"!memory"
    records = tuple(value for line in lines if (value := _parsed(line)) is not None)
    code = ending["status"]
    cap = limits.output_bytes
    end: Any = "exit" if code >= 0 else "signal"
    if ending["reason"] is not None:
        end = ending["reason"]
    elif memory:
        end = "memory"
    elif code == -24:
        end = "cpu"
    elif code == -25 or max(map(len, streams)) > cap:
        end = "output"
    return Result(
        end=end, code=abs(code), stdout=stdout[:cap], stderr=stderr[:cap], records=records,
        cpu_s=ending["cpu_s"], wall_s=ending["wall_s"],
    )


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
