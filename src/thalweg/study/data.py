"""The light steps of a study: problems, responses brought in from files, corpora. They run in the parent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from thalweg import store
from thalweg.curate.corpus import corpus_hash, examples, licenses, write_corpus
from thalweg.curate.filters import Funnel, Select, usable
from thalweg.curate.subsets import nested_order, take
from thalweg.engine.local import cpu_workers
from thalweg.study.config import Loaded, Teacher
from thalweg.study.folder import Folder, begin, finish
from thalweg.study.inputs import Inputs, grading_settings, resolve, sets, source_mark
from thalweg.study.jobs import write_verdicts
from thalweg.study.ladder import whole_mark
from thalweg.types import Example, Problem, Response, Verdict


def write_problems(loaded: Loaded, folder: Folder, inputs: Inputs) -> None:
    """Writes the problems of every set that is not there yet."""
    for name, source in sets(loaded.config).items():
        out, mark = folder.problems(name), source_mark(loaded, source)
        marker = out.with_suffix(".done")
        if not (out.exists() and store.done(marker, mark)):
            store.write(out, inputs.problems[name])
            store.mark_done(marker, mark)


def import_responses(loaded: Loaded, folder: Folder, name: str, inputs: Inputs) -> None:
    """Brings a teacher's responses in from its file, and grades them."""
    problems = inputs.problems["train"]
    out, mark = folder.teacher_responses(name), teacher_mark(loaded, name, problems)
    whole = whole_mark(loaded.config, mark)
    if begin(out, mark, whole):
        store.Shards(out, Response).put(0, inputs.responses[name])
        grading = grading_settings(loaded, workers=len(cpu_workers(1)))
        write_verdicts(problems, out, folder.teacher_verdicts(name), grading)
        finish(out, whole)


def teacher_mark(loaded: Loaded, name: str, problems: list[Problem]) -> str:
    """What a teacher's responses depend on."""
    teacher = loaded.config.teachers[name]
    content = _teacher_content(loaded, teacher)
    return store.fingerprint(
        "teacher", store.records_fingerprint(problems), teacher, content, loaded.config.prompt, loaded.config.precision
    )


def _teacher_content(loaded: Loaded, teacher: Teacher) -> str | None:
    """The fingerprint of the files that a teacher is: its responses, or a local model's folder."""
    kind, _, rest = (teacher.model or "").partition(":")
    named = teacher.responses if teacher.responses is not None else rest if kind == "local" else None
    path = resolve(loaded.folder, named) if named is not None else None
    return store.file_fingerprint(path) if isinstance(path, Path) else None


@dataclass
class Corpora:
    """Builds the corpora of a study from its teachers' responses."""

    loaded: Loaded
    folder: Folder
    problems: list[Problem]
    _pools: dict[tuple[str, Select], tuple[list[Response], Funnel]] = field(default_factory=dict)
    _orders: dict[tuple[str, Select, int], list[Response]] = field(default_factory=dict)

    @cached_property
    def _by_id(self) -> dict[str, Problem]:
        return {problem.id: problem for problem in self.problems}

    def rows(self, arm: str, size: int, seed: int) -> list[Example]:
        """The training rows of a rung."""
        config = self.loaded.config
        ordered = self._ordered(config.teacher_of(arm), config.arms[arm].select, seed)
        chosen = take(ordered, size, f"{self.loaded.file}: arms.{arm}")
        return examples(chosen, self._by_id, config.prompt.prompt(), arm)

    def write(self, arm: str, size: int, seed: int) -> str:
        """Writes the corpus of a rung and returns the fingerprint of its rows."""
        rows = self.rows(arm, size, seed)
        mark = corpus_hash(rows)
        out = self.folder.corpus(arm, size, seed)
        if begin(out, mark):
            config = self.loaded.config
            _, funnel = self._pool(config.teacher_of(arm), config.arms[arm].select)
            title = f"{config.name}: arm {arm}, {size} examples, seed {seed}"
            write_corpus(out, rows, funnel, title, licenses(self._by_id[row.problem_id] for row in rows))
            finish(out, mark)
        return mark

    def _ordered(self, teacher: str, select: Select, seed: int) -> list[Response]:
        if (teacher, select, seed) not in self._orders:
            self._orders[teacher, select, seed] = nested_order(self._pool(teacher, select)[0], seed)
        return self._orders[teacher, select, seed]

    def _pool(self, teacher: str, select: Select) -> tuple[list[Response], Funnel]:
        if (teacher, select) not in self._pools:
            verdicts: Mapping[str, Verdict] = {
                v.response_id: v for v in store.read(self.folder.teacher_verdicts(teacher), Verdict)
            }
            responses = store.Shards(self.folder.teacher_responses(teacher), Response).read()
            self._pools[teacher, select] = usable(responses, self._by_id, verdicts, select)
        return self._pools[teacher, select]
