"""The shape of a curve: finishing, passing once finished, and their product, fitted to counts.

`fit_shapes` fits each component by likelihood (`likelihood.py`) with every family of curves that the rungs can tell
apart (`families.py`, `variants.py`), and weighs shapes by AICc. A shape is *told* when its weight is at least 0.8 and,
for the two claims that people make, `valley` and `sharper` (than log-linear), when besides a parametric bootstrap under
the best simpler shape gives so large a difference in at most 5 % of its draws. Else it is not enough to tell. With
three rungs a bend cannot be told from a kink at the second, and is not claimed; with two there is none to see.

Curves and their intervals are averages over shapes: each of 400 bootstrap draws of the counts picks its own shape.
pass@1 is the product of the two components. Sizes that were not reached are open-ended. Coverage in simulations:
`benchmarks/forecasts.py --shapes`. Not covered: anything beyond the tested sizes (`forecast.py`), which are refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from thalweg.curve.counts import Counts
from thalweg.curve.likelihood import Table, dispersion, redraw, tables
from thalweg.curve.panel import Floats
from thalweg.curve.variants import SHAPES, Variant, climb, fit_variants, shape_weights, variant_weights
from thalweg.errors import InputError
from thalweg.types import Rate

_DRAWS, _CHANCES = 400, 200
_SURE, _RARE = 0.8, 0.05
_SIMPLER = {
    "valley": ("flat", "step", "log-linear", "s-shaped", "sharper", "levelling"),
    "sharper": ("flat", "step", "log-linear", "s-shaped", "levelling"),
}
_STEPS = 400  # points of the curve between the smallest and the largest rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The corpus size, in examples, at which a score is reached, with its 95 % interval.

    `size` is null where the tested sizes do not reach it, and the smallest rung where that one does already; `low` is
    null where it may lie below the smallest rung, `high` where it may lie beyond the largest.
    """

    size: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Component:
    """One component's fit. `weights`: shapes, the start included; `climb`: families over the trained rungs alone.

    `told` is the shape, null where there is not enough to tell; `chances` how often the best simpler shape would show
    as much of a valley, or of a bend upwards, by chance; `rho` the dispersion between seeds and `seen` the degrees of
    freedom behind it (0: assumed). `point` are the variants as fitted, `drawn` their refits to the bootstrap's draws,
    which only the two factors have: the score's curve is their product.
    """

    name: str
    table: Table
    rho: float
    seen: int
    weights: Mapping[str, float]
    climb: Mapping[str, float]
    chances: Mapping[str, float]
    point: Sequence[Variant]
    drawn: Sequence[Variant]

    @property
    def told(self) -> str | None:
        """The shape, or null."""
        shape = max(self.weights, key=lambda name: self.weights[name])
        sure = self.weights[shape] >= _SURE and self.chances.get(shape, 0.0) <= _RARE
        return shape if sure and shape != "unclear" else None

    def curve(self, places: Floats) -> Floats:
        """Rates (1 + n): of the start and at `places`, averaged over variants."""
        weights = variant_weights(self.point)
        rows = np.array([np.r_[v.start[0], v.rates(places)[0]] for v in self.point])
        averaged: Floats = weights @ rows
        return averaged

    def draws(self, places: Floats) -> Floats:
        """The same of every bootstrap draw (B x (1 + n)), each by the variant that is best for it."""
        best = np.argmin([v.criterion for v in self.drawn], axis=0)
        rows = np.empty((len(best), 1 + len(places)))
        for at, v in enumerate(self.drawn):
            own = best == at
            rows[own] = np.hstack([v.start[own, None], v.rates(places)[own]])
        return rows


