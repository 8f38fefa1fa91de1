"""A study: load, plan, run, report. The one place where the stages meet.

from thalweg import Study
curve = Study.load("study.yaml").run().curve
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from thalweg import store
from thalweg.curate.selection import best_column
from thalweg.engine.local import Heard, Job, run_jobs
from thalweg.errors import InputError
from thalweg.generate.prompts import first_prompts
from thalweg.study.arms import CHOSEN
from thalweg.study.branches import Trunks
from thalweg.study.choice import choose, with_choice
from thalweg.study.climbs import Climb, climb_jobs, missing
from thalweg.study.config import Loaded, StudyConfig, load, parse
from thalweg.study.data import Corpora, import_responses, write_problems
from thalweg.study.devices import check_devices, devices, side_by_side
from thalweg.study.engines import with_cluster
from thalweg.study.folder import Folder, locked, sweep
from thalweg.study.inputs import Inputs, read_inputs
from thalweg.study.ladder import Rung, rungs
from thalweg.study.live import Live
from thalweg.study.manifest import manifest
from thalweg.study.paid import check_paid
from thalweg.study.plan import Plan, plan
from thalweg.study.results import Results
from thalweg.study.rung_jobs import JobMaker
from thalweg.study.stopping import decide, waves, write_stop
from thalweg.types import Curve, Problem, Score

if TYPE_CHECKING:
    from thalweg.generate.collect import Progress
    from thalweg.study.resolution import Resolution

Step: TypeAlias = Literal["problems", "responses", "suitability", "corpora", "students", "scores", "report"]
Engine: TypeAlias = Callable[[Sequence[Job], Sequence[Mapping[str, str]], Heard], Mapping[str, Any]]
STEPS: tuple[Step, ...] = get_args(Step)
_RESTS_ON = (
    "student", "students", "precision", "prompt", "problems", "teachers", "benchmarks", "train", "trainer", "grading",
    "serve", "difficulty", "filters", "clean", "smoke_test", "ladder", "branch_at",
)  # fmt: skip


class Watcher:
    """Hears how a run goes; the command line draws it. All methods may be left as they are."""

    def step(self, name: Step, detail: str) -> None:
        """A step of the study begins."""

    def prompt(self, text: str) -> None:
        """The first prompt of a kind of problem, whole, before anybody is asked."""

    def jobs(self, costs: Mapping[str, float]) -> None:
        """These jobs are about to run; costs are expected seconds."""

    def progress(self, key: str, share: float, note: str = "") -> None:
        """A job is this far; `note` is what else it tells (dollars, requests a second)."""


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

    def pilot(self, requests: int, on_progress: "Callable[[str, Progress], None] | None" = None) -> list[str]:
        """Asks every endpoint that is not done so many of its requests, for `plan`; the run does not ask them again."""
        from thalweg.study.pilot import run_pilots

        return run_pilots(self.loaded, requests, on_progress)

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
            InputError: something in the user's files is wrong, a job needs more GPUs than there are, or another
                process runs this study.
            JobsError: a rung failed for another reason; the others are kept.
        """
        if until not in STEPS:
            raise InputError("--until", f"no step {until!r}", f"use one of {', '.join(STEPS)}")
        config = self.loaded.config
        ray = config.ray if config.engine == "ray" else None
        with locked(self.folder), with_cluster(engine, ray) as run:
            sweep(self.folder)
            check_devices(self.loaded)
            inputs = read_inputs(self.loaded, self.folder)
            check_paid(self.loaded, self.folder, inputs.problems["train"])
            _Runner(self.loaded, self.folder, inputs, watcher or Watcher(), run).run(STEPS.index(until))
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
        ran, now = _rests_on(before), _rests_on(self.loaded.config)
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


def _rests_on(config: StudyConfig) -> dict[str, Any]:
    """A study's keys, of its teachers and its model server only what answers depend on."""
    teachers = {name: teacher.asked() for name, teacher in config.teachers.items()}
    return config.model_dump(mode="json") | {
        "teachers": teachers,
        "serve": config.serve.asked() if config.serve else None,
    }


