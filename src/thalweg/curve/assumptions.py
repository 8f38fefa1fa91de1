"""What a power calculation assumes, measured on rungs that are done.

Moments over a panel (start first): how far two runs of one rung, or two rungs, agree about a problem beyond chance, how
far problems of a group move together, and how far seeds spread beyond the noise of finite benchmarks. Sums of
covariances are divided by sums of variances, so that rungs near 0 or 1, where nothing can vary, weigh little. Every
correlation is cut off at 0 and 0.95. Not covered: intervals of these figures; a plan needs their order only.
"""

import numpy as np

from thalweg.curve.panel import Floats, Ints, Panel
from thalweg.curve.power import Assumptions


def assumptions(panel: Panel, otherwise: Assumptions) -> Assumptions:
    """The assumptions that a panel supports; what it cannot tell (seeds, groups) is taken from `otherwise`."""
    values = panel.values
    columns, seeds, _ = values.shape
    trained = values[1:] if columns > 1 else values
    same = _same(trained) if seeds > 1 else None
    grouped = int(panel.clusters.max()) + 1 < values.shape[2]
    return Assumptions(
        base=float(values[0].mean()),
        paired=_or(_paired(values) if columns > 1 else None, otherwise.paired),
        same=_or(same, otherwise.same),
        icc=_or(_icc(values, panel.clusters) if grouped and columns > 1 else None, otherwise.icc),
        spread=_spread(trained, _or(same, otherwise.same)) if seeds > 1 else otherwise.spread,
    )


def _same(values: Floats) -> float | None:
    """Correlation of a rung's answers to one problem over seeds."""
    seeds = values.shape[1]
    centred = values - values.mean(axis=2, keepdims=True)
    products = sum(float((centred[:, s] * centred[:, t]).sum()) for s in range(seeds) for t in range(s))
    return _ratio(2 * products / (seeds - 1), float((centred**2).sum()))


def _paired(values: Floats) -> float | None:
    """Correlation of two columns' answers to one problem within a seed."""
    centred = values - values.mean(axis=2, keepdims=True)
    spread = np.sqrt((centred**2).sum(axis=2))
    count = len(values)
    pairs = [(one, other) for one in range(count) for other in range(one)]
    return _ratio(
        sum(float((centred[one] * centred[other]).sum()) for one, other in pairs),
        sum(float((spread[one] * spread[other]).sum()) for one, other in pairs),
    )


def _icc(values: Floats, clusters: Ints) -> float | None:
    """Correlation within groups of each column's difference from the start, over the mean of seeds."""
    gaps = (values[1:] - values[:1]).mean(axis=1)
    centred = gaps - gaps.mean(axis=1, keepdims=True)
    sizes = np.bincount(clusters)
    sums = np.zeros((len(sizes), len(gaps)))
    np.add.at(sums, clusters, centred.T)
    pairs = float((sizes * (sizes - 1)).sum()) / len(clusters)
    return _ratio((float((sums**2).sum()) - float((centred**2).sum())) / pairs, float((centred**2).sum()))


def _spread(values: Floats, same: float) -> float:
    """Standard deviation of the columns' rates over seeds, without what finite problems alone would bring."""
    rates = values.mean(axis=2)
    noise = values.var(axis=2).mean(axis=1) * (1 - same) / values.shape[2]
    return float(np.sqrt(max((rates.var(axis=1, ddof=1) - noise).mean(), 0.0)))


def _ratio(part: float, whole: float) -> float | None:
    return float(np.clip(part / whole, 0.0, 0.95)) if whole > 0 else None


def _or(found: float | None, default: float) -> float:
    return default if found is None else found
