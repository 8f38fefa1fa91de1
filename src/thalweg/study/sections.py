"""The sections of a study file that stand for themselves: problems, teachers, benchmarks, grading, prompt."""

import shlex
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from thalweg.chat import KINDS, Prompt
from thalweg.generate.prompts import SETS, prompt_set
from thalweg.problems import READERS
from thalweg.study.endpoints import EndpointSection
from thalweg.study.hardware import GPUS
from thalweg.train.handover import PLACES, unknown_places


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Section):
    """Where problems come from."""

    source: str = Field(
        description="The kind of source (`docs/sources.md` lists all).", json_schema_extra={"enum": list(READERS)}
    )
    path: str | None = Field(None, description="A local file, or a hub id where the source knows one.")
    split: str | None = Field(None, description="The split (miniatures: train, tune or test; a hub data set: its own).")
    count: int | None = Field(None, gt=0, description="Take this many problems (all where absent).")
    skip: int = Field(0, ge=0, description="Leave out this many at the beginning.")
    seed: int = Field(0, description="Seed of the miniatures' generators.")
    depths: tuple[int, ...] | None = Field(None, description="Lines of the miniatures' programs.")
    columns: dict[str, str] = Field(
        {}, description="Source `pairs`: `{statement: COLUMN, text: COLUMN}`, or `{messages: COLUMN}`."
    )
    options: dict[str, Any] = Field({}, description="What else the source takes, such as `{year: 2025}`.")

    @field_validator("source")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in READERS:
            raise ValueError(f"no source {value!r}, there are {', '.join(READERS)}")
        return value


class Teacher(Section):
    """Who answers the training problems: a model, or a file of responses collected elsewhere."""

    model: str | None = Field(
        None,
        description="A model: `tracer:STYLE`, `local:FOLDER`, `vllm:FOLDER` (a server that the study starts as `serve` "
        "says), `endpoint:URL#MODEL` (any OpenAI-compatible server), or `student` (the untouched student itself).",
    )
    endpoint: EndpointSection | None = Field(None, description="How an endpoint is asked (`docs/endpoints.md`).")
    responses: str | None = Field(None, description="A file of responses (JSON Lines or Parquet) in place of a model.")
    columns: dict[str, str] = Field({}, description="Field of a response -> column of the file, where they differ.")
    where: dict[str, str | int | bool] = Field({}, description="Take only rows whose columns hold these values.")
    problem_prefix: str = Field("", description="Put before the file's problem ids to match those of the problems.")
    samples: int = Field(1, gt=0, description="Responses a problem (models only).")
    max_tokens: int = Field(2048, gt=0, description="Token budget of a response (models only).")
    temperature: float = Field(0.0, ge=0, description="Sampling temperature; 0 is greedy (models only).")
    top_p: float = Field(1.0, gt=0, le=1, description="Nucleus sampling (models only).")
    batch_size: int = Field(256, gt=0, description="Responses generated together, and written together.")
    expected_tokens: int | None = Field(
        None, gt=0, description="Student tokens of a response, for plans made before the responses are there."
    )

    @model_validator(mode="after")
    def _one_of(self) -> "Teacher":
        if (self.model is None) == (self.responses is None):
            raise ValueError("give either 'model' or 'responses'")
        if self.endpoint is not None and not self.is_endpoint:
            raise ValueError("'endpoint' says how a model 'endpoint:URL#MODEL' is asked, and this is none")
        return self

    @property
    def is_endpoint(self) -> bool:
        """Whether it is a model behind a server that is already there."""
        return self.model is not None and self.model.startswith("endpoint:")

    @property
    def is_served(self) -> bool:
        """Whether it is a model behind a server that the study starts."""
        return self.model is not None and self.model.startswith("vllm:")

    def asked(self) -> dict[str, Any]:
        """What its responses depend on; how hard an endpoint is asked, and by how much it may be, is no part of it."""
        asked = self.model_dump(exclude={"expected_tokens", "endpoint"})
        if self.is_endpoint:
            assert self.model is not None
            asked["model"] = f"endpoint:{self.model.partition('#')[2]}"  # whose server may move
            del asked["batch_size"]
            asked["endpoint"] = (self.endpoint or EndpointSection()).asked()
        return asked


class Benchmark(Source):
    """Held-out problems that every rung answers. The first benchmark of a study carries its curve."""

    domain: Literal["in", "out"] = Field(
        "in", description="`out`: what the student is not trained for; the report plots it against the first benchmark."
    )
    samples: int = Field(1, gt=0, description="Responses a problem.")
    max_tokens: int = Field(
        gt=0, description="Token budget of a response; one that does not end within it is unfinished."
    )
    temperature: float = Field(0.0, ge=0, description="Sampling temperature; 0 is greedy.")
    top_p: float = Field(1.0, gt=0, le=1, description="Nucleus sampling.")
    batch_size: int = Field(64, gt=0, description="Responses generated together, and written together.")


