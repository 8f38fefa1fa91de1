"""Works for the tests of mappers: they are sent to other processes, which import them from here."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thalweg.engine.map import Place
from thalweg.errors import InputError


@dataclass(frozen=True)
class Doubling:
    """Gives (twice the payload, what it needs, its process), and does as it is told by a payload below 0."""

    folder: Path | None = None
    log: Path | None = None  # a line for every shard that was begun
    refuses: bool = False

    @property
    def folders(self) -> tuple[Path, ...]:
        return () if self.folder is None else (self.folder,)

    @contextmanager
    def open(self, place: Place) -> Iterator[Callable[[int, Mapping[str, Any]], Any]]:
        if self.refuses:
            raise InputError("sandbox", "this machine cannot confine programs", "use another")
        found = place.folders.get(str(self.folder))
        text = None if found is None else (found / "model" / "weights.txt").read_text(encoding="utf-8")

        def do(payload: int, shared: Mapping[str, Any]) -> Any:
            if self.log is not None:
                with open(self.log, "a", encoding="utf-8") as log:
                    log.write(f"{payload}\n")
            if payload == -1:
                raise InputError("shard", "it is wrong")
            if payload == -2:
                raise ZeroDivisionError("by nothing")
            if payload == -3 or (payload == -4 and self.begun(payload) < 2):
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(0.001 * (payload % 3))
            return 2 * payload, dict(shared), text

        yield do

    def begun(self, payload: int) -> int:
        """How often a shard was begun, here or elsewhere."""
        assert self.log is not None
        return self.log.read_text(encoding="utf-8").split().count(str(payload))
