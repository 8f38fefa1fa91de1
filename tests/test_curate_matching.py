"""Matched arms: same problems, same difficulty, same tokens; nested where the other arm is."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.curation import count_words, problem, response, verdict
from thalweg.curate.matching import Match, common_problems, take_matched
from thalweg.curate.selection import Evidence, Pool, Selection, select_pool
from thalweg.curate.subsets import nested_order
from thalweg.errors import InputError
from thalweg.thinking import full_text
from thalweg.types import Response

PROBLEMS = {str(n): problem(n, difficulty=("easy", "hard", None)[n % 3]) for n in range(60)}
NUMBERS = st.sets(st.integers(0, 59), min_size=12)


def arm(numbers: set[int], model: str, seed: int) -> list[Response]:
    """An arm's order; responses have as many words as their model's letters, problems and samples make."""
    return nested_order([response(n, model=model, text="w " * (1 + n * len(model) % 7)) for n in numbers], seed)


def words(rows: list[Response]) -> int:
    return sum(count_words(full_text(row)) for row in rows)


@given(NUMBERS, NUMBERS, st.integers(0, 3), st.sampled_from(["problems", "difficulty", "tokens"]))
def test_rungs_are_matched_and_nested(one: set[int], other: set[int], seed: int, how: Match) -> None:
    ordered, reference = arm(one, "t", seed), arm(other, "uv", seed)
    rungs: list[list[Response]] = []
    for size in (2, 4, 8):
        try:
            rungs.append(take_matched(ordered, reference[:size], how, PROBLEMS, count_words, "arms.x"))
        except InputError:
            break
        rung, against = rungs[-1], reference[:size]
        assert len({r.id for r in rung}) == len(rung)
        if how == "problems":
            assert [r.problem_id for r in rung] == [r.problem_id for r in against]
        if how == "difficulty":
            labels = [[PROBLEMS[r.problem_id].difficulty for r in rows] for rows in (rung, against)]
            assert labels[0] == labels[1]
        if how == "tokens":
            assert rung == ordered[: len(rung)]
            longest = max(words([r]) for r in ordered)
            assert len(rung) == 1 or abs(words(rung) - words(against)) <= longest / 2
    for smaller, larger in pairwise(rungs):
        assert smaller == larger[: len(smaller)]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("problems", "has 1 responses to problem '4', this arm only 0; match the other arm"),
        ("difficulty", "has 2 responses of difficulty 'hard', this arm only 1"),
        ("tokens", "has 11 tokens, all responses of this arm only 6; take smaller sizes"),
    ],
)
def test_what_cannot_be_matched_is_said(how: Match, message: str) -> None:
    ordered = [response(n, text="a b c") for n in (0, 1)]
    reference = [response(n, text="a b c d e f") for n in (1,)] + [response(4, text="a b c d e")]
    with pytest.raises(InputError, match=rf"arms\.x: the matched rung {message}"):
        take_matched(ordered, reference, how, PROBLEMS, count_words, "arms.x")


def test_correct_and_incorrect_answers_to_the_same_problems() -> None:
    pool = [response(n, sample) for n in range(30) for sample in range(4)]
    right = {r.id: (int(r.problem_id) + r.sample) % 4 < int(r.problem_id) % 5 for r in pool}
    known = Evidence(
        verdicts={name: verdict(name, "correct" if is_right else "incorrect") for name, is_right in right.items()}
    )
    arms = [Selection(select="correct", per_problem=1), Selection(select="incorrect", per_problem=1)]
    pools = [select_pool(pool, PROBLEMS, known, selection, 0) for selection in arms]
    both = common_problems(*pools)
    assert both < {r.problem_id for r in pool}
    correct, incorrect = (select_pool(pool, PROBLEMS, known, selection, 0, both).ordered for selection in arms)
    assert [r.problem_id for r in correct] == [r.problem_id for r in incorrect]
    assert {r.problem_id for r in correct} == both
    assert not {r.id for r in correct} & {r.id for r in incorrect}


def test_common_problems() -> None:
    pools = [Pool([response(n) for n in numbers], []) for numbers in ((1, 2, 3), (2, 3, 4))]
    assert common_problems(*pools) == {"2", "3"}
