"""The allow-list of system calls, as a seccomp filter in classic BPF.

A list of what is allowed and not of what is not: a kernel gains calls every year, and Landlock does not cover chmod,
utime and their like. What is not listed fails with EPERM. Calls that are safe with some arguments alone are checked
by argument; see `_checked`. Only x86-64 has a table: elsewhere there is no filter, and `pool.py` calls that weak.

Standard library alone: this text also runs in the zygote. Sources: linux/seccomp.h, linux/bpf_common.h, seccomp(2).
"""

import ctypes
import platform
import struct
from dataclasses import dataclass

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_LOAD, _AND, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data

# Creating a thread, and no namespace with it.
_CLONE_THREAD, _CLONE_NEW = 0x00010000, 0x7E020080
_PIECE = struct.Struct("=HBBI")
_PID = 0xFFFFFFFF  # stands for the child's own process id, which is known only after the fork


@dataclass(frozen=True)
class Architecture:
    """What differs from one processor to the next: the audit number and the numbers of the calls."""

    audit: int
    foreign: int  # numbers from here on belong to another calling convention (x32)
    allowed: dict[str, int]
    checked: dict[str, int]


X86_64 = Architecture(
    audit=0xC000003E,
    foreign=0x40000000,
    allowed={
        # files that are open, and opening those that Landlock lets through
        "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "lseek": 8, "pread64": 17,
        "pwrite64": 18, "readv": 19, "writev": 20, "access": 21, "pipe": 22, "dup": 32, "dup2": 33, "sendfile": 40,
        "flock": 73, "fsync": 74, "fdatasync": 75, "ftruncate": 77, "getdents": 78, "getcwd": 79, "chdir": 80,
        "fchdir": 81, "readlink": 89, "statfs": 137, "fstatfs": 138, "getdents64": 217, "fadvise64": 221,
        "openat": 257, "newfstatat": 262, "readlinkat": 267, "faccessat": 269, "dup3": 292, "pipe2": 293,
        "preadv": 295, "pwritev": 296, "preadv2": 327, "pwritev2": 328, "statx": 332, "close_range": 436,
        "faccessat2": 439,
        # memory
        "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "mremap": 25, "msync": 26, "madvise": 28,
        # threads, signals and timers of the process itself
        "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "sched_yield": 24, "pause": 34,
        "nanosleep": 35, "getitimer": 36, "alarm": 37, "setitimer": 38, "exit": 60, "rt_sigpending": 127,
        "rt_sigtimedwait": 128, "rt_sigsuspend": 130, "sigaltstack": 131, "arch_prctl": 158, "futex": 202,
        "sched_getaffinity": 204, "set_tid_address": 218, "restart_syscall": 219, "clock_nanosleep": 230,
        "exit_group": 231, "set_robust_list": 273, "membarrier": 324, "rseq": 334,
        # waiting on descriptors, and talking to oneself
        "poll": 7, "select": 23, "sendto": 44, "recvfrom": 45, "sendmsg": 46, "recvmsg": 47, "shutdown": 48,
        "getsockname": 51, "getpeername": 52, "setsockopt": 54, "getsockopt": 55, "epoll_create": 213,
        "epoll_wait": 232, "epoll_ctl": 233, "pselect6": 270, "ppoll": 271, "epoll_pwait": 281, "eventfd": 284,
        "eventfd2": 290, "epoll_create1": 291,
        # asking
        "getpid": 39, "uname": 63, "umask": 95, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99,
        "times": 100, "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "getpgrp": 111,
        "getgroups": 115, "getresuid": 118, "getresgid": 120, "getpgid": 121, "getsid": 124, "gettid": 186,
        "time": 201, "clock_gettime": 228, "clock_getres": 229, "getcpu": 309, "getrandom": 318,
    },
    checked={
        "ioctl": 16, "socketpair": 53, "clone": 56, "kill": 62, "fcntl": 72, "prctl": 157, "tgkill": 234,
        "prlimit64": 302, "clone3": 435, "openat2": 437,
    },
)  # fmt: skip

# fcntl without owners, leases and notices, all of which send signals to processes; ioctl without terminals' input.
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1032, 1034)
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO FIONCLEX FIOCLEX
_PRCTL = (3, 15, 16, 0x53564D41)  # whether dumpable, the thread's name, names of mappings


