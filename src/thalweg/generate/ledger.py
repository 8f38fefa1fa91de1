"""What a journal's rows come to: which requests have ended and how, and what all of it cost.

    {"row": "collection", "mark": ...}      first: what the answers depend on
    {"row": "run"}                          a run began; where the last one was over, its failures are open again
    {"row": "response", "problem_id", "sample", "text" | "thinking", "answer", "finish_reason", tokens, "nano", ...}
    {"row": "failure", "problem_id", "sample", "reason", "detail", "attempts"}
    {"row": "waste", "reason", tokens, "nano"}     an attempt that was paid for and gave nothing
    {"row": "unknown", "reason"}            an attempt that the server may have billed without saying so
    {"row": "flight", "requests"}           as many may be in flight from here on
    {"row": "landed", "over"}               none is; `over`: every request ended, or the run broke off with an error

The same method takes rows in when a journal is opened and when rows are added, so a killed run and its restart reckon
alike. Sums are whole nano-dollars. Requests that were in flight when a run was killed count as unknown.

Not covered: writing (`thalweg.generate.journal`).
"""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from thalweg.errors import InputError
from thalweg.generate.answers import Flaw, Reply
from thalweg.generate.model import Request, response_id
from thalweg.generate.price import NANO, Price, Usage
from thalweg.thinking import begins_thinking, with_parts
from thalweg.types import Problem, Response

_OPEN, _FAILED = -1, -2


