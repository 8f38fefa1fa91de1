"""The light steps of a study: problems, teachers' responses brought in from files, corpora. They run in the parent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from thalweg import store
from thalweg.curate.corpus import examples, write_corpus
from thalweg.curate.filters import Funnel, usable
from thalweg.curate.subsets import nested_order, take
from thalweg.errors import InputError
from thalweg.grade import check_gradable
from thalweg.problems import load_problems
from thalweg.problems.responses import load_responses
from thalweg.study.config import Loaded, Source, StudyConfig, Teacher
from thalweg.study.folder import Folder, begin, finish
from thalweg.study.jobs import write_verdicts
from thalweg.types import Example, Problem, Response, Verdict


def problem_sets(config: StudyConfig) -> dict[str, Source]:
    """The training problems (`train`) and the benchmarks, by name."""
    return {"train": config.problems, **config.benchmarks}


def source_mark(loaded: Loaded, source: Source) -> str:
    """What the problems of a source depend on."""
    path = resolve(loaded.folder, source.path) if source.path else None
    content = store.file_fingerprint(path) if isinstance(path, Path) else None
    keys = source.model_dump(include=set(Source.model_fields))
    return store.fingerprint("problems", keys, content)


def write_problems(loaded: Loaded, folder: Folder) -> dict[str, list[Problem]]:
    """Loads every source (or what an earlier run left) and writes it; held-out problems must not be trained on."""
    sets = {name: _problems(loaded, folder, name, source) for name, source in problem_sets(loaded.config).items()}
    trained = {problem.id for problem in sets["train"]}
    for name in loaded.config.benchmarks:
        shared = sorted(trained & {problem.id for problem in sets[name]})
        if shared:
            where = f"{loaded.file}: benchmarks.{name}"
            raise InputError(where, f"{len(shared)} of its problems are trained on, such as {shared[0]}", "use others")
    return sets


def _problems(loaded: Loaded, folder: Folder, name: str, source: Source) -> list[Problem]:
    out, mark = folder.problems(name), source_mark(loaded, source)
    marker = out.with_suffix(".done")
    if out.exists() and store.done(marker, mark):
        return store.read_all(out, Problem)
    where = f"{loaded.file}: {'problems' if name == 'train' else f'benchmarks.{name}'}"
    problems = load_source(source, loaded.folder)
    if not problems:
        raise InputError(where, "the source holds no problems", "check its path, split, skip and count")
    if source.count is not None and len(problems) < source.count:
        raise InputError(where, f"the source holds {len(problems)} problems, not {source.count}", "lower 'count'")
    if name != "train":
        check_gradable(problems)
    store.write(out, problems)
    store.mark_done(marker, mark)
    return problems


def load_source(source: Source, folder: Path) -> list[Problem]:
    """The problems of a source; `skip` and `count` cut them."""
    stop = None if source.count is None else source.skip + source.count
    problems = load_problems(
        source.source,
        path=str(resolve(folder, source.path)) if source.path else None,
        split=source.split,
        count=stop,
        seed=source.seed,
        depths=source.depths,
    )
    return problems[source.skip : stop]


def import_responses(loaded: Loaded, folder: Folder, name: str, problems: list[Problem]) -> None:
    """Brings a teacher's responses in from its file, and grades them."""
    teacher = loaded.config.teachers[name]
    assert teacher.responses is not None
    out, mark = folder.teacher_responses(name), teacher_mark(loaded, name, problems)
    if not begin(out, mark):
        return
    path = resolve(loaded.folder, teacher.responses)
    rows = load_responses(Path(path), teacher.columns, teacher.where, teacher.problem_prefix)
    known = {problem.id for problem in problems}
    matching = [row for row in rows if row.problem_id in known]
    if not matching:
        where = f"{loaded.file}: teachers.{name}.responses"
        example = f"; the first is for {rows[0].problem_id!r}" if rows else ""
        raise InputError(where, f"no response is for a training problem{example}", "check 'where' and 'problem_prefix'")
    shards = store.Shards(out, Response)
    shards.put(0, matching)
    write_verdicts(problems, shards, folder.teacher_verdicts(name))
    finish(out, mark)


def teacher_mark(loaded: Loaded, name: str, problems: list[Problem]) -> str:
    """What a teacher's responses depend on."""
    teacher = loaded.config.teachers[name]
    return store.fingerprint(
        "teacher", store.records_fingerprint(problems), teacher, _teacher_content(loaded, teacher), loaded.config.prompt
    )


def _teacher_content(loaded: Loaded, teacher: Teacher) -> str | None:
    if teacher.responses is not None:
        path = resolve(loaded.folder, teacher.responses)
        return store.file_fingerprint(path) if isinstance(path, Path) else None
    kind, _, rest = (teacher.model or "").partition(":")
    path = resolve(loaded.folder, rest) if kind == "local" else None
    return store.file_fingerprint(path) if isinstance(path, Path) else None


@dataclass
class Corpora:
    """Builds the corpora of a study from its teachers' responses."""

    loaded: Loaded
    folder: Folder
    problems: list[Problem]
    _pools: dict[tuple[str, str], tuple[list[Response], Funnel]] = field(default_factory=dict)

    @cached_property
    def _by_id(self) -> dict[str, Problem]:
        return {problem.id: problem for problem in self.problems}

    def rows(self, arm: str, size: int, seed: int) -> list[Example]:
        """The training rows of a rung."""
        config = self.loaded.config
        pool, _ = self._pool(config.teacher_of(arm), config.arms[arm].select)
        chosen = take(nested_order(pool, seed), size, f"{self.loaded.file}: arms.{arm}")
        return examples(chosen, self._by_id, config.prompt.prompt(), arm)

    def write(self, arm: str, size: int, seed: int) -> str:
        """Writes the corpus of a rung and returns the fingerprint of its rows."""
        rows = self.rows(arm, size, seed)
        mark = store.records_fingerprint(rows)
        out = self.folder.corpus(arm, size, seed)
        if begin(out, mark):
            config = self.loaded.config
            _, funnel = self._pool(config.teacher_of(arm), config.arms[arm].select)
            title = f"{config.name}: arm {arm}, {size} examples, seed {seed}"
            write_corpus(out, rows, funnel, title, self._licenses(rows))
            finish(out, mark)
        return mark

    def _pool(self, teacher: str, select: str) -> tuple[list[Response], Funnel]:
        if (teacher, select) not in self._pools:
            verdicts: Mapping[str, Verdict] = {
                v.response_id: v for v in store.read(self.folder.teacher_verdicts(teacher), Verdict)
            }
            responses = store.Shards(self.folder.teacher_responses(teacher), Response).read()
            self._pools[teacher, select] = usable(responses, self._by_id, verdicts, select)  # type: ignore[arg-type]
        return self._pools[teacher, select]

    def _licenses(self, rows: list[Example]) -> list[str]:
        problems = (self._by_id[row.problem_id] for row in rows)
        return sorted({f"{p.source}: {p.license}" for p in problems if p.license})


def resolve(folder: Path, path: str) -> Path | str:
    """A path relative to the study file where it exists there, else the text as it is (a hub id, or a missing file)."""
    candidate = (folder / Path(path).expanduser()).resolve()
    return candidate if candidate.exists() else path


__all__ = [
    "Corpora",
    "import_responses",
    "load_source",
    "problem_sets",
    "resolve",
    "source_mark",
    "teacher_mark",
    "write_problems",
]
