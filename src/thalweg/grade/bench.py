"""The workbench of graders: sandboxed workers and math workers, opened when first needed and closed together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Literal, TypeAlias

from thalweg.grade.drivers import sources
from thalweg.grade.workers import MathWorkers
from thalweg.sandbox import Pool

GraderName: TypeAlias = Literal["native", "lcb"]
# A judge answers prompts with texts; which model stands behind it is the caller's business.
Judge: TypeAlias = Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How grading is done. `workers` are processes side by side; `every_test` goes on after the first failure.

    `interpreter` runs the candidates (the project's own where null and possible); `bubblewrap` null means: where it
    works. `allow_weak` accepts less isolation than the floor.
    """

    grader: GraderName = "native"
    workers: int = 1
    every_test: bool = False
    memory_mb: int = 2048
    interpreter: Path | None = None
    bubblewrap: bool | None = None
    allow_weak: bool = False


class Bench:
    """Opens what graders need. Threads may share one; use it as a context manager."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._lock = Lock()
        self._pools: dict[tuple[str, ...], Pool] = {}
        self._math: MathWorkers | None = None

    def pool(self, preload: tuple[str, ...] = ()) -> Pool:
        """Sandboxed workers; those that preload heavy modules are apart from the plain ones.

        Raises:
            InputError: this machine cannot isolate programs well enough, and weak isolation was not allowed.
        """
        with self._lock:
            if preload not in self._pools:
                s = self.settings
                self._pools[preload] = Pool(
                    workers=s.workers,
                    allow_weak=s.allow_weak,
                    interpreter=s.interpreter,
                    bubblewrap=s.bubblewrap,
                    drivers=sources(),
                    preload=preload,
                )
            return self._pools[preload]

    @property
    def math(self) -> MathWorkers:
        """Processes that compare formulas, and may be killed while they do."""
        with self._lock:
            self._math = self._math or MathWorkers(self.settings.workers)
            return self._math

    def close(self) -> None:
        """Ends every worker."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()
            if self._math is not None:
                self._math.close()
                self._math = None

    def __enter__(self) -> "Bench":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
