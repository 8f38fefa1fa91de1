"""Forecasts on simulated ladders of a known law, and the constants that ship against the runs that ship."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
from benchmarks import forecasts as benchmark

from thalweg.curve import forecast as module
from thalweg.curve.counts import Counts, counts_of_cells
from thalweg.curve.forecast import (
    Case,
    Constants,
    constants,
    document,
    forecast,
    learn,
    predict,
    straight,
    track_record,
)
from thalweg.errors import InputError
from thalweg.miniature import worlds
from thalweg.types import Cell, Cells

PROBLEMS = 300
SIZES = (32, 64, 128, 256, 512, 1024)


def rung(size: int, score: float, seed: int = 0) -> Counts:
    none = Cell(n=0, correct=0)
    cells = Cells(
        thinking_finished=Cell(n=PROBLEMS, correct=round(PROBLEMS * score)),
        thinking_unfinished=none,
        direct_finished=none,
        direct_unfinished=none,
    )
    return counts_of_cells(cells, size=size, seed=seed)


def simulated(number: int) -> list[Case]:
    """A ladder on which -log p shrinks to about 0.7 of itself with every doubling, and its step-matched controls."""
    rng = np.random.default_rng([11, number])
    chain, share = rng.uniform(4, 12), rng.uniform(0.62, 0.78)
    truth = np.exp(-chain * share ** np.arange(len(SIZES)))
    ladder = dict(zip(SIZES, rng.binomial(PROBLEMS, truth) / PROBLEMS, strict=True))
    matched = {size: 0.9 * ladder[4 * size] for size in SIZES if 4 * size in ladder}
    return benchmark.cuts(f"w{number}", f"t{number % 5}", ladder, matched)


@pytest.fixture(scope="module")
def learned() -> Constants:
    return learn([case for number in range(40) for case in simulated(number)])


def test_a_law_is_learned_and_its_intervals_cover(learned: Constants) -> None:
    assert learned.ratio == pytest.approx(0.7, abs=0.06)
    fresh = [case for number in range(100, 160) for case in simulated(number)]
    found = benchmark.back_test(learned, fresh)
    for name in ("2", "4"):
        assert found[name]["ladders"] == 60
        assert 0.72 <= found[name]["covered"] <= 0.98  # quantiles of a sample hold a little less than they say
        assert found[name]["to_line"] < 0.8
        assert found[name]["to_line_low"] <= found[name]["to_line"] <= found[name]["to_line_high"]
    assert found["4 with control"]["forecast_mean"] < found["4"]["forecast_mean"]


def test_the_value_is_the_largest_of_its_parts(learned: Constants) -> None:
    climbing = Case(ladder="w", task="t", sizes=(1, 2, 4), scores=(0.1, 0.3, 0.5), times=2, actual=0.7, matched=0.9)
    flat = Case(ladder="w", task="t", sizes=(1, 2, 4), scores=(0.5, 0.5, 0.5), times=2, actual=0.5)
    assert predict(learned, climbing, control=False).value == pytest.approx(0.7)
    assert predict(learned, climbing, control=True).value == pytest.approx(0.9)
    assert predict(learned, flat, control=True).value == pytest.approx(0.5**learned.ratio)


def test_tasks_left_out_are_not_learned_from() -> None:
    cases = [case for number in range(10) for case in simulated(number)]
    first = benchmark.left_out(cases, 4, False)[0]
    others = learn([case for case in cases if case.task != "t0"], benchmark.earlier())
    assert first.forecast == predict(others, first.case, control=False)


def test_ladders_weigh_the_same() -> None:
    many = [Case(ladder="a", task="t", sizes=(1, 2), scores=(0.1, 0.1), times=2, actual=0.5)] * 50
    few = [Case(ladder=name, task="t", sizes=(1, 2), scores=(0.1, 0.1), times=2, actual=0.1) for name in "bc"]
    assert learn([*many, *few, *_horizon(4)]).ratio > 0.9
    assert learn([*many, *_horizon(4)]).ratio < 0.6


def _horizon(times: int) -> list[Case]:
    return [Case(ladder="z", task="t", sizes=(1, 2), scores=(1.0, 1.0), times=times, actual=1.0)]


def test_seeds_are_pooled_and_sizes_multiplied() -> None:
    rows = [rung(0, 0.4), *(rung(size, 0.1 * k, seed) for k, size in enumerate(SIZES[:4]) for seed in (0, 1))]
    twice, four = forecast(rows)
    assert (twice.size, twice.times, four.size, four.times) == (512, 2, 1024, 4)
    for told in (twice, four):
        assert 0 <= told.low <= told.value <= told.high <= 1
    assert forecast(rows, {4: 0.99})[1].value == pytest.approx(0.99)
    assert forecast(rows, {4: 0.99})[0] == twice


@pytest.mark.parametrize("rows", [[], [rung(0, 0.4)], [rung(0, 0.4), rung(128, 0.1)]])
def test_two_rungs_are_needed(rows: list[Counts]) -> None:
    with pytest.raises(InputError, match="at least two trained rungs"):
        forecast(rows)


@pytest.mark.parametrize(
    ("scores", "rungs", "expected"),
    [((0.2, 0.3, 0.4), 3, 0.6), ((0.2, 0.5, 0.9), 3, 1.0), ((0.9, 0.3, 0.1), 2, 0.0), ((0.9, 0.3, 0.4), 2, 0.6)],
)
def test_straight_lines_are_kept_between_0_and_1(scores: tuple[float, ...], rungs: int, expected: float) -> None:
    assert straight((128, 256, 512), scores, 4, rungs) == pytest.approx(expected)


def test_cases_are_the_cuts_of_a_worlds_ladder() -> None:
    world = worlds.worlds("learning")[0]
    rungs = [run(world.name, "rung", "", size) for size in world.sizes]
    found = benchmark.cases_of(
        [run(world.name, "start", "", 0), *rungs, run(world.name, "action", "longer", world.size)]
    )
    n = world.size
    assert {(case.sizes[-1], case.times) for case in found} == {(n // 2, 2), (n // 2, 4), (n, 2), (n, 4), (2 * n, 2)}
    assert [(c.sizes[-1], c.times) for c in found if c.matched is not None] == [(n, 4)]


def run(world: str, kind: worlds.Kind, name: str, size: int) -> worlds.Run:
    return worlds.Run(
        world=world,
        kind=kind,
        name=name,
        size=size,
        steps=1,
        tokens=1,
        seconds=0.0,
        responses=PROBLEMS,
        cells=rung(size, 0.1).cells,
        looped=0,
        correct="3fffffff",
    )


def test_shipped_constants_are_those_of_the_shipped_runs() -> None:
    runs = benchmark.read_runs([])
    learned = learn(benchmark.cases_of(runs["learning"]), benchmark.earlier())
    made = document(learned, benchmark.back_test(learned, benchmark.cases_of(runs["held-out"])))
    shipped = json.loads(module.FILE.read_text(encoding="utf-8"))
    assert list(flat(shipped)) == pytest.approx(list(flat(made)), abs=1e-3)
    assert constants().ratio == learned.ratio


def flat(value: object) -> Iterator[float]:
    """The numbers of a document in the order of its keys."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from flat(value[key])
    elif isinstance(value, list):
        for inner in value:
            yield from flat(inner)
    elif isinstance(value, int | float):
        yield float(value)


@pytest.mark.parametrize(("times", "matched"), [(2, False), (4, False), (4, True)])
def test_a_forecast_is_told_with_its_track_record(times: int, matched: bool) -> None:
    said = track_record(times, matched=matched)
    assert said.startswith("in back-tests on ")
    assert "miniature worlds such intervals covered" in said
