"""Corpora: nested order, the folder on disk, the card, and the funnel whose counts add up."""

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.curation import problem, response
from thalweg import store
from thalweg.chat import Prompt
from thalweg.curate.corpus import examples, read_corpus, write_corpus
from thalweg.curate.describe import matched_in_words, selection_in_words, unchanged_in_words
from thalweg.curate.filters import Filters
from thalweg.curate.funnel import funnel_of, table
from thalweg.curate.selection import Selection
from thalweg.curate.subsets import nested_order, take
from thalweg.errors import InputError
from thalweg.types import Drop, Example

PROBLEMS = {str(n): problem(n) for n in range(3)}


def drop(number: int, stage: str, reason: str) -> Drop:
    return Drop(response_id=f"t/{number}/9", problem_id=str(number), stage=stage, reason=reason)


DROPPED = [
    drop(0, "size", "beyond the size"),
    drop(1, "verdict", "no verdict"),
    drop(2, "verdict", "not correct"),
    drop(3, "verdict", "not correct"),
    drop(4, "usable", "unfinished"),
    drop(5, "duplicates", "the same text"),
]


def rows() -> list[Example]:
    return examples([response(n) for n in range(3)], PROBLEMS, Prompt(template="Q: {statement}"), "correct")


@given(st.sets(st.integers(0, 500), min_size=2, max_size=60), st.integers(0, 3), st.randoms())
def test_order_is_nested_and_blind_to_how_the_pool_came(numbers: set[int], seed: int, random: Random) -> None:
    pool = [response(n) for n in numbers]
    ordered = nested_order(pool, seed)
    assert nested_order(random.sample(pool, len(pool)), seed) == ordered
    half = nested_order([r for r in pool if r in ordered[: len(pool) // 2]], seed)
    assert half == ordered[: len(pool) // 2]  # relative order does not depend on what else is there


def test_seeds_differ_and_teachers_agree_on_problems() -> None:
    pool = [response(n) for n in range(100)]
    other = [response(n, model="u") for n in range(100)]
    assert nested_order(pool, 0) != nested_order(pool, 1)
    assert [r.problem_id for r in nested_order(pool, 3)] == [r.problem_id for r in nested_order(other, 3)]


def test_a_size_above_the_pool_is_refused() -> None:
    with pytest.raises(InputError, match=r"arms\.x: size 3 is above the 2 usable responses; use sizes up to 2"):
        take([response(0), response(1)], 3, "arms.x")


def test_a_corpus_on_disk(tmp_path: Path) -> None:
    made = rows()
    write_corpus(tmp_path, made, DROPPED, "a corpus", ["s: MIT"], ["correct responses only"], tokens=9)
    assert read_corpus(tmp_path) == made
    assert made[0].prompt == "Q: what is 0?"
    assert made[0].text == "<think>a</think>b"
    assert list(store.read(tmp_path / "dropped.parquet", Drop)) == DROPPED
    assert json.loads((tmp_path / "funnel.json").read_text()) == {
        "version": 2,
        "pool": 9,
        "examples": 3,
        "dropped": [
            {"stage": "duplicates", "reason": "the same text", "count": 1},
            {"stage": "usable", "reason": "unfinished", "count": 1},
            {"stage": "verdict", "reason": "not correct", "count": 2},
            {"stage": "verdict", "reason": "no verdict", "count": 1},
            {"stage": "size", "reason": "beyond the size", "count": 1},
        ],
    }
    card = (tmp_path / "card.md").read_text()
    for line in (
        "# a corpus",
        "- correct responses only",
        "| student tokens of responses | 9 |",
        "| verdict | not correct | 2 | 5 |",
        "- s: MIT",
    ):
        assert line in card.splitlines()


def test_a_corpus_written_again_leaves_no_older_drops(tmp_path: Path) -> None:
    first = write_corpus(tmp_path, rows(), DROPPED, "a corpus", [])
    assert write_corpus(tmp_path, rows(), [], "a corpus", []) == first
    assert not (tmp_path / "dropped.parquet").exists()
    assert json.loads((tmp_path / "funnel.json").read_text())["pool"] == 3


def test_a_response_is_kept_or_dropped_and_never_both(tmp_path: Path) -> None:
    both = Drop(response_id=rows()[0].response_id, problem_id="0", stage="size", reason="beyond the size")
    with pytest.raises(AssertionError, match="a row was dropped, too"):
        write_corpus(tmp_path, rows(), [both], "a corpus", [])


def test_the_funnel_runs_down_to_the_examples() -> None:
    funnel = funnel_of(3, DROPPED)
    assert (funnel.pool, funnel.kept, funnel.examples) == (9, 4, 3)
    assert [left for *_, left in table(funnel)] == [9, 8, 7, 5, 4, 3]
    assert dict(funnel.reasons()) == {
        "the same text": 1, "unfinished": 1, "not correct": 2, "no verdict": 1, "beyond the size": 1,
    }  # fmt: skip
    assert table(funnel_of(0, [])) == [("pool", "", 0, 0)]


def test_a_selection_in_words() -> None:
    assert selection_in_words(Selection()) == ["responses whatever their verdict", "all responses of a problem"]
    asked = Selection(
        select="incorrect",
        difficulty=("hard", "very_hard"),
        max_pass_rate=0.5,
        mix={"math": 0.25, "code": 0.75},
        per_problem=2,
        pick="best:rsr",
        together=True,
        filters=Filters(max_tokens=100, licenses=("MIT", "BSD")),
        structure="answer",
    )
    assert selection_in_words(asked) == [
        "incorrect responses only",
        "problems of difficulty hard or very_hard",
        "problems solved at a rate of 0.5 or less",
        "sources by share: math 0.25, code 0.75",
        "at most 2 of a problem's responses: best by rsr, side by side",
        "filters: licenses MIT or BSD, max_tokens 100",
        "answers without their traces",
    ]
    assert matched_in_words((), "x") == []
    assert matched_in_words(("steps", "problems"), "x") == ["matched to arm x: same steps, problems"]
    assert unchanged_in_words({"no thinking": 2}) == ["2 responses could not be changed: no thinking"]


def test_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no train\.parquet"):
        read_corpus(tmp_path)
