"""The verdict in words: what happened on the ladder, where the floor comes from, what the control arms say.

Every number stands with its 95 % interval, and with the number of problems and seeds behind it.
"""

from collections.abc import Sequence

from thalweg.curve.controls import Decomposition, words
from thalweg.curve.valley import NEVER_BELOW, NO_RISE, UNSURE, UNTRAINED
from thalweg.report.data import ReportData
from thalweg.report.rungs import Rung
from thalweg.types import ArmCurve, Cells, Rate


def percent(rate: Rate) -> str:
    """`37.0 % (31.7–42.6)`, or a dash where there is nothing to tell."""
    if rate.value is None:
        return "–"
    bounds = f" ({100 * rate.low:.1f}–{100 * rate.high:.1f})" if rate.low is not None and rate.high is not None else ""
    return f"{100 * rate.value:.1f} %{bounds}"


def headline(arm: ArmCurve, decompositions: Sequence[Decomposition] = ()) -> str:
    """A few words for the top of the page. A valley that a control arm explains is not announced without it."""
    if arm.valley.detected:
        return f"A valley is detected. {_cause(decompositions)}".rstrip()
    known = {
        UNTRAINED: "No rung is trained yet.",
        NEVER_BELOW: "No valley: the score is never below its start.",
        NO_RISE: "The score falls and does not come back on this ladder.",
        UNSURE: "Not enough to tell whether there is a valley.",
    }
    return next((said for note, said in known.items() if note in (arm.note or "")), "No valley is detected.")


def _cause(decompositions: Sequence[Decomposition]) -> str:
    """What the step-matched arm says of the dip, in one sentence."""
    lost, too_short = [], []
    for parts in decompositions:
        if parts.dip.low > 0 and parts.steps is not None and parts.data is not None:
            if parts.data.low > 0:
                lost.append(f"{parts.size:,}")
            elif parts.steps.low > 0:
                too_short.append(f"{parts.size:,}")
    said = []
    if lost:
        said.append(f"at {_and(lost)} examples as many optimiser steps as the top rung took do not undo it")
    if too_short:
        said.append(f"at {_and(too_short)} examples it is too few optimiser steps, not too little data")
    text = "; ".join(said) or "no control arm says whether steps or data are behind it"
    return f"{text[0].upper()}{text[1:]}."


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def verdict(data: ReportData, found: Sequence[Rung]) -> list[str]:
    """The verdict's paragraphs: the curve, its floor, what the control arms say, the seeds."""
    arm = data.curve.arms[data.arm]
    ladder = [rung for rung in found if rung.arm == data.arm]
    paragraphs = [_story(data, arm, ladder), _floor(arm, ladder), *_controls(data.decompositions), _seeds(arm)]
    return [text for text in paragraphs if text]


def _story(data: ReportData, arm: ArmCurve, ladder: Sequence[Rung]) -> str:
    problems = max((rung.problems for rung in ladder), default=0)
    seeds = len(arm.seeds)
    measured = f"n = {problems:,} problems, {seeds} seed{'s' if seeds != 1 else ''}"
    said = [f"On {data.curve.benchmark} ({measured}) the student starts at {percent(arm.base)}."]
    valley = arm.valley
    if valley.floor is not None and valley.floor_size is not None:
        floor = percent(Rate(value=valley.floor, low=valley.low, high=valley.high))
        lowest = "It falls to a floor of" if valley.detected else "Its lowest rung is"
        said.append(f"{lowest} {floor} at {valley.floor_size:,} examples.")
    back = arm.break_even
    if back.size is not None:
        low = "–" if back.low is None else f"{back.low:,.0f}"
        high = "beyond the ladder" if back.high is None else f"{back.high:,.0f}"
        said.append(f"It is back at its start at about {back.size:,.0f} examples (95 % interval {low} to {high}).")
    if arm.top.size > 0 and arm.top.size != valley.floor_size:
        top = percent(Rate(value=arm.top.value, low=arm.top.low, high=arm.top.high))
        said.append(f"With {arm.top.size:,} examples it stands at {top}.")
    if arm.note:
        said.append(f"{arm.note[0].upper()}{arm.note[1:]}.")
    return " ".join(said)


def _floor(arm: ArmCurve, ladder: Sequence[Rung]) -> str:
    """What the responses at the floor are made of."""
    at = next((rung for rung in ladder if rung.size == arm.valley.floor_size), None)
    if at is None:
        return ""
    return (
        f"At {at.size:,} examples {percent(at.completion_rate)} of responses finish within the token budget, "
        f"{percent(at.think_tag_rate)} begin with a think tag and {percent(at.loop_rate)} end in a loop. "
        f"Of those that finish, {_within(at.cells)} are correct."
    )


def _controls(decompositions: Sequence[Decomposition]) -> list[str]:
    """The smallest and the largest size with a dip: what makes the floor, and what is left of it on the way out."""
    dips = [parts for parts in decompositions if parts.dip.low > 0] or list(decompositions[:1])
    return [words(parts) for parts in dict.fromkeys([*dips[:1], *dips[-1:]])]


def _within(cells: Cells) -> str:
    count = cells.thinking_finished.n + cells.direct_finished.n
    correct = cells.thinking_finished.correct + cells.direct_finished.correct
    return f"{correct:,} of {count:,}"


def _seeds(arm: ArmCurve) -> str:
    """How far the seeds agree."""
    if len(arm.seeds) < 2:
        return ""
    seen = sum(seed.valley.detected for seed in arm.seeds.values())
    sizes = [f"{seed.break_even.size:,.0f}" for seed in arm.seeds.values() if seed.break_even.size is not None]
    back = f", with break-even at {', '.join(sizes)} examples" if sizes else ""
    return f"Taken one by one, {seen} of {len(arm.seeds)} seeds show a valley{back}."
