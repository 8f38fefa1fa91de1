"""The light steps of a study: problems, responses brought in from files, corpora. They run in the parent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from thalweg import store
from thalweg.curate.cleaning import LeftOut, unclean, without
from thalweg.curate.corpus import corpus_hash, examples, licenses, write_corpus
from thalweg.curate.describe import matched_in_words, selection_in_words, unchanged_in_words
from thalweg.curate.difficulty import PassRate, pass_rates
from thalweg.curate.matching import common_problems, take_matched
from thalweg.curate.selection import Evidence, Pool, best_column, beyond, select_pool
from thalweg.curate.structure import transform, transformed
from thalweg.curate.subsets import take
from thalweg.engine.local import cpu_workers
from thalweg.study.config import Loaded
from thalweg.study.folder import BASE, Folder, begin, finish
from thalweg.study.inputs import Inputs, grading_settings, sets, source_mark
from thalweg.study.jobs import write_verdicts
from thalweg.study.ladder import whole_mark
from thalweg.study.places import resolve, said_of, student_source, teacher_model
from thalweg.study.sections import Teacher
from thalweg.study.tokens import token_counter
from thalweg.types import Problem, Response, Suitability, Verdict

T = TypeVar("T")


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
        engine = loaded.config.ray.settings() if loaded.config.engine == "ray" else None
        write_verdicts(problems, out, folder.teacher_verdicts(name), grading, engine)
        finish(out, whole)


def teacher_mark(loaded: Loaded, name: str, problems: list[Problem]) -> str:
    """What a teacher's responses depend on."""
    teacher = loaded.config.teachers[name]
    content, asked = _teacher_content(loaded, teacher), teacher.asked()
    if teacher.responses is not None and content is not None:  # known by its content, wherever it lies
        asked["responses"] = Path(teacher.responses).name
    if teacher.is_served and loaded.config.serve is not None:
        asked["serve"] = loaded.config.serve.asked()
    config = loaded.config
    return store.fingerprint(
        "teacher", store.records_fingerprint(problems), asked, content, config.prompt.mark, config.precision
    )


def _teacher_content(loaded: Loaded, teacher: Teacher) -> str | None:
    """The fingerprint of the files that a teacher is: its responses, or a local model's folder."""
    kind, _, rest = (teacher_model(loaded, teacher) if teacher.model else "").partition(":")
    named = teacher.responses if teacher.responses is not None else rest if kind in ("local", "vllm") else None
    path = resolve(loaded.folder, named) if named is not None else None
    return store.file_fingerprint(path) if isinstance(path, Path) else None


