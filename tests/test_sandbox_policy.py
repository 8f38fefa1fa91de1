"""The filter of system calls, read by a small interpreter of its language, and the other layers, each in a process."""

import os
import struct
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.sandbox import policy
from thalweg.sandbox.seccomp import X86_64, _program, architecture

ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
OWN, OTHER = 0xFFFFFFFF, 4242  # the filter holds this number where the child's own process id will be
PROGRAM = _program(X86_64)


def decide(number: int, *arguments: int, audit: int = X86_64.audit) -> int:
    """What the filter answers to a system call, as the kernel would run it."""
    padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("=IIQ6Q", number, audit, 0, *(argument & 0xFFFFFFFFFFFFFFFF for argument in padded))
    place, value = 0, 0
    for _ in range(len(PROGRAM)):
        operation, if_true, if_false, operand = PROGRAM[place]
        place += 1
        match operation:
            case 0x20:
                value = int(struct.unpack_from("=I", data, operand)[0])
            case 0x54:
                value &= operand
            case 0x15:
                place += if_true if value == operand else if_false
            case 0x35:
                place += if_true if value >= operand else if_false
            case _:
                assert operation == 0x06
                return operand
    raise AssertionError("the filter does not end")


THREAD = 0x003D0F00  # the flags with which the C library starts a thread
CASES = [
    pytest.param("clone", (THREAD,), ALLOW, id="thread"),
    pytest.param("clone", (0x01200011,), EPERM, id="fork"),
    pytest.param("clone", (0x00004111,), EPERM, id="vfork"),
    pytest.param("clone", (THREAD | 0x10000000,), EPERM, id="thread in a user namespace"),
    pytest.param("clone", (THREAD | 0x00020000,), EPERM, id="thread in a mount namespace"),
    pytest.param("clone3", (0,), ENOSYS, id="clone3"),
    pytest.param("openat2", (0,), ENOSYS, id="openat2"),
    pytest.param("kill", (OWN, 9), ALLOW, id="kill oneself"),
    pytest.param("kill", (OTHER, 9), EPERM, id="kill another"),
    pytest.param("kill", (0, 9), EPERM, id="kill the group"),
    pytest.param("tgkill", (OWN, 1, 6), ALLOW, id="abort"),
    pytest.param("tgkill", (OTHER, 1, 6), EPERM, id="signal another's thread"),
    pytest.param("prlimit64", (0, 3, 0), ALLOW, id="ask a limit"),
    pytest.param("prlimit64", (0, 3, 0x7F0000000000), EPERM, id="set a limit, low half zero"),
    pytest.param("prlimit64", (0, 3, 0x1000), EPERM, id="set a limit, high half zero"),
    pytest.param("socketpair", (1, 1), ALLOW, id="pair of streams"),
    pytest.param("socketpair", (1, 1 | 0o2000000), ALLOW, id="pair of streams, closed on exec"),
    pytest.param("socketpair", (1, 2), EPERM, id="pair of datagram sockets"),
    pytest.param("socketpair", (2, 1), EPERM, id="pair on the network"),
    pytest.param("fcntl", (1, 3), ALLOW, id="ask flags"),
    pytest.param("fcntl", (1, 8), EPERM, id="send signals to an owner"),
    pytest.param("fcntl", (1, 10), EPERM, id="choose the signal"),
    pytest.param("ioctl", (1, 0x5401), ALLOW, id="is it a terminal"),
    pytest.param("ioctl", (1, 0x5412), EPERM, id="type into a terminal"),
    pytest.param("ioctl", (1, 0x8901), EPERM, id="own a socket's signals"),
    pytest.param("prctl", (15,), ALLOW, id="name a thread"),
    pytest.param("prctl", (1,), EPERM, id="survive the parent"),
    pytest.param("prctl", (22,), EPERM, id="another filter"),
]


@pytest.mark.parametrize(("name", "arguments", "answer"), CASES)
def test_checked_calls(name: str, arguments: tuple[int, ...], answer: int) -> None:
    assert decide(X86_64.checked[name], *arguments) == answer


