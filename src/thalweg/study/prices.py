"""What a study costs: tokens, GPU-hours and dollars, by what they are spent on.

Training and the students' answers are those of the whole study, done or not; teachers' answers are those that have yet
to be generated. Dollars are GPU-hours at `hardware.usd_per_hour` plus tokens at the teachers' `prices`; where neither
is given there are none, rather than a guess. A teacher behind an endpoint is priced by its pilot, prompts and generated
tokens with an interval, or by a guess that is said. Not covered: storage, idle GPUs, and answers that come from files.
"""

from dataclasses import dataclass

from thalweg.curate.selection import best_column
from thalweg.generate.endpoint import Endpoint
from thalweg.study.arms import CHOSEN
from thalweg.study.config import Loaded, StudyConfig
from thalweg.study.folder import Folder
from thalweg.study.pace import ALL_PROBLEMS, Pace, answer_tokens, answers
from thalweg.study.pilot import Estimate, read_pilot
from thalweg.study.places import endpoint_of_teacher
from thalweg.study.sections import Teacher

# Programs judged a second by one core: half of what benchmarks/grade.py does with 20 tests a program on two cores. Real
# programs that run to their time limits are slower.
_GRADED_A_SECOND = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of the bill; `gpu_hours` is null on a machine without a GPU, `usd` where no price is given.

    `notes` say on what a teacher's line rests, and what its budget is enough for.
    """

    name: str
    tokens: int
    gpu_hours: float | None
    usd: float | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """All of them. `gpu` names the GPU (null: this machine's own, if it has one); grading takes cores."""

    items: tuple[Item, ...]
    gpu: str | None
    graded: int
    core_hours: float

    @property
    def gpu_hours(self) -> float | None:
        """The sum; null where no item has any."""
        return _sum([item.gpu_hours for item in self.items])

    @property
    def usd(self) -> float | None:
        """The sum of what has a price; null where nothing has."""
        return _sum([item.usd for item in self.items])


def bill(
    loaded: Loaded,
    folder: Folder,
    pace: Pace,
    gpus: int,
    trained: tuple[int, float],
    answered: tuple[int, float],
    lengths: dict[str, float],
    statement: float,
) -> Bill:
    """The bill of a plan.

    `trained`: tokens and seconds of all training. `answered`: rungs and seconds of their answers. Seconds are those of
    `gpus` GPUs together (0: cores). `lengths`: tokens of a training row by teacher, `statement` those of its prompt.
    """
    config = loaded.config
    asked = config.benchmarks.values()
    tokens = round(answered[0] * sum(answers(one) * answer_tokens(one) for one in asked))
    items = [
        _item(config, gpus, "training", *trained),
        _item(config, gpus, "students' answers", tokens, answered[1]),
        *(_teacher(loaded, gpus, name, pace, statement) for name in config.teachers if _to_ask(config, folder, name)),
    ]
    read = {name for arm in config.arms if best_column(config.arms[arm].pick) for name in _read_of(config, arm)}
    if read:
        count = round(sum(_responses(config, name) * lengths[name] for name in read))
        items.append(_item(config, gpus, "suitability", count, count * pace.read_s))
    graded = answered[0] * sum(map(answers, asked)) + sum(_responses(config, name) for name in config.teachers)
    return Bill(items=tuple(items), gpu=config.hardware.gpu, graded=graded, core_hours=graded / _GRADED_A_SECOND / 3600)


def _item(config: StudyConfig, gpus: int, name: str, tokens: int, seconds: float) -> Item:
    hours = seconds * gpus / 3600 if gpus else None
    price = config.hardware.usd_per_hour
    return Item(
        name=name,
        tokens=tokens,
        gpu_hours=hours,
        usd=hours * price if hours is not None and price is not None else None,
    )


def _teacher(loaded: Loaded, gpus: int, name: str, pace: Pace, statement: float) -> Item:
    """A teacher that is paid by the token, or the student itself; another model's own GPU time is not known here."""
    config, what = loaded.config, f"teacher {name}"
    teacher, count = config.teachers[name], _responses(config, name)
    endpoint, length = endpoint_of_teacher(loaded, name), teacher.expected_tokens or teacher.max_tokens / 2
    out = Folder(loaded.folder).teacher_responses(name)
    if endpoint is not None and (found := read_pilot(out)) is not None:
        estimate = Estimate.of(found, count, out)
        usd = None if estimate.usd is None else estimate.usd.value
        notes = tuple(estimate.lines(endpoint))
        return Item(name=what, tokens=round(estimate.tokens.value), gpu_hours=None, usd=usd, notes=notes)
    tokens, price = round(count * length), config.price_of(name)
    if endpoint is not None:
        usd = None if price is None else count * (statement * price.prompt + length * price.completion) / 1e6
        notes = _guessed(teacher, endpoint, usd)
        return Item(name=what, tokens=round(count * (statement + length)), gpu_hours=None, usd=usd, notes=notes)
    if price is not None:
        usd = count * (statement * price.prompt + length * price.completion) / 1e6
        return Item(name=what, tokens=tokens, gpu_hours=None, usd=usd)
    if teacher.model == "student":
        seconds = pace.generating(count, length, teacher.max_tokens, teacher.batch_size)
        return _item(config, gpus, what, tokens, seconds)
    return Item(name=what, tokens=tokens, gpu_hours=None, usd=None)


def _guessed(teacher: Teacher, endpoint: Endpoint, usd: float | None) -> tuple[str, ...]:
    """On what the line of an endpoint rests that nobody has asked yet, and whether its budget is enough."""
    rests = "'expected_tokens'" if teacher.expected_tokens else "half of 'max_tokens'"
    told = f"a guess from {rests} a response; 'thalweg plan --pilot 20' asks 20 of them and says what all would cost"
    if usd is None or endpoint.budget_usd is None or usd <= endpoint.budget_usd:
        return (told,)
    return told, f"budget_usd of ${endpoint.budget_usd:,.2f} would be spent before all are there"


def _to_ask(config: StudyConfig, folder: Folder, name: str) -> bool:
    """Whether a teacher's answers have yet to be generated; scripted ones cost nothing."""
    model = config.teachers[name].model
    there = (folder.teacher_responses(name) / ".done").exists()
    return model is not None and not model.startswith("tracer:") and not there


def _read_of(config: StudyConfig, arm: str) -> list[str]:
    """The teachers whose responses the student reads for an arm."""
    test = config.smoke_test
    return list(test.teachers) if config.arms[arm].teacher == CHOSEN and test else [config.teacher_of(arm)]


def _responses(config: StudyConfig, name: str) -> int:
    """Responses of a teacher; those of a file are not counted before they are read, so one a problem is taken."""
    teacher: Teacher = config.teachers[name]
    return (config.problems.count or ALL_PROBLEMS) * (teacher.samples if teacher.model is not None else 1)


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
