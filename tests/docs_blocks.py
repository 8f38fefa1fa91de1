"""The code blocks of README and docs: found, and run as a reader would run them, on a shelf of tiny files.

What a reader has and a test has not is replaced by something tiny, all of it declared here: `REPLACED` (paths),
`CAPS` (counts), and for `thalweg init` the recipes' own two-step settings. Everything else is run as it stands. A block
under `<!-- not run: REASON -->` is not run, and only checked for commands and options that exist.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

from tests.test_study_run import RECIPES, TWO_STEPS

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
REPLACED = {
    "/models/SmolLM2-135M-Instruct": "student",
    "/models/my-student": "student",
    "/data/traces.jsonl": "traces.jsonl",
    "/data/gsm8k_test.jsonl": "gsm8k.jsonl",
    "FOLDER": "shelf-student",
}
CAPS = {"--count": 24, "--samples": 2, "--max-tokens": 120}
# Settings files that a page writes: what is smaller here.
SMALLER: Mapping[str, Mapping[str, Any]] = {
    "smoke.yaml": {"train": {"max_steps": 2, "batch_size": 2}, "size": 4, "seeds": [0], "max_tokens": 40},
    "train.yaml": {"max_steps": 2},
    "outside.yaml": {"benchmarks": {"held-out": {"max_tokens": 40}}},
}
_BLOCK = re.compile(r"(?:<!-- not run: (?P<reason>.+?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```", re.S | re.M)


@dataclass(frozen=True)
class Block:
    """One fenced block; `reason` is why it is not run."""

    page: Path
    line: int
    language: str
    text: str
    reason: str | None

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(*languages: str) -> Iterator[Block]:
    """All blocks of these languages, in order."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in _BLOCK.finditer(text):
            if found["language"] in languages:
                line = text[: found.start("text")].count("\n")
                yield Block(page, line, found["language"], found["text"], found["reason"])


def commands(block: Block) -> Iterator[list[str]]:
    """The commands of a shell block, word by word: no comments, lines that end in a backslash joined."""
    prompts = re.sub(r"^\$ ", "", block.text.replace("\\\n", " "), flags=re.MULTILINE)
    for line in prompts.splitlines():
        for command in line.split("&&"):
            if words := shlex.split(command, comments=True):
                yield words


# --------------------------------------------------------------------------- running


def run(block: Block, names: dict[str, Any], thalweg: Callable[[list[str]], None]) -> None:
    """Runs one block in the current folder; `names` are those of the page's Python so far."""
    if block.language == "python":
        source = _replaced(block.text)
        with redirect_stdout(StringIO()):
            exec(compile("\n" * block.line + source, str(block.page), "exec"), names)
    elif block.language in ("bash", "console"):
        for words in commands(block):
            _command([_replaced(word) for word in words], thalweg)
    elif block.language == "yaml":
        _settings(block)


def _command(words: list[str], thalweg: Callable[[list[str]], None]) -> None:
    program, *rest = words
    if program == "thalweg":
        thalweg(_capped(rest) if rest[:1] != ["init"] else _tiny_recipe(rest))
    elif program == "python":
        _python(rest)
    else:
        raise AssertionError(f"{shlex.join(words)}: run it here, or mark the block as not run, with the reason")


def _python(words: list[str]) -> None:
    """In a group of processes of its own, so that one that takes too long takes its children with it."""
    process = subprocess.Popen([sys.executable, *words], start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        assert process.wait(timeout=60) == 0, shlex.join(words)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _tiny_recipe(words: list[str]) -> list[str]:
    """`thalweg init` with the settings of the recipe's own smoke test, where the page does not set them."""
    places = [word for at, word in enumerate(words[1:]) if not word.startswith("--") and words[at] != "--set"]
    if not places:
        return words
    folder = Path(places[-1])
    folder.mkdir(parents=True)
    given = {word.partition("=")[0] for word in words}
    small = {**RECIPES[places[0]](folder), **TWO_STEPS}
    settings = [f"{key}={yaml.safe_dump(value, default_flow_style=True)}" for key, value in small.items()]
    return [*words, *(part for one in settings if one.partition("=")[0] not in given for part in ("--set", one))]


def _capped(words: list[str]) -> list[str]:
    pairs = zip(["", *words], words, strict=False)
    return [str(min(int(word), CAPS[before])) if before in CAPS else word for before, word in pairs]


def _replaced(text: str) -> str:
    for placeholder, tiny in REPLACED.items():
        text = text.replace(placeholder, tiny)
    return text


def _settings(block: Block) -> None:
    """A block that begins with a comment of one file name is that file."""
    name = re.match(r"# (\S+\.yaml)\n", block.text)
    if name:
        settings = _merged(yaml.safe_load(block.text), SMALLER.get(name[1], {}))
        Path(name[1]).write_text(yaml.safe_dump(settings), encoding="utf-8")


def _merged(settings: Mapping[str, Any], smaller: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(settings[key], value)
        for key, value in smaller.items()
        if isinstance(value, Mapping) and key in settings
    }
    return {**settings, **smaller, **both}
