"""What a study leaves on disk, and how a step knows that its part is done.

    <study>/
      study.yaml                        the user's file
      manifest.json                     resolved configuration; versions, revision, seeds, machine
      problems/train.parquet            the training problems
      problems/<benchmark>.parquet      held-out problems
      responses/teachers/<teacher>/     shards of the teachers' responses
      responses/students/<rung>/<benchmark>/   shards of the students' responses
      verdicts/teachers/<teacher>.parquet, verdicts/students/<rung>/<benchmark>.parquet
      suitability/<teacher>/            shards: how the untouched student sees the teacher's responses
      corpora/<arm>/s<seed>/<size>/     train.parquet, card.md, funnel.json, dropped.parquet
      students/<arm>-<size>-s<seed>/    checkpoint or adapter, metrics.jsonl, result.json
                       .../handover/    where a command trains: what it was given, and its log
      logs/<rung>.server.log            where students are served: what the server said
      trunks/<arm>/s<seed>/<size>/      of a branched ladder: where the rung leaves; the last state is kept
      stopped.json                      the rungs that 'stop_when' made needless, and why
      smoke_test.json                   the teachers that were tried, their students' scores, and the choice
      scores.parquet                    one row a graded response (what paired comparisons read)
      scores.json curve.json            the stable interface, described in the docs
      report.html figures/
      .lock                             pid of the process that works on the study

A step's output carries the fingerprint of its inputs and configuration: `.inputs` while it is being made, `.done` once
it is whole. `begin` compares: a whole output with the same fingerprint is skipped, a partial one with the same
fingerprint is continued, and anything made from other inputs is removed and made again.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from thalweg import store
from thalweg.errors import InputError

BASE = "base"


@dataclass(frozen=True, slots=True)
class Folder:
    """Paths inside a study's folder."""

    root: Path

    def problems(self, name: str) -> Path:
        """`name` is `train` or a benchmark."""
        return self.root / "problems" / f"{name}.parquet"

    def teacher_responses(self, teacher: str) -> Path:
        """Folder of shards."""
        return self.root / "responses" / "teachers" / teacher

    def teacher_verdicts(self, teacher: str) -> Path:
        """Parquet file."""
        return self.root / "verdicts" / "teachers" / f"{teacher}.parquet"

    def suitability(self, teacher: str) -> Path:
        """Folder of shards."""
        return self.root / "suitability" / teacher

    @property
    def smoke_test(self) -> Path:
        """JSON file."""
        return self.root / "smoke_test.json"

    def student_responses(self, rung: str, benchmark: str) -> Path:
        """Folder of shards."""
        return self.root / "responses" / "students" / rung / benchmark

    def student_verdicts(self, rung: str, benchmark: str) -> Path:
        """Parquet file."""
        return self.root / "verdicts" / "students" / rung / f"{benchmark}.parquet"

    def corpus(self, arm: str, size: int, seed: int) -> Path:
        """Corpus folder."""
        return self.root / "corpora" / arm / f"s{seed}" / str(size)

    def student(self, rung: str) -> Path:
        """Checkpoint folder."""
        return self.root / "students" / rung

    def trunk(self, arm: str, size: int, seed: int) -> Path:
        """Folder of a stretch of trunk: up to where the rung leaves it."""
        return self.root / "trunks" / arm / f"s{seed}" / str(size)

    def server_log(self, model: str) -> Path:
        """Log of the server of a rung, or of a teacher."""
        return self.root / "logs" / f"{model}.server.log"

    @property
    def stopped(self) -> Path:
        """JSON file."""
        return self.root / "stopped.json"

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self.root / ".lock"


def rung_key(arm: str, size: int, seed: int) -> str:
    """The name of a rung: `<arm>-<size>-s<seed>`; the untouched student is `base`."""
    return f"{arm}-{size}-s{seed}"


def is_done(folder: Path, mark: str) -> bool:
    """Whether the folder's output is whole and was made from the inputs that `mark` names."""
    return store.done(folder / ".done", mark)


def is_begun(folder: Path, mark: str) -> bool:
    """Whether the folder's output, whole or not, was made from the inputs that `mark` names."""
    return store.done(folder / ".inputs", mark)


def begin(folder: Path, mark: str, whole: str | None = None) -> bool:
    """Prepares a step's folder; false when its output is already there. Removes what other inputs left.

    `whole` is the mark of the finished output where that rests on more than the inputs (responses and their grading).
    """
    if is_done(folder, whole or mark):
        return False
    if not is_begun(folder, mark):
        if folder.exists():
            shutil.rmtree(folder)
        store.mark_done(folder / ".inputs", mark)
    return True


def finish(folder: Path, mark: str) -> None:
    """Says that a step's output is whole."""
    store.mark_done(folder / ".done", mark)


def sweep(folder: Folder) -> None:
    """Removes what a killed run left of files that are written in one step. Only for who holds the study."""
    for path in folder.root.rglob(".*.tmp"):
        path.unlink(missing_ok=True)


@contextmanager
def locked(folder: Folder) -> Iterator[None]:
    """Holds the study for this process.

    The kernel drops the lock when its holder dies in whatever way, so a stale file never bars a study.

    Raises:
        InputError: another process holds it; names its pid.
    """
    descriptor = os.open(folder.lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
            remedy = "wait for it, or stop it first"
            raise InputError(str(folder.root), f"process {pid} is running this study", remedy) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
