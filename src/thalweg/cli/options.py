"""Options that several verbs share, and what becomes of their texts."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from thalweg.errors import InputError

if TYPE_CHECKING:
    from thalweg.chat import Prompt
    from thalweg.generate.endpoint import Endpoint
    from thalweg.generate.model import Sampling
    from thalweg.study.run import Study
    from thalweg.study.serving import Serve

T = TypeVar("T")

SOURCES = "messages, pairs, responses, records, or a data set (docs/sources.md; an unknown name lists all)"
StudyPath = Annotated[Path, typer.Argument(metavar="STUDY", help="study.yaml, or the folder that holds one")]
Problems = Annotated[Path, typer.Option("--problems", help="problems: JSON Lines or Parquet")]
Responses = Annotated[Path, typer.Option("--responses", help="responses: JSON Lines, Parquet, or a folder of shards")]
MaybeProblems = Annotated[Path | None, typer.Option("--problems", help="problems: JSON Lines or Parquet")]
MaybeResponses = Annotated[
    Path | None, typer.Option("--responses", help="in place of problems: responses, or a folder of their shards")
]
Out = Annotated[Path, typer.Option("--out", help="where to write")]
Seeds = Annotated[str | None, typer.Option(help="seeds in place of the study's, such as 0,1,2")]
Samples = Annotated[int, typer.Option(help="responses a problem")]
MaxTokens = Annotated[int, typer.Option(help="token budget of a response")]
Temperature = Annotated[float, typer.Option(help="0 is greedy")]
TopP = Annotated[float, typer.Option(help="nucleus sampling")]
SamplingSeed = Annotated[int, typer.Option(help="sampling seed")]
BatchSize = Annotated[int, typer.Option(help="responses generated, and written, together")]
Model = Annotated[str, typer.Option(help="local:FOLDER, local:HUB_ID, endpoint:URL#MODEL, vllm:FOLDER or tracer:STYLE")]
ServeFile = Annotated[
    Path | None, typer.Option("--serve", help="vllm: YAML with the keys of a study's 'serve' (see docs/gpus.md)")
]
Template = Annotated[str, typer.Option(help="user turn; {statement} stands for the problem")]
PromptSet = Annotated[
    str | None, typer.Option("--prompt", help="a named set of prompts: plain, python, livecodebench, boxed or auto")
]
System = Annotated[str | None, typer.Option(help="system message")]
Chat = Annotated[bool, typer.Option(help="wrap the turn in the tokenizer's chat template")]
Student = Annotated[str, typer.Option(help="model folder, hub id, miniature, or miniature-synthesis")]
MaybePrecision = Annotated[str | None, typer.Option(help="fp32 or bf16 (by the device where absent)")]
Precision = Annotated[str, typer.Option(help="fp32 or bf16")]
GraderOption = Annotated[
    str, typer.Option(help="native: as the language runs it; lcb: as the official LiveCodeBench grader does")
]
WeakSandbox = Annotated[
    bool, typer.Option("--allow-weak-sandbox", help="run programs even where they cannot be isolated as they should")
]
Rejects = Annotated[Path | None, typer.Option(help="set malformed rows aside in this file, with the reason, and go on")]


def study_of(path: Path, seeds: str | None) -> "Study":
    from thalweg.study.run import Study

    return Study.load(path, seeds=seeds_of(seeds))


def seeds_of(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError("--seeds", f"expected numbers such as 0,1,2, got {text!r}") from None


def pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise InputError(option, f"expected KEY=VALUE, got {text!r}")
    return key, value


@dataclass(frozen=True)
class SamplingOptions:
    """How tokens are chosen."""

    max_tokens: MaxTokens = 2048
    temperature: Temperature = 0.0
    top_p: TopP = 1.0
    seed: SamplingSeed = 0

    def made(self) -> "Sampling":
        from thalweg.generate.model import Sampling

        return Sampling(**asdict(self))


@dataclass(frozen=True)
class PromptOptions:
    """How a problem becomes a prompt."""

    prompt: PromptSet = None
    template: Template = "{statement}"
    system: System = None
    chat: Chat = True

    def made(self) -> "Prompt":
        from thalweg.chat import Prompt
        from thalweg.generate.prompts import prompt_set

        if "{statement}" not in self.template:
            raise InputError("--template", "the template must hold {statement}")
        if self.prompt is not None and self.template != "{statement}":
            raise InputError("--template", "a set of prompts has templates of its own", "give --prompt or --template")
        templates = prompt_set(self.prompt, "--prompt") if self.prompt is not None else {}
        chat: Literal["tokenizer", "none"] = "tokenizer" if self.chat else "none"
        return Prompt(template=self.template, templates=templates, system=self.system, chat=chat)


@dataclass(frozen=True)
class EndpointOptions:
    """How a model behind an endpoint is asked; what is not given stays as `study.endpoints` has it."""

    concurrency: Annotated[int | None, typer.Option(help="endpoint: the most requests in flight (256)")] = None
    rpm: Annotated[float | None, typer.Option(help="endpoint: the most requests a minute")] = None
    tpm: Annotated[float | None, typer.Option(help="endpoint: the most tokens a minute")] = None
    timeout: Annotated[float | None, typer.Option(help="endpoint: seconds for a whole request (600)")] = None
    attempts: Annotated[int | None, typer.Option(help="endpoint: attempts before a request counts as failed (8)")] = (
        None
    )
    key_env: Annotated[
        str | None, typer.Option(help="endpoint: NAME of the variable that holds the key (OPENAI_API_KEY)")
    ] = None
    answers_as: Annotated[
        str | None, typer.Option(help="endpoint: the model's name in the server's answers, where it is another")
    ] = None
    thinking: Annotated[
        str | None, typer.Option(help="endpoint: 'required' ends early where the server hides its thoughts")
    ] = None
    send_seed: Annotated[bool, typer.Option(help="endpoint: send seeds, where the server takes them")] = True
    price: Annotated[
        str | None, typer.Option(help="endpoint: dollars per million tokens, as in prompt=0.5,completion=2.2")
    ] = None
    budget_usd: Annotated[float | None, typer.Option(help="endpoint: stop before so many dollars are passed")] = None
    budget_tokens: Annotated[int | None, typer.Option(help="endpoint: stop before so many tokens are passed")] = None
    failed_share: Annotated[float | None, typer.Option(help="endpoint: share that may stay without a response")] = None
    completions: Annotated[
        str | None, typer.Option(help="endpoint: ask for plain completions, rendered with this folder's tokenizer")
    ] = None
    extra: Annotated[
        list[str] | None, typer.Option(help="endpoint: a further field of each request, KEY=JSON; repeatable")
    ] = None

    def made(self, model: str) -> "Endpoint | None":
        """The endpoint that a model is; null for any other model.

        Raises:
            InputError: the model is none and an option is given, or an option is wrong.
        """
        from thalweg.cli.endpoints import endpoint_of_options

        return endpoint_of_options(model, self)


def precision_of(name: str) -> Any:
    if name not in ("fp32", "bf16"):
        raise InputError("--precision", f"no precision {name!r}", "use fp32 or bf16")
    return name


def rows(path: Path, kind: type[T], rejects: Path | None, key: str = "id") -> list[T]:
    from thalweg import verbs

    return verbs.read_rows(path, kind, rejects, key)


def benchmark_name(path: Path) -> str:
    """What reports call a benchmark that is given as a file."""
    return path.name.split(".")[0]


def serve_of(path: Path | None, model: str) -> "Serve | None":
    """How a model `vllm:FOLDER` is served; null where nothing is said, or for any other model."""
    if path is None:
        return None
    from thalweg import verbs
    from thalweg.study.serving import Serve

    if not model.startswith("vllm:"):
        raise InputError("--serve", f"it says how a model is served, and {model} is not vllm:FOLDER", "leave it out")
    return verbs.read_config(path, Serve)
