"""What two texts have in common, word for word: as a share and a run for tables, as places for a page.

Here words are compared as text, so a hit whose hashes were equal by chance alone comes to nothing.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from thalweg.curate.words import fold

_LONGEST = 300  # characters of a run that are kept


class Shared(NamedTuple):
    """The share of a problem's words in shared n-grams, and the longest stretch of the text made of them."""

    overlap: float
    run: str


class Place(NamedTuple):
    """A word as compared, and the characters of the original text that it stands at."""

    word: bytes
    start: int
    end: int


def shared(text: Sequence[bytes], begins: Iterable[tuple[int, int]], problem: bytes) -> Shared:
    """What a text's n-grams, given as (first word, length), have in common with a folded problem."""
    runs: list[tuple[int, int, int]] = []  # first word, end, and where the last n-gram begins
    found: dict[int, set[bytes]] = {}
    for begin, length in sorted(begins):
        gram = b" ".join(text[begin : begin + length])
        if gram not in _grams(problem, length)[1]:
            continue
        found.setdefault(length, set()).add(gram)
        first = runs.pop()[0] if runs and begin == runs[-1][2] + 1 else begin
        runs.append((first, begin + length, begin))
    if not runs:
        return Shared(0.0, "")
    begin, end, _ = max(runs, key=lambda run: run[1] - run[0])
    return Shared(_covered(problem, found), shortened(text[begin:end]))


def _covered(problem: bytes, found: dict[int, set[bytes]]) -> float:
    covered = bytearray(len(problem.split()))
    for length, grams in found.items():
        for place, gram in enumerate(_grams(problem, length)[0]):
            if gram in grams:
                covered[place : place + length] = b"\1" * length
    return round(sum(covered) / len(covered), 4)


@lru_cache(maxsize=4096)
def _grams(problem: bytes, length: int) -> tuple[list[bytes], frozenset[bytes]]:
    """The n-grams of a problem in their order, and as a set."""
    parts = problem.split()
    grams = [b" ".join(parts[place : place + length]) for place in range(len(parts) - length + 1)]
    return grams, frozenset(grams)


def shortened(parts: Sequence[bytes]) -> str:
    """Words as one line."""
    text = b" ".join(parts).decode("utf-8")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def marks(text: str, other: str, n: int) -> list[tuple[int, int]]:
    """The stretches of `text`, in characters, that lie in runs of n words shared with `other`.

    Where one of the two has fewer than n words, n is that many. Nothing is marked where Unicode normalisation joins
    letters over what look like separate ones (conjoining Hangul), since words then have no place of their own.
    """
    places, against = word_places(text), fold(other).split()
    n = min(n, len(places), len(against))
    if n == 0:
        return []
    grams = {b" ".join(against[i : i + n]) for i in range(len(against) - n + 1)}
    spans: list[tuple[int, int]] = []
    for i in range(len(places) - n + 1):
        if b" ".join(place.word for place in places[i : i + n]) in grams:
            start, end = places[i].start, places[i + n - 1].end
            if spans and start <= spans[-1][1]:
                start = spans.pop()[0]
            spans.append((start, end))
    return spans


def word_places(text: str) -> list[Place]:
    """The words of a text and where each stands in it; none where they cannot be placed."""
    places: list[Place] = []
    word, start, end = b"", 0, 0
    for begin, piece in (*_clusters(text), (len(text), " ")):
        for number, part in enumerate(fold(piece).split(b" ")):
            if number and word:
                places.append(Place(word, start, end))
                word = b""
            if part:
                start = start if word else begin
                word, end = word + part, begin + len(piece)
    return places if [place.word for place in places] == fold(text).split() else []


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Each character with the marks that combine with it, and where it begins."""
    begin = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not unicodedata.combining(text[index]):
            yield begin, text[begin:index]
            begin = index
