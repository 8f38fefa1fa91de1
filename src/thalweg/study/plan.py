"""What a study will cost before it runs: steps, tokens, time, and what is already done.

Tokens are counted with the student's own tokenizer on a sample of the corpus where the teachers' responses are there,
and on problem statements alone where they are not (and said so). Time comes from the rungs that this study has
finished, else from a rough model of the machine: a fixed overhead a step and 6 floating-point operations per parameter
and training token (2 per generated token). It is an estimate of order, refined as rungs finish.
"""

import json
import statistics
import struct
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from thalweg import store
from thalweg.engine.local import cpu_workers, gpu_workers
from thalweg.study.config import Loaded, StudyConfig
from thalweg.study.folder import BASE, Folder
from thalweg.study.inputs import load_source, student_source
from thalweg.study.ladder import Rung, bases, rungs
from thalweg.study.stopping import read_stop
from thalweg.study.tokens import token_counter
from thalweg.types import Problem, Response

_SAMPLE = 200  # responses and problems looked at to estimate tokens
_CPU_FLOPS, _GPU_FLOPS = 2e10, 1.5e14  # sustained by one core in small matrices; by one recent GPU in bf16
_STEP_OVERHEAD_S, _TOKEN_OVERHEAD_S = 0.02, 0.004  # a training step, a generated position of a batch


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
    """The whole study. `seconds` is the wall time of what is left, with `workers` rungs side by side."""

    rungs: tuple[RungPlan, ...]
    workers: int
    seconds: float
    tokens: int
    basis: str


def workers(config: StudyConfig) -> list[dict[str, str]]:
    """The environments of the worker processes: one for every `train.processes` GPUs, or `train.threads` cores."""
    gpus, together = gpu_workers(), config.train.processes
    groups = [gpus[at : at + together] for at in range(0, len(gpus) - together + 1, together)] or [gpus]
    names = [",".join(gpu["CUDA_VISIBLE_DEVICES"] for gpu in group) for group in groups]
    found = [{"CUDA_VISIBLE_DEVICES": name} for name in names] if gpus else cpu_workers(config.train.threads)
    return (found * config.workers)[: config.workers] if config.workers else found


