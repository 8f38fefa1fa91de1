"""Forecasts on the ladders of miniature worlds: learned on learning worlds, checked on held-out ones.

    python -m benchmarks.forecasts              learning worlds, each task left out in turn; then the held-out worlds
    python -m benchmarks.forecasts --learn      the same, and writes what was learned and its back-test: forecast.json

A case is a ladder cut off at a rung, and what was measured at 2 or 4 times that rung. Errors are absolute, in points,
beside those of two straight lines in the logarithm of the size: through the last three rungs (`log-linear`) and through
the last two. Intervals resample worlds. `--runs FILE ...` reads runs that do not ship.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from thalweg import store
from thalweg.curve.counts import Counts, counts_of_cells
from thalweg.curve.forecast import FILE, TIMES, Case, Forecast, document, learn_cases, predict, situation
from thalweg.curve.intervals import clustered_rate
from thalweg.curve.process import Process
from thalweg.miniature import worlds
from thalweg.miniature.worlds import Run

_RUNGS = 3  # at least so many below the cut


@dataclass(frozen=True, slots=True)
class Checked:
    """A case beside its forecast and the straight lines."""

    case: Case
    forecast: Forecast
    line: float
    short_line: float

    @property
    def covered(self) -> bool:
        return self.forecast.low <= self.case.actual <= self.forecast.high

    def error(self, what: str) -> float:
        """Absolute, in shares of 1."""
        value = {"forecast": self.forecast.value, "line": self.line, "short_line": self.short_line}[what]
        return abs(value - self.case.actual)


def counts_of_run(run: Run) -> Counts:
    """A run of a ladder as counts; its problems are all different."""
    size = 0 if run.kind == "start" else run.size
    return counts_of_cells(run.cells, size=size, steps=run.steps, tokens=run.tokens, looped=run.looped)


def cases_of(runs: Sequence[Run]) -> list[Case]:
    """Every cut of every world's ladder that leaves three rungs below and a rung at 2 or 4 times the cut."""
    task = {world.name: world.student for world in worlds.worlds()}
    ladders: dict[str, dict[int, Counts]] = defaultdict(dict)
    for run in runs:
        if run.kind in ("start", "rung"):
            found = counts_of_run(run)
            ladders[run.world][found.size] = found
    cases = []
    for world, ladder in ladders.items():
        sizes = sorted(ladder)
        for cut in sizes[_RUNGS:] if 0 in ladder else []:
            for times in TIMES:
                if (target := ladder.get(times * cut)) is not None:
                    below = tuple(ladder[size] for size in sizes if size <= cut)
                    reached = target.correct / target.responses
                    cases.append(Case(world=world, task=task[world], counts=below, times=times, actual=reached))
    return cases


def straight(case: Case, rungs: int) -> float:
    """The straight line in log size through the last rungs' pass@1, at the horizon, kept between 0 and 1."""
    last = [c for c in case.counts if c.size > 0][-rungs:]
    x = np.log2([c.size for c in last])
    slope, level = np.polyfit(x, [c.correct / c.responses for c in last], 1)
    return float(np.clip(level + slope * (x[-1] + np.log2(case.times)), 0, 1))


def check(process: Process, case: Case) -> Checked:
    told = predict(process, situation(case.counts), case.counts[-1].size, case.times)
    return Checked(case, told, straight(case, 3), straight(case, 2))


def left_out(cases: Sequence[Case]) -> list[Checked]:
    """Learning cases, each checked with constants learned without its task."""
    found = []
    for task in dict.fromkeys(case.task for case in cases):
        process = learn_cases([case for case in cases if case.task != task])
        found += [check(process, case) for case in cases if case.task == task]
    return found


