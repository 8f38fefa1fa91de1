"""The verb that brings problems and responses in."""

from typing import Annotated

import typer

from thalweg.cli.options import (
    SOURCES,
    Out,
    pair,
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
