"""Verbs that bring responses in and judge them: import, generate, grade."""

from pathlib import Path
from typing import Annotated

import typer

from thalweg.cli.options import (
    SOURCES,
    BatchSize,
    Chat,
    GraderOption,
    MaxTokens,
    Model,
    Out,
    Precision,
    Problems,
    Rejects,
    Responses,
    Samples,
    SamplingSeed,
    System,
    Temperature,
    Template,
    TopP,
    WeakSandbox,
    pair,
    precision_of,
    prompt_of,
    rows,
    sampling_of,
)


def import_(
    source: Annotated[str, typer.Argument(help=SOURCES)],
    out: Out,
    path: Annotated[str | None, typer.Option(help="local file, or hub id where the source knows one")] = None,
    split: Annotated[str | None, typer.Option(help="split of the source")] = None,
    count: Annotated[int | None, typer.Option(help="take this many")] = None,
    column: Annotated[list[str] | None, typer.Option(help="responses: FIELD=COLUMN of the file")] = None,
    where: Annotated[list[str] | None, typer.Option(help="responses: take rows with COLUMN=VALUE")] = None,
    prefix: Annotated[str, typer.Option(help="responses: put before problem ids")] = "",
) -> None:
    """Bring problems or responses in: writes problems.jsonl, responses.jsonl, or both, under --out."""
    from thalweg import verbs

    written = verbs.import_source(
        source,
        out,
        path=path,
        split=split,
        count=count,
        columns=dict(pair(value, "--column") for value in column or []),
        where=dict(pair(value, "--where") for value in where or []),
        problem_prefix=prefix,
    )
    for file, count_written in written.items():
        typer.echo(f"{file}: {count_written} rows")


def generate(
    problems: Problems,
    model: Model,
    out: Out,
    samples: Samples = 1,
    max_tokens: MaxTokens = 2048,
    temperature: Temperature = 0.0,
    top_p: TopP = 1.0,
    seed: SamplingSeed = 0,
    batch_size: BatchSize = 32,
    template: Template = "{statement}",
    system: System = None,
    chat: Chat = True,
    precision: Precision = "fp32",
    rejects: Rejects = None,
) -> None:
    """Let a model answer problems. The responses go to a folder of shards; run it again to go on after a kill."""
    from thalweg import verbs
    from thalweg.types import Problem
    from thalweg.watch import counter

    with counter("responses") as on_batch:
        count = verbs.generate(
            rows(problems, Problem, rejects),
            model,
            out,
            samples=samples,
            sampling=sampling_of(max_tokens, temperature, top_p, seed),
            prompt=prompt_of(template, system, chat),
            precision=precision_of(precision),
            batch_size=batch_size,
            on_batch=on_batch,
        )
    typer.echo(f"{out}: {count} responses")


def grade(
    problems: Problems,
    responses: Responses,
    out: Out,
    grader: GraderOption = "native",
    judge: Annotated[
        str | None, typer.Option(help="model asked where rules cannot tell whether answers agree: local:FOLDER")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="graders side by side (one a core where absent)")] = None,
    every_test: Annotated[bool, typer.Option("--every-test", help="go on after a failed test, to count them")] = False,
    memory_mb: Annotated[int, typer.Option(help="memory of a program, in MiB of address space")] = 2048,
    interpreter: Annotated[Path | None, typer.Option(help="Python that runs the programs")] = None,
    allow_weak_sandbox: WeakSandbox = False,
    rejects: Rejects = None,
) -> None:
    """Grade responses into verdicts, in order. Run it again to go on after a kill; harness errors are tried again.

    Programs run in a sandbox: no network, no files, no processes. Formulas are compared in processes that may hang.
    """
    from thalweg import verbs
    from thalweg.types import Problem
    from thalweg.watch import grading

    settings = verbs.grading_settings(
        grader=grader,
        workers=workers,
        every_test=every_test,
        memory_mb=memory_mb,
        interpreter=interpreter,
        allow_weak=allow_weak_sandbox,
    )
    with grading() as on_progress:
        counts = verbs.grade(
            rows(problems, Problem, rejects),
            responses,
            out,
            settings,
            judge=judge,
            rejects=rejects,
            on_progress=on_progress,
        )
    typer.echo(f"{out}: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
