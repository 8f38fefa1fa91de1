"""A process between a worker and a program: `python -m thalweg.engine.supervise PARENT GRACE PROGRAM ARGUMENTS`.

It runs the program (a trainer, a launcher, a server) in a process group of its own and ends as it ends. When it is
asked to stop, or when its parent is gone (workers die by SIGKILL, which nobody can catch), the whole group gets
SIGTERM, and SIGKILL if that does not end it within GRACE seconds: nothing that a study starts outlives it. Only the
standard library is used.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

GRACE_S = 60.0  # for a trainer to write a last checkpoint
_LOOK_S = 0.2


def command(grace_s: float, arguments: Sequence[str]) -> list[str]:
    """The command line that runs `arguments` under a supervisor, as a child of this process."""
    return [sys.executable, "-m", "thalweg.engine.supervise", str(os.getpid()), str(grace_s), *arguments]


def supervise(parent: int, grace_s: float, arguments: Sequence[str]) -> int:
    """Runs a command until it ends, the parent dies, or a signal asks for it to stop; its exit status as a shell's."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: asked.append(number))
    child = subprocess.Popen(arguments, start_new_session=True, preexec_fn=die_with_parent)
    while child.poll() is None and not asked:
        if os.getppid() != parent:
            asked.append(signal.SIGTERM)
        time.sleep(_LOOK_S)
    if asked:
        _stop(child, grace_s)
    status = child.wait()
    _signal(child.pid, signal.SIGKILL)  # what the program left behind when it ended by itself
    return status if status >= 0 else 128 - status


def die_with_parent() -> None:
    """Has the kernel end this process with its parent: the last resort, where a supervisor itself is killed.

    A supervisor has one thread, so a fork of it may run Python here.
    """
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _stop(child: subprocess.Popen[bytes], grace_s: float) -> None:
    """Ends the child's process group: first by SIGTERM, then by SIGKILL."""
    until = time.monotonic() + grace_s
    _signal(child.pid, signal.SIGTERM)
    while _signal(child.pid, 0) and time.monotonic() < until:
        child.poll()  # a dead child that nobody waits for still counts as a member of its group
        time.sleep(_LOOK_S)
    _signal(child.pid, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Sends a signal to a process group; false where it has no member left."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(supervise(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
