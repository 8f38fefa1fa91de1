"""Problems left out before any arm selects: repeated ones, and those of benchmarks."""

import pytest
from pydantic import ValidationError

from thalweg.curate.cleaning import Cleaning, LeftOut, unclean, without
from thalweg.types import Problem, Response, TextCheck

WORDS = "the quick brown fox jumps over a lazy dog while seven green birds watch from their old wooden fence today"


def problem(name: str, statement: str) -> Problem:
    return Problem(id=name, statement=statement, check=TextCheck(answer="x"))


PROBLEMS = [
    problem("a", f"Tell me a story in which {WORDS}."),
    problem("b", "How many apples are left when four of nine are eaten by the children of the baker?"),
    problem("c", "How many apples are left when four of nine are eaten by the children of the baker ?"),
    problem("d", "What is the capital of the country in which the tallest mountain of the continent stands?"),
]
BENCHMARK = {"held-out": [problem("x", f"Write down why {WORDS}!")]}


@pytest.mark.parametrize(
    ("cleaning", "found"),
    [
        ({}, {}),
        ({"duplicates": 0.8}, {"c": LeftOut("duplicates", "near duplicate")}),
        ({"contamination": {"near": None}}, {"a": LeftOut("contamination", "in held-out (13-gram)")}),
        ({"duplicates": 0.8, "contamination": {"ngrams": [13]}}, {"a": "contamination", "c": "duplicates"}),
    ],
)
def test_what_is_left_out(cleaning: dict[str, object], found: dict[str, LeftOut | str]) -> None:
    left_out = unclean(PROBLEMS, BENCHMARK, Cleaning.model_validate(cleaning))
    assert {key: why if isinstance(found.get(key), LeftOut) else why.stage for key, why in left_out.items()} == found


def test_a_contaminated_problem_does_not_stand_for_its_duplicate() -> None:
    twin = problem("0", PROBLEMS[0].statement)
    left_out = unclean([twin, *PROBLEMS], BENCHMARK, Cleaning.model_validate({"duplicates": 0.8, "contamination": {}}))
    assert {key: why.stage for key, why in left_out.items()} == {
        "0": "contamination", "a": "contamination", "c": "duplicates",
    }  # fmt: skip


def test_responses_are_kept_or_dropped_with_the_reason() -> None:
    responses = [Response(id=f"{p.id}/{n}", problem_id=p.id, model="m", text="1") for p in PROBLEMS for n in range(2)]
    kept, dropped = without(responses, {"b": LeftOut("duplicates", "exact duplicate")})
    assert [r.id for r in kept] == [r.id for r in responses if r.problem_id != "b"]
    assert {(d.response_id, d.stage, d.reason) for d in dropped} == {
        ("b/0", "duplicates", "exact duplicate"), ("b/1", "duplicates", "exact duplicate"),
    }  # fmt: skip


def test_a_similarity_is_a_share() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        Cleaning(duplicates=1.5)
