"""Attacks that read what is none of the program's business. HOST["secret_file"] holds what must not be printed."""

from .attack import EXIT, HELD, Attack

READ = """
def read(path, size=4096):
    with open(path, "rb", buffering=0) as file:
        return file.read(size)
"""

ATTACKS = (
    Attack(
        "read_accounts",
        READ
        + """
for path in ("/etc/passwd", "/etc/shadow", "/etc/hostname", "/etc/machine-id", "/etc/fstab", "/var/log/dpkg.log"):
    attempt(path, read, path)
""",
    ),
    Attack(
        "read_homes",
        READ
        + """
homes = {"/root", "/home", HOST["home"], os.path.expanduser("~")} - {"/", "~"}
for home in homes:
    attempt(home, os.listdir, home)
    for name in (".bashrc", ".profile", ".ssh/id_rsa", ".netrc", ".gitconfig", ".bash_history"):
        attempt(name, read, os.path.join(home, name))
""",
    ),
    Attack(
        "read_project",
        READ
        + """
import sys
attempt("source", read, HOST["project_file"])
attempt("folder", os.listdir, os.path.dirname(HOST["project_file"]))
sys.path.insert(0, HOST["project_root"])
try:
    import thalweg.sandbox
except ImportError as error:
    refused("import", error)
else:
    escaped("the project can be imported")
""",
    ),
    Attack(
        "read_secret",
        READ
        + """
path = HOST["secret_file"]
rounds = (path, "/usr/.." + path, "/usr/lib/../.." + path, "//" + path, "/proc/self/root" + path, "/proc/1/root" + path,
          "/proc/self/cwd/../../../../../../.." + path, f"/proc/{os.getppid()}/root" + path, "/dev/fd/../root" + path,
          f"/proc/self/task/{os.getpid()}/root" + path, f"/proc/{HOST['runner_pid']}/root" + path, "/dev/shm/.." + path)
for way in rounds:
    attempt(way, read, way)
""",
    ),
    Attack(
        "read_secret_by_other_calls",
        """
path = HOST["secret_file"].encode()
attempt("open", syscall, 2, path, 0, 0)
attempt("openat", syscall, 257, -100, path, 0, 0)
how = (ctypes.c_uint64 * 3)(0, 0, 0)
attempt("openat2", syscall, 437, -100, path, how, 24)
attempt("creat", syscall, 85, path + b".new", 0o600)
handle = ctypes.create_string_buffer(136)
handle[0] = 128
attempt("name_to_handle_at", syscall, 303, -100, path, handle, ctypes.create_string_buffer(8), 0)
reaches_kernel("open_by_handle_at", 304, -1, handle, 0)
reaches_kernel("uselib", 134, path)
reaches_kernel("open_tree", 428, -100, path, 0)
""",
    ),
    Attack(
        "reopen_a_path_descriptor",
        """
for name in ("secret_file", "sentinel"):
    try:
        fd = os.open(HOST[name], os.O_PATH)
    except OSError as error:
        refused("path descriptor", error)
        continue
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
        attempt(f"reopened {flags}", os.open, f"/proc/self/fd/{fd}", flags)
        attempt(f"beneath {flags}", syscall, 257, fd, b"", flags | 0x1000, 0)
    attempt("chmod", os.chmod, f"/proc/self/fd/{fd}", 0o777)
    attempt("execveat", syscall, 322, fd, b"", None, None, 0x1000)
try:
    folder = os.open(HOST["folder"], os.O_PATH | os.O_DIRECTORY)
except OSError as error:
    refused("path descriptor of the folder", error)
else:
    attempt("read beneath", lambda: os.read(os.open("secret.txt", os.O_RDONLY, dir_fd=folder), 100))
    attempt("write beneath", lambda: os.open("new.txt", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    attempt("list beneath", lambda: os.listdir(os.open(".", os.O_RDONLY, dir_fd=folder)))
""",
    ),
    Attack(
        "read_environment",
        """
import glob
found = dict(os.environ)
print("environment", sorted(found))
if any(HOST["marker"] in value for value in found.values()):
    escaped("the caller's environment")
for pid in [*range(1, 40), os.getppid(), HOST["runner_pid"], "self", "thread-self"]:
    try:
        print(pid, open(f"/proc/{pid}/environ", "rb").read())  # the runner looks for its secret in what is printed
    except OSError as error:
        refused(f"environment of {pid}", error)
""",
    ),
    Attack(
        "read_other_processes",
        """
own = {os.getpid()}
for pid in {*range(1, 64), os.getppid(), HOST["runner_pid"]} - own:
    for name in ("mem", "maps", "cmdline", "exe", "syscall", "stack", "auxv"):
        attempt(f"{pid} {name}", open, f"/proc/{pid}/{name}")
    for name in ("fd", "fdinfo", "map_files", "cwd/", "root/"):
        attempt(f"{pid} {name}", os.listdir, f"/proc/{pid}/{name}")
""",
    ),
    Attack(
        "list_folders",
        """
above = os.path.dirname(HOST["folder"])
for path in ("/home", "/root", "/etc", "/var", "/tmp/..", "/proc/self/root/home", HOST["folder"], above):
    try:
        names = os.listdir(path)
    except OSError as error:
        refused(path, error)
        continue
    private = {"root", "home", "srv", "shadow", "log", "secret.txt", os.path.basename(HOST["folder"])} & set(names)
    escaped(path, private) if private else print("listed", path, names)
try:
    print("root", os.listdir("/"))
    if {"home", "root", "srv"} & set(os.listdir("/")):
        escaped("the root folder")
except OSError as error:
    refused("/", error)
""",
    ),
    Attack(
        "list_processes",
        """
try:
    pids = [name for name in os.listdir("/proc") if name.isdigit()]
except OSError as error:
    refused("/proc", error)
else:
    print("processes", pids)
    for pid in pids:
        attempt(pid, open, f"/proc/{pid}/cmdline") if int(pid) != os.getpid() else None
""",
    ),
    Attack(
        "read_machine",
        READ
        + """
for name in ("kcore", "kallsyms", "keys", "mounts", "net/tcp", "sysvipc/shm", "kmsg", "meminfo", "modules"):
    attempt(name, read, "/proc/" + name, 64)
for name in ("mem", "kmsg", "vda", "sda", "tty", "ptmx", "fuse", "kvm", "net/tun", "loop-control"):
    attempt(name, read, "/dev/" + name, 64)
for name in ("kernel/security/lsm", "class/net/lo/address", "class/dmi/id/sys_vendor"):
    attempt(name, read, "/sys/" + name, 64)
""",
    ),
    Attack(
        "descriptors_inherited",
        """
import stat
for fd in range(0, 4096):
    try:
        kind = os.fstat(fd).st_mode
    except OSError:
        continue
    print("descriptor", fd, stat.filemode(kind))
    if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) or stat.S_ISDIR(kind) or stat.S_ISBLK(kind):
        escaped(f"descriptor {fd}", stat.filemode(kind))
    elif fd > 2:
        try:
            where = os.readlink(f"/proc/self/fd/{fd}")
        except OSError:
            continue
        if not where.startswith(("/memfd:", "/dev/", "anon_inode", "/usr", "/lib")) and "python" not in where:
            escaped(f"descriptor {fd}", where)
""",
        (HELD,),
    ),
    Attack(
        "descriptors_of_others",
        """
for pid in (1, 2, 3, os.getppid(), HOST["runner_pid"]):
    try:
        own = syscall(434, pid, 0)
    except OSError as error:
        refused(f"pidfd of {pid}", error)
        own = -1
    for fd in range(0, 16):
        reaches_kernel(f"pidfd_getfd {fd}", 438, own, fd, 0)
        attempt(f"/proc/{pid}/fd/{fd}", os.open, f"/proc/{pid}/fd/{fd}", os.O_RDWR)
""",
        (HELD, EXIT),
    ),
)
