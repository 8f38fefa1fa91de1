"""The faults that are told apart, what each shows itself by, and what to do about it.

A sign is one fault: the few numbers of a `Reading` that give it away, a sentence that says them, and a remedy. Signs
stand in the order in which causes explain each other: rows that are wrong explain what was learned from them, labels
that are shifted explain a missing end, and so on down to the learning rate. Where the line lies between sound and at
fault is not written here: `thalweg.curve.diagnosis` learns it on planted faults. Not covered: faults that stop a run
with an error, and a fault that no sign is made for.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from thalweg.curve.reading import Reading
from thalweg.types import Cells

_LEAST = 1e-6  # a relative change of weights below this is none


class Sign(NamedTuple):
    """A fault: its name, the features that it shows in, its evidence as a sentence, and the remedy."""

    fault: str
    features: tuple[str, ...]
    evidence: Callable[[Reading], str]
    remedy: str


def total(cells: Cells) -> tuple[int, int]:
    """Responses and correct ones."""
    parts = (cells.thinking_finished, cells.thinking_unfinished, cells.direct_finished, cells.direct_unfinished)
    return sum(part.n for part in parts), sum(part.correct for part in parts)


def _log(value: float | None) -> float | None:
    return None if value is None else math.log(max(value, _LEAST))


def _stride(reading: Reading) -> float | None:
    """Log of the weights' change for each of the square root of the steps."""
    if reading.moved is None or not reading.steps:
        return None
    return math.log(max(reading.moved, _LEAST)) - 0.5 * math.log(reading.steps)


def _end_lag(reading: Reading) -> float | None:
    """By how much the end token of trained rows is harder than their other tokens."""
    if reading.end is None or reading.trained_loss is None:
        return None
    return -reading.end - reading.trained_loss


_DERIVED: Mapping[str, Callable[[Reading], float | None]] = {
    "log_moved": lambda r: _log(r.moved),
    "stride": _stride,
    "end_lag": _end_lag,
}


def feature(reading: Reading, name: str) -> float | None:
    """A number of a reading by name, or one that is derived from several; null where it was not measured."""
    found: float | None = _DERIVED[name](reading) if name in _DERIVED else getattr(reading, name)
    return found


# --------------------------------------------------------------------------- sentences


def _share(value: float | None) -> str:
    return "an unknown share" if value is None else f"{100 * value:.0f} %"


def _nats(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def _chance(log: float | None) -> str:
    return "unknown" if log is None else f"{100 * math.exp(log):.2g} %"


SIGNS: tuple[Sign, ...] = (
    Sign(
        "not saved",
        ("log_moved",),
        lambda r: f"the checkpoint's weights differ from the start's by {_share(r.moved)} of their size",
        "look for the folder that training wrote; merge the adapter if there is one; score that",
    ),
    Sign(
        "stripped tags",
        ("untagged",),
        lambda r: f"{_share(r.untagged)} of the corpus reason at length without a think tag",
        "keep responses byte for byte, or leave out those without tags",
    ),
    Sign(
        "duplicates",
        ("distinct",),
        lambda r: (
            f"{_share(r.distinct)} of the rows are distinct; the loss is {_nats(r.trained_loss)} on rows that were "
            f"trained on and {_nats(r.unseen_loss)} on rows that were not"
        ),
        "take duplicates out and count distinct rows as the size",
    ),
    Sign(
        "wrong pairs",
        ("start_pairing", "pairing"),
        lambda r: (
            f"under another row's prompt the untrained start finds the corpus's answers {_nats(r.start_pairing)} nats "
            "a token harder, so that its own prompts fit them no better than others"
        ),
        "join responses and problems by id again, and check a few rows by eye",
    ),
    Sign(
        "high temperature",
        ("excess", "opening", "agree_by_length"),
        lambda r: (
            f"recorded tokens surprise the checkpoint by {_nats(r.excess)} nats more than it is unsure, where greedy "
            f"answers lie below 0; of the responses it writes {_share(r.agree)} again"
        ),
        "evaluate greedily, or at the temperature that the model is meant for",
    ),
    Sign(
        "padding",
        ("agree_by_length", "opening", "excess"),
        lambda r: (
            f"with each prompt by itself the checkpoint writes only {_share(r.agree)} of the recorded responses again, "
            f"and their first tokens surprise it by {_nats(r.opening)} nats more than it is unsure"
        ),
        "pad on the left and pass the attention mask; then score again",
    ),
    Sign(
        "small budget",
        ("over_budget", "cut"),
        lambda r: (
            f"{_share(r.over_budget)} of the teacher's traces are longer than the budget at which responses were cut "
            f"off, and {_share(r.cut)} of the responses finish only with twice as much"
        ),
        "raise the token budget of the evaluation; train nothing yet",
    ),
    Sign(
        "shifted labels",
        ("shift_gain",),
        lambda r: (
            f"the token beside the right one is {_nats(r.shift_gain)} nats more likely than the right one: "
            "labels were shifted once too often, or not at all"
        ),
        "shift labels in one place only",
    ),
    Sign(
        "other template",
        ("plain_share", "plain_gain"),
        lambda r: (
            f"{_share(r.plain_share)} of the trained rows are likelier under the other rendering of their prompts "
            f"(by {_nats(r.plain_gain)} nats a token): training and evaluation render prompts differently"
        ),
        "use one prompt rendering for both",
    ),
    Sign(
        "doubled template",
        ("double_share", "double_gain"),
        lambda r: (
            f"{_share(r.double_share)} of the trained rows are likelier with the chat template applied twice "
            f"(by {_nats(r.double_gain)} nats a token)"
        ),
        "apply the template once: give the trainer user turns, not rendered text",
    ),
    Sign(
        "rate x 10",
        ("stride", "log_moved"),
        lambda r: f"in {r.steps:,} steps the weights moved by {_share(r.moved)} of their size, further than sound runs",
        "lower the learning rate tenfold and run the smallest rung again",
    ),
    Sign(
        "rate / 10",
        ("stride", "log_moved"),
        lambda r: (
            f"in {r.steps:,} steps the weights moved by {100 * (r.moved or 0):.1f} % of their size, less than in sound "
            f"runs, and the loss was still falling ({_nats(r.falling)} nats over the last two fifths)"
        ),
        "raise the learning rate tenfold and run the smallest rung again",
    ),
    Sign(
        "pad for end",
        ("end_rival", "end_lag"),
        lambda r: (
            f"where trained rows end the checkpoint expects {r.rival or 'another special token'} "
            f"({_chance(r.end_rival)}) and not the end token ({_chance(r.end)})"
        ),
        "give padding a token of its own, and label the end of turn with the token that stops generation",
    ),
    Sign(
        "truncation",
        ("tail", "end_lag"),
        lambda r: (
            f"of long trained rows the last quarter is {_nats(r.tail)} nats a token harder than the second, and their "
            f"end token has {_chance(r.end_long)}"
        ),
        "raise the trainer's maximal length, or leave out rows that do not fit",
    ),
    Sign(
        "untrained end",
        ("end_lag", "tail"),
        lambda r: f"where trained rows end, the end token has {_chance(r.end)}, while the text before it was learned",
        "put the end of turn into the labels",
    ),
    Sign(
        "loss on prompt",
        ("prompt_gain",),
        lambda r: f"prompts became {_nats(r.prompt_gain)} nats a token likelier than under the start",
        "mask the prompt in the labels",
    ),
)
FAULTS = tuple(sign.fault for sign in SIGNS)
