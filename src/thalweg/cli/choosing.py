"""Verbs that choose traces and teachers: curate, suitability, teachers."""

from pathlib import Path
from typing import Annotated

import typer

from thalweg.cli.engines import EngineOptions, RayGpus
from thalweg.cli.groups import with_groups
from thalweg.cli.options import (
    MaybePrecision,
    Out,
    Problems,
    PromptOptions,
    Rejects,
    Responses,
    Student,
    benchmark_name,
    pair,
    precision_of,
    rows,
)
from thalweg.errors import InputError


def curate(
    problems: Problems,
    responses: Responses,
    out: Out,
    verdicts: Annotated[Path | None, typer.Option(help="verdicts; needed to select by correctness")] = None,
    config: Annotated[Path | None, typer.Option(help="YAML: filters, select, pick, size, seed, prompt ...")] = None,
    suitability: Annotated[
        Path | None, typer.Option(help="rows of 'thalweg suitability'; needed for pick: best:COLUMN")
    ] = None,
    attempts: Annotated[
        Path | None, typer.Option(help="verdicts on a model's own attempts; needed for bounds on pass rates")
    ] = None,
    against: Annotated[
        list[Path] | None, typer.Option(help="a benchmark's problems, for clean: {contamination: ...}; repeatable")
    ] = None,
    student: Annotated[
        str | None, typer.Option(help="model folder whose tokenizer counts tokens; characters where absent")
    ] = None,
    rejects: Rejects = None,
) -> None:
    """Choose training rows from responses: a corpus folder with its card and the funnel of what was dropped.

    The configuration's keys are those of an arm's selection (filters, select, difficulty, per_problem, pick,
    structure, ...; see the docs), and size, seed, labels, prompt.
    """
    from thalweg import verbs
    from thalweg.cli.tables import print_funnel
    from thalweg.types import Problem, Response, Suitability, Verdict

    funnel = verbs.curate(
        rows(problems, Problem, rejects),
        rows(responses, Response, rejects),
        rows(verdicts, Verdict, rejects, key="response_id") if verdicts else [],
        out,
        verbs.read_config(config, verbs.CurateConfig),
        suitability=rows(suitability, Suitability, rejects, key="response_id") if suitability else [],
        attempts=rows(attempts, Verdict, rejects, key="response_id") if attempts else [],
        against={benchmark_name(path): rows(path, Problem, rejects) for path in against or []},
        student=student,
    )
    print_funnel(funnel)
    typer.echo(f"{out}: {funnel.examples} examples of {funnel.pool} responses")


@with_groups
def suitability(
    problems: Problems,
    responses: Responses,
    student: Student,
    out: Out,
    prompt: PromptOptions,
    engine: EngineOptions,
    ray_gpus: RayGpus = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="processes, each on its own GPU or cores (this one alone where absent)")
    ] = None,
    verdicts: Annotated[Path | None, typer.Option(help="verdicts, for the column accuracy")] = None,
    tokens_out: Annotated[Path | None, typer.Option(help="keep every token's statistics in this folder")] = None,
    local: Annotated[
        bool, typer.Option("--local", help="local surprisal too (a few sentences of context): several times the work")
    ] = False,
    tuned: Annotated[
        str | None, typer.Option(help="the student after training: how far it moved (DED's PCA shift)")
    ] = None,
    precision: MaybePrecision = None,
    rejects: Rejects = None,
) -> None:
    """Let a student read responses: a row each with its rank-surprisal ratio, surprisal, rank, entropy and more.

    One forward pass, no training. For the ratio lower is better (arXiv 2601.14249); the other columns' directions are
    printed. Run it again to go on after a kill.
    """
    from thalweg import verbs
    from thalweg.cli.tables import print_columns
    from thalweg.types import Problem, Response, Suitability, Verdict
    from thalweg.watch import counter

    with engine.mapper_or_processes(workers, ray_gpus) as mapper, counter("responses") as on_progress:
        count = verbs.suitability(
            rows(problems, Problem, rejects),
            rows(responses, Response, rejects),
            student,
            out,
            prompt.made(),
            precision_of(precision) if precision else None,
            verdicts=rows(verdicts, Verdict, rejects, key="response_id") if verdicts else [],
            tokens_out=tokens_out,
            local=local,
            mapper=mapper,
            on_progress=on_progress,
        )
    moved = verbs.shift(rows(problems, Problem, rejects), student, tuned) if tuned else None
    print_columns(rows(out, Suitability, None, key="response_id"), moved)
    typer.echo(f"{out}: {count} responses")


@with_groups
def teachers(
    problems: Problems,
    responses: Responses,
    student: Student,
    out: Out,
    prompt: PromptOptions,
    verdicts: Annotated[Path | None, typer.Option(help="verdicts, for the column accuracy")] = None,
    score: Annotated[list[str] | None, typer.Option(help="MODEL=SCORE: a teacher's own benchmark score")] = None,
    per_model: Annotated[int, typer.Option(help="responses of each model that the student reads")] = 200,
    seed: Annotated[int, typer.Option(help="seed of which responses")] = 0,
    benchmark: Annotated[Path | None, typer.Option(help="held-out problems for a smoke test")] = None,
    smoke: Annotated[
        Path | None, typer.Option(help="YAML: train, size, seeds, max_tokens. Train a student on each, and score it")
    ] = None,
    precision: MaybePrecision = None,
    rejects: Rejects = None,
) -> None:
    """Rank the models that gave the responses as teachers of a student, by every column, with intervals.

    With --benchmark and --smoke every candidate's student is trained quickly and scored (DED's smoke test), and each
    column is judged by what its choice would have cost.
    """
    from thalweg import verbs
    from thalweg.cli.tables import print_ranking
    from thalweg.types import Problem, Response, Verdict
    from thalweg.watch import counter, watch

    with counter("responses") as on_progress, watch() as watcher:
        ranking = verbs.teachers(
            rows(problems, Problem, rejects),
            rows(responses, Response, rejects),
            student,
            out,
            prompt.made(),
            precision_of(precision) if precision else None,
            per_model=per_model,
            seed=seed,
            verdicts=rows(verdicts, Verdict, rejects, key="response_id") if verdicts else [],
            teacher_scores=dict(_score(text) for text in score or []),
            benchmark=rows(benchmark, Problem, rejects) if benchmark else [],
            smoke=verbs.read_config(smoke, verbs.SmokeConfig) if smoke else None,
            on_progress=on_progress,
            watcher=watcher,
        )
    print_ranking(ranking)
    typer.echo(f"{out / 'teachers.json'}: {len(ranking.values)} models")


def _score(text: str) -> tuple[str, float]:
    model, value = pair(text, "--score")
    try:
        return model, float(value)
    except ValueError:
        raise InputError("--score", f"expected MODEL=NUMBER, got {text!r}") from None
