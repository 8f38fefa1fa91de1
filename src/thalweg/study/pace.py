"""How fast a study goes: seconds of training and of answering, from its own finished rungs or from a rough model.

The rough model: 6 floating-point operations per parameter and training token (4 with low-rank adapters; 2 more where
activations are recomputed), 2 per generated token, and a fixed overhead a step and a generated position of a batch. On
a named GPU (`hardware` in the study file) operations go at the assumed share of the published peak, and a generated
position takes as long as reading the weights once in bfloat16 at the same share of the memory's bandwidth. It is an
estimate of order. Not covered: attention over long responses and its cache, which make tens of thousands of tokens
slower than this says, and the traffic between GPUs.
"""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from thalweg.engine.local import gpu_workers
from thalweg.study.folder import Folder
from thalweg.study.hardware import GPUS, parameters_of
from thalweg.study.sections import Benchmark, Hardware
from thalweg.train.config import TrainConfig

_CPU_FLOPS, _GPU_FLOPS = 2e10, 1.5e14  # sustained by one core in small matrices; by one recent GPU in bf16
_STEP_OVERHEAD_S, _TOKEN_OVERHEAD_S = 0.02, 0.004  # a training step, a generated position of a batch
_UNKNOWN = 1e9  # parameters of a student that is not here and whose name does not tell
ALL_PROBLEMS = 200  # problems of a benchmark that takes all of a source, as long as nobody has counted them


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds of a training step of `t` tokens: `step_s + t * token_s`; of generation: by positions and tokens.

    They are seconds of one worker, or of one GPU where the study names its hardware. A `rough` pace's `token_s` is for
    full fine-tuning, and `training` scales it to what a recipe computes.
    """

    step_s: float
    token_s: float
    position_s: float
    generated_s: float
    read_s: float  # a token of a response that the student only reads
    rough: bool
    basis: str

    def training(self, steps: int, tokens: float, config: TrainConfig) -> float:
        """Seconds of so many optimiser steps over so many tokens."""
        return steps * self.step_s + tokens * self.token_s * (operations(config) / 6 if self.rough else 1.0)

    def answering(self, benchmark: Benchmark) -> float:
        """Seconds in which a rung answers a benchmark."""
        return self.generating(answers(benchmark), answer_tokens(benchmark), benchmark.max_tokens, benchmark.batch_size)

    def generating(self, responses: int, tokens: float, longest: int, batch_size: int) -> float:
        """Seconds of so many responses of `tokens` tokens on average, each batch as long as its longest one."""
        batches = -(-responses // batch_size)
        return batches * longest * self.position_s + responses * tokens * self.generated_s


def answers(benchmark: Benchmark) -> int:
    """Responses of one rung."""
    return (benchmark.count or ALL_PROBLEMS) * benchmark.samples


def answer_tokens(benchmark: Benchmark) -> float:
    """Tokens of an answer: most students stop before the budget, those in the valley do not."""
    return benchmark.max_tokens / 2


def operations(config: TrainConfig) -> int:
    """Floating-point operations per parameter and training token."""
    return (4 if config.lora else 6) + (2 if config.gradient_checkpointing else 0)


def measured_pace(folder: Folder) -> Pace | None:
    """From finished rungs: seconds a training token, with generation scaled to match."""
    rates = []
    for file in sorted((folder.root / "students").glob("*/result.json")):
        result = json.loads(file.read_text(encoding="utf-8"))
        if result.get("tokens_trained") and result.get("seconds"):
            rates.append(result["seconds"] / result["tokens_trained"])
    if not rates:
        return None
    second = statistics.median(rates)
    return Pace(
        step_s=0.0,
        token_s=second,
        position_s=_TOKEN_OVERHEAD_S,
        generated_s=second,
        read_s=second / 3,
        rough=False,
        basis=f"time from {len(rates)} finished rung(s)",
    )


def rough_pace(source: str, hardware: Hardware) -> Pace:
    """From a student's parameters and the machine: the named GPU, or this one."""
    known = hardware.parameters or parameters_of(source)
    size = known or _UNKNOWN
    told = f"{size / 1e6:,.1f}M parameters" if known else "a guess of 1,000M parameters (set hardware.parameters)"
    if hardware.gpu is None:
        flops, position, step = (_GPU_FLOPS if gpu_workers() else _CPU_FLOPS), _TOKEN_OVERHEAD_S, _STEP_OVERHEAD_S
        basis = f"time is rough, from {told} until the first rung is done"
    else:
        peak, share = GPUS[hardware.gpu], hardware.utilisation
        flops, position, step = peak.flops * share, 2 * size / (peak.bandwidth * share), 0.0
        basis = f"time is rough, from {told} at {100 * share:.0f} % of the published peak of {hardware.gpu}"
    return Pace(
        step_s=step,
        token_s=6 * size / flops,
        position_s=position,
        generated_s=2 * size / flops,
        read_s=2 * size / flops,
        rough=True,
        basis=basis,
    )


def basis_of(paces: Sequence[Pace]) -> str:
    """What the paces of a study's students rest on, each said once."""
    return "; ".join(dict.fromkeys(pace.basis for pace in paces))
