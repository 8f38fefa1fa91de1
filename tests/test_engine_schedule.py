"""Which job starts next, on which devices: order, reservations, and that nobody is given what another holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.engine.devices import device_names, environment_of, listed, visible_names
from thalweg.engine.schedule import SIDE_BY_SIDE, Job, Running, next_start

EIGHT = [str(number) for number in range(8)]


def job(key: str, devices: int = 1, cost: float = 1.0, **others: Any) -> Job:
    return Job(key=key, call=print, devices=devices, cost=cost, **others)


def started(ready: list[Job], running: list[Running], names: list[str]) -> list[tuple[str, tuple[int, ...]]]:
    """All jobs that start now, one after another."""
    found = []
    while (start := next_start(ready, running, names)) is not None:
        ready = [other for other in ready if other is not start.job]
        running = [*running, Running(start.job, start.devices, start.job.cost)]
        found.append((start.job.key, start.devices))
    return found


def test_a_wide_training_goes_before_evaluations_which_then_go_side_by_side() -> None:
    ready = [job("base", urgent=True), job("rung", devices=8, cost=100)]
    assert started(ready, [], EIGHT) == [("rung", tuple(range(8)))]
    evaluations = [job(f"on {n}", cost=n) for n in range(3)]
    assert [key for key, _ in started(evaluations, [], EIGHT)] == ["on 2", "on 1", "on 0"]


def test_among_equals_urgent_ones_go_first_then_the_costliest_then_as_they_came() -> None:
    ready = [job("b", cost=2), job("a", cost=3), job("first", urgent=True), job("c", cost=2), job("ranked", rank=9)]
    assert [key for key, _ in started(ready, [], EIGHT)] == ["first", "ranked", "a", "b", "c"]


def test_a_wide_job_is_not_starved_by_small_ones() -> None:
    running = [Running(job("long"), (0,), 50.0), Running(job("short"), (1,), 5.0)]
    ready = [job("wide", devices=8, cost=100), job("fits before", cost=50), job("too long", cost=51)]
    assert started(ready, running, EIGHT) == [("fits before", (2,))]


def test_the_place_of_a_wide_job_is_kept_only_as_long_as_it_waits() -> None:
    running = [Running(job("long"), (0,), 50.0), Running(job("short"), (1, 2, 3), 5.0)]
    ready = [job("wide", devices=7, cost=100), job("small", cost=6)]
    assert started(ready, running, EIGHT) == [], "the wide one can start in 5, the small one would still run"
    assert started(ready, running[:1], EIGHT) == [("wide", (1, 2, 3, 4, 5, 6, 7))]


def test_jobs_without_a_device_run_beside_all_others_but_not_all_at_once() -> None:
    ready = [*(job(f"endpoint {n}", devices=0) for n in range(SIDE_BY_SIDE + 2)), job("wide", devices=8, cost=100)]
    busy = [Running(job("long"), (0,), 50.0)]
    found = started(ready, busy, EIGHT)
    assert len(found) == SIDE_BY_SIDE
    assert {places for _, places in found} == {()}


def test_a_shared_gpu_is_never_two_devices_of_one_job() -> None:
    names = ["0", "0", "1", "1"]
    ready = [job("pair", devices=2, cost=9), job("other pair", devices=2, cost=8), job("third", devices=2)]
    assert started(ready, [], names) == [("pair", (0, 2)), ("other pair", (1, 3))]


@given(
    widths=st.lists(st.integers(0, 4), min_size=1, max_size=30),
    costs=st.lists(st.floats(0.1, 100), min_size=30, max_size=30),
    names=st.lists(st.sampled_from("abcdef"), min_size=4, max_size=9).filter(lambda names: len(set(names)) >= 4),
)
def test_every_job_runs_once_and_devices_are_held_by_one(
    widths: list[int], costs: list[float], names: list[str]
) -> None:
    ready = [job(str(place), devices=width, cost=costs[place]) for place, width in enumerate(widths)]
    running: list[Running] = []
    ran: list[str] = []
    while ready or running:
        start = next_start(ready, running, names)
        if start is None:
            assert running, "free devices, and nobody starts"
            ended = min(running, key=lambda other: other.left)
            running = [other._replace(left=other.left - ended.left) for other in running if other is not ended]
            continue
        ready.remove(start.job)
        running.append(Running(start.job, start.devices, start.job.cost))
        ran.append(start.job.key)
        held = [place for other in running for place in other.devices]
        assert len(held) == len(set(held))
        assert len({names[place] for place in start.devices}) == start.job.devices
    assert sorted(ran) == sorted(map(str, range(len(widths))))


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("0,1", ["0", "1"]),
        (" 3 , 5", ["3", "5"]),
        ("", []),
        ("-1", []),
        ("0,-1,2", ["0"]),
        ("GPU-8932f937-d72c,MIG-GPU-ab/1/0", ["GPU-8932f937-d72c", "MIG-GPU-ab/1/0"]),
    ],
)
def test_visible_devices_are_read_as_cuda_reads_them(value: str, names: list[str]) -> None:
    assert visible_names(value) == names


def test_a_split_gpu_is_its_instances() -> None:
    text = """GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77)
  MIG 1g.10gb     Device  0: (UUID: MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f)
  MIG 1g.10gb     Device  1: (UUID: MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-0e1e8b6c-35a5-4ac4-9d3b-8c11bd0a1a11)
"""
    assert listed(text) == ["MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f", "MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb", "1"]
    assert listed("No devices were found\n") == []


def test_a_job_sees_its_own_devices_and_no_others() -> None:
    gpus = [{"CUDA_VISIBLE_DEVICES": name} for name in ("3", "MIG-a")]
    assert environment_of(gpus) == {"CUDA_VISIBLE_DEVICES": "3,MIG-a"}
    assert environment_of([])["CUDA_VISIBLE_DEVICES"] == ""
    assert environment_of([{"OMP_NUM_THREADS": "2"}] * 2) == {"OMP_NUM_THREADS": "2"}
    assert device_names([*gpus, {"OMP_NUM_THREADS": "2"}]) == ["3", "MIG-a", "cores 2"]
