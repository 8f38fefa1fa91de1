"""Studies over the devices that exist: which job takes how many, and students behind a server that the study starts."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_generate_vllm import STAND_IN, members
from tests.test_study_run import small_study
from thalweg import InputError, Study
from thalweg.engine.local import Heard, Job, run_inline, run_jobs
from thalweg.study.climbs import Climb, climb_jobs
from thalweg.study.config import StudyConfig
from thalweg.study.devices import Shares, check_devices, devices, side_by_side
from thalweg.study.ladder import rungs
from thalweg.study.plan import plan
from thalweg.study.rung_jobs import JobMaker
from thalweg.train.config import TrainConfig

EIGHT = ",".join(map(str, range(8)))


def changed(study: Study, **values: Any) -> Study:
    """The study with keys changed; `train__processes` is a key inside `train`."""
    file = study.loaded.file
    document = yaml.safe_load(file.read_text())
    for key, value in values.items():
        *parts, last = key.split("__")
        inner = document
        for part in parts:
            inner = inner.setdefault(part, {})
        inner[last] = value
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    return Study.load(file)


def small(folder: Path) -> Study:
    """A tiny student on a few problems."""
    folder.mkdir(exist_ok=True)
    return small_study("smollm2-gsm8k", folder)


def names(config: StudyConfig) -> list[str]:
    return [device["CUDA_VISIBLE_DEVICES"] for device in devices(config)]


@pytest.fixture
def config(tmp_path: Path) -> StudyConfig:
    return small_study("miniature", tmp_path).loaded.config


def with_train(config: StudyConfig, **values: Any) -> StudyConfig:
    return config.model_copy(update={"train": config.train.model_copy(update=values)})


def test_a_device_is_a_gpu_and_a_training_takes_several(config: StudyConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,GPU-a,MIG-b,4")
    assert names(config) == ["0", "1", "GPU-a", "MIG-b", "4"]
    assert [side_by_side(with_train(config, processes=n)) for n in (1, 2, 5)] == [5, 2, 1]
    two = with_train(config, processes=2)
    assert Shares.of(two).training(two.train) == 2
    assert (Shares.of(two).grading, Shares.of(two).gpus) == (0, True)


def test_workers_limit_the_devices_or_share_them(config: StudyConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert names(config.model_copy(update={"workers": 1})) == ["0"]
    assert names(config.model_copy(update={"workers": 3})) == ["0", "1", "0"]
    wide = with_train(config, processes=2).model_copy(update={"workers": 1})
    assert names(wide) == ["0", "1"]
    assert Shares.of(config.model_copy(update={"workers": 3})).count == 2


def test_without_gpus_a_device_is_a_group_of_cores(config: StudyConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(4))
    assert len(devices(with_train(config, threads=2))) == 2
    shares = Shares.of(with_train(config, threads=2))
    assert shares.training(TrainConfig.model_validate({**config.train.model_dump(), "processes": 8})) == 2
    assert (shares.grading, shares.gpus) == (1, False)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"train__processes": 4}, r"arms.random: train.processes: it is 4, and there are 2 GPUs"),
        ({"arms__direct__train": {"processes": 3}}, r"arms.direct: train.processes: it is 3"),
        (
            {"serve": {"command": STAND_IN, "tensor_parallel": 2, "data_parallel": 2}},
            r"serve: tensor_parallel times data_parallel: it is 4",
        ),
    ],
)
def test_more_gpus_than_there_are_is_refused(
    values: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    study = changed(small_study("miniature", tmp_path), **values)
    with pytest.raises(InputError, match=said):
        study.run(engine=run_inline)
    assert not (tmp_path / "problems").exists()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    check_devices(study.loaded)  # cores may be fewer: it is only slower


# --------------------------------------------------------------------------- rungs as jobs


def ladder(study: Study) -> list[Climb]:
    chain = list(rungs(study.loaded.config))
    lines = {line.key: line for line in plan(study.loaded).rungs}
    return JobMaker(study.loaded, study.folder).ladder(chain, {rung.key: "corpus" for rung in chain}, lines)


def jobs_of(study: Study, key: str) -> dict[str, Job]:
    climb = next(climb for climb in ladder(study) if climb.key == key)
    found = climb_jobs(climb, Shares.of(study.loaded.config))
    assert sum(job.cost for job in found) == pytest.approx(climb.seconds)
    assert all(job.rank == climb.seconds for job in found)
    return {job.key: job for job in found}


def test_a_rung_on_eight_gpus_is_followed_by_evaluations_on_one_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", EIGHT)
    study = changed(small_study("miniature", tmp_path), arms__direct__train={"processes": 8, "fsdp": True})
    found = jobs_of(study, "direct-4-s0")
    assert {key: (job.devices, job.fresh, sorted(job.needs)) for key, job in found.items()} == {
        "direct-4-s0": (8, True, []),
        "direct-4-s0 on miniature": (1, False, ["direct-4-s0"]),
        "direct-4-s0 on miniature (grading)": (0, False, ["direct-4-s0 on miniature"]),
        "direct-4-s0 on snippets": (1, False, ["direct-4-s0"]),
        "direct-4-s0 on snippets (grading)": (0, False, ["direct-4-s0 on snippets"]),
    }
    assert jobs_of(study, "random-2-s0")["random-2-s0"].devices == 1, "an arm may say otherwise than the study"
    assert all(job.urgent for job in jobs_of(study, "base").values())


def test_a_served_rung_answers_all_benchmarks_through_one_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", EIGHT)
    study = changed(small_study("miniature", tmp_path), serve={"tensor_parallel": 2})
    found = jobs_of(study, "random-2-s0")
    assert {key: (job.devices, job.fresh) for key, job in found.items()} == {
        "random-2-s0": (1, False),
        "random-2-s0 on miniature, snippets": (2, True),
        "random-2-s0 on miniature (grading)": (0, False),
        "random-2-s0 on snippets (grading)": (0, False),
    }


def test_on_cores_a_rung_is_graded_where_it_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    study = small_study("miniature", tmp_path)
    assert set(jobs_of(study, "random-2-s0")) == {
        "random-2-s0", "random-2-s0 on miniature", "random-2-s0 on snippets",
    }  # fmt: skip
    needs = {climb.key: climb.needs for climb in ladder(study)}
    assert needs["base"] == needs["random-2-s0"] == frozenset()


class Recorder:
    """An engine that runs inline and keeps what it was given."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.devices: list[str] = []

    def __call__(self, todo: Sequence[Job], there: Sequence[Mapping[str, str]], heard: Heard) -> Mapping[str, Any]:
        self.jobs += todo
        self.devices = [device.get("CUDA_VISIBLE_DEVICES", "cores") for device in there]
        return run_inline(todo, there, heard)


