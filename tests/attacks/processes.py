"""Attacks that make processes or run other programs. Threads are allowed, and must be bounded and end with the job."""

from .attack import CPU, EXIT, HELD, MEMORY, SIGNAL, WALL, Attack

ATTACKS = (
    Attack("fork", "child('fork', os.fork)"),
    Attack(
        "fork_bomb",
        """
for i in range(64):
    child("fork", os.fork)
""",
    ),
    Attack(
        "fork_after_reload",
        """
import importlib, posix
importlib.reload(os)
child("posix", posix.fork)
child("os", os.fork)
""",
    ),
    Attack("fork_libc", "child('fork', lambda: LIBC.fork() if LIBC.fork() != -1 else syscall(57))"),
    Attack("fork_raw", "child('fork', syscall, 57)"),
    Attack("vfork_raw", "child('vfork', syscall, 58)"),
    Attack(
        "clone_raw",
        """
SIGCHLD, VM, VFORK, PARENT, UNTRACED, THREAD = 17, 0x100, 0x4000, 0x8000, 0x800000, 0x10000
for flags in (0, SIGCHLD, SIGCHLD | PARENT, SIGCHLD | UNTRACED, SIGCHLD | THREAD << 32, 0x7FFF000000000000 | SIGCHLD):
    child(hex(flags), syscall, 56, flags, 0, 0, 0, 0)
""",
    ),
    Attack(
        "clone_namespaces",
        """
for flag in (0x10000000, 0x20000000, 0x40000000, 0x00020000, 0x02000000, 0x04000000, 0x08000000):
    child(hex(flag), syscall, 56, flag | 17, 0, 0, 0, 0)
    child("thread and " + hex(flag), syscall, 56, flag | 0x10F00, 0, 0, 0, 0)
""",
    ),
    Attack(
        "clone3_raw",
        """
import struct
arguments = struct.pack("<11Q", 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)
child("clone3", syscall, 435, arguments, len(arguments))
into = struct.pack("<11Q", 0x200000000, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)
child("clone3 into a cgroup", syscall, 435, into, len(into))
""",
    ),
    Attack(
        "subprocess",
        """
import subprocess
attempt("run", subprocess.run, ["/bin/sh", "-c", "exit 0"])
attempt("popen", os.popen, "exit 0")
""",
    ),
    Attack(
        "posixsubprocess",
        """
import _posixsubprocess
r, w = os.pipe()
child("fork_exec", _posixsubprocess.fork_exec, [b"sh"], [b"/bin/sh"], True, (w,), None, None, -1, -1, -1, -1, -1, -1,
      r, w, False, False, -1, None, None, None, -1, None, True)
""",
    ),
    Attack(
        "system",
        """
for name, run in (("os", os.system), ("libc", lambda command: LIBC.system(command.encode()))):
    status = run("exit 7")
    escaped(name, status) if status == 7 << 8 else print("refused", name, status)
""",
    ),
    Attack(
        "posix_spawn",
        """
attempt("posix_spawn", os.posix_spawn, "/bin/sh", ["sh", "-c", "exit 0"], {})
attempt("posix_spawnp", os.posix_spawnp, "sh", ["sh", "-c", "exit 0"], {})
""",
    ),
    Attack(
        "multiprocessing",
        """
import multiprocessing
for method in ("fork", "spawn", "forkserver"):
    attempt(method, lambda: multiprocessing.get_context(method).Process(target=print, args=("ESCAPED",)).start())
""",
    ),
    Attack(
        "pty",
        """
import pty
child("forkpty", lambda: os.forkpty()[0])
attempt("openpty", os.openpty)
child("pty.fork", lambda: pty.fork()[0])
""",
    ),
    Attack(
        "exec_shell",
        """
for path in ("/bin/sh", "/usr/bin/env", "/bin/busybox", "/bin/true"):
    attempt(path, os.execv, path, [path])
attempt("execveat", syscall, 322, -100, b"/bin/true", None, None, 0)
""",
    ),
    Attack(
        "exec_itself",
        """
import sys
for path in (sys.executable, "/proc/self/exe", "/usr/bin/python3"):
    if path:
        attempt(path, os.execv, path, ["python", "-c", "print('ESCAPED exec')"])
""",
    ),
    Attack(
        "memfd_exec",
        """
def run_from_memory():
    fd = os.memfd_create("program", 0)
    os.write(fd, b"#!/bin/sh\\necho ESCAPED memfd\\n")
    os.execve(fd, ["program"], {})

attempt("memfd", run_from_memory)
for fd in (0, 1, 2):
    os.lseek(fd, 0, os.SEEK_END)
    attempt(f"descriptor {fd}", os.execve, fd, ["program"], {})
    attempt(f"execveat {fd}", syscall, 322, fd, b"", None, None, 0x1000)
""",
    ),
    Attack(
        "loader",
        """
for path in ("/lib64/ld-linux-x86-64.so.2", "/usr/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"):
    attempt(path, os.execv, path, [path, "/bin/true"])
""",
    ),
    *(
        Attack(
            name,
            f"""
import threading, time
threading.stack_size({stack})
started = 0
try:
    while started < 4_000:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        started += 1
except (RuntimeError, MemoryError) as error:
    print("refused thread", started, error)
else:
    escaped("threads without end", started)
""",
            (HELD, MEMORY, SIGNAL, EXIT),
            memory_mb=memory_mb,
        )
        # Of ordinary size, threads meet the limit of memory; small ones would meet the machine's number of processes.
        for name, stack, memory_mb in (("thread_bomb", 8 << 20, 2048), ("thread_bomb_of_small_ones", 32 << 10, 2048))
    ),
    Attack(
        "threads_left_behind",
        """
import threading

def spin():
    while True:
        pass

for _ in range(4):
    threading.Thread(target=spin, daemon=True).start()
""",
        (HELD, CPU, WALL, SIGNAL),
    ),
    Attack(
        "thread_keeps_program_alive",
        """
import threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
""",
        (WALL,),
    ),
)
