"""How the command line shows a plan, a running study and its status."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from thalweg.types import Rate

if TYPE_CHECKING:
    from thalweg.generate.collect import Progress as Asked
    from thalweg.grade.audit import Audit
    from thalweg.study.plan import Plan
    from thalweg.study.resolution import Resolution
    from thalweg.study.run import Step, Study

from thalweg.study.folder import rung_key
from thalweg.study.ladder import start_key
from thalweg.study.run import Watcher
from thalweg.study.stopping import read_stop

_console = Console(stderr=True)
_LOG_EVERY_S = 20.0


class _Screen(Watcher):
    """Draws a study's run: one bar for all jobs with its ETA, one line for each job that runs."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._costs: Mapping[str, float] = {}
        self._shares: dict[str, float] = {}
        self._finished: set[str] = set()
        self._lines: dict[str, TaskID] = {}
        self._all: TaskID | None = None
        self._started = self._began = self._told = time.monotonic()

    def step(self, name: "Step", detail: str) -> None:
        self._print(f"{name:10} {detail}".rstrip())

    def prompt(self, text: str) -> None:
        self._progress.console.print(text, highlight=False, markup=False, soft_wrap=True, style="dim")

    def jobs(self, costs: Mapping[str, float]) -> None:
        self._costs, self._shares, self._finished = costs, {}, set()
        self._began = self._told = time.monotonic()
        if self._all is not None:
            self._progress.remove_task(self._all)
        self._all = self._progress.add_task("all", total=sum(costs.values()))

    def progress(self, key: str, share: float, note: str = "") -> None:
        assert self._all is not None
        self._shares[key] = share
        done = sum(self._costs[k] * s for k, s in self._shares.items())
        self._progress.update(self._all, completed=done)
        self._tell(done / sum(self._costs.values()), f"{key}: {note}" if note else "")
        if share >= 1.0:
            if key in self._finished:
                return
            self._finished.add(key)
            if key in self._lines:
                self._progress.remove_task(self._lines.pop(key))
            left = len(self._costs) - len(self._finished)
            self._print(f"done {key}, {left} left")
        else:
            if key not in self._lines:
                self._lines[key] = self._progress.add_task(key, total=1.0)
            self._progress.update(self._lines[key], completed=share, description=f"{key}  {note}".rstrip())

    def _tell(self, share: float, note: str) -> None:
        """In a log, where no bar is drawn: a line now and then with the time that is left, and what a job notes."""
        now = time.monotonic()
        if _console.is_terminal or now - self._told < _LOG_EVERY_S or share <= 0:
            return
        self._told = now
        left = (now - self._began) * (1 - share) / share
        self._print(f"{100 * share:.0f} % done, about {_span(left)} left{f'  ({note})' if note else ''}")

    def _print(self, text: str) -> None:
        elapsed = time.monotonic() - self._started
        self._progress.console.print(f"[dim]{elapsed:6.1f} s[/dim]  {text}", highlight=False)


