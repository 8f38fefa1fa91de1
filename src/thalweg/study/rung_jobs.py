"""What each job of a study is given: teachers that answer, trainings, rungs that answer benchmarks.

How they become jobs of an engine, in which order and on which devices, is `climbs.py`.
"""

from collections.abc import Mapping, Sequence

from thalweg import store
from thalweg.engine.local import Job, cpu_workers
from thalweg.engine.schedule import SIDE_BY_SIDE
from thalweg.generate.vllm_command import Serving
from thalweg.study import jobs
from thalweg.study.climbs import Climb, answer_jobs
from thalweg.study.config import Loaded
from thalweg.study.data import teacher_mark
from thalweg.study.devices import Shares
from thalweg.study.folder import Folder, is_done
from thalweg.study.inputs import grading_settings, source_mark
from thalweg.study.ladder import FORMAT, Rung, answer_mark, bases, rung_mark, sampling_of, student_mark, whole_mark
from thalweg.study.pace import answer_tokens, answers
from thalweg.study.places import endpoint_of_teacher, student_source, teacher_model, teacher_name
from thalweg.study.plan import RungPlan
from thalweg.train.command import Command
from thalweg.types import Problem


class JobMaker:
    """Makes the jobs of one study."""

    def __init__(self, loaded: Loaded, folder: Folder) -> None:
        self._loaded, self._folder, self.shares = loaded, folder, Shares.of(loaded.config)
        cores = len(cpu_workers(1))
        self._grading = grading_settings(loaded, workers=max(1, cores // SIDE_BY_SIDE) if self.shares.gpus else 1)
        config = loaded.config
        self._engine = config.ray.settings() if config.engine == "ray" else None
        serve = loaded.config.serve
        self._serving = serve.serving(loaded.folder) if serve else None

    # ----------------------------------------------------------------------- teachers

    def teacher(self, name: str, problems: list[Problem]) -> list[Job]:
        """A teacher that is a model answers, unless it has; one behind an endpoint needs no device."""
        answer = self._teacher_answer(name, problems)
        if is_done(answer.responses, answer.whole):
            return []
        key = f"teacher {name}"
        return answer_jobs(key, {key: answer}, self.shares)

    def _teacher_answer(self, name: str, problems: list[Problem]) -> jobs.Answer:
        config = self._loaded.config
        teacher = config.teachers[name]
        assert teacher.model is not None
        mark, served = teacher_mark(self._loaded, name, problems), teacher.is_served
        return jobs.Answer(
            model=teacher_model(self._loaded, teacher),
            name=teacher_name(teacher),
            problems=self._folder.problems("train"),
            responses=self._folder.teacher_responses(name),
            verdicts=self._folder.teacher_verdicts(name),
            samples=teacher.samples,
            batch_size=teacher.batch_size,
            sampling=sampling_of(teacher),
            prompt=config.prompt.prompt(),
            precision=config.precision,
            threads=config.train.threads,
            grading=self._grading,
            mark=mark,
            whole=whole_mark(config, mark),
            endpoint=endpoint_of_teacher(self._loaded, name),
            engine=self._engine,
            serving=(self._serving or Serving()) if served else None,
            log=self._folder.server_log(f"teacher-{name}") if served else None,
        )

    def suitability(self, name: str, problems: list[Problem]) -> list[Job]:
        """The untouched student reads a teacher's responses, unless it has."""
        config, student = self._loaded.config, student_source(self._loaded)
        answers = teacher_mark(self._loaded, name, problems)
        job = jobs.Measure(
            student=student,
            problems=self._folder.problems("train"),
            responses=self._folder.teacher_responses(name),
            out=self._folder.suitability(name),
            prompt=config.prompt.prompt(),
            precision=config.precision,
            threads=config.train.threads,
            mark=store.fingerprint("suitability", FORMAT, student_mark(student), answers, config.precision),
            engine=self._engine and config.ray.settings(config.ray.gpus),
        )
        devices = 1 if self._engine is None else 0
        done = is_done(job.out, job.mark)
        return [] if done else [Job(key=f"suitability {name}", call=jobs.measure, args=(job,), devices=devices)]

    # ----------------------------------------------------------------------- rungs

    def ladder(self, chain: Sequence[Rung], corpora: Mapping[str, str], costs: Mapping[str, RungPlan]) -> list[Climb]:
        """The untouched students and all rungs, in the order in which they can run.

        `corpora` holds the fingerprints of their rows, `costs` the plan's lines, both by rung.
        """
        config = self._loaded.config
        sources = {key: student_source(self._loaded, name) for key, name in bases(config).items()}
        marks = {key: student_mark(source) for key, source in sources.items()}
        found = [self._climb(key, source, marks[key], costs[key], None) for key, source in sources.items()]
        for rung in chain:
            marks[rung.key] = rung_mark(self._loaded, rung, marks[rung.start], corpora[rung.key])
            line = costs[rung.key]
            start = sources.get(rung.start) or str(self._folder.student(rung.start))
            train = self._train(rung, start, marks[rung.key], line.seconds * line.training_share)
            needs = frozenset() if rung.start in sources else frozenset({rung.start})
            found.append(self._climb(rung.key, str(train.out), marks[rung.key], line, train, needs))
        return found

    def _climb(
        self,
        key: str,
        student: str,
        mark: str,
        line: RungPlan,
        train: jobs.Train | None,
        needs: frozenset[str] = frozenset(),
    ) -> Climb:
        benchmarks = self._loaded.config.benchmarks
        return Climb(
            key=key,
            train=train,
            answers={name: self._answer(key, student, mark, name) for name in benchmarks},
            weights={name: answers(asked) * answer_tokens(asked) for name, asked in benchmarks.items()},
            needs=needs,
            seconds=line.seconds,
            training_share=line.training_share,
        )

    def _train(self, rung: Rung, start: str, mark: str, seconds: float) -> jobs.Train:
        trainer = self._loaded.config.trainer
        return jobs.Train(
            student=start,
            corpus=self._folder.corpus(rung.arm, rung.size, rung.seed),
            out=self._folder.student(rung.key),
            config=rung.config,
            prompt=self._loaded.config.prompt.prompt(),
            seed=rung.seed,
            mark=mark,
            command=None
            if trainer is None
            else Command(line=trainer.command, folder=self._loaded.folder, checkpoint=trainer.checkpoint),
            seconds=seconds,
            part=rung.branch,
        )

    def _answer(self, key: str, student: str, mark: str, name: str) -> jobs.Answer:
        config = self._loaded.config
        benchmark = config.benchmarks[name]
        mark = answer_mark(config, mark, benchmark, source_mark(self._loaded, benchmark))
        return jobs.Answer(
            model=f"local:{student}",
            name=key,
            problems=self._folder.problems(name),
            responses=self._folder.student_responses(key, name),
            verdicts=self._folder.student_verdicts(key, name),
            samples=benchmark.samples,
            batch_size=benchmark.batch_size,
            sampling=sampling_of(benchmark),
            prompt=config.prompt.prompt(),
            precision=config.precision,
            threads=config.train.threads,
            grading=self._grading,
            mark=mark,
            whole=whole_mark(config, mark),
            engine=self._engine,
            serving=self._serving,
            log=self._folder.server_log(key) if config.serve else None,
        )
