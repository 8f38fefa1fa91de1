"""A corpus in the form that somebody else's trainer reads (`forms.py`), with a card beside it.

    <out>/README.md     the card (`card.py`)
    <out>/export.json   what this folder is, so that a later export may replace it
    <out>/...           the rows, and what the trainer wants beside them

Two passes over the rows, one to count and one to write; what is held is an id a row, never its text.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from thalweg import store
from thalweg.curate.card import Origin, Source, Tally, card, said_by
from thalweg.curate.corpus import ROWS
from thalweg.curate.forms import FORMS
from thalweg.curate.funnel import Funnel, Loss
from thalweg.errors import InputError
from thalweg.thinking import OPEN
from thalweg.types import Example

MANIFEST = "export.json"
_UNKNOWN = Source("unknown", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written: the folder, its files with their sizes in bytes, the rows counted, and what is to be known."""

    folder: Path
    files: Mapping[str, int]
    tally: Tally
    notes: tuple[str, ...]


def export(corpus: Path, out: Path, to: str, origin: Origin, version: str) -> Exported:
    """Writes a corpus folder (or a file of rows) into `out` in the form `to`.

    An earlier export in `out` is replaced; any other content is left alone.

    Raises:
        InputError: no such form; no corpus; `out` holds something else.
    """
    if to not in FORMS:
        raise InputError("--to", f"no form {to!r}", f"use one of {', '.join(FORMS)}")
    form, path = FORMS[to], _rows_file(corpus)
    tally = count(store.read(path, Example), origin)
    if not tally.rows:
        raise InputError(str(path), "the corpus is empty", "loosen the filters or collect more responses")
    _clear(out)
    store.write_json(out / MANIFEST, {"version": 1, "to": to, "rows": tally.rows, "fingerprint": tally.fingerprint})
    form.write(store.read(path, Example), origin, out)
    notes = tuple(_notes(to, tally, origin))
    files = {name: store.file_fingerprint(out / name) for name in _names(out) if name != MANIFEST}
    page = card(
        origin,
        tally,
        files,
        form=form.title,
        data=form.data,
        notes=notes,
        selection=said_by(corpus),
        funnel=_funnel(corpus),
        version=version,
    )
    with store.replacing(out / "README.md") as temporary:
        temporary.write_text(page, encoding="utf-8")
    return Exported(folder=out, files={n: (out / n).stat().st_size for n in _names(out)}, tally=tally, notes=notes)


def count(rows: Iterable[Example], origin: Origin) -> Tally:
    """Counts rows in one pass."""
    tally, problems = Tally(), set()

    def counted() -> Iterator[Example]:
        for row in rows:
            tally.rows += 1
            problems.add(row.problem_id)
            tally.characters += len(row.text)
            tally.longest = max(tally.longest, len(row.prompt) + len(row.text))
            tally.weighted += row.weight != 1
            tally.thinking += row.text.lstrip().startswith(OPEN)
            tally.sources[origin.sources.get(row.problem_id, _UNKNOWN)] += 1
            if row.response_id in origin.models:
                tally.models[origin.models[row.response_id]] += 1
            yield replace(row, arm="")  # as `corpus.corpus_hash` does

    tally.fingerprint = store.records_fingerprint(counted())
    tally.problems = len(problems)
    return tally


def _notes(to: str, tally: Tally, origin: Origin) -> Iterator[str]:
    """What a user of the files has to know."""
    yield f"{FORMS[to].advice}."
    yield f"The longest row has {tally.longest:,} characters of prompt and response."
    if tally.weighted and to != "messages":
        yield f"{tally.weighted:,} rows have a weight other than 1, which this form cannot carry: `messages` does."
    if origin.prompt is None:
        yield "Whether a system message belongs to the prompts is not known; none was written."
    elif origin.prompt.chat == "none":
        yield "The study trains on plain text; as turns of a chat these rows are another prompt."
    if tally.unlicensed:
        yield f"Of {tally.unlicensed:,} rows the problem's license is not known."


def _rows_file(corpus: Path) -> Path:
    path = corpus / ROWS if corpus.is_dir() else corpus
    if not path.exists():
        raise InputError(str(corpus), f"holds no {ROWS}", "name a corpus folder that 'thalweg curate' wrote")
    return path


def _clear(out: Path) -> None:
    """Makes room for an export, where nothing but an earlier one is in the way."""
    if out.is_dir() and any(out.iterdir()):
        if not (out / MANIFEST).exists():
            raise InputError(str(out), "holds something else than an export", "name another folder")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)


def _names(out: Path) -> list[str]:
    return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())


def _funnel(corpus: Path) -> Funnel | None:
    path = corpus / "funnel.json"
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    dropped = tuple(Loss(loss["stage"], loss["reason"], loss["count"]) for loss in found["dropped"])
    return Funnel(found["pool"], found["examples"], dropped)
