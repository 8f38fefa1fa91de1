"""Grades a file of responses of any length into a file of verdicts: in order, in bounded memory, resumable.

    verdicts.jsonl            what is asked for; takes its place when it is whole
    .verdicts.jsonl.parts/    meanwhile: shards of verdicts, one a batch of responses, and `.inputs`, what they rest on
    .verdicts.jsonl.graded    what the whole file rests on

All rows are looked at before the first is graded, so that a malformed one is said at once. Killed at any moment, the
same command goes on with the batches that are missing. A file that is whole is left alone, but for batches with
harness errors: those are graded again.

With a mapper, workers elsewhere grade batch by batch, and this process writes: the same file, and a grading that was
begun with or without one goes on with or without one.

Not covered: responses that change while they are graded.
"""

import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias, TypeVar

from thalweg import store
from thalweg.engine.map import Mapper, Shard
from thalweg.errors import InputError
from thalweg.grade.bench import Bench, Settings
from thalweg.grade.finding import Finding
from thalweg.grade.grader import Found, JudgeModel, check_gradable, grade_all, verdicts_of
from thalweg.grade.shards import Grading, shard_of
from thalweg.types import Problem, Response, Verdict

T = TypeVar("T")
OnBad: TypeAlias = Callable[[store.BadRow], None]
# Takes verdicts done, verdicts in all, and how many of each status.
OnProgress: TypeAlias = Callable[[int, int, Mapping[str, int]], None]
BATCH = 128
_TRIED_AGAIN = 64  # batches that are held, because something failed on the machine of their worker
_Batch: TypeAlias = tuple[int, list[Response]]  # and its index


def grade_file(
    problems: Mapping[str, Problem],
    responses: Path,
    out: Path,
    bench: Bench,
    *,
    judge: JudgeModel | None = None,
    mapper: Mapper | None = None,
    on_progress: OnProgress | None = None,
    on_bad: OnBad | None = None,
) -> dict[str, int]:
    """Grades `responses` (JSON Lines, Parquet, a folder of shards) into `out`; the number of verdicts by status.

    Args:
        bench: grades here; with a `mapper` its settings alone count, and workers open benches of their own.
        mapper: who grades, if not this process.

    Raises:
        InputError: a malformed row (without `on_bad`), two with one id, a response to an unknown problem, an `out`
            that was begun with other inputs, a check that cannot be graded, or too little isolation.
    """
    store.check_ending(out)
    check_gradable(problems.values(), None if mapper else bench)
    total = _look(problems, responses, on_bad)
    mark = _mark(problems, responses, bench, judge)
    job = _Job(out, mark, total, on_progress)
    if job.is_whole():
        return dict(job.counts.most_common())
    job.begin()
    if total == 0:
        raise InputError(str(responses), "there is no response to grade", "check the file")
    missing = job.missing(store.read(responses, Response, _ignore if on_bad else None))
    if mapper is None:
        job.take(grade_all(problems, chain.from_iterable(batch for _, batch in missing), bench, judge))
    else:
        job.gather(_graded(problems, missing, job.batches_left(), bench.settings, judge, mapper))
    job.finish()
    return dict(job.counts.most_common())


def _graded(
    problems: Mapping[str, Problem],
    missing: Iterator[_Batch],
    count: int,
    settings: Settings,
    judge: JudgeModel | None,
    mapper: Mapper,
) -> Iterator[tuple[int, list[Verdict]]]:
    """Batches of verdicts as workers elsewhere get done with them.

    What failed on a machine is tried once more at the end, most likely on another: one that is going down may lose its
    sandbox before its worker.
    """
    again: list[_Batch] = []
    for index, batch, findings in _found(problems, missing, count, settings, mapper):
        if len(again) < _TRIED_AGAIN and any(finding.status == "harness_error" for finding in findings):
            again.append((index, batch))
        else:
            yield index, _verdicts(problems, batch, findings, settings, judge)
    for index, batch, findings in _found(problems, iter(again), len(again), settings, mapper):
        yield index, _verdicts(problems, batch, findings, settings, judge)


def _found(
    problems: Mapping[str, Problem], batches: Iterator[_Batch], count: int, settings: Settings, mapper: Mapper
) -> Iterator[tuple[int, list[Response], list[Finding]]]:
    """What workers find in batches, in the order in which they get done."""
    sent: dict[int, list[Response]] = {}

    def shards() -> Iterator[Shard[Sequence[Response]]]:
        for index, batch in batches:
            sent[index] = batch
            yield shard_of(index, batch)

    work = Grading(settings, frozenset(problem.check.type for problem in problems.values()))
    for index, findings in mapper.map(work, shards(), count, problems):
        yield index, sent.pop(index), findings


