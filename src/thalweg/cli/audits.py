"""`thalweg audit`: graders, duplicates, contamination."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thalweg.cli.options import (
    MaybeProblems,
    MaybeResponses,
    Out,
    Problems,
    Rejects,
    Responses,
    WeakSandbox,
    benchmark_name,
    rows,
)
from thalweg.errors import InputError

if TYPE_CHECKING:
    from thalweg.types import Problem, Response


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


def duplicates(
    out: Out,
    problems: MaybeProblems = None,
    responses: MaybeResponses = None,
    threshold: Annotated[float, typer.Option(help="Jaccard similarity of five-word shingles")] = 0.8,
) -> None:
    """Find problems, or responses, that repeat each other, exactly or nearly: duplicates.jsonl under --out.

    Near-duplicates are proposed by MinHash and verified by their true similarity.
    """
    from thalweg import verbs

    path, kind = _one_of(problems, responses)
    found = verbs.audit_duplicates(path, out, kind, threshold)
    for name in ("exact", "near"):
        typer.echo(f"{sum(one.kind == name for one in found.duplicates)} {name} duplicates in {found.items} rows")
    typer.echo(f"{out / 'duplicates.jsonl'}: written")


def contamination(
    out: Out,
    against: Annotated[list[Path], typer.Option(help="a benchmark's problems; repeatable")],
    problems: MaybeProblems = None,
    responses: MaybeResponses = None,
    config: Annotated[Path | None, typer.Option(help="YAML: exact, ngrams, near, common, overlap, symbols")] = None,
    embedder: Annotated[str | None, typer.Option(help="model folder: nearest neighbours by its hidden states")] = None,
    threshold: Annotated[
        float, typer.Option(help="cosine from which a neighbour is a hit; 0.7 is for sentence encoders")
    ] = 0.98,
    judge: Annotated[str | None, typer.Option(help="model that may clear neighbours: local:FOLDER")] = None,
) -> None:
    """Find training problems (or responses) that hold problems of benchmarks: a page with each hit side by side.

    By equal statements, shared runs of 8 and 13 words, similarity, and when asked by embeddings and a judge.
    """
    from thalweg import verbs
    from thalweg.cli.tables import print_contamination
    from thalweg.curate.contamination import Methods
    from thalweg.types import Problem

    path, kind = _one_of(problems, responses)
    found = verbs.audit_contamination(
        path,
        {benchmark_name(file): rows(file, Problem, None) for file in against},
        out,
        verbs.read_config(config, Methods),
        kind,
        embedder=embedder,
        embedding_threshold=threshold,
        judge=judge,
    )
    print_contamination(found)
    typer.echo(f"{out / 'contamination.html'}: {len(found.hits)} hits")


def _one_of(problems: Path | None, responses: Path | None) -> "tuple[Path, type[Problem] | type[Response]]":
    from thalweg.types import Problem, Response

    if (problems is None) == (responses is None):
        raise InputError("--problems, --responses", "one of the two is looked at", "name one of them")
    if problems is not None:
        return problems, Problem
    assert responses is not None
    return responses, Response
