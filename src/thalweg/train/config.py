"""What a study may set about training. The field descriptions are the study file's reference.

Not covered: anything that a student's own folder decides (architecture, tokenizer, chat template).
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(gt=0)]


class LoraConfig(BaseModel):
    """Low-rank adapters instead of full fine-tuning; the output folder is then a peft adapter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    r: Positive = Field(default=16, description="Rank of the adapters.")
    alpha: float = Field(default=32.0, gt=0, description="Scale of the adapters: their output is times alpha / r.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Dropout on the adapters' input.")
    target_modules: str | tuple[str, ...] = Field(
        default="all-linear", description="Names of the layers to adapt; 'all-linear' leaves the vocabulary head out."
    )


class TrainConfig(BaseModel):
    """How a student is trained on a corpus. The defaults are the Valley paper's (2510.06101, section 3.2)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learning_rate: float = Field(default=8e-5, gt=0, description="Peak learning rate of AdamW.")
    batch_size: Positive = Field(
        default=128,
        description="Examples per optimiser step, over all processes. The last batch of a pass may be smaller.",
    )
    micro_batch_size: Positive | None = Field(
        default=None,
        description="Examples per device in one forward pass; gradients add up to a batch. Null: the whole batch.",
    )
    epochs: Positive = Field(default=5, description="Passes over the corpus.")
    max_steps: Positive | None = Field(
        default=None, description="Optimiser steps instead of 'epochs'; passes repeat as long as it takes."
    )
    warmup_ratio: float = Field(
        default=0.1, ge=0, le=1, description="Share of all steps in which the learning rate rises linearly."
    )
    schedule: Literal["linear", "cosine", "constant"] = Field(
        default="linear",
        description="Shape of the learning rate after the warm-up. The Valley paper does not state its own.",
    )
    min_lr_ratio: float = Field(
        default=0.0, ge=0, le=1, description="Where the learning rate ends, as a share of its peak."
    )
    weight_decay: float = Field(
        default=0.0, ge=0, description="AdamW's weight decay, not on norms and biases. Not stated in the Valley paper."
    )
    adam_beta1: float = Field(default=0.9, ge=0, lt=1, description="AdamW's first moment.")
    adam_beta2: float = Field(default=0.999, ge=0, lt=1, description="AdamW's second moment.")
    max_grad_norm: float = Field(default=1.0, ge=0, description="Gradients are clipped to this norm; 0 for never.")
    precision: Literal["fp32", "bf16"] = Field(
        default="fp32",
        description="'bf16': matrix products in bfloat16 over float32 weights (autocast, on CPU and GPU alike), since "
        "bfloat16 weights lose small updates; the saved weights are bfloat16. With LoRA the frozen weights are "
        "bfloat16 throughout. Only 'fp32' on CPU resumes bit for bit.",
    )
    max_length: Positive = Field(
        default=32768, description="Tokens of prompt and response together; never more than the student's positions."
    )
    on_truncation: Literal["drop", "keep"] = Field(
        default="drop",
        description="What becomes of examples above 'max_length': 'drop', or 'keep' them cut off, without an end "
        "marker. Both are counted. One whose prompt alone is too long is dropped always.",
    )
    packing: bool = Field(
        default=False,
        description="Put several short examples in one row, without attention between them, to save padding. The "
        "examples of a step and their loss stay the same.",
    )
    gradient_checkpointing: bool = Field(
        default=False, description="Recompute activations in the backward pass: less memory, about a third slower."
    )
    lora: LoraConfig | None = Field(default=None, description="Low-rank adapters; null for full fine-tuning.")
    loss_chunk: Annotated[int, Field(ge=0)] = Field(
        default=1024,
        description="Response tokens whose vocabulary logits are held at once; 0 for all of a forward pass.",
    )
    save_steps: Positive = Field(default=500, description="Optimiser steps between interim checkpoints.")
    threads: Positive = Field(
        default=1, description="CPU threads of each process. Results in fp32 are the same for the same number."
    )
    processes: Positive = Field(default=1, description="Processes, through 'accelerate launch'; one a GPU.")
    fsdp: bool = Field(default=False, description="Shard weights and optimiser over the processes (FSDP).")

    @property
    def micro(self) -> int:
        """Examples per device in one forward pass: never more than the device's share of a batch."""
        share = -(-self.batch_size // self.processes)
        return share if self.micro_batch_size is None else min(self.micro_batch_size, share)
