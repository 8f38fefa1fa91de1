"""What every attack program begins with: this file is put in front of its source, and runs inside the sandbox.

An attack *tries* things. What the kernel refuses raises an `OSError`, which is noted; what it allows is printed as
`ESCAPED`. Any other exception means that the attack itself is broken, and ends the program, so that a slip of the pen
cannot pass for a wall that held. `HOST` says what the attacker knows of the machine; the runner fills it in.
"""

import ctypes
import errno
import os
from collections.abc import Callable
from typing import Any

HOST: dict[str, Any] = {}
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long


def escaped(what: str, value: object = "") -> None:
    """Says that something got through."""
    print("ESCAPED", what, repr(value)[:200], flush=True)


def refused(what: str, error: BaseException) -> None:
    """Says that something was refused, and how."""
    code = getattr(error, "errno", None)
    print("refused", what, errno.errorcode.get(code, type(error).__name__) if code else type(error).__name__)


def attempt(what: str, function: Callable[..., object], *args: Any) -> None:
    """Calls a function that must not succeed."""
    try:
        value = function(*args)
    except OSError as error:
        refused(what, error)
    else:
        escaped(what, value)


def child(what: str, function: Callable[..., int], *args: Any) -> None:
    """Calls a function that would return twice; a child that came to be ends at once."""
    try:
        pid = function(*args)
    except OSError as error:
        return refused(what, error)
    if pid == 0:
        os._exit(0)
    escaped(what, pid)
    return None


def syscall(number: int, *args: Any) -> int:
    """A system call by its x86-64 number; whole numbers travel in full width."""
    ctypes.set_errno(0)
    wide = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    value = int(LIBC.syscall(ctypes.c_long(number), *wide))
    if value == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return value


def reaches_kernel(what: str, number: int, *args: Any) -> None:
    """Makes a system call with arguments that are worthless: any complaint about them means that it got through."""
    try:
        value = syscall(number, *args)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOSYS, errno.EACCES):
            return escaped(what, errno.errorcode.get(error.errno or 0))
        return refused(what, error)
    return escaped(what, value)