def architecture() -> Architecture | None:
    """The table for this machine; null where there is none."""
    known = {"x86_64": X86_64}
    return known.get(platform.machine()) if struct.calcsize("P") == 8 else None


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


class Filter:
    """An assembled filter, ready to be installed; built once, since every child needs it."""

    def __init__(self, machine: Architecture) -> None:
        pieces = _program(machine)
        self._code = ctypes.create_string_buffer(b"".join(_PIECE.pack(*piece) for piece in pieces))
        self._holes = [place * _PIECE.size + 4 for place, piece in enumerate(pieces) if piece[3] == _PID]
        self._program = _Program(len(pieces), ctypes.addressof(self._code))

    def own(self, pid: int) -> int:
        """The address of the filter for the process `pid`."""
        for place in self._holes:
            struct.pack_into("=I", self._code, place, pid)
        return ctypes.addressof(self._program)


_Piece = tuple[int, int, int, int]  # operation, jump if true, jump if false, operand


def _program(machine: Architecture) -> list[_Piece]:
    start = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_AT_LEAST, 0, 1, machine.foreign),
        (_RETURN, 0, 0, _KILL),
    ]
    special: list[_Piece] = []
    for name, number in machine.checked.items():
        block = _checked(name)
        special += [(_JUMP_EQUAL, 0, len(block), number), *block]
    return start + special + _search(_borders(sorted(machine.allowed.values())))


def _checked(name: str) -> list[_Piece]:
    """What decides about a call that is allowed with some arguments alone."""
    match name:
        case "clone":
            return _one_of(0, (_CLONE_THREAD,), mask=_CLONE_THREAD | _CLONE_NEW)
        case "clone3" | "openat2":  # whose arguments a filter cannot read; the C library then takes the older call
            return [(_RETURN, 0, 0, _ERRNO | _ENOSYS)]
        case "kill" | "tgkill":
            return _one_of(0, (_PID,))
        case "prlimit64":  # asking, not setting: both halves of the pointer to new limits are null
            return _one_of(2, (0,), then=_one_of(2, (0,), half=4))
        case "socketpair":  # a stream: a datagram socket could send to any other one
            return _one_of(0, (1,), then=_one_of(1, (1,), mask=0xF))
        case "fcntl":
            return _one_of(1, _FCNTL)
        case "ioctl":
            return _one_of(1, _IOCTL)
        case _:
            assert name == "prctl"
            return _one_of(0, _PRCTL)


def _one_of(
    argument: int, values: tuple[int, ...], *, mask: int = 0, half: int = 0, then: list[_Piece] | None = None
) -> list[_Piece]:
    """Goes on with `then` (by default: allows) where an argument, masked, is one of `values`; refuses otherwise."""
    load: list[_Piece] = [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument + half)]
    if mask:
        load.append((_AND, 0, 0, mask))
    count = len(values)
    tests: list[_Piece] = [(_JUMP_EQUAL, count - place, 0, value) for place, value in enumerate(values)]
    return [*load, *tests, (_RETURN, 0, 0, _ERRNO | _EPERM), *(then or [(_RETURN, 0, 0, _ALLOW)])]


def _borders(numbers: list[int]) -> list[tuple[int, bool]]:
    """Where runs of allowed and refused numbers begin."""
    edges = sorted(set(numbers) ^ {number + 1 for number in numbers})
    borders = [(edge, place % 2 == 0) for place, edge in enumerate(edges)]
    return borders if edges[0] == 0 else [(0, False), *borders]


def _search(borders: list[tuple[int, bool]]) -> list[_Piece]:
    """A balanced search, since the kernel walks the filter once for every number when it is installed."""
    if len(borders) == 1:
        return [(_RETURN, 0, 0, _ALLOW if borders[0][1] else _ERRNO | _EPERM)]
    middle = len(borders) // 2
    lower, upper = _search(borders[:middle]), _search(borders[middle:])
    assert len(lower) < 256, "jumps are at most 255 instructions long"
    return [(_JUMP_AT_LEAST, len(lower), 0, borders[middle][0]), *lower, *upper]
