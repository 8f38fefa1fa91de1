"""Study files that `thalweg init NAME` copies: each is commented, and runs as it is once its student is there."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from thalweg import store
from thalweg.errors import InputError
from thalweg.study.config import json_schema


def listing() -> dict[str, str]:
    """Recipes and the first comment line of each."""
    found = {}
    for file in sorted(files(__name__).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            first = file.read_text(encoding="utf-8").splitlines()[0]
            found[file.name.removesuffix(".yaml")] = first.lstrip("# ")
    return found


def text(name: str) -> str:
    """The text of a recipe.

    Raises:
        InputError: there is no such recipe; names those that are.
    """
    if name not in listing():
        raise InputError(f"recipe {name!r}", "there is none of this name", f"use one of {', '.join(listing())}")
    return (files(__name__) / f"{name}.yaml").read_text(encoding="utf-8")


def copy(name: str, folder: Path, values: Mapping[str, str] | None = None) -> Path:
    """Writes a recipe as `folder/study.yaml`, with dotted keys set to YAML values; never over an existing file.

    The JSON schema of study files goes beside it, for editors.
    """
    content = text(name)
    out = folder / "study.yaml"
    if out.exists():
        raise InputError(str(out), "exists already", "run it as it is, or name another folder")
    if values:
        content = _with_values(content, values)
    folder.mkdir(parents=True, exist_ok=True)
    out.write_text(content, encoding="utf-8")
    store.write_json(folder / "study.schema.json", json_schema())
    return out


def _with_values(content: str, values: Mapping[str, str]) -> str:
    """The text with keys changed and its comments kept."""
    import io

    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 4096  # long lines of the recipe stay as they are
    document = yaml.load(content)
    for dotted, value in values.items():
        *path, last = dotted.split(".")
        place = document
        for part in path:
            if not isinstance(place, dict) or part not in place:
                raise InputError("--set", f"the recipe has no key {dotted!r}", "edit the file by hand")
            place = place[part]
        place[last] = yaml.load(value)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()
