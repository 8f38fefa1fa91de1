"""The fork server: one fresh process a job, forked from an interpreter that has already started.

A worker's parent starts this once, under bubblewrap where it can, and hands it the sources of the policy and of the
drivers over a pipe: the candidate's interpreter may be unable to read the project's files. Then jobs come one at a
time. For each the zygote makes files in memory for the streams, forks, waits until the child ends or a limit is
reached, and sends back what happened. It never runs untrusted code itself and never looks into what a child wrote.

Standard library alone. Not covered: which isolation is enough (`pool.py`), what a driver does (`drivers/`).
"""

import contextlib
import ctypes
import gc
import json
import math
import mmap
import os
import random
import select
import signal
import site
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from thalweg.sandbox import policy
from thalweg.sandbox.streams import FINISHED, OPEN_FILES, RECORDS, flush_streams, open_streams

Driver = Callable[[dict[str, Any], Callable[[object], None]], None]

_libc = ctypes.PyDLL(None, use_errno=True)  # a call keeps the interpreter's lock, which a child could not take
_THREAD_STACK = 8 << 20
_MOST_THREADS = 1_000
_LOOK_S = 0.05  # how often a job's threads are counted: a process starts some hundreds in that time
MEMORY_MARK = b"!memory\n"  # no JSON text begins like this


def main(start: dict[str, Any]) -> None:
    """Serves jobs until the other end of the pipe closes. `start` is what `worker.py` sends first."""
    if start["parent"] is not None:
        policy.die_with_parent(start["parent"])
    commands, answers = os.dup(0), os.dup(1)
    _stand_in_streams()
    missing = _load(start)
    drivers = {name: _driver(name, source) for name, source in start["drivers"].items()}
    policy.limit_always(files=OPEN_FILES)
    policy.drop_privileges()
    os.listdir(os.path.dirname(os.__file__))  # fails where only privileges had let it read its own library
    rules = policy.Policy.prepare(start["readable"])
    for name in start["sources"]:
        del sys.modules[name]  # programs shall find what plain Python has
    gc.collect()
    gc.freeze()
    _send(answers, {"landlock": rules.landlock, "missing": missing})
    server = _Server(rules, drivers, commands)
    while (frame := _receive(commands)) is not None:
        _send(answers, *server.run(*frame))


def _stand_in_streams() -> None:
    """Files in memory where a child's streams will be, so that the objects that it inherits fit its own."""
    for descriptor in (0, 1):
        file = os.memfd_create("stream")
        os.dup2(file, descriptor)
        os.close(file)
    open_streams()


def _load(start: dict[str, Any]) -> list[str]:
    """Imports what programs use most, as plain Python would find it; the names that cannot be imported."""
    policy.small_thread_stacks(_THREAD_STACK)
    sys.path += [path for path in start["paths"] if path not in sys.path]
    site.setquit()
    site.setcopyright()
    site.sethelper()
    missing = []
    for name in start["modules"]:
        try:
            __import__(name)
        except ImportError:
            missing.append(name)
    random.seed(0)  # the same program gives the same result each time
    return missing


def _driver(name: str, source: str) -> Driver:
    scope: dict[str, Any] = {"__name__": name}
    exec(compile(source, f"<driver {name}>", "exec"), scope)
    driver: Driver = scope["run"]
    return driver


