"""`serve` in a study file: students answer benchmarks through a vLLM server that the study starts (`docs/gpus.md`)."""

from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from thalweg.generate.vllm_command import Dtype, Serving
from thalweg.study.sections import Section, check_words

_CHANGES_ANSWERS = ("dtype", "max_model_len", "extra_args")


class Serve(Section):
    """How students are served. Where a key is absent, vLLM's own default holds."""

    command: str = Field(
        "vllm serve",
        description="The program, to which the model and the arguments below are appended; run in the study's folder "
        "without a shell, such as `/opt/vllm/bin/vllm serve`.",
    )
    tensor_parallel: int = Field(1, gt=0, description="GPUs that hold one copy of the student.")
    data_parallel: int = Field(1, gt=0, description="Copies of the student in one server, each on GPUs of its own.")
    dtype: Dtype | None = Field(None, description="Data type of the weights (the study's `precision` where absent).")
    max_model_len: int | None = Field(None, gt=0, description="Tokens of a prompt and its response together.")
    gpu_memory_utilization: float | None = Field(
        None, gt=0, le=1, description="Share of a GPU's memory that the server takes."
    )
    max_num_seqs: int | None = Field(None, gt=0, description="Responses that the server works on at once.")
    enforce_eager: bool = Field(False, description="Start without compiling: sooner there, slower then.")
    max_concurrency: int = Field(256, gt=0, description="Requests in flight, those in the server's queue included.")
    startup_timeout_s: float = Field(900.0, gt=0, description="Seconds in which the server must answer.")
    request_timeout_s: float = Field(3600.0, gt=0, description="Seconds for one whole response, queueing included.")
    extra_args: tuple[str, ...] = Field((), description="Further arguments, one word each: `[--kv-cache-dtype, fp8]`.")

    @field_validator("command")
    @classmethod
    def _words(cls, value: str) -> str:
        check_words(value)
        return value

    def serving(self, folder: Path) -> Serving:
        """The settings that the stage takes; `command` is run in `folder`."""
        return Serving(folder=folder, **self.model_dump())

    def asked(self) -> dict[str, Any]:
        """What answers depend on. How many GPUs, how much memory and how long to wait are no part of it."""
        return {"engine": "vllm", **self.model_dump(mode="json", include=set(_CHANGES_ANSWERS))}
