"""Every code block of README and docs is run, in order, page by page, as a reader would; or says why it is not.

Python and shell blocks run in a folder with a shelf of tiny files (`docs_blocks.py` declares what is made smaller);
YAML is checked against the models that read it; JSON is decoded into the records that it shows.
"""

import dataclasses
import json
import shutil
import sys
from collections.abc import Callable, Mapping
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from typer.main import get_command

from tests.docs_blocks import PAGES, ROOT, Block, blocks, commands, run
from tests.docs_shelf import add_rung, fill
from thalweg import Study, cli, store, types
from thalweg.curate.selection import Selection
from thalweg.engine.local import run_inline
from thalweg.study.config import StudyConfig
from thalweg.study.outside_file import Outside
from thalweg.study.smoke import Smoke
from thalweg.train.config import TrainConfig
from thalweg.verbs import CurateConfig, SmokeConfig

RUN = ("python", "bash", "console", "yaml")
KNOWN = {*RUN, "json", "text", ""}
# Whole studies of several arms: more than ten seconds.
SLOW = {"README.md", "index.md", "miniature-synthesis.md", "real-models.md", "trainers.md"}
# Pages whose commands look at a rung of a study.
WITH_RUNG = {"diagnosis.md"}

EXECUTED = [block for block in blocks(*RUN) if block.reason is None]
NOT_RUN = [block for block in blocks(*KNOWN) if block.reason is not None]


# --------------------------------------------------------------------------- the shelf


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny files under the names that the docs use."""
    folder = tmp_path_factory.mktemp("shelf")
    fill(folder)
    return folder


@pytest.fixture
def thalweg(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[list[str]], None]:
    """The command line in a folder with the shelf's files; studies run their jobs in this process."""
    shutil.copytree(shelf, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Study, "run", partialmethod(Study.run, engine=run_inline))
    monkeypatch.setattr(Smoke, "run", partialmethod(Smoke.run, engine=run_inline))

    def call(arguments: list[str]) -> None:
        monkeypatch.setattr(sys, "argv", ["thalweg", *arguments])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        assert not caught.value.code, f"thalweg {' '.join(arguments)}: {capsys.readouterr().err}"

    return call


def pages() -> list[Any]:
    """The pages with blocks to run, those of whole real-model studies marked as slow."""
    with_blocks = [page for page in PAGES if any(block.page == page for block in EXECUTED)]
    return [
        pytest.param(page, id=page.name, marks=[pytest.mark.slow] if page.name in SLOW else []) for page in with_blocks
    ]


@pytest.mark.parametrize("page", pages())
def test_the_blocks_of_a_page_run(page: Path, thalweg: Callable[[list[str]], None]) -> None:
    names: dict[str, Any] = {"__name__": "docs"}
    if page.name in WITH_RUNG:
        add_rung(Path())
    for block in (block for block in EXECUTED if block.page == page):
        run(block, names, thalweg)


# --------------------------------------------------------------------------- blocks that are not run


def test_every_block_is_of_a_known_kind() -> None:
    """A fence of another language would be passed over."""
    for page in PAGES:
        fences = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("```")]
        found = [block for block in blocks(*KNOWN) if block.page == page]
        assert len(fences) == 2 * len(found), page.name


@pytest.mark.parametrize("block", NOT_RUN, ids=str)
def test_a_block_that_is_not_run_says_why_and_parses(block: Block) -> None:
    assert block.reason is not None
    assert len(block.reason.split()) >= 3, "say why"
    if block.language == "python":
        compile(block.text, str(block), "exec")
    elif block.language in ("bash", "console"):
        for words in commands(block):
            check_command(words)


def check_command(words: list[str]) -> None:
    """The program is one that a reader has, the verb and its options exist."""
    program, *rest = words
    assert program in ("thalweg", "make", "python", "pip", "accelerate"), words
    if program != "thalweg":
        return
    command = get_command(cli.app)
    while rest and hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= options, words


def test_few_blocks_are_not_run() -> None:
    """The rest is what the docs are worth."""
    assert len(NOT_RUN) <= len(EXECUTED) / 2, [str(block) for block in NOT_RUN]


# --------------------------------------------------------------------------- YAML


def study_with(fragment: Mapping[str, Any]) -> None:
    """A whole study, or a part of one on top of the embedded miniature's."""
    from thalweg import recipes

    whole: dict[str, Any] = yaml.safe_load(recipes.text("miniature"))
    whole["sizes"] = [0, 128, 512, 1000, 1024, 2000, 2048, 4000, 4096, 10000, 30000]  # those that fragments start from
    for key, value in fragment.items():
        both = isinstance(value, Mapping) and isinstance(whole.get(key), Mapping)
        whole[key] = {**whole[key], **value} if both else value
    StudyConfig.model_validate(whole)


def arm_with(fragment: Mapping[str, Any]) -> None:
    study_with({"teachers": {"all": {"model": "tracer:line"}}, "arms": {"shown": fragment}})


READERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "a study": study_with,
    "an arm": arm_with,
    **{model.__name__: model.model_validate for model in (CurateConfig, Selection, SmokeConfig, TrainConfig, Outside)},
}


@pytest.mark.parametrize("block", list(blocks("yaml")), ids=str)
def test_yaml_is_what_some_reader_accepts(block: Block) -> None:
    fragment = yaml.safe_load(block.text)
    refused = {}
    for name, read in READERS.items():
        try:
            read(fragment)
        except ValidationError as error:
            refused[name] = error.errors()[0]["msg"]
        else:
            return
    raise AssertionError(refused)


# --------------------------------------------------------------------------- JSON


def shown(row: Mapping[str, Any]) -> type[Any] | None:
    """The record that an object shows, by the keys that only it has."""
    from thalweg.curate.contamination import Hit
    from thalweg.grade.audit import Disagreement

    kinds = {
        "check": types.Problem,
        "model": types.Response,
        "extracted": types.Verdict,
        "benchmark_problem_id": Hit,
        "native_detail": Disagreement,
        "pass_at_1": types.Score,
        "break_even": types.ArmCurve,
    }
    return next((kind for key, kind in kinds.items() if key in row), None)


@pytest.mark.parametrize("block", list(blocks("json")), ids=str)
def test_json_shows_real_records(block: Block) -> None:
    value = json.loads(block.text)
    found = list(records(value))
    assert found or {"version", "dropped"} <= set(value), "which record is this?"
    for kind, row in found:
        assert set(row) <= {field.name for field in dataclasses.fields(kind)}, kind.__name__
        if '"..."' not in json.dumps(row) or kind in (types.Problem, types.Response, types.Verdict):
            store.decode(kind, row, str(block))


def records(value: Any) -> list[tuple[type[Any], Mapping[str, Any]]]:
    """The records in a JSON value, wherever they stand."""
    if isinstance(value, list):
        return [found for one in value for found in records(one)]
    if not isinstance(value, Mapping):
        return []
    kind = shown(value)
    return [(kind, value)] if kind else [found for one in value.values() for found in records(one)]


def test_the_pages_are_there() -> None:
    assert ROOT.joinpath("README.md") in PAGES
    assert len(EXECUTED) > 20
