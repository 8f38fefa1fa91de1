"""What differs between two texts, word by word, by their longest common subsequence (bit-parallel, in rapidfuzz).

Long texts are cut: the table grows with the product of their lengths. A space alone between two changes joins them,
so that a changed sentence reads as one.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

LIMIT = 20_000  # words and spaces of each text
_TOKENS = re.compile(r"\s+|\w+|[^\w\s]")


class Piece(NamedTuple):
    """A run of text; `changed` where the other side does not have it."""

    text: str
    changed: bool


class Difference(NamedTuple):
    """Both sides in pieces, and whether a text was cut."""

    a: list[Piece]
    b: list[Piece]
    cut: bool


def difference(a: str, b: str) -> Difference:
    """Both texts in pieces; joined, they are the texts again, up to the cut.

    >>> difference("2 and 3", "2 or 3").b
    [Piece(text='2 ', changed=False), Piece(text='or', changed=True), Piece(text=' 3', changed=False)]
    """
    from rapidfuzz.distance import LCSseq

    first, second = _TOKENS.findall(a), _TOKENS.findall(b)
    cut = max(len(first), len(second)) > LIMIT
    first, second = first[:LIMIT], second[:LIMIT]
    kept: tuple[list[bool], list[bool]] = ([False] * len(first), [False] * len(second))
    for step in LCSseq.opcodes(first, second):
        if step.tag == "equal":
            kept[0][step.src_start : step.src_end] = [True] * (step.src_end - step.src_start)
            kept[1][step.dest_start : step.dest_end] = [True] * (step.dest_end - step.dest_start)
    return Difference(_pieces(first, kept[0]), _pieces(second, kept[1]), cut)


def _pieces(tokens: Sequence[str], kept: Sequence[bool]) -> list[Piece]:
    pieces: list[Piece] = []
    for at, token in enumerate(tokens):
        lone = token.isspace() and 0 < at < len(tokens) - 1 and not kept[at - 1] and not kept[at + 1]
        changed = lone or not kept[at]
        if pieces and pieces[-1].changed is changed:
            pieces[-1] = Piece(pieces[-1].text + token, changed)
        else:
            pieces.append(Piece(token, changed))
    return pieces
