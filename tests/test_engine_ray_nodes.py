"""A Ray cluster of two nodes, one of which dies; and a driver that is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from benchmarks.ray_cluster import ONE_LOST, compare, grading, reading

ROOT = Path(__file__).parent.parent
_MARK = "THALWEG_TEST_OF_A_KILLED_DRIVER"
_KILLED = f"""
import os, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from tests.shard_work import Doubling
from thalweg.engine.map import Shard
from thalweg.engine.ray import RaySettings, connected
with connected(RaySettings(address="local")) as mapper:
    for index, _ in mapper.map(Doubling(), (Shard(i, i) for i in range(9)), 9, {{}}):
        if index == 3:
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["grading", pytest.param("reading", marks=pytest.mark.stress)])
def test_a_node_may_be_lost_and_the_rows_are_those_of_one_process(name: str, tmp_path: Path) -> None:
    case = grading(tmp_path, 500, None) if name == "grading" else reading(200)
    found = compare(case, tmp_path, (ONE_LOST,))[ONE_LOST]
    assert found["different"] == []
    assert found["killed_at"] is not None
    assert case.total / 2 <= found["killed_at"] < case.total


@pytest.mark.slow
def test_a_cluster_that_was_started_here_ends_with_a_killed_driver() -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED], timeout=120, check=False, env={**os.environ, _MARK: "1"})
    assert done.returncode == -signal.SIGKILL
    end = time.monotonic() + 200  # mostly two seconds; Ray gives a worker that looks for its cluster more than a minute
    while left := [entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and _is_marked(entry)]:
        assert time.monotonic() < end, [entry.name for entry in left]
        time.sleep(0.2)


def _is_marked(process: Path) -> bool:
    try:
        return _MARK.encode() in (process / "environ").read_bytes()
    except OSError:
        return False
