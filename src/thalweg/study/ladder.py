"""The rungs of a study in the order in which they can run, with their steps and fingerprints."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from thalweg import store
from thalweg.generate.model import Sampling
from thalweg.study.config import Loaded, StudyConfig
from thalweg.study.folder import BASE, rung_key
from thalweg.study.sections import Benchmark, Grading, Teacher
from thalweg.train.branches import Part, steps
from thalweg.train.config import TrainConfig
from thalweg.train.schedule import plan_steps

# Raised when what a step writes changes meaning, so that outputs of an older version are made again.
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One (arm, size, seed); `start` is the key of the rung that it starts from, or of an untouched student.

    A `branch` leaves the trunk of its arm; of its steps, `new_steps` are not those of smaller rungs.
    """

    key: str
    arm: str
    size: int
    seed: int
    start: str
    steps: int
    new_steps: int
    config: TrainConfig
    branch: Part | None = None


def rungs(config: StudyConfig) -> Iterator[Rung]:
    """All rungs above size 0, seed by seed; an arm follows the arms that it starts from."""
    for seed in config.seeds:
        for arm in config.arms:
            train = rung_training(config, arm)
            for size in config.sizes_of(arm):
                branch = _branch(config, arm, size)
                whole = plan_steps(size, train)
                shared, _, end = steps(branch.sizes, branch.branch_at, train) if branch else (0, 0, whole)
                yield Rung(
                    key=rung_key(arm, size, seed),
                    arm=arm,
                    size=size,
                    seed=seed,
                    start=start_key(config, arm, seed),
                    steps=end,
                    new_steps=end - shared,
                    config=train,
                    branch=branch,
                )


def _branch(config: StudyConfig, arm: str, size: int) -> Part | None:
    """A rung as a branch, where its arm has a trunk."""
    if not config.is_branched(arm):
        return None
    sizes = tuple(smaller for smaller in config.sizes_of(arm) if smaller <= size)
    return Part(kind="branch", sizes=sizes, branch_at=config.branch_at)


def start_key(config: StudyConfig, arm: str, seed: int) -> str:
    """The key of the rung that an arm starts from."""
    start = config.arms[arm].start
    if start == BASE:
        return base_key(config.student_of(arm))
    other, _, size = start.partition("@")
    return rung_key(other, int(size), seed)


def base_key(student: str | None) -> str:
    """The key of an untouched student: the study's own, or a further one by its name."""
    return BASE if student is None else f"{BASE}-{student}"


def bases(config: StudyConfig) -> dict[str, str | None]:
    """The untouched students that arms start from, by key; the study's own is always among them."""
    names = dict.fromkeys([None, *(config.student_of(arm) for arm in config.arms)])
    return {base_key(name): name for name in names}


def rung_training(config: StudyConfig, arm: str) -> TrainConfig:
    """An arm's training settings, with the steps of the matched arm's largest rung where it asks for them."""
    train = config.train_of(arm)
    if "steps" not in config.arms[arm].match:
        return train
    other = config.match_of(arm)
    most = plan_steps(max(config.sizes_of(other)), config.train_of(other))
    return train.model_copy(update={"max_steps": most})


def sampling_of(who: Teacher | Benchmark) -> Sampling:
    """How a teacher answers the training problems, or a rung a benchmark."""
    return Sampling(max_tokens=who.max_tokens, temperature=who.temperature, top_p=who.top_p, seed=0)


def student_mark(source: str) -> str:
    """What an untouched student is: its files, or its hub id."""
    path = Path(source)
    return store.fingerprint("student", FORMAT, store.file_fingerprint(path) if path.exists() else source)


def rung_mark(loaded: Loaded, rung: Rung, start_mark: str, corpus_mark: str) -> str:
    """What a checkpoint depends on. How many threads and processes made it is left out, as are save intervals."""
    settings = rung.config.model_dump(exclude={"threads", "processes", "fsdp", "save_steps"})
    trainer = [] if loaded.config.trainer is None else [loaded.config.trainer]
    branch = [] if rung.branch is None else [rung.branch]
    made = (start_mark, corpus_mark, settings, loaded.config.prompt.mark, rung.seed, *trainer, *branch)
    return store.fingerprint("rung", FORMAT, *made)


def whole_mark(config: StudyConfig, mark: str) -> str:
    """What graded responses depend on, given what the responses alone do."""
    return mark if config.grading == Grading() else store.fingerprint("graded", mark, config.grading)


def answer_mark(config: StudyConfig, student: str, benchmark: Benchmark, problems_mark: str) -> str:
    """What a rung's responses to a benchmark depend on."""
    said = benchmark.model_dump(exclude={"domain"})
    asked = {key: value for key, value in said.items() if key not in ("columns", "options") or value}
    asked["path"] = Path(benchmark.path).name if benchmark.path else None  # what lies there is in `problems_mark`
    served = [] if config.serve is None else [config.serve.asked()]
    return store.fingerprint(
        "answers", FORMAT, student, asked, problems_mark, config.prompt.mark, config.precision, *served
    )
