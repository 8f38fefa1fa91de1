"""Nested, seeded subsets: a ladder whose smaller rungs lie inside its larger ones.

The order of a pool depends on the seed, the problem and the sample alone. So the rungs of one seed are nested
(1K ⊂ 10K ⊂ 30K), two arms that answer the same problems take the same problems at each size, and growing the pool
never changes the relative order of what was there.
"""

import hashlib
from collections.abc import Iterable, Sequence

from thalweg.errors import InputError
from thalweg.types import Response


def nested_order(responses: Iterable[Response], seed: int) -> list[Response]:
    """The pool in the order in which the rungs of `seed` take it."""
    return sorted(responses, key=lambda r: (_draw(seed, r), r.id))


def take(ordered: Sequence[Response], size: int, where: str) -> list[Response]:
    """The first `size` of an ordered pool.

    Raises:
        InputError: the pool is smaller than `size`.
    """
    if size > len(ordered):
        remedy = f"use sizes up to {len(ordered)}, or collect more responses"
        raise InputError(where, f"size {size} is above the {len(ordered)} usable responses", remedy)
    return list(ordered[:size])


def _draw(seed: int, response: Response) -> bytes:
    return hashlib.sha256(f"{seed}/{response.sample}/{response.problem_id}".encode()).digest()
