"""Corpus -> student: the one entry to training.

    <out>/config.json, model.safetensors, tokenizer ...    the student, or adapter_config.json and its weights
    <out>/metrics.jsonl     one row a logged step: step, loss, learning_rate, grad_norm, tokens (seen so far)
    <out>/result.json       written last: what `train` returned, and the fingerprint of what it was given
    <out>/checkpoints/      only while training goes on

A killed run that is called again with the same arguments goes on from its last checkpoint; a finished one returns its
result. Torch is imported when training starts, not with this module.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.train import branches, checkpoints, schedule, student
from thalweg.train.branches import Part
from thalweg.train.config import TrainConfig
from thalweg.train.encode import IGNORED, EncodedCorpus, encode_corpus
from thalweg.train.job import Job, OnStep, TrainResult
from thalweg.train.schedule import plan_steps
from thalweg.types import Example

if TYPE_CHECKING:
    from thalweg.train.loop import CorpusTrainer

__all__ = ["TrainResult", "plan_steps", "train"]


def train(
    corpus: Sequence[Example],
    student: str | Path,
    out: Path,
    config: TrainConfig,
    prompt: Prompt,
    seed: int = 0,
    on_step: OnStep | None = None,
    part: Part | None = None,
) -> TrainResult:
    """Trains a student (a model folder or hub name) on a corpus, and leaves it in the folder `out`.

    `seed` decides order, adapters and dropout; `on_step` is called with the steps done and the steps in all. A `part`
    of a branched ladder begins where the part before it ended; a stretch of trunk leaves its `checkpoints/` alone.

    Raises:
        InputError: no model, no chat template, an empty corpus, or no row short enough.
    """
    if not corpus:
        raise InputError("corpus", "it holds no example", "train on at least one")
    if config.fsdp and config.processes == 1:
        raise InputError("train.fsdp", "there is only one process to shard over", "set 'processes', or leave it out")
    job = Job(corpus, _resolve(student, config), out, config, prompt, seed, part)
    if (finished := job.finished()) is not None:
        if not job.keeps_state:
            shutil.rmtree(out / "checkpoints", ignore_errors=True)  # a kill may have come between result and removal
        return finished
    if config.processes == 1:
        return run(job, on_step)
    from thalweg.train.launch import launch

    _check_sharding(config)
    launch(job, on_step)
    result = job.finished()
    assert result is not None, "the launched processes ended without a result"
    return result


def run(job: Job, on_step: OnStep | None = None) -> TrainResult:
    """Does a job in this process, which may be one of several that were launched for it."""
    with student.quiet(), _threads(job.config.threads):
        tokenizer = student.load_tokenizer(job.student)
        encoded = encode_corpus(
            job.corpus, tokenizer, job.prompt, job.config, student.longest_row(job.student, job.config)
        )
        trainer = _trainer(job, encoded, tokenizer, on_step)
        last = checkpoints.latest(job.out / "checkpoints", job.fingerprint)
        if trainer.is_world_process_zero():
            _prepare(job, last)
        trainer.fit(last or job.before)
        if not job.keeps_state:
            trainer.save(job.out, tokenizer)
        result = _result(job, encoded, trainer)
        if trainer.is_world_process_zero():
            if job.keeps_state:
                _hand_on(job)
            job.finish(result)
            if not job.keeps_state:
                shutil.rmtree(job.out / "checkpoints", ignore_errors=True)
    return result


def _prepare(job: Job, last: checkpoints.Checkpoint | None) -> None:
    """Makes the folder ready to go on from a checkpoint of this run, or from what the run begins with."""
    job.out.mkdir(parents=True, exist_ok=True)
    (job.out / "result.json").unlink(missing_ok=True)
    metrics = job.out / "metrics.jsonl"
    if last is None and job.before is not None:
        shutil.copyfile(job.before.folder.parent.parent / "metrics.jsonl", metrics)
    begins = last or job.before
    checkpoints.cut_back(metrics, begins.step if begins else 0)


def _hand_on(job: Job) -> None:
    """A stretch of trunk without a step of its own leaves the state that it began with."""
    out = job.out / "checkpoints"
    if job.before is not None and checkpoints.latest(out, job.fingerprint) is None:
        folder = out / job.before.folder.name
        shutil.copytree(job.before.folder, folder, ignore=shutil.ignore_patterns(checkpoints.MARKER))
        checkpoints.complete(folder, job.fingerprint, job.before.seconds)


def _check_sharding(config: TrainConfig) -> None:
    import torch

    if config.fsdp and not torch.accelerator.is_available():
        raise InputError("train.fsdp", "this machine has no GPU, and accelerate shards on GPUs only", "leave it out")


def _trainer(job: Job, encoded: EncodedCorpus, tokenizer: Any, on_step: OnStep | None) -> "CorpusTrainer":
    from thalweg.train.loop import CorpusTrainer, Run

    lengths = [len(row.input_ids) for row in encoded.rows]
    if job.part is None:
        planned, rate = schedule.course(lengths, job.config, job.seed)
    else:
        planned, rate = branches.course(lengths, encoded.places, job.part, job.config, job.seed)
    course = Run(encoded.rows, planned, job.config, job.seed, job.out, job.fingerprint, rate, on_step, job.keeps_state)
    model = student.load_model(job.student, job.config)
    if job.config.lora is not None:
        model = student.add_adapter(model, job.config.lora, job.seed)
    return CorpusTrainer(model, tokenizer, course)


def _result(job: Job, encoded: EncodedCorpus, trainer: "CorpusTrainer") -> TrainResult:
    planned = trainer.course.batches
    labelled = [int((row.labels[1:] != IGNORED).sum()) for row in encoded.rows]
    metrics = job.out / "metrics.jsonl"
    rows = metrics.read_text(encoding="utf-8").splitlines() if metrics.exists() else []
    tokens, before = [0, *trainer.course.tokens()], job.before
    return TrainResult(
        steps=len(planned),
        tokens_trained=tokens[-1],
        loss_tokens=sum(labelled[index] for batch in planned for index in batch),
        seconds=trainer.seconds(),
        loss=json.loads(rows[-1])["loss"] if rows else None,
        examples=len(encoded.rows),
        truncated=encoded.truncated,
        dropped=encoded.dropped,
        before_steps=before.step if before else 0,
        before_tokens=tokens[before.step] if before else 0,
        before_seconds=before.seconds if before else 0.0,
    )


@contextmanager
def _threads(count: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


_resolve = student.resolve  # `train` has a parameter of the module's name
