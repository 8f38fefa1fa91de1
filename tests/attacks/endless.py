"""Attacks on time: programs that never end, whatever they are sent."""

from .attack import MEMORY, TIME, WALL, Attack

SPIN = "while True:\n    pass\n"

ATTACKS = (
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
