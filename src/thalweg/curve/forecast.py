"""Forecasts: pass@1 at twice and four times the largest size tested, with 90 % intervals that were back-tested.

The value is the largest of two or three, each of which alone misses something:

* the *law*: -log p shrinks by a learned share with every doubling, as it would if an answer were a chain of steps each
  of which fails ever more rarely. It expects a climb where the rungs show none yet, and levels off towards 1;
* the straight line in the logarithm of the size through the last three rungs, which knows how fast this ladder climbs;
* where the study has one, the step-matched control: the largest rung trained for as many steps as the larger one would
  be. More data for as many steps should be no worse.

The interval spans the 5 and 95 % quantiles (each ladder weighs the same) of what was measured minus what was
forecast without a control, on the scale asin(sqrt(p)), on which sampling noise is even. Richer models (Gaussian
processes and ridges over level, slopes, finishing, steps, loss) did better on worlds of a task they knew and worse on
tasks they did not, and were given up.

The constants are `forecast.json`, made by `python -m benchmarks.forecasts --learn`; the same command's back-test on
held-out worlds is stored beside them, and no forecast is told without it. Not covered: sizes between rungs
(`shapes.py`), more than four times the largest size, other recipes at the larger size.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from thalweg.curve.counts import Counts
from thalweg.curve.panel import Floats
from thalweg.errors import InputError

TIMES = (2, 4)
CONFIDENCE = 0.9
FILE = Path(__file__).with_name("forecast.json")
_LINE, _LEAST = 3, 0.002  # rungs of the straight line; the smallest score that the law starts from


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
    """What is learned from or checked on: a ladder (sizes and pass@1, ascending), and what `times` its top measured.

    `matched` is the top rung's score after as many steps as the larger rung took, null where it was not trained.
    Cases of one `ladder` go together; ladders of one `task` resemble each other.
    """

    ladder: str
    task: str
    sizes: tuple[int, ...]
    scores: tuple[float, ...]
    times: int
    actual: float
    matched: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """`ratio`: to what share of itself -log p shrinks with a doubling. `margins`: for each horizon, how far what is
    measured lies from the forecast, on the arcsine scale, at the 5 and 95 % quantiles.
    """

    ratio: float
    margins: Mapping[int, tuple[float, float]]


def forecast(counts: Sequence[Counts], matched: Mapping[int, float] | None = None) -> list[Forecast]:
    """pass@1 at each of `TIMES` the largest size of one arm's counts, whose seeds are pooled.

    `matched` holds scores of step-matched controls: horizon (2 or 4) -> the largest rung's pass@1 after as many steps
    as the rung at that horizon would take.

    Raises:
        InputError: fewer than two trained rungs.
    """
    sizes = tuple(sorted({c.size for c in counts if c.size > 0}))
    if len(sizes) < 2:
        raise InputError("forecast", "needs at least two trained rungs", "add a rung")
    scores = tuple(_pooled([c for c in counts if c.size == size]) for size in sizes)
    return [_told(constants(), sizes, scores, times, (matched or {}).get(times)) for times in TIMES]


def track_record(times: int = 4, *, matched: bool = False) -> str:
    """The sentence that every forecast is told with."""
    found = _document()["back_test"][setting(times, matched)]
    low, high = 100 * found["low"], 100 * found["high"]
    return (
        f"in back-tests on {found['ladders']:.0f} miniature worlds such intervals covered "
        f"{100 * found['covered']:.0f} % ({low:.0f} to {high:.0f} %)"
    )


def predict(learned: Constants, case: Case, *, control: bool) -> Forecast:
    """The forecast of a case, with its step-matched control or without."""
    return _told(learned, case.sizes, case.scores, case.times, case.matched if control else None)


def learn(cases: Sequence[Case], others: Sequence[Case] = ()) -> Constants:
    """The ratio has the smallest mean absolute error on `cases`, ladders weighing alike; margins see `others`, too."""
    ratio = _best_ratio(cases)
    every = [*cases, *others]
    return Constants(
        ratio=ratio, margins={times: _margin(ratio, [c for c in every if c.times == times]) for times in TIMES}
    )


def straight(sizes: Sequence[int], scores: Sequence[float], times: int, rungs: int = _LINE) -> float:
    """The straight line in log size through the last `rungs`, at `times` the largest size, kept between 0 and 1."""
    x = np.log2(np.array(sizes[-rungs:]) / sizes[-1])
    slope, level = np.polyfit(x, scores[-rungs:], 1)
    return float(np.clip(level + slope * np.log2(times), 0, 1))


def document(learned: Constants, back_test: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """What `forecast.json` holds; back-tests by `setting`."""
    margins = {str(times): [round(bound, 4) for bound in pair] for times, pair in learned.margins.items()}
    return {
        "ratio": learned.ratio,
        "margins": margins,
        "back_test": {at: dict(found) for at, found in back_test.items()},
    }


def setting(times: int, control: bool) -> str:
    """The name of a horizon, with the step-matched control or without."""
    return f"{times}{' with control' if control else ''}"


@cache
def constants() -> Constants:
    """What ships."""
    found = _document()
    margins = {int(times): (float(pair[0]), float(pair[1])) for times, pair in found["margins"].items()}
    return Constants(ratio=found["ratio"], margins=margins)


@cache
def _document() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return read


def _told(
    learned: Constants, sizes: Sequence[int], scores: Sequence[float], times: int, matched: float | None
) -> Forecast:
    value = _value(learned.ratio, sizes, scores, times, matched)
    low, high = (_rate(_level(value) + margin) for margin in learned.margins[times])
    return Forecast(size=times * sizes[-1], times=times, value=value, low=min(low, value), high=max(high, value))


def _value(ratio: float, sizes: Sequence[int], scores: Sequence[float], times: int, matched: float | None) -> float:
    return max(_law(ratio, scores[-1], times), straight(sizes, scores, times), matched or 0.0)


def _law(ratio: float, last: float, times: int) -> float:
    """-log p shrinks to `ratio` of itself with a doubling; a score of 0 may be one that few problems do not show."""
    return float(max(last, _LEAST) ** (ratio ** np.log2(times)))


def _best_ratio(cases: Sequence[Case]) -> float:
    weights = _weights(cases)
    lines = np.array([straight(c.sizes, c.scores, c.times) for c in cases])
    actual = np.array([c.actual for c in cases])

    def error(ratio: float) -> float:
        laws = np.array([_law(ratio, c.scores[-1], c.times) for c in cases])
        return float(weights @ np.abs(np.maximum(laws, lines) - actual))

    return min((r / 100 for r in range(50, 100)), key=error)


def _margin(ratio: float, cases: Sequence[Case]) -> tuple[float, float]:
    """The 5 and 95 % quantiles of what was measured minus what was forecast without a control."""
    values = [_value(ratio, c.sizes, c.scores, c.times, None) for c in cases]
    off = np.array([_level(c.actual) - _level(v) for c, v in zip(cases, values, strict=True)])
    return -_upper(-off, cases), _upper(off, cases)


def _upper(off: Floats, cases: Sequence[Case]) -> float:
    """The 95 % quantile over cases, every ladder weighing the same, interpolated between them.

    Split conformal's extra ladder would make it the largest value seen below 39 ladders: with tasks left out such
    intervals held 97 to 100 % of the learning cases, these 83 to 93 %.
    """
    order = np.argsort(off)
    weights = _weights(cases)[order]
    return float(np.interp(1 - (1 - CONFIDENCE) / 2, np.cumsum(weights) - weights / 2, off[order]))


def _weights(cases: Sequence[Case]) -> Floats:
    """Every ladder weighs the same, however many cases it gives."""
    names = [c.ladder for c in cases]
    count = Counter(names)
    return np.array([1 / count[name] for name in names]) / len(count)


def _pooled(rung: Sequence[Counts]) -> float:
    return sum(c.correct for c in rung) / sum(c.responses for c in rung)


def _level(rate: float) -> float:
    return float(np.arcsin(np.sqrt(rate)))


def _rate(level: float) -> float:
    return float(np.sin(np.clip(level, 0, np.pi / 2)) ** 2)
