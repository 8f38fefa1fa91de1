"""The curve of rungs that were trained elsewhere: `thalweg fit OUTSIDE.yaml`.

A rung is one of three things, and each may be measured as it comes: a checkpoint, which answers the benchmarks here; a
file of its responses, with verdicts or to be graded here; or counts alone. Where every rung has its responses, rungs
are compared on the same problems; counts are compared unpaired, and the curve says so.

    <folder of CURVE.json>/
      curve.json scores.json          as a study writes them; scores.parquet where every rung has its responses
      report.html figures/            the curve, without advice: a study's corpora and settings are not known here
      answers/                        what checkpoints answered and how it was graded, skipped when it is there

Not covered: training (`trainer: {command: ...}` of a study), and corpora: only sizes are known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from thalweg import store
from thalweg.curve.documents import curve_document, scores_document
from thalweg.curve.fit import fit, fit_scores
from thalweg.curve.intervals import wilson
from thalweg.curve.rates import outcome, score
from thalweg.engine.local import Job, cpu_workers, gpu_workers, run_jobs
from thalweg.errors import InputError
from thalweg.report.data import ReportData
from thalweg.report.html import write_report
from thalweg.study import jobs
from thalweg.study.climbs import answer_jobs
from thalweg.study.devices import Shares
from thalweg.study.folder import Folder, begin, finish, rung_key
from thalweg.study.inputs import load_source, settings_of
from thalweg.study.ladder import sampling_of, student_mark
from thalweg.study.outside_file import Outside, OutsideRung, read_outside
from thalweg.study.places import resolve, said_of
from thalweg.study.run import Engine
from thalweg.types import Cell, Cells, Curve, Outcome, Problem, Rate, Response, Score, Verdict

_NOTHING = Cell(n=0, correct=0)
_UNKNOWN = Rate(value=None, low=None, high=None)
Row = TypeVar("Row", Score, Outcome)


def fit_outside(file: Path, out: Path, engine: Engine = run_jobs) -> Curve:
    """Measures what has to be measured, fits the curve into `out`, and writes scores and report beside it.

    Raises:
        InputError: something in the user's files is wrong, or `out` lies in a study's folder.
    """
    if (out.parent / "study.yaml").exists():
        raise InputError(str(out), "lies in a study's folder, whose scores it would replace", "name another folder")
    ladder = _Ladder(read_outside(file), file.resolve().parent, str(file), Folder(out.resolve().parent / "answers"))
    ladder.answer(engine)
    scores = with_starts(list(ladder.scores()), str(file))
    counted = any(rung.correct is not None for rung in ladder.asked.rungs)
    outcomes = [] if counted else [row for rung in ladder.asked.rungs for row in ladder.outcomes(rung)]
    outcomes = with_starts(outcomes, str(file))
    first = scores[0].benchmark
    curve = fit_scores(scores, first) if counted else fit(outcomes, first)
    store.write_json(out, curve_document(curve))
    store.write_json(out.parent / "scores.json", scores_document(scores))
    (out.parent / "scores.parquet").unlink(missing_ok=True)
    if outcomes:
        store.write(out.parent / "scores.parquet", outcomes)
    arm = scores[0].arm
    write_report(
        ReportData(title=ladder.asked.title, arm=arm, scores=scores, outcomes=outcomes, curve=curve), out.parent
    )
    return curve


def with_starts(rows: list[Row], where: str) -> list[Row]:
    """Rows in which every trained arm has a start on each benchmark: its own, or that of an arm with the same start.

    Raises:
        InputError: nobody measured an arm's start.
    """
    arms = list(dict.fromkeys(row.arm for row in rows if row.size > 0))
    found = [row for row in rows if row.arm in arms]  # an arm that is nothing but a start is no curve
    for arm, start, benchmark in dict.fromkeys((row.arm, row.start, row.benchmark) for row in found):
        starts = [row for row in rows if (row.size, row.start, row.benchmark) == (0, start, benchmark)]
        if not starts:
            problem = f"no rung of size 0 that starts from '{start}' is measured on '{benchmark}'"
            raise InputError(f"{where}: rungs", problem, "add the untouched student")
        if not any(row.arm == arm for row in starts):
            one = (starts[0].arm, starts[0].seed)
            found += [replace(row, arm=arm) for row in starts if (row.arm, row.seed) == one]
    return sorted(found, key=lambda row: (arms.index(row.arm), row.size, row.seed))


@dataclass(frozen=True)
class _Ladder:
    """The rungs of a file, and what was measured of them."""

    asked: Outside
    base: Path  # what the file's paths are relative to
    where: str
    folder: Folder

    def answer(self, engine: Engine) -> None:
        """Lets every checkpoint answer every benchmark, and grades responses that came without verdicts."""
        for name, benchmark in self.asked.benchmarks.items():
            with said_of(f"{self.where}: benchmarks.{name}"):
                store.write(self.folder.problems(name), load_source(benchmark, self.base))
        todo: list[Job] = []
        devices = gpu_workers() or cpu_workers(self.asked.threads)
        shares = Shares(gpus=bool(gpu_workers()), count=len(devices), serving=1)
        for rung in self.asked.rungs:
            if rung.checkpoint is not None:
                for name in self.asked.benchmarks:
                    key = f"{self._key(rung)} on {name}"
                    todo += answer_jobs(key, {key: self._answer(rung, name)}, shares)
            elif rung.responses is not None and rung.verdicts is None:
                self._grade(rung)
        if todo:
            engine(todo, devices, lambda _key, _share, _note: None)

    def scores(self) -> Iterator[Score]:
        """One score a rung and benchmark."""
        for rung in self.asked.rungs:
            if rung.correct is not None:
                yield self._counted(rung)
                continue
            rows = list(self.outcomes(rung))
            for name in dict.fromkeys(row.benchmark for row in rows):
                benchmark = self.asked.benchmarks[name]
                yield score(
                    [row for row in rows if row.benchmark == name],
                    steps=rung.steps,
                    tokens_trained=rung.tokens,
                    distinct_problems=rung.size,
                    token_budget=benchmark.max_tokens,
                    sampling=sampling_of(benchmark).describe(),
                    prompt_hash=self.asked.prompt.prompt().hash,
                )

    def outcomes(self, rung: OutsideRung) -> Iterator[Outcome]:
        """The graded responses of a rung on its benchmarks."""
        names = self.asked.benchmarks if rung.checkpoint is not None else [self.asked.benchmark_of(rung)]
        place = {"arm": rung.arm, "start": rung.start, "size": rung.size, "seed": rung.seed}
        for name in names:
            problems = {p.id: p for p in store.read(self.folder.problems(name), Problem)}
            responses, verdicts = self._files(rung, name)
            found = {v.response_id: v for v in store.read(verdicts, Verdict)}
            for response in store.read(responses, Response):
                if response.problem_id not in problems or response.id not in found:
                    what = "no such problem in the benchmark" if response.id in found else "no verdict on it"
                    raise InputError(f"{responses}: response {response.id!r}", what, "give the files that go together")
                yield outcome(problems[response.problem_id], response, found[response.id], benchmark=name, **place)  # type: ignore[arg-type]

    def _files(self, rung: OutsideRung, name: str) -> tuple[Path, Path]:
        """Where a rung's responses and verdicts are."""
        made = self.folder.student_verdicts(self._key(rung), name)
        if rung.responses is None:
            return self.folder.student_responses(self._key(rung), name), made
        return self.base / rung.responses, made if rung.verdicts is None else self.base / rung.verdicts

    def _grade(self, rung: OutsideRung) -> None:
        name = self.asked.benchmark_of(rung)
        problems = store.read_all(self.folder.problems(name), Problem)
        responses, verdicts = self._files(rung, name)
        if not responses.exists():
            raise InputError(str(responses), "no such file", "check the path")
        mark = store.fingerprint(
            store.records_fingerprint(problems), store.file_fingerprint(responses), self.asked.grading
        )
        marker = self.folder.student_responses(self._key(rung), name)
        if begin(marker, mark):
            verdicts.unlink(missing_ok=True)
            grading = settings_of(self.asked.grading, self.base, len(cpu_workers(1)))
            jobs.write_verdicts(problems, responses, verdicts, grading)
            finish(marker, mark)

    def _answer(self, rung: OutsideRung, name: str) -> jobs.Answer:
        assert rung.checkpoint is not None
        benchmark, model = self.asked.benchmarks[name], str(resolve(self.base, rung.checkpoint))
        problems, key, prompt = self.folder.problems(name), self._key(rung), self.asked.prompt.prompt()
        content = store.records_fingerprint(store.read(problems, Problem))
        settings: Mapping[str, Any] = benchmark.model_dump(exclude={"path", "domain"})
        mark = store.fingerprint("outside", student_mark(model), content, settings, prompt.fields, self.asked.precision)
        return jobs.Answer(
            model=f"local:{model}",
            name=key,
            problems=problems,
            responses=self.folder.student_responses(key, name),
            verdicts=self.folder.student_verdicts(key, name),
            samples=benchmark.samples,
            batch_size=benchmark.batch_size,
            sampling=sampling_of(benchmark),
            prompt=prompt,
            precision=self.asked.precision,
            threads=self.asked.threads,
            grading=settings_of(self.asked.grading, self.base),
            mark=mark,
            whole=store.fingerprint(mark, self.asked.grading),
        )

    def _key(self, rung: OutsideRung) -> str:
        return rung_key(rung.arm, rung.size, rung.seed)

    def _counted(self, rung: OutsideRung) -> Score:
        """A score of counts alone. Several responses to a problem count as one, which errs on the wide side."""
        assert rung.correct is not None
        assert rung.total is not None
        problems = rung.problems or rung.total
        value = rung.correct / rung.total
        return Score(
            arm=rung.arm,
            start=rung.start,
            size=rung.size,
            seed=rung.seed,
            steps=rung.steps,
            tokens_trained=rung.tokens,
            distinct_problems=rung.size,
            benchmark=self.asked.benchmark_of(rung),
            problems=problems,
            samples=max(1, rung.total // problems),
            token_budget=0,
            sampling="unknown",
            prompt_hash="",
            pass_at_1=wilson(value, value * (1 - value) / problems, max(problems - 1, 1), problems, problems),
            completion_rate=_UNKNOWN,
            think_tag_rate=_UNKNOWN,
            loop_rate=_UNKNOWN,
            cells=Cells(
                thinking_finished=_NOTHING,
                thinking_unfinished=_NOTHING,
                direct_finished=_NOTHING,
                direct_unfinished=_NOTHING,
            ),
        )
