"""Models that answer problems, and the loop that keeps their answers.

A *model* turns requests (a problem and the number of the sample) into responses; a teacher, an untrained student and
a checkpoint are all models. `generate` cuts the full, ordered list of requests into batches before it looks at what
is on disk, and appends whole batches, so that a run which was killed and goes on makes the very batches, and
therefore the very responses, of an uninterrupted one. `open_model` makes a model from a short text such as
`local:FOLDER`.

Not covered: large collections from endpoints (`thalweg.generate.collect`), students behind vLLM (`generate.vllm`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.store import Shards
from thalweg.types import Problem, Response

Precision: TypeAlias = Literal["fp32", "bf16"]


class Request(NamedTuple):
    """One response is wanted: attempt number `sample` at `problem`."""

    problem: Problem
    sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How tokens are chosen. `temperature` 0 is greedy; `top_k` 0 and `top_p` 1 leave the distribution whole.

    A response has at most `max_tokens` tokens, and ends before the first of the `stop` strings in its answer.
    """

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int = 0
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rules = {
            "max_tokens": (self.max_tokens >= 1, "at least 1"),
            "temperature": (self.temperature >= 0, "0 (greedy) or more"),
            "top_p": (0 < self.top_p <= 1, "above 0 and at most 1"),
            "top_k": (self.top_k >= 0, "0 (all tokens) or more"),
            "stop": (all(self.stop), "strings that are not empty"),
        }
        for key, (holds, allowed) in rules.items():
            if not holds:
                raise InputError("sampling", f"{key} is {getattr(self, key)!r}", f"use {allowed}")

    def describe(self) -> str:
        """What scores and reports say of it: `greedy`, or `temperature 0.6, top-p 0.95`."""
        if self.temperature == 0:
            return "greedy"
        parts = [f"temperature {self.temperature:g}"]
        if self.top_p < 1:
            parts.append(f"top-p {self.top_p:g}")
        if self.top_k:
            parts.append(f"top-k {self.top_k}")
        return ", ".join(parts)


class Model(Protocol):
    """Answers problems. `name` goes into every response."""

    name: str

    def respond(self, requests: Sequence[Request]) -> list[Response]:
        """One response a request, in their order."""


def response_id(model: str, request: Request) -> str:
    """The id of a generated response: model, problem and sample."""
    return f"{model}/{request.problem.id}/{request.sample}"


def batches(problems: Sequence[Problem], samples: int, batch_size: int) -> list[list[Request]]:
    """All requests, problem by problem, cut into batches; the last one may be short."""
    if samples < 1 or batch_size < 1:
        raise InputError("generate", f"samples {samples}, batch size {batch_size}", "both must be at least 1")
    requests = [Request(problem, sample) for problem in problems for sample in range(samples)]
    return [requests[start : start + batch_size] for start in range(0, len(requests), batch_size)]


def generate(
    problems: Sequence[Problem],
    model: Model,
    out: Shards[Response],
    samples: int,
    batch_size: int,
    on_batch: Callable[[int, int], None] | None = None,
) -> None:
    """Appends the model's responses to `out`, batch by batch, skipping the batches that are there.

    `on_batch(done, total)` is called after every batch, skipped ones included.
    """
    todo = batches(problems, samples, batch_size)
    for index, batch in enumerate(todo):
        if not out.has(index):
            responses = model.respond(batch)
            assert [r.problem_id for r in responses] == [r.problem.id for r in batch], f"{model.name}: wrong responses"
            out.put(index, responses)
        if on_batch is not None:
            on_batch(index + 1, len(todo))


def open_model(
    spec: str,
    *,
    sampling: Sampling,
    prompt: Prompt,
    precision: Precision = "fp32",
    threads: int | None = None,
    name: str | None = None,
) -> Model:
    """The model that `spec` names: `local:FOLDER`, `local:HUB_ID`, `endpoint:URL#MODEL`, or `tracer:STYLE`.

    `precision` and `threads` (CPU threads; null leaves PyTorch's choice) concern local models only. A tracer is the
    miniature's teacher and needs no prompt. An endpoint is asked with every setting at its default.

    Raises:
        InputError: no such kind of model, or the kind's own complaint about what follows the colon.
    """
    kind, _, rest = spec.partition(":")
    if kind == "local" and rest:
        from thalweg.generate.local import LocalModel

        return LocalModel(rest, sampling, prompt, precision=precision, threads=threads, name=name)
    if kind == "tracer" and rest:
        from thalweg.generate.scripted import Tracer

        return Tracer(rest, sampling.seed)
    if kind == "endpoint":
        from thalweg.generate.endpoint import endpoint_of
        from thalweg.generate.remote import EndpointModel

        return EndpointModel(endpoint_of(spec), sampling, prompt, name)
    kinds = "local:FOLDER, local:HUB_ID, endpoint:URL#MODEL or tracer:STYLE"
    raise InputError(f"model {spec!r}", "no such kind of model", f"use {kinds}")