def _verdicts(
    problems: Mapping[str, Problem],
    batch: Sequence[Response],
    findings: Sequence[Finding],
    settings: Settings,
    judge: JudgeModel | None,
) -> list[Verdict]:
    pairs = zip(batch, findings, strict=True)
    found = (Found(problems[response.problem_id], response, finding) for response, finding in pairs)
    return list(verdicts_of(found, settings.grader, judge))


def _ignore(row: store.BadRow) -> None:
    """It was told of in the first reading."""


def _look(problems: Mapping[str, Problem], responses: Path, on_bad: OnBad | None) -> int:
    """Reads every row once and says what is wrong with it; the number of good ones."""
    seen: set[str] = set()
    for response in store.read(responses, Response, on_bad):
        where = f"{responses}: response {response.id!r}"
        if response.id in seen:
            raise InputError(where, "comes twice", "make the ids unique")
        if response.problem_id not in problems:
            unknown = f"answers problem {response.problem_id!r}, which is not among the problems"
            raise InputError(where, unknown, "grade it with the problems that it was made for")
        seen.add(response.id)
    return len(seen)


def _mark(problems: Mapping[str, Problem], responses: Path, bench: Bench, judge: JudgeModel | None) -> str:
    s = bench.settings
    return store.fingerprint(
        "grade",
        store.records_fingerprint(problems.values()),
        store.file_fingerprint(responses),
        (s.grader, s.every_test, s.memory_mb, str(s.interpreter or ""), judge.name if judge else None),
    )


@dataclass
class _Job:
    """The files of one grading, and how far it is."""

    out: Path
    mark: str
    total: int
    on_progress: OnProgress | None
    counts: Counter[str] = field(default_factory=Counter)
    _todo: deque[tuple[int, int]] = field(default_factory=deque)  # batches under way: index and size

    @property
    def parts(self) -> Path:
        return self.out.with_name(f".{self.out.name}.parts")

    @property
    def graded(self) -> Path:
        return self.out.with_name(f".{self.out.name}.graded")

    @property
    def shards(self) -> store.Shards[Verdict]:
        return store.Shards(self.parts, Verdict)

    def is_whole(self) -> bool:
        """Whether the verdicts are there and none is a harness error; else keeps the batches that are good."""
        if self.parts.exists() or not (self.out.exists() and store.done(self.graded, self.mark)):
            return False
        batches = list(enumerate(_batches(store.read(self.out, Verdict))))
        broken = {index for index, batch in batches if any(v.status == "harness_error" for v in batch)}
        if not broken:
            self.counts.update(verdict.status for _, batch in batches for verdict in batch)
            return True
        store.mark_done(self.parts / ".inputs", self.mark)
        for index, batch in batches:
            if index not in broken:
                self.shards.put(index, batch)
        return False

    def begin(self) -> None:
        """Finds what an earlier run left."""
        if self.parts.exists() and not store.done(self.parts / ".inputs", self.mark):
            remedy = f"use another --out, or remove {self.parts}"
            raise InputError(str(self.out), "was begun with other problems, responses or settings", remedy)
        store.mark_done(self.parts / ".inputs", self.mark)
        self.counts.update(verdict.status for verdict in self.shards.read())
        self._tell()

    def batches_left(self) -> int:
        """How many batches are not on disk."""
        return sum(not self.shards.has(index) for index in range(-(-self.total // BATCH)))

    def missing(self, responses: Iterator[Response]) -> Iterator[tuple[int, list[Response]]]:
        """The batches that are not on disk, with their index."""
        for index, batch in enumerate(_batches(responses)):
            if not self.shards.has(index):
                self._todo.append((index, len(batch)))
                yield index, batch

    def take(self, verdicts: Iterator[Verdict]) -> None:
        """Writes verdicts batch by batch as they come."""
        pending: list[Verdict] = []
        for verdict in verdicts:
            pending.append(verdict)
            self.counts[verdict.status] += 1
            self._tell()
            if len(pending) == self._todo[0][1]:
                self.shards.put(self._todo.popleft()[0], pending)
                pending = []
        assert not pending, "a batch was not graded to its end"

    def gather(self, batches: Iterator[tuple[int, list[Verdict]]]) -> None:
        """Writes batches in whatever order they come."""
        for index, verdicts in batches:
            self.shards.put(index, verdicts)
            self.counts.update(verdict.status for verdict in verdicts)
            self._tell()

    def finish(self) -> None:
        """Puts the batches together."""
        store.write(self.out, self.shards.read())
        store.mark_done(self.graded, self.mark)
        shutil.rmtree(self.parts)

    def _tell(self) -> None:
        if self.on_progress:
            self.on_progress(self.counts.total(), self.total, self.counts)


def _batches(rows: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(rows, BATCH)):
        yield batch
