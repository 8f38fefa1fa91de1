"""The study file of several studies: the seeds, sizes, arms and teachers of all, over a base that must be the same.

Everything that an arm leaves to the study is spelled out (its sizes, its teacher, what it is matched to), since the
defaults of the merged study may be others. Local files stand by their whole paths, and are compared by their names:
what is in them is known by the fingerprints of what was made from them. Not covered: the comments of the files.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from thalweg.errors import InputError
from thalweg.study.config import Loaded
from thalweg.study.endpoints import EndpointSection
from thalweg.study.ladder import student_mark
from thalweg.study.places import resolve, student_source

# What studies may differ in. The first three come together by name, the rest is the first study's.
_TOGETHER = ("students", "teachers", "arms")
_MAY_DIFFER = {
    *_TOGETHER, "student", "sizes", "seeds", "name", "title", "main", "workers", "hardware", "prices", "samples_shown",
    "caveats", "stop_when",
}  # fmt: skip
_PATHS = ("path", "responses", "interpreter")


def union(studies: Sequence[Loaded]) -> dict[str, Any]:
    """The merged study file as plain values.

    Raises:
        InputError: two studies rest on different things; names both, and the key.
    """
    first, *others = studies
    merged = _spelled_out(first)
    for other in others:
        _check_base(first, other)
        document = _spelled_out(other)
        merged["sizes"] = _numbers((merged["sizes"], document["sizes"]))
        merged["seeds"] = _numbers((merged["seeds"], document["seeds"]))
        for key in _TOGETHER:
            merged[key] = _joined(key, merged[key], document[key], (first, other))
    return merged


def conflict(what: str, one: Path, other: Path) -> InputError:
    """Says that two studies cannot be merged."""
    return InputError(f"{one} and {other}", f"differ in {what}", "only studies of the same base can be merged")


def _check_base(one: Loaded, other: Loaded) -> None:
    if next(iter(one.config.teachers)) != next(iter(other.config.teachers)):
        raise conflict("teachers: the first one", one.folder, other.folder)
    mine, theirs = (loaded.config.model_dump(mode="json", exclude=_MAY_DIFFER) for loaded in (one, other))
    for key, value in mine.items():
        if _named(value) != _named(theirs[key]):
            raise conflict(key, one.folder, other.folder)
    sources = [student_source(loaded) for loaded in (one, other)]
    # A student that only the other machine has is known by the fingerprint of its answers alone.
    if all(Path(source).exists() or source.count("/") < 2 for source in sources):
        mark, own = map(student_mark, sources)
        if mark != own:
            raise conflict("student", one.folder, other.folder)


def _joined(
    key: str, mine: Mapping[str, Any], theirs: Mapping[str, Any], both: tuple[Loaded, Loaded]
) -> dict[str, Any]:
    """Two sections by name as one."""
    merged = dict(mine)
    for name, value in theirs.items():
        if name not in merged:
            merged[name] = value
        elif _compared(merged[name]) != _compared(value):
            raise conflict(f"{key}.{name}", both[0].folder, both[1].folder)
        elif key == "arms":
            merged[name] = {**merged[name], "sizes": _numbers((merged[name]["sizes"], value["sizes"]))}
    return merged


def _compared(value: Any) -> Any:
    """What has to agree of an arm, a teacher, or a student's place."""
    if isinstance(value, str):
        return Path(value).name
    kept = {k: v for k, v in value.items() if k not in ("sizes", "against", "expected_tokens", "endpoint")}
    asked = EndpointSection.model_validate(value.get("endpoint") or {}).asked()
    return _named({**kept, **asked})


def _named(value: Any) -> Any:
    """A section whose local files stand by their names."""
    if not isinstance(value, dict):
        return value
    return {k: Path(v).name if k in _PATHS and isinstance(v, str) else _named(v) for k, v in value.items()}


def _numbers(several: Iterable[Iterable[int]]) -> list[int]:
    return sorted({number for numbers in several for number in numbers})


def _spelled_out(loaded: Loaded) -> dict[str, Any]:
    config = loaded.config
    document: dict[str, Any] = config.model_dump(mode="json", exclude_unset=True)
    tried = config.smoke_test.arms() if config.smoke_test is not None else {}
    document["arms"] = {n: _arm(loaded, n, arm) for n, arm in document["arms"].items() if n not in tried}
    document["seeds"] = list(config.seeds)
    document["student"] = _place(loaded, config.student)
    document["students"] = {name: _place(loaded, path) for name, path in config.students.items()}
    for section in (document["problems"], *document["benchmarks"].values(), *document["teachers"].values()):
        section |= {key: _place(loaded, section[key]) for key in _PATHS if section.get(key)}
    for name, teacher in document["teachers"].items():
        _check_local(loaded, name, teacher.get("model") or "")
    return document


def _arm(loaded: Loaded, name: str, arm: Mapping[str, Any]) -> dict[str, Any]:
    config = loaded.config
    matched = {"match_to": config.match_of(name)} if config.arms[name].match else {}
    teacher = config.arms[name].teacher or next(iter(config.teachers))
    return {**arm, "sizes": list(config.sizes_of(name)), "teacher": teacher, **matched}


def _place(loaded: Loaded, path: str) -> str:
    return str(resolve(loaded.folder, path))


def _check_local(loaded: Loaded, name: str, model: str) -> None:
    """A local teacher is known by its text, which responses carry; a relative one would name nothing elsewhere."""
    kind, _, rest = model.partition(":")
    if kind == "local" and not Path(rest).is_absolute() and (loaded.folder / rest).exists():
        where = f"{loaded.file}: teachers.{name}.model"
        raise InputError(where, f"{rest} is relative to the study's folder", "give its absolute path")
