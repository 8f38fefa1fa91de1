"""Options that say where work over shards runs."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from thalweg.engine.map import Mapper

RayGpus = Annotated[int, typer.Option(help="ray: GPUs of a worker")]


@dataclass(frozen=True)
class EngineOptions:
    """Where shards are worked on."""

    engine: Annotated[str, typer.Option(help="local, or ray: on a Ray cluster")] = "local"
    ray_address: Annotated[
        str | None, typer.Option(help="ray: auto, HOST:PORT, ray://HOST:PORT, or local for one started here")
    ] = None
    ray_cpus: Annotated[int, typer.Option(help="ray: processors of a worker")] = 1

    def mapper(self, workers: int | None, gpus: int = 0) -> "AbstractContextManager[Mapper | None]":
        """Joins the cluster, for at most so many workers; null for `local`."""
        from thalweg.engine.ray import RaySettings
        from thalweg.study.engines import engine_of, mapper_of

        ray = RaySettings(address=self.ray_address, cpus=self.ray_cpus, gpus=gpus, workers=workers)
        return mapper_of(engine_of(self.engine, ray))

    def mapper_or_processes(self, workers: int | None, gpus: int) -> "AbstractContextManager[Mapper | None]":
        """The same; for `local` so many processes, and this one alone where there is no number."""
        from thalweg.study.engines import processes

        if self.engine == "local" and workers is not None:
            return nullcontext(processes(workers))
        return self.mapper(workers, gpus)
