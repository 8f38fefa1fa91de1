"""Plants faults on miniature worlds: `python -m thalweg.worlds.faults --out FOLDER [--students FOLDER] [--rounds N]`.

On the first worlds of every base, each fault of `planted.FAULTS` is carried out on 128 examples and read by
`probes`, beside healthy checkpoints of several sizes and healthy oddities (another rate, many passes over few rows,
half direct answers, wrong traces, sampled answers). And the control that a user can run: the start's own correct
responses under the same recipe, healthy and at fault. A finished run is a line in `FOLDER/runs/WORLD.jsonl`; what is
there is not run again. `--collect` writes all lines into the package's file, which the back-test reads.

Not covered: what follows from the readings (`thalweg.curve.diagnosis`), and how well (`benchmarks/diagnosis.py`).
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from thalweg import store
from thalweg.generate.model import Sampling
from thalweg.miniature.world_tasks import examples
from thalweg.miniature.worlds import ERRING, WORLDS, Run, World, WorldSplit, worlds
from thalweg.train.student import quiet
from thalweg.types import Example
from thalweg.worlds import planted
from thalweg.worlds.fault_bed import SIZE, Bed, Trial, run_trial
from thalweg.worlds.fault_rows import runs_file
from thalweg.worlds.planted import FAULTS, Course, Plan
from thalweg.worlds.run import append, finished
from thalweg.worlds.students import student_of

ROUNDS = 2  # worlds of each base
OWN_FAULTS = (
    *("untrained end", "pad for end", "loss on prompt", "shifted labels"),
    *("other template", "doubled template", "rate x 10", "rate / 10"),
)  # those of the recipe; the others are in the corpus or in the evaluation


def fault_worlds(split: WorldSplit, rounds: int = ROUNDS) -> list[World]:
    """The first worlds of every base."""
    taken: dict[str, int] = {}
    found = []
    for world in worlds(split):
        taken[world.student] = taken.get(world.student, 0) + 1
        if taken[world.student] <= rounds:
            found.append(world)
    return found


# --------------------------------------------------------------------------- what is run


def trials(world: World) -> list[Trial]:
    """Healthy ones first, since faults of the evaluation share a healthy checkpoint."""
    rungs = [_rung(size) for size in (SIZE, SIZE // 4, SIZE // 2, 2 * SIZE)]
    faults = [Trial("fault", name, SIZE, lambda c: c, plan) for name, plan in FAULTS.items()]
    own = [Trial("own", name, SIZE, lambda c: c, FAULTS[name]) for name in OWN_FAULTS]
    sound = Trial("own", "healthy", SIZE, lambda c: c, planted.healthy)
    return [*rungs, *faults, *_oddities(world), sound, *own]


def _rung(size: int) -> Trial:
    return Trial("fault", "healthy: rung", size, lambda c: replace(c, rows=c.rows[:size]), planted.healthy)


def _oddities(world: World) -> Iterator[Trial]:
    """Healthy runs that look odd."""

    def trial(name: str, rows: int, change: Callable[[Course], Course], plan: Callable[[Course], Plan]) -> Trial:
        return Trial("fault", f"healthy: {name}", rows, change, plan)

    def tuned(rows: int, **update: float) -> Callable[[Course], Course]:
        return lambda c: replace(c, config=c.config.model_copy(update=update), rows=c.rows[:rows])

    rate, few = world.learning_rate, SIZE // 4
    yield trial("higher rate", SIZE, tuned(SIZE, learning_rate=1.5 * rate), planted.healthy)
    yield trial("lower rate", SIZE, tuned(SIZE, learning_rate=rate / 1.5), planted.healthy)
    yield trial("many passes", few, tuned(few, epochs=4 * world.epochs), planted.healthy)
    yield trial("half direct", SIZE, lambda c: replace(c, rows=_half_direct(world)), planted.healthy)
    yield trial("sampled", SIZE, tuned(SIZE), _sampled)
    if world.teacher in ERRING:
        wrong = examples(world, SIZE, correct=False)
        yield trial("wrong traces", SIZE, lambda c: replace(c, rows=wrong), planted.healthy)


def _half_direct(world: World) -> list[Example]:
    pairs = zip(examples(world, SIZE), examples(world, SIZE, teacher="direct"), strict=True)
    return [pair[index % 2] for index, pair in enumerate(pairs)]


def _sampled(course: Course) -> Plan:
    sampling = Sampling(max_tokens=course.budget, temperature=0.6, top_p=0.95, seed=course.seed)
    return replace(planted.healthy(course), sampling=sampling)


# --------------------------------------------------------------------------- running


def run_world(world: World, out: Path, students: Path) -> None:
    """Runs what is missing of a world."""
    file = out / "runs" / f"{world.name}.jsonl"
    done = {_key(run.kind, run.name, run.size) for run in finished(file)}
    missing = [trial for trial in trials(world) if _key(*trial[:3]) not in done]
    if not missing:
        return
    with tempfile.TemporaryDirectory() as folder, quiet():
        bed = Bed(world, student_of(world, students), Path(folder))
        if _key("start", "", 0) not in done:
            append(file, bed.start_run())
        for trial in missing:
            run = run_trial(bed, trial)
            append(file, run)
            told = f"{run.solved}/{run.responses}, {run.seconds} s"
            print(f"{world.name} {trial.kind} {trial.name} {run.size}: {told}", flush=True)


def _key(kind: str, name: str, size: int) -> tuple[str, str, int]:
    """What names a run of a world; of the start's own responses there may be fewer than were wanted."""
    return kind, name, 0 if kind == "own" else size


def collected(out: Path) -> list[Run]:
    """Everything that was run, in the order of the worlds."""
    return [run for world in worlds() for run in finished(out / "runs" / f"{world.name}.jsonl")]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="thalweg.worlds.faults", description="Plant faults on miniature worlds.")
    parser.add_argument("--out", type=Path, required=True, help="folder for finished runs")
    parser.add_argument("--students", type=Path, help="folder of the worlds' students (default: OUT/students)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="worlds of each base (default: %(default)s)")
    parser.add_argument("--collect", action="store_true", help="write finished runs into the package, run nothing")
    options = parser.parse_args(arguments)
    if options.collect:
        store.write(runs_file(), collected(options.out))
    else:
        for world in in_rounds(options.rounds):
            run_world(world, options.out, options.students or options.out / "students")
    found = collected(options.out)
    spent = sum(run.seconds for run in found) / 60
    print(f"{len({run.world for run in found})} worlds, {len(found)} runs, {spent:.1f} core-minutes")


def in_rounds(rounds: int) -> list[World]:
    """One world of each base, of both splits, then the next of each: a cut-off leaves a balanced set."""
    found: list[World] = []
    for count in range(1, rounds + 1):
        known = {world.name for world in found}
        found += [w for split in WORLDS for w in fault_worlds(split, count) if w.name not in known]
    return found


if __name__ == "__main__":
    main()
