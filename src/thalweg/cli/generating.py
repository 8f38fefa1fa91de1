"""The verb that lets a model answer."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from thalweg.cli.groups import with_groups
from thalweg.cli.options import (
    BatchSize,
    EndpointOptions,
    Model,
    Out,
    Precision,
    Problems,
    PromptOptions,
    Rejects,
    Samples,
    SamplingOptions,
    ServeFile,
    precision_of,
    rows,
    serve_of,
)

if TYPE_CHECKING:
    from thalweg.verbs.generating import How


@with_groups
def generate(
    problems: Problems,
    model: Model,
    out: Out,
    sampling: SamplingOptions,
    prompt: PromptOptions,
    endpoint: EndpointOptions,
    samples: Samples = 1,
    batch_size: BatchSize = 32,
    precision: Precision = "fp32",
    pilot: Annotated[
        int | None, typer.Option(help="endpoint: ask this many requests, say what all would cost, and stop")
    ] = None,
    serve: ServeFile = None,
    rejects: Rejects = None,
) -> None:
    """Let a model answer problems. The responses go to a folder of shards; run it again to go on after a kill.

    A model behind an OpenAI-compatible server is endpoint:URL#MODEL. Its key stays in an environment variable.
    """
    from thalweg import verbs
    from thalweg.types import Problem
    from thalweg.watch import answering, show_prompt

    found = rows(problems, Problem, rejects)
    how: How = {
        "samples": samples,
        "sampling": sampling.made(),
        "prompt": prompt.made(),
        "precision": precision_of(precision),
        "batch_size": batch_size,
        "endpoint": endpoint.made(model),
        "serve": serve_of(serve, model),
    }
    with answering() as on_progress:
        heard: Any = {"on_progress": on_progress, "on_prompt": show_prompt}
        if pilot is not None:
            lines = verbs.pilot(found, model, out, pilot, **heard, **how)
        else:
            lines = [verbs.generate(found, model, out, **heard, **how).line(out)]
    for line in lines:
        typer.echo(line)
