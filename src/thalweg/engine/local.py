"""Runs a graph of jobs on worker processes of this machine, several side by side.

A worker is a fresh interpreter (`spawn`) that loads its heavy libraries once and runs one job after another. It
reports progress while it works. Workers die with their parent, even when the parent is killed with SIGKILL, so that a
restarted study never meets a writer of its earlier life. A worker that dies fails its own job and no other; the jobs
that need a failed one are not started, the others go on, and the failures are raised together at the end.

Not covered: several machines.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from thalweg.errors import InputError

OnProgress = Callable[[float], None]  # the share of the job that is done


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`call(on_progress, *args)` in a worker, after the jobs in `needs`.

    Costlier jobs start first, and before them `urgent` ones.
    """

    key: str
    call: Callable[..., Any]
    args: tuple[Any, ...] = ()
    needs: frozenset[str] = frozenset()
    cost: float = 1.0
    urgent: bool = False


class JobsError(RuntimeError):
    """Jobs that did not end well: their keys and tracebacks."""

    def __init__(self, failures: Mapping[str, str]) -> None:
        self.failures = dict(failures)
        last = next(iter(self.failures.values())).strip().splitlines()[-1]
        super().__init__(f"{len(self.failures)} job(s) failed: {', '.join(self.failures)}; the first: {last}")

    @property
    def details(self) -> str:
        """All tracebacks."""
        return "\n".join(f"--- {key}\n{text}" for key, text in self.failures.items())


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    job: Job | None = None


@dataclass(slots=True)
class _Run:
    waiting: list[Job]
    results: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    input_error: InputError | None = None

    def next_job(self) -> Job | None:
        ready = [job for job in self.waiting if job.needs <= self.results.keys()]
        if not ready or self.input_error:
            return None
        job = max(ready, key=lambda j: (j.urgent, j.cost))  # longest first keeps the workers busy to the end
        self.waiting.remove(job)
        return job


def run_inline(
    jobs: Sequence[Job],
    workers: Sequence[Mapping[str, str]],  # noqa: ARG001  (the same interface as `run_jobs`)
    on_progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Runs all jobs in this process, one after another: for debuggers, notebooks and tests. Errors rise as they are."""
    heard = on_progress or (lambda _key, _share: None)
    run = _Run(list(jobs))
    while (job := run.next_job()) is not None:
        run.results[job.key] = job.call(partial(heard, job.key), *job.args)
        heard(job.key, 1.0)
    assert not run.waiting, "jobs wait for each other"
    return run.results


def run_jobs(
    jobs: Sequence[Job],
    workers: Sequence[Mapping[str, str]],
    on_progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Runs all jobs and returns their results by key. `workers` holds each worker's extra environment.

    Raises:
        InputError: as raised by a job (the first one), after the running ones ended.
        JobsError: jobs that raised anything else, or whose worker died.
    """
    run = _Run(list(jobs))
    heard = on_progress or (lambda _key, _share: None)
    pool: list[_Worker] = []
    try:
        pool = [_start(environment) for environment in workers[: len(jobs)]]
        environments = list(workers)
        while True:
            for worker in pool:
                if worker.job is None and (job := run.next_job()) is not None:
                    worker.job = job
                    worker.pipe.send(job)
            busy = {worker.pipe: worker for worker in pool if worker.job is not None}
            if not busy:
                break
            for pipe in wait(list(busy)):
                assert isinstance(pipe, Connection)
                if not _listen(busy[pipe], run, heard):
                    index = pool.index(busy[pipe])
                    pool[index] = _start(environments[index])
    finally:
        for worker in pool:
            worker.process.kill()
            worker.process.join()
    if run.input_error:
        raise run.input_error
    if run.failures:
        raise JobsError(run.failures)
    assert not run.waiting, "jobs wait for each other"
    return run.results


def cpu_workers(threads: int) -> list[dict[str, str]]:
    """One worker for every `threads` cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    environment = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false"}
    return [environment] * max(1, cores // threads)


def gpu_workers() -> list[dict[str, str]]:
    """One worker a visible NVIDIA GPU (none where there is no GPU), found without loading a GPU library."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        names = [name for name in visible.split(",") if name.strip() and name.strip() != "-1"]
    else:
        present = os.listdir("/dev") if os.path.isdir("/dev") else []
        names = sorted(name.removeprefix("nvidia") for name in present if name.removeprefix("nvidia").isdigit())
    return [{"CUDA_VISIBLE_DEVICES": name} for name in names]


def _listen(worker: _Worker, run: _Run, on_progress: Callable[[str, float], None]) -> bool:
    """Handles one message of a busy worker; false when the worker is gone."""
    assert worker.job is not None
    key = worker.job.key
    try:
        kind, value = worker.pipe.recv()
    except (EOFError, ConnectionResetError):
        worker.process.join()
        run.failures[key] = f"the worker died (exit code {worker.process.exitcode}; -9 often means out of memory)"
        return False
    if kind == "progress":
        on_progress(key, value)
        return True
    worker.job = None
    if kind == "result":
        run.results[key] = value
        on_progress(key, 1.0)
    elif kind == "input_error":
        run.input_error = run.input_error or value
    else:
        run.failures[key] = value
    return True


def _start(environment: Mapping[str, str]) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, os.getpid(), dict(environment)), daemon=False)
    saved = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)  # before the interpreter starts: OpenMP reads its settings when it loads
    try:
        process.start()
    finally:
        for name, value in saved.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    theirs.close()
    return _Worker(process, ours)


def _serve(pipe: Connection, parent: int, environment: Mapping[str, str]) -> None:
    _die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.environ.update(environment)
    while True:
        try:
            job: Job = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(("result", job.call(_reporter(pipe), *job.args)))
        except InputError as error:
            pipe.send(("input_error", error))
        except Exception:  # whatever went wrong is the parent's to report
            pipe.send(("failed", traceback.format_exc()))


def _reporter(pipe: Connection) -> OnProgress:
    last = 0.0

    def report(share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > 0.2:
            last = now
            pipe.send(("progress", share))

    return report


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
