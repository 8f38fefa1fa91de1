"""The gate of a study: what each arm's top rung lost outside the domain, beside what it gained inside.

The arms are told one by one; that several arms are asked is not corrected for. Not covered: rungs below the top.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from thalweg.types import Outcome

if TYPE_CHECKING:
    from thalweg.curve.gate import Gate
    from thalweg.study.config import StudyConfig


class GateConfig(BaseModel):
    """What may be lost outside the domain."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_loss: float = Field(0.02, ge=0, lt=1, description="The loss that is allowed, as a share of 1.")
    benchmarks: tuple[str, ...] | None = Field(
        None, min_length=1, description="The benchmarks that must not lose (those of `domain: out` where absent)."
    )


def gated(config: "StudyConfig") -> tuple[str, ...]:
    """The benchmarks that must not lose; none where the study has no gate."""
    if config.gate is None:
        return ()
    if config.gate.benchmarks is not None:
        return config.gate.benchmarks
    return tuple(name for name, benchmark in config.benchmarks.items() if benchmark.domain == "out")


def gates(config: "StudyConfig", outcomes: Sequence[Outcome]) -> list[tuple[str, "Gate"]]:
    """The gate of each arm's top rung against the arm's start, named as in the report; arms without a rung left out."""
    from thalweg.curve.gate import gate
    from thalweg.curve.panel import book

    outside = gated(config)
    if config.gate is None or not outcomes:
        return []
    inside = [name for name, benchmark in config.benchmarks.items() if benchmark.domain == "in" and name not in outside]
    books = {name: book(outcomes, name) for name in (*inside, *outside)}
    found = []
    for arm in config.arms:
        sizes = [size for size in books[outside[0]].sizes(arm) if size > 0]
        if sizes:
            top = (arm, max(sizes))
            found.append((f"{arm} {max(sizes):,}", gate(books, top, (arm, 0), config.gate.max_loss, inside)))
    return found
