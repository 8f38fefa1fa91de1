"""Model folders: check, load and save students.

A student is an ordinary transformers folder, the name of one on the Hugging Face hub, or a peft adapter folder, whose
adapter is merged into its base before training goes on.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thalweg.errors import InputError
from thalweg.train.config import LoraConfig, TrainConfig

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_ADAPTER = "adapter_config.json"


def resolve(student: str | Path, config: TrainConfig) -> str:
    """The student as transformers wants it: the absolute path of a folder, or a hub name.

    Raises:
        InputError: a folder without a model, or an adapter that another adapter would be put on.
    """
    folder = Path(student)
    if folder.is_dir():
        if (folder / _ADAPTER).exists():
            if config.lora is not None:
                raise InputError(str(student), "it is a LoRA adapter already", "train it without 'lora', or merge it")
        elif not (folder / "config.json").exists():
            raise InputError(str(student), "the folder holds no config.json", "name a transformers model folder")
        return str(folder.resolve())
    if folder.exists() or folder.is_absolute() or str(student).startswith(".") or str(student).count("/") > 1:
        raise InputError(str(student), "no such model folder", "check the path")
    return str(student)


def load_tokenizer(student: str) -> "PreTrainedTokenizerBase":
    """The student's tokenizer.

    Raises:
        InputError: there is none to load.
    """
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(student)
    except (OSError, ValueError) as error:
        raise _unreadable(student, "tokenizer", error) from None


def load_model(student: str, config: TrainConfig) -> "PreTrainedModel":
    """The student's model, with float32 weights; in bfloat16 where they stay frozen under bf16 LoRA.

    Raises:
        InputError: there is none to load.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    dtype = torch.bfloat16 if config.lora is not None and config.precision == "bf16" else torch.float32
    try:
        if (Path(student) / _ADAPTER).exists():
            from peft import AutoPeftModelForCausalLM

            merged = AutoPeftModelForCausalLM.from_pretrained(student, dtype=dtype).merge_and_unload()
            return merged.requires_grad_(True)  # under an adapter, the base was frozen
        return AutoModelForCausalLM.from_pretrained(student, dtype=dtype)
    except (OSError, ValueError, SafetensorError) as error:
        raise _unreadable(student, "model", error) from None


def add_adapter(model: "PreTrainedModel", lora: LoraConfig, seed: int) -> "PeftModel":
    """The model with fresh low-rank adapters, drawn from the seed; the rest of its weights are frozen.

    Raises:
        InputError: the student has no such layers, or they include its vocabulary head.
    """
    import peft
    from peft.tuners.tuners_utils import BaseTunerLayer
    from transformers import set_seed

    where = "train.lora.target_modules"
    modules = lora.target_modules if isinstance(lora.target_modules, str) else list(lora.target_modules)
    settings = peft.LoraConfig(
        r=lora.r, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules=modules, task_type="CAUSAL_LM"
    )
    set_seed(seed)
    try:
        adapted = peft.get_peft_model(model, settings)
    except ValueError as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(where, reason, "name layers of the student, or 'all-linear'") from None
    if isinstance(adapted.get_output_embeddings(), BaseTunerLayer):
        raise InputError(where, "the vocabulary head cannot be adapted", "leave it out")
    return adapted


def longest_row(student: str, config: TrainConfig) -> int:
    """The most tokens a row may have: the configured length, but never more than the student's positions."""
    from transformers import AutoConfig

    source = student
    if (Path(student) / _ADAPTER).exists():
        from peft import PeftConfig

        source = PeftConfig.from_pretrained(student).base_model_name_or_path
    try:
        architecture = AutoConfig.from_pretrained(source).get_text_config()
    except (OSError, ValueError) as error:
        raise _unreadable(source, "model", error) from None
    return min(config.max_length, getattr(architecture, "max_position_embeddings", None) or config.max_length)


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps transformers from drawing progress bars and giving advice; the study has its own progress."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # peft 0.21 asks models for a property that transformers 5.23 has renamed.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _unreadable(student: str, part: str, error: Any) -> InputError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return InputError(student, f"no {part} could be loaded ({reason})", "name a transformers folder or hub model")
