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
RISK = 0.25  # an action goes before `more` only where it is at most so likely to be worse than that
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """How a difference measured at the rung at hand carries to four times its training, both on the logit scale.

    Regressed over `worlds` learning worlds in which another teacher was tried at both: `slope` times the deviation from
    the prior's mean, with `spread` left over.
    """

    slope: float
    spread: float
    worlds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What was learned beforehand."""

    kernel: Kernel
    priors: Mapping[str, Prior]
    carry: Carry


def knowledge(learned: Mapping[str, Any]) -> Knowledge:
    """The file's sections as records."""
    known = {name: Prior(**values) for name, values in learned["actions"].items()}
    return Knowledge(kernel=Kernel(**learned["surface"]), priors=known, carry=Carry(**learned["carry"]))


def advise(
    points: Sequence[Point],
    at: tuple[float, float],
    actions: Sequence[str],
    known: Knowledge,
    measured: Mapping[str, Difference] | None = None,
    factor: float = FACTOR,
) -> list[Advice]:
    """The actions from best to worst by expected gain over the rung `at` (examples, steps).

    `points` are the study's rungs; `measured` holds paired differences, at equal size, of an arm that differs from the
    main one in just that action. What is too likely to be worse than plain more data stands behind it, whatever it
    promises: a gamble is not advice.
    """
    seen = measured or {}
    drawn = expected(points, at, actions, known, seen, factor)
    gains = {name: rates(logits) - rates(drawn["now"]) for name, logits in drawn.items() if name != "now"}
    gains["stop"] = np.zeros_like(drawn["now"])
    order = sorted(gains, key=lambda name: -float(gains[name].mean()))
    table = np.stack([gains[name] for name in order])
    share = np.bincount(table.argmax(axis=0), minlength=len(order)) / table.shape[1]
    told = [
        _advice(name, span(gains[name]), float(share[index]), at, factor, _evidence(name, points, known.priors, seen))
        for index, name in enumerate(order)
    ]
    return _stop_first(_without_gambles(told, gains))


def expected(
    points: Sequence[Point],
    at: tuple[float, float],
    actions: Sequence[str],
    known: Knowledge,
    measured: Mapping[str, Difference],
    factor: float,
) -> dict[str, Floats]:
    """Draws of the logit of pass@1 `now` and after each action."""
    examples, steps = at
    places = [at, (examples, steps * factor), (examples * factor, steps * factor)]
    now, longer, more = Surface(points, known.kernel).logits(places).T
    found = {"now": now, "longer": longer, "more": more}
    rng = np.random.default_rng(1)
    for name in actions:
        if name not in found:
            mean, spread = _shift(known.priors[name], known.carry, measured.get(name), float(rates(now).mean()))
            found[name] = more + mean + spread * rng.standard_normal(len(more))
    return {name: found[name] for name in ("now", *actions)}


def _shift(prior: Prior, carry: Carry, seen: Difference | None, rate: float) -> tuple[float, float]:
    """The action's difference from `more` on the logit scale, and how far it may be off."""
    if seen is None:
        return prior.mean, prior.spread
    low, value, high = (_logit(rate + change, seen.problems) for change in (seen.low, seen.value, seen.high))
    error = max((high - low) / (2 * _Z), 1e-3)
    deviation = value - _logit(rate, seen.problems) - prior.mean
    left = float(np.hypot(carry.spread, carry.slope * error))
    # Never surer of less than the prior alone: a wide measurement leaves the prior where it was.
    weight = prior.spread**2 / (prior.spread**2 + left**2)
    return prior.mean + weight * carry.slope * deviation, prior.spread * float(np.sqrt(1 - weight))


def _logit(rate: float, problems: int) -> float:
    kept = min(max(rate, 0.5 / problems), 1 - 0.5 / problems)
    return float(np.log(kept / (1 - kept)))


def _without_gambles(told: list[Advice], gains: Mapping[str, Floats]) -> list[Advice]:
    """Puts what is too likely to be worse than `more` behind it."""
    if "more" not in gains:
        return told

    def gamble(advice: Advice) -> bool:
        return advice.action not in ("more", "stop") and float((gains[advice.action] < gains["more"]).mean()) > RISK

    at = next(index for index, advice in enumerate(told) if advice.action == "more")
    ahead, behind = told[:at], told[at:]
    return [a for a in ahead if not gamble(a)] + behind[:1] + [a for a in ahead if gamble(a)] + behind[1:]


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
    """`stop` comes first where every other action's gain is surely below what is worth having, and else last."""
    stop = next(advice for advice in told if advice.action == "stop")
    others = [advice for advice in told if advice.action != "stop"]
    worthless = all(advice.gain is not None and advice.gain.high < WORTH for advice in others)
    return [stop, *others] if worthless else [*others, stop]
