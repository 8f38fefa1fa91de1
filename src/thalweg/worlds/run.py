"""Runs the miniature worlds: `python -m thalweg.worlds.run --out FOLDER [--split S] [--only NAME] [--workers 2]`.

Every world's start, ladder and actions, one process a world, the cheap worlds first and the two splits in turn, so
that a cut-off leaves a balanced set. A finished run is a line in `FOLDER/runs/WORLD.jsonl`; what is there is not run
again, so a killed command that is called again goes on. `--collect` writes the finished worlds' lines into the
package's file. An action has the training tokens of the rung of 4N: its steps are chosen so.

What this and its neighbours offer others: `student_of`, `problems_of`, `examples`, `config_of`, `climb`, `start`.
"""

import argparse
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeAlias

from thalweg import store
from thalweg.miniature.world_tasks import examples, problems_of
from thalweg.miniature.worlds import WORLDS, Kind, Run, World, runs_file, worlds
from thalweg.types import Example
from thalweg.worlds.climbs import climb, config_of, score, start, steps_for
from thalweg.worlds.students import student_of

__all__ = ["climb", "config_of", "examples", "problems_of", "score", "start", "steps_for", "student_of"]

Key: TypeAlias = tuple[Kind, str, int]  # a run's kind, name and size: what it is called within its world
SAMPLES = 4  # of each problem, for the action `samples`
_START: Key = ("start", "", 0)


class Step(NamedTuple):
    """A run that a world needs; `rows` makes its training rows."""

    kind: Kind
    name: str
    size: int
    rows: Callable[[], list[Example]]


def steps_of(world: World) -> list[Step]:
    """The runs of a world after its start: the ladder, the actions, and a smoke test of the other teacher at N."""
    rungs = [Step("rung", "", size, partial(examples, world, size)) for size in world.sizes]
    smoke = Step("smoke", "teacher", world.size, partial(examples, world, world.size, teacher=world.other_teacher))
    return [*rungs, *(Step("action", name, *_action(world, name)) for name in world.actions), smoke]


def _action(world: World, name: str) -> tuple[int, Callable[[], list[Example]]]:
    """The size and the rows of an action."""
    n, top = world.size, 4 * world.size
    match name:
        case "longer":
            return n, partial(examples, world, n)
        case "easier":
            return top, partial(examples, world, top, easiest_of=2 * top)
        case "samples":
            return n, partial(examples, world, n, samples=SAMPLES)
        case "teacher":
            return top, partial(examples, world, top, teacher=world.other_teacher)
        case "unfiltered":
            return top, partial(examples, world, top, correct=False)
    raise AssertionError(f"no rows for action {name!r}")


def run_world(world: World, out: Path, on_run: Callable[[Run], None] | None = None) -> list[Run]:
    """Runs what is missing of a world, and returns all of its runs in order."""
    file = out / "runs" / f"{world.name}.jsonl"
    done = {_key(run): run for run in finished(file)}
    student = student_of(world, out / "students")
    runs: list[Run] = []

    def keep(key: Key, make: Callable[[], Run]) -> None:
        run = done.get(key) or append(file, make())
        runs.append(run)
        if on_run is not None and key not in done:
            on_run(run)

    keep(_START, partial(start, world, student))
    for step in steps_of(world):
        keep(step[:3], partial(_climb, world, student, step, runs))
    return runs


def _climb(world: World, student: Path, step: Step, before: Sequence[Run]) -> Run:
    rows, config = step.rows(), config_of(world)
    if step.kind == "action":
        tokens = next(run.tokens for run in before if (run.kind, run.size) == ("rung", 4 * world.size))
        config = config_of(world, steps_for(student, rows, config, tokens))
    return climb(world, student, rows, config, kind=step.kind, name=step.name, size=step.size)


def finished(file: Path) -> list[Run]:
    """The runs of a world's file; a last line that a kill cut short is taken off the file."""
    if not file.exists():
        return []
    text = file.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    if whole != text:
        file.write_bytes(whole)
    return list(store.read(file, Run))


def _key(run: Run) -> Key:
    return run.kind, run.name, run.size


def append(file: Path, run: Run) -> Run:
    """Adds a finished run to a world's file, and gives it back."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "a", encoding="utf-8") as lines:
        lines.write(store.json_line(store.encode(run)))
    return run


# --------------------------------------------------------------------------- all worlds


def in_order(chosen: Sequence[World]) -> list[World]:
    """The cheapest sizes first, and of each size the splits mixed as they are mixed overall."""
    return sorted(chosen, key=lambda world: (world.size, world.seed / WORLDS[world.split], world.name))


def run_all(chosen: Sequence[World], out: Path, workers: int) -> None:
    """Runs worlds side by side, and prints each as it ends, with the time that the rest may take."""
    queue, began = in_order(chosen), time.monotonic()
    whole, done = sum(map(_weight, queue)), 0
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_settle) as pool:
        waiting = {pool.submit(run_world, world, out): world for world in queue}
        for index, future in enumerate(as_completed(waiting), 1):
            world, runs = waiting[future], future.result()
            done += _weight(world)
            left = (time.monotonic() - began) * (whole - done) / done
            print(f"{index}/{len(queue)} {_line(world, runs)}; about {left / 60:.0f} min left", flush=True)


def _settle() -> None:
    """Loads what training needs, and spares the collector from walking it after every run."""
    from thalweg.train import loop  # noqa: F401

    gc.freeze()


def _weight(world: World) -> int:
    """What a world costs, in examples seen; scoring is as a few hundred."""
    return world.size * world.epochs * (8 + 4 * len(world.actions)) + 400 * (7 + len(world.actions))


def _line(world: World, runs: Sequence[Run]) -> str:
    scores = " ".join(f"{run.name or run.size}:{100 * run.solved / run.responses:.0f}" for run in runs)
    return f"{world.name} {world.student} {world.teacher} {scores}; {sum(run.seconds for run in runs):.0f} s"


def collected(out: Path) -> Iterator[Run]:
    """The runs of all worlds that are finished, in the order of the worlds and of their steps."""
    for world in worlds():
        runs = {_key(run): run for run in finished(out / "runs" / f"{world.name}.jsonl")}
        wanted = [_START, *(step[:3] for step in steps_of(world))]
        if runs.keys() >= set(wanted):
            yield from (runs[key] for key in wanted)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="thalweg.worlds.run", description="Run the miniature worlds.")
    parser.add_argument("--out", type=Path, required=True, help="folder for students and finished runs")
    parser.add_argument("--split", choices=list(WORLDS), help="only this split")
    parser.add_argument("--only", help="only the world of this name")
    parser.add_argument("--workers", type=int, default=2, help="processes, one core each (default: %(default)s)")
    parser.add_argument("--collect", action="store_true", help="write finished worlds into the package, run nothing")
    options = parser.parse_args(arguments)
    if not options.collect:
        chosen = [world for world in worlds(options.split) if options.only in (None, world.name)]
        if not chosen:
            parser.error(f"no world {options.only!r} there")
        run_all(chosen, options.out, options.workers)
    found = list(collected(options.out))
    if options.collect:
        store.write(runs_file(), found)
    names = {run.world for run in found}
    print(f"{len(names)} worlds, {len(found)} runs, {sum(run.seconds for run in found) / 3600:.2f} core-hours")


if __name__ == "__main__":
    main()
