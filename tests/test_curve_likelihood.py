"""The beta-binomial likelihood against scipy's, the dispersion that was put in, and a fit against a known optimum."""

import numpy as np
import pytest
from scipy.stats import betabinom

from thalweg.curve.counts import Counts, counts_of_cells
from thalweg.curve.likelihood import SPREAD, Table, dispersion, log_likelihood, maximise, redraw, tables
from thalweg.curve.panel import Floats
from thalweg.types import Cell, Cells


def counts(size: int, seed: int, finished: int, correct: int, groups: int = 100) -> Counts:
    empty = Cell(n=0, correct=0)
    cells = Cells(
        thinking_finished=Cell(n=finished, correct=correct),
        thinking_unfinished=Cell(n=100 - finished, correct=0),
        direct_finished=empty,
        direct_unfinished=empty,
    )
    return counts_of_cells(cells, size=size, seed=seed, groups=groups)


def test_components_are_scaled_to_what_responses_are_worth() -> None:
    found = tables([counts(0, 0, 90, 30), counts(128, 0, 60, 12, groups=50), counts(128, 1, 50, 10)])
    assert found["finishing"].trials.tolist() == [[100, 0], [50, 100]]
    assert found["passing"].trials.tolist() == [[90, 0], [30, 50]]
    assert found["passing"].successes.tolist() == [[30, 0], [6, 10]]
    assert found["score"].rates == pytest.approx([0.3, 16 / 150])


def test_a_start_scored_alike_for_all_seeds_counts_once() -> None:
    same = tables([counts(0, 0, 90, 30), counts(0, 1, 90, 30), counts(128, 0, 60, 12)])
    apart = tables([counts(0, 0, 90, 30), counts(0, 1, 90, 31), counts(128, 0, 60, 12)])
    assert same["score"].trials[0].sum() == 100
    assert apart["score"].trials[0].sum() == 200


@pytest.mark.parametrize("rho", [0.001, 0.05, 0.5])
@pytest.mark.parametrize("rate", [0.02, 0.4, 0.97])
def test_likelihood_is_the_beta_binomial(rho: float, rate: float) -> None:
    def ours(p: float) -> float:
        return float(log_likelihood(np.array([[p]]), np.array([[[17.0]]]), np.array([[[60.0]]]), rho)[0])

    def theirs(p: float) -> float:
        total = (1 - rho) / rho
        return float(betabinom.logpmf(17, 60, p * total, (1 - p) * total))

    assert ours(rate) - ours(0.3) == pytest.approx(theirs(rate) - theirs(0.3))


@pytest.mark.parametrize("spread", [0.0, 0.03, 0.08])
def test_dispersion_is_found(spread: float) -> None:
    rng = np.random.default_rng(0)
    trials = np.full((12, 10), 300.0)
    hits = redraw(np.full(12, 0.5), trials, max(spread**2 / 0.25, 1e-6), rng)
    rho, seen = dispersion(Table(tuple(range(12)), hits, trials))
    assert seen == 108
    assert np.sqrt(rho) / 2 == pytest.approx(spread, abs=0.012)


def test_one_seed_leaves_the_assumption() -> None:
    rho, seen = dispersion(Table((0, 1), np.array([[10.0], [20.0]]), np.array([[50.0], [50.0]])))
    assert (np.sqrt(rho) / 2, seen) == (pytest.approx(SPREAD), 0)


def test_maximise_finds_the_optimum_of_every_table() -> None:
    rng = np.random.default_rng(1)
    trials = np.full((20, 5, 2), 200.0)
    truth = np.linspace(-2, 1, 5)
    hits = rng.binomial(200, 1 / (1 + np.exp(-truth))[None, :, None], size=trials.shape).astype(np.float64)

    def mean(theta: Floats) -> Floats:
        line: Floats = 1 / (1 + np.exp(-(theta[:, :1] + theta[:, 1:] * np.arange(5))))
        return line

    theta, best = maximise(mean, np.zeros((20, 2)), hits, trials, 0.002)
    assert theta.mean(axis=0) == pytest.approx([-2, 0.75], abs=0.1)
    for nudge in ([0.02, 0.0], [-0.02, 0.0], [0.0, 0.01], [0.0, -0.01], [0.05, -0.02]):
        assert (log_likelihood(mean(theta + nudge), hits, trials, 0.002) < best).all()


def test_redraws_have_the_spread_they_are_asked_for() -> None:
    rng = np.random.default_rng(2)
    trials = np.full((4_000, 1, 1), 300.0)
    drawn = redraw(np.array([0.5]), trials, 0.01, rng)[:, 0, 0] / 300
    assert drawn.mean() == pytest.approx(0.5, abs=0.005)
    assert drawn.var() == pytest.approx(0.25 * (0.01 + 0.99 / 300), rel=0.1)
