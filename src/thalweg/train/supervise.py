"""A process between a worker and a command of the user: `python -m thalweg.train.supervise PARENT PROGRAM ARGUMENTS`.

It runs the program in a process group of its own and ends as it ends. When it is asked to stop, or when its parent is
gone (workers die by SIGKILL, which nobody can catch), the whole group gets SIGTERM, and SIGKILL if that does not end it
in a minute: a launcher's own workers never outlive the study that started them. Only the standard library is used.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

GRACE_S = 60.0  # for a trainer to write a last checkpoint
_LOOK_S = 0.2


def supervise(parent: int, arguments: Sequence[str]) -> int:
    """Runs a command until it ends, the parent dies, or a signal asks for it to stop; its exit status as a shell's."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: asked.append(number))
    child = subprocess.Popen(arguments, start_new_session=True)
    while child.poll() is None and not asked:
        if os.getppid() != parent:
            asked.append(signal.SIGTERM)
        time.sleep(_LOOK_S)
    if asked:
        _stop(child)
    status = child.wait()
    return status if status >= 0 else 128 - status


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Ends the child's process group: first by SIGTERM, then by SIGKILL."""
    until = time.monotonic() + GRACE_S
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
    sys.exit(supervise(int(sys.argv[1]), sys.argv[2:]))
