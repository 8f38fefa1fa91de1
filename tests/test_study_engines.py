"""Where grading and token statistics of a study run: the same files on a Ray cluster, and what is refused."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.test_study_run import small_study
from thalweg import InputError, Study, store
from thalweg.engine.devices import cpu_workers
from thalweg.engine.local import run_inline, run_jobs
from thalweg.engine.processes import Processes
from thalweg.engine.ray import RaySettings
from thalweg.study.config import Loaded
from thalweg.study.engines import Ray, engine_of, mapper_of, processes, with_cluster
from thalweg.types import Suitability, Verdict


def small(folder: Path, **keys: Any) -> Study:
    """Two rungs, one of them the untouched student, and a pick that needs token statistics."""
    loaded = small_study("miniature", folder).loaded
    arm = loaded.config.arms["random"].model_copy(update={"pick": "best:rsr", "per_problem": 1})
    benchmark = {"miniature": loaded.config.benchmarks["miniature"]}
    update = {"arms": {"random": arm}, "sizes": (0, 2), "benchmarks": benchmark, **keys}
    return Study(Loaded(loaded.config.model_copy(update=update), loaded.folder, loaded.file))


def rows(folder: Path) -> list[Any]:
    verdicts = [replace(row, seconds=0.0) for path in sorted(folder.rglob("*.parquet")) if "verdicts" in str(path)
                for row in store.read(path, Verdict)]  # fmt: skip
    return [*verdicts, *store.Shards(next((folder / "suitability").iterdir()), Suitability).read()]


@pytest.mark.stress
def test_a_study_on_ray_leaves_what_it_leaves_here(tmp_path: Path) -> None:
    """Jobs run in processes of their own, which join the cluster that the study started."""
    here, there = tmp_path / "here", tmp_path / "there"
    small(here).run(engine=run_inline)
    small(there, engine="ray", ray=Ray(address="local")).run(engine=run_jobs)
    assert rows(here) == rows(there)
    assert len(rows(here)) > 20
    for name in ("scores.json", "curve.json"):
        assert (here / name).read_bytes() == (there / name).read_bytes()
    assert "RAY_ADDRESS" not in os.environ


def test_a_study_that_has_nothing_to_run_starts_no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with with_cluster(run_inline, Ray(address="local")) as run:
        assert run is not run_inline
    for ray in (None, Ray(address="10.0.0.1:6379")):
        with with_cluster(run_inline, ray) as run:
            assert run is run_inline


def test_what_an_engine_is() -> None:
    assert engine_of("local", RaySettings(workers=3)) is None
    assert engine_of("ray", RaySettings(cpus=2)) == RaySettings(cpus=2)
    with pytest.raises(InputError, match="no engine 'spark'; use one of local, ray"):
        engine_of("spark", RaySettings())
    with pytest.raises(InputError, match="options of Ray are given, and the engine is 'local'"):
        engine_of("local", RaySettings(cpus=2))
    with mapper_of(None) as mapper:
        assert mapper is None


def test_the_settings_of_a_study() -> None:
    ray = Ray(address="local", cpus=2, gpus=1, workers=4)
    assert ray.settings() == RaySettings(address=None, cpus=2, gpus=0, workers=4), "jobs join what the study started"
    assert ray.settings(ray.gpus).gpus == 1
    assert Ray(address="auto").settings().address == "auto"


def test_processes_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    cores = len(cpu_workers(1))
    found = processes(1)
    assert isinstance(found, Processes)
    assert (len(found.devices), found.threads) == (1, cores)
    assert len(processes(cores).devices) == cores
    with pytest.raises(InputError, match=f"{cores + 1} processes, and this machine has {cores} groups of cores"):
        processes(cores + 1)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,3")
    assert processes(2).devices == [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "3"}]
    assert processes(2).threads is None
