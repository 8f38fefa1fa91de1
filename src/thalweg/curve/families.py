"""The families of curves that shapes are told apart by: a rate as a function of the place between two rungs.

The place z runs from 0 at the smallest trained rung to 1 at the largest, straight in the logarithm of the size. Every
family has the rates at both ends among its parameters, as logits, so that fits start from what was measured:

    flat         p                                        1 parameter
    log-linear   straight from p0 to p1                   2
    s-shaped     logits straight from p0 to p1            2
    sharper      p0 + (p1 - p0) (e^cz - 1) / (e^c - 1)    3, c > 0: a power of the size, which bends upwards
    levelling    the same with c < 0                      3
    trough       straight to a floor at a rung between, straight from there    4
    rungs        every rung its own rate, straight between them                one a rung

Log-linear means a straight line in the *rate*, as the field uses the word. A curve may bend upwards in rates and be
straight or bend downwards in logits; then `s-shaped` fits as well as `sharper` and nothing is claimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thalweg.curve.panel import Floats

_LOGIT = 8.0
_BEND = (0.25, 5.0)


@dataclass(frozen=True, slots=True)
class Family:
    """One family at K rungs that stand at `places` (K, from 0 to 1); `knot` is the trough's rung."""

    name: str
    places: tuple[float, ...]
    knot: int = 0

    @property
    def parameters(self) -> int:
        """How many are fitted; the choice of a trough's rung counts as one."""
        return {"flat": 1, "log-linear": 2, "s-shaped": 2, "sharper": 3, "levelling": 3, "trough": 4}.get(
            self.name, len(self.places)
        )

    def start(self, rates: Floats) -> Floats:
        """Parameters (B x k) to begin a fit from, given measured rates (B x K)."""
        ends = _logit(rates[:, [0, -1]])
        if self.name == "flat":
            return _logit(rates.mean(axis=1, keepdims=True))
        if self.name in ("sharper", "levelling"):
            return np.hstack([ends, np.zeros((len(rates), 1))])
        if self.name == "trough":
            depth = rates[:, [self.knot]] / np.maximum(rates[:, [0, -1]].min(axis=1, keepdims=True), 1e-3)
            return np.hstack([ends, _logit(depth)])
        return _logit(rates) if self.name == "rungs" else ends

    def rates(self, theta: Floats, places: Floats | None = None) -> Floats:
        """Rates (B x n) of parameters (B x k) at `places`, those of the rungs by default."""
        z = np.asarray(self.places if places is None else places, dtype=np.float64)[None, :]
        if self.name == "flat":
            return np.broadcast_to(_rate(theta[:, :1]), (len(theta), z.shape[1])).copy()
        if self.name == "s-shaped":
            return _rate(theta[:, :1] * (1 - z) + theta[:, 1:2] * z)
        if self.name == "rungs":
            return _joined(self.places, _rate(theta), z[0])
        first, last = _rate(theta[:, :1]), _rate(theta[:, 1:2])
        if self.name == "log-linear":
            return first + (last - first) * z
        if self.name == "trough":
            floor = np.minimum(first, last) * _rate(theta[:, 2:3])
            return _joined((0.0, self.places[self.knot], 1.0), np.hstack([first, floor, last]), z[0])
        bend = np.exp(np.clip(theta[:, 2:3], np.log(_BEND[0]), np.log(_BEND[1])))
        bend = bend if self.name == "sharper" else -bend
        risen: Floats = first + (last - first) * np.expm1(bend * z) / np.expm1(bend)
        return risen


def families(places: Sequence[float]) -> list[Family]:
    """Those that K rungs can tell: lines need two rungs; a bend three, beside a kink at the second; a trough four."""
    at, count = tuple(places), len(places)
    names = ["flat"] + ["log-linear", "s-shaped"] * (count > 1) + ["sharper", "levelling"] * (count > 2)
    found = [Family(name, at) for name in names]
    if count > 3:
        found += [Family("trough", at, knot) for knot in range(1, count - 1)]
    return [*found, Family("rungs", at)] if count > 2 else found


def _joined(at: Sequence[float], rates: Floats, z: Floats) -> Floats:
    """Straight lines through rates (B x K) that stand at K places."""
    x = np.asarray(at, dtype=np.float64)
    left = np.clip(np.searchsorted(x, z, side="right") - 1, 0, max(len(x) - 2, 0))
    if len(x) == 1:
        return np.repeat(rates, len(z), axis=1)
    share = ((z - x[left]) / (x[left + 1] - x[left]))[None, :]
    line: Floats = rates[:, left] * (1 - share) + rates[:, left + 1] * share
    return line


def _logit(rates: Floats) -> Floats:
    p = np.clip(rates, 1e-3, 1 - 1e-3)
    logits: Floats = np.log(p / (1 - p))
    return logits


def _rate(logits: Floats) -> Floats:
    rates: Floats = 1 / (1 + np.exp(-np.clip(logits, -_LOGIT, _LOGIT)))
    return rates
