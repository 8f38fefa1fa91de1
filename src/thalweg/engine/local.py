"""Runs a graph of jobs on worker processes of this machine, several side by side, each on devices of its own.

A worker is a fresh interpreter (`spawn`) that loads its heavy libraries once and runs one job after another on the same
devices. It reports progress while it works. Workers die with their parent, even when the parent is killed with SIGKILL,
so that a restarted study never meets a writer of its earlier life. A worker that dies fails its own job and no other;
the jobs that need a failed one are not started, the others go on, and the failures are raised together at the end.
An idle worker ends where a job of other devices needs one of its own, since it may hold memory there.

Which job goes first, and where, is `schedule.py`; which devices there are, `devices.py`. Not covered: several machines.
"""

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Protocol, TypeAlias

from thalweg.engine.devices import VISIBLE, cpu_workers, device_names, environment_of, gpu_workers
from thalweg.engine.schedule import Job, Running, next_start
from thalweg.engine.supervise import die_with_parent
from thalweg.errors import InputError

__all__ = ["Heard", "Job", "JobsError", "OnProgress", "cpu_workers", "gpu_workers", "run_inline", "run_jobs"]


class OnProgress(Protocol):
    """Told by a job: the share that is done, and what a watcher may show beside it (dollars, requests a second)."""

    def __call__(self, share: float, note: str = "") -> None: ...


Heard: TypeAlias = Callable[[str, float, str], None]  # a job's key, share and note


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


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection
    devices: tuple[int, ...]  # places in the list of all
    job: Job | None = None
    share: float = 0.0  # of the job, as last heard


@dataclass(slots=True)
class _Run:
    waiting: list[Job]
    results: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    input_error: InputError | None = None

    def ready(self) -> list[Job]:
        return [] if self.input_error else [job for job in self.waiting if job.needs <= self.results.keys()]


def run_inline(
    jobs: Sequence[Job],
    devices: Sequence[Mapping[str, str]],  # noqa: ARG001  (the same interface as `run_jobs`)
    on_progress: Heard | None = None,
) -> dict[str, Any]:
    """Runs all jobs in this process, one after another: for debuggers, notebooks and tests. Errors rise as they are."""
    heard = on_progress or _nobody
    run = _Run(list(jobs))
    while ready := run.ready():
        job = max(ready, key=lambda job: job.order)
        run.waiting.remove(job)
        run.results[job.key] = job.call(partial(_hear, heard, job.key), *job.args)
        heard(job.key, 1.0, "")
    assert not run.waiting, "jobs wait for each other"
    return run.results


def _hear(heard: Heard, key: str, share: float, note: str = "") -> None:
    heard(key, share, note)


def _nobody(_key: str, _share: float, _note: str) -> None:
    """Hears nothing."""


def run_jobs(
    jobs: Sequence[Job],
    devices: Sequence[Mapping[str, str]],
    on_progress: Heard | None = None,
) -> dict[str, Any]:
    """Runs all jobs and returns their results by key. `devices` holds each device's extra environment.

    Raises:
        InputError: as raised by a job (the first one), after the running ones ended.
        JobsError: jobs that raised anything else, or whose worker died.
    """
    run, hands = _Run(list(jobs)), _Hands(devices)
    heard = on_progress or _nobody
    try:
        while True:
            while (start := next_start(run.ready(), hands.running(), hands.names)) is not None:
                run.waiting.remove(start.job)
                hands.give(start.job, start.devices)
            busy = {worker.pipe: worker for worker in hands.workers if worker.job is not None}
            if not busy:
                break
            for pipe in wait(list(busy)):
                assert isinstance(pipe, Connection)
                if not _listen(busy[pipe], run, heard):
                    hands.workers.remove(busy[pipe])
    finally:
        hands.end(hands.workers)
    if run.input_error:
        raise run.input_error
    if run.failures:
        raise JobsError(run.failures)
    assert not run.waiting, "jobs wait for each other"
    return run.results


class _Hands:
    """The workers, each bound to its devices: what a process sees of GPUs is settled when it starts."""

    def __init__(self, devices: Sequence[Mapping[str, str]]) -> None:
        self.names = device_names(devices)
        self.workers: list[_Worker] = []
        self._devices = devices

    def running(self) -> list[Running]:
        busy = ((worker, worker.job) for worker in self.workers if worker.job is not None)
        return [Running(job, worker.devices, job.cost * (1 - worker.share)) for worker, job in busy]

    def give(self, job: Job, places: tuple[int, ...]) -> None:
        """Gives a job to a worker of these devices: the one that is there, or a new one."""
        idle = [worker for worker in self.workers if worker.job is None]
        kept = [worker for worker in idle if worker.devices == places and worker.process.is_alive()]
        environment = environment_of([self._devices[place] for place in places])
        if job.fresh and environment.get(VISIBLE):
            kept = []
        self.end([worker for worker in idle if worker not in kept and set(worker.devices) & set(places)])
        if not kept:
            kept = [_start(environment, places)]
            self.workers += kept
        kept[0].job, kept[0].share = job, 0.0
        kept[0].pipe.send(job)

    def end(self, workers: Sequence[_Worker]) -> None:
        for worker in workers:
            worker.process.kill()
            worker.process.join()
        self.workers = [worker for worker in self.workers if worker not in workers]


def _listen(worker: _Worker, run: _Run, heard: Heard) -> bool:
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
        worker.share = value[0]
        heard(key, *value)
        return True
    worker.job = None
    if kind == "result":
        run.results[key] = value
        heard(key, 1.0, "")
    elif kind == "input_error":
        run.input_error = run.input_error or value
    else:
        run.failures[key] = value
    return True


def _start(environment: Mapping[str, str], devices: tuple[int, ...]) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, os.getpid(), dict(environment)), daemon=False)
    with variables(environment):  # before the interpreter starts: OpenMP reads its settings when it loads
        process.start()
    theirs.close()
    return _Worker(process, ours, devices)


@contextmanager
def variables(values: Mapping[str, str]) -> Iterator[None]:
    """These environment variables for a while, for this process and those that it starts."""
    saved = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in saved.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(pipe: Connection, parent: int, environment: Mapping[str, str]) -> None:
    die_with(parent)
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

    def report(share: float, note: str = "") -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > 0.2:
            last = now
            pipe.send(("progress", (share, note)))

    return report


def die_with(parent: int) -> None:
    """Ends this process when `parent` ends, however it ends."""
    die_with_parent()
    watch(parent)


def watch(parent: int) -> None:
    """Ends this process soon after `parent` has ended: for a parent whose starting thread may end before it does."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()
