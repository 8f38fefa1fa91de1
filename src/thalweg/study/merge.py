"""Several study folders become one: more seeds, sizes or arms, run at other times or on other machines.

What the studies rest on must be the same (`union.py`). Outputs that are whole are hard-linked (copied to another file
system) with their fingerprints, so that `thalweg run` on the result finds them done. An output that several have with
different fingerprints, or a teacher whose responses differ, is an error that names both folders: then the rungs do not
stand on the same ground.

Not covered: outputs that are not whole (their own study finishes them), and studies whose files changed since they ran.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from thalweg import store
from thalweg.errors import InputError
from thalweg.study.choice import choose
from thalweg.study.config import Loaded, StudyConfig, parse
from thalweg.study.folder import Folder
from thalweg.study.ladder import Rung, bases, rungs
from thalweg.study.manifest import manifest
from thalweg.study.run import Study
from thalweg.study.union import conflict, union
from thalweg.types import Response, Verdict


@dataclass(frozen=True, slots=True)
class Merged:
    """What came together: the new study, how many rungs are whole in it, and which of its rungs nobody has run."""

    folder: Path
    rungs: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """An output that is taken whole or not at all: its paths in a study's folder, and the marker that it is whole."""

    paths: tuple[Path, ...]
    marker: Path


def merge(studies: Sequence[Path], out: Path) -> Merged:
    """Makes the study `out` of two or more studies that ran.

    Raises:
        InputError: fewer than two studies, a folder that exists, studies that rest on different things, or outputs of
            the same name that were made from different things; names both.
    """
    if len(studies) < 2:
        raise InputError("merge", "there is one study", "name two or more")
    if out.exists() and any(out.iterdir()):
        raise InputError(str(out), "is there already", "name a new folder")
    loaded = [_as_it_ran(Study.load(path)) for path in studies]
    document = union(loaded)
    config = parse(document, str(out / "study.yaml"))
    folders = [Folder(one.folder) for one in loaded]
    for one, folder in zip(loaded, folders, strict=True):
        _check_rungs(one, config)
        _check_teachers(folders[0], folder)
    taken = _taken(folders, config)
    _write(document, studies, out, taken)
    whole = [rung.key for rung in rungs(config) if _is_whole(Folder(out), config, rung.key)]
    return Merged(out, len(whole), tuple(rung.key for rung in rungs(config) if rung.key not in whole))


def _as_it_ran(study: Study) -> Loaded:
    """A study with the seeds that are on disk: those of its file, and those of `--seeds`."""
    changed, loaded = study.changed(), study.loaded
    if changed or not (study.folder.root / "manifest.json").exists():
        what = f"{changed} has changed since it ran" if changed else "has not been run"
        raise InputError(str(loaded.file), what, "run it first")
    arms = "|".join(re.escape(arm) for arm in loaded.config.arms)
    name = re.compile(rf"(?:{arms})-[0-9]+-s([0-9]+)")
    answered = (study.folder.root / "responses" / "students").glob("*")
    seeds = {int(found[1]) for folder in answered if (found := name.fullmatch(folder.name)) is not None}
    return loaded._replace(config=loaded.config.model_copy(update={"seeds": tuple(sorted(seeds))}))


# --------------------------------------------------------------------------- conflicts


def _check_rungs(loaded: Loaded, config: StudyConfig) -> None:
    """Raises where a rung would be another one in the merged study: its steps matched to a larger rung, say."""
    merged = {rung.key: rung for rung in rungs(config)}
    for rung in rungs(loaded.config):
        now = merged[rung.key]
        if _what(rung) != _what(now) and _is_whole(Folder(loaded.folder), loaded.config, rung.key):
            problem = f"{rung.key} took {rung.steps} steps, and would take {now.steps} in the merged study"
            raise InputError(str(loaded.file), problem, "give its arm a fixed 'max_steps', or leave it out")


def _what(rung: Rung) -> tuple[Any, ...]:
    return rung.start, rung.steps, rung.config, rung.branch


def _check_teachers(one: Folder, other: Folder) -> None:
    """Raises where a teacher of both gave other responses, or was graded otherwise: corpora would not be nested."""
    for mine in sorted((one.root / "responses" / "teachers").glob("*")):
        there = other.root != one.root and other.teacher_responses(mine.name).exists()
        if there and _graded(one, mine.name) != _graded(other, mine.name):
            raise conflict(f"what teacher '{mine.name}' answered, or how that was graded", one.root, other.root)


