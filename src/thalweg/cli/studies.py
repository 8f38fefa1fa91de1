"""Verbs on whole studies: init, plan, run, status, report, view."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thalweg.cli.options import Out, Seeds, StudyPath, pair, study_of

if TYPE_CHECKING:
    from thalweg.study.run import Study


def init(
    name: Annotated[str, typer.Argument(help="a recipe; without one the recipes are listed")] = "",
    folder: Annotated[Path | None, typer.Argument(help="folder of the new study (NAME where absent)")] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="change a key, such as student=/models/mine")
    ] = None,
) -> None:
    """Copy a commented study file from the package, to run as it is or to edit."""
    from thalweg import recipes

    if not name:
        for recipe, line in recipes.listing().items():
            typer.echo(f"{recipe:18} {line}")
        return
    file = recipes.copy(name, folder or Path(name), dict(pair(value, "--set") for value in values or []))
    typer.echo(f"{file}: written. Next: thalweg plan {file.parent}, then thalweg run {file.parent}")


def plan(
    study: StudyPath,
    seeds: Seeds = None,
    resolve: Annotated[
        float | None, typer.Option(help="a difference of pass@1 to resolve, such as 0.02: what would it take?")
    ] = None,
    pilot: Annotated[
        int | None, typer.Option(min=2, help="ask so many requests of each endpoint, and price the rest by them")
    ] = None,
) -> None:
    """Say what a study will run, cost and be able to tell, and what is already done.

    Writes nothing, but for the answers to a --pilot, which the run does not ask again.
    """
    from thalweg.watch import piloting, print_plan

    loaded = study_of(study, seeds)
    if pilot is not None:
        with piloting() as heard:
            loaded.pilot(pilot, heard)
    print_plan(loaded.plan(), loaded.resolution(resolve))


def run(
    study: StudyPath,
    seeds: Seeds = None,
    until: Annotated[
        str, typer.Option(help="last step: problems, responses, corpora, students, scores or report")
    ] = "report",
) -> None:
    """Run what is missing of a study: answer, grade, curate, train, evaluate, fit, report. Safe to kill and repeat."""
    from thalweg.watch import watch

    loaded = study_of(study, seeds)
    with watch() as watcher:
        loaded.run(until, watcher=watcher)  # type: ignore[arg-type]  # the study checks the name of the step
    if until == "report":
        _say_next(loaded)
        typer.echo(f"report: {loaded.folder.root / 'report.html'}")


def status(study: StudyPath, seeds: Seeds = None) -> None:
    """Show how far each rung of a study is."""
    from thalweg.watch import print_status

    print_status(study_of(study, seeds))


def merge(
    studies: Annotated[list[Path], typer.Argument(metavar="STUDY", help="folders of studies that ran")],
    out: Out,
) -> None:
    """Make one study of several: more seeds, sizes or arms, run apart. What is done is not run again."""
    from thalweg import verbs

    done = verbs.merge(studies, out)
    left = f"; nobody has run {', '.join(done.missing)}" if done.missing else ""
    typer.echo(f"{done.folder}: {done.rungs} rungs{left}. Next: thalweg run {done.folder}")


def report(study: StudyPath, seeds: Seeds = None) -> None:
    """Write scores, curve, advice and report again from what is on disk."""
    loaded = study_of(study, seeds)
    page = loaded.report()
    _say_next(loaded)
    typer.echo(f"report: {page}")


def view(
    study: StudyPath,
    port: Annotated[int, typer.Option(help="port on this machine; 0 takes a free one")] = 0,
) -> None:
    """Browse a study's problems, responses, verdicts, corpora and report: on this machine alone, read-only."""
    from thalweg.view.server import view as serve

    serve(study if study.is_dir() else study.parent, port=port)


def _say_next(study: "Study") -> None:
    """What the report advises first."""
    from thalweg.report.advice import sentence

    if (found := study.results.advice) is not None:
        typer.echo(f"next: {sentence(found)}")
