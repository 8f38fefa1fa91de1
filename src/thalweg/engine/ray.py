"""Maps work over shards on a Ray cluster: one that runs, or one that is started here and stopped again.

Each worker is an actor that holds its processors (and GPUs) on one node. Before it is sent a shard it says that it has
the driver's version of Thalweg and of Python and that the work can be done there; a node that cannot is left out and
named. The driver sends shards and takes results; when a worker or its node dies, what it had goes to another.
Nodes that join get workers, too.

Not covered: starting nodes (`ray start`, Slurm, Kubernetes: `docs/scaling.md`), and work that needs several nodes.
"""

import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thalweg.engine.local import variables
from thalweg.engine.map import (
    OnNote,
    P,
    R_co,
    Shard,
    Work,
)
from thalweg.engine.ray_crew import Crew, Store
from thalweg.errors import InputError

HERE = "local"
_PREFIX = "thalweg-ray-"
_CONNECT_S = 10.0
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}  # listen there alone: what Ray calls this, on Linux as well
_STORE_BYTES = 512 << 20  # of the object store, where a cluster is started here


@dataclass(frozen=True, slots=True, kw_only=True)
class RaySettings:
    """Which cluster, and how large a worker is.

    Args:
        address: `auto` (the cluster that this machine is a node of), `HOST:PORT`, `ray://HOST:PORT`, or `local` for a
            cluster started here; null is what the environment variable RAY_ADDRESS says, else `local`.
        cpus: processors of a worker; a node has as many workers as it has room for.
        gpus: GPUs of a worker.
        workers: the most workers; null for no limit.
    """

    address: str | None = None
    cpus: int = 1
    gpus: int = 0
    workers: int | None = None


class RayMapper:
    """Does shards on the cluster that this process is connected to. `redone` counts shards that were given twice."""

    def __init__(self, settings: RaySettings, on_note: OnNote | None = None) -> None:
        self.settings = settings
        self.on_note: OnNote = on_note or (lambda _text: None)
        self.redone = 0
        self.left_out: dict[str, InputError] = {}  # by node: why it gets no work

    def map(
        self, work: Work[P, R_co], shards: Iterable[Shard[P]], count: int, shared: Mapping[str, Any]
    ) -> Iterator[tuple[int, R_co]]:
        """See `thalweg.engine.map.Mapper`."""
        crew = Crew(self, work, Store(shared), count)
        try:
            yield from crew.results(iter(shards))
        finally:
            crew.dismiss()


# --------------------------------------------------------------------------- the cluster


@contextmanager
def connected(settings: RaySettings, on_note: OnNote | None = None) -> Iterator[RayMapper]:
    """Joins the cluster, or starts one; leaves it again, and stops what was started.

    A process that is connected already keeps its connection.

    Raises:
        InputError: Ray is not installed, or there is no cluster at the address.
    """
    address = _address(settings)
    with variables({**_QUIET, **(_LOOPBACK if address == HERE else {})}):
        ray = _imported()
        if ray.is_initialized():
            yield RayMapper(settings, on_note)
            return
        home = _home() if address == HERE else None
        try:
            _join(ray, address, home)
            with _hushed():
                yield RayMapper(settings, on_note)
        finally:
            ray.shutdown()
            if home is not None:
                shutil.rmtree(home, ignore_errors=True)


def is_started_here(settings: RaySettings) -> bool:
    """Whether the cluster is one that is started for the purpose."""
    return _address(settings) == HERE


def address_here() -> str:
    """The address under which other processes of this machine join the cluster that this one is connected to."""
    return str(_imported().get_runtime_context().gcs_address)


def _address(settings: RaySettings) -> str:
    return settings.address or os.environ.get("RAY_ADDRESS") or HERE


def _imported() -> Any:
    try:
        import ray
    except ImportError:
        raise InputError("engine: ray", "Ray is not installed", "pip install 'thalweg[ray]'") from None
    return ray


def _home() -> Path:
    """A folder for a cluster's own files; those of drivers that were killed are removed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        pid = left.name.removeprefix(_PREFIX).partition("-")[0]
        if left.stat().st_uid == os.getuid() and pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))


def _join(ray: Any, address: str, home: Path | None) -> None:
    here = {} if home is None else {
        "num_cpus": len(os.sched_getaffinity(0)),
        "object_store_memory": _STORE_BYTES,
        "include_dashboard": False,
        "_temp_dir": str(home),
    }  # fmt: skip
    if home is None:
        _look_for(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **here)
    except (ConnectionError, RuntimeError, ValueError, ImportError, TimeoutError) as error:
        said = str(error).strip().splitlines()[0]
        raise InputError(f"ray address {address!r}", said, "check that a cluster runs there, of the same Ray") from None


def _look_for(address: str) -> None:
    """Ray itself tries for minutes, and loudly, where nothing listens."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit():
        return  # `auto`, and what only Ray understands
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_S).close()
    except OSError as error:
        remedy = "start one there ('ray start --head'), or give the address that it printed"
        raise InputError(f"ray address {address!r}", f"nobody listens there ({error})", remedy) from None


@contextmanager
def _hushed() -> Iterator[None]:
    """Ray prints a dead node's log on standard output, where results go, and has no switch for it."""
    from ray._private import worker

    saved = worker.print_to_stdstream
    worker.print_to_stdstream = lambda *_args, **_more: None
    try:
        yield
    finally:
        worker.print_to_stdstream = saved
