"""A corpus on disk: its rows, a card that says what it is, and the funnel that led to it.

corpora/<arm>/s<seed>/<size>/
  train.parquet    Example rows, in the nested order
  dropped.parquet  Drop rows: every response that did not become a row, with stage and reason (absent where all did)
  funnel.json      the same, counted
  card.md          what it is, in words and numbers
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from thalweg import store
from thalweg.chat import Prompt
from thalweg.curate.funnel import Funnel, funnel_of, table
from thalweg.errors import InputError
from thalweg.thinking import full_text
from thalweg.types import Drop, Example, Problem, Response

ROWS, DROPPED = "train.parquet", "dropped.parquet"


def examples(responses: Sequence[Response], problems: Mapping[str, Problem], prompt: Prompt, arm: str) -> list[Example]:
    """Training rows from responses: the user turn as the student will meet it, and the response byte for byte."""
    return [
        Example(
            response_id=response.id,
            problem_id=response.problem_id,
            prompt=prompt.user_turn(problems[response.problem_id]),
            text=full_text(response),
            arm=arm,
        )
        for response in responses
    ]


def licenses(problems: Iterable[Problem]) -> list[str]:
    """The licenses that problems carry, each with its source."""
    return sorted({f"{problem.source}: {problem.license}" for problem in problems if problem.license})


def write_corpus(
    folder: Path,
    rows: Sequence[Example],
    dropped: Sequence[Drop],
    title: str,
    license_lines: Sequence[str],
    notes: Sequence[str] = (),
    tokens: int | None = None,
) -> str:
    """Writes the corpus folder and returns the fingerprint of its rows.

    `dropped` is all of the pool that is not in `rows`. `notes` are lines for the card: the selection in words
    (`describe.selection_in_words`), what the corpus is matched to, what its structure could not change. `tokens` counts
    the responses' tokens as the student does, where a student is known.
    """
    assert not {row.response_id for row in rows} & {drop.response_id for drop in dropped}, "a row was dropped, too"
    mark, funnel = corpus_hash(rows), funnel_of(len(rows), dropped)
    store.write(folder / ROWS, rows)
    (folder / DROPPED).unlink(missing_ok=True)
    if dropped:
        store.write(folder / DROPPED, dropped)
    store.write_json(folder / "funnel.json", funnel.document())
    with store.replacing(folder / "card.md") as temporary:
        temporary.write_text(_card(rows, funnel, title, license_lines, notes, tokens, mark), encoding="utf-8")
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


def _card(
    rows: Sequence[Example],
    funnel: Funnel,
    title: str,
    license_lines: Sequence[str],
    notes: Sequence[str],
    tokens: int | None,
    mark: str,
) -> str:
    problems = len({row.problem_id for row in rows})
    characters = sum(len(row.text) for row in rows)
    steps = "\n".join(f"| {stage} | {reason} | {lost or ''} | {left} |" for stage, reason, lost, left in table(funnel))
    counted = "" if tokens is None else f"\n| student tokens of responses | {tokens} |"
    said = "".join(f"- {note}\n" for note in notes)
    listed = "\n".join(f"- {line}" for line in license_lines) or "- not stated by the source"
    return f"""# {title}

{said}
| what | number |
| --- | --- |
| examples | {len(rows)} |
| distinct problems | {problems} |
| characters of responses | {characters} |{counted}

Rows fingerprint: `{mark}`

| stage | dropped because | dropped | left |
| --- | --- | --- | --- |
{steps}

Licenses of the problems:

{listed}
"""
