"""Attacks on the streams and on the number of descriptors."""

from .attack import EXIT, HELD, OUTPUT, TIME, Attack
from .endless import SPIN

ATTACKS = (
    Attack("output_print", "while True:\n    print('x' * 10_000)", (OUTPUT,)),
    Attack("output_errors", "import sys\nwhile True:\n    sys.stderr.write('x' * 10_000)", (OUTPUT,)),
    Attack("output_raw", "while True:\n    os.write(1, b'x' * 65536)", (OUTPUT,)),
    Attack("output_at_once", "os.write(1, b'x' * (1 << 26))\nos.write(1, b'x')", (OUTPUT,)),
    Attack(
        "output_goes_on",
        """
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
while True:
    try:
        os.write(1, b"x" * 65536)
        os.write(2, b"x" * 65536)
    except OSError:
        pass
""",
        (OUTPUT, *TIME),
    ),
    Attack("output_sparse", "os.ftruncate(1, 1 << 40)", (OUTPUT, EXIT)),
    Attack("output_far_away", "os.pwrite(1, b'x', 1 << 40)", (OUTPUT, EXIT)),
    Attack("output_allocated", "os.posix_fallocate(1, 0, 1 << 34)", (OUTPUT, EXIT)),
    Attack("output_into_input", "while True:\n    os.write(0, b'x' * 65536)", (OUTPUT, EXIT)),
    Attack(
        "output_locked",
        """
import fcntl
for fd in (0, 1, 2):
    for what, call in (
        ("seal", lambda fd: fcntl.fcntl(fd, 1033, 0xF)),
        ("lock", lambda fd: fcntl.flock(fd, fcntl.LOCK_EX)),
        ("lease", lambda fd: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)),
        ("mode", lambda fd: os.fchmod(fd, 0)),
    ):
        try:
            call(fd)
        except OSError as error:
            refused(what, error)
""",
        (HELD, EXIT),
    ),
    Attack("output_closed_then_loop", "os.closerange(0, 3)\n" + SPIN, TIME),
    Attack(
        "descriptor_bomb",
        """
kept = []
try:
    while len(kept) < 10_000:
        kept.append(os.dup(1))
except OSError as error:
    refused("descriptor", error)
else:
    escaped("descriptors without end", len(kept))
for fd in kept:
    os.close(fd)
""",
    ),
    Attack(
        "pipe_bomb",
        """
import fcntl, mmap
try:
    for _ in range(5_000):
        r, w = os.pipe()
        os.set_blocking(w, False)
        os.write(w, bytes(1 << 16))
except OSError as error:
    refused("pipe", error)
    os.closerange(3 if r > 40 else r, 4_096)
else:
    escaped("pipes without end")
""",
        (HELD, EXIT),  # the records' descriptor may be closed along the way
    ),
)
