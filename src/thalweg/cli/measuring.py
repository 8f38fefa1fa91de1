"""Verbs that train and measure: train, evaluate, fit, papers."""

from pathlib import Path
from typing import Annotated

import typer

from thalweg.cli.gating import HarnessOptions
from thalweg.cli.groups import with_groups
from thalweg.cli.options import (
    BatchSize,
    Chat,
    EndpointOptions,
    GraderOption,
    MaybeProblems,
    Model,
    Out,
    Precision,
    PromptOptions,
    Samples,
    SamplingOptions,
    ServeFile,
    Student,
    System,
    WeakSandbox,
    precision_of,
    rows,
    serve_of,
)
from thalweg.errors import InputError


def train(
    corpus: Annotated[Path, typer.Option(help="corpus folder")],
    student: Student,
    out: Out,
    config: Annotated[Path | None, typer.Option(help="YAML with training settings (see the docs)")] = None,
    seed: Annotated[int, typer.Option(help="seed of the order")] = 0,
    system: System = None,
    chat: Chat = True,
) -> None:
    """Fine-tune a student on a corpus. Run it again to go on from the last checkpoint after a kill."""
    from thalweg import verbs
    from thalweg.watch import counter

    with counter("steps") as on_step:
        result = verbs.train(
            corpus, student, out, config, PromptOptions(system=system, chat=chat).made(), seed, on_step
        )
    typer.echo(f"{out}: {result.steps} steps, {result.tokens_trained} tokens, {result.seconds:.0f} s")


@with_groups
def evaluate(
    model: Model,
    out: Out,
    sampling: SamplingOptions,
    prompt: PromptOptions,
    endpoint: EndpointOptions,
    harness: HarnessOptions,
    problems: MaybeProblems = None,
    samples: Samples = 1,
    batch_size: BatchSize = 32,
    precision: Precision = "fp32",
    serve: ServeFile = None,
    grader: GraderOption = "native",
    allow_weak_sandbox: WeakSandbox = False,
) -> None:
    """Score a model on problems: responses, verdicts and scores.json under --out, with 95 % intervals.

    Or, with --harness, on benchmarks of lm-eval. Run it again to go on after a kill.
    """
    from thalweg import verbs
    from thalweg.types import Problem
    from thalweg.watch import answering, counter, rate, show_prompt

    if (problems is None) == (harness.harness is None):
        raise InputError("evaluate", "it needs --problems or --harness", "give one of them")
    if harness.harness is not None:
        with counter("tasks") as on_task:
            found = verbs.evaluate_harness(
                harness.harness,
                model,
                out,
                harness.made(prompt),
                precision=precision_of(precision),
                batch_size=batch_size,
                endpoint=endpoint.made(model),
                on_task=on_task,
            )
        for one in found:
            typer.echo(f"{one.benchmark}: {rate(one.pass_at_1)} (n = {one.problems}; {one.sampling})")
        return
    assert problems is not None, "checked above"
    with answering() as on_progress:
        score = verbs.evaluate(
            rows(problems, Problem, None),
            model,
            out,
            verbs.grading_settings(grader=grader, allow_weak=allow_weak_sandbox),
            samples=samples,
            sampling=sampling.made(),
            prompt=prompt.made(),
            precision=precision_of(precision),
            batch_size=batch_size,
            endpoint=endpoint.made(model),
            serve=serve_of(serve, model),
            on_progress=on_progress,
            on_prompt=show_prompt,
        )
    typer.echo(f"pass@1 {rate(score.pass_at_1)}, completion {rate(score.completion_rate)} (n = {score.problems})")


def fit(
    scores: Annotated[
        Path, typer.Argument(metavar="SCORES", help="scores.json, or a YAML file that lists rungs trained elsewhere")
    ],
    out: Out,
) -> None:
    """Fit the curve over scored rungs, of a study or of checkpoints trained elsewhere.

    Where scores.parquet lies beside scores.json, rungs are compared paired on the same problems. A YAML file lists
    checkpoints, responses or counts, which are measured first; scores and a report are written beside the curve.
    """
    from thalweg import verbs

    if scores.suffix in (".yaml", ".yml"):
        verbs.fit_outside(scores, out)
    else:
        verbs.fit(scores, out)
    typer.echo(f"{out}: written")


def papers(
    name: Annotated[str | None, typer.Argument(help="valley, ded, rsr or ocr (all where absent)")] = None,
) -> None:
    """Compute published tables again, and say what they can tell. The tables come with the package.

    valley: The Valley of Code Reasoning (arXiv 2510.06101). ded: data-efficient distillation (2508.09883). rsr: the
    rank-surprisal ratio (2601.14249). ocr: OpenCodeReasoning (2504.01943).
    """
    from thalweg.cli.tables import print_sheets
    from thalweg.curve.papers import PAPERS, sheets

    for chosen in (name,) if name else PAPERS:
        print_sheets(sheets(chosen))
