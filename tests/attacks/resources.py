"""Attacks on memory, time, output, stack and descriptors: each must meet its limit, and nobody else notice."""

from .attack import CPU, EXIT, HELD, MEMORY, OUTPUT, SIGNAL, WALL, Attack

TIME = (CPU, WALL)  # on a busy machine the wall may be met first

MEMORY_BOMBS = (
    Attack("memory_one_shot", "block = bytearray(1 << 40)", (MEMORY,)),
    Attack(
        "memory_gradual",
        """
kept = []
while True:
    kept.append(bytearray(1 << 20))
""",
        (MEMORY,),
    ),
    Attack(
        "memory_doubling",
        """
kept = [0]
while True:
    kept += kept
""",
        (MEMORY,),
    ),
    Attack(
        "memory_strings",
        """
kept = {}
while True:
    kept[str(len(kept)) * 50] = "x" * 10_000
""",
        (MEMORY,),
    ),
    Attack("memory_big_integer", "number = 1 << (1 << 36)", (MEMORY,)),
    Attack(
        "memory_maps",
        """
import mmap
kept, size = [], 1 << 26
try:
    for _ in range(1 << 10):
        kept.append(mmap.mmap(-1, size))
        kept[-1][::4096] = b"x" * (size // 4096)
except (OSError, MemoryError) as error:
    refused("map", error)
else:
    escaped("maps without end", len(kept))
""",
        (HELD, MEMORY),
    ),
    Attack(
        "memory_swallowed",
        """
kept = []
while True:
    try:
        kept.append(bytearray(1 << 16))
    except MemoryError:
        pass
""",
        (*TIME, MEMORY),
    ),
    Attack(
        "memory_big_stacks",
        """
import threading, time
threading.stack_size(1 << 30)
try:
    for _ in range(256):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
except (RuntimeError, MemoryError) as error:
    refused("stack", error)
else:
    escaped("256 GiB of stacks")
""",
        (HELD, MEMORY),
    ),
    Attack("memory_from_a_device", "open('/dev/zero', 'rb').read()", (MEMORY, EXIT)),
    Attack(
        "memory_in_flight",
        # A descriptor that was sent and not yet received counts for nobody, and a pipe holds memory of the kernel.
        """
import array, fcntl, socket
pairs, sent = [], 0
try:
    while sent < 5_000:
        if sent % 10 == 0:
            pairs.append(socket.socketpair())
            pairs[-1][0].setblocking(False)
        r, w = os.pipe()
        os.set_blocking(w, False)
        os.write(w, bytes(1 << 16))
        pairs[-1][0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [r, w]))])
        os.close(r)
        os.close(w)
        sent += 1
except OSError as error:
    refused(f"after {sent}", error)
    pairs.clear()
else:
    escaped("descriptors in flight", sent)
""",
    ),
    Attack(
        "memory_in_files",
        """
attempt("memfd", os.memfd_create, "hoard", 0)
attempt("memfd_secret", syscall, 447, 0)
""",
    ),
    Attack(
        "stack_overflow",
        """
import sys
sys.setrecursionlimit(1 << 30)

def down(n):
    return down(n + 1) + 1

down(0)
""",
        (SIGNAL, MEMORY, EXIT, *TIME),
    ),
    Attack(
        "stack_overflow_in_c",
        """
import sys
sys.setrecursionlimit(1 << 30)

class Down:
    def __repr__(self):
        return repr(self)

repr(Down())
""",
        (SIGNAL, MEMORY, EXIT),
    ),
    Attack("segfault", "ctypes.string_at(0)", (SIGNAL,)),
    Attack("abort", "os.abort()", (SIGNAL,)),
    Attack(
        "die_by_sigkill",
        """
import signal
signal.raise_signal(signal.SIGKILL)
""",
        (SIGNAL,),
    ),
    Attack("exit_at_once", "os._exit(0)", (EXIT,)),
)

SPIN = "while True:\n    pass\n"

TIME_BOMBS = (
    Attack("cpu_loop", SPIN, TIME),
    Attack("cpu_regular_expression", "import re\nre.match('(a+)+$', 'a' * 60 + 'b')", TIME),
    Attack("cpu_inside_c", "sum(range(10 ** 13))", TIME),
    Attack("cpu_big_integer", "number = 3 ** (10 ** 9)", (*TIME, MEMORY)),
    Attack(
        "cpu_ignores_signals",
        """
import signal
for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except OSError as error:
        refused(str(number), error)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
signal.alarm(0)
signal.setitimer(signal.ITIMER_PROF, 0)
"""
        + SPIN,
        TIME,
    ),
    Attack(
        "cpu_catches_everything",
        """
import signal

def go_on(*_):
    raise RuntimeError

for number in (signal.SIGXCPU, signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGPROF, signal.SIGVTALRM):
    signal.signal(number, go_on)
while True:
    try:
        while True:
            pass
    except BaseException:
        continue
""",
        TIME,
    ),
    Attack(
        "cpu_many_threads",
        """
import hashlib, threading
block = bytes(1 << 26)

def work():
    while True:
        hashlib.sha256(block)

for _ in range(8):
    threading.Thread(target=work).start()
""",
        TIME,
    ),
    Attack(
        "cpu_raises_its_limit",
        """
import resource, sys

for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
    before = resource.getrlimit(kind)
    for wanted in ((-1, -1), (before[1], -1)):
        try:
            resource.setrlimit(kind, wanted)
        except (OSError, ValueError) as error:
            refused(f"limit {kind}", error)
    after = resource.getrlimit(kind)
    if after[1] != before[1] or after[1] == -1:
        escaped(f"limit {kind}", (before, after))
import struct
for kind in (0, 1, 7, 9):
    attempt("prlimit", syscall, 302, 0, kind, struct.pack("<2q", -1, -1), None)
    attempt("prlimit of the parent", syscall, 302, os.getppid(), kind, struct.pack("<2q", 1, 1), None)
"""
        + SPIN,
        TIME,
    ),
    Attack("sleep", "import time\ntime.sleep(600)", (WALL,)),
    Attack("deadlock", "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()", (WALL,)),
    Attack(
        "stops_itself",
        """
import signal
signal.raise_signal(signal.SIGSTOP)
signal.raise_signal(signal.SIGTSTP)
signal.pause()
""",
        (WALL,),
    ),
    Attack(
        "sleeps_with_signals_blocked",
        """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
while True:
    signal.sigtimedwait([signal.SIGUSR1], 60)
""",
        (WALL,),
    ),
)

OUTPUT_BOMBS = (
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

ATTACKS = MEMORY_BOMBS + TIME_BOMBS + OUTPUT_BOMBS
