"""What a confined process may not do: limits, capabilities, Landlock, seccomp.

The zygote prepares once what can be prepared (`Policy`), and every child enters it between the fork and the untrusted
code (`Policy.enter`). A child may compute, print to its files in memory, start threads, and read the interpreter and
the system's libraries. It may not open anything else, write anywhere, start processes, signal others, or reach a
network. Written with ctypes on the raw system calls; the standard library alone, since this text runs in the zygote.

Not covered: defects of the kernel, timing, and which calls are allowed (`seccomp.py`).
Sources: landlock(7), capabilities(7), prctl(2), linux/landlock.h.
"""

import ctypes
import errno
import math
import os
import resource
import signal
import stat
from dataclasses import dataclass

from thalweg.sandbox.seccomp import Filter, architecture

_libc = ctypes.CDLL(None, use_errno=True)
_word = ctypes.c_ulong  # varargs are passed as C longs: a bare int would be cut to 32 bits

# The numbers of the newest system calls are the same on every architecture.
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_ENTER = 444, 445, 446
_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # rights that each version adds
_NETWORK = {4: 0b11}  # binding and connecting TCP
_SCOPED = {6: 0b11}  # abstract sockets and signals

_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 24, 47, 38, 22
_AMBIENT_CLEAR_ALL, _SECCOMP_FILTER = 4, 2
_CAPABILITY_VERSION = 0x20080522

_WRITABLE = ("/dev/null",)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def die_with_parent(parent: int) -> None:
    """The kernel kills this process when the thread that started it ends; `parent` is who must still be there."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def drop_privileges() -> None:
    """Gives up every capability for good, here and in what is executed later."""
    capability = 0
    while _libc.prctl(_PR_CAPBSET_DROP, *map(_word, (capability, 0, 0, 0))) == 0:  # fails after the last one
        capability += 1
    _libc.prctl(_PR_CAP_AMBIENT, *map(_word, (_AMBIENT_CLEAR_ALL, 0, 0, 0)))
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def limit_always(*, files: int) -> None:
    """Limits that are the same for every job, set once: open files, and no core dumps.

    `SIGXFSZ`, which ends a process whose output is too long, gets back the effect that Python takes from it.
    """
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def limit_resources(*, memory: int, cpu_s: float, file_size: int, stack: int | None = None) -> None:
    """Bounds this process: address space, size of a file and stack (null: as it is) in bytes, and CPU time.

    CPU time counts in whole seconds here; whoever waits for the process ends it on time. The soft limit is below the
    hard one so that the signal tells what happened.
    """
    cpu = math.ceil(cpu_s)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    if stack is not None:
        resource.setrlimit(resource.RLIMIT_STACK, (stack, stack))


def small_thread_stacks(size: int) -> None:
    """Threads get `size` bytes of stack by default, whatever the limit for the main thread is."""
    attributes = (ctypes.c_ulong * 32)()  # room for a pthread_attr_t, with some to spare
    if hasattr(_libc, "pthread_setattr_default_np"):
        _libc.pthread_attr_init(attributes)
        _libc.pthread_attr_setstacksize(attributes, _word(size))
        _libc.pthread_setattr_default_np(attributes)


@dataclass(frozen=True)
class Policy:
    """What is ready to be entered. `landlock` is the kernel's version of it, 0 where there is none."""

    landlock: int
    ruleset: int | None
    calls: Filter | None

    @classmethod
    def prepare(cls, readable: list[str]) -> "Policy":
        """Builds the rules: `readable` are folders and files that may be read, with all that is beneath."""
        version = landlock_version()
        machine = architecture() if _filters_calls() else None
        return cls(version, _ruleset(version, readable) if version else None, Filter(machine) if machine else None)

    def enter(self) -> None:
        """Confines this process for good.

        Raises:
            OSError: the kernel refused, and the process must not go on.
        """
        if self.ruleset is not None:
            _check(_libc.syscall(_LANDLOCK_ENTER, self.ruleset, _word(0)), "landlock_restrict_self")
        if self.calls is not None:
            program = self.calls.own(os.getpid())
            _check(_libc.prctl(_PR_SET_SECCOMP, *map(_word, (_SECCOMP_FILTER, program, 0, 0))), "seccomp")


def landlock_version() -> int:
    """The version of Landlock that the kernel offers, 0 for none."""
    return max(0, int(_libc.syscall(_LANDLOCK_CREATE, None, _word(0), _word(1))))


def _filters_calls() -> bool:
    """Whether the kernel takes seccomp filters: it then complains of the address of this one, and not of the rest."""
    _libc.prctl(_PR_SET_SECCOMP, *map(_word, (_SECCOMP_FILTER, 0, 0, 0)))
    return ctypes.get_errno() == errno.EFAULT


def _ruleset(version: int, readable: list[str]) -> int:
    tables = (_FILES, _NETWORK, _SCOPED)
    handled = [max((rights for since, rights in table.items() if since <= version), default=0) for table in tables]
    size = 8 if version < min(_NETWORK) else 16 if version < min(_SCOPED) else 24
    attribute = (ctypes.c_uint64 * 3)(*handled)
    rules = _check(_libc.syscall(_LANDLOCK_CREATE, attribute, _word(size), _word(0)), "landlock_create_ruleset")
    for path in sorted({*readable, *_DEVICES}):
        if os.path.exists(path):
            _allow(rules, path, write=path in _WRITABLE)
    return rules


def _allow(rules: int, path: str, *, write: bool) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    folder = stat.S_ISDIR(os.fstat(handle).st_mode)
    rights = _READ_FILE | (_READ_DIR if folder else 0) | (_WRITE_FILE if write else 0)
    # struct landlock_path_beneath_attr is packed: eight bytes of rights, four of the descriptor.
    attribute = rights.to_bytes(8, "little") + handle.to_bytes(4, "little")
    _check(_libc.syscall(_LANDLOCK_ADD, rules, _PATH_BENEATH, attribute, _word(0)), f"landlock_add_rule {path}")
    os.close(handle)


def _prctl(option: int, value: int) -> None:
    _check(_libc.prctl(option, *map(_word, (value, 0, 0, 0))), f"prctl {option}")


def _check(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)
    return int(result)
