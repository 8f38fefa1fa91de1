"""The fork server: one fresh process a job, forked from an interpreter that has already started.

A worker's parent starts this once, under bubblewrap where it can, and hands it the sources of the policy and of the
drivers over a pipe: the candidate's interpreter may be unable to read the project's files. Then jobs come one at a
time. For each the zygote makes files in memory for the streams, forks, waits until the child ends or a limit is
reached, and sends back what happened. It never runs untrusted code itself and never looks into what a child wrote.

Standard library alone. Not covered: which isolation is enough (`pool.py`), what a driver does (`drivers/`).
"""

import builtins
import gc
import json
import math
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

from thalweg.sandbox.streams import open_streams

Driver = Callable[[dict[str, Any], Callable[[object], None]], None]

_RECORDS = 63  # the descriptor of the records in a child: the highest that it may have
_OPEN_FILES = _RECORDS + 1
_KILLED = -signal.SIGKILL
MEMORY_MARK = b"!memory\n"  # no JSON text begins like this


def main(start: dict[str, Any]) -> None:
    """Serves jobs until the other end of the pipe closes. `start` is what `pool.py` sends first."""
    commands, answers = os.dup(0), os.dup(1)
    _stand_in_streams()
    drivers = _prepare(start)
    _send(answers, {"ready": True, "python": sys.version.split()[0]})
    while (frame := _receive(commands)) is not None:
        header, body = frame
        _send(answers, *_run(drivers[header["driver"]], header, body, commands))


def _stand_in_streams() -> None:
    """Regular files where a child's streams will be, so that what is inherited from here fits them."""
    for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_RDWR)):
        del flags
        file = os.memfd_create("stream")
        os.dup2(file, descriptor)
        os.close(file)
    open_streams()


def _prepare(start: dict[str, Any]) -> dict[str, Driver]:
    sys.path += [path for path in start["paths"] if path not in sys.path]
    for name in start["modules"]:
        __import__(name)
    _interactive_names()
    drivers: dict[str, Driver] = {}
    for name, source in start["drivers"].items():
        scope: dict[str, Any] = {"__name__": name}
        exec(compile(source, f"<driver {name}>", "exec"), scope)
        drivers[name] = scope["run"]
    gc.collect()
    gc.freeze()
    return drivers


def _interactive_names() -> None:
    """`exit`, `quit`, `help` and their like, which the interpreter's `site` adds to the builtins."""
    import site

    site.setquit()
    site.setcopyright()
    site.sethelper()


# --------------------------------------------------------------------------- one job


def _run(driver: Driver, header: dict[str, Any], body: bytes, commands: int) -> tuple[dict[str, Any], bytes, ...]:  # type: ignore[misc]
    files = [os.memfd_create(name) for name in ("stdin", "stdout", "stderr", "records")]
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        _be_child(driver, header, body, files)
    status, cpu_s, reason = _wait(child, header, began, commands)
    wall_s = time.monotonic() - began
    streams = [_content(file, header["output_bytes"]) for file in files[1:]]
    for file in files:
        os.close(file)
    ending = {"reason": reason, "status": status, "cpu_s": cpu_s, "wall_s": wall_s}
    return ending, *streams


def _wait(child: int, header: dict[str, Any], began: float, commands: int) -> tuple[int, float, str | None]:
    """Waits for the child and kills it at its limits: exit code or negative signal, CPU seconds, the limit if any."""
    handle = os.pidfd_open(child)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(commands, 0)  # says only that the other end is gone
    clock = (~child << 3) | 2  # the clock of a process's CPU time, as clock_getcpuclockid makes it
    reason = None
    while True:
        wall_left = began + header["wall_s"] - time.monotonic()
        cpu_left = header["cpu_s"] - time.clock_gettime(clock)
        if wall_left <= 0 or cpu_left <= 0:
            reason = "cpu" if cpu_left <= 0 else "wall"
            break
        ready = poll.poll(math.ceil(1000 * min(wall_left, max(cpu_left, 0.001))))
        if any(descriptor == commands for descriptor, _ in ready):
            break
        if ready:
            break
    os.kill(child, signal.SIGKILL)
    os.close(handle)
    _, status, usage = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, reason


def _content(file: int, limit: int) -> bytes:
    """One byte more than the limit tells that there was more."""
    return os.pread(file, limit + 1, 0)


def _be_child(driver: Driver, header: dict[str, Any], body: bytes, files: list[int]) -> NoReturn:
    code = 1
    try:
        _descriptors(files)
        _limits(header, len(body))
        driver(json.loads(body), _emit)
        code = 0
    except MemoryError:
        os.write(_RECORDS, MEMORY_MARK)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        _leave(code)


def _leave(code: int) -> NoReturn:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _descriptors(files: list[int]) -> None:
    os.setsid()
    for target, file in enumerate(files[:3]):
        os.dup2(file, target)
    os.dup2(files[3], _RECORDS)
    os.closerange(3, _RECORDS)


def _limits(header: dict[str, Any], payload: int) -> None:
    memory = header["memory_mb"] << 20
    cpu = math.ceil(header["cpu_s"])
    # The child writes its own input, which may be longer than its output is allowed to be.
    size = max(header["output_bytes"], payload) + 1
    for kind, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_FSIZE, size, size),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(kind, (soft, hard))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def _emit(value: object) -> None:
    _write(_RECORDS, json.dumps(value).encode() + b"\n")


# --------------------------------------------------------------------------- frames


def _receive(source: int) -> tuple[dict[str, Any], bytes] | None:
    """A header (JSON) and a body (raw); null at the end."""
    sizes = _read(source, 16)
    if sizes is None:
        return None
    header = _read(source, int.from_bytes(sizes[:8], "little"))
    body = _read(source, int.from_bytes(sizes[8:], "little"))
    return None if header is None or body is None else (json.loads(header), body)


def _send(target: int, header: dict[str, Any], *bodies: bytes) -> None:
    text = json.dumps({**header, "sizes": [len(body) for body in bodies]}).encode()
    _write(target, len(text).to_bytes(8, "little") + text + b"".join(bodies))


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