class Grading(Section):
    """How answers are judged. A change makes verdicts again, not the responses."""

    grader: Literal["native", "lcb"] = Field(
        "native", description="`native` runs programs as the language does; `lcb` as the official LiveCodeBench grader."
    )
    every_test: bool = Field(False, description="Go on after the first failed test (`passed` then counts them all).")
    memory_mb: int = Field(2048, gt=0, description="Memory that a program may use, in MiB of address space.")
    interpreter: str | None = Field(
        None, description="Python that runs the programs (the project's own where absent, or the system's)."
    )
    allow_weak_sandbox: bool = Field(
        False, description="Run programs even where this machine cannot isolate them as it should."
    )


def check_words(command: str) -> None:
    """Raises `ValueError` where a command line cannot be split into words, or has none."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ValueError(f"it cannot be split into words: {error}") from None
    if not words:
        raise ValueError("it is empty")


class Trainer(Section):
    """Who trains the rungs, where it is not Thalweg's own trainer (`docs/trainers.md`)."""

    command: str = Field(
        description="Command line that trains one rung, run in the study's folder without a shell. Filled in: "
        + ", ".join(f"`{{{name}}}`" for name in PLACES)
        + "."
    )
    checkpoint: str = Field(".", description="Folder of the checkpoint inside `{out}`, such as `epoch_4`.")

    @field_validator("command")
    @classmethod
    def _fillable(cls, value: str) -> str:
        check_words(value)
        if unknown := unknown_places(value):
            raise ValueError(f"nothing is known as {{{unknown[0]}}}, there are {', '.join(PLACES)}")
        if not any(f"{{{name}}}" in value for name in ("out", "rung")):
            raise ValueError("it must hold {out} (or {rung}, whose file names it), to know where the checkpoint goes")
        return value


class Hardware(Section):
    """The machine that a plan is priced for; nothing else depends on it."""

    gpu: str | None = Field(None, description=f"A GPU: {', '.join(GPUS)}. Absent: this machine, as it is found.")
    count: int = Field(1, gt=0, description="GPUs that work on the study.")
    parameters: float | None = Field(
        None, gt=0, description="The student's parameters, where its folder and its name do not tell."
    )
    utilisation: float = Field(
        0.4, gt=0, le=1, description="Share of the GPU's published peak that training and generation reach."
    )
    usd_per_hour: float | None = Field(None, ge=0, description="Price of one GPU for one hour, in dollars.")

    @field_validator("gpu")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in GPUS:
            raise ValueError(f"no GPU {value!r} in the table, there are {', '.join(GPUS)}")
        return value


class StopWhen(Section):
    """When a study has found what it was run for. It stops as soon as one of these holds for its main arm."""

    break_even: Literal["known"] | None = Field(
        None, description="`known`: there is a valley, and both ends of break-even's interval are on the ladder."
    )
    score: float | None = Field(
        None, gt=0, lt=1, description="The low end of the largest rung's interval has reached this pass@1."
    )
    gain: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="The largest rung surely gained less than this over the one before, and is surely above the start "
        "(a valley's floor is flat, too).",
    )

    @model_validator(mode="after")
    def _one_at_least(self) -> "StopWhen":
        if (self.break_even, self.score, self.gain) == (None, None, None):
            raise ValueError("give 'break_even', 'score' or 'gain'")
        return self


class PromptConfig(Section):
    """How a problem becomes a user turn, in training and in evaluation alike."""

    set: str | None = Field(
        None, description=f"A named set of templates by kind of problem (`docs/prompts.md`): {', '.join(SETS)}."
    )
    template: str = Field("{statement}", description="The user turn; `{statement}` stands for the problem.")
    templates: dict[str, str] = Field(
        {}, description="Templates by kind of problem (`stdin`, `call`, `math` ...), in place of `template`."
    )
    system: str | None = Field(None, description="System message.")
    chat: Literal["tokenizer", "none"] = Field(
        "tokenizer", description="Wrap the turn in the tokenizer's chat template?"
    )

    @field_validator("template")
    @classmethod
    def _has_statement(cls, value: str) -> str:
        if "{statement}" not in value:
            raise ValueError("the template must hold {statement}")
        return value

    @field_validator("templates")
    @classmethod
    def _of_known_kinds(cls, value: dict[str, str]) -> dict[str, str]:
        for kind, template in value.items():
            if kind not in KINDS:
                raise ValueError(f"no kind of problem {kind!r}, there are {', '.join(KINDS)}")
            if "{statement}" not in template:
                raise ValueError(f"the template of {kind!r} must hold {{statement}}")
        return value

    @model_validator(mode="after")
    def _one_of(self) -> "PromptConfig":
        if self.set is None:
            return self
        if self.set not in SETS:
            raise ValueError(f"no set of prompts {self.set!r}, there are {', '.join(SETS)}")
        if self.templates or self.template != "{statement}":
            raise ValueError("a 'set' has templates of its own: leave 'template' and 'templates' out")
        return self

    def prompt(self) -> Prompt:
        """The prompt that the stages take."""
        templates = prompt_set(self.set) if self.set is not None else self.templates
        return Prompt(template=self.template, templates=templates, system=self.system, chat=self.chat)

    @property
    def mark(self) -> dict[str, Any]:
        """What fingerprints rest on: the words, not the name of a set."""
        return self.prompt().fields

    @classmethod
    def of(cls, prompt: Prompt) -> "PromptConfig":
        """The section that stands for a prompt."""
        return cls(template=prompt.template, templates=dict(prompt.templates), system=prompt.system, chat=prompt.chat)
