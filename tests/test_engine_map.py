"""Mapping over shards in this process and in others: every shard once, deaths, refusals, errors."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shard_work import Doubling
from thalweg.engine.map import ATTEMPTS, Inline, Mapper, Place, Shard, Station, WorkError
from thalweg.engine.processes import Processes
from thalweg.errors import InputError

DEVICES = [{"OMP_NUM_THREADS": "1"}] * 2
SHARED = {"a": "small", "b": "x" * 100_000}


def shards(*payloads: int) -> Iterator[Shard[int]]:
    for index, payload in enumerate(payloads):
        yield Shard(index, payload, ("a", "b") if payload % 2 else ("a",))


def expected(*payloads: int) -> dict[int, Any]:
    return {
        index: (2 * payload, SHARED if payload % 2 else {"a": "small"}, None) for index, payload in enumerate(payloads)
    }


@pytest.mark.parametrize(
    "mapper", [Inline(), Processes(DEVICES), Processes(DEVICES, threads=1)], ids=["inline", "processes", "one thread"]
)
def test_every_shard_has_its_result_once(mapper: Mapper) -> None:
    found = list(mapper.map(Doubling(), shards(*range(20)), 20, SHARED))
    assert len(found) == 20
    assert dict(found) == expected(*range(20))


@pytest.mark.parametrize("mapper", [Inline(), Processes(DEVICES)], ids=["inline", "processes"])
def test_no_shard_needs_no_worker(mapper: Mapper) -> None:
    assert list(mapper.map(Doubling(refuses=True), shards(), 0, {})) == []


def test_a_folder_is_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.txt").write_text("w")
    for mapper in (Inline(), Processes(DEVICES)):
        assert next(mapper.map(Doubling(tmp_path), shards(2), 1, SHARED)) == (0, (4, {"a": "small"}, "w"))


@pytest.mark.parametrize("mapper", [Inline(), Processes(DEVICES)], ids=["inline", "processes"])
def test_work_that_cannot_be_done_here_is_the_users_error(mapper: Mapper) -> None:
    with pytest.raises(InputError, match="cannot confine programs"):
        list(mapper.map(Doubling(refuses=True), shards(1, 2, 3), 3, SHARED))


def test_what_a_shard_raises_is_raised_here() -> None:
    with pytest.raises(InputError, match="it is wrong"):
        list(Processes(DEVICES).map(Doubling(), shards(1, -1, 2), 3, SHARED))
    with pytest.raises(WorkError, match=r"shard 1 failed:(.|\n)*ZeroDivisionError: by nothing"):
        list(Processes(DEVICES).map(Doubling(), shards(1, -2, 2), 3, SHARED))


def test_a_dead_process_is_replaced_and_its_shard_done_by_another(tmp_path: Path) -> None:
    work, notes = Doubling(log=tmp_path / "log"), list[str]()
    found = dict(Processes(DEVICES, on_note=notes.append).map(work, shards(1, 2, -4, 3, 4), 5, SHARED))
    assert {index: result[0] for index, result in found.items()} == {0: 2, 1: 4, 2: -8, 3: 6, 4: 8}
    assert [work.begun(payload) for payload in (1, 2, -4, 3, 4)] == [1, 1, 2, 1, 1]
    assert len(notes) == 1
    assert "exit code -9" in notes[0]


def test_a_shard_that_kills_every_process_is_given_up(tmp_path: Path) -> None:
    work = Doubling(log=tmp_path / "log")
    with pytest.raises(WorkError, match=f"{ATTEMPTS} processes died over shard 0"):
        list(Processes(DEVICES).map(work, shards(-3), 1, SHARED))
    assert work.begun(-3) == ATTEMPTS


def test_a_station_answers_whatever_happens() -> None:
    class Broken(Doubling):
        def open(self, place: Place) -> Any:
            raise OSError(f"no disk at {place}")

    assert Station().open(Broken(), Place()).kind == "refused"
    assert "no disk" in str(Station().open(Broken(), Place()).value)
    station = Station()
    assert station.open(Doubling(), Place()).kind == "ready"
    assert [station.do(payload, {}).kind for payload in (1, -1, -2)] == ["done", "wrong", "failed"]
    station.close()
