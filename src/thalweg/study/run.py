"""A study: load, plan, run, report. The one place where the stages meet.

from thalweg import Study
curve = Study.load("study.yaml").run().curve
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from thalweg import store
from thalweg.curate.selection import best_column
from thalweg.engine.local import Job, run_jobs
from thalweg.errors import InputError
from thalweg.study import jobs
from thalweg.study.arms import CHOSEN
from thalweg.study.branches import Trunks
from thalweg.study.choice import choose, with_choice
from thalweg.study.config import Loaded, load, parse
from thalweg.study.data import Corpora, import_responses, teacher_mark, write_problems
from thalweg.study.folder import Folder, is_done, locked, sweep
from thalweg.study.inputs import Inputs, grading_settings, read_inputs, source_mark, student_source, teacher_model
from thalweg.study.ladder import (
    FORMAT,
    Rung,
    answer_mark,
    bases,
    rung_mark,
    rungs,
    sampling_of,
    student_mark,
    whole_mark,
)
from thalweg.study.live import Live
from thalweg.study.manifest import manifest
from thalweg.study.plan import Plan, plan, workers
from thalweg.study.results import Results
from thalweg.study.stopping import decide, waves, write_stop
from thalweg.train.command import Command
from thalweg.types import Curve, Problem, Score

if TYPE_CHECKING:
    from thalweg.study.resolution import Resolution

Step: TypeAlias = Literal["problems", "responses", "suitability", "corpora", "students", "scores", "report"]
Engine: TypeAlias = Callable[
    [Sequence[Job], Sequence[Mapping[str, str]], Callable[[str, float], None]], Mapping[str, Any]
]
STEPS: tuple[Step, ...] = get_args(Step)
_RESTS_ON = (
    "student", "students", "precision", "prompt", "problems", "teachers", "benchmarks", "train", "trainer", "grading",
    "difficulty", "filters", "clean", "smoke_test", "ladder", "branch_at",
)  # fmt: skip


class Watcher:
    """Hears how a run goes; the command line draws it. All methods may be left as they are."""

    def step(self, name: Step, detail: str) -> None:
        """A step of the study begins."""

    def jobs(self, costs: Mapping[str, float]) -> None:
        """These jobs are about to run; costs are expected seconds."""

    def progress(self, key: str, share: float) -> None:
        """A job is this far."""


@dataclass
class Study:
    """A checked study file and its folder."""

    loaded: Loaded

    @classmethod
    def load(cls, path: Path | str, seeds: Sequence[int] | None = None) -> "Study":
        """Reads `study.yaml` (or a folder that holds one); `seeds` replace those of the file.

        Raises:
            InputError: naming the key or value at fault, and what is allowed.
        """
        return cls(load(path, {"seeds": list(seeds)} if seeds is not None else None))

    @property
    def folder(self) -> Folder:
        """Where the study's files are."""
        return Folder(self.loaded.folder)

    def plan(self) -> Plan:
        """Steps, tokens, time, and what is already done; writes nothing."""
        return plan(self.loaded)

    def resolution(self, wanted: float | None = None) -> "Resolution":
        """The smallest differences that the study can tell, and what it takes to tell a wanted one (0.02: two points).

        Raises:
            InputError: `wanted` is not between 0 and 1.
        """
        from thalweg.study.resolution import resolution

        return resolution(self.loaded, wanted)

    def run(self, until: Step = "report", watcher: Watcher | None = None, engine: Engine = run_jobs) -> "Study":
        """Runs what is missing, up to and with the step `until`. Safe to kill and call again.

        `engine` runs the jobs: on worker processes of this machine, or `thalweg.engine.local.run_inline`.

        Raises:
            InputError: something in the user's files is wrong, or another process runs this study.
            JobsError: a rung failed for another reason; the others are kept.
        """
        if until not in STEPS:
            raise InputError("--until", f"no step {until!r}", f"use one of {', '.join(STEPS)}")
        with locked(self.folder):
            sweep(self.folder)
            inputs = read_inputs(self.loaded, self.folder)
            _Runner(self.loaded, self.folder, inputs, watcher or Watcher(), engine).run(STEPS.index(until))
        self.__dict__.pop("results", None)  # what was read before is stale
        return self

    def report(self) -> Path:
        """Writes scores, curve and report again from what is on disk; the path of the report.

        Raises:
            InputError: nothing has been run, or the study file has changed since in what the results rest on.
        """
        changed = self.changed()
        if changed:
            where = f"{self.loaded.file}: {changed}"
            raise InputError(where, "has changed since the study ran", "'thalweg run' makes again what depends on it")
        self.results.write_scores()
        return self.results.write_report()

    def changed(self) -> str | None:
        """The first key that results rest on and that differs from the last run's. Arms and seeds may come and go."""
        path = self.folder.root / "manifest.json"
        if not path.exists():
            return None
        # Parsed, so that a key that did not exist then has its default.
        before = parse(json.loads(path.read_text(encoding="utf-8"))["study"], str(path))
        ran, now = before.model_dump(mode="json"), self.loaded.config.model_dump(mode="json")
        for name, arm in now["arms"].items():
            if {**ran["arms"].get(name, arm), "against": arm["against"]} != arm:
                return f"arms.{name}"
        return next((key for key in _RESTS_ON if ran[key] != now[key]), None)

    @cached_property
    def results(self) -> Results:
        """Scores, curve and report of what has been run."""
        return Results(with_choice(self.loaded, self.folder), self.folder)

    @property
    def scores(self) -> list[Score]:
        """All scores, in the order of `scores.json`."""
        return self.results.scores

    @property
    def curve(self) -> Curve:
        """The fit over the rungs."""
        return self.results.curve


