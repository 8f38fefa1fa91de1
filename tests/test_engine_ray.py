"""Mapping over shards on a Ray cluster of this machine: the same results, deaths, nodes left out."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shard_work import Doubling
from tests.test_engine_map import SHARED, expected, shards
from thalweg.engine import ray_crew, shipping
from thalweg.engine.map import ATTEMPTS, WorkError
from thalweg.engine.ray import RayMapper, RaySettings, connected, is_started_here
from thalweg.errors import InputError


@pytest.fixture(scope="module")
def mapper() -> Iterator[RayMapper]:
    with connected(RaySettings(address="local")) as found:
        yield found


@pytest.fixture
def fresh(mapper: RayMapper) -> RayMapper:
    """A mapper of the same cluster that remembers nothing."""
    return RayMapper(mapper.settings)


def test_every_shard_has_its_result_once(fresh: RayMapper) -> None:
    found = list(fresh.map(Doubling(), shards(*range(20)), 20, SHARED))
    assert len(found) == 20
    assert dict(found) == expected(*range(20))
    assert (fresh.redone, fresh.left_out) == (0, {})
    assert list(fresh.map(Doubling(), shards(), 0, {})) == []


def test_a_dead_worker_is_replaced_and_its_shard_done_by_another(fresh: RayMapper, tmp_path: Path) -> None:
    work, notes = Doubling(log=tmp_path / "log"), list[str]()
    fresh.on_note = notes.append
    found = dict(fresh.map(work, shards(1, 2, -4, 3, 4), 5, SHARED))
    assert {index: result[0] for index, result in found.items()} == {0: 2, 1: 4, 2: -8, 3: 6, 4: 8}
    assert [work.begun(payload) for payload in (1, 2, -4, 3, 4)] == [1, 1, 2, 1, 1]
    assert fresh.redone == 1
    assert len(notes) == 1
    assert "is gone; its shard goes to another" in notes[0]


def test_what_a_shard_raises_is_raised_here(fresh: RayMapper, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is wrong"):
        list(fresh.map(Doubling(), shards(1, -1, 2), 3, SHARED))
    with pytest.raises(WorkError, match=r"shard 1 failed:(.|\n)*ZeroDivisionError: by nothing"):
        list(fresh.map(Doubling(), shards(1, -2, 2), 3, SHARED))
    with pytest.raises(WorkError, match=f"{ATTEMPTS} workers died over shard 0"):
        list(fresh.map(Doubling(log=tmp_path / "log"), shards(-3), 1, SHARED))


def test_a_node_that_cannot_do_the_work_is_left_out_and_named(fresh: RayMapper) -> None:
    notes = list[str]()
    fresh.on_note = notes.append
    with pytest.raises(InputError, match=r"ray nodes .+ \(.+\): sandbox: this machine cannot confine programs; use"):
        list(fresh.map(Doubling(refuses=True), shards(1, 2), 2, SHARED))
    assert len(fresh.left_out) == 1
    assert len(notes) == 1
    assert notes[0].endswith("is left out: this machine cannot confine programs")


def test_a_node_with_another_version_is_left_out(fresh: RayMapper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_crew, "versions", lambda: {"thalweg": "0.0.1", "Python": "3.11"})
    with pytest.raises(InputError, match=r"it has thalweg .+, and the driver 0\.0\.1; install the driver's version"):
        list(fresh.map(Doubling(), shards(1), 1, SHARED))


def test_a_folder_that_a_node_lacks_is_brought_there(
    fresh: RayMapper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node is this machine and has the folder, so the driver speaks of another one, and puts its own files."""
    (tmp_path / "here" / "model").mkdir(parents=True)
    (tmp_path / "here" / "model" / "weights.txt").write_text(os.urandom(8).hex())
    elsewhere = tmp_path / "away" / "here"
    mark = shipping.mark(tmp_path / "here")
    monkeypatch.setattr(shipping, "mark", lambda _folder: mark)
    monkeypatch.setattr(shipping, "files_of", lambda _folder: [Path("model/weights.txt")])
    monkeypatch.setattr(Path, "read_bytes", lambda _path: _bytes(tmp_path / "here" / "model" / "weights.txt"))
    for _ in range(2):  # brought, and then found
        found = dict(fresh.map(Doubling(elsewhere), shards(2, 4, 6), 3, SHARED))
        text = (tmp_path / "here" / "model" / "weights.txt").read_text()
        assert {result[2] for result in found.values()} == {text}
    brought = shipping.present(elsewhere, mark)
    assert brought is not None
    shutil.rmtree(brought.parent)


def _bytes(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read()


@pytest.mark.usefixtures("mapper")
def test_more_than_any_node_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_crew, "_SAY_S", 0.5)
    greedy = RayMapper(RaySettings(cpus=10_000))
    with pytest.raises(InputError, match="no node has 10000 CPUs for a worker; start nodes"):
        list(greedy.map(Doubling(), shards(1), 1, SHARED))


@pytest.mark.usefixtures("mapper")
def test_limits_of_workers() -> None:
    nodes = [
        {"NodeID": "a", "Alive": True, "Resources": {"CPU": 4.0}},
        {"NodeID": "b", "Alive": True, "Resources": {"CPU": 3.0, "GPU": 1.0}},
        {"NodeID": "c", "Alive": False, "Resources": {"CPU": 9.0}},
        {"NodeID": "d", "Alive": True, "Resources": {}},
    ]

    def opened(count: int = 100, **settings: Any) -> list[str]:
        crew = ray_crew.Crew(RayMapper(RaySettings(**settings)), Doubling(), ray_crew.Store({}), count)
        return crew.openings(nodes)

    assert opened() == ["a", "b", "a", "b", "a", "b", "a"]
    assert opened(cpus=2) == ["a", "b", "a"]
    assert opened(gpus=1) == ["b"]
    assert opened(workers=3) == ["a", "b", "a"]
    assert opened(count=1) == ["a"]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:1", "nobody listens there"),
        ("ray://127.0.0.1:1", "nobody listens there"),
    ],
)
def test_an_address_where_nobody_is(address: str, message: str) -> None:
    code = f"from thalweg.engine.ray import *\nwith connected(RaySettings(address={address!r})): pass"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert message in done.stderr.splitlines()[-1]


def test_without_ray_the_remedy_is_said(tmp_path: Path) -> None:
    (tmp_path / "ray.py").write_text("raise ImportError('no ray')")
    code = "from thalweg.engine.ray import *\nwith connected(RaySettings()): pass"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert "Ray is not installed; pip install 'thalweg[ray]'" in done.stderr.splitlines()[-1]


def test_whose_cluster_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert is_started_here(RaySettings())
    assert is_started_here(RaySettings(address="local"))
    assert not is_started_here(RaySettings(address="auto"))
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    assert not is_started_here(RaySettings())
