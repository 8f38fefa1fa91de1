"""A model answers problems, as a verb on plain files: a local model, a scripted one, or one behind an endpoint.

    out/part-*.parquet                  the responses, problem by problem
    out/failures.jsonl  spend.json      of an endpoint: requests without a response, and what was paid
    out/.inputs  .done                  what they were made from, and that they are whole

Run again, it goes on where it was cut off, and a whole folder costs nothing. Limits, budgets and prices of an endpoint
may change in between; what changes the answers may not.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Required, TypedDict, Unpack, runtime_checkable

from thalweg import store
from thalweg.chat import Prompt, render
from thalweg.errors import InputError
from thalweg.generate.collect import Progress, collect
from thalweg.generate.collect import pilot as ask_pilot
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.model import Model, Precision, Request, Sampling, open_model
from thalweg.generate.model import generate as generate_into
from thalweg.generate.prompts import first_prompts
from thalweg.generate.vllm import ask_served
from thalweg.grade import JudgeModel
from thalweg.study.endpoints import FAILURES, EndpointSection, check_budget, failures, failures_in_words, spent
from thalweg.study.folder import begin, finish, is_begun, is_done
from thalweg.study.paid import cost_nothing
from thalweg.study.pilot import Estimate
from thalweg.study.serving import Serve
from thalweg.types import Problem, Response, TextCheck

OnAnswers = Callable[[Progress], None]
OnPrompt = Callable[[str], None]


@runtime_checkable
class Renders(Protocol):
    """A model that shows a prompt as it reads it."""

    def rendered(self, user_turn: str) -> str:
        """The text that its response is appended to."""


class Generated(NamedTuple):
    """How many responses there are, why requests have none, and what all of it cost (null without a price)."""

    responses: int
    failed: Counter[str]
    usd: float | None

    def line(self, out: Path) -> str:
        """All of it in a sentence."""
        cost = f", ${self.usd:,.2f}" if self.usd is not None else ""
        failed = f"; {failures_in_words(self.failed)}: see {out / FAILURES}" if self.failed else ""
        return f"{out}: {self.responses} responses{cost}{failed}"


class How(TypedDict, total=False):
    """How a model is asked. `batch_size` concerns local models, `endpoint` a model `endpoint:URL#MODEL`, and `serve` a
    model `vllm:FOLDER`, for which a server is started and stopped; where these are absent, all is as usual."""

    samples: Required[int]
    sampling: Required[Sampling]
    prompt: Required[Prompt]
    precision: Precision
    batch_size: int
    endpoint: Endpoint | None
    serve: Serve | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Who answers what, and how (`How`)."""

    problems: Sequence[Problem]
    model: str
    out: Path
    samples: int
    sampling: Sampling
    prompt: Prompt
    precision: Precision = "fp32"
    batch_size: int = 32
    endpoint: Endpoint | None = None
    serve: Serve | None = None

    def __post_init__(self) -> None:
        if not self.problems:
            raise InputError("problems", "there are none", "check the file")
        if self.endpoint is None and self.model.startswith("endpoint:"):
            object.__setattr__(self, "endpoint", EndpointSection().endpoint(self.model))
        if self.serve is None and self.model.startswith("vllm:"):
            object.__setattr__(self, "serve", Serve())

    @property
    def asking(self) -> dict[str, Any]:
        """What `collect` and its pilot take of it."""
        how = {"sampling": self.sampling, "prompt": self.prompt, "samples": self.samples}
        return {"name": self.name, "out": self.out, **how}

    @property
    def name(self) -> str:
        """What responses of a server are labelled with: its model, or a folder's name as for a local model."""
        folder = Path(self.model.partition(":")[2])
        if self.endpoint is not None:
            return self.endpoint.model
        return folder.resolve().name if folder.exists() else str(folder)

    @property
    def total(self) -> int:
        """Responses in all."""
        return len(self.problems) * self.samples

    @property
    def mark(self) -> str:
        """What the responses depend on."""
        model: str = self.model
        how: tuple[Any, ...] = (self.precision, self.batch_size)
        if (endpoint := self.endpoint) is not None:
            model = f"endpoint:{endpoint.model}"  # whose server may move
            how = (endpoint.api, endpoint.tokenizer, endpoint.send_seed, dict(endpoint.extra_body))
        if self.serve is not None:
            how = (self.precision, self.serve.asked())
        rows = store.records_fingerprint(self.problems)
        return store.fingerprint("generate", rows, model, self.samples, self.sampling, self.prompt.fields, *how)

    def refuse_others(self) -> None:
        """Raises `InputError` where the folder holds something else than a first try that brought nothing."""
        if not is_begun(self.out, self.mark) and not cost_nothing(self.out):
            raise InputError(str(self.out), "holds responses made with other settings", "use another folder")

    def begin(self, opened: Model | None, on_prompt: OnPrompt | None) -> None:
        """Shows the first prompts, as the model reads them where it is here, and prepares the folder."""
        if on_prompt is not None:
            rendered = opened.rendered if isinstance(opened, Renders) else self._render()
            for shown in first_prompts(self.problems, self.prompt):
                on_prompt(shown.text(self.prompt, rendered))
        begin(self.out, self.mark)

    def _render(self) -> Callable[[str], str] | None:
        """How a server reads a user turn, where its prompts are rendered here; null where it renders them itself."""
        source = self.model.partition(":")[2] if self.serve is not None else None
        if self.endpoint is not None and self.endpoint.api == "completions":
            source = self.endpoint.tokenizer
        if source is None or not (Path(source) / "tokenizer_config.json").exists():
            return None
        from transformers import AutoTokenizer

        return partial(render, AutoTokenizer.from_pretrained(source), prompt=self.prompt)


