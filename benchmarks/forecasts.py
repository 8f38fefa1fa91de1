"""Forecasts on the ladders of miniature worlds: learned on learning worlds, checked on held-out ones.

    python -m benchmarks.forecasts              learning worlds, each task left out in turn; then the held-out worlds
    python -m benchmarks.forecasts --learn      the same, and writes what was learned and its back-test: forecast.json

A case is a ladder cut off at a rung, and what was measured at 2 or 4 times that rung; with control, the rung is the
world's decision rung, and its step-matched run (`longer`) is known. Three earlier ladders of the miniature, which climb
higher than the worlds do (`EARLIER`), widen the margins. Errors are absolute, in points, beside those of the
log-linear baseline: the straight line in the logarithm of the size through the last three rungs, and through the last
two. Intervals resample worlds. `--runs FILE ...` reads runs that do not ship, `--without NAME ...` leaves worlds out.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from thalweg import store
from thalweg.curve.forecast import FILE, TIMES, Case, Constants, Forecast, document, learn, predict, setting, straight
from thalweg.curve.intervals import clustered_rate
from thalweg.miniature import worlds
from thalweg.miniature.worlds import Run

SETTINGS = ((2, False), (4, False), (4, True))  # horizon, with the step-matched control
_RUNGS = 3  # at least so many up to the cut
# Pass@1 in percent of the miniature at three learning rates, means over three to five seeds.
EARLIER: Mapping[str, Mapping[int, float]] = {
    "miniature at 1e-3": {128: 0.0, 256: 1.9, 512: 4.5, 1024: 18.2, 2048: 50.2, 4096: 73.2, 8192: 88.6},
    "miniature at 1.5e-3": {128: 0.5, 512: 4.3, 1024: 29.8, 2048: 61.7, 4096: 75.5},
    "miniature at 2e-3": {128: 0.3, 512: 4.4, 1024: 25.6, 2048: 54.8, 8192: 88.0},
}


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


def cases_of(runs: Sequence[Run]) -> list[Case]:
    """Every cut of every world's ladder that leaves three rungs and has a rung at 2 or 4 times the cut."""
    known = {world.name: world for world in worlds.worlds()}
    ladders: dict[str, dict[int, float]] = defaultdict(dict)
    longer: dict[str, float] = {}
    for run in runs:
        if run.kind == "rung":
            ladders[run.world][run.size] = run.solved / run.responses
        elif (run.kind, run.name) == ("action", "longer"):
            longer[run.world] = run.solved / run.responses
    cases = []
    for name, ladder in ladders.items():
        world = known[name]
        matched = {world.size: longer[name]} if name in longer else {}
        cases += cuts(name, world.student, ladder, matched)
    return cases


def cuts(name: str, task: str, ladder: Mapping[int, float], matched: Mapping[int, float]) -> list[Case]:
    """The cases of one ladder; `matched` holds the score of a step-matched control of the horizon 4 by its size."""
    sizes = sorted(ladder)
    return [
        Case(
            ladder=name,
            task=task,
            sizes=tuple(size for size in sizes if size <= cut),
            scores=tuple(ladder[size] for size in sizes if size <= cut),
            times=times,
            actual=ladder[times * cut],
            matched=matched.get(cut) if times == 4 else None,
        )
        for cut in sizes[_RUNGS - 1 :]
        for times in TIMES
        if times * cut in ladder
    ]


def earlier() -> list[Case]:
    """The cases of `EARLIER`, three ladders of one student that count as one."""
    ladders = [{size: rate / 100 for size, rate in found.items()} for found in EARLIER.values()]
    return [case for ladder in ladders for case in cuts("earlier", "earlier", ladder, {})]


def check(learned: Constants, case: Case, *, control: bool) -> Checked:
    lines = (straight(case.sizes, case.scores, case.times, rungs) for rungs in (3, 2))
    return Checked(case, predict(learned, case, control=control), *lines)


def fitting(cases: Sequence[Case], times: int, control: bool) -> list[Case]:
    """The cases that one setting is about."""
    return [case for case in cases if case.times == times and (case.matched is not None or not control)]


def left_out(cases: Sequence[Case], times: int, control: bool) -> list[Checked]:
    """Learning cases, each checked with constants learned without its task."""
    found = []
    for task in dict.fromkeys(case.task for case in cases):
        learned = learn([case for case in cases if case.task != task], earlier())
        own = [case for case in cases if case.task == task]
        found += [check(learned, case, control=control) for case in fitting(own, times, control)]
    return found


