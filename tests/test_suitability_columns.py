"""Columns: directions, costs, and each model's value with its interval."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.errors import InputError
from thalweg.suitability.columns import COLUMNS, PICKS, by_model, cost, costs
from thalweg.suitability.rank_surprisal import corpus_rsr
from thalweg.types import Suitability


def row(problem: int, model: str = "a", **values: Any) -> Suitability:
    given_: dict[str, Any] = {"tokens": 10, "surprisal": 1.0, "rank": 3.0, "entropy": 0.5, "precision": "fp32"}
    given_ |= {"rsr": 3.0, "student": "s"} | values
    return Suitability(response_id=f"{model}/{problem}", problem_id=str(problem), model=model, **given_)


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("rsr", {"rsr": 2.5}, 2.5),
        ("surprisal", {"surprisal": 1.5}, 1.5),
        ("local_surprisal", {"local_surprisal": 1.2}, 1.2),
        ("local_surprisal", {}, None),
        ("rank", {"rank": 7.0}, 7.0),
        ("entropy", {"entropy": 0.3}, 0.3),
        ("rule_quality", {"rule_quality": 0.8}, -0.8),
        ("accuracy", {"correct": True}, -1.0),
        ("accuracy", {"correct": False}, 0.0),
        ("accuracy", {}, None),
    ],
)
def test_costs_are_lower_for_better_responses(column: str, values: dict[str, Any], expected: float | None) -> None:
    assert cost(column, row(0, **values)) == expected


def test_responses_are_picked_only_by_columns_of_responses_with_a_direction() -> None:
    assert set(COLUMNS) - set(PICKS) == {"tokens", "teacher_score", "shift"}
    for name in ("tokens", "teacher_score", "shift", "nothing"):
        with pytest.raises(InputError, match="cannot be picked by"):
            costs(name, [row(0)])


def test_costs_leave_out_what_was_not_measured_and_refuse_a_column_without_values() -> None:
    rows = [row(0, rule_quality=1.0), row(1)]
    assert costs("rule_quality", rows) == {"a/0": -1.0}
    with pytest.raises(InputError, match="no response has a value in the column 'local_surprisal'"):
        costs("local_surprisal", rows)


def test_a_models_values_are_means_and_its_ratio_that_of_the_means() -> None:
    rows = [
        row(0, rank=2.0, surprisal=1.0, rsr=2.0, tokens=100, correct=True),
        row(1, rank=9.0, surprisal=2.0, rsr=4.5, tokens=50, correct=False),
        row(0, "b", rank=1.0, surprisal=0.1, rsr=10.0),
    ]
    found = by_model(rows)
    assert list(found) == ["a", "b"]
    assert found["a"]["rsr"].value == pytest.approx(11 / 3)
    assert found["a"]["rsr"].value == pytest.approx(corpus_rsr(rows[:2]))
    assert found["a"]["tokens"].value == 75
    assert (found["a"]["accuracy"].value, found["a"]["accuracy"].n) == (0.5, 2)
    assert "accuracy" not in found["b"]
    assert "local_surprisal" not in found["a"]


def test_given_numbers_have_no_interval() -> None:
    found = by_model([row(0), row(0, "b")], teacher_scores={"a": 91.1}, shifts={"b": 18.8})
    assert found["a"]["teacher_score"] == (91.1, None, None, None)
    assert found["b"]["shift"].value == 18.8
    assert "shift" not in found["a"]


def test_a_single_problem_tells_nothing_of_others() -> None:
    found = by_model([row(0, rank=2.0), row(0, rank=4.0)])["a"]["rank"]
    assert found == (3.0, None, None, 2)


def test_a_mean_gets_students_interval() -> None:
    ranks = [1.0, 2.0, 4.0, 5.0]
    found = by_model([row(k, rank=rank) for k, rank in enumerate(ranks)])["a"]["rank"]
    half = 3.182446 * float(np.std(ranks, ddof=1)) / 2
    assert found.low is not None
    assert found.high is not None
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half), abs=1e-5)


def test_repeats_of_a_problem_and_problems_of_a_group_do_not_narrow_the_interval() -> None:
    values = [1.0, 2.0, 4.0, 5.0]
    once = by_model([row(k, rank=v) for k, v in enumerate(values)])["a"]["rank"]
    often = by_model([row(k, rank=v) for k, v in enumerate(values) for _ in range(5)])["a"]["rank"]
    twins = [row(k, rank=v) for k, v in enumerate(values + values)]
    grouped = by_model(twins, groups={str(k): f"g{k % 4}" for k in range(8)})["a"]["rank"]
    assert often[:3] == pytest.approx(once[:3])
    assert grouped[:3] == pytest.approx(once[:3])


@pytest.mark.parametrize("correct", [True, False])
def test_a_share_of_all_or_none_has_an_interval_of_some_width(correct: bool) -> None:
    found = by_model([row(k, correct=correct) for k in range(100)])["a"]["accuracy"]
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(0.0377, abs=1e-3)


@given(st.lists(st.tuples(st.floats(1, 100), st.floats(0.01, 20), st.booleans()), min_size=2, max_size=30))
def test_a_value_lies_inside_its_interval(cells: list[tuple[float, float, bool]]) -> None:
    rows = [row(k, rank=r, surprisal=s, rsr=r / s, correct=c) for k, (r, s, c) in enumerate(cells)]
    for found in by_model(rows)["a"].values():
        assert found.low is not None
        assert found.high is not None
        assert found.low - 1e-9 <= found.value <= found.high + 1e-9


def test_the_ratios_interval_covers_what_it_says() -> None:
    """Nominal 95 %; 600 draws of 100 responses have a standard error of 0.9 %."""
    rng, covered = np.random.default_rng(0), 0
    for _ in range(600):
        surprisal = rng.gamma(4, 0.25, 100)
        rank = 1 + 2 * surprisal * rng.gamma(2, 0.5, 100)
        found = by_model([row(k, rank=r, surprisal=s) for k, (r, s) in enumerate(zip(rank, surprisal, strict=True))])
        low, high = found["a"]["rsr"].low, found["a"]["rsr"].high
        covered += low is not None and high is not None and low <= 3.0 <= high
    assert 0.92 < covered / 600 < 0.98


def test_the_docs_table_is_that_of_the_columns() -> None:
    page = (Path(__file__).parent.parent / "docs" / "teachers.md").read_text(encoding="utf-8")
    better = {"low": "lower", "high": "higher", None: "not said"}
    for name, column in COLUMNS.items():
        line = f"| `{name}` | {better[column.better]} | {column.level} | {column.meaning} | {column.source} |"
        assert line in page.splitlines()


def test_every_column_says_where_it_comes_from() -> None:
    assert all(column.source and column.meaning.endswith(".") for column in COLUMNS.values())
    assert [name for name, column in COLUMNS.items() if column.better == "high"] == [
        "rule_quality",
        "accuracy",
        "teacher_score",
    ]
