"""What a study will cost before it runs: steps, tokens, time, and what is already done.

Tokens are counted with the student's own tokenizer on a sample of the corpus where the teachers' responses are there,
and on problem statements alone where they are not (and said so). How fast it goes is said in `pace.py`, what it costs
in GPU-hours and dollars in `prices.py`, and what it can tell in `resolution.py`.
"""

import statistics
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from thalweg import store
from thalweg.engine.local import gpu_workers
from thalweg.problems.responses import read_responses
from thalweg.study.config import Loaded, StudyConfig
from thalweg.study.devices import side_by_side
from thalweg.study.folder import BASE, Folder
from thalweg.study.inputs import load_source
from thalweg.study.ladder import Rung, bases, rungs
from thalweg.study.pace import Pace, basis_of, measured_pace, rough_pace
from thalweg.study.pilot import read_pilot
from thalweg.study.places import resolve, student_source
from thalweg.study.prices import Bill, bill
from thalweg.study.stopping import read_stop
from thalweg.study.tokens import token_counter
from thalweg.thinking import full_text
from thalweg.types import Problem, Response

_SAMPLE = 200  # responses and problems looked at to estimate tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class RungPlan:
    """One line of the plan; token counts and seconds are estimates.

    `steps` and `tokens` are what the checkpoint has seen; `new_tokens` leaves out what smaller rungs of the same trunk
    have paid for. `seconds` covers training (of the new ones) and evaluation. `skipped`: `stop_when` did without it.
    """

    key: str
    arm: str
    size: int
    seed: int
    steps: int
    tokens: int
    new_tokens: int
    seconds: float
    training_share: float
    done: bool
    skipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole study. `seconds` is the wall time of what is left, with `workers` rungs (or GPUs) side by side."""

    rungs: tuple[RungPlan, ...]
    workers: int
    seconds: float
    tokens: int
    bill: Bill
    basis: str


def plan(loaded: Loaded) -> Plan:
    """The plan of a study; reads what is there and writes nothing."""
    config, folder = loaded.config, Folder(loaded.folder)
    lengths, statement, basis = _lengths(loaded, folder, student_source(loaded))
    paces = _paces(loaded, folder)
    lines = [_base_line(config, folder, paces[name], key) for key, name in bases(config).items()]
    for rung in rungs(config):
        pace = paces[config.student_of(rung.arm)]
        lines.append(_line(config, folder, rung, lengths[config.teacher_of(rung.arm)], pace))
    stop = read_stop(folder) if config.stop_when is not None else None
    if stop is not None:
        lines = [replace(line, skipped=line.key in stop.skipped) for line in lines]
    abreast, gpus, together = _slots(config, paces[None])
    to_do = [line.seconds for line in lines if not (line.done or line.skipped)]
    paid = [line for line in lines if not line.skipped]
    tokens = sum(line.new_tokens for line in paid)
    training = sum(line.seconds * line.training_share for line in paid)
    answering = sum(line.seconds for line in paid) - training
    return Plan(
        rungs=tuple(lines),
        workers=abreast,
        seconds=max(sum(to_do) / abreast, 0.0 if together else max(to_do, default=0.0)),
        tokens=tokens,
        bill=bill(loaded, folder, paces[None], gpus, (tokens, training), (len(paid), answering), lengths, statement),
        basis=f"{basis}; {basis_of(list(paces.values()))}",
    )


def _paces(loaded: Loaded, folder: Folder) -> dict[str | None, Pace]:
    """A pace for each untouched student; finished rungs tell nothing of a named GPU that this machine does not have."""
    hardware = loaded.config.hardware
    here = measured_pace(folder) if hardware.gpu is None or gpu_workers() else None
    return {name: here or rough_pace(student_source(loaded, name), hardware) for name in bases(loaded.config).values()}


def _slots(config: StudyConfig, pace: Pace) -> tuple[int, int, bool]:
    """How many work side by side, the GPUs of one (0: cores), and whether several may work on one rung together."""
    if config.hardware.gpu is not None and pace.rough:
        return config.hardware.count, 1, True
    return side_by_side(config), config.train.processes if gpu_workers() else 0, False


def _line(config: StudyConfig, folder: Folder, rung: Rung, length: float, pace: Pace) -> RungPlan:
    tokens = int(rung.steps * min(rung.config.batch_size, max(rung.size, 1)) * length)
    new = tokens * rung.new_steps // rung.steps
    training, answering = pace.training(rung.new_steps, new, rung.config), _answering(config, pace)
    return RungPlan(
        key=rung.key,
        arm=rung.arm,
        size=rung.size,
        seed=rung.seed,
        steps=rung.steps,
        tokens=tokens,
        new_tokens=new,
        seconds=training + answering,
        training_share=training / (training + answering),
        done=_answered(config, folder, rung.key),
    )


def _base_line(config: StudyConfig, folder: Folder, pace: Pace, key: str) -> RungPlan:
    return RungPlan(
        key=key,
        arm=BASE,
        size=0,
        seed=config.seeds[0],
        steps=0,
        tokens=0,
        new_tokens=0,
        seconds=_answering(config, pace),
        training_share=0.0,
        done=_answered(config, folder, key),
    )


def _answering(config: StudyConfig, pace: Pace) -> float:
    return sum(pace.answering(benchmark) for benchmark in config.benchmarks.values())


def _answered(config: StudyConfig, folder: Folder, key: str) -> bool:
    """Whether a rung has answered every benchmark (a run checks their fingerprints too)."""
    return all((folder.student_responses(key, name) / ".done").exists() for name in config.benchmarks)


# --------------------------------------------------------------------------- tokens


def _lengths(loaded: Loaded, folder: Folder, source: str) -> tuple[dict[str, float], float, str]:
    """Tokens of a training row by teacher, those of its prompt, and what the numbers rest on."""
    teachers = loaded.config.teachers
    samples = {name: _sample(loaded, folder, name) for name in teachers}
    if not any(samples.values()) and all(teacher.expected_tokens for teacher in teachers.values()):
        said = "tokens as the teachers' 'expected_tokens' say, statements left out"  # nothing need be on disk
        return {name: float(teacher.expected_tokens or 0) for name, teacher in teachers.items()}, 0.0, said
    problems = _training_problems(loaded, folder)
    count = token_counter(source)
    prompt = loaded.config.prompt.prompt()
    statement = statistics.fmean(count(prompt.user_turn(p)) for p in problems)
    lengths, unknown, piloted = dict[str, float](), [], []
    for name, sample in samples.items():
        expected: float | None = teachers[name].expected_tokens
        if not sample and expected is None and (pilot := read_pilot(folder.teacher_responses(name))) is not None:
            expected = pilot.completion_tokens.value
            piloted.append(name)
        if not sample and expected is None:
            unknown.append(name)
        texts = [full_text(r) for r in sample]
        lengths[name] = statement + (statistics.fmean(map(count, texts)) if texts else expected or 0.0)
    rests = [f"tokens of {name} from its pilot, as its server counts them" for name in piloted]
    if unknown:
        rests.append(f"responses of {', '.join(unknown)} are not there yet, so tokens count statements alone")
    return lengths, statement, "; ".join(rests) or "tokens from a sample of the responses"


def _sample(loaded: Loaded, folder: Folder, name: str) -> list[Response]:
    """The first responses of a teacher: those of the study, or those of the teacher's file before it ran."""
    there = list(islice(store.Shards(folder.teacher_responses(name), Response).read(), _SAMPLE))
    teacher = loaded.config.teachers[name]
    path = resolve(loaded.folder, teacher.responses) if teacher.responses is not None else None
    if there or not isinstance(path, Path):
        return there
    return list(islice(read_responses(path, teacher.columns, teacher.where, teacher.problem_prefix), _SAMPLE))


def _training_problems(loaded: Loaded, folder: Folder) -> list[Problem]:
    """The first of them."""
    path = folder.problems("train")
    if path.exists():
        return list(islice(store.read(path, Problem), _SAMPLE))
    source = loaded.config.problems
    return load_source(source.model_copy(update={"count": min(source.count or _SAMPLE, _SAMPLE)}), loaded.folder)
