"""Outcomes, loops and scores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.curve.rates import outcome, score
from thalweg.loops import loops
from thalweg.types import Outcome, Problem, Response, Score, Status, TextCheck, Verdict

PHRASE = "Wait, let me check the second example again before I go on. "
COUNTING = " ".join(str(n) for n in range(400))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("42", False),
        ("So " + "1 2 " * 8, True),  # sixteen words
        ("So 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1", False),  # fifteen
        ("1 2 " * 40 + "1", True),  # the last time is cut short
        ("1 2 " * 40 + "</think> 3", False),  # it came out of its loop
        ("the answer is [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]", False),
        ("the answer is [" + "0, " * 10, True),
        (PHRASE * 2, False),
        ("First, " + PHRASE * 3, True),
        ("First, " + PHRASE * 3 + "Then I stop.", False),
        (PHRASE * 5 + PHRASE[:20], True),
        ("哈" * 80, True),
        ("哈" * 30, False),
        ("\n\n" + "step: x = 1\n" * 6 + "\n\n", True),
        (COUNTING, False),  # changing contents are not covered
        (" ".join(f"line {n}: x = {n}" for n in range(50)), False),
        ("a" * 100_000, True),
        (COUNTING * 200, True),
        ("def f(x):\n    return x\n\n" * 2 + "print(f(3))", False),
    ],
)
def test_a_loop_is_the_same_phrase_over_and_over_at_the_end(text: str, expected: bool) -> None:
    assert loops(text) is expected


@given(st.text(alphabet="ab \n1", min_size=1, max_size=30).filter(str.strip), st.text(max_size=50))
def test_whatever_is_said_often_enough_is_a_loop(phrase: str, before: str) -> None:
    assert loops(before + "." + phrase * 70)


@given(st.lists(st.integers(0, 3), max_size=40))
def test_a_period_is_found_where_counting_finds_one(values: list[int]) -> None:
    words = [str(v) for v in values]
    slow = any(
        all(words[-1 - k] == words[-1 - k - period] for k in range(length - period))
        for period in range(1, len(words))
        for length in [max(16, 3 * period)]
        if length <= len(words)
    )
    assert loops(" ".join(words)) is slow or len(" ".join(words)) >= 60


def problem() -> Problem:
    return Problem(id="p", statement="2 + 2", check=TextCheck(answer="4"), group="sums")


def graded(text: str, finish_reason: str | None, status: Status) -> Outcome:
    response = Response(id="r", problem_id="p", model="m", sample=2, text=text, finish_reason=finish_reason)
    verdict = Verdict(response_id="r", problem_id="p", status=status)
    return outcome(problem(), response, verdict, arm="a", start="base", size=8, seed=1, benchmark="sums")


@pytest.mark.parametrize(
    ("text", "finish_reason", "status", "thinking", "finished", "kept"),
    [
        ("4", "stop", "correct", False, True, "correct"),
        ("4", None, "correct", False, True, "correct"),  # imported: ended, as far as is known
        ("<think>2 + 2</think>4", "stop", "correct", True, True, "correct"),
        ("<think>2 + 2</think>4", "length", "correct", True, False, "no_answer"),
        ("<think>2 + 2 is", "stop", "no_answer", True, False, "no_answer"),
        ("4 4 4 4", "length", "correct", False, False, "no_answer"),
        ("4 4 4 4", "length", "incorrect", False, False, "incorrect"),
        ("4", "stop", "harness_error", False, True, "harness_error"),
    ],
)
def test_an_outcome_follows_the_valley_papers_definitions(
    text: str, finish_reason: str | None, status: Status, thinking: bool, finished: bool, kept: Status
) -> None:
    row = graded(text, finish_reason, status)
    assert (row.thinking, row.finished, row.status) == (thinking, finished, kept)
    assert (row.cluster, row.sample, row.size) == ("sums", 2, 8)


def make(status: Status, *, thinking: bool = False, finished: bool = True, problem_id: str = "p") -> Outcome:
    return Outcome(
        arm="a",
        start="base",
        size=8,
        seed=0,
        benchmark="b",
        problem_id=problem_id,
        cluster=problem_id,
        sample=0,
        status=status,
        thinking=thinking,
        finished=finished,
        looped=not finished,
        completion_tokens=3,
    )


def scored(rows: list[Outcome]) -> Score:
    return score(
        rows, steps=3, tokens_trained=9, distinct_problems=8, token_budget=120, sampling="greedy", prompt_hash="h"
    )


def test_harness_errors_are_counted_and_left_out_of_every_rate() -> None:
    rows = [make("correct", problem_id=str(n)) for n in range(3)]
    rows += [make("incorrect", thinking=True, problem_id="3"), make("harness_error", finished=False, problem_id="4")]
    found = scored(rows)
    assert found.harness_errors == 1
    assert found.problems == 5
    assert found.pass_at_1.value == pytest.approx(3 / 4)
    assert found.completion_rate.value == 1.0
    assert found.loop_rate.value == 0.0
    assert found.think_tag_rate.value == pytest.approx(1 / 4)


def test_a_rung_of_harness_errors_tells_nothing() -> None:
    found = scored([make("harness_error")])
    assert (found.pass_at_1.value, found.pass_at_1.low, found.loop_rate.high) == (None, None, None)


STATUS = st.sampled_from(["correct", "incorrect", "no_answer", "harness_error"])


@given(st.lists(st.tuples(STATUS, st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_the_cells_make_up_the_score(rows: list[tuple[Status, bool, bool]]) -> None:
    found = scored([make(s, thinking=t, finished=f, problem_id=str(n)) for n, (s, t, f) in enumerate(rows)])
    parts = [
        found.cells.thinking_finished,
        found.cells.thinking_unfinished,
        found.cells.direct_finished,
        found.cells.direct_unfinished,
    ]
    total = sum(part.n for part in parts)
    assert total + found.harness_errors == len(rows)
    if total:
        assert found.pass_at_1.value is not None
        assert found.pass_at_1.value == pytest.approx(sum(part.correct for part in parts) / total)
        assert found.pass_at_1.low is not None
        assert found.pass_at_1.high is not None
        assert 0 <= found.pass_at_1.low <= found.pass_at_1.value <= found.pass_at_1.high <= 1
        assert found.pass_at_1.high - found.pass_at_1.low > 0
