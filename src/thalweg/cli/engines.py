"""Options that say where work over shards runs."""

from contextlib import AbstractContextManager
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
        """Joins the cluster; gives null for `local`. `workers` is the most workers there."""
        from thalweg.engine.ray import RaySettings
        from thalweg.study.engines import engine_of, mapper_of

        ray = RaySettings(address=self.ray_address, cpus=self.ray_cpus, gpus=gpus, workers=workers)
        return mapper_of(engine_of(self.engine, ray))
