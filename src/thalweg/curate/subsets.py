"""Nested, seeded subsets: a ladder whose smaller rungs lie inside its larger ones.

A response's place in the order is drawn from the seed, its problem and its number among the problem's responses, and
from nothing else. So the rungs of one seed are nested (1K ⊂ 10K ⊂ 30K, uniform over examples as in "The Valley of
Code Reasoning", section 3.1), arms that answer the same problems take the same problems at each size, and growing the
pool never changes the relative order of what was there.

That number is the sample's; where several models answered under the same sample number, they are counted further in
the order of their ids. Where only some of a problem's responses are picked, it is the rank in the pick: the longest
response of each problem and the shortest stand at the same places of their two arms.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm

from thalweg.errors import InputError
from thalweg.types import Response


def nested_order(responses: Iterable[Response], seed: int) -> list[Response]:
    """The pool in the order in which the rungs of `seed` take it, every response of a problem on its own."""
    return [response for _, response in sorted(_drawn(responses, seed), key=lambda pair: (pair[0], pair[1].id))]


def picked_order(picked: Iterable[Sequence[Response]], seed: int, together: bool = False) -> list[Response]:
    """The nested order of what was picked: for each problem its responses, the first choice first.

    `together` keeps a problem's responses side by side, in the order of the choice, at the place of the first of them.
    """
    drawn = [
        ((_draw(seed, "0" if together else str(rank), response), rank if together else 0), response)
        for chosen in picked
        for rank, response in enumerate(chosen)
    ]
    return [response for _, response in sorted(drawn, key=lambda pair: (pair[0], pair[1].id))]


def by_problem(responses: Iterable[Response]) -> dict[str, list[Response]]:
    """Responses by their problem, those of a problem in the order of their ids."""
    groups: dict[str, list[Response]] = defaultdict(list)
    for response in sorted(responses, key=lambda r: r.id):
        groups[response.problem_id].append(response)
    return dict(groups)


def mixed(ordered: Mapping[str, Sequence[Response]], shares: Mapping[str, float]) -> list[Response]:
    """Interleaves sources by shares, so that every prefix holds each source's share to within one example.

    Ends where the source whose turn it is has no more. At each place, of the sources that are behind their share, the
    one goes next that would first fall behind by a whole example (earliest deadline first; Baruah et al.,
    "Proportionate progress", 1996, prove the bound). Shares are scaled to sum to 1.
    """
    weights = _whole_numbers(shares)
    total, taken, out = sum(weights.values()), dict.fromkeys(sorted(weights), 0), list[Response]()
    while True:
        behind = (name for name in taken if taken[name] * total < weights[name] * (len(out) + 1))
        turn = min(behind, key=lambda name: -(-(taken[name] + 1) * total // weights[name]))
        if taken[turn] == len(ordered[turn]):
            return out
        out.append(ordered[turn][taken[turn]])
        taken[turn] += 1


def take(ordered: Sequence[Response], size: int, where: str) -> list[Response]:
    """The first `size` of an ordered pool.

    Raises:
        InputError: the pool is smaller than `size`.
    """
    if size > len(ordered):
        remedy = f"use sizes up to {len(ordered)}, or collect more responses"
        raise InputError(where, f"size {size} is above the {len(ordered)} usable responses", remedy)
    return list(ordered[:size])


def _drawn(responses: Iterable[Response], seed: int) -> list[tuple[bytes, Response]]:
    seen: dict[tuple[str, int], int] = defaultdict(int)
    drawn = []
    for response in sorted(responses, key=lambda r: r.id):
        again = seen[response.problem_id, response.sample]
        seen[response.problem_id, response.sample] += 1
        drawn.append((_draw(seed, f"{response.sample}+{again}" if again else str(response.sample), response), response))
    return drawn


def _draw(seed: int, number: str, response: Response) -> bytes:
    return hashlib.sha256(f"{seed}/{number}/{response.problem_id}".encode()).digest()


def _whole_numbers(shares: Mapping[str, float]) -> dict[str, int]:
    """Shares as whole numbers of the same proportions: 0.7 and 0.3 as 7 and 3."""
    exact = {name: Fraction(str(share)) for name, share in shares.items()}
    unit = lcm(*(share.denominator for share in exact.values()))
    return {name: int(share * unit) for name, share in exact.items()}
