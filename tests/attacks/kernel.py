"""Attacks on the kernel's rarer doors: namespaces, mounts, other call tables, filters, rings, keys and modules."""

from .attack import HELD, SIGNAL, Attack

# Machine code put into memory that can be executed, where that is allowed at all.
MACHINE_CODE = """
import mmap

def machine_code(code):
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    kept.append(page)
    return ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))

kept = []
"""

ATTACKS = (
    Attack(
        "namespaces",
        """
for flag in (0x10000000, 0x40000000, 0x20000000, 0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x80, 0x400, 0x200):
    attempt("unshare " + hex(flag), syscall, 272, flag)
for name in ("user", "net", "pid", "mnt", "ipc", "uts", "cgroup"):
    for pid in {1, os.getppid(), HOST["runner_pid"]} - {0, os.getpid()}:
        attempt(f"{pid} {name}", os.open, f"/proc/{pid}/ns/{name}", os.O_RDONLY)
reaches_kernel("setns", 308, -1, 0)
""",
    ),
    Attack(
        "mounts",
        """
attempt("mount", syscall, 165, b"none", b"/tmp", b"tmpfs", 0, None)
attempt("bind", syscall, 165, b"/", b"/tmp", None, 4096, None)
attempt("remount", syscall, 165, b"none", b"/usr", None, 32 | 4096, None)
reaches_kernel("umount2", 166, -1, 0)
reaches_kernel("pivot_root", 155, -1, -1)
attempt("chroot", os.chroot, "/tmp")
reaches_kernel("fsopen", 430, -1, 0)
reaches_kernel("fsconfig", 431, -1, 0, 0, 0, 0)
reaches_kernel("fsmount", 432, -1, 0, 0)
reaches_kernel("fspick", 433, -1, -1, 0)
reaches_kernel("move_mount", 429, -1, -1, -1, -1, 0)
reaches_kernel("mount_setattr", 442, -1, -1, 0, 0, 0)
reaches_kernel("open_tree_attr", 467, -1, -1, 0, 0, 0)
""",
    ),
    Attack(
        "administration",
        # Arguments that no kernel accepts: being told so is the escape.
        """
for name, number, *arguments in (
    ("reboot", 169, 0, 0, 0, 0), ("kexec_load", 246, 0, 0, 0, -1), ("kexec_file_load", 320, -1, -1, 0, 0, 0),
    ("init_module", 175, -1, 0, -1), ("finit_module", 313, -1, -1, 0), ("delete_module", 176, -1, 0),
    ("swapon", 167, -1, 0), ("swapoff", 168, -1), ("sethostname", 170, -1, 1), ("setdomainname", 171, -1, 1),
    ("settimeofday", 164, -1, -1), ("clock_settime", 227, 0, -1), ("adjtimex", 159, -1),
    ("clock_adjtime", 305, 0, -1), ("syslog", 103, 3, -1, 1), ("acct", 163, -1),
    ("quotactl", 179, -1, -1, 0, 0), ("iopl", 172, 3), ("ioperm", 173, 0x80, 1, 1), ("vhangup", 153),
    ("lookup_dcookie", 212, 0, 0, 0), ("fanotify_init", 300, 0, 0), ("nfsservctl", 180, 0, 0, 0),
    ("sysfs", 139, 3), ("ustat", 136, 0, -1), ("modify_ldt", 154, 0, -1, 1), ("sync", 162),
    ("syncfs", 306, -1),
):
    reaches_kernel(name, number, *arguments)
""",
    ),
    Attack(
        "rarely_used_calls",
        """
for name, number, *arguments in (
    ("bpf", 321, 0, -1, 0), ("perf_event_open", 298, -1, 0, -1, -1, 0), ("userfaultfd", 323, 1),
    ("add_key", 248, -1, -1, 0, 0, 0), ("request_key", 249, -1, -1, 0, 0), ("keyctl", 250, 0, -3, 0),
    ("io_setup", 206, 1, -1), ("splice", 275, -1, 0, -1, 0, 0, 0), ("vmsplice", 278, -1, -1, 1, 0),
    ("tee", 276, -1, -1, 1, 0), ("mbind", 237, 0, 0, 9, 0, 0, 0), ("set_mempolicy", 238, 9, 0, 0),
    ("remap_file_pages", 216, 0, 0, 0, 0, 0), ("pkey_alloc", 330, 9, 9), ("inotify_add_watch", 254, -1, -1, 1),
    ("name_to_handle_at", 303, -1, -1, -1, -1, 0), ("sched_setattr", 314, 0, -1, 0), ("seccomp", 317, 9, 0, 0),
    ("memfd_create", 319, -1, 0), ("memfd_secret", 447, -1), ("kcmp", 312, 0, 0, 9, 0, 0),
    ("process_vm_readv", 310, 0, 0, 0, 0, 9), ("pidfd_open", 434, -1, 0), ("pidfd_getfd", 438, -1, 0, 0),
    ("epoll_ctl_old", 214), ("uselib", 134, -1), ("quotactl_fd", 443, -1, 0, 0, 0),
    ("cachestat", 451, -1, 0, 0, 0), ("map_shadow_stack", 453, 0, 0, 9),
    ("lsm_set_self_attr", 460, 100, -1, 0, 0), ("listmount", 458, -1, -1, 0, 0),
    ("statmount", 457, -1, -1, 0, 0), ("file_setattr", 469, -1, -1, -1, 0, 0),
    ("setxattrat", 463, -1, -1, 0, -1, -1, 0),
):
    reaches_kernel(name, number, *arguments)
""",
    ),
    Attack(
        "rings",
        """
attempt("io_uring_setup", syscall, 425, 8, ctypes.create_string_buffer(128))
reaches_kernel("io_uring_enter", 426, -1, 1, 0, 0, 0, 0)
reaches_kernel("io_uring_register", 427, -1, 0, 0, 0)
reaches_kernel("io_submit", 209, 0, 1, -1)
""",
    ),
    Attack(
        "unknown_calls",
        # Numbers beyond the table, and the gap that the tables of all machines share (after 335 and 336, which newer
        # kernels let past any filter, and which kill whoever calls them from an ordinary place).
        """
for number in (*range(337, 424), *range(470, 600), 1000, 4096, 0x3FFFFFFF):
    reaches_kernel(str(number), number, -1, -1, -1, -1, -1, -1)
""",
    ),
    *(
        Attack(f"call_{name}", f"reaches_kernel('call', {number}, -1, -1, -1, -1, -1, -1)", (HELD, SIGNAL))
        for name, number in {
            "minus_one": -1,
            "minus_two": -2,
            "sign_bit": 0x80000000 | 57,
            "all_bits": 0xFFFFFFFF,
        }.items()
    ),
    Attack(
        "calls_past_every_filter",
        # Newer kernels let these two through, and kill or refuse whoever calls them from an ordinary place.
        """
for number in (336, 335):
    attempt(str(number), syscall, number)
""",
        (HELD, SIGNAL),
    ),
    Attack(
        "call_in_the_high_half",
        # The kernel looks at 32 bits of the number: a filter that looked at more would see another call.
        """
child("fork", syscall, 57 | 1 << 32)
attempt("socket", syscall, 41 | 1 << 32, 2, 1, 0)
attempt("chmod", syscall, 90 | 7 << 32, HOST["sentinel"].encode(), 0o777)
""",
        (HELD, SIGNAL),
    ),
    Attack(
        "x32_calls",
        """
X32 = 0x40000000
attempt("getpid", syscall, X32 | 39)
child("fork", syscall, X32 | 57)
for name, number in (("kill", 62), ("ptrace", 521), ("execve", 520), ("process_vm_readv", 539)):
    reaches_kernel(name, X32 | number, -1, 0, 0, 0)
""",
        (HELD, SIGNAL),
    ),
    Attack(
        "device_controls",
        # On the streams and on a file that may be read: flags, clones, freezing, terminals, with worthless pointers.
        """
visible = os.open(os.__file__, os.O_RDONLY)
controls = (0x5412, 0x540E, 0x541C, 0x5423, 0x40086602, 0x40049409, 0xC0045877, 0xC020660B, 0x401C5820, 0xAE00, 0x4C82)
for fd in (0, 1, 2, visible):
    for control in controls:
        reaches_kernel(f"ioctl {fd} {control:#x}", 16, fd, control, -1)
""",
    ),
    Attack(
        "process_controls",
        # Every option of prctl apart from asking whether dumpable, and one's own name.
        """
for option in (*range(1, 3), *range(4, 15), *range(17, 80), 0x59616D61):
    reaches_kernel(f"prctl {option}", 157, option, -1, -1, -1, -1)
""",
    ),
    Attack(
        "descriptor_controls",
        """
r, w = os.pipe()
for number in (8, 10, 1024, 1026, 1031, 1033, 1036):  # owner, signal, lease, notices, size of a pipe, seals, hints
    reaches_kernel(f"fcntl {number}", 72, r, number, 0)
""",
    ),
    Attack(
        "personality",
        """
attempt("executable reads", syscall, 135, 0x0400000)
attempt("no randomness", syscall, 135, 0x0040000)
attempt("32 bits", syscall, 135, 0x0008)
""",
    ),
    Attack(
        "machine_code_int80",
        # mov eax, 20 (getpid in the 32-bit table); int 0x80; ret
        MACHINE_CODE
        + """
attempt("int 0x80", lambda: machine_code(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")())
""",
        (HELD, SIGNAL),
    ),
    Attack(
        "machine_code_int80_fork",
        # mov eax, 2 (fork in the 32-bit table); int 0x80; cdqe; ret
        MACHINE_CODE
        + """
try:
    value = machine_code(b"\\xb8\\x02\\x00\\x00\\x00\\xcd\\x80\\x48\\x98\\xc3")()
except OSError as error:
    refused("int 0x80", error)
else:
    if value == 0:
        os._exit(0)
    escaped("fork", value) if value > 0 else print("refused fork", value)
""",
        (HELD, SIGNAL),
    ),
    Attack(
        "machine_code_syscall",
        # mov eax, 57 (fork); syscall; ret: the filter must not depend on who makes the call.
        MACHINE_CODE
        + """
try:
    value = machine_code(b"\\xb8\\x39\\x00\\x00\\x00\\x0f\\x05\\xc3")()
except OSError as error:
    refused("syscall", error)
else:
    if value == 0:
        os._exit(0)
    escaped("fork", value) if value > 0 else print("refused fork", value)
""",
        (HELD, SIGNAL),
    ),
    Attack(
        "machine_code_sysenter",
        # mov eax, 20; sysenter: the third way into the kernel; it ends the program, for there is no way back.
        MACHINE_CODE
        + """
attempt("sysenter", lambda: machine_code(b"\\xb8\\x14\\x00\\x00\\x00\\x0f\\x34\\xc3")())
""",
        (HELD, SIGNAL),
    ),
    Attack(
        "filter_reinstalled",
        """
import struct
allow = ctypes.create_string_buffer(struct.pack("<HBBI", 6, 0, 0, 0x7FFF0000))
program = struct.pack("<HxxxxxxQ", 1, ctypes.addressof(allow))
calls = (("prctl", 157, 22, 2, program, 0, 0), ("seccomp", 317, 1, 0, program), ("listener", 317, 1, 8, program))
for what, number, *arguments in calls:
    try:
        syscall(number, *arguments)
        print("installed another filter by", what)  # it can only take away; what it allows must still be refused
    except OSError as error:
        refused(what, error)
child("fork", os.fork)
attempt("chmod", os.chmod, HOST["sentinel"], 0o777)
attempt("socket", syscall, 41, 2, 1, 0)
""",
    ),
    Attack(
        "landlock_again",
        """
import struct
try:
    rules = syscall(444, struct.pack("<Q", 1), 8, 0)
    beneath = struct.pack("<Qi", 1, os.open("/usr", os.O_PATH))
    syscall(445, rules, 1, beneath, 0)
    syscall(446, rules, 0)
    print("installed other rules")  # they can only take away
except OSError as error:
    refused("landlock", error)
attempt("write", open, HOST["sentinel"], "a")
attempt("read", open, HOST["secret_file"])
""",
    ),
)
