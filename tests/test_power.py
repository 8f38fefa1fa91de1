"""Power: the formula against drawn studies, its monotony, and what it takes from finished rungs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.curve_synthetic import simulated
from thalweg.curve.assumptions import assumptions
from thalweg.curve.intervals import difference, estimate
from thalweg.curve.panel import Panel
from thalweg.curve.power import (
    USUAL,
    Assumptions,
    Design,
    expected,
    floor_power,
    power,
    problems_for,
    rung_power,
    samples_for,
    smallest,
    start_power,
    truth,
    valley_power,
)
from thalweg.curve.valley import look

# What the synthetic answers correlate by: 0.6 on the normal scale, near 0.4 between rates of 30 to 50 %.
DRAWN = Assumptions(base=0.4, paired=0.4, same=0.4, icc=0.0, spread=0.02)


def against_start(one: Design, rungs: int) -> float | None:
    return smallest(one, lambda other, gap: start_power(other, gap, rungs))


def alone(one: Design, gap: float) -> float:
    return start_power(one, gap, 1)


def design(**changes: float) -> Design:
    plain = Design(problems=300, groups=300, group_size=1.0, samples=1, seeds=1, assumed=DRAWN)
    return replace(plain, **changes)  # type: ignore[arg-type]  # the counts among the changes are whole numbers


@pytest.mark.parametrize(("seeds", "fall"), [(1, 0.08), (3, 0.08), (5, 0.06)])
def test_the_power_of_a_difference_is_that_of_drawn_studies(seeds: int, fall: float) -> None:
    rng, rates = np.random.default_rng(seeds), [0.4, 0.4 - fall]
    spread = DRAWN.spread if seeds > 1 else 0.0  # one seed's difference is that of its own checkpoints
    drawn = [
        difference(estimate(simulated(rng, rates, seeds=seeds, groups=300, size=1, spread=spread)), 1, 0).high < 0
        for _ in range(200)
    ]
    promised = power(design(seeds=seeds), rates, np.array([-1.0, 1.0]))
    assert 0.3 < promised < 0.95
    assert abs(np.mean(drawn) - promised) < 0.12  # 200 draws have a standard error of 3.5 points


def test_the_power_to_see_a_valley_is_that_of_drawn_studies() -> None:
    rng, rates = np.random.default_rng(1), [0.4, 0.3, 0.35, 0.45]
    drawn = [look(estimate(simulated(rng, rates, groups=300, size=1, spread=0.0))).detected for _ in range(150)]
    promised = valley_power(design(), rates)
    assert 0.3 < promised < 0.95
    assert abs(np.mean(drawn) - promised) < 0.13


def test_the_expected_estimate_is_that_of_drawn_studies() -> None:
    rng, rates = np.random.default_rng(0), [0.4, 0.2, 0.5]
    drawn = [estimate(simulated(rng, rates, seeds=3, groups=300, size=1, spread=0.02)) for _ in range(200)]
    promised = expected(design(seeds=3), rates)
    assert promised.noise is not None
    for name in ("within", "between", "noise"):
        mean = np.mean([np.diag(getattr(one, name)) for one in drawn], axis=0)
        assert mean == pytest.approx(np.diag(getattr(promised, name)), rel=0.2, abs=1e-6), name
    scatter = np.cov(np.array([one.rates for one in drawn]).T)
    assert np.diag(scatter) == pytest.approx(np.diag(truth(design(seeds=3), rates)), rel=0.35)


@given(
    problems=st.integers(100, 2000),
    seeds=st.sampled_from([1, 5, 10]),
    paired=st.floats(0.1, 0.5),
    base=st.floats(0.1, 0.8),
)
@settings(max_examples=15, deadline=None)
def test_more_problems_and_better_pairing_never_hurt(problems: int, seeds: int, paired: float, base: float) -> None:
    assumed = Assumptions(base=base, paired=paired, same=0.55, icc=0.0, spread=0.01)
    one = design(problems=problems, groups=problems, seeds=seeds, assumed=assumed)  # type: ignore[arg-type]
    more = replace(one, problems=4 * problems, groups=4 * problems)
    closer = replace(one, assumed=replace(assumed, paired=paired + 0.05))
    here = against_start(one, 1)
    for better in (more, closer):
        there = against_start(better, 1)
        assert here is None or (there is not None and there <= here + 0.001)


def test_groups_seeds_and_company_cost() -> None:
    plain = against_start(design(), 1)
    assert plain is not None
    grouped = design(groups=100, group_size=3.0, assumed=replace(DRAWN, icc=0.5))  # type: ignore[arg-type]
    for worse in (
        against_start(grouped, 1),
        against_start(design(), 6),
        smallest(design(), lambda one, gap: rung_power(one, gap, 6)),
    ):
        assert worse is not None
        assert worse > plain
    spread = design(seeds=3, assumed=replace(DRAWN, spread=0.05))  # type: ignore[arg-type]
    steady = design(seeds=3, assumed=replace(DRAWN, spread=0.0))  # type: ignore[arg-type]
    assert (against_start(spread, 1) or 1) > 1.5 * (against_start(steady, 1) or 1)


def test_the_smallest_difference_has_the_power_it_is_named_for() -> None:
    found = against_start(design(), 1)
    assert found is not None
    assert power(design(), [0.4, 0.4 - found], np.array([-1.0, 1.0])) == pytest.approx(0.8, abs=0.02)
    depth = smallest(design(problems=800, groups=800), lambda one, gap: floor_power(one, gap, 3))
    assert depth is not None
    assert 0.02 < depth < 0.2


def test_the_problems_asked_for_resolve_what_was_wanted() -> None:
    needed = problems_for(design(seeds=5), 0.03, alone)
    assert set(needed) == {1, 3, 5, 10}
    ten, one = needed[10], needed[1]
    assert ten is not None
    assert one is not None
    assert ten < one
    enough = against_start(design(problems=ten, groups=ten, seeds=10), 1)
    assert enough is not None
    assert enough <= 0.0306  # to 2 %, and a gap to a tenth of a point
    restless = design(assumed=replace(DRAWN, spread=0.05))  # type: ignore[arg-type]
    assert problems_for(restless, 0.01, alone)[3] is None


def test_samples_help_as_far_as_luck_goes() -> None:
    wanted = against_start(design(samples=4), 1)
    assert wanted is not None
    assert samples_for(design(), wanted, alone) == 4
    assert samples_for(design(), 0.001, alone) is None


def test_assumptions_are_measured_on_finished_rungs() -> None:
    panel = simulated(np.random.default_rng(0), [0.4, 0.3, 0.5], seeds=5, groups=400, size=3, spread=0.03)
    found = assumptions(panel, USUAL)
    assert found.base == pytest.approx(0.4, abs=0.05)
    assert found.paired == pytest.approx(0.4, abs=0.06)
    assert found.same == pytest.approx(0.4, abs=0.06)
    assert found.spread == pytest.approx(0.03, abs=0.015)
    assert 0 <= found.icc < 0.3  # groups share hardness, which a paired difference takes out for the most part


def test_what_one_seed_cannot_tell_is_taken_as_usual() -> None:
    panel = simulated(np.random.default_rng(0), [0.4, 0.3], groups=300, size=1, spread=0.0)
    found = assumptions(panel, USUAL)
    assert (found.same, found.spread, found.icc) == (USUAL.same, USUAL.spread, USUAL.icc)
    assert found.paired != USUAL.paired


def test_answers_that_move_in_groups_are_seen_to() -> None:
    rng = np.random.default_rng(0)
    clusters = np.arange(300) // 3
    start = (rng.random(300) < 0.5).astype(float)
    rung = np.where((rng.random(100) < 0.3)[clusters], 1 - start, start)
    start[:] = start[clusters * 3]
    rung[:] = rung[clusters * 3]
    panel = Panel((("a", 0), ("a", 8)), (0,), np.stack([start, rung])[:, None], clusters, 1, 0)
    assert assumptions(panel, USUAL).icc == pytest.approx(0.95)
