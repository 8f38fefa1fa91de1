"""Panels and curves: pairing, seeds, what is missing, and scores without outcomes."""

from dataclasses import replace

import pytest

from tests.curve_synthetic import PILOT, ladder, scores, study
from thalweg.curve.fit import ONE_SEED, UNPAIRED, fit, fit_scores, rung_rates
from thalweg.curve.panel import book
from thalweg.curve.panel import ladder as panel_of
from thalweg.errors import InputError
from thalweg.types import Outcome


def test_the_pilots_valley_is_found_with_its_break_even() -> None:
    curve = fit(study((0, 1, 2)))
    arm = curve.arms["random"]
    assert curve.benchmark == "miniature"
    assert arm.valley.detected
    assert arm.valley.floor_size == 128
    assert arm.valley.floor == 0.0
    assert arm.valley.high is not None
    assert 0 < arm.valley.high < 0.03
    assert arm.break_even.size is not None
    assert 1024 < arm.break_even.size < 2048
    assert arm.top.size == 8192
    assert arm.note is None
    assert list(arm.seeds) == ["0", "1", "2"]
    assert all(seed.note == ONE_SEED and seed.valley.detected for seed in arm.seeds.values())
    assert not curve.arms["direct"].valley.detected
    assert list(curve.other_benchmarks) == ["one-line"]
    assert curve.other_benchmarks["one-line"]["random"].valley.detected


def test_one_seed_speaks_of_its_checkpoint_only() -> None:
    assert ONE_SEED in (fit(study((0,))).arms["random"].note or "")


def test_order_of_rows_does_not_matter() -> None:
    rows = study((0, 1))
    assert fit(rows).arms["random"] == fit(rows[::-1], "miniature").arms["random"]


def test_the_spread_over_seeds_widens_the_top() -> None:
    calm, wild = (fit(ladder(PILOT, seeds=(0, 1, 2), spread=s)).arms["random"].top for s in (0.0, 0.08))
    assert (wild.high or 0) - (wild.low or 0) > (calm.high or 0) - (calm.low or 0)


def test_clusters_widen_the_base() -> None:
    alone, grouped = (fit(ladder(PILOT, group=g, hardness=0.9)).arms["random"].base for g in (1, 10))
    assert (grouped.high or 0) - (grouped.low or 0) > (alone.high or 0) - (alone.low or 0)


def test_a_problem_with_a_harness_error_leaves_the_comparison() -> None:
    rows = ladder(PILOT)
    hit = next(n for n, row in enumerate(rows) if row.size == 512)
    rows[hit] = replace(rows[hit], status="harness_error")
    found = panel_of(book(rows, "miniature"), "random")
    assert found is not None
    assert found.values.shape == (7, 1, 299)
    assert "problems not graded at every rung are left out: 1" in (fit(rows).arms["random"].note or "")


def test_a_seed_on_its_way_is_left_out_and_named() -> None:
    rows = [r for r in ladder(PILOT, seeds=(0, 1, 2)) if not (r.seed == 2 and r.size == 8192)]
    arm = fit(rows).arms["random"]
    assert "seeds without every rung are left out: 2" in (arm.note or "")
    assert arm.top.size == 8192
    assert arm.seeds["2"].top.size == 2048


def test_sizes_that_not_all_seeds_have_are_left_out_when_no_seed_has_all() -> None:
    rows = [r for r in ladder(PILOT, seeds=(0, 1)) if (r.seed, r.size) not in {(0, 32), (1, 8192)}]
    arm = fit(rows).arms["random"]
    assert "sizes without every seed are left out: 32, 8,192" in (arm.note or "")
    assert arm.top.size == 2048


def test_a_control_arm_borrows_the_start_of_an_arm_with_the_same_start() -> None:
    rows = study((0, 1))
    bare = [r for r in rows if not (r.arm == "direct" and r.size == 0)]
    assert fit(bare).arms["direct"].base == fit(rows).arms["direct"].base


def test_a_start_scored_once_serves_every_seed() -> None:
    rows = ladder(PILOT, seeds=(0, 1))
    once = [r for r in rows if not (r.size == 0 and r.seed == 1)]
    assert fit(once) == fit(rows)
    assert fit_scores(scores(once)) == fit_scores(scores(rows))


def test_an_arms_own_start_goes_before_a_borrowed_one() -> None:
    def changed(row: Outcome) -> Outcome:
        return replace(row, status="incorrect") if (row.arm, row.size) == ("direct", 0) else row

    rows = [changed(r) for r in study((0, 1))]
    mixed = [r for r in rows if (r.arm, r.size, r.seed) != ("direct", 0, 1)]
    columns = book(mixed, "miniature").columns
    assert sum(columns["direct", 0][0].values()) == 0
    assert columns["direct", 0][1] == columns["random", 0][1]


def test_samples_of_a_problem_go_together() -> None:
    rows = ladder(PILOT)
    twice = [*rows, *(replace(r, sample=1) for r in rows)]
    once, again = fit(rows).arms["random"].top, fit(twice).arms["random"].top
    assert (again.value, again.low, again.high) == pytest.approx((once.value, once.low, once.high), abs=1e-6)


def test_a_study_with_its_start_alone_has_no_curve_yet() -> None:
    arm = fit([r for r in ladder(PILOT) if r.size == 0]).arms["random"]
    assert not arm.valley.detected
    assert arm.top.size == 0
    assert "no rung is trained yet" in (arm.note or "")


def test_an_arm_that_was_never_graded_says_so() -> None:
    rows = [replace(r, status="harness_error") if r.size else r for r in ladder(PILOT)]
    assert "no rung is trained yet" in (fit(rows).arms["random"].note or "")


@pytest.mark.parametrize(
    ("rows", "benchmark", "problem"),
    [
        ([], None, "nothing to fit"),
        (ladder(PILOT), "other", "no row has benchmark 'other'"),
        ([r for r in ladder(PILOT) if r.size], None, "arm 'random' has no graded row of size 0"),
    ],
)
def test_what_cannot_be_fitted_is_refused(rows: list[Outcome], benchmark: str | None, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        fit(rows, benchmark)
    with pytest.raises(InputError, match=problem):
        fit_scores(scores(rows), benchmark)


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_scores_alone_find_the_same_valley_with_wider_intervals(seeds: tuple[int, ...]) -> None:
    rows = study(seeds)
    paired, alone = fit(rows).arms["random"], fit_scores(scores(rows)).arms["random"]
    assert UNPAIRED in (alone.note or "")
    assert alone.valley.detected
    assert alone.valley.floor_size == 128
    assert alone.top.value == pytest.approx(paired.top.value)
    assert alone.break_even.size == pytest.approx(paired.break_even.size)
    assert list(alone.seeds) == [str(s) for s in seeds]


def test_rung_rates_take_whatever_seeds_are_there() -> None:
    rows = [r for r in ladder(PILOT, seeds=(0, 1)) if not (r.seed == 1 and r.size == 8192)]
    found = rung_rates(rows, "miniature", lambda o: o.thinking)
    assert found["random", 8192].value == 1.0
    assert found["random", 0].value == 0.0
    assert found["random", 128].value == pytest.approx(0.8, abs=0.05)
