"""README and the docs say what the program does: commands, help text, the tree, the generated pages."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from thalweg.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_the_help_in_readme_is_what_the_program_prints() -> None:
    result = CliRunner().invoke(app, ["--help"], terminal_width=100, env={"COLUMNS": "100", "TERM": "dumb"})
    assert result.output.strip() in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for block in blocks(page.read_text(encoding="utf-8"), "bash"):
        for line in block.splitlines():
            words = line.split("#")[0].split()
            for program, known in (("make", targets), ("thalweg", set(commands))):
                if words and words[0] == program:
                    assert words[1] in known, line
            if words and words[0] == "thalweg":
                command = commands[words[1]]
                command = getattr(command, "commands", {}).get(words[2], command) if len(words) > 2 else command
                options = {o for parameter in command.params for o in parameter.opts}
                assert {w for w in words if w.startswith("--")} <= options, line


def test_the_tree_in_readme_lists_every_file_of_the_package() -> None:
    tree = next(block for block in blocks(README, "text") if "src/thalweg/" in block)
    named = set(re.findall(r"[a-z0-9_]+\.py", tree))
    real = {p.name for p in (ROOT / "src" / "thalweg").rglob("*.py") if not p.name.startswith("__")}
    assert real - named == set(), "files that README's tree does not name"
    beside = {p.name for folder in ("docs", "benchmarks") for p in (ROOT / folder).glob("*.py")}
    assert named - real - beside == set(), "files that are not there"


def test_pictures_in_readme_exist() -> None:
    for path in re.findall(r'(?:src="|\]\()([^")]+\.(?:svg|png))', README):
        assert (ROOT / path).exists(), path


def test_generated_pages_are_current() -> None:
    script = ROOT / "docs" / "make_reference.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_page_is_in_the_navigation() -> None:
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert {next(iter(entry.values())) for entry in nav} == {p.name for p in (ROOT / "docs").glob("*.md")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_json_in_the_docs_is_json(page: Path) -> None:
    import json

    for block in blocks(page.read_text(encoding="utf-8"), "json"):
        json.loads(block)
