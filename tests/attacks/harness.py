"""Attacks on the sandbox's own machinery: its descriptors, its records, its driver, its state between jobs."""

from .attack import CPU, EXIT, HELD, MEMORY, OUTPUT, SIGNAL, WALL, Attack

FIND_EMIT = """
import gc, sys

def emitters():
    frame, found = sys._getframe(), []
    while frame is not None:
        found += [value for name, value in {**frame.f_globals, **frame.f_locals}.items() if name == "emit"]
        frame = frame.f_back
    found += [thing for thing in gc.get_objects() if callable(thing) and getattr(thing, "__name__", "") == "emit"]
    return found
"""

ATTACKS = (
    Attack(
        "descriptors_flooded",
        """
for fd in range(3, 256):
    try:
        for _ in range(64):
            os.write(fd, b'\\x00\\xff{"test": 0, "code": 0}\\n' * 1024)
    except OSError:
        pass
""",
        (HELD, EXIT, OUTPUT, SIGNAL),
    ),
    Attack("descriptors_closed", "os.closerange(3, 65536)", (HELD, EXIT)),
    Attack(
        "descriptors_crossed",
        """
for fd in range(3, 64):
    for other in (0, 1, 2):
        try:
            os.dup2(other, fd)
        except OSError:
            pass
os.dup2(0, 1)
os.dup2(1, 0)
""",
        (HELD, EXIT),
    ),
    Attack(
        "descriptors_truncated",
        """
for fd in range(0, 256):
    for call, *arguments in ((os.ftruncate, 0), (os.lseek, 1 << 20, os.SEEK_SET), (os.set_blocking, False)):
        try:
            call(fd, *arguments)
        except OSError:
            pass
""",
        (HELD, EXIT, OUTPUT),
    ),
    Attack(
        "descriptors_read",
        """
for fd in range(3, 256):
    try:
        os.lseek(fd, 0, os.SEEK_SET)
    except OSError:
        pass
    try:
        os.set_blocking(fd, False)
        print(fd, os.read(fd, 1 << 16))  # the runner looks for its secret in what is printed
    except OSError:
        pass
""",
        (HELD, EXIT),
    ),
    Attack(
        "records_forged",
        FIND_EMIT
        + """
for emit in emitters():
    for record in (
        {"test": 0, "start": 0, "end": 1 << 40, "code": 0, "error": None, "memory": False, "cpu_s": 0, "wall_s": 0},
        {"test": -1, "start": -5, "end": -9},
        {"test": "x", "start": [], "end": {}, "code": "0"},
        *({"stopped": 7}, [], None, "x", 1e308, -1 << 60),
    ):
        emit(record)
""",
        (HELD, EXIT),
    ),
    Attack(
        "records_huge",
        FIND_EMIT
        + """
while True:
    for emit in emitters():
        emit({"test": 0, "text": "x" * (1 << 20)})
""",
        (OUTPUT, MEMORY, CPU, EXIT, WALL),
    ),
    Attack(
        "records_many",
        FIND_EMIT
        + """
found = emitters()
while True:
    for emit in found:
        emit(0)
""",
        (OUTPUT, MEMORY, CPU, EXIT, WALL),
    ),
    Attack(
        "records_malformed",
        FIND_EMIT
        + """
deep = []
for _ in range(400):
    deep = [deep]
for emit in emitters():
    big = {"test": 10 ** 4000, "start": 1.5, "end": None}
    for value in (deep, float("nan"), float("inf"), "\\ud800", "\\x00", 10 ** 4000, big):
        try:
            emit(value)
        except (ValueError, TypeError, RecursionError):
            pass
raw = [b"[" * 100_000, b'{"test": 0', b"\\xff\\xfe\\n", b"9" * 100_000 + b"\\n", b'{"a": 1, "a": 2}\\n']
raw += [b"NaN\\n", b"\\n\\n\\n", b"\\x00\\x00\\x00\\x04abcd", b"\\xff\\xff\\xff\\xff"]
for fd in range(3, 64):
    for bytes_ in raw:
        try:
            os.write(fd, bytes_)
        except OSError:
            break
""",
        (HELD, EXIT, OUTPUT),
    ),
    Attack(
        "driver_rewritten",
        """
import gc, sys
frame = sys._getframe()
while frame is not None:
    for name, value in list(frame.f_globals.items()):
        if callable(value) and name not in ("escaped", "attempt", "refused") and frame is not sys._getframe():
            frame.f_globals[name] = lambda *_, **__: None
    frame = frame.f_back
""",
        (HELD, EXIT, WALL, CPU),
    ),
    Attack(
        "builtins_broken",
        """
import builtins, io, json, sys
text = sys.stdout
for module in (json, io):
    for name in list(vars(module)):
        setattr(module, name, None)
for name in ("len", "open", "isinstance", "compile", "exec", "__import__", "BaseException", "Exception", "print"):
    if name != "print":
        delattr(builtins, name)
""",
        (HELD, EXIT),
    ),
    Attack(
        "modules_gone",
        """
import sys
for name in list(sys.modules):
    if name not in ("sys", "builtins", "__main__"):
        sys.modules[name] = None
""",
        (HELD, EXIT),
    ),
    Attack(
        "tracing_hooks",
        """
import sys, threading

def hook(frame, event, argument):
    for name in list(frame.f_globals):
        if name in ("emit", "payload", "os", "json"):
            frame.f_globals[name] = None
    return hook

sys.settrace(hook)
sys.setprofile(hook)
threading.settrace(hook)
sys.addaudithook(lambda *_: None)
sys.excepthook = sys.unraisablehook = sys.displayhook = hook
""",
        (HELD, EXIT, CPU),
    ),
    Attack(
        "exit_handlers",
        """
import atexit, signal, threading, time, weakref

class Late:
    def __del__(self):
        time.sleep(600)

atexit.register(time.sleep, 600)
late = Late()
weakref.finalize(late, time.sleep, 600)
threading._register_atexit(time.sleep, 600)
""",
        (WALL, HELD),
    ),
    Attack(
        "state_for_the_next_job",
        """
import builtins, gc, random, resource, signal, sys
builtins.left_behind = sys.left_behind = gc.left_behind = HOST["marker"]
builtins.sum = lambda *_: 42
os.environ["LEFT_BEHIND"] = HOST["marker"]
sys.path.insert(0, HOST["marker"])
for kind, value in ((resource.RLIMIT_NOFILE, 8), (resource.RLIMIT_CPU, 1)):
    try:
        resource.setrlimit(kind, (value, value))
    except (OSError, ValueError) as error:
        refused(f"limit {kind}", error)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
""",
        (HELD, EXIT, CPU, SIGNAL),
        then="""
import builtins, gc, sys
if any(hasattr(module, "left_behind") for module in (builtins, sys, gc)):
    escaped("an attribute of another job")
if "LEFT_BEHIND" in os.environ or HOST["marker"] in sys.path:
    escaped("a setting of another job")
if sum([1, 1]) != 2:
    escaped("a builtin of another job")
""",
    ),
    Attack(
        "hostile_output",
        # What a program prints is data: terminal sequences, frames of the channel and null bytes change nothing.
        """
import sys
for part in (b"\\x1b[2J", bytes(range(256)), b'{"end":"exit","code":0}', b"\\x00\\x00\\x00\\x02{}", b"\\r\\n"):
    sys.stdout.buffer.write(part)
sys.stdout.flush()
""",
    ),
)
