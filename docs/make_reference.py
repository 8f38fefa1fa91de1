"""Writes the generated pages of the docs: the study-file reference, the command line's help, and the sources.

`python docs/make_reference.py` writes them; with `--check` it fails where they are not what the program says.
"""

import os
import sys
from pathlib import Path
from typing import Any, get_args

DOCS = Path(__file__).parent


def study_file() -> str:
    """The reference of `study.yaml`, from its models."""
    from pydantic import BaseModel

    from thalweg.curate.cleaning import Cleaning
    from thalweg.curate.contamination import Methods
    from thalweg.curate.difficulty import Labels
    from thalweg.curate.filters import Filters
    from thalweg.curate.selection import Selection
    from thalweg.study import arms, config, outside_file, sections
    from thalweg.train.config import LoraConfig, TrainConfig
    from thalweg.verbs import CurateConfig, SmokeConfig

    listed: list[tuple[str, type[BaseModel]]] = [
        ("Top level", config.StudyConfig),
        ("`problems`, and what benchmarks share with it", sections.Source),
        ("`teachers.NAME`", sections.Teacher),
        ("`benchmarks.NAME` (beside the keys of `problems`)", sections.Benchmark),
        ("`prompt`", sections.PromptConfig),
        ("`grading`", sections.Grading),
        ("`difficulty`", Labels),
        ("`filters`", Filters),
        ("`clean`", Cleaning),
        ("`clean.contamination`", Methods),
        ("`smoke_test`", arms.SmokeTest),
        ("`arms.NAME`", arms.Arm),
        ("`train`", TrainConfig),
        ("`train.lora`", LoraConfig),
        ("`stop_when`", sections.StopWhen),
        ("`trainer`", sections.Trainer),
        ("`hardware`", sections.Hardware),
        ("Beside a study: `thalweg curate --config` (and the keys of an arm's selection)", CurateConfig),
        ("Beside a study: `thalweg teachers --smoke`", SmokeConfig),
        ("Beside a study: `thalweg fit OUTSIDE.yaml`", outside_file.Outside),
        ("Beside a study: `thalweg fit OUTSIDE.yaml`, `rungs`", outside_file.OutsideRung),
    ]
    beside: dict[type[BaseModel], type[BaseModel]] = {sections.Benchmark: sections.Source, CurateConfig: Selection}
    text = "# The study file\n\nMade from the program's own checks by `python docs/make_reference.py`.\n"
    text += "Paths are relative to the study file. `thalweg init` leaves `study.schema.json` beside it for editors.\n"
    for title, model in listed:
        inherited = beside[model].model_fields if model in beside else {}
        text += f"\n## {title}\n\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n"
        for name, field in model.model_fields.items():
            if name not in inherited:
                default = (
                    "required" if field.is_required() else f"`{_plain(field.get_default(call_default_factory=True))}`"
                )
                text += f"| `{name}` | {_type(field.annotation)} | {default} | {field.description or ''} |\n"
    return text


def _plain(value: Any) -> str:
    if hasattr(value, "model_dump"):
        return "its defaults"
    if isinstance(value, tuple):
        return str(list(value))
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value) if value != "" else "''"


def _type(annotation: Any) -> str:
    if annotation is type(None):
        return "null"
    origin = getattr(annotation, "__origin__", None)
    arguments = get_args(annotation)
    if str(origin).endswith("Literal"):
        return " or ".join(f"`{value}`" for value in arguments)
    if arguments and origin in (tuple,):
        return f"list of {_type(arguments[0])}"
    if arguments and origin is dict:
        return f"{_type(arguments[1])} by name"
    if arguments:
        return " or ".join(_type(part) for part in arguments if part is not type(None))
    names = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return names.get(annotation, "keys" if hasattr(annotation, "model_fields") else "value")


def command_line() -> str:
    """The help of every verb."""
    from typer.main import get_command
    from typer.testing import CliRunner

    from thalweg.cli import app

    runner = CliRunner()
    text = "# The command line\n\nMade from the program's own help by `python docs/make_reference.py`.\n"
    text += "Exit codes: 0 done, 2 the user's input (one line says where and what to do), 1 anything else.\n"
    command = get_command(app)
    verbs = getattr(command, "commands", {})
    assert verbs
    for name, verb in verbs.items():
        inner = [[name, below] for below in getattr(verb, "commands", {})]
        for words in inner or [[name]]:
            result = runner.invoke(app, [*words, "--help"], terminal_width=100, env={"COLUMNS": "100", "TERM": "dumb"})
            text += f"\n## {' '.join(words)}\n\n```text\n{result.output.strip()}\n```\n"
    return text


