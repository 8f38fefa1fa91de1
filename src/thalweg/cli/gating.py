"""What is measured outside the domain: the options of the harness, and the gate."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thalweg.errors import InputError

if TYPE_CHECKING:
    from thalweg.cli.options import PromptOptions
    from thalweg.study.harness import How


@dataclass(frozen=True)
class HarnessOptions:
    """How lm-eval asks."""

    harness: Annotated[
        str | None, typer.Option(help="in place of problems: lm-eval:TASK,TASK, benchmarks of EleutherAI's lm-eval")
    ] = None
    limit: Annotated[int | None, typer.Option(help="harness: the first items of each task (all where absent)")] = None
    shots: Annotated[
        int | None, typer.Option(help="harness: examples in the prompt (the task's own number where absent)")
    ] = None
    tasks: Annotated[Path | None, typer.Option(help="harness: a folder with more tasks, as YAML")] = None

    def made(self, prompt: "PromptOptions") -> "How":
        from thalweg.study.harness import How

        if prompt.prompt is not None or prompt.template != "{statement}":
            raise InputError("--harness", "its tasks have prompts of their own", "leave --prompt and --template out")
        if self.tasks is not None and not self.tasks.is_dir():
            raise InputError("--tasks", f"no such folder: {self.tasks}", "name a folder of lm-eval's task files")
        return How(limit=self.limit, shots=self.shots, chat=prompt.chat, system=prompt.system, tasks=self.tasks)


def gate(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="evaluations of the student before training")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="the same evaluations after it")],
    max_loss: Annotated[float, typer.Option(help="loss that is allowed, as a share of 1")] = 0.02,
    inside: Annotated[
        list[str] | None, typer.Option(help="a benchmark of the domain: told of, not gated; repeatable")
    ] = None,
    fail: Annotated[bool, typer.Option("--fail", help="exit with 1 unless the gate is passed")] = False,
) -> None:
    """Say whether training cost more than a stated loss outside its domain.

    BEFORE and AFTER are folders that 'thalweg evaluate' wrote (or that hold several), compared item by item. The answer
    is pass, fail, or cannot tell with about how many more items would settle it.
    """
    from thalweg import verbs
    from thalweg.report.gate import lines

    found = verbs.gate(before, after, max_loss, inside or [])
    for line in lines(found):
        typer.echo(line)
    if fail and found.answer != "pass":
        raise typer.Exit(1)
