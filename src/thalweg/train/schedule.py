"""What each optimiser step sees, cut from the seed before anything runs.

A rung is a schedule over an ordered corpus: a list of batches of example indices for all passes, and a learning rate
a step. Since the whole schedule is known beforehand, a resumed run continues it exactly, and every count of tokens is
read off it. Only the standard library is used, so that plans need no torch.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from thalweg.train.config import TrainConfig

WINDOW = 16  # batches within which examples are sorted by length: little padding, and batches still mixed


class Course(NamedTuple):
    """The example indices of every optimiser step, and every step's learning rate as a share of its peak."""

    batches: list[list[int]]
    rate: Callable[[int], float]


def course(lengths: Sequence[int], config: TrainConfig, seed: int) -> Course:
    """A run of its own: passes over all examples, a warm-up, and a rate that falls to the end."""
    planned = batches(lengths, config, seed)
    return Course(planned, lambda step: learning_rate_factor(step, len(planned), config))


def plan_steps(examples: int, config: TrainConfig) -> int:
    """Optimiser steps of a run on `examples` examples: `max_steps`, or whole batches times passes."""
    return config.max_steps or math.ceil(examples / config.batch_size) * config.epochs


def batches(lengths: Sequence[int], config: TrainConfig, seed: int) -> list[list[int]]:
    """The example indices of every optimiser step, pass after pass; `lengths` are the examples' tokens.

    Each pass sees every example once, in an order of its own (the last one may end early under `max_steps`).
    """
    steps = plan_steps(len(lengths), config)
    planned: list[list[int]] = []
    epoch = 0
    while len(planned) < steps:
        planned += one_pass(lengths, config.batch_size, random.Random(f"{seed} {epoch}"))
        epoch += 1
    return planned[:steps]


def one_pass(lengths: Sequence[int], size: int, rng: random.Random) -> list[list[int]]:
    """Every example once, in batches of `size` (the last cut may be smaller) whose members are of similar length."""
    order = list(range(len(lengths)))
    rng.shuffle(order)
    planned: list[list[int]] = []
    for start in range(0, len(order), WINDOW * size):
        window = sorted(order[start : start + WINDOW * size], key=lambda index: lengths[index])
        cut = [window[at : at + size] for at in range(0, len(window), size)]
        rng.shuffle(cut)
        planned += cut
    return planned


def share(batch: Sequence[int], process: int, config: TrainConfig) -> list[list[int]]:
    """The micro-batches of one process.

    All processes get the same number, since they meet in every forward pass; one that has no example left for a
    micro-batch gets an empty one.
    """
    mine = batch[process :: config.processes]
    longest_share = -(-len(batch) // config.processes)
    return [list(mine[at : at + config.micro]) for at in range(0, longest_share, config.micro)]


def learning_rate_factor(step: int, steps: int, config: TrainConfig) -> float:
    """The learning rate of step 0, 1 ... `steps` - 1 as a share of its peak; no step is wasted on a rate of zero."""
    warmup = math.ceil(config.warmup_ratio * steps)
    if step < warmup:
        return (step + 1) / warmup
    return fall((steps - step) / (steps - warmup) if step < steps else 0.0, config)


def fall(left: float, config: TrainConfig) -> float:
    """The learning rate after the warm-up as a share of its peak, where `left` (1 to 0) of the way is left to go."""
    if config.schedule == "constant":
        return 1.0
    shape = left if config.schedule == "linear" else 0.5 * (1 - math.cos(math.pi * left))
    return config.min_lr_ratio + (1 - config.min_lr_ratio) * shape