@dataclass
class Corpora:
    """Builds the corpora of a study from its teachers' responses; `problems` are those of `train` and benchmarks."""

    loaded: Loaded
    folder: Folder
    problems: Mapping[str, list[Problem]]
    _pools: dict[tuple[str, int, bool], Pool] = field(default_factory=dict)
    _kept: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def _by_id(self) -> dict[str, Problem]:
        return {problem.id: problem for problem in self.problems["train"]}

    @cached_property
    def _unclean(self) -> dict[str, LeftOut]:
        benchmarks = {name: self.problems[name] for name in self.loaded.config.benchmarks}
        return unclean(self.problems["train"], benchmarks, self.loaded.config.clean, len(cpu_workers(1)))

    @cached_property
    def _count_tokens(self) -> Callable[[str], int]:
        return token_counter(student_source(self.loaded))

    def write(self, arm: str, size: int, seed: int) -> str:
        """Writes the corpus of a rung and returns the fingerprint of its rows."""
        config = self.loaded.config
        pool, chosen = self._pool(arm, seed), self._chosen(arm, size, seed)
        shaped = transformed(chosen, config.arms[arm].structure, seed)
        rows = examples(shaped.responses, self._by_id, config.prompt.prompt(), arm)
        mark = corpus_hash(rows)
        out = self.folder.corpus(arm, size, seed)
        if begin(out, mark):
            title = f"{config.name}: arm {arm}, {size} examples, seed {seed}"
            dropped = [*pool.dropped, *beyond(pool.ordered, chosen)]
            notes = [
                *selection_in_words(config.selection_of(arm)),
                *matched_in_words(config.arms[arm].match, config.match_of(arm)),
                *unchanged_in_words(shaped.unchanged),
            ]
            lines = licenses(self._by_id[row.problem_id] for row in rows)
            write_corpus(out, rows, dropped, title, lines, notes)
            finish(out, mark)
        return mark

    def _chosen(self, arm: str, size: int, seed: int) -> list[Response]:
        """The responses of a rung, in their order."""
        config, where = self.loaded.config, f"{self.loaded.file}: arms.{arm}"
        pool, own = self._pool(arm, seed), config.arms[arm]
        how = next((kind for kind in own.match if kind in ("tokens", "difficulty")), None)
        if how is None:
            return take(pool.ordered, size, where)
        other = config.match_of(arm)
        reference = self._chosen(other, size, seed)
        held = {response.id: response for response in pool.ordered}
        taken = take_matched(
            self._as_trained(arm, pool.ordered, seed),
            self._as_trained(other, reference, seed),
            how,
            self._by_id,
            self._count_tokens,
            where,
        )
        return [held[response.id] for response in taken]

    def _as_trained(self, arm: str, responses: list[Response], seed: int) -> list[Response]:
        """What is trained on, for counting tokens. Swapping traces within a rung leaves its tokens as they are."""
        kind = self.loaded.config.arms[arm].structure
        return responses if kind == "swapped" else transform(responses, kind, seed)

    def _pool(self, arm: str, seed: int, matched: bool = True) -> Pool:
        """What an arm may take; `matched` leaves out the problems that the arm it is matched to does not have."""
        config = self.loaded.config
        matched = matched and "problems" in config.arms[arm].match
        if (arm, seed, matched) not in self._pools:
            only = None
            if matched:
                only = common_problems(self._pool(arm, seed, False), self._pool(config.match_of(arm), seed, False))
            responses, dropped = without(self._responses(config.teacher_of(arm)), self._left_out(arm, seed))
            selection, evidence = config.selection_of(arm), self._evidence(arm)
            with said_of(f"{self.loaded.file}: arms.{arm}"):
                pool = select_pool(responses, self._by_id, evidence, selection, seed, only)
            self._pools[arm, seed, matched] = Pool(pool.ordered, [*dropped, *pool.dropped])
        return self._pools[arm, seed, matched]

    def _left_out(self, arm: str, seed: int) -> dict[str, LeftOut]:
        """The problems that no arm trains on, and where an arm asks for fresh ones those of the stages before it."""
        own = self.loaded.config.arms[arm]
        found: dict[str, LeftOut] = {}
        while own.fresh and own.start != BASE:
            start, _, size = own.start.partition("@")
            reason = LeftOut("fresh", f"{own.start} was trained on it")
            found |= {response.problem_id: reason for response in self._chosen(start, int(size), seed)}
            own = self.loaded.config.arms[start].model_copy(update={"fresh": True})
        return found | self._unclean

    def _evidence(self, arm: str) -> Evidence:
        config = self.loaded.config
        teacher, own = config.teacher_of(arm), config.arms[arm]
        column = best_column(own.pick)
        return Evidence(
            verdicts=self._verdicts(teacher),
            pass_rates=self._pass_rates(own.pass_rate_of) if own.pass_rate_of else {},
            costs={column: self._costs(teacher, column)} if column else {},
            labels=config.difficulty,
            count_tokens=self._count_tokens,
        )

    def _responses(self, teacher: str) -> list[Response]:
        return self._once(f"responses {teacher}", lambda: self._read_responses(teacher))

    def _read_responses(self, teacher: str) -> list[Response]:
        return list(store.Shards(self.folder.teacher_responses(teacher), Response).read())

    def _verdicts(self, teacher: str) -> dict[str, Verdict]:
        path = self.folder.teacher_verdicts(teacher)
        return self._once(f"verdicts {teacher}", lambda: {v.response_id: v for v in store.read(path, Verdict)})

    def _pass_rates(self, teacher: str) -> dict[str, PassRate]:
        return self._once(f"pass rates {teacher}", lambda: pass_rates(self._verdicts(teacher).values()))

    def _costs(self, teacher: str, column: str) -> dict[str, float]:
        from thalweg.suitability.columns import costs

        rows = store.Shards(self.folder.suitability(teacher), Suitability)
        return self._once(f"costs {teacher} {column}", lambda: costs(column, rows.read()))

    def _once(self, key: str, make: Callable[[], T]) -> T:
        """What `make` gives, kept: arms and seeds share teachers."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept
