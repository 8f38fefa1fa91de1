"""Programs under a supervisor: they end with whoever started them, and leave nobody behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from thalweg.engine.supervise import command

# Starts a child that ignores polite requests, says so, and goes on.
PROGRAM = """
import subprocess, sys, time
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
with subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE) as process:
    process.stdout.readline()
    with open(sys.argv[1], "w") as out:
        out.write(str(process.pid))
    time.sleep(float(sys.argv[2]))
    sys.stdout.flush()
    import os; os._exit(7)
"""
OWNER = """
import subprocess, sys, time
from thalweg.engine.supervise import command
with subprocess.Popen(command(0.5, [sys.executable, "-c", *sys.argv[1:]])):
    time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(holds: Callable[[], bool], within_s: float = 30.0) -> bool:
    until = time.monotonic() + within_s
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


def written(file: Path) -> int:
    assert eventually(lambda: file.exists() and file.read_text() != "")
    return int(file.read_text())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_and_its_children_end_with_their_owner(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, PROGRAM, str(tmp_path / "pid"), "600"]) as owner:
        child = written(tmp_path / "pid")
        owner.send_signal(number)
    assert eventually(lambda: not alive(child))


def test_a_supervisor_that_is_asked_to_stop_ends_the_group(tmp_path: Path) -> None:
    with subprocess.Popen(command(0.5, [sys.executable, "-c", PROGRAM, str(tmp_path / "pid"), "600"])) as supervisor:
        child = written(tmp_path / "pid")
        supervisor.terminate()
    assert supervisor.returncode == 128 + signal.SIGTERM
    assert not alive(child)


def test_a_program_that_ends_by_itself_leaves_no_child_and_its_status(tmp_path: Path) -> None:
    with subprocess.Popen(command(0.5, [sys.executable, "-c", PROGRAM, str(tmp_path / "pid"), "0"])) as supervisor:
        child = written(tmp_path / "pid")
    assert supervisor.returncode == 7
    assert eventually(lambda: not alive(child))


def test_a_program_ends_even_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    stay = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
    with subprocess.Popen(command(0.5, [sys.executable, "-c", stay, str(tmp_path / "pid")])) as supervisor:
        program = written(tmp_path / "pid")
        os.kill(supervisor.pid, signal.SIGKILL)
    assert eventually(lambda: not alive(program))