def back_test(learned: Constants, cases: Sequence[Case]) -> dict[str, dict[str, float]]:
    return {
        setting(*at): summary([check(learned, case, control=at[1]) for case in own])
        for at in SETTINGS
        if (own := fitting(cases, *at))
    }


def summary(checked: Sequence[Checked]) -> dict[str, float]:
    """Coverage with its interval (worlds are the clusters), and errors beside the lines'."""
    rate = clustered_rate([c.covered for c in checked], [c.case.ladder for c in checked])
    covered, low, high = (bound if bound is not None else 0.0 for bound in (rate.value, rate.low, rate.high))
    found = {
        "ladders": len({c.case.ladder for c in checked}),
        "cases": len(checked),
        "covered": covered,
        "low": low,
        "high": high,
        "width": float(np.mean([c.forecast.high - c.forecast.low for c in checked])),
    }
    for name in ("forecast", "line", "short_line"):
        errors = [c.error(name) for c in checked]
        found[f"{name}_mean"], found[f"{name}_median"] = float(np.mean(errors)), float(np.median(errors))
    for name in ("line", "short_line"):
        found[f"to_{name}"], found[f"to_{name}_low"], found[f"to_{name}_high"] = ratio(checked, name)
    return {key: round(value, 4) for key, value in found.items()}


def ratio(checked: Sequence[Checked], name: str, draws: int = 2000) -> tuple[float, float, float]:
    """Mean error over the line's mean error, with a 95 % bootstrap over worlds."""
    ladders = list(dict.fromkeys(c.case.ladder for c in checked))
    own = np.array([sum(c.error("forecast") for c in checked if c.case.ladder == ladder) for ladder in ladders])
    other = np.array([sum(c.error(name) for c in checked if c.case.ladder == ladder) for ladder in ladders])
    picked = np.random.default_rng(0).integers(len(ladders), size=(draws, len(ladders)))
    ratios = own[picked].sum(axis=1) / np.maximum(other[picked].sum(axis=1), 1e-9)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(own.sum() / max(other.sum(), 1e-9)), float(low), float(high)


def row(split: str, at: str, found: Mapping[str, float]) -> str:
    """A row of the table in docs/shapes.md."""

    def points(*keys: str) -> list[str]:
        return [f"{100 * found[key]:.1f}" for key in keys]

    covered, low, high, width = points("covered", "low", "high", "width")
    errors = [f"{points(f'{name}_mean')[0]} ({points(f'{name}_median')[0]})" for name in ("forecast", "line")]
    ratio_of = f"{found['to_line']:.2f} ({found['to_line_low']:.2f}–{found['to_line_high']:.2f})"
    cells = [split, at, f"{found['ladders']:.0f}", f"{found['cases']:.0f}"]
    cells += [f"{covered} ({low}–{high})", width, *errors, ratio_of, f"{found['to_short_line']:.2f}"]
    return f"| {' | '.join(cells)} |"


HEADER = """| worlds | times | n | cases | covered, % | width | error (median) | log-linear | ratio | last two |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


def read_runs(files: Sequence[Path], without: Sequence[str] = ()) -> dict[str, list[Run]]:
    """The runs by split: the shipped ones, or those in `files`."""
    split = {world.name: world.split for world in worlds.worlds()}
    rows = [run for file in files for run in store.read(file, Run)] if files else worlds.runs()
    kept = [run for run in rows if run.world not in without]
    return {name: [run for run in kept if split[run.world] == name] for name in ("learning", "held-out")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--runs", type=Path, nargs="*", default=[])
    parser.add_argument("--without", nargs="*", default=[])
    arguments = parser.parse_args()
    runs = read_runs(arguments.runs, arguments.without)
    learning, held_out = (cases_of(runs[split]) for split in ("learning", "held-out"))
    learned = learn(learning, earlier())
    print(f"ratio {learned.ratio:.2f}, margins {learned.margins}")
    print(HEADER)
    for at in SETTINGS:
        print(row("learning, task left out", setting(*at), summary(left_out(learning, *at))))
    found = back_test(learned, held_out)
    for name, told in found.items():
        print(row("held-out", name, told))
    if arguments.learn:
        FILE.write_text(json.dumps(document(learned, found), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
