"""Where the line lies between a sound run and each fault: learned on planted faults, and stored as constants.

A sign's line is a logistic regression with a ridge on one to three features. `python -m benchmarks.diagnosis --learn`
learns all of them from the runs of the learning worlds that ship with the package, and writes `lines.json` beside this
file; held-out worlds are never looked at. Not covered: calibration beyond what a ridge gives; with a few faulty runs
a sign, probabilities near 0 and 1 are not to be taken to the letter.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from thalweg import store
from thalweg.curve.panel import Floats
from thalweg.curve.reading import Reading
from thalweg.curve.signs import SIGNS, Sign, feature

HEALTHY = ""  # the fault of a run that has none
FILE = Path(__file__).with_name("lines.json")
_RIDGES = (0.003, 0.01, 0.03, 0.1, 0.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Where one sign's line lies: probability = 1 / (1 + exp(-(intercept + weights . (x - means) / scales)))."""

    features: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def probability(self, reading: Reading) -> float | None:
        """Of the fault; null where a feature was not measured."""
        values = [feature(reading, name) for name in self.features]
        if any(value is None for value in values):
            return None
        parts = zip(values, self.means, self.scales, self.weights, strict=True)
        logit = self.intercept + sum(w * (float(x or 0.0) - m) / s for x, m, s, w in parts)
        return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "Line":
        """A line as `save` wrote it."""
        names = ("features", "means", "scales", "weights")
        return cls(**{name: tuple(fields[name]) for name in names}, intercept=float(fields["intercept"]))


@cache
def learned() -> dict[str, Line]:
    """The lines that ship with the package."""
    saved: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return {fault: Line.of(fields) for fault, fields in saved.items()}


def save(lines: Mapping[str, Line]) -> None:
    """Writes the lines that ship."""
    store.write_json(FILE, {fault: asdict(line) for fault, line in lines.items()})


def learn(rows: Sequence[tuple[Reading, str]], worlds: Sequence[str], signs: Sequence[Sign] = SIGNS) -> dict[str, Line]:
    """The line of every sign, from readings with their faults (`HEALTHY` for none) and the world of each.

    A sign is learned against healthy runs and the faults of later signs, since earlier ones have been named by then.
    The ridge is one for all: that under which leaving out a world at a time predicts best.
    """
    names = sorted(set(worlds))

    def loss(ridge: float) -> float:
        lost = 0.0
        for name in names:
            inside = [row for row, world in zip(rows, worlds, strict=True) if world != name]
            outside = [row for row, world in zip(rows, worlds, strict=True) if world == name]
            lost += sum(_loss(sign, _line(sign, inside, ridge), outside) for sign in signs)
        return lost

    ridge = min(_RIDGES, key=loss)
    return {sign.fault: _line(sign, rows, ridge) for sign in signs}


def _relevant(sign: Sign, rows: Sequence[tuple[Reading, str]]) -> tuple[Floats, Floats]:
    """Features (n x k) and whether each row has the fault (n)."""
    order = [one.fault for one in SIGNS]
    after = {HEALTHY, *order[order.index(sign.fault) :]}
    kept = [(reading, fault) for reading, fault in rows if fault in after]
    values = [[feature(reading, name) for name in sign.features] for reading, _ in kept]
    whole = [i for i, row in enumerate(values) if None not in row]
    x = np.array([values[i] for i in whole], dtype=np.float64).reshape(len(whole), len(sign.features))
    return x, np.array([kept[i][1] == sign.fault for i in whole], dtype=np.float64)


def _line(sign: Sign, rows: Sequence[tuple[Reading, str]], ridge: float) -> Line:
    from scipy.optimize import minimize

    x, y = _relevant(sign, rows)
    means, scales = x.mean(0), np.maximum(x.std(0), 1e-3)  # a feature that never varies tells nothing
    z = (x - means) / scales

    def objective(parameters: Floats) -> tuple[float, Floats]:
        logits = parameters[0] + z @ parameters[1:]
        value = np.logaddexp(0, logits).sum() - y @ logits + ridge * (parameters[1:] ** 2).sum() / 2
        residual = 1 / (1 + np.exp(-logits)) - y
        return float(value), np.concatenate([[residual.sum()], z.T @ residual + ridge * parameters[1:]])

    found = minimize(objective, np.zeros(1 + x.shape[1]), jac=True, method="BFGS").x
    return Line(
        features=sign.features,
        means=tuple(round(float(v), 4) for v in means),
        scales=tuple(round(float(v), 4) for v in scales),
        weights=tuple(round(float(v), 4) for v in found[1:]),
        intercept=round(float(found[0]), 4),
    )


def _loss(sign: Sign, line: Line, rows: Sequence[tuple[Reading, str]]) -> float:
    x, y = _relevant(sign, rows)
    logits = line.intercept + (x - line.means) / line.scales @ np.array(line.weights)
    return float(np.logaddexp(0, logits).sum() - y @ logits)