class Ledger:
    """The state of a collection of `samples` responses to each problem.

    Args:
        where: what errors name.
        mark: what the answers depend on; a journal with another is refused.
        price: what tokens cost; null: nothing is reckoned.
        name: what responses are labelled with.
    """

    def __init__(
        self, problems: Sequence[Problem], samples: int, *, where: str, mark: str, price: Price | None, name: str
    ) -> None:
        self._problems, self._samples, self._where, self._mark = problems, samples, where, mark
        self.price, self._name = price, name
        self._place = {problem.id: index for index, problem in enumerate(problems)}
        if len(self._place) < len(problems):
            raise InputError("problems", "two have the same id", "make the ids unique")
        self._offsets = array("q", [_OPEN]) * (len(problems) * samples)
        self._failures: dict[int, Mapping[str, Any]] = {}
        self._flight, self._over = 0, False
        self.is_new = True
        self.responses = self.thoughtful = 0
        self.prompt_tokens = self.completion_tokens = self.cached_tokens = self.reasoning_tokens = 0
        self.nano = self.wasted_nano = self.unknown = self.paid = 0

    # ----------------------------------------------------------------------- requests

    @property
    def total(self) -> int:
        """Requests in all."""
        return len(self._offsets)

    @property
    def failed(self) -> int:
        """Requests that have a recorded failure."""
        return len(self._failures)

    @property
    def ended(self) -> int:
        """Requests that have a response or a recorded failure."""
        return self.responses + self.failed

    def request(self, index: int) -> Request:
        """Request number `index`, problem by problem."""
        place, sample = divmod(index, self._samples)
        return Request(self._problems[place], sample)

    def is_open(self, index: int) -> bool:
        """Whether the request has neither a response nor a recorded failure."""
        return self._offsets[index] == _OPEN

    def offset(self, index: int) -> int | None:
        """Where the response of a request stands in the journal; null where it has none."""
        at = self._offsets[index]
        return at if at >= 0 else None

    def failures(self) -> list[Mapping[str, Any]]:
        """The recorded failures in the order of requests."""
        return [self._failures[index] for index in sorted(self._failures)]

    def reasons(self) -> Counter[str]:
        """Recorded failures by reason."""
        return Counter(str(row["reason"]) for row in self._failures.values())

    # ----------------------------------------------------------------------- rows

    def head(self) -> dict[str, Any]:
        """The first row of a journal."""
        return {"row": "collection", "version": 1, "mark": self._mark, "name": self._name}

    def response_row(self, request: Request, reply: Reply, seconds: float, attempts: int) -> dict[str, Any]:
        """The row of a response."""
        given = {"text": reply.text, "thinking": reply.thinking, "answer": reply.answer}
        return {
            **_key("response", request),
            **{name: value for name, value in given.items() if value is not None},
            "finish_reason": reply.finish_reason,
            **self._paid(reply.usage),
            "seconds": round(seconds, 3),
            "attempts": attempts,
        }

    def failure_row(self, request: Request, flaw: Flaw, attempts: int) -> dict[str, Any]:
        """The row of a request that is given up."""
        return {**_key("failure", request), "reason": flaw.reason, "detail": flaw.detail, "attempts": attempts}

    def waste_row(self, request: Request, flaw: Flaw) -> dict[str, Any] | None:
        """The row of a useless attempt that cost something, or may have; null where it cost nothing."""
        if flaw.usage is not None:
            return {**_key("waste", request), "reason": flaw.reason, **self._paid(flaw.usage)}
        return {**_key("unknown", request), "reason": flaw.reason} if flaw.unknown else None

    def take(self, offset: int, row: Mapping[str, Any]) -> None:
        """Takes in a row that stands at `offset` in the journal.

        Raises:
            InputError: it is of another collection, or of none.
        """
        kind = row.get("row")
        if (kind == "collection") is not self.is_new:
            raise InputError(self._where, f"a row {kind!r} stands where none belongs", "use another folder")
        if kind == "collection":
            self._open(row)
        elif kind == "run":
            self._begin()
        elif kind in ("flight", "landed"):
            self._flight, self._over = int(row.get("requests", 0)), bool(row.get("over"))
        elif kind in ("response", "failure"):
            self._end(offset, row)
        if kind in ("response", "waste"):
            self._pay(row)
        self.unknown += kind == "unknown"

    def response(self, row: Mapping[str, Any]) -> Response:
        """The response that a row holds."""
        request = self.request(self._index(row))
        nano = self._nano(row)
        return with_parts(
            Response(
                id=response_id(self._name, request),
                problem_id=request.problem.id,
                model=self._name,
                sample=request.sample,
                text=row.get("text"),
                thinking=row.get("thinking"),
                answer=row.get("answer"),
                finish_reason=row["finish_reason"],
                prompt_tokens=row["prompt_tokens"],
                completion_tokens=row["completion_tokens"],
                cost_usd=None if nano is None else nano / NANO,
            )
        )

    def usd(self) -> float | None:
        """Dollars spent, on what was thrown away too; null without a price."""
        return None if self.price is None else self.nano / NANO

    # ----------------------------------------------------------------------- within

    def _open(self, row: Mapping[str, Any]) -> None:
        if row.get("mark") != self._mark:
            raise InputError(self._where, "holds responses made with other settings", "use another folder")
        self.is_new = False

    def _begin(self) -> None:
        self.unknown += self._flight  # of a run that was killed
        self._flight = 0
        if self._over:
            for index in self._failures:
                self._offsets[index] = _OPEN
            self._failures.clear()

    def _end(self, offset: int, row: Mapping[str, Any]) -> None:
        index = self._index(row)
        assert self._offsets[index] == _OPEN, f"{self._where}: request {index} ended twice"
        if row["row"] == "failure":
            self._failures[index] = {name: value for name, value in row.items() if name != "row"}
            self._offsets[index] = _FAILED
            return
        self._offsets[index] = offset
        self.responses += 1
        self.thoughtful += begins_thinking(self.response(row))

    def _index(self, row: Mapping[str, Any]) -> int:
        place, sample = self._place.get(row["problem_id"]), int(row["sample"])
        if place is None or not 0 <= sample < self._samples:
            raise InputError(self._where, f"holds a row of problem {row['problem_id']!r}", "use another folder")
        return place * self._samples + sample

    def _pay(self, row: Mapping[str, Any]) -> None:
        if row["prompt_tokens"] is None:
            self.unknown += 1
            return
        self.paid += 1
        self.prompt_tokens += row["prompt_tokens"]
        self.completion_tokens += row["completion_tokens"]
        self.cached_tokens += row["cached_tokens"]
        self.reasoning_tokens += row["reasoning_tokens"]
        nano = self._nano(row) or 0
        self.nano += nano
        self.wasted_nano += nano if row["row"] == "waste" else 0

    def _paid(self, usage: Usage | None) -> dict[str, Any]:
        names = ("prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens")
        nano = self.price.nano(usage) if usage is not None and self.price is not None else None
        return {**dict(zip(names, usage or (None,) * 4, strict=True)), "nano": nano}

    def _nano(self, row: Mapping[str, Any]) -> int | None:
        """A row's cost: at the price of its time, or at today's where it had none."""
        if row["nano"] is not None or self.price is None or row["prompt_tokens"] is None:
            nano: int | None = row["nano"]
            return nano
        usage = (row["prompt_tokens"], row["completion_tokens"], row["cached_tokens"], row["reasoning_tokens"])
        return self.price.nano(Usage(*usage))


def _key(kind: str, request: Request) -> dict[str, Any]:
    return {"row": kind, "problem_id": request.problem.id, "sample": request.sample}
