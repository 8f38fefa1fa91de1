"""Labels as data sets have them, and pass rates with their intervals."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from thalweg.curate.difficulty import PRESETS, Labels, PassRate, difficulty_of, pass_rates
from thalweg.types import STATUSES, Problem, Status, TextCheck, Verdict


def problem(difficulty: str | None) -> Problem:
    return Problem(id="p", statement="s", check=TextCheck(answer="1"), difficulty=difficulty)


def verdicts(problem_id: str, statuses: Sequence[Status]) -> list[Verdict]:
    return [
        Verdict(response_id=f"{problem_id}/{n}", problem_id=problem_id, status=status)
        for n, status in enumerate(statuses)
    ]


@pytest.mark.parametrize(
    ("preset", "label", "expected"),
    [
        ("taco", "EASY", "easy"),
        ("taco", "MEDIUM", "easy"),
        ("taco", "MEDIUM_HARD", "hard"),
        ("taco", "HARD", "hard"),
        ("taco", "VERY_HARD", "hard"),
        ("taco", "UNKNOWN_DIFFICULTY", None),
        ("taco", None, None),
        ("miniature", "2", "easy"),
        ("miniature", "4", None),
        ("miniature", "6", "hard"),
        ("livecodebench", "medium", None),
        ("livecodebench", " Hard ", "hard"),
    ],
)
def test_labels_of_known_data_sets(preset: Any, label: str | None, expected: str | None) -> None:
    assert difficulty_of(problem(label), Labels(preset=preset)) == expected


def test_labels_of_ones_own() -> None:
    labels = Labels(easy=("Introductory",), hard=("competition",))
    found = [difficulty_of(problem(label), labels) for label in ("introductory", "interview", "competition")]
    assert found == ["easy", None, "hard"]
    assert difficulty_of(problem("easy"), Labels()) is None


def test_fields_beside_a_preset_replace_its_lists() -> None:
    labels = Labels(preset="miniature", hard=("4", "5", "6"))
    assert (labels.easy, labels.hard) == (("2", "3"), ("4", "5", "6"))
    assert Labels(**labels.model_dump()) == labels


@pytest.mark.parametrize(
    "fields",
    [{"preset": "unheard of"}, {"easy": ["A"], "hard": [" a"]}, {"preset": "taco", "easy": ["hard"]}, {"mean": ["x"]}],
)
def test_what_is_not_understood_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Labels(**fields)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_holds_a_label_twice(preset: Any) -> None:
    labels = Labels(preset=preset)
    assert len({*labels.easy, *labels.hard}) == len(labels.easy) + len(labels.hard) > 0


# Bounds from scipy.stats.binomtest(correct, n).proportion_ci(method="wilson").
@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [
        (4, 4, 0.5101092, 1.0),
        (0, 4, 0.0, 0.4898908),
        (3, 8, 0.1368440, 0.6942576),
        (50, 100, 0.4038315, 0.5961685),
    ],
)
def test_intervals_are_wilson_s(correct: int, n: int, low: float, high: float) -> None:
    statuses: list[Status] = ["correct" if at < correct else "incorrect" for at in range(n)]
    rate = pass_rates(verdicts("p", statuses))["p"]
    assert rate == PassRate(n, correct, correct / n, rate.low, rate.high)
    assert (rate.low, rate.high) == pytest.approx((low, high), abs=1e-6)


def test_each_problem_has_its_own_rate_and_harness_errors_are_left_out() -> None:
    rates = pass_rates(
        verdicts("a", ["correct", "incorrect", "harness_error", "timeout", "no_answer"])
        + verdicts("b", ["correct"])
        + verdicts("c", ["harness_error"])
    )
    assert {name: (rate.n, rate.correct, rate.value) for name, rate in rates.items()} == {
        "a": (4, 1, 0.25),
        "b": (1, 1, 1.0),
    }
    assert pass_rates([]) == {}


@given(st.lists(st.sampled_from(STATUSES), max_size=40), st.randoms(use_true_random=False))
def test_a_rate_lies_in_its_interval_in_whatever_order_verdicts_come(statuses: list[Status], rng: Any) -> None:
    shuffled = rng.sample(statuses, len(statuses))
    rates = pass_rates(verdicts("p", statuses))
    assert rates == pass_rates(verdicts("p", shuffled))
    for rate in rates.values():
        assert 0 <= rate.low <= rate.value <= rate.high <= 1
        assert rate.low < rate.high