@contextmanager
def watch() -> Iterator[Watcher]:
    """A watcher that draws on standard error while the study runs."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with _drawn(Progress(*columns, console=_console, transient=True)) as progress:
        yield _Screen(progress)


@contextmanager
def _drawn(progress: Progress) -> Iterator[Progress]:
    """Draws bars on a terminal alone: in a log they are noise, and the lines printed above them say enough."""
    if not _console.is_terminal:
        yield progress
        return
    with progress:
        yield progress


@contextmanager
def counter(unit: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for one loop: the yielded function takes (done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with _drawn(Progress(*columns, TimeRemainingColumn(), console=_console, transient=True)) as progress:
        task = progress.add_task(unit, total=None)

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield report


@contextmanager
def answering() -> "Iterator[Callable[[Asked], None]]":
    """A bar for a model that answers: how many, how fast, and of an endpoint what is in flight, failed and paid."""
    from thalweg.study.endpoints import Notes

    columns = (BarColumn(), TextColumn("{task.completed}/{task.total}  {task.description}"))
    notes, told = Notes(), time.monotonic()
    with _drawn(Progress(*columns, console=_console, transient=True)) as progress:
        task = progress.add_task("", total=None)

        def report(now: "Asked") -> None:
            nonlocal told
            text, pace = notes(now), notes.pace(now)
            if pace and now.done < now.total:
                text += f", about {_span((now.total - now.done) / pace)} left"
            progress.update(task, completed=now.done, total=now.total, description=text)
            if now.note:
                progress.console.print(now.note, highlight=False, markup=False)
            if not _console.is_terminal and time.monotonic() - told >= _LOG_EVERY_S:
                told = time.monotonic()
                _console.print(f"{now.done}/{now.total}  {text}", highlight=False)

        yield report


@contextmanager
def piloting() -> "Iterator[Callable[[str, Asked], None]]":
    """The same for the teachers of a study, one after another."""
    with answering() as report:
        yield lambda _teacher, now: report(now)


def show_prompt(text: str) -> None:
    """Shows a prompt whole, as the model reads it."""
    _console.print(text, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def grading() -> Iterator[Callable[[int, int, Mapping[str, int]], None]]:
    """A bar for grading: how many, how fast, how many of them correct, and what the harness could not do."""
    columns = (BarColumn(), TextColumn("{task.completed}/{task.total}  {task.description}"), TimeRemainingColumn())
    began = told = time.monotonic()
    first: int | None = None  # verdicts that an earlier run left are no measure of this one's pace
    with _drawn(Progress(*columns, console=_console, transient=True)) as progress:
        task = progress.add_task("", total=None)

        def report(done: int, total: int, counts: Mapping[str, int]) -> None:
            nonlocal told, first
            first = done if first is None else first
            now = time.monotonic()
            if now - told < (0.2 if _console.is_terminal else _LOG_EVERY_S) and done < total:
                return
            told = now
            pace = (done - first) / max(now - began, 1e-9)
            progress.update(task, completed=done, total=total, description=_graded(counts, pace))
            if not _console.is_terminal and done < total:
                left = _span((total - done) / pace) if pace else "unknown time"
                _console.print(f"{done}/{total}  {_graded(counts, pace)}, about {left} left", highlight=False)

        yield report


def _graded(counts: Mapping[str, int], pace: float) -> str:
    broken = counts.get("harness_error", 0)
    judged = sum(counts.values()) - broken
    share = f"{100 * counts.get('correct', 0) / judged:.1f} % correct" if judged else "none judged"
    failed = {status: n for status, n in counts.items() if status not in ("correct", "incorrect", "harness_error")}
    parts = [share, *(f"{n} {status}" for status, n in sorted(failed.items())), f"{broken} harness errors"]
    return f"{', '.join(parts)}, {pace:.0f}/s"


def print_audit(audit: "Audit") -> None:
    """What two graders agree on, and the causes of what they do not."""
    table = Table("", "responses", box=None)
    for name, count in (
        ("both say correct", audit.both_correct),
        ("both say otherwise", audit.both_wrong),
        *((f"only {grader} says correct: {why}", count) for (grader, why), count in audit.causes.most_common()),
        ("not for the official grader", audit.not_official),
        ("thinking never ended", audit.unfinished),
        ("harness errors", audit.harness_errors),
    ):
        if count:
            table.add_row(name, str(count))
    Console().print(table)


def print_plan(plan: "Plan", resolution: "Resolution | None" = None) -> None:
    """The plan as a table, with the total, its cost, and what it can tell."""
    from thalweg.study.plan_text import bill_lines, resolution_lines

    table = Table("rung", "examples", "steps", "training tokens", "time", "state", box=None)
    for line in plan.rungs:
        state = "done" if line.done else "skipped" if line.skipped else "to do"
        table.add_row(line.key, str(line.size), str(line.steps), f"{line.tokens:,}", _span(line.seconds), state)
    out = Console()
    out.print(table)
    done = sum(line.done for line in plan.rungs)
    out.print(
        f"{len(plan.rungs)} rungs ({done} done), {plan.tokens:,} training tokens; about {_span(plan.seconds)} left "
        f"with {plan.workers} side by side",
        highlight=False,
    )
    out.print(plan.basis, highlight=False, style="dim")
    told = ["", *resolution_lines(resolution)] if resolution is not None else []
    for text in ["", *bill_lines(plan.bill), *told]:
        out.print(text, highlight=False)


def print_status(study: "Study") -> None:
    """Each rung: done, training at a step, skipped or to do; and the curve of the rungs that are done."""
    table = Table("rung", "state", "pass@1", "completion", box=None)
    scored = _scored(study)
    for line in study.plan().rungs:
        state = "done" if line.done else "skipped" if line.skipped else "to do"
        metrics = study.folder.student(line.key) / "metrics.jsonl"
        if not line.done and metrics.exists():
            rows = metrics.read_text(encoding="utf-8").splitlines()
            if rows:
                state = f"training, step {json.loads(rows[-1])['step']} of {line.steps}"
        table.add_row(line.key, state, *scored.get(line.key, ("", "")))
    Console().print(table)
    if (stop := read_stop(study.folder)) is not None:
        Console().print(stop.sentence, highlight=False)


def _scored(study: "Study") -> dict[str, tuple[str, str]]:
    """pass@1 and completion on the first benchmark by rung, as far as a run has written them."""
    config, path = study.loaded.config, study.folder.root / "scores.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    return {
        rung_key(row["arm"], row["size"], row["seed"]) if row["size"] else start_key(config, row["arm"], row["seed"]): (
            rate(Rate(**row["pass_at_1"])),
            rate(Rate(**row["completion_rate"])),
        )
        for row in rows
        if row["benchmark"] == next(iter(config.benchmarks)) and row["arm"] in config.arms
    }


def rate(value: Rate) -> str:
    """A rate with its interval, in percent."""
    if value.value is None or value.low is None or value.high is None:
        return "not measured"
    return f"{100 * value.value:.1f} % [{100 * value.low:.1f}, {100 * value.high:.1f}]"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
