"""Processes that compare formulas, and may be killed while they do.

A symbolic library can hang on a short input and no timer inside Python stops it, so comparisons run in processes of
their own (`formulas.py`), started once and used again. A pair that takes too long costs its limit: its process is
killed and another takes its place. A process that dies otherwise is replaced and the pair compared again, so that a
killed worker changes no verdict. Workers die with the process that started them.

Not covered: what is compared how (`math.py`).
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Literal, NamedTuple, TypeAlias, cast

from thalweg.sandbox.job import SandboxError

# `unparsed`: one side is no formula that the library understands. `timeout`: it came to no end.
Outcome: TypeAlias = Literal["same", "different", "unparsed", "timeout"]


class Comparison(NamedTuple):
    """What the library found, and the CPU time in seconds that it took."""

    outcome: Outcome
    seconds: float


_PROGRAM = Path(__file__).with_name("formulas.py")
_ATTEMPTS = 3
_START_S = 120.0  # to import the library, on a machine that is busy or has cold disks


class MathWorkers:
    """A number of workers. Threads may share one; a call waits for a worker that is free.

    Workers start when first needed. Use it as a context manager, or call `close`.
    """

    def __init__(self, workers: int = 1) -> None:
        assert workers > 0, workers
        # "Die with the parent" means the thread that started the process, so one thread that lasts starts them all.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="math-workers")
        self._closed = False
        self._workers = [_Worker(self._starter) for _ in range(workers)]
        self._free: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            self._free.put(worker)

    def compare(self, expected: str, actual: str, timeout_s: float = 6.0) -> Comparison:
        """How Math-Verify sees two formulas, within `timeout_s` of CPU time (by the clock: twice that and two seconds).

        Raises:
            SandboxError: the worker died again and again, or the workers were closed.
        """
        worker = self._free.get()
        try:
            for _ in range(_ATTEMPTS):
                if self._closed:
                    raise SandboxError("the math workers are closed")
                if (found := worker.ask(expected, actual, timeout_s)) is not None:
                    return found
        finally:
            self._free.put(worker)
        raise SandboxError(f"a math worker died {_ATTEMPTS} times over one pair (is math-verify installed?)")

    def close(self) -> None:
        """Ends every worker; comparisons of other threads end with `SandboxError`."""
        self._closed = True
        for worker in self._workers:
            worker.end()
        self._starter.shutdown()

    def __enter__(self) -> "MathWorkers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Worker:
    """One process, started when first asked and again after it was killed."""

    def __init__(self, starter: ThreadPoolExecutor) -> None:
        self._starter = starter
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, expected: str, actual: str, timeout_s: float) -> Comparison | None:
        """The comparison, or null where the process died before it answered."""
        process = self._process or self._started()
        if process is None:
            return None
        request = json.dumps([expected, actual, timeout_s]) + "\n"
        try:
            answer = _exchange(process, request.encode(), 2 * timeout_s + 2)
        except TimeoutError:
            self.end()
            return Comparison("timeout", timeout_s)
        if answer:
            outcome, seconds = answer.split()
            return Comparison(cast(Outcome, outcome), float(seconds))
        # Its timer of CPU time ends it by this signal; any other death is not the pair's doing.
        return Comparison("timeout", timeout_s) if self.end() == -signal.SIGPROF else None

    def end(self) -> int | None:
        """Kills the process; its exit code, or null where there was none."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        with process:
            return process.wait()

    def _started(self) -> subprocess.Popen[bytes] | None:
        self._process = self._starter.submit(_spawn).result()
        try:
            if _exchange(self._process, b"", _START_S) == "ready":
                return self._process
        except TimeoutError:
            pass
        self.end()
        return None


def _command() -> list[str]:
    # -P: the program's folder must not be searched for modules (it has a `math.py`).
    return [sys.executable, "-P", str(_PROGRAM), str(os.getpid())]


def _spawn() -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(_command(), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, bufsize=0)


def _exchange(process: subprocess.Popen[bytes], request: bytes, limit_s: float) -> str:
    """Sends a request and waits for a line; an empty one where the process is gone.

    Raises:
        TimeoutError: there was no answer within `limit_s` seconds.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(request)
    except BrokenPipeError:
        return ""
    poll = select.poll()
    poll.register(process.stdout, select.POLLIN)
    deadline, answer = time.monotonic() + limit_s, b""
    while not answer.endswith(b"\n"):
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TimeoutError
        part = os.read(process.stdout.fileno(), 64)
        if not part:
            return ""
        answer += part
    return answer.decode().strip()
