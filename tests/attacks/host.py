"""What the runner watches on the host while an attack runs: files, ears on the network, processes.

`Host` makes a folder with a sentinel and a secret, listens at addresses that nothing should call, and names every
change that it sees. Being a *subreaper*, the runner inherits what loses its parent, so that no process slips away.
"""

import ctypes
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PR_SET_CHILD_SUBREAPER = 36
_OLD = 1_000_000_000  # seconds since 1970: an age that no accident gives a file
_PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/")


class Host:
    """The watched machine. `facts` is what attackers are told; `secret` is what they must never print."""

    def __init__(self) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.marker = f"thalweg-attack-{secrets.token_hex(8)}"
        self.secret = os.environ.get("ATTACK_SECRET") or secrets.token_hex(16)
        self.folder = Path(tempfile.mkdtemp(prefix="watched-"))
        self.sentinel = self.folder / "sentinel.txt"
        (self.folder / "empty").mkdir()
        for path, text in ((self.sentinel, "unchanged"), (self.folder / "secret.txt", self.secret)):
            path.write_text(text)
            path.chmod(0o640)
            os.utime(path, (_OLD, _OLD))
        self._ears = self._listen()
        self._before = self._files()

    @property
    def facts(self) -> dict[str, Any]:
        package = Path(__import__("thalweg").__file__ or "").resolve()
        return {
            **self._addresses,
            "sentinel": str(self.sentinel),
            "folder": str(self.folder),
            "secret_file": str(self.folder / "secret.txt"),
            "marker": self.marker,
            "home": os.path.expanduser("~"),
            "key": int(self.marker[-6:], 16) + 1,
            "project_file": str(package.parent / "errors.py"),
            "project_root": str(package.parent.parent),
            "runner_pid": os.getpid(),
        }

    def _listen(self) -> list[socket.socket]:
        where: dict[str, tuple[int, int, Any]] = {
            "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "unix": (socket.AF_UNIX, socket.SOCK_STREAM, str(self.folder / "stream.sock")),
            "datagram": (socket.AF_UNIX, socket.SOCK_DGRAM, str(self.folder / "datagram.sock")),
            "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.marker}-stream"),
            "abstract_datagram": (socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{self.marker}-datagram"),
        }
        ears, self._addresses = [], {}
        for name, (family, kind, address) in where.items():
            ear = socket.socket(family, kind)
            ear.bind(address)
            ear.setblocking(False)
            if kind == socket.SOCK_STREAM:
                ear.listen()
            bound = ear.getsockname()
            self._addresses[name] = bound.decode().lstrip("\0") if isinstance(bound, bytes) else bound
            ears.append(ear)
        return ears

    def effects(self) -> list[str]:
        """Every change since the last call, each in words; what was heard is heard once."""
        found = [f"heard a call at {ear.getsockname()!r}" for ear in self._ears if _heard(ear)]
        now = self._files()
        found += [f"{key}: {self._before.get(key)} -> {now.get(key)}" for key in self._before.keys() | now.keys()
                  if self._before.get(key) != now.get(key)]  # fmt: skip
        self._before = now
        return found

    def _files(self) -> dict[str, Any]:
        state: dict[str, Any] = {}
        for path in (self.folder, *sorted(self.folder.rglob("*"))):
            was = path.lstat()
            content = path.read_text() if path.suffix == ".txt" else None
            state[str(path)] = (
                content,
                was.st_mode,
                was.st_uid,
                was.st_gid,
                was.st_nlink,
                was.st_mtime_ns,
                was.st_ctime_ns,
            )
        marked = [os.path.join(place, name) for place in _PLACES for name in _names(place) if self.marker in name]
        state["marked files"] = sorted(marked)
        state["shared memory"] = [kind for kind in ("shm", "sem", "msg") if self._has_key(f"/proc/sysvipc/{kind}")]
        return state

    def _has_key(self, path: str) -> bool:
        key = str(self.facts["key"])
        return os.path.exists(path) and any(line.split()[:1] == [key] for line in Path(path).read_text().splitlines())

    def close(self) -> None:
        for ear in self._ears:
            ear.close()
        shutil.rmtree(self.folder)


def _heard(ear: socket.socket) -> bool:
    try:
        if ear.type == socket.SOCK_STREAM:
            ear.accept()[0].close()
        else:
            ear.recv(1)
    except BlockingIOError:
        return False
    return True


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def processes() -> dict[int, int]:
    """Every living process and its parent."""
    parents: dict[int, int] = {}
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        try:
            state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            parents[pid] = int(parent)
    return parents


def descendants(root: int) -> dict[int, str]:
    """Every living process below `root`: its id and its command line."""
    parents = processes()
    return {pid: _command(pid) for pid in sorted(parents) if _below(pid, root, parents)}


def _below(pid: int, root: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == root:
            return True
    return False


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:100]
    except OSError:
        return ""


def settles(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether a condition comes true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
