"""The same phrase over and over: how a response that got stuck is told, in curves and in filters alike.

A phrase is a run of words (letters and digits, or single other characters), or of characters where a script has no
spaces. Not covered: loops with changing contents (counting upwards for ever), and phrases that come back with others
in between.
"""

import re
from collections.abc import Sequence
from itertools import islice

_WORD = re.compile(r"\w+|[^\w\s]")
_TAIL, _REPEATS, _WORDS, _CHARACTERS, _WORDS_ANYWHERE = 20_000, 3, 16, 60, 64


def loops(text: str) -> bool:
    """Whether `text` ends in the same phrase over and over.

    True when the end of the text is one phrase, said at least three times without a gap (the last time may be cut
    short), over at least 16 words (runs of letters and digits, or single other characters) or 60 characters. Only the
    last 20,000 characters are looked at, in linear time.

    >>> loops("so 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2")
    True
    >>> loops("the answer is 1 2 1 2 1 2")
    False
    """
    tail = text.rstrip()[-_TAIL:]
    return _repeats(_WORD.findall(tail), _WORDS) or _repeats(tail, _CHARACTERS)


def _repeats(units: Sequence[str], least: int) -> bool:
    """Whether the last units have a period that fits three times into a stretch of at least `least` units."""
    matches = _prefix_matches(units[::-1])
    return any(shift + match >= max(least, _REPEATS * shift) for shift, match in islice(enumerate(matches), 1, None))


def _prefix_matches(units: Sequence[str]) -> list[int]:
    """The Z function: how many units from each position on equal those from the beginning on (Gusfield 1997)."""
    matches = [0] * len(units)
    left = right = 0
    for at in range(1, len(units)):
        match = min(right - at, matches[at - left]) if at < right else 0
        while at + match < len(units) and units[match] == units[at + match]:
            match += 1
        matches[at] = match
        if at + match > right:
            left, right = at, at + match
    return matches


def loops_anywhere(text: str) -> bool:
    """Whether `text` says one phrase at least three times without a gap anywhere, over at least 64 words.

    More is asked for than at the end, since tables, rules and rows of zeros belong to good answers. Exact, in time
    that grows as n log n with the number of words: a stretch that repeats with some period matches itself at every
    place, so for each period one place in so many is enough to look at.

    >>> loops_anywhere("so " + "1 2 " * 32 + "is it")
    True
    """
    units = _WORD.findall(text)
    for period in range(1, len(units) // _REPEATS + 1):
        run = max(_WORDS_ANYWHERE, _REPEATS * period) - period
        if any(_matches(units, at, period, run) for at in range(period + run - 1, len(units), run)):
            return True
    return False


def _matches(units: Sequence[str], at: int, period: int, run: int) -> bool:
    """Whether `run` units in a row around `at` each equal the one `period` before."""
    first = last = at
    while first >= period and units[first] == units[first - period] and last - first < run:
        first -= 1
    while last < len(units) and units[last] == units[last - period] and last - first <= run:
        last += 1
    return last - first > run