@dataclass(frozen=True)
class ShapeFit:
    """The fits of one arm's finishing, passing and score, over trained `sizes` (ascending)."""

    sizes: tuple[int, ...]
    finishing: Component
    passing: Component
    score: Component

    def predict(self, sizes: Sequence[float]) -> list[Rate]:
        """pass@1, finishing times passing, at sizes from the smallest to the largest rung; 0 is the start.

        Raises:
            InputError: a size outside of what was tested.
        """
        for size in sizes:
            if size != 0 and not self.sizes[0] <= size <= self.sizes[-1]:
                tested = f"tested are {self.sizes[0]:,} to {self.sizes[-1]:,} examples"
                raise InputError(f"size {size:,}", tested, "forecasts beyond them are `curve.forecast`")
        places = np.array([self._place(size) for size in sizes if size > 0])
        order = np.cumsum([size > 0 for size in sizes]) * np.array([size > 0 for size in sizes])
        value = (self.finishing.curve(places) * self.passing.curve(places))[order]
        draws = (self.finishing.draws(places) * self.passing.draws(places))[:, order]
        low, high = np.quantile(draws, [0.025, 0.975], axis=0)
        bounds = zip(value, np.minimum(low, value), np.maximum(high, value), strict=True)
        return [Rate(value=float(v), low=float(a), high=float(b)) for v, a, b in bounds]

    def size_for(self, score: float) -> Reach:
        """Where pass@1 first reaches `score` (0 to 1) after its floor."""
        curve, draws = self._curves
        return self._reach(_crossing(curve[None, 1:], np.array([score])), _crossing(draws[:, 1:], np.array([score])))

    def break_even(self) -> Reach:
        """Where pass@1 is back at its start after its floor; no size where the curve does not dip below its start."""
        curve, draws = self._curves
        if curve[1:].min() >= curve[0]:
            return Reach()
        return self._reach(_crossing(curve[None, 1:], curve[:1]), _crossing(draws[:, 1:], draws[:, 0]))

    def describe(self) -> list[str]:
        """A sentence a component, and one on how far seeds were seen to spread."""
        told = [_sentence(name, part) for name, part in self._named()]
        seen = max(part.seen for _, part in self._named())
        spread = 100 * float(np.sqrt(self.score.rho) / 2)
        assumed = "assumed, since there is one seed" if seen == 0 else f"from {seen} degrees of freedom and a prior"
        return [*told, f"Seeds are taken to spread by {spread:.1f} points at a score of one half ({assumed})."]

    def _named(self) -> list[tuple[str, Component]]:
        return [("pass@1", self.score), ("finishing", self.finishing), ("passing once finished", self.passing)]

    def _place(self, size: float) -> float:
        if len(self.sizes) == 1:
            return 0.0
        return float(np.log(size / self.sizes[0]) / np.log(self.sizes[-1] / self.sizes[0]))

    @cached_property
    def _curves(self) -> tuple[Floats, Floats]:
        places = np.linspace(0, 1, _STEPS + 1)
        point = self.finishing.curve(places) * self.passing.curve(places)
        return point, self.finishing.draws(places) * self.passing.draws(places)

    def _reach(self, place: Floats, draws: Floats) -> Reach:
        low, high = np.quantile(draws, [0.025, 0.975], method="inverted_cdf")
        return Reach(
            size=self._size(max(float(place[0]), 0.0)), low=self._size(float(low)), high=self._size(float(high))
        )

    def _size(self, place: float) -> float | None:
        if np.isinf(place):
            return None
        return round(float(self.sizes[0] * (self.sizes[-1] / self.sizes[0]) ** place), 1)


def fit_shapes(counts: Sequence[Counts]) -> ShapeFit:
    """Fits one arm's counts, its start included.

    Raises:
        InputError: no start (size 0), or no trained rung.
    """
    sizes = sorted({c.size for c in counts})
    if len(sizes) < 2 or sizes[0] != 0:
        raise InputError("shapes", "need the start (size 0) and at least one trained rung", "score them first")
    trained = tuple(sizes[1:])
    width = np.log(trained[-1] / trained[0]) or 1.0
    places = tuple(float(np.log(size / trained[0]) / width) for size in trained)
    rng = np.random.default_rng(0)
    found = tables(counts)
    drawn = _redrawn(found, rng)
    parts = {name: _component(name, table, places, drawn.get(name), rng) for name, table in found.items()}
    return ShapeFit(trained, parts["finishing"], parts["passing"], parts["score"])


def _redrawn(found: Mapping[str, Table], rng: np.random.Generator) -> dict[str, tuple[Floats, Floats]]:
    """Bootstrap draws (B x K x S) of successes and trials; the passing are drawn out of the finishing drawn."""
    finishing, passing = found["finishing"], found["passing"]
    trials = np.broadcast_to(finishing.trials, (_DRAWS, *finishing.trials.shape))
    done = redraw(_saturated(finishing), trials, dispersion(finishing)[0], rng)
    passed = redraw(_saturated(passing), done, dispersion(passing)[0], rng)
    return {"finishing": (done, trials), "passing": (passed, done)}


