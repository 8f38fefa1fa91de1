"""Is the planted fault named? `python -m benchmarks.diagnosis` reads the runs that ship and prints the back-test.

Lines are learned on learning worlds (`--learn` writes them into the package) and judged on held-out ones: every planted
fault by whether it is the one that is named, every healthy checkpoint by whether anything is. Beside it stands the same
procedure with nothing but the training loss to look at. The runs are made by `python -m thalweg.worlds.faults`. At the
end: what the control on the student's own correct responses does, paired on the same problems.

Not covered: other students than those of the miniature worlds.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from thalweg.curve.diagnosis import diagnose, own_control, valley_state
from thalweg.curve.intervals import Difference, clustered_rate, difference, estimate
from thalweg.curve.lines import HEALTHY, Line, learn, learned, save
from thalweg.curve.panel import Panel
from thalweg.curve.reading import Reading
from thalweg.curve.signs import FAULTS, SIGNS, total
from thalweg.miniature.worlds import Run, WorldSplit, worlds
from thalweg.miniature.worlds import runs as world_runs
from thalweg.types import Cell, Cells
from thalweg.worlds.fault_rows import fault_of, reading_of, runs

LOSS_ALONE = ("first_loss", "last_loss", "falling", "steps")


class Case(NamedTuple):
    """A checkpoint whose fault is known, and what was named."""

    run: Run
    reading: Reading
    fault: str
    named: str = HEALTHY


def cases(rows: Sequence[Run], split: WorldSplit) -> list[Case]:
    """The read checkpoints of a split's worlds."""
    names = {world.name for world in worlds(split)}
    starts = {run.world: run for run in rows if run.kind == "start"}
    read = [run for run in rows if run.kind == "fault" and run.world in names]
    return [Case(run, reading_of(run, starts[run.world]), fault_of(run)) for run in read]


def learned_on(found: Sequence[Case], features: tuple[str, ...] | None = None) -> dict[str, Line]:
    """The lines that these cases teach; every sign with the same `features` where given."""
    signs = [sign._replace(features=features) for sign in SIGNS] if features else SIGNS
    return learn([(case.reading, case.fault) for case in found], [case.run.world for case in found], signs)


def judged(found: Sequence[Case], lines: Mapping[str, Line]) -> list[Case]:
    """The cases with the fault that is named, the empty name for none."""
    named = [diagnose(case.reading, lines).findings for case in found]
    return [case._replace(named=first[0].fault if first else HEALTHY) for case, first in zip(found, named, strict=True)]


def in_valley(case: Case) -> bool:
    """Whether a checkpoint scored below its start."""
    assert case.reading.start is not None
    (n, correct), (n0, correct0) = total(case.reading.cells), total(case.reading.start)
    return correct / n < correct0 / n0


# --------------------------------------------------------------------------- what is printed


def share(hits: Sequence[bool]) -> str:
    """Hits of how many, with the 95 % interval (Wilson's)."""
    if not hits:
        return "none"
    rate = clustered_rate(hits, [str(index) for index in range(len(hits))])
    assert rate.low is not None
    assert rate.high is not None
    return f"{sum(hits)} of {len(hits)} ({100 * rate.low:.0f} to {100 * rate.high:.0f} %)"


def print_named(title: str, found: Sequence[Case]) -> None:
    """A row a fault, then false alarms."""
    print(f"\n{title}\n\n| planted | named | majority | score, start -> checkpoint | taken for |")
    print("| --- | --- | --- | --- | --- |")
    majorities = 0
    for fault in FAULTS:
        mine = [case for case in found if case.fault == fault]
        hits = [case.named == fault for case in mine]
        majority = 2 * sum(hits) > len(hits)
        majorities += majority
        others = Counter(case.named or "healthy" for case in mine if case.named != fault)
        taken = ", ".join(f"{name} {count}" for name, count in others.most_common())
        print(f"| {fault} | {share(hits)} | {'yes' if majority else 'no'} | {scores(mine)} | {taken} |")
    whole = [case.named == case.fault for case in found if case.fault]
    print(f"\nfaults named by a majority of worlds: {majorities} of {len(FAULTS)}; of all faulty runs {share(whole)}")
    sound = [case for case in found if not case.fault]
    for name, rows in (("healthy runs", sound), ("healthy runs below their start", [c for c in sound if in_valley(c)])):
        alarms = Counter(f"{c.named} ({c.run.name.removeprefix('healthy: ')})" for c in rows if c.named)
        print(f"false alarms, {name}: {share([bool(c.named) for c in rows])} {dict(alarms) if alarms else ''}")