def _graded(folder: Folder, teacher: str) -> str:
    """The fingerprint of a teacher's responses and of what the grader found."""
    responses = store.Shards(folder.teacher_responses(teacher), Response).read()
    verdicts = folder.teacher_verdicts(teacher)
    found = ((v.response_id, v.status) for v in store.read(verdicts, Verdict)) if verdicts.exists() else ()
    return store.fingerprint(store.records_fingerprint(responses), sorted(found))


# --------------------------------------------------------------------------- outputs


def _taken(folders: Sequence[Folder], config: StudyConfig) -> dict[Path, Path]:
    """Every file of the merged study's outputs (relative), and where it is taken from."""
    taken: dict[Path, Path] = {}
    for piece in _pieces(config):
        marks = {f.root: mark.read_text() for f in folders if (mark := f.root / piece.marker).is_file()}
        if not marks:
            continue
        first = next(iter(marks))
        for root in marks:
            if marks[root] != marks[first]:
                raise conflict(f"what {piece.paths[0]} was made from", first, root)
        taken |= {file: first / file for path in piece.paths for file in _files(first, path)}
    return taken


def _pieces(config: StudyConfig) -> Iterator[_Piece]:
    """All outputs that a study may have, but scores and what is made from them."""
    here = Folder(Path())
    for name in ("train", *config.benchmarks):
        path = here.problems(name)
        yield _Piece((path, path.with_suffix(".done")), path.with_suffix(".done"))
    for name in config.teachers:
        answers, measured = here.teacher_responses(name), here.suitability(name)
        yield _Piece((answers, here.teacher_verdicts(name)), answers / ".done")
        yield _Piece((measured,), measured / ".done")
    for rung in rungs(config):
        which = rung.arm, rung.size, rung.seed
        for path in (here.corpus(*which), here.trunk(*which), here.student(rung.key)):
            yield _Piece((path,), path / ".done")
    for key in (*bases(config), *(rung.key for rung in rungs(config))):
        for name in config.benchmarks:
            answers = here.student_responses(key, name)
            yield _Piece((answers, here.student_verdicts(key, name)), answers / ".done")


def _files(root: Path, path: Path) -> Iterator[Path]:
    """A file, or all files in a folder; relative to `root`."""
    whole = root / path
    for file in sorted(whole.rglob("*")) if whole.is_dir() else [whole]:
        if file.is_file():
            yield file.relative_to(root)


def _is_whole(folder: Folder, config: StudyConfig, key: str) -> bool:
    return all((folder.student_responses(key, name) / ".done").exists() for name in config.benchmarks)


# --------------------------------------------------------------------------- the new folder


def _write(document: Mapping[str, Any], studies: Sequence[Path], out: Path, taken: Mapping[Path, Path]) -> None:
    """Links the outputs, and writes the study file last: a merge that was cut off is no study."""
    for file, source in taken.items():
        _link(source, out / file)
    config = parse(document, str(out / "study.yaml"))
    loaded = Loaded(config, out.resolve(), out / "study.yaml")
    try:
        _settle_choice(loaded, studies)
    except InputError:
        shutil.rmtree(out)
        raise
    store.write_json(out / "manifest.json", manifest(loaded))
    head = "".join(f"# merged from {path}\n" for path in studies)
    text = yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=120)
    with store.replacing(out / "study.yaml") as temporary:
        temporary.write_text(head + text, encoding="utf-8")


def _settle_choice(loaded: Loaded, studies: Sequence[Path]) -> None:
    """Takes the smoke test's choice over, if the students of all studies together make the same one."""
    if loaded.config.smoke_test is None:
        return
    found = choose(loaded, Folder(loaded.folder))
    for path in studies:
        tried = Folder(Study.load(path).loaded.folder).smoke_test
        chosen = json.loads(tried.read_text(encoding="utf-8"))["teacher"] if tried.exists() else found.teacher
        if chosen != found.teacher:
            problem = f"its smoke test chose {chosen}, that of all studies together chooses {found.teacher}"
            raise InputError(str(path), problem, "name the teacher in the arms, in place of 'chosen'")
    store.write_json(Folder(loaded.folder).smoke_test, found.document())


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)
