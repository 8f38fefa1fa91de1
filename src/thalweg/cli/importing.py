"""The verb that brings problems and responses in."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from thalweg.cli.options import SOURCES, Out, Rejects, pair
from thalweg.errors import InputError

if TYPE_CHECKING:
    from thalweg.verbs.importing import Imported

_TELL_EVERY_S = 5.0


def import_(
    source: Annotated[str, typer.Argument(help=SOURCES)],
    out: Out,
    path: Annotated[str | None, typer.Option(help="local file or folder, or hub id[@REVISION]")] = None,
    split: Annotated[str | None, typer.Option(help="split of the source")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="stop after this many rows")] = None,
    start: Annotated[str | None, typer.Option(help="problems from this day on, as 2024-08-01")] = None,
    end: Annotated[str | None, typer.Option(help="problems up to this day")] = None,
    level: Annotated[str | None, typer.Option(help="level or levels of difficulty, as 4,5")] = None,
    seed: Annotated[int | None, typer.Option(help="seed of sources that make or shuffle")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="KEY=VALUE: what else the source takes (an unknown one lists all)")
    ] = None,
    column: Annotated[list[str] | None, typer.Option(help="FIELD=COLUMN of the file, where they differ")] = None,
    where: Annotated[list[str] | None, typer.Option(help="responses: take rows with COLUMN=VALUE")] = None,
    prefix: Annotated[str, typer.Option(help="responses: put before problem ids")] = "",
    form: Annotated[str, typer.Option("--format", help="jsonl or parquet")] = "jsonl",
    rejects: Rejects = None,
) -> None:
    """Bring problems or responses in: writes problems.jsonl, responses.jsonl, or both, under --out."""
    from thalweg import verbs

    began = time.monotonic()
    options: dict[str, Any] = dict(pair(value, "--option") for value in option or [])
    options |= {"path": path, "split": split, "start": start, "end": end, "level": level, "seed": seed}
    options["columns"] = dict(pair(value, "--column") for value in column or []) or None
    imported = verbs.import_source(
        source,
        out,
        options={name: value for name, value in options.items() if value is not None},
        count=count,
        where=dict(pair(value, "--where") for value in where or []),
        problem_prefix=prefix,
        form=_form(form),
        rejects=rejects,
        on_rows=_Rate(began),
    )
    _tell(imported, time.monotonic() - began, rejects)


def _form(name: str) -> Literal["jsonl", "parquet"]:
    if name not in ("jsonl", "parquet"):
        raise InputError("--format", f"no format {name!r}", "use jsonl or parquet")
    return "jsonl" if name == "jsonl" else "parquet"


class _Rate:
    """Says every few seconds how many rows were read, and how fast."""

    def __init__(self, began: float) -> None:
        self._began = self._told = began

    def __call__(self, rows: int) -> None:
        now = time.monotonic()
        if now - self._told >= _TELL_EVERY_S:
            self._told = now
            typer.echo(f"{rows:,} rows, {rows / (now - self._began):,.0f} a second", err=True)


def _tell(imported: "Imported", seconds: float, rejects: Path | None) -> None:
    for file, count in imported.written.items():
        typer.echo(f"{file}: {count} rows")
    typer.echo(f"{imported.rows:,} rows in {seconds:.1f} s", err=True)
    for why, count in sorted(imported.rejected.items(), key=lambda item: -item[1]):
        typer.echo(f"{rejects}: {count} set aside: {why}", err=True)
    for why, count in sorted(imported.left_out.items(), key=lambda item: -item[1]):
        typer.echo(f"{count:,} left out: {why}", err=True)
