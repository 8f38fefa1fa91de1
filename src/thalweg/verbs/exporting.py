"""A corpus for somebody else's trainer, and where its rows come from.

Inside a study the prompt, the problems' sources and licenses, and the models that answered are looked up in the study's
folder; of a corpus that lies anywhere else they are what the user names. Only ids, sources and model names are read:
never a statement or a response.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import thalweg
from thalweg import store
from thalweg.chat import Prompt
from thalweg.curate.card import Origin, Source
from thalweg.curate.export import Exported, export
from thalweg.curate.push import Hub, push
from thalweg.errors import InputError
from thalweg.study.config import StudyConfig, parse
from thalweg.study.folder import Folder


def export_corpus(
    corpus: Path,
    out: Path,
    to: str,
    *,
    problems: Path | None = None,
    responses: Path | None = None,
    prompt: Prompt | None = None,
) -> Exported:
    """Writes a corpus in the form `to` (messages, trl, llamafactory, axolotl, openai) into the folder `out`.

    Args:
        problems: where sources and licenses are looked up; a study's own where the corpus is a study's.
        responses: where the models that answered are looked up; likewise.
        prompt: what the rows were curated with, for its system message; likewise.

    Raises:
        InputError: as `thalweg.curate.export.export`; a file that cannot be read.
    """
    origin = origin_of(corpus, problems, responses, prompt)
    return export(corpus, out, to, origin, thalweg.__version__)


def push_export(
    exported: Exported, name: str, *, public: bool = False, accept_licenses: bool = False, hub: Hub | None = None
) -> str:
    """Uploads an export to the data set `name` on the hub, private unless `public`; returns its address.

    Raises:
        InputError: rows without a known license, unless `accept_licenses`; as `thalweg.curate.push.push`.
    """
    if exported.tally.unlicensed and not accept_licenses:
        problem = f"of {exported.tally.unlicensed:,} rows the problem's license is not known"
        remedy = "name --problems that carry licenses, or take it upon yourself with --accept-licenses"
        raise InputError(f"--push {name}", problem, remedy)
    return push(exported.folder, name, public=public, hub=hub)


def origin_of(
    corpus: Path, problems: Path | None = None, responses: Path | None = None, prompt: Prompt | None = None
) -> Origin:
    """What is known of a corpus beside its rows."""
    root = _study_of(corpus)
    facts, answers = {}, [responses] if responses else []
    name = corpus.resolve().name
    if root is not None:
        config = _config(root)
        arm, seed, size = corpus.resolve().parts[-3:]
        teacher = _teacher(root, config, arm)
        facts = {"study": config.name, "arm": arm, "examples": size, "seed": seed.removeprefix("s"), "teacher": teacher}
        name = f"{config.name}-{arm}-{size}-{seed}"
        prompt = prompt or config.prompt.prompt()
        problems = problems or Folder(root).problems("train")
        answers = answers or [Folder(root).teacher_responses(teacher)]
    return Origin(
        name=name,
        prompt=prompt,
        study=facts,
        models={row["id"]: row["model"] for path in answers for row in _fields(path, ("id", "model"))},
        sources=_sources(problems) if problems else {},
    )


def _study_of(corpus: Path) -> Path | None:
    """The folder of the study that a corpus folder is of: `<study>/corpora/<arm>/s<seed>/<size>/`."""
    above = corpus.resolve().parents
    found = len(above) > 3 and above[2].name == "corpora" and (above[3] / "manifest.json").exists()
    return above[3] if found else None


def _config(root: Path) -> StudyConfig:
    """The configuration that the study ran with."""
    manifest = root / "manifest.json"
    return parse(json.loads(manifest.read_text(encoding="utf-8"))["study"], str(manifest))


def _teacher(root: Path, config: StudyConfig, arm: str) -> str:
    """The teacher that an arm took its responses from; what a smoke test chose is on disk."""
    if config.arms[arm].teacher == "chosen":
        return str(json.loads(Folder(root).smoke_test.read_text(encoding="utf-8"))["teacher"])
    return config.teacher_of(arm)


def _sources(problems: Path) -> dict[str, Source]:
    """Source and license by problem. Equal ones are one object: a million problems cost little more than ids."""
    known: dict[Source, Source] = {}
    found = {}
    for row in _fields(problems, ("id", "source", "license")):
        source = Source(row.get("source") or "unknown", row.get("license") or None)
        found[row["id"]] = known.setdefault(source, source)
    return found


def _fields(path: Path, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Some fields of every row of a file or a folder of shards; of Parquet nothing else is read."""
    for file in sorted(path.glob("*.parquet")) if path.is_dir() else [path]:
        if file.suffix == ".parquet" and file.exists():
            yield from _columns(file, names)
            continue
        for where, row in store.rows(file):
            fields = json.loads(row) if isinstance(row, str) else row
            if not isinstance(fields, dict) or "id" not in fields:
                raise InputError(where, "expected an object with 'id'", "name a file of the exchange format")
            yield {name: fields.get(name) for name in names}


def _columns(file: Path, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file, pre_buffer=False) as table:
        missing = [name for name in names if name not in table.schema_arrow.names]
        if missing:
            raise InputError(str(file), f"lacks the column {missing[0]!r}", "name a file of the exchange format")
        for batch in table.iter_batches(batch_size=10_000, columns=list(names)):
            yield from batch.to_pylist()
