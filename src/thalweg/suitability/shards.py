"""Token statistics as work on shards of responses, for this process or for workers that are elsewhere.

A worker loads the student once; a student in a local folder is brought to machines that lack it, and a hub id is
loaded by each. Statistics are the same wherever they are computed with the same number of threads on the same kind of
processor; otherwise the last digits may differ, as those of any matrix product do.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from thalweg import chat, thinking
from thalweg.engine.map import Place
from thalweg.suitability.rank_surprisal import summary
from thalweg.types import Response, Suitability, TokenStats

if TYPE_CHECKING:
    from thalweg.loading import Precision
    from thalweg.suitability.token_stats import Item, Scorer


class Asked(NamedTuple):
    """A response, and the user turn that it answers."""

    user_turn: str
    response: Response


class Measured(NamedTuple):
    """The rows of a shard, and its responses' statistics where those are kept."""

    rows: list[Suitability]
    stats: list[TokenStats] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """How responses are measured; see `measure_file`. `name` is what records call the student."""

    student: str
    name: str
    prompt: chat.Prompt
    precision: "Precision | None"
    threads: int | None
    local: bool
    window: int | None
    keeps_stats: bool

    @property
    def folders(self) -> tuple[Path, ...]:
        """The student, where it is a folder."""
        return (Path(self.student),) if Path(self.student).is_dir() else ()

    @contextmanager
    def open(self, place: Place) -> Iterator[Callable[[Sequence[Asked], Mapping[str, Any]], Measured]]:
        """Loads the student.

        Raises:
            InputError: as `Scorer` does.
        """
        from thalweg.suitability.token_stats import Scorer

        student = place.folders.get(self.student, self.student)
        threads = place.cpus if self.threads is None else self.threads
        yield partial(self._measure, Scorer(student, self.prompt, precision=self.precision, threads=threads))

    def _measure(self, scorer: "Scorer", shard: Sequence[Asked], _shared: Mapping[str, Any]) -> Measured:
        from thalweg.suitability.token_stats import Item

        items = [Item(one.response.id, one.user_turn, thinking.full_text(one.response)) for one in shard]
        stats = [replace(found, student=self.name) for found in scorer.score(items)]
        rows = [summary(found, one.response) for found, one in zip(stats, shard, strict=True)]
        if self.local:
            rows = self._with_local(rows, scorer, items)
        return Measured(rows, stats if self.keeps_stats else None)

    def _with_local(self, rows: list[Suitability], scorer: "Scorer", items: "Sequence[Item]") -> list[Suitability]:
        from thalweg.suitability.local import WINDOW, local_surprisals

        found = local_surprisals(scorer, items, WINDOW if self.window is None else self.window)
        return [replace(row, local_surprisal=value) for row, value in zip(rows, found, strict=True)]
