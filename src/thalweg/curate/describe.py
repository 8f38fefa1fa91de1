"""A selection in words, for the card of a corpus: what was asked for, not what came of it (that is the funnel)."""

from collections.abc import Iterator, Mapping, Sequence

from thalweg.curate.filters import Filters
from thalweg.curate.selection import Selection, best_column

_STRUCTURES = {
    "shuffled": "the steps of each trace stand in another order",
    "swapped": "each trace is that of another problem's response; the answers are their own",
    "answer": "answers without their traces",
}


def selection_in_words(selection: Selection) -> list[str]:
    """One line for each thing that a selection asks for."""
    return [*_which(selection), *_how_many(selection), *_form(selection)]


def matched_in_words(match: Sequence[str], other: str) -> list[str]:
    """What an arm is matched to: nothing, or one line."""
    return [f"matched to arm {other}: same {', '.join(match)}"] if match else []


def unchanged_in_words(unchanged: Mapping[str, int]) -> list[str]:
    """What a structure arm could not change, as `structure.transformed` counted it."""
    return [f"{count} responses could not be changed: {reason}" for reason, count in unchanged.items()]


def _which(selection: Selection) -> Iterator[str]:
    yield {"random": "responses whatever their verdict"}.get(selection.select, f"{selection.select} responses only")
    if selection.difficulty is not None:
        wanted = selection.difficulty if isinstance(selection.difficulty, str) else " or ".join(selection.difficulty)
        yield f"problems of difficulty {wanted}"
    if selection.min_pass_rate is not None:
        yield f"problems solved at a rate of {selection.min_pass_rate:g} or more"
    if selection.max_pass_rate is not None:
        yield f"problems solved at a rate of {selection.max_pass_rate:g} or less"
    if selection.mix is not None:
        yield "sources by share: " + ", ".join(f"{name} {share:g}" for name, share in selection.mix.items())


def _how_many(selection: Selection) -> Iterator[str]:
    if selection.per_problem is None:
        yield "all responses of a problem"
        return
    column = best_column(selection.pick)
    chosen = f"best by {column}" if column is not None else selection.pick
    side = ", side by side" if selection.together else ""
    yield f"at most {selection.per_problem} of a problem's responses: {chosen}{side}"


def _form(selection: Selection) -> Iterator[str]:
    asked = selection.filters.model_dump(exclude_defaults=True)
    if selection.filters != Filters():
        yield "filters: " + ", ".join(f"{name} {_plain(value)}" for name, value in asked.items())
    if selection.structure != "whole":
        yield _STRUCTURES[selection.structure]


def _plain(value: object) -> str:
    return " or ".join(map(str, value)) if isinstance(value, tuple) else str(value).lower()
