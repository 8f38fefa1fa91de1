"""Workers that run jobs side by side: `Pool`."""

import queue
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path
from types import TracebackType

from thalweg.errors import InputError
from thalweg.sandbox import outer
from thalweg.sandbox.isolation import Isolation, demand, probe
from thalweg.sandbox.job import Job, Result, SandboxError
from thalweg.sandbox.worker import Starter, Worker, WorkerDiedError

_ATTEMPTS = 3
_OWN_DRIVERS = ("script", "probe")
_probed: dict[tuple[outer.Interpreter, str | None], Isolation] = {}  # what machines can do does not change


class Pool:
    """Sandboxed workers. Threads may share a pool; use it as a context manager.

    Args:
        workers: how many jobs run at a time.
        allow_weak: accept less isolation than rlimits, Landlock and seccomp.
        interpreter: what runs the candidates; null for this one, or the system's where this one cannot be executed.
        bubblewrap: whether to stand workers under bubblewrap; null means where it works.
        drivers: more drivers than `script`, by name: Python text that defines `run(payload, emit)`.
        preload: modules that candidates may want and that are slow to import.

    Raises:
        InputError: not Linux, no such interpreter, no bubblewrap though it was asked for, a module to preload is
            missing, or the machine cannot isolate well enough.
        SandboxError: workers cannot be started.
    """

    def __init__(
        self,
        workers: int = 1,
        *,
        allow_weak: bool = False,
        interpreter: Path | None = None,
        bubblewrap: bool | None = None,
        drivers: Mapping[str, str] | None = None,
        preload: tuple[str, ...] = (),
    ) -> None:
        if workers < 1:
            raise InputError("workers", f"{workers} workers run nothing", "give 1 or more")
        if not sys.platform.startswith("linux"):
            raise InputError("sandbox", f"it confines programs by the means of Linux, and this is {sys.platform}")
        self._drivers = {**_own_drivers(), **(drivers or {})}
        self._preload = preload
        self._closed = False
        self._alive: set[Worker] = set()
        self._slots: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        self._size = workers
        first = self._first(outer.choices(interpreter), bubblewrap)
        try:
            self.isolation = self._probe(first)
            demand(self.isolation, allow_weak)
            if absent := first.ready["missing"]:
                remedy = f"install it for {self.interpreter.executable}"
                raise InputError("preload", f"{', '.join(absent)} cannot be imported by the candidates", remedy)
        except BaseException:
            self._end(first)
            self._starter.close()
            raise
        for _ in range(workers - 1):
            self._slots.put(None)
        self._slots.put(first)

    def run(self, job: Job) -> Result:
        """Runs a job in a fresh process of its own; blocks until a worker is free.

        Raises:
            SandboxError: workers died again and again on it, or the pool was closed.
        """
        assert job.driver in self._drivers, f"no driver {job.driver!r} in this pool"
        worker = self._slots.get()
        try:
            for _ in range(_ATTEMPTS):
                self._check_open()
                try:
                    worker = worker or self._start()
                    self._check_open()  # whoever closed it meanwhile has not seen this worker
                    return worker.run(job)
                except WorkerDiedError as error:
                    last = error
                    self._end(worker)
                    worker = None
            raise SandboxError(f"workers died {_ATTEMPTS} times on a job: {last}")
        except BaseException:
            # Whatever interrupted it, nobody knows what this worker is about to answer.
            self._end(worker)
            worker = None
            raise
        finally:
            self._slots.put(worker)

    def close(self) -> None:
        """Ends the workers and what they run; jobs of other threads end with `SandboxError`."""
        if self._closed:
            return
        self._closed = True
        for worker in list(self._alive):
            worker.kill()
        for _ in range(self._size):  # those that run a job come back when they notice
            self._end(self._slots.get())
        for _ in range(self._size):
            self._slots.put(None)  # for threads that still wait for one
        self._starter.close()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise SandboxError("the pool is closed")

    def _first(self, interpreters: Iterable[outer.Interpreter], bubblewrap: bool | None) -> Worker:
        """Starts the first worker, and so finds out what works here: later ones are started the same way."""
        wrapper = outer.bubblewrap() if bubblewrap is not False else None
        if bubblewrap and wrapper is None:
            raise InputError("bubblewrap", "it is not installed", "install it, or leave it to Landlock and seccomp")
        tried = []
        for interpreter in interpreters:
            for around in [wrapper] if bubblewrap else dict.fromkeys((wrapper, None)):
                try:
                    return self._try(interpreter, around)
                except WorkerDiedError as error:
                    tried.append(f"{interpreter.executable}{' under bubblewrap' if around else ''}: {error}")
        if bubblewrap:
            raise InputError("bubblewrap", f"it does not work here ({'; '.join(tried)})", "do without it")
        raise SandboxError(f"no worker can be started ({'; '.join(tried) or 'there is no interpreter'})")

    def _try(self, interpreter: outer.Interpreter, wrapper: str | None) -> Worker:
        self.interpreter, self._wrapper = interpreter, wrapper
        self._starter = Starter(partial(Worker, interpreter, wrapper, self._drivers, self._preload))
        try:
            return self._start()
        except BaseException:
            self._starter.close()
            raise

    def _start(self) -> Worker:
        worker = self._starter.start()
        self._alive.add(worker)
        return worker

    def _end(self, worker: Worker | None) -> None:
        if worker is not None:
            self._alive.discard(worker)
            worker.close()

    def _probe(self, worker: Worker) -> Isolation:
        key = (self.interpreter, self._wrapper)
        if key not in _probed:
            try:
                _probed[key] = probe(worker)
            except WorkerDiedError as error:
                raise SandboxError(f"a worker died while it was probed: {error}") from None
        return _probed[key]


def _own_drivers() -> dict[str, str]:
    folder = files("thalweg.sandbox.drivers")
    return {name: (folder / f"{name}.py").read_text(encoding="utf-8") for name in _OWN_DRIVERS}
