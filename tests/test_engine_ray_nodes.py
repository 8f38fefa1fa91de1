"""A Ray cluster of two nodes, one of which dies; and a driver that is killed. In processes without other connections."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from benchmarks.ray_cluster import Case, compare, grading, reading

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
@pytest.mark.parametrize("case", ["grading", "reading"])
def test_two_nodes_give_the_rows_of_one_process_and_one_may_be_lost(case: str, tmp_path: Path) -> None:
    one: Case = grading(tmp_path, 500, None) if case == "grading" else reading(200)
    found = compare(one, tmp_path)
    assert found["two nodes"]["different"] == found["one lost"]["different"] == 0
    assert (
        found["one lost"]["killed_at"] < found["rows"] == len(one.rows(tmp_path / "here")) // (1 + (case == "reading"))
    )
    assert found["two nodes"]["shards_given_twice"] == 0


_KILLED = """
import os, signal, sys
sys.path.insert(0, {root!r})
from tests.shard_work import Doubling
from thalweg.engine.map import Shard
from thalweg.engine.ray import RaySettings, connected
with connected(RaySettings(address="local")) as mapper:
    for index, _ in mapper.map(Doubling(), (Shard(i, i) for i in range(9)), 9, {{}}):
        if index == 3:
            print(os.environ["RAY_AUTH_TOKEN"], flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_cluster_that_was_started_here_ends_with_a_killed_driver() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KILLED.format(root=str(ROOT))], capture_output=True, text=True, timeout=120, check=False
    )
    token = done.stdout.strip()
    assert len(token) == 64, done.stderr
    assert _wait_for_none(token), "processes of the cluster outlived its driver"


def _wait_for_none(token: str) -> bool:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if not any(token.encode() in _environment(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()):
            return True
        time.sleep(0.2)
    return False


def _environment(entry: Path) -> bytes:
    try:
        return (entry / "environ").read_bytes()
    except OSError:
        return b""
