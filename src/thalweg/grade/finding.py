"""What a grader found in one answer."""

from dataclasses import dataclass
from typing import Literal

from thalweg.types import Status

_SHOWN = 80  # characters of a value in a detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The part of a verdict that a grader decides.

    `undecided` says that the rules could not tell (a formula in words, a unit that they do not know), so that a judge
    may be asked; the status is then what stands without one. `seconds` is CPU time.
    """

    status: Status
    passed: int = 0
    total: int = 1
    extracted: str | None = None
    detail: str | None = None
    strength: Literal["strong", "weak"] = "strong"
    isolation: str = "none"
    seconds: float = 0.0
    undecided: bool = False


def no_answer(detail: str, total: int = 1) -> Finding:
    """There is nothing to judge."""
    return Finding(status="no_answer", total=total, detail=detail)


def shortened(text: str, limit: int = _SHOWN) -> str:
    """Text on one line, cut to `limit` characters."""
    text = " ".join(text[: 4 * limit].split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
