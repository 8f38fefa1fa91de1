"""Tries what a confined process must not be able to do, and emits what it could do."""

import os
import resource
import socket
from collections.abc import Callable
from typing import Any


def run(payload: dict[str, Any], emit: Callable[[object], None]) -> None:
    """Payload: `file`, one of the host's that may be tampered with; `process`, one of the host's; `open_files`."""
    attempts: dict[str, Callable[[], object]] = {
        "read": lambda: os.open("/proc/self/status", os.O_RDONLY),
        "write": lambda: os.open(payload["file"], os.O_WRONLY | os.O_APPEND),
        "create": lambda: os.open(f"/tmp/thalweg-probe-{os.getpid()}", os.O_WRONLY | os.O_CREAT),
        "chmod": lambda: os.chmod(payload["file"], 0o600),
        "network": lambda: socket.socket(socket.AF_INET),
        "process": _fork,
        "signal": lambda: os.kill(os.getppid(), 0),
        "host file": lambda: os.stat(payload["file"]),
        "host process": lambda: os.stat(f"/proc/{payload['process']}/stat"),
    }
    could = [name for name, attempt in attempts.items() if _works(attempt)]
    limits = [resource.getrlimit(kind) for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS)]
    emit({"could": could, "limits": limits})


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
