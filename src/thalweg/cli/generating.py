"""The verb that lets a model answer."""

import typer

from thalweg.cli.options import (
    BatchSize,
    Chat,
    MaxTokens,
    Model,
    Out,
    Precision,
    Problems,
    Rejects,
    Samples,
    SamplingSeed,
    System,
    Temperature,
    Template,
    TopP,
    precision_of,
    prompt_of,
    rows,
    sampling_of,
)


def generate(
    problems: Problems,
    model: Model,
    out: Out,
    samples: Samples = 1,
    max_tokens: MaxTokens = 2048,
    temperature: Temperature = 0.0,
    top_p: TopP = 1.0,
    seed: SamplingSeed = 0,
    batch_size: BatchSize = 32,
    template: Template = "{statement}",
    system: System = None,
    chat: Chat = True,
    precision: Precision = "fp32",
    rejects: Rejects = None,
) -> None:
    """Let a model answer problems. The responses go to a folder of shards; run it again to go on after a kill."""
    from thalweg import verbs
    from thalweg.types import Problem
    from thalweg.watch import counter

    with counter("responses") as on_batch:
        count = verbs.generate(
            rows(problems, Problem, rejects),
            model,
            out,
            samples=samples,
            sampling=sampling_of(max_tokens, temperature, top_p, seed),
            prompt=prompt_of(template, system, chat),
            precision=precision_of(precision),
            batch_size=batch_size,
            on_batch=on_batch,
        )
    typer.echo(f"{out}: {count} responses")
