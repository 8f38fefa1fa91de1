"""The heavy steps of a study, as functions that worker processes run: answer, measure, train, evaluate.

Each is a plain function of picklable arguments that reads files and writes files, skips what is done and continues
what was cut off. A model answering training problems and a checkpoint answering a benchmark are the same function.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from thalweg import store
from thalweg.chat import Prompt
from thalweg.curate.corpus import read_corpus
from thalweg.engine.local import OnProgress
from thalweg.generate.model import Precision, Sampling, batches, generate, open_model
from thalweg.grade import Bench, Settings, grade_file
from thalweg.study.folder import begin, finish
from thalweg.train.branches import Part
from thalweg.train.command import Command, train_by_command
from thalweg.train.config import TrainConfig
from thalweg.train.job import Job as TrainJob
from thalweg.types import Problem, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A model answers problems, and is graded: a teacher's corpus, or a rung on a benchmark."""

    model: str
    name: str
    problems: Path
    responses: Path
    verdicts: Path
    samples: int
    batch_size: int
    sampling: Sampling
    prompt: Prompt
    precision: Precision
    threads: int
    grading: Settings
    mark: str
    whole: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """The untouched student reads a teacher's responses (one forward pass, no training)."""

    student: str
    problems: Path
    responses: Path
    out: Path
    prompt: Prompt
    precision: Precision
    threads: int
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Train:
    """A rung is trained from a start on a corpus, by the user's command if there is one; it may take `seconds`."""

    student: str
    corpus: Path
    out: Path
    config: TrainConfig
    prompt: Prompt
    seed: int
    mark: str
    command: Command | None = None
    seconds: float = 0.0
    part: Part | None = None  # of a branched ladder


def answer(on_progress: OnProgress, job: Answer) -> None:
    """Generates and grades."""
    if not begin(job.responses, job.mark, job.whole):
        return
    problems = store.read_all(job.problems, Problem)
    shards = store.Shards(job.responses, Response)

    def report(done: int, total: int) -> None:
        on_progress(done / total)

    if not all(shards.has(index) for index in range(len(batches(problems, job.samples, job.batch_size)))):
        model = open_model(
            job.model,
            sampling=job.sampling,
            prompt=job.prompt,
            precision=job.precision,
            threads=job.threads,
            name=job.name,
        )
        generate(problems, model, shards, job.samples, job.batch_size, report)
    write_verdicts(problems, job.responses, job.verdicts, job.grading)
    finish(job.responses, job.whole)


def write_verdicts(problems: list[Problem], responses: Path, out: Path, grading: Settings) -> None:
    """Grades every response of a folder of shards into one file; goes on where it was cut off."""
    with Bench(grading) as bench:
        grade_file({problem.id: problem for problem in problems}, responses, out, bench)


def measure(on_progress: OnProgress, job: Measure) -> None:
    """Writes a row a response: how the student sees it."""
    if not begin(job.out, job.mark):
        return
    from thalweg.suitability.files import measure_file

    measure_file(
        {problem.id: problem for problem in store.read(job.problems, Problem)},
        store.Shards(job.responses, Response).read(),
        job.out,
        job.student,
        job.prompt,
        job.precision,
        threads=job.threads,
        on_progress=lambda done, total: on_progress(done / total),
    )
    finish(job.out, job.mark)


def climb(on_progress: OnProgress, train_job: Train | None, answers: tuple[Answer, ...], training_share: float) -> None:
    """One rung: train it (not the untouched student, whose `train_job` is null), then let it answer every benchmark.

    `training_share` is the share of the time that training is expected to take, for progress alone.
    """
    if train_job is not None:
        run_training(lambda share: on_progress(share * training_share), train_job)
    done = training_share
    for job in answers:
        weight = (1 - training_share) / len(answers)
        answer(_scaled(on_progress, done, weight), job)
        done += weight


def run_training(on_progress: OnProgress, job: Train) -> None:
    """Trains unless the checkpoint is there."""
    if not begin(job.out, job.mark):
        return
    rows = read_corpus(job.corpus)
    if job.command is not None:
        asked = TrainJob(rows, job.student, job.out, job.config, job.prompt, job.seed)
        train_by_command(job.command, asked, job.out.name, job.seconds, on_progress)
        finish(job.out, job.mark)
        return
    from thalweg.train.trainer import train

    train(
        rows,
        job.student,
        job.out,
        job.config,
        job.prompt,
        seed=job.seed,
        on_step=lambda step, steps: on_progress(step / steps),
        part=job.part,
    )
    finish(job.out, job.mark)


def _scaled(on_progress: OnProgress, start: float, weight: float) -> Callable[[float], None]:
    return lambda share: on_progress(start + share * weight)