def test_a_study_on_gpus_grades_in_jobs_of_their_own_and_scores_as_on_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    small(tmp_path / "cores").run(engine=run_inline)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    engine = Recorder()
    small(tmp_path / "gpus").run(engine=engine)
    assert engine.devices == ["0", "1"]
    grading = [job for job in engine.jobs if job.key.endswith("(grading)")]
    assert len(grading) == sum(" on " in job.key for job in engine.jobs) - len(grading) == 3
    assert (tmp_path / "gpus" / "scores.json").read_bytes() == (tmp_path / "cores" / "scores.json").read_bytes()


@pytest.mark.slow
def test_rungs_side_by_side_on_gpus_of_their_own_end_as_in_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine need not have them: a worker that is given a GPU which is not there runs on its cores."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    small(tmp_path / "apart").run(engine=run_jobs)
    small(tmp_path / "inline").run(engine=run_inline)
    assert (tmp_path / "apart" / "scores.json").read_bytes() == (tmp_path / "inline" / "scores.json").read_bytes()


# --------------------------------------------------------------------------- served students


def served(folder: Path, **serve: Any) -> Study:
    return changed(small(folder), serve={"command": STAND_IN, **serve})


def rows(folder: Path) -> Any:
    return json.loads((folder / "scores.json").read_text())["rows"]


def test_served_students_score_as_those_that_run_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    small(tmp_path / "here").run(engine=run_inline)
    study = served(tmp_path / "served").run(engine=run_inline)
    assert rows(tmp_path / "served") == rows(tmp_path / "here")
    assert members(tmp_path / "served") == []
    log = study.folder.server_log("base").read_text()
    assert log.count("$ ") == 1
    assert str(tmp_path / "served" / "student") in log
    study.run(engine=run_inline)
    assert study.folder.server_log("base").read_text() == log, "what is answered is not asked again"


def test_how_a_study_serves_makes_other_answers_but_how_hard_does_not(tmp_path: Path) -> None:
    def marks(study: Study) -> list[str]:
        return [answer.mark for climb in ladder(study) for answer in climb.answers.values()]

    study = small(tmp_path)
    here = marks(study)
    plain = marks(changed(study, serve={}))
    assert not set(here) & set(plain)
    assert marks(changed(study, serve={"tensor_parallel": 2, "max_num_seqs": 8, "startup_timeout_s": 5})) == plain
    assert not set(marks(changed(study, serve={"dtype": "float16"}))) & set(plain)


def test_a_server_that_cannot_be_started_is_said_before_anything_runs(tmp_path: Path) -> None:
    study = changed(small(tmp_path), serve={"command": "no-such-vllm serve"})
    with pytest.raises(InputError, match=r"serve.command: no such program: no-such-vllm"):
        study.run(engine=run_inline)
    assert not (tmp_path / "problems").exists()


def test_a_teacher_can_be_served(tmp_path: Path) -> None:
    study = served(tmp_path)
    teacher = {"model": "vllm:student", "max_tokens": 6, "samples": 1}
    study = changed(study, teachers={"self": teacher}).run(until="responses", engine=run_inline)
    assert (study.folder.teacher_responses("self") / ".done").exists()
    assert "vllm" not in {line.key for line in study.plan().rungs}


@pytest.mark.stress
def test_a_study_that_is_killed_leaves_no_server_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    small(tmp_path / "whole").run(engine=run_inline)
    folder = tmp_path / "killed"
    served(folder)
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-m", "thalweg", "run", str(folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        ) as run:
            until = time.monotonic() + 120
            while not members(folder / "student") and run.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            run.send_signal(signal.SIGKILL)
        until = time.monotonic() + 20
        while members(folder / "student") and time.monotonic() < until:
            time.sleep(0.1)
        assert members(folder / "student") == []
    Study.load(folder).run(engine=run_inline)
    assert rows(folder) == rows(tmp_path / "whole")


def test_an_unknown_key_of_serve_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown key 'serve.tensor_paralel'.*allowed here: command, tensor_parallel"):
        changed(small_study("miniature", tmp_path), serve={"tensor_paralel": 2})
