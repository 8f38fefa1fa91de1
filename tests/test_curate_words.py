"""Words as they are compared, and hashes that are equal just where runs of words are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.curate.words import digest, fold, ngrams, plain, rows_of, words

TEXTS = st.lists(st.text(st.sampled_from("ab1 \n-é中’"), max_size=30), max_size=8)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Range(len(s)):", ["rangelens"]),
        ("It costs $3,000 – or 3.5%!", ["it", "costs", "3000", "or", "35"]),
        ("a + b\tAND\u00a0c\u2028d", ["a", "b", "and", "c", "d"]),
        ("don’t DON'T “don't”", ["dont", "dont", "dont"]),
        ("ﬁne ① ½ STRASSE straße", ["fine", "1", "12", "strasse", "strasse"]),
        ("E\u0301te\u0301 été", ["été", "été"]),
        ("数学2题", ["数", "学", "2", "题"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("… — ?!", []),
        ("", []),
        ("a lone \ud800 half", ["a", "lone", "half"]),
    ],
)
def test_fold(text: str, expected: list[str]) -> None:
    assert fold(text).decode().split() == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("What  is\n2+2? ", "what is 2+2?", True),
        ("“Ten” – it’s", '"ten" - it\'s', True),
        ("ﬁve", "FIVE", True),
        ("x = 3", "x = -3", False),
        ("a b", "ab", False),
    ],
)
def test_what_exact_comparison_takes_for_the_same(one: str, other: str, same: bool) -> None:
    assert (plain(one) == plain(other)) is same
    assert (digest(one) == digest(other)) is same


@given(TEXTS, st.integers(1, 5))
def test_hashes_are_equal_where_runs_of_words_are(texts: list[str], n: int) -> None:
    folded = [fold(text) for text in texts]
    found = words(folded)
    said = [text.split() for text in folded]
    assert list(found.bounds) == [sum(map(len, said[:i])) for i in range(len(said) + 1)]
    expected = [(row, b" ".join(s[i : i + n])) for row, s in enumerate(said) for i in range(len(s) - n + 1)]
    hashes, whole = ngrams(found, n)
    assert list(rows_of(found)[: len(hashes)][whole]) == [row for row, _ in expected]
    by_hash = dict(zip(hashes[whole].tolist(), (gram for _, gram in expected), strict=True))
    assert [by_hash[h] for h in hashes[whole].tolist()] == [gram for _, gram in expected]
    assert len(by_hash) == len({gram for _, gram in expected})


def test_a_text_that_is_longer_than_all_before() -> None:
    text = "x" * 300_000 + " end"
    assert words([fold(text)]).hashes[1] == words([b"end"]).hashes[0]
