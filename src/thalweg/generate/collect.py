"""Collects responses from an endpoint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from thalweg.chat import Prompt
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.model import Sampling
from thalweg.types import Problem


class Progress(NamedTuple):
    """Where a collection stands: requests `done` of `total` (`failed` among them), `in_flight` of at most `limit`.

    `usd` is null without a price; dollars and tokens are of the whole folder, `seconds` of this run. `note` is a
    sentence that the user should see once (a field that the server does not take was dropped), else empty.
    """

    done: int
    total: int
    failed: int
    in_flight: int
    limit: int
    usd: float | None
    tokens: int
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a collection came to. `stopped` says which budget ended it before all requests were asked."""

    responses: int
    failed: int
    usd: float | None
    prompt_tokens: int
    completion_tokens: int
    stopped: Literal["budget_usd", "budget_tokens"] | None = None


class Interval(NamedTuple):
    """A mean with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """What `requests` answered requests tell of all: tokens and dollars a request, and seconds a request takes.

    `usd` is null without a price; `requests_per_second` is the throughput at the end of the pilot.
    """

    requests: int
    failed: int
    prompt_tokens: Interval
    completion_tokens: Interval
    usd: Interval | None
    latency_s: Interval
    cut_share: Interval


def collect(
    problems: Sequence[Problem],
    endpoint: Endpoint,
    *,
    name: str,
    sampling: Sampling,
    prompt: Prompt,
    samples: int,
    out: Path,
    on_progress: Callable[[Progress], None] | None = None,
) -> Collected:
    """Asks an endpoint for `samples` responses a problem into a folder; run again, it asks for what is missing."""
    raise NotImplementedError


def pilot(
    problems: Sequence[Problem],
    endpoint: Endpoint,
    *,
    name: str,
    sampling: Sampling,
    prompt: Prompt,
    samples: int,
    requests: int,
    out: Path,
    on_progress: Callable[[Progress], None] | None = None,
) -> Pilot:
    """Asks `requests` of a collection's requests, which the collection then does not ask again."""
    raise NotImplementedError
