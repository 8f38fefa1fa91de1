"""Loops inside a text. (Loops at its end: test_curve_rates.py.)"""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.loops import loops_anywhere

COUNTING = " ".join(str(n) for n in range(400))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("1 2 " * 31 + "1", False),  # 63 words
        ("So " + "1 2 " * 32 + "is it", True),  # 64
        ("a b c d e " * 2, False),
        (COUNTING, False),
        (COUNTING + " " + COUNTING, False),  # said twice
        (f"{COUNTING} {COUNTING} {COUNTING} and so on", True),
        ("x = 1\n" * 30 + COUNTING, True),
        (" ".join(f"line {n}: x = {n}" for n in range(200)), False),
        ("-" * 63 + " a table", False),
        ("哈" * 500, False),  # one word
        ("哈 " * 64 + "a", True),
    ],
)
def test_loops_anywhere(text: str, expected: bool) -> None:
    assert loops_anywhere(text) is expected


def repeats(words: list[str], period: int) -> bool:
    """Whether some stretch of 64 words, or of three periods if that is more, equals itself one period later."""
    length = max(64, 3 * period)
    same = [word == before for word, before in zip(words[period:], words, strict=False)]
    return any(all(same[at : at + length - period]) for at in range(len(words) - length + 1))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from("ab"), min_size=1, max_size=30),
    st.integers(50, 100),
    st.lists(st.sampled_from("abc"), max_size=80),
    st.lists(st.sampled_from("abc"), max_size=80),
)
def test_a_loop_is_found_where_looking_everywhere_finds_one(
    phrase: list[str], length: int, before: list[str], after: list[str]
) -> None:
    words = before + (phrase * length)[:length] + after
    assert loops_anywhere(" ".join(words)) == any(repeats(words, period) for period in range(1, len(words)))


def test_the_edge_is_exact_for_every_period_and_place() -> None:
    for period, place, short in product(range(1, 40), (0, 1, 37), (0, 1)):
        length = max(64, 3 * period) - short
        words = [f"b{n}" for n in range(place)] + [f"p{n % period}" for n in range(length)] + ["e"]
        assert loops_anywhere(" ".join(words)) is (not short), (period, place)
