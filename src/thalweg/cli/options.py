"""Options that several verbs share, and what becomes of their texts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from thalweg.errors import InputError

if TYPE_CHECKING:
    from thalweg.generate.model import Sampling
    from thalweg.study.run import Study

T = TypeVar("T")

SOURCES = "records, messages, pairs, gsm8k, cruxeval, mbpp, p3, exercism, miniature, snippets, synthesis or responses"
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
Model = Annotated[str, typer.Option(help="local:FOLDER, local:HUB_ID or tracer:STYLE")]
Template = Annotated[str, typer.Option(help="user turn; {statement} stands for the problem")]
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


def sampling_of(max_tokens: int, temperature: float, top_p: float, seed: int) -> "Sampling":
    from thalweg.generate.model import Sampling

    return Sampling(max_tokens=max_tokens, temperature=temperature, top_p=top_p, seed=seed)


def prompt_of(template: str, system: str | None, chat: bool) -> Any:
    from thalweg.chat import Prompt

    if "{statement}" not in template:
        raise InputError("--template", "the template must hold {statement}")
    return Prompt(template=template, system=system, chat="tokenizer" if chat else "none")


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
