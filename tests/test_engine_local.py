"""Jobs on worker processes: order, failures, progress, devices, and death with the parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from thalweg.engine.local import Job, JobsError, OnProgress, cpu_workers, gpu_workers, run_jobs
from thalweg.errors import InputError

ONE: list[dict[str, str]] = [{}]
TWO: list[dict[str, str]] = [{}, {}]


def append(on_progress: OnProgress, path: Path, text: str) -> str:
    with open(path, "a") as out:
        out.write(text)
    on_progress(0.5, "half")
    return text


def fail(_: OnProgress) -> None:
    raise KeyError("no such thing")


def refuse(_: OnProgress) -> None:
    raise InputError("here", "this is wrong", "mend it")


def die(_: OnProgress) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def environment(_: OnProgress, name: str) -> str | None:
    return os.environ.get(name)


def test_jobs_wait_for_what_they_need_and_costly_ones_go_first(tmp_path: Path) -> None:
    out = tmp_path / "order"
    jobs = [
        Job(key="c", call=append, args=(out, "c"), needs=frozenset({"b"}), cost=9),
        Job(key="a", call=append, args=(out, "a"), cost=1),
        Job(key="b", call=append, args=(out, "b"), cost=2),
    ]
    heard: list[tuple[str, float, str]] = []
    results = run_jobs(jobs, ONE, lambda *told: heard.append(told))
    assert results == {"a": "a", "b": "b", "c": "c"}
    assert out.read_text() == "bca"
    assert [key for key, share, _ in heard if share == 1.0] == ["b", "c", "a"]
    assert ("b", 0.5, "half") in heard


@pytest.mark.parametrize(("call", "said"), [(fail, "no such thing"), (die, "worker died")])
def test_a_failure_spares_its_neighbours_and_stops_what_needs_it(tmp_path: Path, call: object, said: str) -> None:
    out = tmp_path / "order"
    jobs = [
        Job(key="bad", call=call, cost=9),  # type: ignore[arg-type]
        Job(key="after", call=append, args=(out, "x"), needs=frozenset({"bad"})),
        Job(key="good", call=append, args=(out, "g")),
    ]
    with pytest.raises(JobsError, match="bad") as caught:
        run_jobs(jobs, ONE)
    assert said in caught.value.details
    assert out.read_text() == "g"


def test_an_input_error_crosses_the_process_boundary_whole() -> None:
    with pytest.raises(InputError, match="here: this is wrong; mend it") as caught:
        run_jobs([Job(key="r", call=refuse)], TWO)
    assert caught.value.remedy == "mend it"


def test_workers_have_their_environment_and_the_parent_keeps_its_own() -> None:
    before = dict(os.environ)
    results = run_jobs([Job(key="e", call=environment, args=("THALWEG_TEST",))], [{"THALWEG_TEST": "7"}])
    assert results == {"e": "7"}
    assert dict(os.environ) == before


GPUS = [{"CUDA_VISIBLE_DEVICES": "4"}, {"CUDA_VISIBLE_DEVICES": "GPU-ab"}]


def seen(_: OnProgress, folder: Path, others: int) -> tuple[int, str]:
    """The process and its GPUs, once so many others run beside it."""
    (folder / str(os.getpid())).touch()
    until = time.monotonic() + 60
    while len(list(folder.iterdir())) < others and time.monotonic() < until:
        time.sleep(0.02)
    return os.getpid(), os.environ["CUDA_VISIBLE_DEVICES"]


def test_jobs_side_by_side_have_gpus_of_their_own(tmp_path: Path) -> None:
    jobs = [Job(key=str(n), call=seen, args=(tmp_path, 3)) for n in range(2)]
    jobs += [Job(key="endpoint", call=seen, args=(tmp_path, 3), devices=0)]
    results = run_jobs(jobs, GPUS)
    assert sorted(gpu for _, gpu in results.values()) == ["", "4", "GPU-ab"]
    assert results["endpoint"][1] == ""


def test_a_worker_goes_on_with_the_same_gpus_and_ends_before_others_get_them(tmp_path: Path) -> None:
    jobs = [
        Job(key="wide", call=seen, args=(tmp_path, 0), devices=2),
        Job(key="one", call=seen, args=(tmp_path, 0), needs=frozenset({"wide"})),
        Job(key="next", call=seen, args=(tmp_path, 0), needs=frozenset({"one"})),
        Job(key="server", call=seen, args=(tmp_path, 0), needs=frozenset({"next"}), fresh=True),
    ]
    found = run_jobs(jobs, GPUS)
    assert found["wide"][1] == "4,GPU-ab"
    assert [found[key][1] for key in ("one", "next", "server")] == ["4", "4", "4"]
    assert found["one"][0] == found["next"][0], "a warm worker is used again"
    assert len({found[key][0] for key in ("wide", "one", "server")}) == 3


def test_no_jobs_no_workers() -> None:
    assert run_jobs([], TWO) == {}


def test_workers_by_cores_and_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(cpu_workers(10_000)) == 1
    assert cpu_workers(2)[0]["OMP_NUM_THREADS"] == "2"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    assert gpu_workers() == [{"CUDA_VISIBLE_DEVICES": "3"}, {"CUDA_VISIBLE_DEVICES": "5"}]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpu_workers() == []


def test_gpus_are_those_that_the_driver_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA L4 (UUID: GPU-a)'; echo 'GPU 1: NVIDIA L4 (UUID: GPU-b)'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert gpu_workers() == [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "1"}]
    program.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'; exit 9\n")
    monkeypatch.setattr("thalweg.engine.devices.os.listdir", lambda _: ["nvidia3", "nvidia7", "nvidiactl", "null"])
    assert [device["CUDA_VISIBLE_DEVICES"] for device in gpu_workers()] == ["0", "1"], "CUDA counts from 0"


PARENT = """
import sys, time
from pathlib import Path
from tests.test_engine_local import stay
from thalweg.engine.local import Job, run_jobs
if __name__ == '__main__':
    run_jobs([Job(key='s', call=stay, args=(Path(sys.argv[1]),))], [{}])
"""


def stay(_: OnProgress, path: Path) -> None:
    path.write_text(str(os.getpid()))
    time.sleep(600)


def test_workers_die_with_a_killed_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    root = Path(__file__).parent.parent
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, str(script), str(pid_file)], env={**os.environ, "PYTHONPATH": path}
    ) as parent:
        for _ in range(600):
            if pid_file.exists() and pid_file.read_text():
                break
            time.sleep(0.1)
        worker = int(pid_file.read_text())
        parent.kill()
    for _ in range(100):
        if not _alive(worker):
            return
        time.sleep(0.1)
    pytest.fail("the worker outlived its parent")


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
