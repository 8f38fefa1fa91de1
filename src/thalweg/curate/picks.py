"""Which of a problem's responses to take: at random, by length, by distance from each other, by a suitability column.

Ties go to the smaller id, so that the order of the responses never matters. `random` is the control of all others: as
many responses a problem, drawn by the seed.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from thalweg.curate.subsets import nested_order
from thalweg.thinking import full_text
from thalweg.types import Response

Left: TypeAlias = tuple[Response, str]

_FARTHEST: dict[tuple[bytes, int], list[int]] = {}


def choose(
    group: Sequence[Response],
    pick: str,
    count: int,
    costs: Mapping[str, float] | None,
    count_tokens: Callable[[str], int] | None,
    seed: int,
) -> tuple[list[Response], list[Left]]:
    """The chosen of one problem's responses, the first choice first, and the others with the reason.

    Args:
        group: responses of one problem.
        pick: `random`, `longest`, `shortest`, `farthest` or `best:COLUMN`.
        count: how many to choose at most.
        costs: response id -> cost under COLUMN, lower is better; null for every other pick.
        count_tokens: measures length for `longest` and `shortest`; characters where absent.
        seed: what `random` draws by.
    """
    if costs is None:
        able, lacking = list(group), list[Response]()
        ranked = _ranked(able, pick, count, count_tokens, seed)
    else:
        able, lacking = [r for r in group if r.id in costs], [r for r in group if r.id not in costs]
        ranked = sorted(able, key=lambda r: (costs[r.id], r.id))
    chosen = ranked[:count]
    held = {response.id for response in chosen}
    left = [(r, f"not picked ({pick})") for r in able if r.id not in held]
    return chosen, left + [(r, f"no {pick.removeprefix('best:')}") for r in lacking]


def _ranked(
    group: Sequence[Response], pick: str, count: int, count_tokens: Callable[[str], int] | None, seed: int
) -> list[Response]:
    if pick == "random" or (pick == "farthest" and len(group) == 1):
        return nested_order(group, seed)
    if pick == "farthest":
        members = sorted(group, key=lambda r: r.id)
        return [members[at] for at in _farthest([full_text(r) for r in members], count)]
    assert pick in ("longest", "shortest"), pick
    sign = -1 if pick == "longest" else 1
    return sorted(group, key=lambda r: (sign * (count_tokens or len)(full_text(r)), r.id))


def _farthest(texts: Sequence[str], count: int) -> list[int]:
    """`diversity.farthest`, kept: it takes seconds for 32 long texts, and each seed and arm asks again for the same."""
    from thalweg.curate.diversity import farthest  # imports numpy

    digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
    key = hashlib.sha256(b"".join(digests)).digest(), count
    if key not in _FARTHEST:
        _FARTHEST[key] = farthest(texts, count)
    return _FARTHEST[key]
