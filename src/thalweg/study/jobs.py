"""The heavy steps of a study, as functions that worker processes run: respond, judge, measure, train.

Each is a plain function of picklable arguments that reads files and writes files, skips what is done and continues
what was cut off. A model answering training problems and a checkpoint answering a benchmark are the same function. A
model is run here, asked behind its endpoint, or served by a vLLM server that is started for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from thalweg import store
from thalweg.chat import Prompt
from thalweg.curate.corpus import read_corpus
from thalweg.engine.local import OnProgress
from thalweg.engine.ray import RaySettings
from thalweg.generate.collect import Progress, collect
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.model import Precision, Sampling, batches, generate, open_model
from thalweg.generate.vllm import ask_served
from thalweg.generate.vllm_command import Serving
from thalweg.grade import Bench, Settings, grade_file
from thalweg.study.endpoints import Notes, check_budget
from thalweg.study.engines import mapper_of
from thalweg.study.folder import begin, finish
from thalweg.train.branches import Part
from thalweg.train.command import Command, train_by_command
from thalweg.train.config import TrainConfig
from thalweg.train.job import Job as TrainJob
from thalweg.types import Problem, Response

_ANSWERED = ".answered"  # beside collected responses: all are there


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A model answers problems, and is graded: a teacher's corpus, or a rung on a benchmark.

    `endpoint` is where the model is asked, where that is not here; `serving` how it is served, with a log in `log`.
    """

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
    endpoint: Endpoint | None = None
    serving: Serving | None = None
    log: Path | None = None
    engine: RaySettings | None = None  # where responses are graded; null for here


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
    engine: RaySettings | None = None  # where they are read; null for here


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
    respond(on_progress, job)
    judge(on_progress, job)


def respond(on_progress: OnProgress, *answers: Answer) -> None:
    """One model answers problems, of one benchmark or several. A server is started once for all of them.

    Raises:
        InputError: a budget ended the asking, an endpoint cannot be asked, or more requests failed than may. What
            came is kept, and a run goes on from there.
        ServerError: the model's server did not start, or died twice.
    """
    todo = [job for job in answers if begin(job.responses, job.mark, job.whole) and not has_responses(job)]
    if not todo:
        return
    first = todo[0]
    if first.endpoint is not None:
        _ask(on_progress, todo, first.endpoint)
    elif first.serving is not None:
        assert first.log is not None
        ask_served(
            first.model.partition(":")[2],
            first.serving,
            lambda endpoint: _ask(on_progress, todo, endpoint),
            prompt=first.prompt,
            precision=first.precision,
            log=first.log,
        )
    else:
        for place, job in enumerate(todo):
            _run(_part(on_progress, place, len(todo)), job)


def has_responses(job: Answer) -> bool:
    """Whether every response is there, graded or not."""
    if job.endpoint is not None or job.serving is not None:  # a collection leaves its shards last
        return store.done(job.responses / _ANSWERED, job.mark)
    shards = store.Shards(job.responses, Response)
    needed = batches(store.read_all(job.problems, Problem), job.samples, job.batch_size)
    return all(shards.has(index) for index in range(len(needed)))


def judge(on_progress: OnProgress, job: Answer) -> None:
    """Grades the responses of an answer, which is whole then."""
    if not begin(job.responses, job.mark, job.whole):
        return
    assert has_responses(job), f"{job.responses} is not whole"
    problems = store.read_all(job.problems, Problem)
    write_verdicts(
        problems,
        job.responses,
        job.verdicts,
        job.grading,
        job.engine,
        lambda done, total, _: on_progress(done / max(total, 1)),
    )
    finish(job.responses, job.whole)


def _run(on_progress: OnProgress, job: Answer) -> None:
    """Runs a model here, batch by batch."""
    model = open_model(
        job.model,
        sampling=job.sampling,
        prompt=job.prompt,
        precision=job.precision,
        threads=job.threads,
        name=job.name,
    )
    problems, shards = store.read_all(job.problems, Problem), store.Shards(job.responses, Response)
    generate(problems, model, shards, job.samples, job.batch_size, lambda done, total: on_progress(done / total))


def _ask(on_progress: OnProgress, todo: Sequence[Answer], endpoint: Endpoint) -> None:
    """Asks a model behind an endpoint. The mark is set last, so that a restart asks for what is missing."""
    for place, job in enumerate(todo):
        heard, problems = _part(on_progress, place, len(todo)), store.read_all(job.problems, Problem)
        found = collect(
            problems,
            endpoint,
            name=job.name,
            sampling=job.sampling,
            prompt=job.prompt,
            samples=job.samples,
            out=job.responses,
            on_progress=_teller(heard),
        )
        check_budget(found, endpoint.where, len(problems) * job.samples, endpoint)
        store.mark_done(job.responses / _ANSWERED, job.mark)


def _teller(heard: OnProgress) -> Callable[[Progress], None]:
    """Passes a collection's progress on: the share, and how fast it goes, what it costs, and what failed."""
    notes = Notes()

    def tell(told: Progress) -> None:
        heard(told.done / max(told.total, 1), ", ".join(filter(None, (notes(told), told.note))))

    return tell


def _part(on_progress: OnProgress, place: int, parts: int) -> OnProgress:
    """Progress of one of several equal parts."""

    def report(share: float, note: str = "") -> None:
        on_progress((place + share) / parts, note)

    return report


def write_verdicts(
    problems: list[Problem],
    responses: Path,
    out: Path,
    grading: Settings,
    engine: RaySettings | None = None,
    on_progress: Callable[[int, int, Mapping[str, int]], None] | None = None,
) -> None:
    """Grades every response of a folder of shards into one file; goes on where it was cut off."""
    by_id = {problem.id: problem for problem in problems}
    with mapper_of(engine) as mapper, Bench(grading) as bench:
        grade_file(by_id, responses, out, bench, mapper=mapper, on_progress=on_progress)


def measure(on_progress: OnProgress, job: Measure) -> None:
    """Writes a row a response: how the student sees it."""
    if not begin(job.out, job.mark):
        return
    from thalweg.suitability.files import measure_file

    with mapper_of(job.engine) as mapper:
        measure_file(
            {problem.id: problem for problem in store.read(job.problems, Problem)},
            store.Shards(job.responses, Response).read(),
            job.out,
            job.student,
            job.prompt,
            job.precision,
            threads=job.threads,
            mapper=mapper,
            on_progress=lambda done, total: on_progress(done / total),
        )
    finish(job.out, job.mark)


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
