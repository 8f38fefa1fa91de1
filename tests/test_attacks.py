"""What the sandbox withstands: every program of tests/attacks, as two users, with and without bubblewrap.

An attack passes when it printed no escape, changed nothing on the host, was heard by nobody, ended as a sandbox that
holds ends it, left no process behind, and when the jobs beside it and after it gave their right results. The attacks of
a mode run in one process of their own (tests/attacks/runner.py), under the user of the mode, from a copy that the user
may read.
"""

import ctypes
import json
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import thalweg
from tests.attacks.attack import Attack
from tests.attacks.runner import ATTACKS, SHORT, program
from thalweg.grade.bench import Bench, Settings
from thalweg.grade.grader import GRADERS
from thalweg.types import StdinCheck

USERS, BUBBLEWRAP = ("root", "ordinary"), ("bubblewrap", "bare")
SYSTEM_PYTHON = "/usr/bin/python3"
NOBODY = 65534
_LANDLOCK_CREATE_RULESET, _VERSION = 444, 1

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the attacks speak x86-64"),
    pytest.mark.timeout(600),
]


def landlock_abi() -> int:
    return int(ctypes.CDLL(None).syscall(_LANDLOCK_CREATE_RULESET, None, 0, _VERSION))


def command_of(user: str) -> list[str]:
    """How to run this interpreter, or the system's, as a user; skips where this machine or this user cannot."""
    if user == "root":
        if os.geteuid() != 0:
            pytest.skip("not root")
        return [sys.executable]
    if os.geteuid() != 0:
        return [sys.executable]
    if shutil.which("setpriv") is None or not os.access(SYSTEM_PYTHON, os.X_OK):
        pytest.skip("needs setpriv and the system's python3 to become another user")
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", SYSTEM_PYTHON]


def skip_without_bubblewrap(command: list[str]) -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    trial = [*command[:-1], "bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
    done = subprocess.run(trial, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"bubblewrap does not work here: {done.stderr.strip()}")


@pytest.fixture(scope="module")
def readable_copy() -> Iterator[Path]:
    """The sandbox and the attacks where every user can read them; they need nothing else of the project."""
    with tempfile.TemporaryDirectory(prefix="thalweg-copy-") as name:
        root, source = Path(name), Path(thalweg.__file__).parent
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source / "sandbox", root / "thalweg" / "sandbox", ignore=ignore)
        shutil.copytree(Path(__file__).parent / "attacks", root / "attacks", ignore=ignore)
        for file in ("__init__.py", "errors.py"):
            shutil.copy(source / file, root / "thalweg")
        for path in (root, *root.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield root


@pytest.fixture(scope="module", params=[(user, around) for user in USERS for around in BUBBLEWRAP], ids="-".join)
def report(request: pytest.FixtureRequest, readable_copy: Path) -> dict[str, Any]:
    """What became of all attacks in one mode."""
    user, around = request.param
    command = command_of(user)
    if landlock_abi() < 1:
        pytest.skip("this kernel has no Landlock")
    if around == "bubblewrap":
        skip_without_bubblewrap(command)
    answer = "yes" if around == "bubblewrap" else "no"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(readable_copy), "ATTACK_SECRET": secrets.token_hex(16)}
    done = subprocess.run(
        [*command, "-B", "-m", "attacks.runner", "--bubblewrap", answer],
        env=env,
        cwd="/",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return {**found, "around": around, "by_name": {attack["name"]: attack for attack in found["attacks"]}}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack(report: dict[str, Any], attack: Attack) -> None:
    found = report["by_name"][attack.name]
    shown = json.dumps(found, indent=1)
    assert found["escaped"] == [], shown
    assert found["effects"] == [], shown
    assert found["outcome"] in attack.ends, shown
    assert set(found["later"]) <= {"held"}, shown
    assert all(found["neighbours"]), shown
    assert found["processes"] == [], shown
    assert found["bytes"] <= 2 * SHORT.output_bytes, shown


def test_nothing_is_left_when_the_pool_is_closed(report: dict[str, Any]) -> None:
    assert report["left"] == []


def test_the_mode_is_what_it_says(report: dict[str, Any]) -> None:
    assert report["strong"]
    assert ("bwrap" in report["isolation"]) == (report["around"] == "bubblewrap")


def test_there_are_enough_attacks() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 60


# --------------------------------------------------------------------------- verdicts

NOWHERE = {
    **dict.fromkeys(("sentinel", "folder", "secret_file", "project_file", "project_root", "home"), "/nowhere/at/all"),
    **dict.fromkeys(("unix", "datagram", "abstract", "abstract_datagram", "marker"), "thalweg-nowhere"),
    **{"tcp": ("127.0.0.1", 9), "udp": ("127.0.0.1", 9), "key": 1, "runner_pid": 1},
}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    if landlock_abi() < 1:
        pytest.skip("this kernel has no Landlock")
    with Bench(Settings(workers=2, memory_mb=160)) as bench:
        yield bench


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_no_attack_is_correct(bench: Bench, attack: Attack) -> None:
    tests = tuple({"input": str(n), "output": secrets.token_hex(16)} for n in range(3))
    check = StdinCheck(tests=tests, timeout_s=0.2)
    answer = f"```python\n{program(attack.source, NOWHERE)}\n```"
    finding = GRADERS["native"]["stdin"](check, answer, bench)
    assert finding.status not in ("correct", "no_answer", "harness_error"), finding
