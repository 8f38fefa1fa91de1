"""Where grading and token statistics run: on this machine, or on a Ray cluster (`engine: ray`).

Everything else of a study runs where the study does. The engine changes no result, so that no fingerprint holds it: a
study that was begun on one goes on with the other.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cache
from typing import Literal, ParamSpec, TypeAlias, TypeVar, get_args

from pydantic import Field

from thalweg.engine.devices import cpu_workers, gpu_workers
from thalweg.engine.local import variables
from thalweg.engine.map import Mapper, OnNote
from thalweg.engine.processes import Processes
from thalweg.engine.ray import HERE, RaySettings, address_here, connected, is_started_here
from thalweg.errors import InputError
from thalweg.study.sections import Section

P = ParamSpec("P")
R = TypeVar("R")
EngineName: TypeAlias = Literal["local", "ray"]


class Ray(Section):
    """Which Ray cluster grades and measures, and how large its workers are (`engine: ray`)."""

    address: str | None = Field(
        None,
        description="`auto` (the cluster that this machine is a node of), `HOST:PORT`, `ray://HOST:PORT`, or `local` "
        "for one that is started and stopped with the study. Absent: what RAY_ADDRESS says, else `local`.",
    )
    cpus: int = Field(1, gt=0, description="Processors of a worker; a node has as many workers as it has room for.")
    gpus: int = Field(0, ge=0, description="GPUs of a worker that measures token statistics; graders need none.")
    workers: int | None = Field(None, gt=0, description="The most workers (no limit where absent).")

    def settings(self, gpus: int = 0) -> RaySettings:
        """What a study's jobs join; the cluster that the study started is where RAY_ADDRESS says."""
        address = None if self.address == HERE else self.address
        return RaySettings(address=address, cpus=self.cpus, gpus=gpus, workers=self.workers)


@contextmanager
def mapper_of(settings: RaySettings | None, on_note: OnNote | None = None) -> Iterator[Mapper | None]:
    """Who does the work: workers on the cluster, or null for this process.

    Raises:
        InputError: Ray is not installed, or there is no cluster at the address.
    """
    with nullcontext() if settings is None else connected(settings, on_note or _say) as mapper:
        yield mapper


@contextmanager
def with_cluster(run: Callable[P, R], ray: Ray | None) -> Iterator[Callable[P, R]]:
    """`run` for a study that asks for a cluster of its own: started before the first call, stopped at the end.

    RAY_ADDRESS tells jobs where it is. For any other study `run` as it is.
    """
    if ray is None or not is_started_here(asked := RaySettings(address=ray.address)):
        yield run
        return
    with ExitStack() as opened:

        @cache
        def start() -> None:
            opened.enter_context(connected(asked, _say))
            opened.enter_context(variables({"RAY_ADDRESS": address_here()}))

        def run_there(*args: P.args, **named: P.kwargs) -> R:
            start()
            return run(*args, **named)

        yield run_there


def engine_of(name: str, ray: RaySettings) -> RaySettings | None:
    """What `--engine NAME` stands for.

    Raises:
        InputError: no such engine, or an option of another one.
    """
    if name not in get_args(EngineName):
        raise InputError("--engine", f"no engine {name!r}", f"use one of {', '.join(get_args(EngineName))}")
    if name == "local" and ray != RaySettings(workers=ray.workers):
        raise InputError("--engine", "options of Ray are given, and the engine is 'local'", "add --engine ray")
    return ray if name == "ray" else None


def processes(count: int, threads: int | None = None) -> Processes:
    """So many processes of this machine: each on a GPU of its own, or on its share of the cores.

    Raises:
        InputError: there are fewer GPUs or cores.
    """
    gpus = gpu_workers()
    devices: Sequence[dict[str, str]] = gpus or cpu_workers(threads or max(1, len(cpu_workers(1)) // count))
    if count > len(devices):
        what = "GPUs" if gpus else "groups of cores"
        raise InputError("--workers", f"{count} processes, and this machine has {len(devices)} {what}", "ask for fewer")
    return Processes(devices[:count], None if gpus else int(devices[0]["OMP_NUM_THREADS"]), _say)


def _say(text: str) -> None:
    print(text, file=sys.stderr)
