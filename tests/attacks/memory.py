"""Attacks on memory and the stack, and ways to fall over: each must meet its limit, and nobody else notice."""

from .attack import EXIT, HELD, MEMORY, SIGNAL, TIME, Attack

ATTACKS = (
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
