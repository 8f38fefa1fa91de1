"""Before, in or past the valley, or broken: what a `Reading` says of a checkpoint, and how sure that is.

Whether something is broken is decided sign by sign (`thalweg.curve.signs`), by a line each that was learned on faults
planted in miniature worlds (`thalweg.curve.lines`). The first sign that is likelier than not names the fault; others
that hold as well are told after it. Without a fault, the counts of checkpoint and start decide: below its start a
student is *in* the valley; else it is *past* it where it thinks as its teacher does, and *before* it where it still
answers as its start did.

Confidence is the line's probability, or the posterior probability of lying below the start. Both are as good as
what they were learned on: students of under a million parameters. How far that carries is in docs/diagnosis.md. Not
covered: two faults at once beyond naming both signs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, TypeAlias

from thalweg.curve.intervals import Difference
from thalweg.curve.lines import Line, learned
from thalweg.curve.reading import Reading
from thalweg.curve.signs import SIGNS, total
from thalweg.types import Cells

_SLIGHT = 0.05  # points of the score, as a share: a fall that is put up with
_NEARLY_ALL = 0.8  # share of the start's score
State: TypeAlias = Literal["before", "in", "past", "broken", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that is likelier than not."""

    fault: str
    confidence: float
    evidence: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """`findings` begins with the fault that is named; `level` is where the score lies whatever is broken."""

    state: State
    confidence: float
    level: State
    findings: tuple[Finding, ...]
    not_looked_at: tuple[str, ...]  # faults whose numbers were not measured


def diagnose(reading: Reading, lines: Mapping[str, Line] | None = None) -> Diagnosis:
    """The diagnosis of a reading, by the shipped lines or by others."""
    known = lines if lines is not None else learned()
    found, skipped = [], []
    for sign in SIGNS:
        probability = known[sign.fault].probability(reading) if sign.fault in known else None
        if probability is None:
            skipped.append(sign.fault)
        elif probability > 0.5:
            found.append(Finding(sign.fault, probability, sign.evidence(reading), sign.remedy))
    level, sure = valley_state(reading.cells, reading.start, reading.groups)
    state, confidence = ("broken", found[0].confidence) if found else (level, sure)
    return Diagnosis(
        state=state,  # type: ignore[arg-type]  # "broken" is one
        confidence=confidence,
        level=level,
        findings=tuple(found),
        not_looked_at=tuple(skipped),
    )


def valley_state(cells: Cells, start: Cells | None, groups: int) -> tuple[State, float]:
    """Before, in or past the valley, and its posterior probability; both scores have Jeffreys' prior.

    `groups` is the number of independent problem groups: responses beyond it count for nothing. The comparison is not
    paired, which errs on the unsure side.
    """
    if start is None:
        return "unknown", 0.0
    mean, spread = _posterior(cells, groups)
    at_start, start_spread = _posterior(start, groups)
    below = NormalDist().cdf((at_start - mean) / (spread + start_spread) ** 0.5)
    if below >= 0.5:
        return "in", below
    responses = max(total(cells)[0], 1)
    thinks = (cells.thinking_finished.n + cells.thinking_unfinished.n) / responses
    return ("past" if thinks >= 0.5 else "before"), 1 - below


def _posterior(cells: Cells, groups: int) -> tuple[float, float]:
    """Mean and variance of a score under a beta posterior."""
    responses, correct = total(cells)
    size = min(responses, groups) if groups else responses
    share = correct / responses if responses else 0.5
    a, b = size * share + 0.5, size * (1 - share) + 0.5
    return a / (a + b), a * b / ((a + b) ** 2 * (a + b + 1))


# --------------------------------------------------------------------------- in words


def words(diagnosis: Diagnosis, reading: Reading) -> str:
    """A diagnosis as a few plain sentences."""
    said = []
    if diagnosis.findings:
        first, *others = diagnosis.findings
        said.append(f"Broken: {first.fault} ({first.confidence:.0%} sure): {first.evidence}. Do: {first.remedy}.")
        if others:
            said.append(f"Also, perhaps because of it: {', '.join(f'{o.fault} ({o.evidence})' for o in others)}.")
    said.append(_level_words(diagnosis, reading))
    if diagnosis.not_looked_at:
        said.append(f"Not looked at, for want of the numbers: {', '.join(diagnosis.not_looked_at)}.")
    return " ".join(said)


def _level_words(diagnosis: Diagnosis, reading: Reading) -> str:
    if reading.start is None or diagnosis.level == "unknown":
        return "Where it stands in the valley cannot be told without the start's score."
    (n, correct), (n0, correct0) = total(reading.cells), total(reading.start)
    scores = f"{correct} of {n} correct, the start {correct0} of {n0}"
    _, sure = valley_state(reading.cells, reading.start, reading.groups)
    if sure < 0.8:
        return f"Not enough to tell where it stands in the valley: {scores}."
    unfinished = (reading.cells.thinking_unfinished.n + reading.cells.direct_unfinished.n) / max(n, 1)
    place = {
        "in": f"In the valley ({sure:.0%} sure): {scores}; {unfinished:.0%} of its responses do not finish",
        "past": f"Past the valley ({sure:.0%} sure): {scores}",
        "before": f"Before the valley ({sure:.0%} sure): {scores}, and most responses are still the start's kind",
    }
    return f"{place[diagnosis.level]}."


def is_recipe(own: Difference, start: float) -> bool:
    """Whether a student lost nearly all of its start's score by training on its own correct responses."""
    return own.high < 0 and own.value < -_NEARLY_ALL * start


def own_control(own: Difference, start: float) -> str:
    """What the control arm says: a student trained on its own correct responses, minus its start, paired.

    Such responses hold nothing new, so all that is lost is the recipe's doing. Sound recipes lose about half of the
    start's score (`start`, a share of 1) in the miniature worlds, by fitting so few rows again, and one of fourteen
    lost nearly all of it, as recipes at fault do (docs/diagnosis.md).
    """
    told = (
        f"Trained on its own correct responses the student changes by {_points(own.value)} points (95 % interval "
        f"{_points(own.low)} to {_points(own.high)}, n = {own.problems:,}) from {_points(start)}"
    )
    if own.low > -_SLIGHT:
        return f"{told}: the recipe by itself costs next to nothing. Look for a dip's cause in the data and its format."
    if is_recipe(own, start):
        return f"{told}. It had nothing new to learn from them and lost nearly all: suspect the recipe before the data."
    if own.high < 0:
        return (
            f"{told}: the recipe costs that much whatever the data. Sound recipes may, where rows are few and the rate "
            "is high; a lower rate or more rows should bring it down."
        )
    return f"{told}: not enough to tell whether the recipe is at fault. More problems would."


def _points(share: float) -> str:
    return f"{100 * share + 0.0:.1f}".replace("-", "\N{MINUS SIGN}")
