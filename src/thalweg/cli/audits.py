"""`thalweg audit`: graders, duplicates, contamination."""

from typing import Annotated

import typer

from thalweg.cli.options import Out, Problems, Rejects, Responses, WeakSandbox, rows


def graders(
    problems: Problems,
    responses: Responses,
    out: Out,
    workers: Annotated[int | None, typer.Option(help="graders side by side (one a core where absent)")] = None,
    allow_weak_sandbox: WeakSandbox = False,
    rejects: Rejects = None,
) -> None:
    """Grade programs with both graders, native and lcb, and list every disagreement with its likely cause.

    Only problems that the official LiveCodeBench grader could hold are compared: checks stdin and call.
    """
    from thalweg import verbs
    from thalweg.types import Problem
    from thalweg.watch import counter, print_audit

    settings = verbs.grading_settings(workers=workers, allow_weak=allow_weak_sandbox)
    with counter("responses") as on_count:
        found = verbs.audit_graders(rows(problems, Problem, rejects), responses, out, settings, rejects, on_count)
    print_audit(found)
    typer.echo(f"{out}: {found.disagreements} disagreements in {found.compared} responses")
