"""Structure arms: the same responses with their trace out of order, another problem's, or left out.

"LLMs Can Easily Learn to Reason from Demonstrations: Structure, not Content, Is What Matters" (arXiv 2502.07374)
claims that a student learns first how a trace is built; these are the arms that put it to the test. Ids stay, so an
arm and its transformed twin train on the same problems in the same order. What a transform cannot change stays as it
is and is counted.

A step is a paragraph where the thinking has blank lines, else a line. Not covered: steps inside a line, and what the
text says (a trace swapped in may happen to fit). Tags other than `<think>` are text to it, as to `thalweg.thinking`.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple, TypeAlias

from thalweg.curate.subsets import by_problem
from thalweg.errors import InputError
from thalweg.thinking import CLOSE, OPEN, split, with_parts
from thalweg.types import Response

Structure: TypeAlias = Literal["whole", "shuffled", "swapped", "answer"]

_PARAGRAPH_BREAK = re.compile(r"(\n\s*\n)")
_LINE_BREAK = re.compile(r"(\n)")


class Transformed(NamedTuple):
    """Responses in the order in which they came, and how many could not be changed, by reason."""

    responses: list[Response]
    unchanged: dict[str, int]


def transform(responses: Iterable[Response], kind: Structure, seed: int) -> list[Response]:
    """Gives responses another structure, in their order; `whole` leaves them alone.

    What becomes of a response depends on the set of responses, `kind` and `seed`, not on their order. Under `swapped`
    a set trains on the very traces that it had, each with another problem: apply it to a rung, and the rung has as
    many tokens as the same rung of the arm that is not swapped.

    Raises:
        InputError: not one of them can be changed (no trace that `thalweg.thinking` knows, say).
    """
    changed, unchanged = transformed(responses, kind, seed)
    if changed and sum(unchanged.values()) == len(changed):
        why = ", ".join(f"{count} {reason}" for reason, count in unchanged.items())
        problem = f"none of {len(changed)} responses can be changed ({why})"
        raise InputError(f"structure: {kind}", problem, "choose responses that think in <think> tags, in several steps")
    return changed


def transformed(responses: Iterable[Response], kind: Structure, seed: int) -> Transformed:
    """As `transform`, with the count of what could not be changed."""
    if kind == "whole":
        return Transformed(list(responses), {})
    pool = [with_parts(response) for response in responses]
    donors = _donors(pool, seed) if kind == "swapped" else {}
    unchanged: Counter[str] = Counter()
    out = []
    for response in pool:
        changed = _change(response, kind, seed, donors)
        unchanged.update([changed] if isinstance(changed, str) else [])
        out.append(response if isinstance(changed, str) else changed)
    return Transformed(out, dict(sorted(unchanged.items())))


def _change(response: Response, kind: Structure, seed: int, donors: Mapping[str, str]) -> Response | str:
    """The response changed, or why it cannot be."""
    if response.answer is None:
        return "unfinished"
    if response.thinking is None or not response.thinking.strip():
        return "no thinking"
    if _has_tag(response.answer if kind == "answer" else response.thinking):
        return "a think tag in its text"
    if kind == "answer":
        return _answer_alone(response, response.answer)
    if kind == "shuffled":
        thinking = _shuffled(response.thinking, f"{seed}/{response.id}")
        return "no other order" if thinking is None else _with_thinking(response, thinking)
    other = donors.get(response.id, response.thinking)
    return "no other trace" if other == response.thinking else _with_thinking(response, other)


def _with_thinking(response: Response, thinking: str) -> Response:
    """The response with other thinking, every other byte of its text as it was."""
    if response.text is None:
        return replace(response, thinking=thinking)
    tail = f"{CLOSE}{response.answer}"
    head = response.text.removesuffix(tail).removesuffix(response.thinking or "")
    text = head + thinking + tail
    assert split(text) == (thinking, response.answer)
    return replace(response, text=text, thinking=thinking)


def _answer_alone(response: Response, answer: str) -> Response:
    """The answer as a response that never thought; white space that parted it from the thinking falls away."""
    answer = answer.lstrip()
    return replace(response, text=None if response.text is None else answer, thinking=None, answer=answer)


def _has_tag(text: str) -> bool:
    return OPEN in text or CLOSE in text


# --------------------------------------------------------------------------- shuffled


def _shuffled(thinking: str, key: str) -> str | None:
    """The steps in another order, the white space between them where it was; None where every order reads the same."""
    before, body, after = _edges(thinking)
    parts = _PARAGRAPH_BREAK.split(body)
    if len(parts) == 1:
        parts = _LINE_BREAK.split(body)
    steps, breaks = parts[::2], parts[1::2]
    order = sorted(range(len(steps)), key=lambda index: _draw(f"{key}/{index}"))
    moved = [steps[index] for index in order]
    if moved == steps:
        moved = [*steps[1:], steps[0]]  # the same only if all steps are
    if moved == steps:
        return None
    return before + "".join(text for pair in zip(moved, [*breaks, ""], strict=True) for text in pair) + after


def _edges(text: str) -> tuple[str, str, str]:
    """Leading white space, what is between, trailing white space."""
    body = text.strip()
    start = text.index(body)
    return text[:start], body, text[start + len(body) :]


# --------------------------------------------------------------------------- swapped


def _donors(pool: Sequence[Response], seed: int) -> dict[str, str]:
    """Response id -> the thinking of another problem's response, each thinking given away once.

    Problems stand in a drawn order with their responses side by side; all are moved on by as many places as the
    largest problem has responses, which leads every response out of its own problem if none holds more than half of
    them. Where one does, the responses that are led back to it have no donor.
    """
    able = [r for r in pool if r.answer is not None and r.thinking and r.thinking.strip() and not _has_tag(r.thinking)]
    groups = by_problem(able)
    if not groups:
        return {}
    drawn = sorted(groups, key=lambda problem: _draw(f"{seed}/{problem}"))
    row = [response for problem in drawn for response in groups[problem]]
    step = max(map(len, groups.values()))
    pairs = ((own, row[(place + step) % len(row)]) for place, own in enumerate(row))
    return {own.id: other.thinking or "" for own, other in pairs if own.problem_id != other.problem_id}


def _draw(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
