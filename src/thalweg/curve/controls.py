"""The dip taken apart by its control arms, and every rung against its start.

At a size N, with all scores paired on the same problems and seeds:

    dip            start - arm(N)
    re-fitting     start - direct(N)          the control arm that learns N direct answers
    new format     direct(N) - arm(N)         re-fitting + new format = dip
    steps          matched(N) - arm(N)        the control arm with N examples and the top rung's optimiser steps
    data           start - matched(N)         steps + data = dip

The two sums are two accounts of one dip; they overlap and must not be added together. Positive numbers are losses.
Not covered: interactions of the two (a step-matched direct arm would be needed).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from thalweg.curve.intervals import Difference, difference, estimate
from thalweg.curve.panel import Book, book, panel
from thalweg.errors import InputError
from thalweg.types import Outcome


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The dip at `size` and its parts, in shares of 1; null where a control arm was not measured at that size."""

    arm: str
    size: int
    dip: Difference
    refitting: Difference | None
    new_format: Difference | None
    steps: Difference | None
    data: Difference | None


@dataclass(frozen=True, slots=True)
class Against:
    """A rung minus its start; `seed` is null for all seeds together."""

    arm: str
    size: int
    seed: int | None
    benchmark: str
    difference: Difference


def decompose(
    outcomes: Sequence[Outcome], arm: str, direct: str | None, matched: str | None, benchmark: str | None = None
) -> list[Decomposition]:
    """The dip of `arm` at each size where a control arm was measured; the first outcome's benchmark when null.

    Raises:
        InputError: a control arm does not begin at the start of `arm`.
    """
    _same_start(outcomes, arm, [name for name in (direct, matched) if name is not None])
    measured = book(outcomes, benchmark if benchmark is not None else outcomes[0].benchmark)
    found = (_at(measured, arm, size, direct, matched) for size in measured.sizes(arm) if size > 0)
    return [parts for parts in found if parts is not None]


def _same_start(outcomes: Sequence[Outcome], arm: str, controls: Sequence[str]) -> None:
    starts = {o.arm: o.start for o in outcomes}
    for control in controls:
        if control in starts and arm in starts and starts[control] != starts[arm]:
            problem = f"starts from '{starts[control]}', '{arm}' from '{starts[arm]}'"
            raise InputError(f"control arm '{control}'", problem, "let both have the same 'start'")


def _at(measured: Book, arm: str, size: int, direct: str | None, matched: str | None) -> Decomposition | None:
    controls = [name for name in (direct, matched) if name is not None and (name, size) in measured.columns]
    found = panel(measured, [(arm, 0), (arm, size), *((name, size) for name in controls)]) if controls else None
    if found is None:
        return None
    scores = estimate(found)
    at_direct = 2 + controls.index(direct) if direct in controls else None
    at_matched = 2 + controls.index(matched) if matched in controls else None
    return Decomposition(
        arm=arm,
        size=size,
        dip=difference(scores, 0, 1),
        refitting=None if at_direct is None else difference(scores, 0, at_direct),
        new_format=None if at_direct is None else difference(scores, at_direct, 1),
        steps=None if at_matched is None else difference(scores, at_matched, 1),
        data=None if at_matched is None else difference(scores, 0, at_matched),
    )


def against_start(outcomes: Sequence[Outcome]) -> list[Against]:
    """Every trained rung minus its start, paired: all seeds together (seed null), then each seed alone."""
    rows = []
    for benchmark in dict.fromkeys(o.benchmark for o in outcomes):
        measured = book(outcomes, benchmark)
        for arm, size in sorted(measured.columns, key=lambda column: (measured.arms().index(column[0]), column[1])):
            seeds = sorted(measured.columns[arm, size]) if size > 0 else []
            for seed in [None, *seeds] if seeds else []:
                found = panel(measured, [(arm, 0), (arm, size)], None if seed is None else [seed])
                if found is not None:
                    rows.append(Against(arm, size, seed, benchmark, difference(estimate(found), 1, 0)))
    return rows


# --------------------------------------------------------------------------- in words


def words(parts: Decomposition) -> str:
    """The decomposition as a few plain sentences, every number with its interval."""
    said = [f"At {parts.size:,} examples the score is {_level(parts.dip)}."]
    if parts.refitting is not None and parts.new_format is not None:
        said.append(
            f"By format: training on direct answers alone {_effect(parts.refitting, 'costs', 'gains')}; "
            f"answering by thinking instead {_effect(parts.new_format, 'costs', 'gains')}."
        )
    if parts.steps is not None and parts.data is not None:
        said.append(
            f"By steps: with as many optimiser steps as the top rung the same examples "
            f"{_effect(parts.steps, 'give back', 'lose a further')}; what stays at equal steps, the data's part, "
            f"{_effect(parts.data, 'is a loss of', 'is a gain of')}."
        )
    if parts.refitting is not None and parts.steps is not None:
        said.append("The two accounts divide the same difference in two ways; they overlap and do not add up.")
    return " ".join(said)


def _level(dip: Difference) -> str:
    if not dip.distinct:
        return f"not distinguishable from its start ({_signed(-dip.value)}, {_range(-dip.high, -dip.low)})"
    side = "below" if dip.value > 0 else "above"
    low, high = sorted((abs(dip.low), abs(dip.high)))
    return f"{_points(abs(dip.value))} {side} its start ({_range(low, high)}, n = {dip.problems:,})"


def _effect(effect: Difference, loss: str, gain: str) -> str:
    if not effect.distinct:
        verb = "is" if loss.startswith("is") else "has an effect"
        return f"{verb} not distinguishable from none ({_signed(effect.value)}, {_range(effect.low, effect.high)})"
    low, high = sorted((abs(effect.low), abs(effect.high)))
    return f"{loss if effect.value > 0 else gain} {_points(abs(effect.value))} ({_range(low, high)})"


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"


def _signed(share: float) -> str:
    return f"{_number(share)} points"


def _range(low: float, high: float) -> str:
    return f"95 % interval {_number(low)} to {_number(high)}"


def _number(share: float) -> str:
    return f"{100 * share + 0.0:.1f}".replace("-", "\N{MINUS SIGN}")
