"""One checkpoint of a miniature world: trained by the real trainer, answering greedily, graded, and thrown away.

A programs-from-examples world is graded by `synthesis.solves` rather than in the sandbox: a student that knows no
other words writes nothing else than known lines, for which the two agree (a test compares them), and the sandbox
would cost more than training does.

Not covered: which checkpoints there are (`study.worlds`), and planted faults.
"""

import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from thalweg.chat import Prompt
from thalweg.curve.rates import cells, outcome
from thalweg.miniature import synthesis
from thalweg.miniature.world_tasks import examples, problems_of
from thalweg.miniature.worlds import LOSSES, PROBLEMS, Kind, Run, World
from thalweg.train.config import TrainConfig
from thalweg.types import CallCheck, Cells, Example, Outcome, Problem, Response, Verdict

PROMPT = Prompt()
_ROOM = 1.1  # the budget over the longest of the first traces
_TRACES = 300  # traces whose lengths are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What a checkpoint's answers to a world's test problems add up to; see `Run`."""

    responses: int
    cells: Cells
    looped: int
    correct: str


def config_of(world: World, max_steps: int | None = None) -> TrainConfig:
    """A world's recipe, for its epochs or for so many steps."""
    return TrainConfig(
        learning_rate=world.learning_rate,
        batch_size=world.batch_size,
        epochs=world.epochs,
        max_steps=max_steps,
        warmup_ratio=0.02,
        schedule=world.schedule,
        adam_beta2=0.98,
        loss_chunk=0,
        save_steps=100_000,
    )


def climb(
    world: World,
    student: Path,
    rows: Sequence[Example],
    config: TrainConfig,
    *,
    kind: Kind,
    size: int,
    name: str = "",
    out: Path | None = None,
    probe: Callable[[Path], Mapping[str, float]] | None = None,
) -> Run:
    """Trains a student on rows and scores it; the checkpoint stays only where `out` says so.

    `probe` looks at the checkpoint's folder, in which `metrics.jsonl` lies too, and its readings go into the run.
    """
    from thalweg.train.trainer import train

    began = time.process_time()
    with tempfile.TemporaryDirectory() as temporary:
        folder = out or Path(temporary)
        result = train(rows, student, folder, config, PROMPT, seed=world.seed)
        scored = score(world, folder, budget_of(world, student))
        return Run(
            world=world.name,
            kind=kind,
            name=name,
            size=size,
            steps=result.steps,
            tokens=result.tokens_trained,
            seconds=round(time.process_time() - began, 2),
            responses=scored.responses,
            cells=scored.cells,
            looped=scored.looped,
            correct=scored.correct,
            loss=_stretches(folder / "metrics.jsonl", result.steps),
            probe=probe(folder) if probe else {},
        )


def start(world: World, student: Path) -> Run:
    """The untouched student, scored."""
    began = time.process_time()
    scored = score(world, student, budget_of(world, student))
    return Run(
        world=world.name,
        kind="start",
        size=0,
        steps=0,
        tokens=0,
        seconds=round(time.process_time() - began, 2),
        responses=scored.responses,
        cells=scored.cells,
        looped=scored.looped,
        correct=scored.correct,
    )


def steps_for(student: Path, rows: Sequence[Example], config: TrainConfig, tokens: int) -> int:
    """The optimiser steps on `rows` whose tokens, prompts included, come nearest to `tokens`; at least one."""
    steps_a_pass = -(-len(rows) // config.batch_size)
    return max(1, round(tokens / sum(lengths(student, rows)) * steps_a_pass))


# --------------------------------------------------------------------------- scoring


def score(world: World, folder: Path, budget: int) -> Scored:
    """Greedy answers to the world's test problems, graded and counted."""
    problems = problems_of(world, "test", PROBLEMS)
    outcomes = [_outcome(*pair) for pair in zip(problems, answer(folder, problems, budget), strict=True)]
    return Scored(
        responses=len(outcomes),
        cells=cells(outcomes),
        looped=sum(one.looped for one in outcomes),
        correct=f"{sum((one.status == 'correct') << index for index, one in enumerate(outcomes)):x}",
    )


def answer(folder: Path, problems: Sequence[Problem], budget: int) -> list[Response]:
    """What a student answers greedily within so many tokens."""
    from thalweg.generate.local import LocalModel
    from thalweg.generate.model import Request, Sampling
    from thalweg.train.student import quiet

    with quiet():
        model = LocalModel(folder, Sampling(max_tokens=budget), PROMPT, threads=1, name="student")
        return model.respond([Request(problem, 0) for problem in problems])


def verdict_on(problem: Problem, response: Response) -> Verdict:
    """The grader's verdict; a program of known lines is judged without the sandbox."""
    from thalweg.grade import grade

    if not isinstance(problem.check, CallCheck):
        return grade(problem, response)
    program, tests = synthesis.parse(response.answer or ""), synthesis.examples(problem)
    solved = program is not None and tests is not None and synthesis.solves(program, tests)
    return Verdict(
        response_id=response.id, problem_id=problem.id, status="correct" if solved else "incorrect", grader="miniature"
    )


def _outcome(problem: Problem, response: Response) -> Outcome:
    verdict = verdict_on(problem, response)
    return outcome(problem, response, verdict, arm="world", start="", size=0, seed=0, benchmark="world")


@cache
def budget_of(world: World, student: Path) -> int:
    """Tokens of a response: what the longest of the first traces of both teachers takes, and a tenth more."""
    rows = [row for style in (world.teacher, world.other_teacher) for row in examples(world, _TRACES, teacher=style)]
    longest: int = max(map(len, _tokenise(student, [row.text for row in rows])))
    return int(longest * _ROOM) + 1


def lengths(student: Path, rows: Sequence[Example]) -> list[int]:
    """Tokens of each row as it is trained on: the prompt in its template, the response, and the end of turn."""
    from thalweg.chat import render
    from thalweg.train.student import load_tokenizer

    tokenizer = load_tokenizer(str(student))
    texts = [render(tokenizer, row.prompt, PROMPT) + row.text for row in rows]
    return [len(ids) + 1 for ids in _tokenise(student, texts)]


def _tokenise(student: Path, texts: Sequence[str]) -> list[list[int]]:
    from thalweg.train.student import load_tokenizer

    ids: list[list[int]] = load_tokenizer(str(student))(list(texts), add_special_tokens=False)["input_ids"]
    return ids


def _stretches(metrics: Path, steps: int) -> tuple[float, ...]:
    """The mean loss of sixteen equal stretches of training; one in which nothing was logged repeats the one before."""
    rows = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    logged = [
        (min(LOSSES - 1, (row["step"] - 1) * LOSSES // steps), row["loss"]) for row in rows if row["loss"] is not None
    ]
    found: list[float] = []
    for stretch in range(LOSSES):
        here = [loss for place, loss in logged if place == stretch]
        found.append(round(sum(here) / len(here), 4) if here else found[-1] if found else logged[0][1])
    return tuple(found)
