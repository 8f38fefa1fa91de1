"""TRL's SFTTrainer, fed with Thalweg's batches and loss.

One item of the data loader is one optimiser step: a list of micro-batches. So a short last batch of a pass, examples
that do not divide by the processes, and the loss over the whole step need no special case. What the Trainer would do
beside training (model cards, usage statistics, reports, counting operations) is switched off.

Not covered: evaluation in the loop.
"""

import json
import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import torch
from torch.utils.data import DataLoader, Dataset
from transformers import Trainer, TrainerCallback
from transformers.trainer_callback import PrinterCallback
from trl import SFTConfig, SFTTrainer

from thalweg.train import checkpoints, objectives, schedule
from thalweg.train.config import TrainConfig
from thalweg.train.encode import Encoded
from thalweg.train.packing import collate

LOGGED_ROWS = 200  # about as many rows of metrics a run, however long: reading a loss waits for the device


@dataclass(frozen=True)
class Run:
    """Everything that a training run is made of, but the model. `fingerprint` names it in its checkpoints."""

    rows: list[Encoded]
    batches: list[list[int]]
    config: TrainConfig
    seed: int
    out: Path
    fingerprint: str
    rate: Callable[[int], float]  # the learning rate of a step, as a share of its peak
    on_step: Callable[[int, int], None] | None = None
    keeps_state: bool = False  # end with a checkpoint, for other runs to go on from

    @property
    def metrics(self) -> Path:
        """Where the rows of metrics go."""
        return self.out / "metrics.jsonl"

    def tokens(self) -> list[int]:
        """Tokens of prompts and responses seen after each step, padding left out."""
        seen, total = [], 0
        for batch in self.batches:
            total += sum(len(self.rows[index].input_ids) for index in batch)
            seen.append(total)
        return seen


class Steps(Dataset[list[dict[str, Any]]]):
    """One process's micro-batches of each optimiser step, with the step's `total` weight over all processes."""

    def __init__(self, run: Run, process: int) -> None:
        self._run, self._process = run, process
        self._row_weights = [float(row.weights[1:].sum(dtype="float64")) for row in run.rows]

    def __len__(self) -> int:
        return len(self._run.batches)

    def __getitem__(self, step: int) -> list[dict[str, Any]]:
        batch = self._run.batches[step]
        # Where every weight is 0 there is nothing to learn, and the loss is 0 whatever it is divided by.
        total = sum(self._row_weights[index] for index in batch) or 1.0
        shares = schedule.share(batch, self._process, self._run.config)
        return [self._micro_batch(members, batch[0]) | {"total": total} for members in shares]

    def _micro_batch(self, members: list[int], stand_in: int) -> dict[str, Any]:
        rows, config = self._run.rows, self._run.config
        if members:
            return {**collate([rows[index] for index in members], config.packing)}
        # Processes meet in every forward pass, so one without an example takes another's, with no weight.
        idle = collate([rows[stand_in]], config.packing)
        return idle | {"weights": torch.zeros_like(idle["weights"])}