@dataclass
class _Runner:
    """One run of a study, step by step."""

    loaded: Loaded
    folder: Folder
    inputs: Inputs
    watcher: Watcher
    engine: Engine
    shows: bool = False  # the report, while the run goes on
    shown: set[str] = field(default_factory=set)  # the kinds of problem whose first prompt the user has seen

    @property
    def maker(self) -> JobMaker:
        """Makes this run's jobs; the study is another one once its smoke test has chosen."""
        return JobMaker(self.loaded, self.folder)

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
        todo: list[Job] = []
        for name, teacher in config.teachers.items():
            if teacher.model is None:
                import_responses(self.loaded, self.folder, name, self.inputs)
            else:
                todo += self.maker.teacher(name, problems)
        self._run(todo)

    def _suitability(self, problems: list[Problem]) -> None:
        """Lets the untouched student read the responses of the teachers from which an arm takes the best."""
        config = self.loaded.config
        wanted = {config.teacher_of(arm) for arm in config.arms if best_column(config.arms[arm].pick)}
        if any(best_column(config.arms[arm].pick) for arm in config.arms if config.arms[arm].teacher == CHOSEN):
            wanted |= set(config.smoke_test.teachers if config.smoke_test else ())
        # A mark reads the student's files and all problems: not for those that nobody asks for.
        todo = [job for name in sorted(wanted) for job in self.maker.suitability(name, problems)]
        if wanted:
            self.watcher.step("suitability", ", ".join(sorted(wanted)))
        self._run(todo)

    def _corpora(self, ladder: Sequence[Rung]) -> dict[str, str]:
        """Writes every corpus; the fingerprints of their rows by rung."""
        self.watcher.step("corpora", "")
        corpora = Corpora(self.loaded, self.folder, self.inputs.problems)
        return {r.key: corpora.write(r.arm, r.size, r.seed) for r in ladder}

    def _students(self, chain: Sequence[Rung], corpora: Mapping[str, str]) -> None:
        ladder = self.maker.ladder(chain, corpora, {line.key: line for line in plan(self.loaded).rungs})
        todo = missing(ladder)
        self.watcher.step("students", f"{len(ladder)} rungs, {len(ladder) - len(todo)} of them done")
        self._climb_all(chain, ladder, todo)

    def _climb_all(self, chain: Sequence[Rung], ladder: Sequence[Climb], todo: Sequence[Climb]) -> None:
        """Runs rungs, and the trunks that they branch off; with `stop_when` size by size, as long as it takes."""
        config, shares = self.loaded.config, self.maker.shares
        live = Live(
            self.loaded, self.folder, {climb.key: tuple(climb.answers.values()) for climb in ladder}, self.shows
        )
        trains = {climb.key: climb.train for climb in ladder if climb.train is not None}
        trunks = Trunks(self.folder, chain, trains, shares)

        def heard(key: str, share: float, note: str) -> None:
            self.watcher.progress(key, share, note)
            if share >= 1:
                trunks.tidy()
                live.heard(key.partition(" ")[0])  # a rung's jobs are called after it

        stop, left = None, list(todo)
        for size, later, following in waves(config, chain):
            now, left = [rung for rung in left if rung.key not in later], [rung for rung in left if rung.key in later]
            # The trunk goes on to the next size while the rungs of this one are scored, if there are hands for both.
            ahead = [rung for rung in left if rung.key in following] if side_by_side(config) > 1 else []
            stretches, climbs = trunks.before(now)
            self._run(
                [*stretches, *(job for climb in climbs for job in climb_jobs(climb, shares)), *trunks.before(ahead)[0]],
                heard,
            )
            stop = decide(config, live.results.outcomes, size) if left else None
            if stop is not None:
                stop = replace(stop, skipped=tuple(rung.key for rung in left))
                self.watcher.step("students", stop.sentence)
                break
        write_stop(self.folder, stop)

    def _show_prompts(self) -> None:
        """Shows once what models are asked; the chat template of a student's tokenizer, if any, comes around it."""
        prompt, sets_ = self.loaded.config.prompt.prompt(), self.inputs.problems.values()
        for shown in first_prompts((problem for problems in sets_ for problem in problems), prompt):
            if shown.kind not in self.shown:
                self.watcher.prompt(shown.text(prompt))
                self.shown.add(shown.kind)

    def _run(self, todo: Sequence[Job], heard: Heard | None = None) -> None:
        found = {job.key: job for job in todo}
        ready = [replace(job, needs=job.needs & found.keys()) for job in found.values()]
        if ready:
            self._show_prompts()
            self.watcher.jobs({job.key: job.cost for job in ready})
            self.engine(ready, devices(self.loaded.config), heard or self.watcher.progress)
