"""Real problem statements from a folder of public sets, and as many variants of them as asked for.

The folder holds the sets as gzipped JSON Lines: gsm8k_train, gsm8k_test, mbpp, p3_puzzles, cruxeval, exercism_python,
rg_problems (reasoning-gym) and skythought_math (statements of MATH-500 and AMC 23).
"""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.rewrite import varied
from thalweg.problems import load_problems
from thalweg.types import Problem

Texts = list[tuple[str, str]]


def loaded(source: str, data: Path, name: str, split: str | None = None) -> Texts:
    """The statements that a loader gives for a file of the folder."""
    return _texts(load_problems(source, path=str(data / f"{name}.jsonl.gz"), split=split))


def reasoning_gym(data: Path) -> dict[str, Texts]:
    """Statements by family of tasks."""
    families: dict[str, Texts] = {}
    for row in _rows(data / "rg_problems.jsonl.gz"):
        families.setdefault(f"rg_{row['family']}", []).append((row["pid"], row["question"]))
    return families


def mathematics(data: Path) -> dict[str, Texts]:
    """Statements of MATH-500 and AMC 23."""
    found: dict[str, dict[str, str]] = {}
    for row in _rows(data / "skythought_math.jsonl.gz"):
        found.setdefault(row["bench"], {})[f"{row['bench']}/{row['idx']}"] = row["question"]
    return {name: list(texts.items()) for name, texts in sorted(found.items())}


def multiplied(originals: Sequence[tuple[str, str]], count: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """The originals, then variants of them in turn, `count` in all: other names, numbers and some other words."""
    for index in range(count):
        key, text = originals[index % len(originals)]
        turn = index // len(originals)
        yield (key, text) if turn == 0 else (f"{key}#{turn}", varied(text, random.Random(f"{seed}/{turn}/{key}")))


def _texts(problems: Sequence[Problem]) -> Texts:
    return [(problem.id, problem.statement) for problem in problems]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
