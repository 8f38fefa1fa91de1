"""Local surprisal: which tokens are read after which, and that it is the student's own."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny import tiny_student
from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.suitability.local import _SENTENCE_END, local_surprisals, windows
from thalweg.suitability.packing import Row
from thalweg.suitability.rank_surprisal import summary
from thalweg.suitability.token_stats import Item, Scorer
from thalweg.types import Response

TEXT = "One is 1.5. Two!\n\nThree? Four is last"


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    return Scorer(tiny_student(tmp_path_factory.mktemp("student"), positions=128), Prompt())


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (TEXT, ["One is 1.5.", " Two!", "\n\nThree?", " Four is last"]),
        ("no end", ["no end"]),
        ("x = 1\ny = 2\n", ["x = 1", "\ny = 2", "\n"]),
        ("一。二！三", ["一。", "二！", "三"]),
        ("wait... what", ["wait...", " what"]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    edges = [0, *(match.start() for match in _SENTENCE_END.finditer(text) if match.start() < len(text)), len(text)]
    assert [text[start:end] for start, end in pairwise(edges)] == sentences


def test_windows_by_hand() -> None:
    whole = Row([0, 1, 10, 11, 20, 30, 31, 40], 2)
    assert windows(whole, [0, 2, 3, 5], 1, None) == [
        Row([0, 1, 10, 11], 2),
        Row([10, 11, 20], 2),
        Row([20, 30, 31], 1),
        Row([30, 31, 40], 2),
    ]
    assert windows(whole, [0, 2, 3, 5], 2, None)[1:] == [Row([10, 11, 20, 30, 31], 3), Row([20, 30, 31, 40], 3)]
    assert windows(whole, [0, 2, 3, 5], 2, 4)[1] == Row([11, 20, 30, 31], 2)
    assert windows(whole, [0, 2, 3, 5], 4, None) == [whole]
    assert windows(Row([0, 1], 2), [], 3, None) == [Row([0, 1], 2)]


@settings(deadline=None)
@given(st.sets(st.integers(1, 29)), st.integers(1, 6))
def test_every_token_is_scored_once_and_in_order(starts: set[int], window: int) -> None:
    whole = Row(list(range(100, 132)), 2)
    found = windows(whole, [0, *sorted(starts)], window, None)
    assert [token for row in found for token in row.ids[row.start :]] == whole.ids[2:]
    assert all(1 <= row.start <= len(row.ids) for row in found)


def test_a_response_of_few_sentences_has_its_plain_surprisal(scorer: Scorer) -> None:
    item = Item("a", "question", TEXT)
    plain = summary(scorer.score([item])[0], Response(id="a", problem_id="p", model="m")).surprisal
    assert local_surprisals(scorer, [item], window=4) == [pytest.approx(plain, abs=1e-6)]
    assert local_surprisals(scorer, [item], window=1) != [pytest.approx(plain, abs=1e-6)]


def test_what_came_long_before_does_not_matter(scorer: Scorer) -> None:
    texts = [f"{first}. Two. Three. Four." for first in ("Aaaa", "Zzzz")]
    rows = [windows(scorer.encode([Item("", "q", text)])[0], [0, 5, 10, 17], 2, None) for text in texts]
    assert rows[0][-1] == rows[1][-1]
    assert rows[0][0] != rows[1][0]


def test_responses_keep_their_order_and_empty_ones_have_none(scorer: Scorer) -> None:
    texts = [TEXT, "", "Short. One. More. Than. Three. Here."]
    items = [Item(str(n), "q", text) for n, text in enumerate(texts)]
    found = local_surprisals(scorer, items)
    assert found[1] is None
    assert found == [pytest.approx(local_surprisals(scorer, [item])[0], abs=1e-6) for item in items]


def test_a_cut_response_is_measured_as_far_as_it_goes(scorer: Scorer) -> None:
    (found,) = local_surprisals(scorer, [Item("l", "q", "A sentence. " * 40)])
    assert found is not None
    assert found > 0


def test_a_window_must_hold_a_sentence(scorer: Scorer) -> None:
    with pytest.raises(InputError, match="a window of 0 sentences"):
        local_surprisals(scorer, [], window=0)
