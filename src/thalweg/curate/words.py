"""Words of a text as duplicates and contamination compare them, and fast hashes of runs of n words.

A word is what stands between white space, in small letters, less everything that is not a letter, a digit or a mark
(the rule of GPT-3's contamination study, Brown et al. 2020, appendix C): `Range(len(s)):` is `rangelens`, `$3,000` is
`3000`, and a lone `+` is no word. Text is brought to Unicode NFKC first. In scripts that do not part words by spaces
(Chinese, Japanese, Thai ...) every letter is a word.

Hashing works on the bytes of many texts at once. A word's hash is a polynomial in its bytes, taken as a difference of
prefix sums; an n-gram's is a polynomial in its words, so its cost does not grow with n. Hashes only find candidates:
what is reported as shared is compared as text.

Not covered: stemming, synonyms, numbers written as words.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Counts = NDArray[np.int64]

_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "YI")
_ASCII_KEPT = b"0123456789abcdefghijklmnopqrstuvwxyz "
_SPACES = b"\t\n\v\f\r\x1c\x1d\x1e\x1f"
_ASCII = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ" + _SPACES, b"abcdefghijklmnopqrstuvwxyz" + b" " * len(_SPACES))
_DELETED = bytes(c for c in range(128) if bytes([c]).translate(_ASCII) not in [bytes([k]) for k in _ASCII_KEPT])
# Almost all that keeps English text from being ASCII, and none of it is part of a word.
_TYPOGRAPHIC = re.compile("[‘’“”–—…•]")
_QUOTES = str.maketrans("‘’‛“”„‟–—−", '\'\'\'""""---')

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_MIX = np.uint64(0xD6E8FEB86659FD93)


class Words(NamedTuple):
    """Hashes of the words of several texts; those of text t are `hashes[bounds[t] : bounds[t + 1]]`."""

    hashes: Hashes
    bounds: Counts


class _Table(dict[int, str | None]):
    """What `str.translate` does to a character, found when it is first met."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        kind = unicodedata.category(character)[0]
        if character.isspace():
            self[code] = " "
        elif kind not in "LNM":
            self[code] = None
        elif unicodedata.name(character, "").startswith(_UNSPACED):
            self[code] = f" {character} "
        else:
            self[code] = character
        return self[code]


_TABLE = _Table()


def fold(text: str) -> bytes:
    """The words of a text in UTF-8, parted by blanks: `fold(text).split()` are its words."""
    if not text.isascii():
        text = _TYPOGRAPHIC.sub("", text)
        if not text.isascii():
            return unicodedata.normalize("NFKC", text).casefold().translate(_TABLE).encode("utf-8", "replace")
    return text.encode("ascii").translate(_ASCII, _DELETED)


def plain(text: str) -> str:
    """The text as exact comparison sees it: NFKC, small letters, straight quotes and dashes, single blanks."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_QUOTES)).casefold()
    return " ".join(text.lower().split())


def digest(text: str) -> bytes:
    """Sixteen bytes that two texts share when, and as good as only when, `plain` makes them the same."""
    return hashlib.blake2b(plain(text).encode("utf-8", "replace"), digest_size=16).digest()


def words(folded: Sequence[bytes]) -> Words:
    """Hashes of the words of folded texts."""
    codes = np.frombuffer(b"\n" + b"\n".join(folded) + b"\n", np.uint8)
    blank = codes <= 32
    changes = np.flatnonzero(blank[1:] != blank[:-1])  # before a word, at its last byte, before the next ...
    first, last = changes[0::2], changes[1::2]
    powers, inverses = _powers(len(codes))
    sums = np.cumsum(_bytes()[codes] * powers[: len(codes)])
    hashes = (sums[last] - sums[first]) * inverses[first]
    ends = np.cumsum([len(text) + 1 for text in folded])
    bounds = np.zeros(len(folded) + 1, np.int64)
    bounds[1:] = np.searchsorted(first, ends)
    return Words(mixed(hashes), bounds)


def ngrams(found: Words, n: int) -> tuple[Hashes, NDArray[np.bool_]]:
    """Hashes of the n words from each word on, and whether all n lie in one text; none where there are too few."""
    total = len(found.hashes)
    if total < n:
        return np.zeros(0, np.uint64), np.zeros(0, np.bool_)
    powers, inverses = _powers(total)
    sums = np.zeros(total + 1, np.uint64)
    np.cumsum(found.hashes * powers[:total], out=sums[1:])
    grams = (sums[n:] - sums[:-n]) * inverses[: total - n + 1]
    ends = np.repeat(found.bounds[1:], np.diff(found.bounds))[: total - n + 1]
    return mixed(grams), np.arange(n, total + 1) <= ends


def rows_of(found: Words) -> Counts:
    """The text that each word belongs to."""
    return np.repeat(np.arange(len(found.bounds) - 1), np.diff(found.bounds))


def mixed(hashes: Hashes) -> Hashes:
    """Spreads every bit of a hash over its high bits."""
    hashes = hashes ^ (hashes >> np.uint64(32))
    hashes *= _MIX
    hashes ^= hashes >> np.uint64(29)
    return hashes


@cache
def _bytes() -> Hashes:
    """A random value for every byte; white space counts nothing."""
    values = np.random.default_rng(0).integers(1, 2**63, 256, dtype=np.uint64)
    values[:33] = 0
    return values


_known: list[Hashes] = []


def _powers(count: int) -> tuple[Hashes, Hashes]:
    """At least `count` powers of the base modulo 2**64, and of its inverse."""
    if not _known or len(_known[0]) < count:
        size = max(1 << 18, 1 << (count - 1).bit_length())
        _known[:] = [_geometric(_BASE, size), _geometric(pow(_BASE, -1, 1 << 64), size)]
    return _known[0], _known[1]


def _geometric(ratio: int, size: int) -> Hashes:
    factors = np.full(size, ratio, np.uint64)
    factors[0] = 1
    return np.cumprod(factors)
