"""The difference of two texts, word by word."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.view.words import LIMIT, Piece, difference

WORDS = re.compile(r"\w+|[^\w\s]")
TEXTS = st.text(st.sampled_from("ab \n.<"), max_size=60)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_pieces_are_the_texts_again_and_what_is_unchanged_is_the_same(a: str, b: str) -> None:
    found = difference(a, b)
    assert ("".join(p.text for p in found.a), "".join(p.text for p in found.b)) == (a, b)
    kept = [[word for p in side if not p.changed for word in WORDS.findall(p.text)] for side in (found.a, found.b)]
    assert kept[0] == kept[1]


@settings(deadline=None)
@given(TEXTS)
def test_equal_texts_have_no_change(text: str) -> None:
    assert not any(piece.changed for piece in difference(text, text).a)


@pytest.mark.parametrize(
    ("a", "b", "changed"),
    [
        ("x = 1 + 2", "x = 1 + 3", (["2"], ["3"])),
        ("the old way is", "the is", (["old way "], [])),
        ("one two three", "four five six", (["one two three"], ["four five six"])),
        ("", "new", ([], ["new"])),
    ],
)
def test_changes_are_words(a: str, b: str, changed: tuple[list[str], list[str]]) -> None:
    found = difference(a, b)
    sides = ([p.text for p in side if p.changed] for side in (found.a, found.b))
    assert [[text.strip() for text in side] for side in sides] == [[t.strip() for t in side] for side in changed]


def test_long_texts_are_cut_and_that_is_said() -> None:
    found = difference("word " * LIMIT, "word " * 10)
    assert found.cut
    assert found.b == [Piece("word " * 10, False)]
