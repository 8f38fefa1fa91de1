"""Attacks on other processes (signals, tracing, memory, priority) and on one's own privileges."""

from .attack import HELD, SIGNAL, Attack

OTHERS = "parent = os.getppid()\nothers = {1, 2, parent, HOST['runner_pid']} - {0, os.getpid()}\n"

ATTACKS = (
    Attack(
        "kill_parent",
        OTHERS
        + """
import signal
for other in others:
    for number in (0, signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
        attempt(f"kill {other} {number}", os.kill, other, number)
""",
    ),
    Attack("kill_everyone", "attempt('everyone', os.kill, -1, 0)\nattempt('everyone raw', syscall, 62, -1, 0)"),
    Attack(
        "kill_groups",
        """
import signal
for group in {os.getpgid(os.getppid()) if os.getppid() else 1, HOST["runner_pid"], 1} - {0, os.getpgid(0)}:
    attempt(f"group {group}", os.killpg, group, 0)
    attempt(f"group {group}", os.killpg, group, signal.SIGKILL)
""",
    ),
    Attack(
        "kill_by_thread",
        OTHERS
        + """
for other in others:
    attempt(f"tgkill {other}", syscall, 234, other, other, 9)
    attempt(f"tkill {other}", syscall, 200, other, 9)
attempt("tgkill, high half", syscall, 234, parent | os.getpid() << 32, parent, 9)
""",
    ),
    Attack(
        "kill_by_queue",
        OTHERS
        + """
info = ctypes.create_string_buffer(128)
ctypes.memmove(info, (ctypes.c_int * 3)(9, 0, -1), 12)
for other in others:
    attempt(f"rt_sigqueueinfo {other}", syscall, 129, other, 9, info)
    attempt(f"rt_tgsigqueueinfo {other}", syscall, 297, other, other, 9, info)
""",
    ),
    Attack(
        "kill_by_pidfd",
        OTHERS
        + """
for other in others:
    attempt(f"pidfd_open {other}", os.pidfd_open, other)
reaches_kernel("pidfd_send_signal", 424, -1, 9, 0, 0)
reaches_kernel("process_mrelease", 448, -1, 0)
reaches_kernel("process_madvise", 440, -1, 0, 0, 0, 0)
""",
    ),
    Attack(
        "kill_by_descriptor_owner",
        # A descriptor may be told to send any signal to its owner when there is something to read.
        OTHERS
        + """
import fcntl
for other in others:
    r, w = os.pipe()
    try:
        fcntl.fcntl(r, fcntl.F_SETOWN, other)
        fcntl.fcntl(r, 10, 9)
        fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)
    except OSError as error:
        refused(f"owner {other}", error)
    os.write(w, b"x")
    fcntl.fcntl(r, fcntl.F_SETFL, 0)
    try:
        fcntl.fcntl(r, 15, (ctypes.c_int * 2)(1, other))
        fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)
        os.write(w, b"x")
    except OSError as error:
        refused(f"owner by kind {other}", error)
    os.close(r)
    os.close(w)
""",
    ),
    Attack(
        "kill_by_timer",
        """
event = (ctypes.c_int * 16)(0, 0, 9, 4, os.getppid())
timer = ctypes.c_int()
attempt("timer_create for the parent", syscall, 222, 1, event, ctypes.byref(timer))
""",
    ),
    Attack(
        "trace",
        OTHERS
        + """
attempt("traceme", syscall, 101, 0, 0, 0, 0)
for other in others:
    attempt(f"attach {other}", syscall, 101, 16, other, 0, 0)
    attempt(f"seize {other}", syscall, 101, 0x4206, other, 0, 0)
    attempt(f"kcmp {other}", syscall, 312, os.getpid(), other, 0, 1, 1)
""",
    ),
    Attack(
        "foreign_memory",
        OTHERS
        + """
import struct
buffer = ctypes.create_string_buffer(64)
mine = struct.pack("<QQ", ctypes.addressof(buffer), 64)
for other in others:
    attempt(f"readv {other}", syscall, 310, other, mine, 1, mine, 1, 0)
    attempt(f"writev {other}", syscall, 311, other, mine, 1, mine, 1, 0)
    attempt(f"migrate_pages {other}", syscall, 256, other, 0, 0, 0)
    attempt(f"move_pages {other}", syscall, 279, other, 0, 0, 0, 0, 0)
""",
    ),
    Attack(
        "priorities",
        OTHERS
        + """
for other in others:
    attempt(f"priority {other}", os.setpriority, os.PRIO_PROCESS, other, 19)
    attempt(f"affinity {other}", os.sched_setaffinity, other, {0})
    attempt(f"ioprio {other}", syscall, 251, 1, other, 0)
attempt("own priority", os.setpriority, os.PRIO_PROCESS, 0, -20)
attempt("of the user", os.setpriority, os.PRIO_USER, os.getuid(), 19)
attempt("real time", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1))
attempt("sched_setattr", syscall, 314, 0, ctypes.create_string_buffer(64), 0)
attempt("real time io", syscall, 251, 1, 0, 1 << 13)
""",
    ),
    Attack(
        "become_someone",
        """
for what, call, arguments in (
    ("setuid", os.setuid, (12345,)),
    ("setgid", os.setgid, (12345,)),
    ("setgroups", os.setgroups, ([12345],)),
    ("setresuid", os.setresuid, (12345, 12345, 0)),
    ("setresgid", os.setresgid, (12345, 12345, 0)),
    ("setreuid", os.setreuid, (12345, 0)),
):
    attempt(what, call, *arguments)
reaches_kernel("setfsuid", 122, -1)
""",
    ),
    Attack(
        "capabilities",
        """
import struct
header, data = struct.pack("<Ii", 0x20080522, 0), struct.pack("<6I", *[0xFFFFFFFF, 0xFFFFFFFF, 0, 0x1FF, 0x1FF, 0])
attempt("capset", syscall, 126, header, data)
for number in range(41):
    try:
        if syscall(157, 23, number, 0, 0, 0):
            escaped("capability in the bounding set", number)
    except OSError as error:
        refused("bounding set", error)
attempt("ambient", syscall, 157, 47, 2, 21, 0, 0)
try:
    status = dict(line.split(":\\t") for line in open("/proc/self/status") if line.startswith("Cap"))
    print(status)
    if int(status["CapEff"], 16) or int(status["CapPrm"], 16) or int(status["CapInh"], 16):
        escaped("capabilities", status)
except OSError as error:
    refused("status", error)
""",
    ),
    Attack(
        "undo_no_new_privileges",
        """
attempt("no_new_privs", syscall, 157, 38, 0, 0, 0, 0)
attempt("secure bits", syscall, 157, 28, 0x2F, 0, 0, 0)
attempt("ptracer", syscall, 157, 0x59616D61, -1, 0, 0, 0)
attempt("mm", syscall, 157, 35, 1, 0, 0, 0)
attempt("seccomp off", syscall, 157, 22, 0, 0, 0, 0)
attempt("timing of the parent", syscall, 157, 29, os.getppid(), 0, 0, 0)
try:
    print("no_new_privs", syscall(157, 39, 0, 0, 0, 0))
except OSError as error:
    refused("asking", error)
else:
    if syscall(157, 39, 0, 0, 0, 0) != 1:
        escaped("no_new_privs is not set")
""",
    ),
    Attack(
        "outlive_the_worker",
        # Clearing the parent's death signal must not help a thread to go on after the job.
        """
import signal, threading, time
try:
    syscall(157, 1, 0, 0, 0, 0)
except OSError as error:
    refused("death signal", error)
try:
    os.setsid()
except OSError as error:
    refused("session", error)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
""",
        (HELD, SIGNAL),
    ),
)
