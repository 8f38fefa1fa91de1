"""What a vLLM server is told when it is started, and how it is asked then.

Written against the command line and the completions interface of vLLM 0.33.0, which lives in an environment of its own
(it pins its own PyTorch). Adapters are served on top of their base model (`--enable-lora`), not merged into it.

Not covered: settings that only `extra_args` passes on; they are the user's and the server's.
"""

import json
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from thalweg import chat
from thalweg.errors import InputError
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.model import Precision

Dtype: TypeAlias = Literal["auto", "float32", "bfloat16", "float16"]

_DTYPES: dict[Precision, Dtype] = {"fp32": "float32", "bf16": "bfloat16"}
_LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # those that --max-lora-rank takes
_STUDENT, _BASE = "student", "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How students are served. What is null is left to vLLM.

    Args:
        command: what `MODEL --port ...` is appended to; split as a shell would, run without one, in `folder`.
        tensor_parallel: GPUs that hold one copy of the student.
        data_parallel: copies, each on GPUs of its own.
        dtype: null: the study's precision.
        max_model_len: tokens of prompt and response together.
        gpu_memory_utilization: the share of each GPU's memory that the server takes.
        max_num_seqs: responses that the server works on at once.
        max_concurrency: requests in flight, queued ones included.
        startup_timeout_s: for loading, compiling and warming up.
        request_timeout_s: for one whole response, the time in the server's queue included.
        extra_args: further arguments of the server.
    """

    command: str = "vllm serve"
    folder: Path | None = None
    tensor_parallel: int = 1
    data_parallel: int = 1
    dtype: Dtype | None = None
    max_model_len: int | None = None
    gpu_memory_utilization: float | None = None
    max_num_seqs: int | None = None
    enforce_eager: bool = False
    max_concurrency: int = 256
    startup_timeout_s: float = 900.0
    request_timeout_s: float = 3600.0
    extra_args: tuple[str, ...] = ()

    @property
    def devices(self) -> int:
        """GPUs of one server."""
        return self.tensor_parallel * self.data_parallel


def check_program(serving_: Serving, where: str) -> None:
    """Raises `InputError` where the command names no program."""
    words = shlex.split(serving_.command)
    if not words:
        raise InputError(where, "the command is empty", "write 'vllm serve', or the path of its program")
    local = (serving_.folder or Path()) / words[0]
    if shutil.which(words[0]) is None and shutil.which(str(local)) is None:
        remedy = "install vLLM in an environment of its own and name its program (docs/gpus.md)"
        raise InputError(where, f"no such program: {words[0]}", remedy)


def arguments(model: str, serving_: Serving, precision: Precision, port: int) -> list[str]:
    """The server's command line, as `vllm serve` of vLLM 0.33.0 takes it."""
    adapter = _adapter_config(model)
    base = str(adapter["base_model_name_or_path"]) if adapter else model
    optional: dict[str, Any] = {
        "--max-model-len": serving_.max_model_len,
        "--gpu-memory-utilization": serving_.gpu_memory_utilization,
        "--max-num-seqs": serving_.max_num_seqs,
    }
    return [
        *[*shlex.split(serving_.command), base, "--host", "127.0.0.1", "--port", str(port)],
        *["--served-model-name", _BASE if adapter else _STUDENT, "--tokenizer", _tokenizer(model, base)],
        *["--dtype", serving_.dtype or _DTYPES[precision], "--generation-config", "vllm", "--seed", "0"],
        *["--tensor-parallel-size", str(serving_.tensor_parallel)],
        *["--data-parallel-size", str(serving_.data_parallel)],
        *[word for flag, value in optional.items() if value is not None for word in (flag, str(value))],
        *(["--enforce-eager"] if serving_.enforce_eager else []),
        *(_adapter_arguments(model, adapter) if adapter else []),
        *serving_.extra_args,
    ]


def _adapter_arguments(model: str, adapter: dict[str, Any]) -> list[str]:
    rank = max([int(adapter["r"]), *map(int, (adapter.get("rank_pattern") or {}).values())])
    if rank > _LORA_RANKS[-1]:
        raise InputError(f"model {model}", f"its adapter has rank {rank}, vLLM serves up to 512", "leave 'serve' out")
    room = next(allowed for allowed in _LORA_RANKS if allowed >= rank)
    module = json.dumps({"name": _STUDENT, "path": str(Path(model).resolve())})
    return ["--enable-lora", "--max-lora-rank", str(room), "--lora-modules", module]


def _adapter_config(model: str) -> dict[str, Any] | None:
    file = Path(model) / "adapter_config.json"
    if not file.exists():
        return None
    config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return config


def _tokenizer(model: str, base: str) -> str:
    """Where the tokenizer is: beside the adapter, where it was saved there."""
    return model if any((Path(model) / name).exists() for name in ("tokenizer.json", "tokenizer_config.json")) else base


def endpoint(model: str, serving_: Serving, prompt: chat.Prompt, port: int) -> Endpoint:
    """How the server is asked. Special tokens stay in the text and no spaces are put between them, as when
    transformers decodes; the token that ends a turn is no part of it."""
    adapter = _adapter_config(model)
    base = str(adapter["base_model_name_or_path"]) if adapter else model
    return Endpoint(
        url=f"http://127.0.0.1:{port}/v1",
        model=_STUDENT,
        api="completions",
        tokenizer=_tokenizer(model, base),
        max_concurrency=serving_.max_concurrency,
        timeout_s=serving_.request_timeout_s,
        max_attempts=3,
        extra_body={
            "add_special_tokens": False,
            "skip_special_tokens": False,
            "spaces_between_special_tokens": False,
            "include_stop_str_in_output": False,
            "stop_token_ids": _end_ids(_tokenizer(model, base), base, prompt),
        },
    )


def _end_ids(tokenizer_source: str, base: str, prompt: chat.Prompt) -> list[int]:
    """Where a response ends, as for a model that transformers runs: the end of a turn, the end of a sequence, and
    what the model's own generation settings name as ends."""
    from transformers import AutoTokenizer, GenerationConfig

    tokenizer = AutoTokenizer.from_pretrained(tokenizer_source)
    chat.check_template(tokenizer, prompt, f"model {tokenizer_source}")
    try:
        named = GenerationConfig.from_pretrained(base).eos_token_id
    except OSError:
        named = None  # a model without generation settings names no ends
    ids = [
        chat.end_of_turn(tokenizer, prompt),
        tokenizer.eos_token_id,
        *(named if isinstance(named, list) else [named]),
    ]
    return sorted({token for token in ids if token is not None})
