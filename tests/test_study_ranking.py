"""Teachers ranked by columns, and columns judged by what students score."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from tests.curve_synthetic import simulated
from thalweg.curve.intervals import estimate
from thalweg.curve.panel import Panel
from thalweg.errors import InputError
from thalweg.study.ranking import Judged, Scored, caution, column_ranks, judge, scored
from thalweg.suitability.columns import Estimate
from thalweg.types import Outcome

MODELS = ("a", "b", "c", "d", "e")
RATES = (0.2, 0.3, 0.4, 0.5, 0.6)


def values(**columns: Sequence[float | None]) -> dict[str, dict[str, Estimate]]:
    return {
        model: {
            name: Estimate(number, number - 0.01, number + 0.01, 200)
            for name, numbers in columns.items()
            if (number := numbers[at]) is not None
        }
        for at, model in enumerate(MODELS)
    }


def scores(rates: Sequence[float] = RATES, seeds: int = 3, spread: float = 0.01, draw: int = 0) -> Scored:
    panel = simulated(np.random.default_rng(draw), [0.5, *rates], seeds=seeds, spread=spread)
    return Scored(MODELS, estimate(Panel(panel.columns[1:], panel.seeds, panel.values[1:], panel.clusters, 1, 0)))


def judged(of: Mapping[str, Mapping[str, Estimate]], by: Scored) -> dict[str, Judged]:
    return {one.column: one for one in judge(of, by)}


def test_rank_one_is_the_best_in_a_columns_own_direction() -> None:
    found = column_ranks(values(rsr=[3, 1, 2, 4, 5], accuracy=[0.1, 0.9, 0.9, 0.2, 0.3], tokens=[1, 2, 3, 4, 5]))
    assert found["rsr"] == {"a": 3, "b": 1, "c": 2, "d": 4, "e": 5}
    assert found["accuracy"] == {"b": 1.5, "c": 1.5, "e": 3, "d": 4, "a": 5}
    assert "tokens" not in found


def test_models_without_a_value_are_left_out_of_a_column() -> None:
    of = values(rsr=[3, None, 2, 4, None], surprisal=[None] * 5)
    assert column_ranks(of) == {"rsr": {"c": 1, "a": 2, "d": 3}}
    found = judged(of, scores())["rsr"]
    assert found.spearman.n == 3
    assert found.picks == ("c",)


def test_a_column_that_ranks_as_the_scores_do_loses_nothing() -> None:
    found = judged(values(rsr=[5, 4, 3, 2, 1], rank=[1, 2, 3, 4, 5]), scores(seeds=5))
    good, bad = found["rsr"], found["rank"]
    assert good.spearman.value == -1
    assert (good.spearman.p or 0) == pytest.approx(2 / 120)
    assert good.picks == ("e",)
    assert good.regret is not None
    assert (good.regret.value, good.regret.low) == (0, 0)
    assert good.regret.high < 5
    assert bad.spearman.value == 1
    assert bad.picks == ("a",)
    assert bad.regret is not None
    assert bad.regret.low < 40 < bad.regret.high
    assert bad.regret.low > 20
    assert bad.regret.chance == pytest.approx(20, abs=3)


def test_a_pick_next_to_the_best_may_be_the_best() -> None:
    found = judged(values(rsr=[5, 4, 3, 1, 2]), scores(rates=(0.2, 0.3, 0.4, 0.59, 0.6)))["rsr"]
    assert found.regret is not None
    assert found.regret.low == 0
    assert 0 < found.regret.high < 15


def test_tied_picks_share_their_regret() -> None:
    by = scores()
    found = judged(values(rsr=[1, 5, 5, 5, 1]), by)["rsr"]
    assert found.picks == ("a", "e")
    alone = judged(values(rsr=[1, 5, 5, 5, 2]), by)["rsr"]
    assert found.regret is not None
    assert alone.regret is not None
    assert found.regret.value == pytest.approx(alone.regret.value / 2)


def test_a_column_without_direction_is_correlated_but_never_picks() -> None:
    found = judged(values(tokens=[1, 2, 3, 4, 5]), scores())["tokens"]
    assert found.spearman.value == 1
    assert (found.picks, found.regret) == ((), None)


def test_noise_in_the_scores_widens_what_would_be_seen_again() -> None:
    of = values(rsr=[5, 4, 3, 2, 1])
    near, far = judged(of, scores((0.40, 0.41, 0.42, 0.43, 0.44)))["rsr"], judged(of, scores())["rsr"]
    assert near.again is not None
    assert far.again is not None
    assert far.again[1] < -0.85
    assert near.again[1] - near.again[0] > far.again[1] - far.again[0]


@pytest.mark.parametrize("pick", [0, 3, 4])
def test_regrets_interval_covers_what_it_says(pick: int) -> None:
    """Simultaneous, so at least 95 %; 150 draws of 3 seeds have a standard error of 1.8 %."""
    rates = (0.35, 0.4, 0.45, 0.5, 0.5)
    of = values(rsr=[float(at != pick) for at in range(5)])
    covered = 0
    for draw in range(150):
        regret = judged(of, scores(rates, spread=0.02, draw=draw))["rsr"].regret
        assert regret is not None
        covered += regret.low - 1e-9 <= 100 * (0.5 - rates[pick]) <= regret.high + 1e-9
    assert covered / 150 >= 0.92


def outcomes(arm: str, seed: int, hits: Sequence[bool]) -> list[Outcome]:
    return [
        Outcome(
            arm=arm,
            start="base",
            size=size,
            seed=seed,
            benchmark="test",
            problem_id=str(at),
            cluster=str(at),
            sample=0,
            status="correct" if hit else "incorrect",
            thinking=True,
            finished=True,
            looped=False,
            completion_tokens=5,
        )
        for size in (0, 8)
        for at, hit in enumerate(hits)
    ]


def test_scores_are_read_from_a_studys_outcomes() -> None:
    rows = [*outcomes("arm-a", 0, [True] * 6 + [False] * 4), *outcomes("arm-b", 0, [True] * 3 + [False] * 7)]
    found = scored(rows, "test", {"org/a": "arm-a", "org/b": "arm-b"}, 8)
    assert found.models == ("org/a", "org/b")
    assert [found.rate(model).value for model in found.models] == pytest.approx([0.6, 0.3])


def test_students_of_other_seeds_cannot_be_compared() -> None:
    rows = [*outcomes("arm-a", 0, [True] * 4), *outcomes("arm-b", 1, [True] * 4)]
    with pytest.raises(InputError, match="no seed and problem that all of arm-a, arm-b have"):
        scored(rows, "test", {"a": "arm-a", "b": "arm-b"}, 8)


def test_caution() -> None:
    assert "not even a perfect one" in caution(4)
    assert "only from 0.89 on" in caution(6)