def scores(found: Sequence[Case]) -> str:
    """Mean scores of starts and checkpoints, in percent."""

    def mean(pick: Callable[[Case], tuple[int, int]]) -> float:
        return 100 * float(np.mean([correct / n for n, correct in map(pick, found)])) if found else float("nan")

    before, after = mean(lambda c: total(c.reading.start or c.reading.cells)), mean(lambda c: total(c.reading.cells))
    return f"{before:.0f} -> {after:.0f}"


def print_own(rows: Sequence[Run]) -> None:
    """The control on the student's own correct responses, all worlds."""
    starts = {run.world: run for run in rows if run.kind == "start"}
    print("\n| own correct responses, recipe | worlds | share of the start's score that is kept | nearly all lost |")
    print("| --- | --- | --- | --- |")
    for name in dict.fromkeys(run.name for run in rows if run.kind == "own"):
        pairs = [(run, starts[run.world]) for run in rows if (run.kind, run.name) == ("own", name)]
        kept = 100 * np.array([run.solved / start.solved for run, start in pairs])
        told = [own_control(paired(*pair), pair[1].solved / pair[1].responses) for pair in pairs]
        lost = sum("suspect the recipe" in sentence for sentence in told)
        spread = f"{np.median(kept):.0f} % ({kept.min():.0f} to {kept.max():.0f})"
        print(f"| {name} | {len(pairs)} | {spread} | {lost} of {len(pairs)} |")


def paired(run: Run, start: Run) -> Difference:
    """A run minus its start on the same problems."""
    values = np.array([[run.mask], [start.mask]], dtype=np.float64)
    panel = Panel((("own", 1), ("own", 0)), (0,), values, np.arange(values.shape[2]), 1, 0)
    return difference(estimate(panel), 0, 1)


def print_states(rows: Sequence[Run]) -> None:
    """Below the start or not, told from every second problem, against the other problems of the same checkpoint."""
    starts = {run.world: run for run in rows if run.kind == "start"}
    bins: dict[str, list[bool]] = {"50 to 80 %": [], "80 to 95 %": [], "above 95 %": []}
    for run in (run for run in rows if run.kind == "rung"):
        start = starts[run.world]
        state, sure = valley_state(_half(run), _half(start), len(run.mask[::2]))
        apart = sum(start.mask[1::2]) - sum(run.mask[1::2])
        if apart:  # as many right as the start's settles nothing
            bins["50 to 80 %" if sure < 0.8 else "80 to 95 %" if sure < 0.95 else "above 95 %"].append(
                (state == "in") == (apart > 0)
            )
    print("\n| how sure | the other half of the problems agrees |\n| --- | --- |")
    for name, hits in bins.items():
        print(f"| {name} | {share(hits)} |")


def _half(run: Run) -> Cells:
    """Every second problem's counts; how many think is taken from all problems."""
    mask = run.mask[::2]
    thinks = (run.cells.thinking_finished.n + run.cells.thinking_unfinished.n) / run.responses
    thinking = max(sum(mask), round(thinks * len(mask)))
    none = Cell(n=0, correct=0)
    return Cells(
        thinking_finished=Cell(n=thinking, correct=sum(mask)),
        thinking_unfinished=none,
        direct_finished=Cell(n=len(mask) - thinking, correct=0),
        direct_unfinished=none,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.diagnosis", description="Back-test of the diagnosis.")
    parser.add_argument("--learn", action="store_true", help="learn on learning worlds, write the lines, and stop")
    options = parser.parse_args(arguments)
    rows = runs()
    teaching, held_out = cases(rows, "learning"), cases(rows, "held-out")
    if options.learn:
        save(learned_on(teaching))
        return
    print(f"{len({run.world for run in rows})} worlds, {sum(run.seconds for run in rows) / 60:.0f} core-minutes")
    print_named("Held-out worlds, the shipped lines", judged(held_out, learned()))
    print_named("Held-out worlds, the loss alone", judged(held_out, learned_on(teaching, LOSS_ALONE)))
    print_named("Learning worlds, the shipped lines (learned on these)", judged(teaching, learned()))
    print_own(rows)
    print_states(world_runs("held-out"))


if __name__ == "__main__":
    main()
