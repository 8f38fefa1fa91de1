"""What goes into the sandbox and what comes out: `Job`, `Limits`, `Result`.

Plain values alone, so that a job can be written down, sent over a pipe and run anywhere. Nothing here says what a
right answer is: expected values never enter the sandbox, and a `Result` tells what happened, not whether it was good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a job may use. CPU and wall-clock time in seconds, memory (address space) in MiB, output in bytes.

    `stack_mb` is the main thread's stack in MiB; null leaves it as large as the worker's, 1 GiB.

    Where `wall_s` is null it is twice the CPU time and two seconds more: a busy machine slows a program's clock, not
    its work, and is not the program's fault.
    """

    cpu_s: float = 6.0
    wall_s: float | None = None
    memory_mb: int = 2048
    output_bytes: int = 1 << 22
    stack_mb: int | None = None

    @property
    def wall(self) -> float:
        """The wall-clock limit in seconds."""
        return 2 * self.cpu_s + 2 if self.wall_s is None else self.wall_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One fresh process: the trusted `driver` is called with `payload` (JSON values), and runs the untrusted code."""

    driver: str
    payload: Mapping[str, Any]
    limits: Limits = Limits()


# How a process ended. `exit` is an exit of its own with a code; `signal` a death by the signal `code`; the others are
# limits: CPU time, wall-clock time, memory, output.
End: TypeAlias = Literal["exit", "signal", "cpu", "wall", "memory", "output"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What happened to a job. `records` is what the driver emitted, in order; it and the streams are untrusted.

    `stdout` and `stderr` are cut at the output limit. `cpu_s` and `wall_s` are seconds of the whole process.
    """

    end: End
    code: int
    stdout: bytes = b""
    stderr: bytes = b""
    records: tuple[Any, ...] = field(default=())
    cpu_s: float = 0.0
    wall_s: float = 0.0


class SandboxError(RuntimeError):
    """The sandbox itself failed (a worker died again and again, or could not be started): never a program's fault."""
