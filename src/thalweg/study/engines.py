"""Where grading and token statistics run: on this machine, or on a Ray cluster (`engine: ray`).

Everything else of a study runs where the study does. The engine changes no result, so that no fingerprint holds it: a
study that was begun on one goes on with the other.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Literal, TypeAlias, get_args

from pydantic import Field

from thalweg.engine.devices import cpu_workers, gpu_workers
from thalweg.engine.map import Mapper, OnNote
from thalweg.engine.processes import Processes
from thalweg.engine.ray import RaySettings, address_here, connected, is_started_here
from thalweg.errors import InputError
from thalweg.study.sections import Section

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

    def settings(self, *, gpus: bool = False) -> RaySettings:
        """What the engine takes; with GPUs for work that uses them."""
        gpu = self.gpus if gpus else 0
        return RaySettings(address=self.address, cpus=self.cpus, gpus=gpu, workers=self.workers)


@contextmanager
def mapper_of(settings: RaySettings | None, on_note: OnNote | None = None) -> Iterator[Mapper | None]:
    """Who does the work: workers on the cluster, or null for this process.

    Raises:
        InputError: Ray is not installed, or there is no cluster at the address.
    """
    with nullcontext() if settings is None else connected(settings, on_note or _say) as mapper:
        yield mapper


@contextmanager
def started(ray: Ray | None) -> Iterator[Ray | None]:
    """Starts a cluster for as long as a study runs, if it asks for one of its own; gives where its jobs find it."""
    if ray is None or not is_started_here(ray.settings()):
        yield ray
        return
    with connected(ray.settings(), _say):
        yield ray.model_copy(update={"address": address_here()})


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
