"""Corpora: nested order, filters with reasons, the folder on disk."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.chat import Prompt
from thalweg.curate.corpus import examples, read_corpus, write_corpus
from thalweg.curate.filters import Funnel, Select, usable
from thalweg.curate.subsets import nested_order, take
from thalweg.errors import InputError
from thalweg.types import MathCheck, Problem, Response, Status, Verdict


def response(problem: int, sample: int = 0, model: str = "t", **fields: object) -> Response:
    values = {"text": "<think>a</think>b", "thinking": "a", "answer": "b", "finish_reason": "stop", **fields}
    return Response(id=f"{model}/{problem}/{sample}", problem_id=str(problem), model=model, sample=sample, **values)  # type: ignore[arg-type]


def problem(number: int) -> Problem:
    return Problem(
        id=str(number), statement=f"what is {number}?", check=MathCheck(answer="1"), source="s", license="MIT"
    )


@given(st.sets(st.integers(0, 500), min_size=2, max_size=60), st.integers(0, 3), st.randoms())
def test_order_is_nested_and_blind_to_how_the_pool_came(numbers: set[int], seed: int, random: object) -> None:
    pool = [response(n) for n in numbers]
    ordered = nested_order(pool, seed)
    shuffled = list(pool)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert nested_order(shuffled, seed) == ordered
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


@pytest.mark.parametrize(
    ("select", "status", "kept", "reason"),
    [
        ("random", "incorrect", 1, None),
        ("random", None, 1, None),
        ("correct", "correct", 1, None),
        ("correct", "incorrect", 0, "not correct"),
        ("correct", "harness_error", 0, "no verdict"),
        ("correct", None, 0, "no verdict"),
        ("incorrect", "correct", 0, "not incorrect"),
        ("incorrect", "timeout", 1, None),
    ],
)
def test_selection_by_correctness(select: Select, status: Status | None, kept: int, reason: str | None) -> None:
    pool = [response(0)]
    verdicts = {pool[0].id: Verdict(response_id=pool[0].id, problem_id="0", status=status)} if status else {}
    rows, funnel = usable(pool, {"0": problem(0)}, verdicts, select)
    assert len(rows) == kept
    assert funnel == Funnel(1, kept, {reason: 1} if reason else {})


def test_the_untrainable_are_dropped_with_their_reason() -> None:
    pool = [response(0), response(1, answer=None), response(2, finish_reason="length"), response(9)]
    rows, funnel = usable(pool, {str(n): problem(n) for n in range(3)}, {})
    assert [r.problem_id for r in rows] == ["0"]
    assert funnel.dropped == {"unfinished": 2, "unknown problem": 1}


def test_a_corpus_on_disk(tmp_path: Path) -> None:
    problems = {str(n): problem(n) for n in range(3)}
    rows = examples([response(n) for n in range(3)], problems, Prompt(template="Q: {statement}"), "random")
    write_corpus(tmp_path, rows, Funnel(5, 3, {"unfinished": 2}), "a corpus", ["s: MIT"])
    assert read_corpus(tmp_path) == rows
    assert rows[0].prompt == "Q: what is 0?"
    assert rows[0].text == "<think>a</think>b"
    card = (tmp_path / "card.md").read_text()
    assert "| dropped: unfinished | 2 |" in card
    assert "s: MIT" in card
    assert json.loads((tmp_path / "funnel.json").read_text())["pool"] == 5


def test_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no train\.parquet"):
        read_corpus(tmp_path)