def plan(loaded: Loaded) -> Plan:
    """The plan of a study; reads what is there and writes nothing."""
    folder = Folder(loaded.folder)
    source = student_source(loaded)
    lengths, basis = _lengths(loaded, folder, source)
    pace = _measured_pace(folder) or _rough_pace(source)
    lines = [_base_line(loaded.config, folder, pace, key) for key in bases(loaded.config)]
    for rung in rungs(loaded.config):
        lines.append(_line(loaded.config, folder, rung, lengths[loaded.config.teacher_of(rung.arm)], pace))
    stop = read_stop(folder) if loaded.config.stop_when is not None else None
    if stop is not None:
        lines = [replace(line, skipped=line.key in stop.skipped) for line in lines]
    side_by_side = len(workers(loaded.config))
    to_do = [line.seconds for line in lines if not (line.done or line.skipped)]
    return Plan(
        rungs=tuple(lines),
        workers=side_by_side,
        seconds=max(sum(to_do) / side_by_side, max(to_do, default=0.0)),
        tokens=sum(line.new_tokens for line in lines if not line.skipped),
        basis=f"{basis}; {pace.basis}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """Seconds of a training step of `t` tokens: `step_s + t * token_s`; of generation: by positions and tokens."""

    step_s: float
    token_s: float
    position_s: float
    generated_s: float
    basis: str

    def training(self, steps: int, tokens: float) -> float:
        return steps * self.step_s + tokens * self.token_s

    def answering(self, config: StudyConfig) -> float:
        total = 0.0
        for benchmark in config.benchmarks.values():
            responses = (benchmark.count or _SAMPLE) * benchmark.samples
            batches = -(-responses // benchmark.batch_size)
            half = benchmark.max_tokens / 2  # most students stop before the budget, those in the valley do not
            total += batches * benchmark.max_tokens * self.position_s + responses * half * self.generated_s
        return total


def _line(config: StudyConfig, folder: Folder, rung: Rung, length: float, pace: _Pace) -> RungPlan:
    tokens = int(rung.steps * min(rung.config.batch_size, max(rung.size, 1)) * length)
    new = tokens * rung.new_steps // rung.steps
    training, answering = pace.training(rung.new_steps, new), pace.answering(config)
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


def _base_line(config: StudyConfig, folder: Folder, pace: _Pace, key: str) -> RungPlan:
    return RungPlan(
        key=key,
        arm=BASE,
        size=0,
        seed=config.seeds[0],
        steps=0,
        tokens=0,
        new_tokens=0,
        seconds=pace.answering(config),
        training_share=0.0,
        done=_answered(config, folder, key),
    )


def _answered(config: StudyConfig, folder: Folder, key: str) -> bool:
    """Whether a rung has answered every benchmark (a run checks their fingerprints too)."""
    return all((folder.student_responses(key, name) / ".done").exists() for name in config.benchmarks)


# --------------------------------------------------------------------------- tokens


def _lengths(loaded: Loaded, folder: Folder, source: str) -> tuple[dict[str, float], str]:
    """Tokens of a training row by teacher, and what the numbers rest on."""
    teachers = loaded.config.teachers
    samples = {name: _sample(folder, name) for name in teachers}
    if not any(samples.values()) and all(teacher.expected_tokens for teacher in teachers.values()):
        said = "tokens as the teachers' 'expected_tokens' say, statements left out"  # nothing need be on disk
        return {name: float(teacher.expected_tokens or 0) for name, teacher in teachers.items()}, said
    problems = _training_problems(loaded, folder)
    count = token_counter(source)
    statement = statistics.fmean(count(p.statement) for p in problems)
    lengths: dict[str, float] = {}
    unknown = []
    for name, sample in samples.items():
        expected = teachers[name].expected_tokens
        if not sample and expected is None:
            unknown.append(name)
        texts = [r.text or r.answer or "" for r in sample]
        lengths[name] = statement + (statistics.fmean(map(count, texts)) if texts else expected or 0.0)
    if unknown:
        return lengths, f"responses of {', '.join(unknown)} are not there yet, so tokens count statements alone"
    return lengths, "tokens from a sample of the responses"


def _sample(folder: Folder, teacher: str) -> list[Response]:
    return list(islice(store.Shards(folder.teacher_responses(teacher), Response).read(), _SAMPLE))


def _training_problems(loaded: Loaded, folder: Folder) -> list[Problem]:
    """The first of them."""
    path = folder.problems("train")
    if path.exists():
        return list(islice(store.read(path, Problem), _SAMPLE))
    source = loaded.config.problems
    return load_source(source.model_copy(update={"count": min(source.count or _SAMPLE, _SAMPLE)}), loaded.folder)


# --------------------------------------------------------------------------- time


def _measured_pace(folder: Folder) -> _Pace | None:
    """From finished rungs: seconds a training token, with generation scaled to match."""
    rates = []
    for file in sorted((folder.root / "students").glob("*/result.json")):
        result = json.loads(file.read_text(encoding="utf-8"))
        if result.get("tokens_trained") and result.get("seconds"):
            rates.append(result["seconds"] / result["tokens_trained"])
    if not rates:
        return None
    second = statistics.median(rates)
    basis = f"time from {len(rates)} finished rung(s)"
    return _Pace(step_s=0.0, token_s=second, position_s=_TOKEN_OVERHEAD_S, generated_s=second, basis=basis)


def _rough_pace(source: str) -> _Pace:
    parameters = _parameters(Path(source))
    flops = _GPU_FLOPS if gpu_workers() else _CPU_FLOPS
    return _Pace(
        step_s=_STEP_OVERHEAD_S,
        token_s=6 * parameters / flops,
        position_s=_TOKEN_OVERHEAD_S,
        generated_s=2 * parameters / flops,
        basis=f"time is rough, from {parameters / 1e6:.1f}M parameters until the first rung is done",
    )


def _parameters(folder: Path) -> int:
    """Parameters in a folder's safetensors files, from their headers; a guess of 1e9 where there are none."""
    total = 0
    for file in folder.glob("*.safetensors"):
        with open(file, "rb") as data:
            (size,) = struct.unpack("<Q", data.read(8))
            header = json.loads(data.read(size))
        for name, tensor in header.items():
            if name != "__metadata__":
                product = 1
                for dimension in tensor["shape"]:
                    product *= dimension
                total += product
    return total or 1_000_000_000
