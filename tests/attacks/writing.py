"""Attacks that change files of the host. HOST["sentinel"] is of the same user; the runner compares it afterwards."""

from .attack import CPU, EXIT, HELD, MEMORY, OUTPUT, Attack

ON_SENTINEL = "path = HOST['sentinel']\nfolder = HOST['folder']\n"

LEFT = """
import glob
for place in ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/run/lock", ".", "/", "/home", "/usr"):
    path = os.path.join(place, HOST["marker"])
    if os.path.lexists(path) or glob.glob(path + "*"):
        escaped("left behind", path)
"""

ATTACKS = (
    Attack(
        "write_open",
        ON_SENTINEL
        + """
for mode in ("w", "a", "r+b", "x"):
    attempt(mode, open, path if mode != "x" else path + ".new", mode)
for flags in (os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND, os.O_CREAT | os.O_WRONLY):
    attempt(str(flags), os.open, path, flags)
""",
    ),
    Attack(
        "write_truncate",
        ON_SENTINEL
        + """
attempt("truncate", os.truncate, path, 0)
attempt("truncate raw", syscall, 76, path.encode(), 0)
""",
    ),
    Attack("write_unlink", ON_SENTINEL + "attempt('unlink', os.unlink, path)\nattempt('remove', os.remove, path)"),
    Attack(
        "write_rename",
        ON_SENTINEL
        + """
attempt("rename", os.rename, path, path + ".moved")
attempt("replace", os.replace, path, folder + "/other")
attempt("renameat2", syscall, 316, -100, path.encode(), -100, HOST["secret_file"].encode(), 2)
attempt("rename folder", os.rename, folder, folder + "-moved")
""",
    ),
    Attack(
        "write_chmod",
        ON_SENTINEL
        + """
attempt("chmod", os.chmod, path, 0o777)
attempt("chmod folder", os.chmod, folder, 0o777)
attempt("fchmodat", syscall, 268, -100, path.encode(), 0o777)
attempt("fchmodat2", syscall, 452, -100, path.encode(), 0o777, 0)
""",
    ),
    Attack(
        "write_times",
        ON_SENTINEL
        + """
import struct
attempt("utime", os.utime, path, (1, 1))
attempt("utime folder", os.utime, folder, (1, 1))
attempt("utimes", syscall, 235, path.encode(), None)
attempt("utime raw", syscall, 132, path.encode(), None)
attempt("futimesat", syscall, 261, -100, path.encode(), None)
attempt("utimensat", syscall, 280, -100, path.encode(), None, 0)
""",
    ),
    Attack(
        "write_owner",
        ON_SENTINEL
        + """
attempt("chown", os.chown, path, os.getuid(), os.getgid())
attempt("lchown", os.lchown, path, 65534, 65534)
attempt("fchownat", syscall, 260, -100, path.encode(), -1, -1, 0)
""",
    ),
    Attack(
        "write_attributes",
        ON_SENTINEL
        + """
attempt("setxattr", os.setxattr, path, "user.escaped", b"1")
attempt("removexattr", os.removexattr, path, "user.kept")
attempt("trusted", os.setxattr, path, "trusted.escaped", b"1")
attempt("setxattrat", syscall, 463, -100, path.encode(), 0, b"user.escaped", None, 0)
""",
    ),
    Attack(
        "write_links",
        ON_SENTINEL
        + """
attempt("link", os.link, path, folder + "/linked")
attempt("symlink", os.symlink, path, folder + "/symlinked")
attempt("link elsewhere", os.link, path, "/tmp/" + HOST["marker"])
attempt("linkat", syscall, 265, -100, path.encode(), -100, (folder + "/linked").encode(), 0)
""",
    ),
    Attack(
        "write_new_entries",
        ON_SENTINEL
        + """
attempt("mkdir", os.mkdir, folder + "/new")
attempt("rmdir", os.rmdir, folder + "/empty")
attempt("fifo", os.mkfifo, folder + "/fifo")
attempt("node", os.mknod, folder + "/node", 0o600)
attempt("device", os.mknod, folder + "/device", 0o20600, os.makedev(1, 5))
attempt("unnamed", os.open, folder, os.O_TMPFILE | os.O_RDWR, 0o600)
""",
    ),
    Attack(
        "write_through_libraries",
        ON_SENTINEL
        + """
import shutil, sqlite3, tempfile
attempt("temporary", tempfile.NamedTemporaryFile, "w", -1, None, None, None, None, folder)
attempt("copy", shutil.copyfile, os.__file__, folder + "/copied")
attempt("rmtree", shutil.rmtree, folder)
try:
    sqlite3.connect(folder + "/base.db").execute("create table t (x)")
except sqlite3.Error as error:
    refused("sqlite", error)
else:
    escaped("sqlite")
""",
    ),
    Attack(
        "write_symlink_escape",
        ON_SENTINEL
        + """
for place in ("/tmp", "/dev/shm", "/var/tmp", "."):
    link = os.path.join(place, HOST["marker"] + "-link")
    attempt(link, os.symlink, path, link)
    attempt(link, open, link, "w")
    attempt(f"round {place}", open, f"{place}/../{path}", "w")
for way in ("/proc/self/root", "/proc/1/root", f"/proc/{os.getppid()}/root", f"/proc/{HOST['runner_pid']}/root"):
    attempt(way, open, way + path, "a")
    attempt(way, os.unlink, way + path)
""",
    ),
    Attack(
        "write_visible_files",
        # What the interpreter reads is there to be seen; opening it to write changes nothing, but must not be possible.
        """
import sys
for path in (os.__file__, sys.executable or "/usr/bin/python3", "/usr/bin/env", "/usr/lib", "/usr", "/"):
    was = os.stat(path)
    if os.path.isfile(path):
        attempt("open", os.open, path, os.O_WRONLY)
        attempt("open", os.open, path, os.O_RDWR)
    attempt("chmod", os.chmod, path, was.st_mode & 0o7777)
    attempt("utime", lambda: os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns)))
    attempt("chown", os.chown, path, was.st_uid, was.st_gid)
attempt("compiled", os.open, os.path.dirname(os.__file__) + "/__pycache__/" + HOST["marker"], os.O_CREAT | os.O_WRONLY)
""",
    ),
    Attack(
        "write_kernel_settings",
        # Opened, never written: success would already be the proof.
        """
for name in ("sys/kernel/core_pattern", "sys/kernel/hostname", "sys/vm/drop_caches", "sysrq-trigger"):
    attempt(name, os.open, "/proc/" + name, os.O_WRONLY)
for name in ("oom_score_adj", "coredump_filter", "timerslack_ns", "uid_map", "setgroups", "clear_refs", "comm"):
    attempt(name, os.open, "/proc/self/" + name, os.O_WRONLY)
for path in ("/sys/power/state", "/sys/fs/cgroup/cgroup.procs", "/dev/mem", "/dev/vda", "/dev/tty", "/dev/ptmx"):
    attempt(path, os.open, path, os.O_WRONLY)
for fd in (0, 1, 2):
    attempt("steal the terminal", syscall, 16, fd, 0x540E, 0)
    attempt("type into the terminal", syscall, 16, fd, 0x5412, b"x")
""",
    ),
    Attack(
        "write_own_memory",
        # A program may change itself; this way round, though, is the way to other processes.
        """
attempt("mem", os.open, "/proc/self/mem", os.O_RDWR)
attempt("parent", os.open, f"/proc/{os.getppid()}/mem", os.O_RDWR)
attempt("first", os.open, "/proc/1/mem", os.O_RDWR)
""",
    ),
    Attack(
        "files_without_end",
        """
for place in ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/dev", "/run", ".", "/"):
    for i in range(100):
        path = os.path.join(place, f"{HOST['marker']}-{i}")
        attempt(path, open, path, "w")
attempt("unnamed", os.open, "/tmp", os.O_TMPFILE | os.O_RDWR, 0o600)
""",
        then=LEFT,
    ),
    Attack(
        "one_huge_file",
        """
for place in ("/tmp", "/dev/shm", "."):
    path = os.path.join(place, HOST["marker"])
    try:
        file = open(path, "wb")
    except OSError as error:
        refused(path, error)
        continue
    escaped("a file", path)
    for _ in range(1 << 10):
        file.write(bytes(1 << 20))
""",
        (HELD, OUTPUT, CPU, MEMORY),
        then=LEFT,
    ),
    Attack(
        "shared_memory",
        """
from multiprocessing import shared_memory
attempt("posix", shared_memory.SharedMemory, HOST["marker"], True, 4096)
if LIBC.shm_open(("/" + HOST["marker"]).encode(), 0o102, 0o600) >= 0:
    escaped("shm_open")
attempt("shmget", syscall, 29, HOST["key"], 4096, 0o1600)
attempt("semget", syscall, 64, HOST["key"], 1, 0o1600)
attempt("msgget", syscall, 68, HOST["key"], 0o1600)
attempt("mq_open", syscall, 240, HOST["marker"].encode(), 0o102, 0o600, None)
""",
        then=LEFT,
    ),
    Attack(
        "move_about",
        # Where a program stands must be of no use to it, nor to the next one.
        """
for path in (HOST["folder"], "/", "/proc", "/usr"):
    try:
        os.chdir(path)
        print("stands in", path)
    except OSError as error:
        refused(path, error)
    attempt("relative", open, os.path.basename(HOST["sentinel"]), "a")
    attempt("new", open, HOST["marker"], "w")
os.umask(0)
attempt("chroot", os.chroot, ".")
""",
        (HELD, EXIT),
        then=LEFT,
    ),
)
