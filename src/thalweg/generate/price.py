"""What tokens cost, in whole nano-dollars, so that sums over millions of requests have no rounding drift.

A price list says dollars per million tokens, which is micro-dollars a token; a token costs a whole number of
nano-dollars once the price has at most three decimals, and a response's cost is rounded to a nano-dollar otherwise.

Not covered: prices that change with the time of day or the length of the prompt, and cache writes.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from thalweg.errors import InputError

NANO = 10**9  # nano-dollars in a dollar


class Usage(NamedTuple):
    """Tokens of one response as its server counted them. `cached` of the prompt's; reasoning is in `completion`."""

    prompt: int
    completion: int
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars per million tokens; `cached_prompt` is for prompt tokens that the server had cached (null: `prompt`).

    Raises:
        InputError: a price below zero, or not finite.
    """

    prompt: float = 0.0
    completion: float = 0.0
    cached_prompt: float | None = None

    def __post_init__(self) -> None:
        for key in ("prompt", "completion", "cached_prompt"):
            value = getattr(self, key)
            if value is not None and not 0 <= value < float("inf"):
                raise InputError("price", f"{key} is {value!r}", "give dollars per million tokens, 0 or more")

    def nano(self, usage: Usage) -> int:
        """Nano-dollars that a response costs."""
        cached = min(usage.cached, usage.prompt)
        at = self.prompt if self.cached_prompt is None else self.cached_prompt
        micro = (
            _decimal(self.prompt) * (usage.prompt - cached)
            + _decimal(at) * cached
            + _decimal(self.completion) * usage.completion
        )
        return int((micro * 1000).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def _decimal(price: float) -> Decimal:
    # Through its shortest text: 0.1 dollars means 0.1, not the binary fraction nearest to it.
    return Decimal(repr(price))


def dollars(nano: int) -> float:
    """Nano-dollars as dollars, for showing; sums are kept in whole numbers."""
    return nano / NANO