class _Server:
    """Runs one job after the other, each in a child of its own."""

    def __init__(self, rules: policy.Policy, drivers: dict[str, Driver], commands: int) -> None:
        self._rules, self._drivers, self._commands = rules, drivers, commands
        self._confined = mmap.mmap(-1, mmap.PAGESIZE)  # shared with the child until it is confined

    def run(self, header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes, bytes, bytes]:
        """How the job ended, its output, its errors and its records."""
        files = [os.memfd_create(name) for name in ("stdin", "stdout", "stderr", "finished", "records")]
        self._confined[0] = 0
        zygote, began = os.getpid(), time.monotonic()
        child = _fork()
        if child == 0:
            self._be_child(zygote, header, body, files)
        status, cpu_s, limit = self._wait(child, header, began)
        ending = {
            "limit": limit,
            "status": status,
            "cpu_s": cpu_s,
            "wall_s": time.monotonic() - began,
            "confined": self._confined[0] == 1,
        }
        # One byte more than is allowed tells that there was more.
        out, err, finished, records = (os.pread(file, header["output_bytes"] + 1, 0) for file in files[1:])
        for file in files:
            os.close(file)
        return ending, finished + out, err, records

    def _wait(self, child: int, header: dict[str, Any], began: float) -> tuple[int, float, str | None]:
        """Until the child ends, or is ended: exit code or negative signal, CPU seconds, the limit that it hit."""
        handle = os.pidfd_open(child)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.register(self._commands, 0)  # says only that nobody waits for an answer any more
        clock = (~child << 3) | 2  # the process's CPU time, as clock_getcpuclockid(3) names it
        limit = None
        while limit is None:
            wall_left = began + header["wall_s"] - time.monotonic()
            if wall_left <= 0:
                wall_left += min(_queued_s(child), header["patience_s"])
            cpu_left = header["cpu_s"] - time.clock_gettime(clock)
            limit = "cpu" if cpu_left <= 0 else "wall" if wall_left <= 0 else None
            if limit is None and poll.poll(math.ceil(1000 * min(wall_left, cpu_left, _LOOK_S))):
                break
            if limit is None and _threads(child) > _MOST_THREADS:
                limit = "memory"
        _kill(child)
        os.close(handle)
        _, status, usage = os.wait4(child, 0)
        return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, limit

    def _be_child(self, zygote: int, header: dict[str, Any], body: bytes, files: list[int]) -> NoReturn:
        code = 1
        try:
            self._confine(zygote, header, len(body), files)
            code = _drive(self._drivers[header["driver"]], body)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def _confine(self, zygote: int, header: dict[str, Any], payload: int, files: list[int]) -> None:
        os.setsid()
        policy.die_with_parent(zygote)
        for target, file in zip((0, 1, 2, FINISHED, RECORDS), files, strict=True):
            os.dup2(file, target)
        policy.limit_resources(
            memory=header["memory_mb"] << 20,
            cpu_s=header["cpu_s"],
            # A child writes its own input, which may be longer than its output is allowed to be.
            file_size=max(header["output_bytes"], payload) + 1,
            stack=None if header["stack_mb"] is None else header["stack_mb"] << 20,
        )
        self._rules.enter()
        self._confined[0] = 1
        self._confined.close()
        os.closerange(3, FINISHED)


def _fork() -> int:
    """The C library's fork, without what Python does after it for threads, locks and random numbers.

    The zygote has one thread and holds no lock, so that nothing needs mending; it saves a third of a fork's cost.
    """
    child = int(_libc.fork())
    if child < 0:
        raise OSError(ctypes.get_errno(), "fork")
    return child


def _drive(driver: Driver, body: bytes) -> int:
    """Calls the driver: the exit code."""
    code = 0
    try:
        driver(json.loads(body), _emit)
    except MemoryError:
        os.write(RECORDS, MEMORY_MARK)
        code = 1
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    flush_streams()
    return code & 0xFF


def _queued_s(child: int) -> float:
    """Seconds that a process has waited for a processor: those of the thread that waited most, 0 if unknown."""
    waited = [0]
    # Threads may end on the way, and not every kernel counts.
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{child}/task"):
            with open(f"/proc/{child}/task/{thread}/schedstat") as file:
                waited.append(int(file.read().split()[1]))
    return max(waited) / 1e9


def _threads(child: int) -> int:
    """How many threads a process has. Small ones cost little address space, and a machine has only so many."""
    with open(f"/proc/{child}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[17])


def _kill(child: int) -> None:
    """Ends a child that may have ended, and its group: without seccomp it could have started processes."""
    os.kill(child, signal.SIGKILL)
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        return  # it had not got as far as to make a group


def _emit(value: object) -> None:
    _write(RECORDS, json.dumps(value).encode() + b"\n")


# --------------------------------------------------------------------------- frames


def _receive(source: int) -> tuple[dict[str, Any], bytes] | None:
    """A header (JSON) and a body (raw), each after its size; null at the end."""
    sizes = _read(source, 16)
    header = _read(source, int.from_bytes(sizes[:8], "little")) if sizes else None
    body = _read(source, int.from_bytes(sizes[8:], "little")) if sizes else None
    return None if header is None or body is None else (json.loads(header), body)


def _send(target: int, header: dict[str, Any], *bodies: bytes) -> None:
    """A header (JSON) after its size; it says how long the bodies are that follow."""
    text = json.dumps({**header, "sizes": [len(body) for body in bodies]}).encode()
    _write(target, b"".join((len(text).to_bytes(8, "little"), text, *bodies)))


def _read(source: int, size: int) -> bytes | None:
    parts = []
    while size:
        part = os.read(source, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _write(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]
