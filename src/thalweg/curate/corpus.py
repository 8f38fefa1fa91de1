"""A corpus on disk: its rows, a card that says what it is, and the funnel that led to it.

corpora/<arm>/s<seed>/<size>/
  train.parquet   Example rows, in the nested order
  card.md         what it is, in words and numbers
  funnel.json     what was dropped, and why
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from thalweg import store
from thalweg.chat import Prompt
from thalweg.curate.filters import Funnel
from thalweg.errors import InputError
from thalweg.thinking import full_text
from thalweg.types import Example, Problem, Response

ROWS = "train.parquet"


def examples(responses: Sequence[Response], problems: Mapping[str, Problem], prompt: Prompt, arm: str) -> list[Example]:
    """Training rows from responses: the user turn as the student will meet it, and the response byte for byte."""
    return [
        Example(
            response_id=response.id,
            problem_id=response.problem_id,
            prompt=prompt.user_turn(problems[response.problem_id].statement),
            text=full_text(response),
            arm=arm,
        )
        for response in responses
    ]


def licenses(problems: Iterable[Problem]) -> list[str]:
    """The licenses that problems carry, each with its source."""
    return sorted({f"{problem.source}: {problem.license}" for problem in problems if problem.license})


def write_corpus(
    folder: Path, rows: Sequence[Example], funnel: Funnel, title: str, license_lines: Sequence[str]
) -> str:
    """Writes the corpus folder and returns the fingerprint of its rows."""
    mark = corpus_hash(rows)
    store.write(folder / ROWS, rows)
    store.write_json(folder / "funnel.json", funnel._asdict())
    with store.replacing(folder / "card.md") as temporary:
        temporary.write_text(_card(rows, funnel, title, license_lines, mark), encoding="utf-8")
    return mark


def corpus_hash(rows: Sequence[Example]) -> str:
    """What identifies a corpus: its rows in their order, whatever arm they were drawn for."""
    return store.records_fingerprint(replace(row, arm="") for row in rows)


def read_corpus(folder: Path) -> list[Example]:
    """The rows of a corpus folder (or of a single file of rows)."""
    path = folder / ROWS if folder.is_dir() else folder
    if not path.exists():
        raise InputError(str(folder), f"holds no {ROWS}", "name a corpus folder that 'thalweg curate' wrote")
    rows = store.read_all(path, Example, key="response_id")
    if not rows:
        raise InputError(str(path), "the corpus is empty", "loosen the filters or collect more responses")
    return rows


def _card(rows: Sequence[Example], funnel: Funnel, title: str, license_lines: Sequence[str], mark: str) -> str:
    problems = len({row.problem_id for row in rows})
    characters = sum(len(row.text) for row in rows)
    dropped = "".join(f"\n| dropped: {reason} | {count} |" for reason, count in funnel.dropped.items())
    listed = "\n".join(f"- {line}" for line in license_lines) or "- not stated by the source"
    return f"""# {title}

| what | number |
| --- | --- |
| examples | {len(rows)} |
| distinct problems | {problems} |
| characters of responses | {characters} |
| pool before filters | {funnel.pool} |
| usable | {funnel.kept} |{dropped}

Rows fingerprint: `{mark}`

Licenses of the problems:

{listed}
"""
