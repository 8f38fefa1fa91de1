"""Forecasts: pass@1 at twice and four times the largest size tested, with 90 % intervals that were back-tested.

A forecast is the last score plus a change that is predicted from the situation: the last score, how it changed over
each of the last two doublings, how much of it finishes, how many doublings the ladder spans. What changes follow which
situations was learned on the ladders of the learning worlds by a Gaussian process: a linear part, which holds the
log-linear rule and its damping, and a smooth part that may bend it, as a climb that begins late and levels off needs.
Scores are taken on the arcsine scale, asin(sqrt(p)), on which sampling noise is even. The interval's width is the
process's, stretched by the quantile of its own errors on tasks left out of learning (a conformal factor). The start's
score, steps and training loss were tried on the learning worlds, too: they help within a task and mislead on another.

The constants are `forecast.json`, made by `python -m benchmarks.forecasts --learn`; the same command's back-test
on held-out worlds is stored beside them, and no forecast is told without it. Not covered: sizes between rungs
(`shapes.py`), more than four times the largest size, other recipes at the larger size.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from thalweg.curve.counts import Counts
from thalweg.curve.panel import Floats
from thalweg.curve.process import Process, learn, of_plain, plain
from thalweg.errors import InputError

TIMES = (2, 4)
CONFIDENCE = 0.9
FEATURES = ("level", "last", "before", "finishing", "doublings")
FILE = Path(__file__).with_name("forecast.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """pass@1 expected at `size`, `times` the largest tested, with its 90 % interval."""

    size: int
    times: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a forecast learns from or is checked on: a ladder, and what was measured at `times` its largest size.

    Worlds of one `task` (and student) resemble each other; errors are told by tasks that were left out of learning.
    """

    world: str
    task: str
    counts: tuple[Counts, ...]
    times: int
    actual: float


def forecast(counts: Sequence[Counts]) -> list[Forecast]:
    """pass@1 at each of `TIMES` the largest size of one arm's counts (seeds are pooled).

    Raises:
        InputError: trained rungs over less than a factor of four.
    """
    largest = max((c.size for c in counts), default=0)
    at = situation(counts)
    return [predict(process, at, largest, times) for times, process in _processes().items()]


def track_record(times: int = 4) -> str:
    """The sentence that every forecast is told with."""
    found = _constants()["back_test"][str(times)]
    low, high = 100 * found["low"], 100 * found["high"]
    return (
        f"in back-tests on {found['worlds']} miniature worlds ({found['cases']} forecasts) such 90 % intervals covered "
        f"{100 * found['covered']:.0f} % ({low:.0f} to {high:.0f} %)"
    )


def situation(counts: Sequence[Counts]) -> Floats:
    """The `FEATURES` of a ladder; the two last doublings are read off straight lines in log size between rungs.

    Raises:
        InputError: as `forecast`.
    """
    sizes = sorted({c.size for c in counts if c.size > 0})
    if len(sizes) < 2 or sizes[-1] < 4 * sizes[0]:
        raise InputError("forecast", "needs rungs over a factor of four or more", "add smaller rungs")
    rungs = [[c for c in counts if c.size == size] for size in sizes]
    levels = np.array([_level_of(rung, "correct") for rung in rungs])
    at = np.log2(np.array(sizes) / sizes[-1])
    last, half, quarter = (float(np.interp(x, at, levels)) for x in (0.0, -1.0, -2.0))
    finishing = _level_of(rungs[-1], "finished")
    return np.array([last, last - half, half - quarter, finishing, -float(at[0])])


def learn_cases(cases: Sequence[Case]) -> Process:
    """The process for cases of one horizon."""
    points = np.array([situation(case.counts) for case in cases])
    changes = np.array([level(case.actual) for case in cases]) - points[:, 0]
    return learn(points, changes, [case.task for case in cases], CONFIDENCE)


def predict(process: Process, at: Floats, largest: int, times: int) -> Forecast:
    """The forecast of `process`, which was learned for this horizon, in one situation (d)."""
    change, spread = (float(values[0]) for values in process.predict(at[None]))
    middle, half = at[0] + change, process.factor * spread
    value, low, high = (float(np.sin(np.clip(x, 0, np.pi / 2)) ** 2) for x in (middle, middle - half, middle + half))
    return Forecast(size=times * largest, times=times, value=value, low=low, high=high)


def level(rate: float) -> float:
    """A rate on the arcsine scale, on which sampling noise is 1 / (2 sqrt(n)) everywhere."""
    return float(np.arcsin(np.sqrt(rate)))


def document(processes: Mapping[int, Process], back_test: Mapping[int, Mapping[str, float]]) -> dict[str, Any]:
    """What `forecast.json` holds."""
    return {
        "features": list(FEATURES),
        "processes": {str(times): plain(process) for times, process in processes.items()},
        "back_test": {str(times): dict(found) for times, found in back_test.items()},
    }


def _level_of(rung: Sequence[Counts], what: Literal["correct", "finished"]) -> float:
    hits = sum(c.correct if what == "correct" else c.finished for c in rung)
    return level(hits / sum(c.responses for c in rung))


@cache
def _constants() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return read


@cache
def _processes() -> dict[int, Process]:
    return {int(times): of_plain(found) for times, found in _constants()["processes"].items()}
