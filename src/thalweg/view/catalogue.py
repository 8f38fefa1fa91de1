"""What a study's folder holds, by the layout that `thalweg.study.folder` draws: models, pools and their files.

A *pool* is a set of problems: `train`, or a benchmark. A *model* is a teacher, the untouched student (`base`) or a
rung. Nothing but the folder is asked, so a study that is still running, was merged or lost its study file is read too;
`manifest.json`, where there is one, gives the title and the order of arms and benchmarks.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRAIN, BASE = "train", "base"
_RUNG = re.compile(r"(?P<arm>.+)-(?P<size>\d+)-s(?P<seed>\d+)")


@dataclass(frozen=True, slots=True)
class Model:
    """Who answered. `name` is unique in a study; `family` is what a filter calls all rungs of an arm."""

    name: str
    family: str
    label: str
    arm: str | None = None
    size: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One model's responses to one pool: its shards in order, and the verdicts on them (which may be absent yet)."""

    model: Model
    pool: str
    shards: tuple[Path, ...]
    verdicts: Path


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A study's folder as it stands now. `stamp` changes when any file that the index reads does."""

    root: Path
    title: str
    sources: tuple[Source, ...]
    stamp: tuple[tuple[str, int, int], ...]

    @property
    def pools(self) -> list[str]:
        """Pools with responses, benchmarks first."""
        return list(dict.fromkeys(source.pool for source in self.sources))

    @property
    def models(self) -> list[Model]:
        """Models with responses: teachers, the untouched student, then rung by rung."""
        return list(dict.fromkeys(source.model for source in self.sources))

    def problems(self, pool: str) -> Path:
        """The pool's problems."""
        return self.root / "problems" / f"{pool}.parquet"

    @property
    def scores(self) -> Path:
        """One row a scored response."""
        return self.root / "scores.parquet"


def catalogue(root: Path) -> Catalogue:
    """Looks through the folder; reads no table."""
    study = _manifest(root)
    found = sorted(_sources(root), key=lambda source: _order(study, source))
    files = [path for source in found for path in (*source.shards, source.verdicts)]
    files += [root / "problems" / f"{source.pool}.parquet" for source in found] + [root / "scores.parquet"]
    stamp = tuple(_stamp(path) for path in dict.fromkeys(files) if path.exists())
    return Catalogue(root, str(study.get("title") or study.get("name") or root.name), tuple(found), stamp)


def teacher(name: str) -> Model:
    """The model that a teacher's responses stand under."""
    return Model(f"teacher:{name}", f"teacher:{name}", f"teacher {name}")


def student(key: str) -> Model:
    """The model that a rung's responses stand under: `base`, or `<arm>-<size>-s<seed>`."""
    found = _RUNG.fullmatch(key)
    if found is None:
        return Model(key, key, "the start" if key == BASE else key)
    arm, size, seed = found["arm"], int(found["size"]), int(found["seed"])
    return Model(key, f"arm:{arm}", f"{arm}, {size:,}, seed {seed}", arm, size, seed)


def _manifest(root: Path) -> Mapping[str, Any]:
    path = root / "manifest.json"
    study: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["study"] if path.exists() else {}
    return study


def _sources(root: Path) -> Iterator[Source]:
    responses, verdicts = root / "responses", root / "verdicts"
    for folder in _folders(responses / "teachers"):
        if shards := _shards(folder):
            yield Source(teacher(folder.name), TRAIN, shards, verdicts / "teachers" / f"{folder.name}.parquet")
    for rung in _folders(responses / "students"):
        for folder in _folders(rung):
            if shards := _shards(folder):
                graded = verdicts / "students" / rung.name / f"{folder.name}.parquet"
                yield Source(student(rung.name), folder.name, shards, graded)


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if path.is_dir()) if parent.is_dir() else []


def _shards(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(folder.glob("*.parquet")))


def _order(study: Mapping[str, Any], source: Source) -> tuple[Any, ...]:
    """Benchmarks in their order and then `train`; teachers, the start, arms in their order, sizes, seeds."""
    model = source.model
    pool = (source.pool == TRAIN, _place(list(study.get("benchmarks", ())), source.pool), source.pool)
    kind = 2 if model.arm else 0 if model.name.startswith("teacher:") else 1
    named = list(study.get("arms", ())) if model.arm else [f"teacher:{name}" for name in study.get("teachers", ())]
    name = model.arm or model.name
    return (*pool, kind, _place(named, name), name, model.size or 0, model.seed or 0)


def _place(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else len(names)


def _stamp(path: Path) -> tuple[str, int, int]:
    stat = path.stat()
    return str(path), stat.st_mtime_ns, stat.st_size