def generate(
    problems: Sequence[Problem],
    model: str,
    out: Path,
    *,
    on_progress: OnAnswers | None = None,
    on_prompt: OnPrompt | None = None,
    **how: Unpack[How],
) -> Generated:
    """Lets a model answer problems into a folder of shards, continued where it was cut off.

    `on_prompt` takes the first prompt of each kind of problem, whole, before anything is asked.

    Raises:
        InputError: no problems, another command's responses in the folder, what an endpoint refuses, a budget that is
            spent, with how far it is, or more requests that failed than may.
    """
    asked = _Asked(problems=problems, model=model, out=out, **how)
    if not is_done(out, asked.mark):
        asked.refuse_others()
        if asked.endpoint is not None:
            asked.endpoint.key()  # refused before anything is written
            asked.begin(None, on_prompt)
            _ask(asked, asked.endpoint, on_progress)
        elif asked.serve is not None:
            asked.begin(None, on_prompt)
            _serve(asked, asked.serve, on_progress)
        else:
            _ask_model(asked, on_progress, on_prompt)
        finish(out, asked.mark)
    failed = failures(out)
    return Generated(asked.total - failed.total(), failed, spent(out))


def pilot(
    problems: Sequence[Problem],
    model: str,
    out: Path,
    requests: int,
    *,
    on_progress: OnAnswers | None = None,
    on_prompt: OnPrompt | None = None,
    **how: Unpack[How],
) -> list[str]:
    """Asks an endpoint so many of the requests, drawn from all, and says what all would cost; `generate` goes on.

    Raises:
        InputError: as `generate`; the model is not behind an endpoint.
    """
    asked = _Asked(problems=problems, model=model, out=out, **how)
    if asked.endpoint is None:
        raise InputError("--pilot", f"{model} is not behind an endpoint", "leave it out")
    if is_done(out, asked.mark):
        return [f"{out}: all {asked.total} responses are there"]
    asked.refuse_others()
    asked.endpoint.key()
    asked.begin(None, on_prompt)
    found = ask_pilot(asked.problems, asked.endpoint, requests=requests, on_progress=on_progress, **asked.asking)
    return Estimate.of(found, asked.total, out).lines(asked.endpoint)


def _ask(asked: _Asked, endpoint: Endpoint, on_progress: OnAnswers | None) -> None:
    found = collect(asked.problems, endpoint, on_progress=on_progress, **asked.asking)
    check_budget(found, endpoint.where, asked.total, endpoint)


def _serve(asked: _Asked, serve: Serve, on_progress: OnAnswers | None) -> None:
    """Starts a server for a model, asks it, and stops it; its log stays beside the responses."""
    ask_served(
        asked.model.partition(":")[2],
        serve.serving(Path.cwd()),
        lambda endpoint: _ask(asked, endpoint, on_progress),
        prompt=asked.prompt,
        precision=asked.precision,
        log=asked.out / "server.log",
    )


def _ask_model(asked: _Asked, on_progress: OnAnswers | None, on_prompt: OnPrompt | None) -> None:
    opened = open_model(asked.model, sampling=asked.sampling, prompt=asked.prompt, precision=asked.precision)
    asked.begin(opened, on_prompt)
    began = time.monotonic()

    def report(batches: int, _all: int) -> None:
        if on_progress is not None:
            done = min(batches * asked.batch_size, asked.total)
            on_progress(Progress(done, asked.total, 0, 0, 0, None, 0, time.monotonic() - began))

    generate_into(asked.problems, opened, store.Shards(asked.out, Response), asked.samples, asked.batch_size, report)


def open_judge(spec: str, max_tokens: int = 1024) -> JudgeModel:
    """A model as a judge: greedy, one prompt a question."""
    model = open_model(spec, sampling=Sampling(max_tokens=max_tokens), prompt=Prompt())

    def ask(prompts: Sequence[str]) -> list[str]:
        questions = [Problem(id=str(i), statement=text, check=TextCheck(answer="")) for i, text in enumerate(prompts)]
        return [response.answer or "" for response in model.respond([Request(q, 0) for q in questions])]

    return JudgeModel(spec, ask)