_SOURCES = """# Sources

Made from the schemas that the program checks rows against, by `python docs/make_reference.py`.

`thalweg import SOURCE --out DIR` writes the problems of a source, and its responses where it has any; in a study they
are `problems: {source: SOURCE}` or a benchmark. Each takes the options that are listed: `--path`, `--split`,
`--start`, `--end`, `--level` and `--seed` on the command line, the rest as `--option KEY=VALUE`; in a study `path`,
`split`, `seed` and `columns` as keys, the rest under `options`. One more, `responses`, takes responses alone out of a
table with any columns ([your own rows](your-data.md)).

* `path` is a file (`.jsonl`, `.json`, `.parquet`, `.csv`, gzip allowed for JSON), a folder of files, such as a copy of
  the data set, or a hub id, with `@REVISION` for one revision. Of a folder with several splits or subsets only the
  files that are named after those asked for are read.
* The hub needs `pip install 'thalweg[hub]'`, reasoning-gym `pip install 'thalweg[gym]'`.
* Rows are read one after another; of a Parquet file only the columns below, and a few megabytes at a time.
* A row that lacks a column, or holds something else in it, ends the import with the columns that were expected and
  those that were found. `--rejects FILE` sets such rows aside where a source says so.
* The license is the data set's own, as its page states it; it stays with every problem, as does the source.
* `documented` is where the columns were looked up. GSM8K, MBPP, CRUXEval, P3 and Exercism were read whole; the others
  were not at hand when their readers were written, and their tests are rows made in the documented form.
"""


def sources() -> str:
    """Every source with its options and the columns that it reads."""
    from thalweg.problems import READERS, schemas_of

    text = _SOURCES
    for name, reader in READERS.items():
        module = sys.modules[reader.__module__]
        first = (module.__doc__ or "").strip().partition("\n")[0]
        text += f"\n## {name}\n\n{first}\n\nOptions: {_options(reader)}\n"
        for schema in schemas_of(name):
            text += _schema(schema)
    return text


def _options(reader: Any) -> str:
    import inspect
    from typing import get_type_hints

    from thalweg.problems.options import NOT_OPTIONS

    listed, rejects, hints = [], "", get_type_hints(reader)
    for name, parameter in inspect.signature(reader).parameters.items():
        if name == "on_bad":
            rejects = " Rows may be set aside (`--rejects`)."
        elif name in NOT_OPTIONS:
            continue
        elif parameter.default is inspect.Parameter.empty:
            listed.append(f"`{name}` (needed)")
        else:
            default = "" if parameter.default in (None, (), {}, "") else f"`{parameter.default}`"
            told = "; ".join(part for part in (default, _choices(hints[name])) if part)
            listed.append(f"`{name}`" + (f" ({told})" if told else ""))
    return f"{', '.join(listed)}.{rejects}"


def _choices(hint: Any) -> str:
    """`or math, code` of a `Literal`, or of one that may be null."""
    for part in (hint, *get_args(hint)):
        if str(getattr(part, "__origin__", "")).endswith("Literal"):
            return f"one of {', '.join(get_args(part))}"
    return ""


def _schema(schema: Any) -> str:
    from thalweg.problems.source import type_names

    hub = f"hub: `{schema.hub_id}`; " if schema.hub_id else ""
    text = f"\n**{schema.title}**: {hub}license: {schema.license}; documented: {schema.documented}\n\n"
    text += "| column | holds | type |\n| --- | --- | --- |\n"
    for column in schema.columns:
        optional = "" if column.needed else ", optional"
        text += f"| `{column.name}` | {column.holds} | {type_names(column.types)}{optional} |\n"
    return text


def main() -> int:
    """Writes or checks the pages."""
    os.environ["COLUMNS"] = "100"
    stale = []
    made = {"study-file.md": study_file(), "command-line.md": command_line(), "sources.md": sources()}
    for name, page in made.items():
        path = DOCS / name
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != page:
                stale.append(name)
        else:
            path.write_text(page, encoding="utf-8")
    if stale:
        print(f"stale: {', '.join(stale)}; run python docs/make_reference.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