@given(st.integers(min_value=0, max_value=X86_64.foreign - 1), st.integers(min_value=0, max_value=2**64 - 1))
def test_what_is_not_listed_is_refused(number: int, argument: int) -> None:
    if number in X86_64.checked.values():
        return
    assert decide(number, argument) == (ALLOW if number in X86_64.allowed.values() else EPERM)


def test_every_listed_call_is_allowed() -> None:
    assert {name for name, number in X86_64.allowed.items() if decide(number) != ALLOW} == set()
    numbers = [*X86_64.allowed.values(), *X86_64.checked.values()]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    "call",
    [
        *(57, 58, 59, 322, 41, 42, 49, 62 + 0x40000000, 76, 82, 87, 90, 92, 101, 105, 135, 155, 165, 188, 250, 272),
        *(280, 298, 304, 310, 319, 321, 323, 425, 434, 438, 440, 444, 446),
    ],
)
def test_known_ways_out_are_closed(call: int) -> None:
    assert decide(call) in (EPERM, KILL)


@pytest.mark.parametrize("number", [0, 1, 59, 0x3FFFFFFF])
def test_another_calling_convention_ends_the_process(number: int) -> None:
    assert decide(number + X86_64.foreign) == KILL
    assert decide(number, audit=0x40000003) == KILL  # 32-bit programs


def test_an_unknown_processor_has_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert architecture() is None


def in_process(code: str) -> str:
    """Runs the policy in a process of its own, since it cannot be undone."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_privileges_are_gone() -> None:
    code = """
from thalweg.sandbox import policy
policy.drop_privileges()
print([line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapEff", "CapPrm", "NoNewPrivs"))])
"""
    none = "0" * 16
    assert in_process(code) == str([none, none, "1"])


def test_limits_bind() -> None:
    code = """
import resource
from thalweg.sandbox import policy
policy.limit_always(files=20)
policy.limit_resources(memory=1 << 30, cpu_s=1.5, file_size=100)
kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)
print([resource.getrlimit(kind) for kind in kinds])
"""
    assert in_process(code) == str([(1 << 30, 1 << 30), (2, 3), (100, 100), (20, 20), (0, 0)])


def test_threads_have_small_stacks_whatever_the_main_one_has() -> None:
    code = """
import resource, threading
from thalweg.sandbox import policy
policy.small_thread_stacks(1 << 20)
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
stop = threading.Event()
threads = [threading.Thread(target=stop.wait, daemon=True) for _ in range(40)]
for thread in threads:
    thread.start()
stop.set()
print(len(threads))
"""
    large = ["/bin/sh", "-c", 'ulimit -s 262144; exec "$0" "$@"', sys.executable, "-c", code]
    environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
    done = subprocess.run(large, capture_output=True, text=True, timeout=60, env=environment)
    assert done.stdout.strip() == "40", done.stderr


def test_an_orphan_ends_at_once() -> None:
    code = "from thalweg.sandbox import policy; policy.die_with_parent(-1); print('still here')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.skipif(policy.landlock_version() == 0, reason="this kernel has no Landlock")
def test_landlock_reads_what_it_is_told_and_writes_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("landlock")
    for name in ("open", "closed"):
        (folder / name).mkdir()
        (folder / name / "file").write_text(name)
    code = f"""
import os
from dataclasses import replace
from thalweg.sandbox import policy
policy.drop_privileges()
rules = replace(policy.Policy.prepare([{str(folder / "open")!r}]), calls=None)
rules.enter()
for path, mode in (("open/file", "r"), ("closed/file", "r"), ("open/file", "a"), ("open/new", "w")):
    try:
        open(os.path.join({str(folder)!r}, path), mode).close()
        print(path, mode)
    except PermissionError:
        pass
open("/dev/null", "w").write("nothing")
"""
    assert in_process(code) == "open/file r"


def test_a_refusal_is_an_error_with_its_name() -> None:
    with pytest.raises(OSError, match="what was tried"):
        policy._check(-1, "what was tried")
