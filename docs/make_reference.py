"""Writes the generated pages of the docs: the study-file reference and the command line's help.

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


def main() -> int:
    """Writes or checks the pages."""
    os.environ["COLUMNS"] = "100"
    stale = []
    for name, page in (("study-file.md", study_file()), ("command-line.md", command_line())):
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
