"""Collects responses from an endpoint into a folder that survives kills, outages and budgets.

    out/journal.jsonl        while requests are open: every response, failure and paid attempt, as it came
    out/part-*.parquet       when all have ended: the responses, problem by problem
    out/failures.jsonl       requests without a response, and why
    out/spend.json           what all of it cost

Run again, a collection asks only for what is missing: within a round that was cut off, a recorded failure stays one;
where a round was over, its failures are asked again. The journal goes when every request has its response. Responses
carry the cost of their own attempt; the sums also hold attempts that were paid for and thrown away.

Not covered: how a request is asked (`asking`), when (`crowd`, `pacing`), and what a row means (`ledger`).
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.generate.collection import Collected, Collection, Pilot, Progress
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.estimates import Interval
from thalweg.generate.model import Sampling
from thalweg.types import Problem

__all__ = ["Collected", "Interval", "Pilot", "Progress", "collect", "pilot"]


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
    """Asks an endpoint for `samples` responses a problem into a folder; run again, it asks for what is missing.

    Args:
        name: what responses are labelled with.
        out: the folder; when the collection is done, `Shards(out, Response)` reads it in the order of problems.

    Raises:
        InputError: the folder holds another collection, the key is missing or not accepted, the model is not served,
            the server cannot be reached, hides its thoughts where they are required, or more requests failed than may.
            What came is kept, and counted.
    """
    whole = Collection(problems, endpoint, name, sampling, prompt, samples, out, on_progress)
    if whole.is_done():
        return whole.collected()
    with whole:
        stopped = whole.ask(range(whole.ledger.total))
        return whole.finish(stopped)


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
    """Asks `requests` of a collection's requests, drawn from all of them, which the collection does not ask again.

    Raises:
        InputError: as `collect`; fewer than two requests are wanted, or none was answered.
    """
    if requests < 2:
        raise InputError("pilot", f"{requests} requests", "ask for two or more, to see how they differ")
    whole = Collection(problems, endpoint, name, sampling, prompt, samples, out, on_progress)
    total = whole.ledger.total
    drawn = sorted(random.Random(sampling.seed).sample(range(total), min(requests, total)))
    if whole.is_done():
        raise InputError(str(out), "all responses are there", "a pilot is for what is yet to be asked")
    with whole:
        whole.ask(drawn)
        whole.write_books()
        return whole.measure(drawn)