def _saturated(table: Table) -> Floats:
    """Measured rates, kept off 0 and 1; where nothing was tried, those of the rungs beside."""
    hits, trials = table.successes.sum(axis=1), table.trials.sum(axis=1)
    told = trials > 0
    if not told.any():
        return np.full(len(trials), 0.5)
    rungs = np.arange(len(trials), dtype=np.float64)
    rates = (hits[told] + 0.05) / (trials[told] + 0.1)
    filled: Floats = np.interp(rungs, rungs[told], rates)
    return filled


def _component(
    name: str,
    table: Table,
    places: Sequence[float],
    drawn: tuple[Floats, Floats] | None,
    rng: np.random.Generator,
) -> Component:
    rho, seen = dispersion(table)
    point = fit_variants(places, table.successes[None], table.trials[None], rho)
    weights = shape_weights(point)
    chances = {
        claim: _chance(claim, point, table, places, rho, rng) for claim in _SIMPLER if weights.get(claim, 0) > 0.5
    }
    return Component(
        name=name,
        table=table,
        rho=rho,
        seen=seen,
        weights=weights,
        climb=climb(places, table.successes[1:], table.trials[1:], rho),
        chances=chances,
        point=point,
        drawn=fit_variants(places, *drawn, rho, point) if drawn else (),
    )


def _chance(
    claim: str, point: Sequence[Variant], table: Table, places: Sequence[float], rho: float, rng: np.random.Generator
) -> float:
    """How often draws from the best simpler shape prefer `claim` by as much as the measured table does."""
    simple = min((v for v in point if SHAPES[int(v.shape[0])] in _SIMPLER[claim]), key=lambda v: float(v.criterion[0]))
    rates = np.r_[simple.start[0], simple.rates(np.array(places))[0]]
    trials = np.broadcast_to(table.trials, (_CHANCES, *table.trials.shape))
    drawn = fit_variants(places, redraw(rates, trials, rho, rng), trials, rho, point)
    seen = float(_preference(claim, point)[0])
    return float((1 + (_preference(claim, drawn) >= seen).sum()) / (1 + _CHANCES))


def _preference(claim: str, variants: Sequence[Variant]) -> Floats:
    """By how much the best variant of `claim` beats the best simpler one (B)."""
    codes, criteria = np.array([v.shape for v in variants]), np.array([v.criterion for v in variants])
    own = np.where(codes == SHAPES.index(claim), criteria, np.inf).min(axis=0)
    simple = np.where(np.isin(codes, [SHAPES.index(s) for s in _SIMPLER[claim]]), criteria, np.inf).min(axis=0)
    better: Floats = simple - own
    return better


def _crossing(rates: Floats, level: Floats) -> Floats:
    """Places (B) where curves (B x n, evenly spaced) first reach `level` (B or 1) after their lowest point."""
    index = np.arange(rates.shape[1])
    after = index[None, :] >= rates.argmin(axis=1)[:, None]
    reached = after & (rates >= level[:, None])
    first = reached.argmax(axis=1)
    before = np.maximum(first - 1, 0)
    rows = np.arange(len(rates))
    gap = rates[rows, first] - rates[rows, before]
    share = np.where((first > 0) & (gap > 0), (level - rates[rows, before]) / np.where(gap > 0, gap, 1), 1.0)
    place = (before + np.clip(share, 0, 1) * (first > before)) / (rates.shape[1] - 1)
    # At the smallest rung already: nothing says how far below it.
    place = np.where(first == 0, -np.inf, place)
    return np.where(reached.any(axis=1), place, np.inf)


def _sentence(name: str, part: Component) -> str:
    ordered = sorted(part.weights.items(), key=lambda item: -item[1])
    weights = ", ".join(f"{shape} {weight:.2f}" for shape, weight in ordered[:3] if weight >= 0.005)
    chance = part.chances.get(ordered[0][0])
    by_chance = "" if chance is None else f"; a simpler shape gives as much by chance with p = {chance:.3f}"
    verdict = part.told or "not enough to tell"
    return f"{name[0].upper()}{name[1:]}: {verdict} (weights: {weights}{by_chance})."
