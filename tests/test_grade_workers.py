"""Processes that compare formulas: what they find, and that none of them hangs or stays behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from thalweg.grade.workers import MathWorkers
from thalweg.sandbox import SandboxError

TOWER = "9^{9^{9^{9}}}"


@pytest.fixture(scope="module")
def workers() -> Iterator[MathWorkers]:
    with MathWorkers() as opened:
        yield opened


def workers_of(parent: int) -> list[int]:
    """The math workers among the children of a process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            father = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
            if int(father) == parent and "formulas.py" in (folder / "cmdline").read_text(encoding="utf-8"):
                found.append(int(folder.name))
        except OSError:  # it ended while we looked
            continue
    return found


@pytest.mark.parametrize(
    ("expected", "actual", "outcome"),
    [
        (r"\frac{1}{2}", "0.5", "same"),
        ("x=5", "5", "same"),
        ("2x+1", "1+2x", "same"),
        ("1,2", "2,1", "same"),
        (r"[0,\infty)", r"x \ge 0", "same"),
        ("(1,2)", "(2,1)", "different"),
        ("x+1", "y+1", "different"),
        ("1", "4?", "unparsed"),
        ("", "1", "unparsed"),
        ("\ud800", "1", "unparsed"),
    ],
)
def test_what_a_worker_finds(workers: MathWorkers, expected: str, actual: str, outcome: str) -> None:
    assert workers.compare(expected, actual)[0] == outcome


def test_the_order_of_the_sides_matters(workers: MathWorkers) -> None:
    # The answer may name its variable; a reference that is an equation is not met by one of its sides.
    assert workers.compare("5", "x = 5")[0] == "same"
    assert workers.compare("2x + z = 1", "1")[0] == "different"


def test_a_hang_costs_its_limit_and_nothing_else(workers: MathWorkers) -> None:
    assert workers.compare("9", TOWER, 0.2) == ("timeout", 0.2)
    assert workers.compare("9", "3^2")[0] == "same"


def test_a_hang_that_uses_no_processor_time_ends_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    asleep = "import time; print('ready', flush=True); time.sleep(60)"
    monkeypatch.setattr("thalweg.grade.workers._command", lambda: [sys.executable, "-c", asleep])
    with MathWorkers() as workers:
        # The clock's limit is twice the processor's and two seconds: here a fifth of a second.
        assert workers.compare("1", "1", -0.9) == ("timeout", -0.9)


def test_threads_share_workers() -> None:
    pairs = [(str(n), str(n if n % 2 else n + 1)) for n in range(40)]
    with MathWorkers(2) as workers, ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda pair: workers.compare(*pair)[0], pairs))
    assert found == ["same" if n % 2 else "different" for n in range(40)]


def test_killed_workers_change_no_outcome() -> None:
    with MathWorkers() as workers:
        assert workers.compare("1", "1")[0] == "same"
        for _ in range(3):
            for pid in workers_of(os.getpid()):
                os.kill(pid, signal.SIGKILL)
            assert workers.compare("x + x", "2x")[0] == "same"


def test_a_worker_that_always_dies_is_the_machines_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thalweg.grade.workers._command", lambda: [sys.executable, "-c", "print('ready')"])
    with MathWorkers() as workers, pytest.raises(SandboxError, match="3 times"):
        workers.compare("1", "1")


def test_closing_leaves_no_process() -> None:
    workers = MathWorkers(2)
    workers.compare("1", "1")
    mine = set(workers_of(os.getpid()))
    workers.close()
    assert mine
    assert not mine & set(workers_of(os.getpid()))


def test_closed_workers_compare_nothing() -> None:
    workers = MathWorkers()
    workers.close()
    with pytest.raises(SandboxError, match="closed"):
        workers.compare("1", "1")


def test_workers_die_with_their_parent() -> None:
    program = (
        "from thalweg.grade.workers import MathWorkers\n"
        "import threading, time\n"
        "workers = MathWorkers()\n"
        # The first thread to need a worker does not outlive it: the worker must.
        "starter = threading.Thread(target=workers.compare, args=('1', '1'))\n"
        "starter.start(); starter.join()\n"
        "print(workers.compare('2', '2').outcome, flush=True)\n"
        f"workers.compare('9', '{TOWER}', 600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "same\n"
        children = workers_of(parent.pid)
        assert children
        parent.kill()
    deadline = time.monotonic() + 30
    while any(alive(pid) for pid in children):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
