"""reasoning-gym (Stojanovski et al. 2025, arXiv:2505.24760): problems made on the spot, by task, level and seed.

The installed package makes them; the same version, task, level and seed make the same problems, so the version is part
of an id. `level` is a step of the task's own curriculum (0 is the easiest; a task whose ladder is shorter stays on its
last step); without one the task's defaults hold. Not covered: mixtures of tasks in one call beyond taking them in turn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from thalweg.errors import InputError
from thalweg.problems.source import Column, Item, Schema
from thalweg.types import Problem, ReasoningGymCheck

SCHEMA = Schema(
    source="reasoning_gym",
    title="reasoning-gym",
    hub_id=None,
    documented="https://github.com/open-thought/reasoning-gym",
    license="Apache-2.0",
    columns=(
        Column(name="question", holds="the statement"),
        Column(name="answer", holds="a right answer, where the task has one", types=(str, type(None))),
        Column(name="metadata", holds="what the task's scorer reads", types=(dict,)),
    ),
)


def read_reasoning_gym(task: Sequence[str], count: int, seed: int = 0, level: int | None = None) -> Iterator[Item]:
    """`count` problems, of each of the tasks in turn.

    Raises:
        InputError: an unknown task, a level for a task that has none, or one below 0.
    """
    for name in task:
        _known(name)
    made = [_entries(name, -(-count // len(task)), seed, level) for name in task]
    for number in range(count):
        yield next(made[number % len(task)])


def _known(task: str) -> None:
    from reasoning_gym.factory import DATASETS

    if task not in DATASETS:
        remedy = f"use one of {', '.join(sorted(DATASETS))}"
        raise InputError(f"reasoning_gym task {task!r}", "the installed version has no such task", remedy)


def _entries(task: str, size: int, seed: int, level: int | None) -> Iterator[Item]:
    from reasoning_gym import create_dataset

    config = {} if level is None else _config(task, level)
    step = "default" if level is None else str(level)
    for index, entry in enumerate(create_dataset(task, **config, size=size, seed=seed)):
        where = f"reasoning_gym {task}: entry {index}"
        SCHEMA.check(entry, where)
        yield Item(_problem(task, step, seed, index, entry, config))


def _config(task: str, level: int) -> Mapping[str, Any]:
    from reasoning_gym.factory import create_curriculum, has_curriculum

    where = f"reasoning_gym task {task!r}"
    if not has_curriculum(task):
        raise InputError(where, "it has no levels", "leave 'level' out")
    if level < 0:
        raise InputError(where, f"level {level} is below 0", "levels are 0, 1, 2 …")
    curriculum = create_curriculum(task)
    curriculum.set_global_level(level)
    made = asdict(curriculum.generate_configuration())
    return {name: value for name, value in made.items() if name not in ("size", "seed")}


def _problem(
    task: str, step: str, seed: int, index: int, entry: Mapping[str, Any], config: Mapping[str, Any]
) -> Problem:
    known = {"answer": entry["answer"], "metadata": dict(entry["metadata"]), "config": dict(config)}
    return Problem(
        id=f"reasoning_gym/{version('reasoning-gym')}/{task}/{step}/{seed}/{index}",
        source=SCHEMA.source,
        statement=entry["question"],
        check=ReasoningGymCheck(task=task, entry=known),
        difficulty=step,
        license=SCHEMA.license,
    )
