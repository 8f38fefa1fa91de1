"""The card of an exported corpus: what it is, where it comes from, under which licenses, how it was made.

It is a Hugging Face dataset card (YAML between dashes, then Markdown: hub-docs, datasetcard.md), and stands as
README.md beside the rows in whatever form they are exported. What is not known is said to be unknown. Not covered: what
the terms of a teacher's provider allow; nobody but the user can read these.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import yaml

from thalweg.chat import Prompt
from thalweg.curate.funnel import Funnel, table

UNKNOWN = "unknown"
# Identifiers that the hub knows (hub-docs, repositories-licenses) and that data sets carry.
_HUB_LICENSES = {
    "afl-3.0", "agpl-3.0", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-2.0", "cc-by-3.0",
    "cc-by-4.0", "cc-by-nc-4.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0",
    "cdla-permissive-2.0", "gpl-2.0", "gpl-3.0", "lgpl-3.0", "mit", "mpl-2.0", "odbl", "odc-by", "openrail", "pddl",
    "unlicense",
}  # fmt: skip
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"))


class Source(NamedTuple):
    """Where a problem comes from, and under which license; null where it does not say."""

    name: str
    license: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What is known of a corpus beside its rows; `models` by response, `sources` by problem (none: not looked up)."""

    name: str
    prompt: Prompt | None = None
    study: Mapping[str, str] = field(default_factory=dict)  # study, arm, size, seed, teacher ...
    models: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """A corpus counted: rows, problems, characters of responses and of the longest row, rows of another weight than 1,
    rows that begin by thinking, models and sources with how many rows each, and the fingerprint of the rows."""

    rows: int = 0
    problems: int = 0
    characters: int = 0
    longest: int = 0
    weighted: int = 0
    thinking: int = 0
    models: Counter[str] = field(default_factory=Counter)
    sources: Counter[Source] = field(default_factory=Counter)
    fingerprint: str = ""

    @property
    def unlicensed(self) -> int:
        """How many rows answer problems of which no license is known."""
        return sum(count for source, count in self.sources.items() if source.license is None)


def license_id(sources: Counter[Source]) -> str:
    """The hub's identifier of the license: `other` where there are several, or one that the hub does not know."""
    names = {source.license for source in sources}
    if None in names:
        return UNKNOWN
    (name, *others) = names
    assert name is not None, "a license that is not known is above"
    return name.lower() if not others and name.lower() in _HUB_LICENSES else "other"


def size_category(rows: int) -> str:
    """The hub's size category."""
    return next((name for below, name in _SIZES if rows < below), "n>10M")


def card(
    origin: Origin,
    tally: Tally,
    files: Mapping[str, str],
    *,
    form: str,
    data: str,
    notes: Sequence[str],
    selection: Sequence[str],
    funnel: Funnel | None,
    version: str,
) -> str:
    """The card.

    Args:
        files: fingerprints by file name.
        form: the form of the rows, in words; `data`: the pattern of their files.
        notes: what a user of this form has to know; `selection`: what was asked of the rows.
        version: Thalweg's.
    """
    sections = [
        f"# {origin.name}",
        f"{tally.rows:,} training rows for distilling reasoning into a smaller model, as {form}.",
        _section("To know before training", _list(notes)),
        _section("Provenance", _pairs(_provenance(origin, tally, version))),
        _section("How it was made", _made(selection, funnel)),
        _section("Licenses", _licenses(tally.sources)),
        _section(
            "Files", _table(("file", "fingerprint"), [(f"`{name}`", f"`{mark}`") for name, mark in files.items()])
        ),
    ]
    return f"---\n{_front(origin, tally, data)}---\n\n" + "\n\n".join(text for text in sections if text) + "\n"


def _front(origin: Origin, tally: Tally, data: str) -> str:
    """The metadata that the hub reads."""
    name = license_id(tally.sources)
    values = {
        "pretty_name": origin.name,
        "license": name,
        **({"license_name": "see-licenses-below"} if name == "other" else {}),
        "task_categories": ["text-generation"],
        "size_categories": [size_category(tally.rows)],
        "tags": ["reasoning", "distillation", "synthetic", "thalweg"],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": data}]}],
    }
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True))


def _provenance(origin: Origin, tally: Tally, version: str) -> dict[str, str]:
    models = ", ".join(f"{name} ({count:,} rows)" for name, count in tally.models.most_common()) or UNKNOWN
    prompt = origin.prompt
    return {
        **origin.study,
        "models that answered": models,
        "rows": f"{tally.rows:,}, of {tally.problems:,} distinct problems",
        "characters of responses": f"{tally.characters:,}",
        "rows that begin with `<think>`": f"{tally.thinking:,}",
        "rows fingerprint": f"`{tally.fingerprint}`",
        "prompt hash": f"`{prompt.hash}`" if prompt else UNKNOWN,
        "system message": repr(prompt.system) if prompt and prompt.system else "none",
        "exported by": f"thalweg {version}",
    }


def _made(selection: Sequence[str], funnel: Funnel | None) -> str:
    """What was asked for, and what fell out on the way."""
    if funnel is None:
        return _list(selection)
    rows = [(stage, reason, f"{lost:,}" if lost else "", f"{left:,}") for stage, reason, lost, left in table(funnel)]
    return "\n\n".join(filter(None, [_list(selection), _table(("stage", "dropped because", "dropped", "left"), rows)]))


def _licenses(sources: Counter[Source]) -> str:
    """Every source of problems with its license, and what that comes to."""
    rows = [(source.name, source.license or UNKNOWN, f"{count:,}") for source, count in sources.most_common()]
    names = sorted({source.license or UNKNOWN for source in sources})
    several = f"The problems come under {len(names)} licenses ({', '.join(names)}): each holds for its own rows.\n\n"
    closing = (
        "The responses were written by models; whether their providers' terms allow training on them is not said here."
    )
    return (several if len(names) > 1 else "") + _table(("source", "license", "rows"), rows) + f"\n\n{closing}"


def said_by(folder: Path) -> list[str]:
    """What the card of a corpus folder says of its selection: the lines before its first table."""
    path = folder / "card.md"
    if not path.exists():
        return []
    head = path.read_text(encoding="utf-8").partition("\n| ")[0]
    return [line.removeprefix("- ") for line in head.splitlines() if line.startswith("- ")]


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _pairs(values: Mapping[str, str]) -> str:
    return _table(("what", "value"), list(values.items()))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines
    )
