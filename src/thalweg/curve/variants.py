"""All ways in which a component may run, fitted to a batch of tables at once, and what AICc makes of them.

A variant is a family over the trained rungs (`families.py`) with the start (size 0) either at a rate of its own or at
that of the smallest rung. What shape a variant is depends on where its fit puts the start: above a floor from which the
curve rises again, it is a `valley`, whatever the family. The other shapes: `flat`; `step` (off its start, then flat);
`log-linear`, `s-shaped`, `sharper` and `levelling`; and `unclear` (every rung at a rate of its own).

A family whose own fit is a valley counts as its plain shape too, with the start tied to the smallest rung, which is
where the likelihood is largest without a dip. AICc counts responses as its sample size, since counts bring their own
variance; it speaks for a shape among these, never for a shape as such. Shapes start as equally likely.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thalweg.curve.families import Family, families
from thalweg.curve.likelihood import log_likelihood, maximise
from thalweg.curve.panel import Floats

SHAPES = ("flat", "step", "log-linear", "s-shaped", "sharper", "levelling", "valley", "unclear")
_PLAIN = {"trough": "unclear", "rungs": "unclear"}


@dataclass(frozen=True, slots=True)
class Variant:
    """One family fitted to B tables: its parameters (B x k), the start's rate (B), AICc (B) and shape (B, codes)."""

    family: Family
    theta: Floats
    start: Floats
    criterion: Floats
    shape: Floats

    def rates(self, places: Floats) -> Floats:
        """Fitted rates (B x n) at places from 0 (smallest trained rung) to 1 (largest)."""
        return self.family.rates(self.theta, places)


def fit_variants(
    places: Sequence[float], successes: Floats, trials: Floats, rho: float, near: "Sequence[Variant] | None" = None
) -> list[Variant]:
    """Every variant for B tables (B x (1 + K) x S) whose first row is the start and whose others stand at `places`.

    Fits begin at what was measured, or at `near`, the same variants fitted to the one table that these were drawn from.
    """
    rates = _told(successes, trials)
    own = rates[:, 0]
    alone = log_likelihood(own[:, None], successes[:, :1], trials[:, :1], rho)
    responses = np.maximum(trials.sum(axis=(1, 2)), 1)
    found: list[Variant] = []
    for family in families(places):
        begin = _begin(family, rates, near, len(found))
        theta, best = maximise(family.rates, begin, successes[:, 1:], trials[:, 1:], rho)
        dips = _dips(own, family.rates(theta))
        name = "step" if family.name == "flat" else _PLAIN.get(family.name, family.name)
        shape = np.where(dips, SHAPES.index("valley"), SHAPES.index(name)).astype(np.float64)
        criterion = _aicc(best + alone, family.parameters + 1, responses)
        found.append(Variant(family, theta, own, criterion, shape))
        if family.name not in _PLAIN:
            begin = _begin(family, rates, near, len(found))
            found.append(_tied(family, begin, successes, trials, rho, responses))
    return found


def _begin(family: Family, rates: Floats, near: "Sequence[Variant] | None", at: int) -> Floats:
    if near is None or family.name == "rungs":
        return family.start(rates[:, 1:])
    return np.repeat(near[at].theta, len(rates), axis=0)


def _tied(family: Family, begin: Floats, successes: Floats, trials: Floats, rho: float, responses: Floats) -> Variant:
    """The start at the rate of the smallest rung: the plain shape of a family, whose own start would make a valley."""
    at = np.array([0.0, *family.places])

    def mean(theta: Floats) -> Floats:
        return family.rates(theta, at)

    theta, best = maximise(mean, begin, successes, trials, rho)
    extra = 0 if family.name == "flat" else 1
    code = np.full(len(theta), float(SHAPES.index(family.name)))
    return Variant(family, theta, mean(theta)[:, 0], _aicc(best, family.parameters + extra, responses), code)


def climb(places: Sequence[float], successes: Floats, trials: Floats, rho: float) -> dict[str, float]:
    """AICc weights of the families over the trained rungs alone (K x S), the start left out."""
    rates = _told(successes[None], trials[None])
    responses = np.maximum(trials.sum(keepdims=True)[0], 1)
    scores: dict[str, list[float]] = {}
    for family in families(places):
        _, best = maximise(family.rates, family.start(rates), successes[None], trials[None], rho)
        scores.setdefault(family.name, []).append(float(_aicc(best, family.parameters, responses)[0]))
    return _weights({name: np.array(found) for name, found in scores.items()})


def shape_weights(variants: Sequence[Variant], at: int = 0) -> dict[str, float]:
    """How AICc weighs the shapes for table number `at`; they sum to 1."""
    found = {
        name: np.array([v.criterion[at] for v in variants if v.shape[at] == code]) for code, name in enumerate(SHAPES)
    }
    return _weights({name: values for name, values in found.items() if len(values)})


def variant_weights(variants: Sequence[Variant], at: int = 0) -> Floats:
    """The weight of each variant in an average curve: its shape's, shared among those of the shape."""
    shapes = shape_weights(variants, at)
    codes = np.array([v.shape[at] for v in variants])
    criteria = np.array([v.criterion[at] for v in variants])
    weights = np.zeros(len(variants))
    for code in np.unique(codes):
        inside = codes == code
        share = np.exp(-(criteria[inside] - criteria[inside].min()) / 2)
        weights[inside] = shapes[SHAPES[int(code)]] * share / share.sum()
    return weights


def _weights(criteria: dict[str, Floats]) -> dict[str, float]:
    least = min(float(values.min()) for values in criteria.values())
    raw = {name: float(np.exp(-(values - least) / 2).mean()) for name, values in criteria.items()}
    return {name: value / sum(raw.values()) for name, value in raw.items()}


def _dips(start: Floats, rates: Floats) -> Floats:
    """Whether the start lies above a rung that a later rung lies above in turn (B)."""
    floor = np.minimum.accumulate(rates, axis=1)
    rises = np.where(rates > floor + 1e-6, floor, 1.0).min(axis=1)
    dips: Floats = start > rises + 1e-6
    return dips


def _aicc(best: Floats, parameters: int, responses: Floats) -> Floats:
    corrected: Floats = -2 * best + 2 * parameters * responses / np.maximum(responses - parameters - 1, 1)
    return corrected


def _told(successes: Floats, trials: Floats) -> Floats:
    """Pooled rates (B x K), kept off 0 and 1; a rung without trials takes the mean of those that have some."""
    hits, total = successes.sum(axis=2), trials.sum(axis=2)
    rates = (hits + 0.05) / (total + 0.1)
    mean = np.where(total > 0, rates, 0).sum(axis=1) / np.maximum((total > 0).sum(axis=1), 1)
    kept: Floats = np.where(total > 0, rates, mean[:, None])
    return kept
