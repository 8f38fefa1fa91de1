"""`thalweg audit student`: before, in or past the valley, or broken."""

from pathlib import Path
from typing import Annotated

import typer

from thalweg.cli.groups import with_groups
from thalweg.cli.options import Problems, PromptOptions, Responses, rows


@with_groups
def student(
    start: Annotated[str, typer.Option(help="what it was trained from: folder, hub id, or an embedded student")],
    student: Annotated[Path, typer.Option(help="the checkpoint's folder")],
    corpus: Annotated[Path, typer.Option(help="what it was trained on: a corpus folder")],
    problems: Problems,
    responses: Responses,
    verdicts: Annotated[Path, typer.Option(help="verdicts on these responses")],
    prompt: PromptOptions,
    start_responses: Annotated[Path | None, typer.Option(help="the start's responses to the same problems")] = None,
    start_verdicts: Annotated[Path | None, typer.Option(help="verdicts on the start's responses")] = None,
    pool: Annotated[Path | None, typer.Option(help="the teacher's responses, those not trained on among them")] = None,
    pool_problems: Annotated[Path | None, typer.Option(help="the problems of these responses")] = None,
    metrics: Annotated[Path | None, typer.Option(help="metrics.jsonl (that of the checkpoint where absent)")] = None,
) -> None:
    """Say whether a checkpoint is before, in or past the valley, or broken: what is at fault, and what to do.

    Reads a few dozen rows and prompts with start and checkpoint; trains nothing.
    """
    from thalweg.errors import InputError
    from thalweg.types import Problem
    from thalweg.verbs.diagnosis import audit_student

    if pool is not None and pool_problems is None:
        raise InputError("--pool", "the problems of these responses are missing", "give --pool-problems")
    _, told = audit_student(
        start,
        student,
        corpus,
        rows(problems, Problem, None),
        responses,
        verdicts,
        start_responses=start_responses,
        start_verdicts=start_verdicts,
        pool=pool,
        pool_problems=rows(pool_problems, Problem, None) if pool_problems else (),
        metrics=metrics,
        prompt=prompt.made(),
    )
    typer.echo(told)
