"""What stands around a worker: the candidate's interpreter, and bubblewrap.

bubblewrap gives a worker its own view of the machine: the system's libraries and the interpreter, read-only, and no
other file, process or network. It needs user namespaces, which some machines refuse; `pool.py` tries, and does
without. The policy that every child enters (`policy.py`) does not depend on it.
"""

import json
import os
import shutil
import site
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from thalweg.errors import InputError

_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives")
_LIBRARIES = (
    *("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64"),
    *("/usr/local/lib", "/usr/local/lib64", "/usr/share/zoneinfo"),
)
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # the same program gives the same result each time
    "MALLOC_ARENA_MAX": "2",  # or threads reserve address space by the gigabyte, which is limited
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"),
}
_STACK_KB = 1 << 20  # of the main thread; the layout of a process leaves room for it only if it is set before
_DESCRIBE = """
import json, os, site, sys
print(json.dumps([os.path.realpath(sys.executable), sys.base_prefix, site.getsitepackages(), sys.version_info[:2]]))
"""
_OLDEST = (3, 9)  # os.pidfd_open


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What runs the candidates: the executable, where its own library is, and its `site-packages`."""

    executable: str
    prefix: str
    packages: tuple[str, ...]

    @property
    def readable(self) -> list[str]:
        """What a confined program may read: libraries of the system and of the interpreter."""
        own = [os.path.join(self.prefix, name) for name in ("lib", "lib64")]
        return [*_LIBRARIES, *_SYSTEM_FILES, *own, *self.packages]


def choices(explicit: Path | None) -> Iterator[Interpreter]:
    """The interpreter asked for; else the one that runs now and then the system's, for where that one cannot be used.

    Raises:
        InputError: the one that was asked for does not run, or is too old.
    """
    if explicit is not None:
        yield describe(str(explicit))
        return
    own = os.path.realpath(sys.executable)
    if os.path.isfile(own) and os.access(own, os.X_OK):
        yield Interpreter(own, sys.base_prefix, tuple(site.getsitepackages()))
    system = shutil.which("python3", path="/usr/bin:/usr/local/bin:/bin")
    if system is not None and os.path.realpath(system) != own:
        yield describe(system)


@cache
def describe(executable: str) -> Interpreter:
    """Asks an interpreter where it keeps its modules.

    Raises:
        InputError: it does not run, or is too old.
    """
    try:
        done = subprocess.run(
            [executable, "-s", "-c", _DESCRIBE], capture_output=True, text=True, timeout=60, env=_ENVIRONMENT, cwd="/"
        )
        real, prefix, packages, version = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise InputError("interpreter", f"{executable} does not run as a Python interpreter", str(error)) from None
    if tuple(version) < _OLDEST:
        raise InputError("interpreter", f"{executable} is Python {version[0]}.{version[1]}", "3.9 or newer is needed")
    return Interpreter(real, prefix, tuple(packages))


def bubblewrap() -> str | None:
    """Where bubblewrap is, if it is installed."""
    return shutil.which("bwrap")


def command(interpreter: Interpreter, wrapper: str | None, code: str) -> list[str]:
    """The command line of a worker that executes `code`; `wrapper` is bubblewrap, or null to do without."""
    python = [interpreter.executable, "-s", "-S", "-B", "-X", "utf8", "-c", code]
    limited = ["/bin/sh", "-c", f'ulimit -s {_STACK_KB} 2>/dev/null; exec "$0" "$@"']
    return [*limited, *(_wrapped(interpreter, wrapper) if wrapper else ()), *python]


def environment() -> dict[str, str]:
    """The environment of workers, and so of candidates: nothing of the user's."""
    return dict(_ENVIRONMENT)


def _wrapped(interpreter: Interpreter, wrapper: str) -> list[str]:
    line = [wrapper, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    for folder in _SYSTEM:
        if os.path.islink(folder):
            line += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            line += ["--ro-bind", folder, folder]
    # Before the interpreter, which may lie in one of them.
    line += ["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    for path in (*_SYSTEM_FILES, interpreter.prefix, *interpreter.packages):
        if not path.startswith("/usr/") and path != "/usr":
            line += ["--ro-bind-try", path, path]
    return [*line, "--remount-ro", "/tmp", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--"]