class CorpusTrainer(SFTTrainer):  # type: ignore[misc]
    """Trains `model` in place through a `Run`."""

    def __init__(self, model: Any, tokenizer: Any, run: Run) -> None:
        self.course, self._tokens = run, run.tokens()
        self._spent, self._started = 0.0, time.monotonic()
        super().__init__(
            model=model,
            args=_arguments(run),
            # SFTTrainer looks at a first row; the real rows come from `get_train_dataloader`.
            train_dataset=datasets.Dataset.from_dict({"input_ids": [[0]], "labels": [[0]]}),
            data_collator=_only,
            processing_class=tokenizer,
            callbacks=[_Flow(run)],
        )
        assert self.accelerator.num_processes == run.config.processes, "the job was launched on other processes"
        self.remove_callback(PrinterCallback)
        # `train` would write the tokenizer's special tokens over the model's own (one end token over Llama 3's three).
        self.processing_class = None
        inner = self.model.get_base_model() if run.config.lora is not None else self.model
        objectives.score_labels(inner, run.config.loss_chunk)

    def fit(self, last: checkpoints.Checkpoint | None) -> None:
        """Trains from the beginning, or on from a checkpoint."""
        self._spent, self._started = last.seconds if last else 0.0, time.monotonic()
        if self.args.max_steps > (last.step if last else 0):
            self.train(resume_from_checkpoint=str(last.folder) if last else None)
        self._spent, self._started = self.seconds(), math.inf

    def save(self, out: Path, tokenizer: Any) -> None:
        """Leaves an ordinary model or adapter folder, in the precision of training."""
        if self.course.config.precision == "bf16" and self.course.config.lora is None and not self.is_fsdp_enabled:
            self.model.to(torch.bfloat16)
        self.save_model(str(out))
        if self.is_world_process_zero():
            (out / "training_args.bin").unlink()  # pickled settings of this machine
            tokenizer.save_pretrained(out)
        self.accelerator.wait_for_everyone()  # the others read metrics that the first has written

    def get_train_dataloader(self) -> Any:
        """One item a step; not sharded by accelerate, since each process's share is cut here."""
        return DataLoader(Steps(self.course, self.accelerator.process_index), batch_size=1, collate_fn=_only)

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """The learning rate that the run was given."""
        assert num_training_steps == len(self.course.batches)
        self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer or self.optimizer, self.course.rate)
        self._created_lr_scheduler = True
        return self.lr_scheduler

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> torch.Tensor:  # noqa: ARG002
        """Forward and backward over a step's micro-batches; gradients meet across processes once, in the last."""
        if not model.training:
            model.train()
        losses = []
        for index, micro_batch in enumerate(inputs):
            last = index == len(inputs) - 1
            with nullcontext() if last else self.accelerator.no_sync(model):
                loss = self.compute_loss(model, self._prepare_inputs(micro_batch))
                self.accelerator.backward(loss)
            losses.append(loss.detach())
        return torch.stack(losses).sum()

    def compute_loss(self, model: Any, inputs: Any, *_: Any, **__: Any) -> torch.Tensor:
        """A micro-batch's part of the step's loss, times the processes: gradients are averaged over these."""
        log_probs = model(**{name: inputs[name] for name in _INPUTS if name in inputs})
        loss = objectives.weighted_nll(log_probs, inputs["weights"], inputs["total"])
        processes: int = self.accelerator.num_processes
        return loss * processes

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:  # noqa: ARG002
        """Appends a row of metrics; the Trainer's closing summary has no loss and is left out."""
        self.control.should_log = False
        if "loss" not in logs or not self.is_world_process_zero():
            return
        step = self.state.global_step
        # JSON has no word for a loss that has become infinite; null is what a reader can still parse.
        logged = {name: value if math.isfinite(value := logs.get(name, math.nan)) else None for name in _LOGGED}
        row = {"step": step, **logged, "tokens": self._tokens[step - 1]}
        with open(self.course.metrics, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def seconds(self) -> float:
        """Seconds of training so far, those before a resume included."""
        return self._spent + max(0.0, time.monotonic() - self._started)

    def floating_point_ops(self, inputs: Any) -> int:  # noqa: ARG002
        """Not counted: it walks all parameters at each step."""
        return 0

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        Trainer._save_checkpoint(self, model, trial)  # SFTTrainer's own would write a model card as well
        self.accelerator.wait_for_everyone()
        if self.is_world_process_zero():
            folder = self.course.out / "checkpoints" / f"checkpoint-{self.state.global_step}"
            checkpoints.complete(folder, self.course.fingerprint, self.seconds())

    def _send_telemetry(self) -> None:
        """Nothing leaves the machine."""


_INPUTS = ("input_ids", "position_ids", "where", "targets")
_LOGGED = ("loss", "learning_rate", "grad_norm")


class _Flow(TrainerCallback):  # type: ignore[misc]
    """Logs before each checkpoint, so that a resumed run logs the same rows.

    At the very end there is a checkpoint only where the run keeps its state.
    """

    def __init__(self, run: Run) -> None:
        self._on_step, self._keeps_state = run.on_step, run.keeps_state

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:  # noqa: ARG002
        last = state.global_step >= state.max_steps
        control.should_save = self._keeps_state if last else control.should_save
        control.should_log = control.should_log or control.should_save or last
        if self._on_step is not None and state.is_world_process_zero:
            self._on_step(state.global_step, state.max_steps)
        return control


def _only(items: list[Any]) -> Any:
    (item,) = items
    return item


def _arguments(run: Run) -> SFTConfig:
    config, steps = run.config, len(run.batches)
    arguments = SFTConfig(
        output_dir=str(run.out / "checkpoints"),
        max_steps=steps,
        per_device_train_batch_size=1,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        adam_beta1=config.adam_beta1,
        adam_beta2=config.adam_beta2,
        max_grad_norm=config.max_grad_norm,
        bf16=config.precision == "bf16",
        use_cpu=not torch.accelerator.is_available(),
        ddp_find_unused_parameters=False,
        activation_checkpointing=config.gradient_checkpointing,
        save_steps=config.save_steps,
        logging_steps=max(1, steps // LOGGED_ROWS),
        logging_nan_inf_filter=False,  # looks at every loss; and a loss that is not a number should be seen
        seed=run.seed,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        report_to="none",
        disable_tqdm=True,
    )
    arguments._n_gpu = min(arguments.n_gpu, 1)  # one process drives one device; several are `processes`
    return arguments
