"""How well this machine isolates: what a probe inside the sandbox could not do, by name.

The layers are tried and not believed: a kernel may offer Landlock and a container may forbid it. What is recorded in
every verdict is what held.
"""

import os
import tempfile
from dataclasses import dataclass
from typing import Any

from thalweg.errors import InputError
from thalweg.sandbox.job import Job, Limits, SandboxError
from thalweg.sandbox.worker import Worker

_HELD_BY = {
    "landlock": ("read", "write", "create"),
    "seccomp": ("chmod", "network", "process", "signal"),
}
_MEMORY_MB, _OPEN_FILES = 512, 64
_LIMITS = [[_OPEN_FILES, _OPEN_FILES], [_MEMORY_MB << 20, _MEMORY_MB << 20]]


@dataclass(frozen=True, slots=True)
class Isolation:
    """What held. `missing` are the layers of the floor (Landlock, seccomp, limits) that did not; `strong` if none."""

    name: str
    strong: bool
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def probe(worker: Worker) -> Isolation:
    """Tries from within a job what must not be possible.

    Raises:
        WorkerDiedError: the worker died of it.
        SandboxError: the probe itself did not come through.
    """
    with tempfile.NamedTemporaryFile(prefix="thalweg-probe-") as file:
        payload = {"file": file.name, "process": os.getpid()}
        result = worker.run(Job(driver="probe", payload=payload, limits=Limits(memory_mb=_MEMORY_MB)))
    if len(result.records) != 1:
        raise SandboxError(f"the probe of the sandbox ended early: {result}")
    return judge(result.records[0], worker.ready["landlock"])


def judge(found: dict[str, Any], landlock: int) -> Isolation:
    """The isolation that a probe found: `could` names what it could do, `limits` are those it saw."""
    held = [
        *(["bwrap"] if not {"host file", "host process"} & set(found["could"]) else []),
        *(layer for layer, attempts in _HELD_BY.items() if not set(attempts) & set(found["could"])),
        *(["rlimits"] if found["limits"] == _LIMITS else []),
    ]
    missing = tuple(layer for layer in (*_HELD_BY, "rlimits") if layer not in held)
    name = "+".join(f"landlock{landlock}" if layer == "landlock" else layer for layer in held) or "none"
    return Isolation(name, not missing, missing)


def demand(isolation: Isolation, allow_weak: bool) -> None:
    """Refuses what is below the floor, unless that was allowed.

    Raises:
        InputError: a layer of the floor is missing.
    """
    if isolation.strong or allow_weak:
        return
    raise InputError(
        "sandbox",
        f"this machine cannot confine programs: {', '.join(isolation.missing)} did not hold",
        "use Linux 5.13 or newer on x86-64 that allows it, or accept the risk with --allow-weak-sandbox",
    )
