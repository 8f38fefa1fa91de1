"""The verb that judges responses."""

from pathlib import Path
from typing import Annotated

import typer

from thalweg.cli.engines import EngineOptions
from thalweg.cli.groups import with_groups
from thalweg.cli.options import (
    GraderOption,
    Out,
    Problems,
    Rejects,
    Responses,
    WeakSandbox,
    rows,
)


@with_groups
def grade(
    problems: Problems,
    responses: Responses,
    out: Out,
    engine: EngineOptions,
    grader: GraderOption = "native",
    judge: Annotated[
        str | None, typer.Option(help="model asked where rules cannot tell: local:FOLDER or endpoint:URL#MODEL")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="graders side by side (one a core where absent); on Ray, at most")
    ] = None,
    every_test: Annotated[bool, typer.Option("--every-test", help="go on after a failed test, to count them")] = False,
    memory_mb: Annotated[int, typer.Option(help="memory of a program, in MiB of address space")] = 2048,
    interpreter: Annotated[Path | None, typer.Option(help="Python that runs the programs")] = None,
    allow_weak_sandbox: WeakSandbox = False,
    rejects: Rejects = None,
) -> None:
    """Grade responses into verdicts, in order. Run it again to go on after a kill; harness errors are tried again.

    Programs run in a sandbox: no network, no files, no processes. Formulas are compared in processes that may hang.
    With --engine ray the workers of a cluster grade, each behind its own sandbox, and this process writes.
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
    with engine.mapper(workers) as mapper, grading() as on_progress:
        counts = verbs.grade(
            rows(problems, Problem, rejects),
            responses,
            out,
            settings,
            judge=judge,
            mapper=mapper,
            rejects=rejects,
            on_progress=on_progress,
        )
    typer.echo(f"{out}: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
