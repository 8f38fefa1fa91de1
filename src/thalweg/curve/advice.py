"""Advice: what the next GPU-hours should buy, at equal training cost.

Every action is a corpus and a number of steps that cost as many training tokens: `factor` times what the rung at hand
cost. Expected scores come from three places, in this order of weight: what this study itself measured (an arm beside
the main one at equal size), the surface over examples and steps through the study's own rungs (`surface.py`), and,
where a study says nothing of an action, what it changed in the miniature's learning worlds, as a difference from
`more` on the logit scale with its spread from world to world. The gain's interval holds all three.

How good the advice is was back-tested on worlds it was not learned from (`benchmarks/advice.py`): tiny students and
synthetic tasks, so the order of the actions is evidence about yours, not a promise. Not covered: the cost of
collecting data (training cost alone is made equal), learning rates, and several actions together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thalweg.curve.actions import ACTIONS, ActionName
from thalweg.curve.intervals import Difference
from thalweg.curve.panel import Floats
from thalweg.curve.surface import Kernel, NextHour, Point, Span, Surface, rates, span

FACTOR = 4.0
WORTH = 0.01  # a gain that is surely smaller than a point is no reason to go on
UNDECIDED = (0.2, 0.8)  # between these, the surface does not know whether steps or data come first
_Z = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One action: its expected gain over the rung at hand, the chance that it is the best, and what that rests on."""

    action: ActionName
    words: str
    gain: Span | None
    best: float  # probability
    examples: float
    steps: float
    evidence: str
    paper: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The advice of a study with what it starts from: the main arm's largest rung, and what its training took.

    Every action costs `factor` times `tokens` training tokens (`stop` none), and about as many times `seconds`.
    """

    arm: str
    benchmark: str
    size: int
    steps: int
    tokens: int
    seconds: float
    factor: float
    next_hour: NextHour | None
    advice: tuple[Advice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What an action changes against `more` at equal cost, on the logit scale, over `worlds` learning worlds."""

    mean: float
    spread: float  # from world to world
    worlds: int


def priors(learned: Mapping[str, Any]) -> dict[str, Prior]:
    """The learned differences."""
    return {name: Prior(**values) for name, values in learned["actions"].items()}


def advise(
    points: Sequence[Point],
    at: tuple[float, float],
    actions: Sequence[str],
    kernel: Kernel,
    learned: Mapping[str, Prior],
    measured: Mapping[str, Difference] | None = None,
    factor: float = FACTOR,
) -> list[Advice]:
    """The actions from best to worst by expected gain over the rung `at` (examples, steps).

    `points` are the study's rungs; `measured` holds paired differences, at equal size, of an arm that differs from the
    main one in just that action.
    """
    drawn = expected(points, at, actions, kernel, learned, measured or {}, factor)
    gains = {name: rates(logits) - rates(drawn["now"]) for name, logits in drawn.items() if name != "now"}
    gains["stop"] = np.zeros_like(drawn["now"])
    order = sorted(gains, key=lambda name: -float(gains[name].mean()))
    table = np.stack([gains[name] for name in order])
    share = np.bincount(table.argmax(axis=0), minlength=len(order)) / table.shape[1]
    told = [
        _advice(
            name, span(gains[name]), float(share[index]), at, factor, _evidence(name, points, learned, measured or {})
        )
        for index, name in enumerate(order)
    ]
    return _stop_first(told)


def expected(
    points: Sequence[Point],
    at: tuple[float, float],
    actions: Sequence[str],
    kernel: Kernel,
    learned: Mapping[str, Prior],
    measured: Mapping[str, Difference],
    factor: float,
) -> dict[str, Floats]:
    """Draws of the logit of pass@1 `now` and after each action."""
    examples, steps = at
    surface = Surface(points, kernel)
    now, longer, more = surface.logits([at, (examples, steps * factor), (examples * factor, steps * factor)]).T
    found = {"now": now, "longer": longer, "more": more}
    rng = np.random.default_rng(1)
    for name in actions:
        if name not in found:
            mean, spread = _shift(learned[name], measured.get(name), float(rates(now).mean()))
            found[name] = more + mean + spread * rng.standard_normal(len(more))
    return {name: found[name] for name in ("now", *actions)}


def _shift(prior: Prior, seen: Difference | None, rate: float) -> tuple[float, float]:
    """The action's difference on the logit scale: prior and measurement, weighted by their precision."""
    if seen is None:
        return prior.mean, prior.spread
    slope = 1 / max(rate * (1 - rate), 0.02)  # of the logit
    value, error = seen.value * slope, max((seen.high - seen.low) / (2 * _Z), 1e-3) * slope
    # A difference at one size need not be that at another: half of the spread over worlds stays.
    error = float(np.hypot(error, prior.spread / 2))
    weight = prior.spread**2 / (prior.spread**2 + error**2)
    return prior.mean + weight * (value - prior.mean), prior.spread * float(np.sqrt(1 - weight))


def _advice(name: str, gain: Span, best: float, at: tuple[float, float], factor: float, evidence: str) -> Advice:
    action = ACTIONS[name]
    examples = at[0] * (1 if name in ("longer", "stop") else factor)
    steps = at[1] * (1 if name == "stop" else factor)
    words = action.words.format(times=f"{factor:g} times")
    return Advice(
        action=action.name,
        words=words,
        gain=gain,
        best=best,
        examples=examples,
        steps=steps,
        evidence=evidence,
        paper=action.paper,
    )


def _evidence(
    name: str, points: Sequence[Point], learned: Mapping[str, Prior], measured: Mapping[str, Difference]
) -> str:
    if name == "stop":
        return "costs nothing and gains nothing"
    if name in ("more", "longer"):
        matched = len({round(p.steps / p.examples, 6) for p in points}) > 1
        beside = "with a step-matched control" if matched else "without a step-matched control"
        return f"the surface through this study's {len(points)} rungs, {beside}"
    prior = learned[name]
    seen = measured.get(name)
    said = "not measured in this study"
    if seen is not None:
        said = (
            f"measured here: {100 * seen.value:+.1f} points ({100 * seen.low:+.1f} to {100 * seen.high:+.1f}) at equal "
            f"size, n = {seen.problems} problems, {seen.seeds} seed{'s' if seen.seeds != 1 else ''}"
        )
    world = f"in {prior.worlds} learning worlds {prior.mean:+.2f} on the logit scale against more data"
    return f"{said}; {world}, spread {prior.spread:.2f}"


def _stop_first(told: list[Advice]) -> list[Advice]:
    """Puts `stop` first where every action's gain is surely below what is worth having."""
    stop = next(advice for advice in told if advice.action == "stop")
    others = [advice for advice in told if advice.action != "stop"]
    if all(advice.gain is not None and advice.gain.high < WORTH for advice in others):
        return [stop, *others]
    return told
