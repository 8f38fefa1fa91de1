"""Loads a model to run it (not to train it): a full checkpoint or a peft adapter, on the GPU if there is one.

Generation and suitability ask the same of a model folder, and stages do not import each other. An adapter is applied
as trained, not merged. Not covered: models on several GPUs, quantised weights, encoder-decoders, images.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
import transformers
from safetensors import SafetensorError

from thalweg.errors import InputError

Precision: TypeAlias = Literal["fp32", "bf16"]

# Configurations that change the logits after the head, which code that applies the head itself does not do.
_LOGIT_TRANSFORMS = (
    "final_logit_softcapping",
    "logit_scale",
    "logits_scaling",
    "lm_head_multiplier",
    "output_multiplier",
)
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def load(path: str | Path, where: str, precision: Precision) -> tuple[Any, Any]:
    """Tokenizer and model, the model on its device and in evaluation mode.

    Args:
        path: a folder with a model (`config.json`) or a peft adapter (`adapter_config.json`), or a hub id.
        where: what errors name.

    Raises:
        InputError: no model or no tokenizer there, or weights are missing from it.
    """
    remedy = "name a folder with a model or an adapter, or a hub id"
    folder = Path(path)
    if folder.is_dir() and not any((folder / name).exists() for name in ("config.json", "adapter_config.json")):
        raise InputError(where, "the folder holds no model (no config.json or adapter_config.json)", remedy)
    try:
        with _quiet():
            tokenizer = transformers.AutoTokenizer.from_pretrained(str(path))
            model, report = transformers.AutoModelForCausalLM.from_pretrained(
                str(path), dtype=_DTYPES[precision], output_loading_info=True
            )
    except (OSError, ValueError, SafetensorError) as error:
        raise InputError(where, f"cannot be loaded: {str(error).strip().splitlines()[0]}", remedy) from error
    if missing := sorted(report["missing_keys"]):
        # transformers would fill them with random numbers.
        raise InputError(where, f"{len(missing)} weights are missing, such as {missing[0]}", "save the model again")
    return tokenizer, model.to(device()).eval()


def device() -> str:
    """Where models run: `cuda` if there is one, else `cpu`."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def label(path: str | Path) -> str:
    """What a model is called in records: its folder's name, or its hub id."""
    return Path(path).resolve().name if Path(path).exists() else str(path)


def refuse_logit_transforms(config: Any, where: str, remedy: str) -> None:
    """Raises `InputError` where a model changes its logits after the head."""
    for name in _LOGIT_TRANSFORMS:
        if getattr(config, name, None) not in (None, 1.0):
            raise InputError(where, f"the student transforms its logits ({name})", remedy)


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars while a model loads: a study loads one for every rung."""
    from transformers.utils import logging

    if not logging.is_progress_bar_enabled():
        yield
        return
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.enable_progress_bar()
