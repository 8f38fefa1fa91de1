"""The command line: one verb a stage, each a thin call of a Python function.

Exit codes: 0 done; 2 the user's input (one line on standard error says where and what to do); 1 anything else.
Nothing heavy is imported before a verb needs it, so that `--help` answers at once.
"""

import sys
from collections.abc import Callable
from typing import NoReturn

import typer

from thalweg.cli.audits import contamination, duplicates, graders
from thalweg.cli.choosing import curate, suitability, teachers
from thalweg.cli.diagnosing import student
from thalweg.cli.exporting import export
from thalweg.cli.gating import gate
from thalweg.cli.generating import generate
from thalweg.cli.grading import grade
from thalweg.cli.importing import import_
from thalweg.cli.measuring import evaluate, fit, papers, train
from thalweg.cli.studies import init, merge, plan, report, run, status, view
from thalweg.errors import InputError

app = typer.Typer(
    name="thalweg",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Distil reasoning from large teachers into small students, and chart the valley on the way.\n\n"
    "Start with: thalweg init miniature && thalweg run miniature",
)
audit = typer.Typer(
    no_args_is_help=True, help="Look for what quietly spoils numbers: graders, problems seen before, broken recipes."
)

# In the order in which `--help` lists them.
_VERBS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("init", init),
    ("plan", plan),
    ("run", run),
    ("status", status),
    ("merge", merge),
    ("report", report),
    ("view", view),
    ("import", import_),
    ("generate", generate),
    ("grade", grade),
    ("curate", curate),
    ("export", export),
    ("suitability", suitability),
    ("teachers", teachers),
    ("train", train),
    ("evaluate", evaluate),
    ("gate", gate),
    ("fit", fit),
    ("papers", papers),
)
_AUDITS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("graders", graders),
    ("student", student),
    ("duplicates", duplicates),
    ("contamination", contamination),
)
_EXTRAS = {
    **dict.fromkeys(("accelerate", "peft", "safetensors", "tokenizers", "torch", "transformers", "trl"), "train"),
    "datasets": "hub",
    "huggingface_hub": "hub",
    "lm_eval": "harness",
    "ray": "ray",
    "reasoning_gym": "gym",
}  # package -> the extra that brings it
_INTERRUPTED = 130  # what Typer ends with after Ctrl-C
for _name, _verb in _VERBS:
    app.command(_name)(_verb)
for _name, _verb in _AUDITS:
    audit.command(_name)(_verb)
app.add_typer(audit, name="audit")


def main() -> None:
    """Entry point: runs a verb and turns errors into exit codes."""
    try:
        app()
    except InputError as error:
        _end(f"error: {error}", 2)
    except SystemExit as ended:
        if ended.code != _INTERRUPTED:
            raise
        _end("interrupted; run the same command to go on", 1)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRAS:
            raise
        _end(f"error: {package}: it is needed here and not installed; pip install 'thalweg[{_EXTRAS[package]}]'", 2)
    except (FileExistsError, NotADirectoryError) as error:
        if error.filename is None:
            raise
        _end(f"error: {error.filename}: it is no folder, and one is needed there; give another path", 2)
    except RuntimeError as error:
        from thalweg.engine.local import JobsError

        if not isinstance(error, JobsError):
            raise
        _end(f"{error.details}\nerror: {error}", 1)


def _end(said: str, code: int) -> NoReturn:
    typer.echo(said, err=True)
    sys.exit(code)
