"""Whether one more request can be afforded, and what one is expected to cost.

Until some answers came, a request is taken to cost the most that it can (as many tokens as its prompt has bytes, and
all that it may generate); then, the mean so far. Requests that the server may have billed without saying so count as
that mean.

Not covered: budgets that several collections share.
"""

from thalweg.generate.endpoint import Endpoint
from thalweg.generate.ledger import Ledger
from thalweg.generate.price import NANO, Usage

_ENOUGH = 8  # paid answers that make a mean


class Budget:
    """What a collection may spend.

    Args:
        most: the tokens of the largest request.
    """

    def __init__(self, endpoint: Endpoint, ledger: Ledger, most: Usage) -> None:
        self._ledger, self._most = ledger, most
        self._tokens = endpoint.budget_tokens
        self._nano = None if endpoint.budget_usd is None else round(endpoint.budget_usd * NANO)

    def tokens_each(self) -> float:
        """Tokens that a request is expected to cost."""
        ledger = self._ledger
        if ledger.paid < _ENOUGH:
            return self._most.prompt + self._most.completion
        return (ledger.prompt_tokens + ledger.completion_tokens) / ledger.paid

    def nano_each(self) -> float:
        """Nano-dollars that a request is expected to cost."""
        return self._ledger.nano / self._ledger.paid if self._ledger.paid >= _ENOUGH else self.nano_at_most()

    def nano_at_most(self) -> int:
        """Nano-dollars that a request can cost."""
        return 0 if self._ledger.price is None else self._ledger.price.nano(self._most)

    def spent(self, in_flight: int) -> str | None:
        """The budget that one more request would pass, with so many in flight; null where there is room."""
        ledger, more = self._ledger, in_flight + 1 + self._ledger.unknown
        tokens = ledger.prompt_tokens + ledger.completion_tokens
        if self._nano is not None and ledger.nano + more * self.nano_each() > self._nano:
            return "budget_usd"
        if self._tokens is not None and tokens + more * self.tokens_each() > self._tokens:
            return "budget_tokens"
        return None