def summary(checked: Sequence[Checked]) -> dict[str, float]:
    """Coverage with its interval (worlds are the clusters), and errors beside the lines'."""
    rate = clustered_rate([c.covered for c in checked], [c.case.world for c in checked])
    covered, low, high = rate.value, rate.low, rate.high
    assert covered is not None, "no case"
    assert low is not None, "no case"
    assert high is not None, "no case"
    errors = {name: np.array([c.error(name) for c in checked]) for name in ("forecast", "line", "short_line")}
    width = float(np.mean([c.forecast.high - c.forecast.low for c in checked]))
    found = {
        "worlds": len({c.case.world for c in checked}),
        "cases": len(checked),
        "covered": covered,
        "low": low,
        "high": high,
        "width": width,
        "error": float(errors["forecast"].mean()),
        "median_error": float(np.median(errors["forecast"])),
    }
    for name in ("line", "short_line"):
        found[f"{name}_error"] = float(errors[name].mean())
        found[f"{name}_median_error"] = float(np.median(errors[name]))
        found[f"ratio_to_{name}"], found[f"ratio_to_{name}_low"], found[f"ratio_to_{name}_high"] = ratio(checked, name)
    return {key: round(value, 4) for key, value in found.items()}


def ratio(checked: Sequence[Checked], name: str, draws: int = 2000) -> tuple[float, float, float]:
    """Mean error over the line's mean error, with a 95 % bootstrap over worlds."""
    names = list(dict.fromkeys(c.case.world for c in checked))
    own = np.array([sum(c.error("forecast") for c in checked if c.case.world == world) for world in names])
    other = np.array([sum(c.error(name) for c in checked if c.case.world == world) for world in names])
    picked = np.random.default_rng(0).integers(len(names), size=(draws, len(names)))
    ratios = own[picked].sum(axis=1) / np.maximum(other[picked].sum(axis=1), 1e-9)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(own.sum() / max(other.sum(), 1e-9)), float(low), float(high)


def table(split: str, times: int, found: Mapping[str, float]) -> str:
    def points(key: str) -> str:
        return f"{100 * found[key]:.1f}"

    return (
        f"{split}, {times} x: {found['worlds']:.0f} worlds, {found['cases']:.0f} cases; 90 % intervals cover "
        f"{points('covered')} % ({points('low')} to {points('high')}), {points('width')} points wide; mean (median) "
        f"error {points('error')} ({points('median_error')}) points, log-linear {points('line_error')} "
        f"({points('line_median_error')}), last two rungs {points('short_line_error')} "
        f"({points('short_line_median_error')}); ratio to log-linear {found['ratio_to_line']:.2f} "
        f"({found['ratio_to_line_low']:.2f} to {found['ratio_to_line_high']:.2f}), to the last two rungs' "
        f"{found['ratio_to_short_line']:.2f}"
    )


def read_runs(files: Sequence[Path]) -> dict[str, list[Run]]:
    """The runs by split: the shipped ones, or those in `files`."""
    split = {world.name: world.split for world in worlds.worlds()}
    rows = [run for file in files for run in store.read(file, Run)] if files else worlds.runs()
    return {name: [run for run in rows if split[run.world] == name] for name in ("learning", "held-out")}


def learned(runs: Sequence[Run]) -> dict[int, Process]:
    """A process a horizon, from the runs of learning worlds."""
    cases = cases_of(runs)
    return {times: learn_cases([case for case in cases if case.times == times]) for times in TIMES}


def back_test(processes: Mapping[int, Process], runs: Sequence[Run]) -> dict[int, dict[str, float]]:
    cases = cases_of(runs)
    return {
        times: summary([check(process, case) for case in cases if case.times == times])
        for times, process in processes.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--runs", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    runs = read_runs(arguments.runs)
    processes = learned(runs["learning"])
    cases = cases_of(runs["learning"])
    for times in TIMES:
        print(table("learning, left out", times, summary(left_out([c for c in cases if c.times == times]))))
    found = back_test(processes, runs["held-out"])
    for times in TIMES:
        print(table("held-out", times, found[times]))
    if arguments.learn:
        FILE.write_text(json.dumps(document(processes, found)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