@dataclass
class _Runner:
    """One run of a study, step by step."""

    loaded: Loaded
    folder: Folder
    inputs: Inputs
    watcher: Watcher
    engine: Engine
    shows: bool = False  # the report, while the run goes on

    def run(self, last: int) -> None:
        problems = self.inputs.problems["train"]
        self.watcher.step("problems", f"{len(problems)} to train on")
        write_problems(self.loaded, self.folder, self.inputs)
        store.write_json(self.folder.root / "manifest.json", manifest(self.loaded))
        if last >= STEPS.index("responses"):
            self._responses(problems)
        if last >= STEPS.index("suitability"):
            self._suitability(problems)
        self.shows = last >= STEPS.index("report")
        if last >= STEPS.index("corpora"):
            self._rungs(last >= STEPS.index("students"))
        if last >= STEPS.index("scores"):
            self.watcher.step("scores", "")
            results = Results(self.loaded, self.folder)
            results.write_scores()
            if last >= STEPS.index("report"):
                self.watcher.step("report", "")
                results.write_report()

    def _rungs(self, climb: bool) -> None:
        """Corpora, and where `climb` says so students; arms that wait for the smoke test's choice come after it."""
        config = self.loaded.config
        waiting = [arm for arm in config.arms if config.waits_for_choice(arm)]
        if waiting:
            first = [rung for rung in rungs(config) if rung.arm not in waiting]
            corpora = self._corpora(first)
            if not climb:
                self.watcher.step("corpora", f"{', '.join(waiting)} wait for the smoke test's choice")
                return
            self._students(first, corpora)
            found = choose(self.loaded, self.folder)
            store.write_json(self.folder.smoke_test, found.document())
            self.watcher.step("students", f"the smoke test chose {found.teacher}")
            self.loaded = self.loaded._replace(config=config.with_choice(found.teacher))
        whole = list(rungs(self.loaded.config))
        corpora = self._corpora(whole)
        if climb:
            self._students(whole, corpora)

    def _responses(self, problems: list[Problem]) -> None:
        config = self.loaded.config
        self.watcher.step("responses", ", ".join(config.teachers))
        todo = []
        for name, teacher in config.teachers.items():
            if teacher.model is None:
                import_responses(self.loaded, self.folder, name, self.inputs)
            else:
                job = self._teacher_job(name, problems)
                if not is_done(job.responses, job.whole):
                    todo.append(Job(key=f"teacher {name}", call=jobs.answer, args=(job,)))
        self._run(todo)

    def _teacher_job(self, name: str, problems: list[Problem]) -> jobs.Answer:
        config = self.loaded.config
        teacher = config.teachers[name]
        assert teacher.model is not None
        mark = teacher_mark(self.loaded, name, problems)
        return jobs.Answer(
            model=teacher_model(self.loaded, teacher),
            name=teacher.model,
            problems=self.folder.problems("train"),
            responses=self.folder.teacher_responses(name),
            verdicts=self.folder.teacher_verdicts(name),
            samples=teacher.samples,
            batch_size=teacher.batch_size,
            sampling=sampling_of(teacher),
            prompt=config.prompt.prompt(),
            precision=config.precision,
            threads=config.train.threads,
            grading=grading_settings(self.loaded),
            mark=mark,
            whole=whole_mark(config, mark),
        )

    def _suitability(self, problems: list[Problem]) -> None:
        """Lets the untouched student read the responses of the teachers from which an arm takes the best."""
        config = self.loaded.config
        wanted = {config.teacher_of(arm) for arm in config.arms if best_column(config.arms[arm].pick)}
        if any(best_column(config.arms[arm].pick) for arm in config.arms if config.arms[arm].teacher == CHOSEN):
            wanted |= set(config.smoke_test.teachers if config.smoke_test else ())
        todo = []
        for name in sorted(
            wanted
        ):  # a mark reads the student's files and all problems: not for those that nobody asks for
            job = self._measure_job(name, problems)
            if not is_done(job.out, job.mark):
                todo.append(Job(key=f"suitability {name}", call=jobs.measure, args=(job,)))
        if wanted:
            self.watcher.step("suitability", ", ".join(sorted(wanted)))
        self._run(todo)

    def _measure_job(self, name: str, problems: list[Problem]) -> jobs.Measure:
        config, student = self.loaded.config, student_source(self.loaded)
        answers = teacher_mark(self.loaded, name, problems)
        return jobs.Measure(
            student=student,
            problems=self.folder.problems("train"),
            responses=self.folder.teacher_responses(name),
            out=self.folder.suitability(name),
            prompt=config.prompt.prompt(),
            precision=config.precision,
            threads=config.train.threads,
            mark=store.fingerprint("suitability", FORMAT, student_mark(student), answers, config.precision),
        )

    def _corpora(self, ladder: Sequence[Rung]) -> dict[str, str]:
        """Writes every corpus; the fingerprints of their rows by rung."""
        self.watcher.step("corpora", "")
        corpora = Corpora(self.loaded, self.folder, self.inputs.problems)
        return {r.key: corpora.write(r.arm, r.size, r.seed) for r in ladder}

    def _students(self, chain: Sequence[Rung], corpora: Mapping[str, str]) -> None:
        costs = {line.key: line for line in plan(self.loaded).rungs}
        sources = {key: student_source(self.loaded, name) for key, name in bases(self.loaded.config).items()}
        marks = {key: student_mark(source) for key, source in sources.items()}
        ladder = [
            self._climb(key, source, None, marks[key], costs[key].seconds, 0.0, frozenset())
            for key, source in sources.items()
        ]
        for rung in chain:
            marks[rung.key] = rung_mark(self.loaded, rung, marks[rung.start], corpora[rung.key])
            needs = frozenset() if rung.start in sources else frozenset({rung.start})
            line = costs[rung.key]
            start = sources.get(rung.start) or str(self.folder.student(rung.start))
            train = self._train_job(rung, start, marks[rung.key], line.seconds * line.training_share)
            ladder.append(
                self._climb(rung.key, str(train.out), train, marks[rung.key], line.seconds, line.training_share, needs)
            )
        todo = _missing(ladder)
        self.watcher.step("students", f"{len(ladder)} rungs, {len(ladder) - len(todo)} of them done")
        self._climb_all(chain, ladder, todo)

    def _climb_all(self, chain: Sequence[Rung], ladder: Sequence[Job], todo: Sequence[Job]) -> None:
        """Runs rungs, and the trunks that they branch off; with `stop_when` size by size, as long as it takes."""
        config = self.loaded.config
        live = Live(self.loaded, self.folder, {job.key: job.args[1] for job in ladder}, self.shows)
        trunks = Trunks(self.folder, chain, {job.key: job.args[0] for job in ladder if job.args[0] is not None})

        def heard(key: str, share: float) -> None:
            self.watcher.progress(key, share)
            if share >= 1:
                trunks.tidy()
                live.heard(key)

        stop, left = None, list(todo)
        for size, later, following in waves(config, chain):
            now, left = [job for job in left if job.key not in later], [job for job in left if job.key in later]
            # The trunk goes on to the next size while the rungs of this one are scored, if there are hands for both.
            ahead = [job for job in left if job.key in following] if len(workers(config)) > 1 else []
            trunk = (job for job in trunks.before(ahead) if job.key not in following)
            self._run([*trunks.before(now), *trunk], heard)
            stop = decide(config, live.results.outcomes, size) if left else None
            if stop is not None:
                stop = replace(stop, skipped=tuple(job.key for job in left))
                self.watcher.step("students", stop.sentence)
                break
        write_stop(self.folder, stop)

    def _climb(
        self,
        key: str,
        student: str,
        train: jobs.Train | None,
        mark: str,
        cost: float,
        share: float,
        needs: frozenset[str],
    ) -> Job:
        answers = tuple(self._answer_job(key, student, mark, name) for name in self.loaded.config.benchmarks)
        # No curve can be shown before its start is scored.
        return Job(key=key, call=jobs.climb, args=(train, answers, share), needs=needs, cost=cost, urgent=train is None)

    def _train_job(self, rung: Rung, start: str, mark: str, seconds: float) -> jobs.Train:
        trainer = self.loaded.config.trainer
        return jobs.Train(
            student=start,
            corpus=self.folder.corpus(rung.arm, rung.size, rung.seed),
            out=self.folder.student(rung.key),
            config=rung.config,
            prompt=self.loaded.config.prompt.prompt(),
            seed=rung.seed,
            mark=mark,
            command=None
            if trainer is None
            else Command(line=trainer.command, folder=self.loaded.folder, checkpoint=trainer.checkpoint),
            seconds=seconds,
            part=rung.branch,
        )

    def _answer_job(self, key: str, student: str, mark: str, name: str) -> jobs.Answer:
        config = self.loaded.config
        benchmark = config.benchmarks[name]
        mark = answer_mark(config, mark, benchmark, source_mark(self.loaded, benchmark))
        return jobs.Answer(
            model=f"local:{student}",
            name=key,
            problems=self.folder.problems(name),
            responses=self.folder.student_responses(key, name),
            verdicts=self.folder.student_verdicts(key, name),
            samples=benchmark.samples,
            batch_size=benchmark.batch_size,
            sampling=sampling_of(benchmark),
            prompt=config.prompt.prompt(),
            precision=config.precision,
            threads=config.train.threads,
            grading=grading_settings(self.loaded),
            mark=mark,
            whole=whole_mark(config, mark),
        )

    def _run(self, todo: Sequence[Job], heard: Callable[[str, float], None] | None = None) -> None:
        found = {job.key: job for job in todo}
        ready = [replace(job, needs=job.needs & found.keys()) for job in found.values()]
        if ready:
            self.watcher.jobs({job.key: job.cost for job in ready})
            self.engine(ready, workers(self.loaded.config), heard or self.watcher.progress)


def _missing(ladder: list[Job]) -> list[Job]:
    """The rungs that still have something to do. A rung whose answers are whole may have lost its checkpoint
    (disks fill up), unless a rung that has to run starts from it."""
    todo: list[Job] = []
    needed: set[str] = set()
    for job in reversed(ladder):  # a rung stands after the one that it starts from
        train, answers, _ = job.args
        answered = all(is_done(answer.responses, answer.whole) for answer in answers)
        if not answered or (job.key in needed and not is_done(train.out, train.mark)):
            todo.append(job)
            needed |= job.needs
    todo.reverse()
    return todo
