"""The verb that hands a corpus on."""

from pathlib import Path
from typing import Annotated

import typer

from thalweg.cli.options import Out


def export(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="corpus folder")],
    to: Annotated[str, typer.Option(help="messages, trl, llamafactory, axolotl or openai")],
    out: Out,
    problems: Annotated[
        Path | None, typer.Option(help="problems with their sources and licenses (a study's own where absent)")
    ] = None,
    responses: Annotated[
        Path | None, typer.Option(help="responses with their models (a study's own where absent)")
    ] = None,
    system: Annotated[
        str | None, typer.Option(help="system message of the prompts (a study's own where absent)")
    ] = None,
    push: Annotated[str | None, typer.Option(help="upload to this data set on the hub, private: ORG/NAME")] = None,
    public: Annotated[bool, typer.Option("--public", help="with --push: for everybody to see")] = False,
    accept_licenses: Annotated[
        bool, typer.Option("--accept-licenses", help="with --push: even where licenses are not known")
    ] = False,
) -> None:
    """Hand a corpus on: as conversations with a dataset card, or as another trainer's files.

    The text of every response is kept byte for byte, think tags inside. Nothing leaves the machine without --push,
    which uses the token of HF_TOKEN or 'hf auth login'.
    """
    from thalweg import verbs
    from thalweg.chat import Prompt

    prompt = Prompt(system=system) if system is not None else None
    exported = verbs.export_corpus(corpus, out, to, problems=problems, responses=responses, prompt=prompt)
    for note in exported.notes:
        typer.echo(f"note: {note}")
    for name, size in exported.files.items():
        typer.echo(f"{out / name}: {size:,} bytes")
    typer.echo(f"{exported.tally.rows:,} rows")
    if push is not None:
        seen = "public" if public else "private"
        typer.echo(f"to {push}, {seen}: {len(exported.files)} files, {sum(exported.files.values()):,} bytes")
        typer.echo(verbs.push_export(exported, push, public=public, accept_licenses=accept_licenses))
