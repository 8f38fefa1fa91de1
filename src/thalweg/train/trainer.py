"""Corpus -> student: the one entry to training.

    <out>/config.json, model.safetensors, tokenizer ...    the student, or adapter_config.json and its weights
    <out>/metrics.jsonl     one row a logged step: step, loss, learning_rate, grad_norm, tokens (seen so far)
    <out>/result.json       written last: what `train` returned, and the fingerprint of what it was given
    <out>/checkpoints/      only while training goes on

A killed run that is called again with the same arguments goes on from its last checkpoint; a finished one returns its
result. Torch is imported when training starts, not with this module.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thalweg import store
from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.train import checkpoints, schedule, student
from thalweg.train.config import TrainConfig
from thalweg.train.encode import EncodedCorpus, encode_corpus
from thalweg.train.schedule import plan_steps
from thalweg.types import Example

if TYPE_CHECKING:
    from thalweg.train.loop import CorpusTrainer, Run

__all__ = ["TrainResult", "plan_steps", "train"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainResult:
    """What a run did. Tokens are those of all passes, padding left out; `loss` is the last row's of the metrics."""

    steps: int
    tokens_trained: int  # prompts and responses
    loss_tokens: int  # responses and end markers
    seconds: float  # of training itself, over all attempts that led here
    loss: float | None
    examples: int  # that were trained on
    truncated: int  # that were too long
    dropped: int  # of these, that were left out


def train(
    corpus: Sequence[Example],
    student: str | Path,
    out: Path,
    config: TrainConfig,
    prompt: Prompt,
    seed: int = 0,
    on_step: Callable[[int, int], None] | None = None,
) -> TrainResult:
    """Trains a student (a model folder or hub name) on a corpus, and leaves it in the folder `out`.

    `seed` decides order, adapters and dropout; `on_step` is called with the steps done and the steps in all.

    Raises:
        InputError: no model, no chat template, an empty corpus, or no row short enough.
    """
    if config.fsdp and config.processes == 1:
        raise InputError("train.fsdp", "there is only one process to shard over", "set 'processes', or leave it out")
    if config.processes > 1:
        from thalweg.train.launch import launch

        launch(corpus, student, out, config, prompt, seed, on_step)
        return _finished(out, _fingerprint(corpus, _resolve(student, config), config, prompt, seed)) or _lost(out)
    return train_here(corpus, student, out, config, prompt, seed, on_step)


def train_here(
    corpus: Sequence[Example],
    student: str | Path,
    out: Path,
    config: TrainConfig,
    prompt: Prompt,
    seed: int = 0,
    on_step: Callable[[int, int], None] | None = None,
) -> TrainResult:
    """`train` in this process, which may be one of several that were launched together."""
    source = _resolve(student, config)
    fingerprint = _fingerprint(corpus, source, config, prompt, seed)
    if (finished := _finished(out, fingerprint)) is not None:
        return finished
    ...
