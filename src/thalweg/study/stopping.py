"""`stop_when`: a ladder that is climbed size by size, and left once it has answered the study's question.

The main arm's curve decides for all arms, so that they stay comparable. A rung that is whole already is kept, however
large it is. A decision looks only at the sizes up to the one in question, so a study that was killed and is run again
decides as one that was not.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from thalweg import store
from thalweg.curve.stopping import Question, answer
from thalweg.study.arms import smoke_arm
from thalweg.study.config import StudyConfig
from thalweg.study.folder import Folder
from thalweg.study.ladder import Rung
from thalweg.types import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where a ladder was left: what was found at `size`, with which confidence, and the rungs that were not run."""

    arm: str
    size: int
    reason: str
    confidence: float
    skipped: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """For readers."""
        found = f"Stopped at {self.size:,} examples: {self.reason} ({100 * self.confidence:.1f} % interval)."
        return f"{found} Not run: {', '.join(self.skipped)}." if self.skipped else found


def question_of(config: StudyConfig) -> Question | None:
    """What the study asks; null where it runs to its end."""
    asked = config.stop_when
    if asked is None:
        return None
    return Question(break_even=asked.break_even is not None, score=asked.score, gain=asked.gain)


class Wave(NamedTuple):
    """A size up to which rungs are run; the rungs `later` than it, and of these the ones `following` at once."""

    size: int
    later: frozenset[str]
    following: frozenset[str]


def waves(config: StudyConfig, chain: Sequence[Rung]) -> list[Wave]:
    """A ladder size by size, or in one wave where the study asks no question.

    A rung waits for the rung that it starts from. The smoke test's rungs come first and are never skipped.
    """
    if config.stop_when is None:
        return [Wave(max(config.sizes), frozenset(), frozenset())]
    tried = {smoke_arm(name) for name in config.smoke_test.teachers} if config.smoke_test else set()
    level: dict[str, int] = {}
    for rung in chain:
        level[rung.key] = 0 if rung.arm in tried else max(rung.size, level.get(rung.start, 0))
    sizes = sorted(set(level.values()))
    return [
        Wave(
            size,
            frozenset(key for key, at in level.items() if at > size),
            frozenset(key for key, at in level.items() if [size, at] == sizes[place : place + 2]),
        )
        for place, size in enumerate(sizes)
    ]


def decide(config: StudyConfig, outcomes: Iterable[Outcome], size: int) -> Stop | None:
    """Whether the main arm's rungs up to a size answer the question; null if there is none, or no answer yet."""
    question, arm = question_of(config), config.main_arm
    if question is None:
        return None
    seen = [row for row in outcomes if row.arm == arm and row.size <= size]
    if not any(row.size for row in seen):
        return None
    found = answer(seen, arm, next(iter(config.benchmarks)), question, len(config.sizes_of(arm)))
    if found is None:
        return None
    return Stop(arm=arm, size=found.size, reason=found.text, confidence=round(found.confidence, 4))


def write_stop(folder: Folder, stop: Stop | None) -> None:
    """Keeps `stopped.json`, or removes it where nothing was skipped."""
    if stop is None or not stop.skipped:
        folder.stopped.unlink(missing_ok=True)
    else:
        store.write_json(folder.stopped, store.encode(stop))


def read_stop(folder: Folder) -> Stop | None:
    """Where the last run left the ladder; null where it ran to its end."""
    if not folder.stopped.exists():
        return None
    return store.decode(Stop, json.loads(folder.stopped.read_text(encoding="utf-8")), str(folder.stopped))
