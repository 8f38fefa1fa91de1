"""The verbs of the loop on plain files that judge and train: grade, train, evaluate, fit."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from thalweg import store
from thalweg.chat import Prompt
from thalweg.curate.corpus import read_corpus
from thalweg.engine.local import cpu_workers
from thalweg.engine.map import Mapper
from thalweg.errors import InputError
from thalweg.grade import Bench, GraderName, Settings, check_gradable, grade_file
from thalweg.grade.files import OnProgress
from thalweg.miniature import STUDENTS, student_folder
from thalweg.types import Outcome, Problem, Response, Score, Verdict
from thalweg.verbs.generating import generate, open_judge
from thalweg.verbs.rows import OnCount, read_config, setting_aside

if TYPE_CHECKING:
    from thalweg.train.trainer import TrainResult


def grading_settings(
    *,
    grader: str = "native",
    workers: int | None = None,
    every_test: bool = False,
    memory_mb: int = 2048,
    interpreter: Path | None = None,
    bubblewrap: bool | None = None,
    allow_weak: bool = False,
) -> Settings:
    """How answers are judged; as many workers as cores where null."""
    if grader not in get_args(GraderName):
        raise InputError("--grader", f"no grader {grader!r}", f"use one of {', '.join(get_args(GraderName))}")
    return Settings(
        grader=grader,  # type: ignore[arg-type]  # checked above
        workers=workers or len(cpu_workers(1)),
        every_test=every_test,
        memory_mb=memory_mb,
        interpreter=interpreter,
        bubblewrap=bubblewrap,
        allow_weak=allow_weak,
    )


def grade(
    problems: Sequence[Problem],
    responses: Path,
    out: Path,
    settings: Settings | None = None,
    *,
    judge: str | None = None,
    mapper: Mapper | None = None,
    rejects: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Mapping[str, int]:
    """Grades a file of responses into a file of verdicts, going on where it was cut off; verdicts by status.

    A `mapper` (`thalweg.study.engines`) grades elsewhere; the same file comes of it.
    """
    with Bench(settings or grading_settings()) as bench, setting_aside(rejects) as on_bad:
        return grade_file(
            {problem.id: problem for problem in problems},
            responses,
            out,
            bench,
            judge=open_judge(judge) if judge else None,
            mapper=mapper,
            on_progress=on_progress,
            on_bad=on_bad,
        )


def train(
    corpus: Path,
    student: str,
    out: Path,
    config: Path | None,
    prompt: Prompt,
    seed: int = 0,
    on_step: OnCount | None = None,
) -> "TrainResult":
    """Fine-tunes a student (a folder, a hub id, or the name of an embedded one) on a corpus folder."""
    from thalweg.train.config import TrainConfig
    from thalweg.train.trainer import train as run

    student = str(student_folder(student)) if student in STUDENTS else student
    return run(read_corpus(corpus), student, out, read_config(config, TrainConfig), prompt, seed=seed, on_step=on_step)


def evaluate(
    problems: Sequence[Problem], model: str, out: Path, grading: Settings | None = None, **settings: Any
) -> Score:
    """Scores a model on problems; settings as for `generate`. Leaves responses/, verdicts.jsonl, scores.*."""
    from thalweg.curve.documents import scores_document
    from thalweg.curve.rates import outcome, score

    grading = grading or grading_settings()
    with Bench(grading) as bench:
        check_gradable(problems, bench)  # rather before the answers than after
    generate(problems, model, out / "responses", **settings)
    responses = list(store.Shards(out / "responses", Response).read())
    grade(problems, out / "responses", out / "verdicts.jsonl", grading)
    verdicts = {v.response_id: v for v in store.read(out / "verdicts.jsonl", Verdict)}
    by_id = {problem.id: problem for problem in problems}
    benchmark = problems[0].source or "problems"
    outcomes = [
        outcome(by_id[r.problem_id], r, verdicts[r.id], arm=model, start="base", size=0, seed=0, benchmark=benchmark)
        for r in responses
    ]
    result = score(
        outcomes,
        steps=0,
        tokens_trained=0,
        distinct_problems=0,
        token_budget=settings["sampling"].max_tokens,
        sampling=settings["sampling"].describe(),
        prompt_hash=settings["prompt"].hash,
    )
    store.write_json(out / "scores.json", scores_document([result]))
    store.write(out / "scores.parquet", outcomes)
    return result


def fit(scores: Path, out: Path) -> None:
    """Fits the curve over the rungs of a `scores.json`, paired where `scores.parquet` lies beside it."""
    from thalweg.curve.documents import curve_document, read_scores
    from thalweg.curve.fit import fit as fit_outcomes
    from thalweg.curve.fit import fit_scores

    rows = read_scores(scores)
    beside = scores.with_name("scores.parquet")
    if beside.exists():
        curve = fit_outcomes(list(store.read(beside, Outcome)), benchmark=rows[0].benchmark)
    else:
        curve = fit_scores(rows)
    store.write_json(out, curve_document(curve))
