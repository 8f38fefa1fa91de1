"""One study's index, made when first asked for and again when the study's files have changed since."""

import threading
from pathlib import Path

from thalweg.view.catalogue import catalogue
from thalweg.view.index import Index, build
from thalweg.view.texts import Search


class Library:
    """What the server answers from. Safe to use from several threads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._held: tuple[Index, Search] | None = None

    def held(self, fresh: bool = False) -> tuple[Index, Search]:
        """The index and the searches made in it; with `fresh` the folder is looked at again."""
        with self._lock:
            if self._held is None or fresh:
                now = catalogue(self.root)
                if self._held is None or self._held[0].catalogue.stamp != now.stamp:
                    self._held = build(now), Search()
            return self._held

    def warm(self) -> None:
        """Makes the index ahead of the first request, and then what the first use of some filters would wait for."""
        threading.Thread(target=self._read_ahead, daemon=True).start()

    def _read_ahead(self) -> None:
        index, _ = self.held()
        index.told("finished")
        _ = index.problems.texts
