"""Shapes on ladders of known truth: how often claims are false, how often true ones are made, what intervals cover.

    python -m benchmarks.shapes --studies 200

Truths are curves over five rungs (128 to 2,048) and a start, 300 problems each, with one seed or three whose rates
spread by the given points. False: `valley` told of a truth without one; `sharper` told of a straight or s-shaped one.
Coverage: 95 % intervals of break-even and of the size for a score of 40 %, against the truth drawn straight in log size
between rungs; an open end covers what lies beyond it. The Clopper-Pearson interval stands in brackets.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from thalweg.curve.counts import Counts, counts_of_cells
from thalweg.curve.shapes import Reach, ShapeFit, fit_shapes
from thalweg.types import Cell, Cells

SIZES = (0, 128, 256, 512, 1024, 2048)
# Finishing and passing once finished, at each of SIZES.
TRUTHS: Mapping[str, tuple[Sequence[float], Sequence[float]]] = {
    "flat": ([0.95] * 6, [0.30] * 6),
    "log-linear": ([1.0] * 6, [0.10, 0.12, 0.24, 0.36, 0.48, 0.60]),
    "s-shaped": ([1.0] * 6, [0.03, 0.05, 0.14, 0.34, 0.62, 0.84]),
    "valley": ([1.0, 0.3, 0.6, 0.85, 0.95, 0.98], [0.35, 0.15, 0.22, 0.35, 0.50, 0.65]),
    "sharper": ([1.0] * 6, [0.05, 0.06, 0.08, 0.13, 0.27, 0.62]),
}
WANTED = 0.4


@dataclass(frozen=True, slots=True)
class Design:
    """Seeds, their standard deviation at one half, problems."""

    seeds: int
    spread: float
    problems: int = 300


def study(truth: str, design: Design, rng: np.random.Generator) -> list[Counts]:
    """One simulated ladder; the start is one checkpoint, which seeds share."""
    finishing, passing = TRUTHS[truth]
    found = []
    for at, size in enumerate(SIZES):
        for seed in range(design.seeds if size else 1):
            spread = design.spread if size else 0.0
            done = rng.binomial(design.problems, _moved(finishing[at], spread, rng))
            correct = rng.binomial(done, _moved(passing[at], spread, rng))
            found.append(_counts(size, seed, design.problems, done, correct))
    return found


def _moved(rate: float, spread: float, rng: np.random.Generator) -> float:
    """The rate of a seed: its spread is largest at one half."""
    scale = 2 * np.sqrt(rate * (1 - rate))
    return float(np.clip(rate + spread * scale * rng.standard_normal(), 0, 1))


def _counts(size: int, seed: int, problems: int, done: int, correct: int) -> Counts:
    empty = Cell(n=0, correct=0)
    cells = Cells(
        thinking_finished=Cell(n=done, correct=correct),
        thinking_unfinished=Cell(n=problems - done, correct=0),
        direct_finished=empty,
        direct_unfinished=empty,
    )
    return counts_of_cells(cells, size=size, seed=seed)


def reached(truth: str, wanted: float | None) -> float:
    """Where the truth reaches a score after its floor (its start's, when null); infinite where it does not."""
    scores = np.prod(np.array(TRUTHS[truth]), axis=0)
    level = scores[0] if wanted is None else wanted
    floor = 1 + int(scores[1:].argmin())
    for k in range(floor, len(SIZES)):
        if scores[k] >= level:
            if k == floor:
                return 0.0
            share = (level - scores[k - 1]) / (scores[k] - scores[k - 1])
            return float(SIZES[k - 1] * (SIZES[k] / SIZES[k - 1]) ** share)
    return float("inf")


def covers(found: Reach, size: float) -> bool:
    low = 0.0 if found.low is None and found.size is not None else found.low
    high = float("inf") if found.high is None else found.high
    return (low or 0.0) <= size <= high


def share(hits: Sequence[bool]) -> str:
    n, k = len(hits), sum(hits)
    low = 100 * float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = 100 * float(beta.ppf(0.975, k + 1, n - k)) if k < n else 100.0
    return f"{100 * k / n:5.1f} % ({low:.1f} to {high:.1f})"


def report(truth: str, design: Design, fits: Sequence[ShapeFit]) -> str:
    told = [fit.score.told for fit in fits]
    parts = [f"{name} {share([t == name for t in told])}" for name in ("valley", "sharper", "log-linear", "s-shaped")]
    parts.append(f"not told {share([t is None for t in told])}")
    size = reached(truth, WANTED)
    if 0 < size < float("inf"):
        parts.append(f"size for {WANTED:.0%} covered {share([covers(fit.size_for(WANTED), size) for fit in fits])}")
    if truth == "valley":
        back = reached(truth, None)
        parts.append(f"break-even covered {share([covers(fit.break_even(), back) for fit in fits])}")
    seeds = f"{design.seeds} seed{'s' if design.seeds > 1 else ''}, spread {100 * design.spread:.1f}"
    return f"{truth}, {seeds}, {len(fits)} studies: " + "; ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--truth", choices=sorted(TRUTHS), nargs="*", default=list(TRUTHS))
    arguments = parser.parse_args()
    for truth in arguments.truth:
        for design in (Design(1, 0.0), Design(1, 0.015), Design(3, 0.015), Design(3, 0.03)):
            rng = np.random.default_rng([len(truth), design.seeds, round(1000 * design.spread)])
            fits = [fit_shapes(study(truth, design, rng)) for _ in range(arguments.studies)]
            print(report(truth, design, fits), flush=True)


if __name__ == "__main__":
    main()
