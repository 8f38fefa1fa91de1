"""Forecasts on simulated worlds of known law, and the constants that ship against the runs that ship."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
from benchmarks import forecasts as benchmark

from thalweg.curve import forecast as module
from thalweg.curve.counts import Counts, counts_of_cells
from thalweg.curve.forecast import Case, document, forecast, learn_cases, level, predict, situation, track_record
from thalweg.curve.process import Process, of_plain, plain
from thalweg.errors import InputError
from thalweg.miniature import worlds
from thalweg.types import Cell, Cells

PROBLEMS = 300


def rung(size: int, finishing: float, score: float, problems: int = PROBLEMS) -> Counts:
    correct = round(problems * score)
    done = max(correct, round(problems * finishing))
    none = Cell(n=0, correct=0)
    cells = Cells(
        thinking_finished=Cell(n=done, correct=correct),
        thinking_unfinished=Cell(n=problems - done, correct=0),
        direct_finished=none,
        direct_unfinished=none,
    )
    return counts_of_cells(cells, size=size)


def simulated(world: int) -> list[Case]:
    """A climb whose failures shrink by a share with every doubling, once responses finish; each cut of its ladder."""
    rng = np.random.default_rng([11, world])
    chain, share = rng.uniform(3, 8), rng.uniform(0.45, 0.7)
    finishing = [1.0, 0.3, 0.6, 0.9, 1.0, 1.0, 1.0]
    truth = [0.4, *(f * np.exp(-chain * share**k) for k, f in enumerate(finishing[1:]))]
    ladder = [
        rung(size, f, rng.binomial(PROBLEMS, p) / PROBLEMS)
        for size, f, p in zip((0, 32, 64, 128, 256, 512, 1024), finishing, truth, strict=True)
    ]
    return [
        Case(
            world=f"w{world}",
            task=f"t{world % 5}",
            counts=tuple(ladder[:cut]),
            times=4,
            actual=ladder[cut + 1].correct / PROBLEMS,
        )
        for cut in (4, 5)
    ]


@pytest.fixture(scope="module")
def process() -> Process:
    return learn_cases([case for world in range(20) for case in simulated(world)])


def test_a_law_is_learned_and_its_intervals_cover(process: Process) -> None:
    cases = [case for world in range(100, 200) for case in simulated(world)]
    checked = [benchmark.check(process, case) for case in cases]
    found = benchmark.summary(checked)
    assert (found["worlds"], found["cases"]) == (100, 200)
    assert 0.82 <= found["covered"] <= 0.97
    assert found["ratio_to_line"] < 0.7
    assert found["ratio_to_line_low"] < found["ratio_to_line"] < found["ratio_to_line_high"]


def test_tasks_left_out_are_not_learned_from() -> None:
    cases = [case for world in range(6) for case in simulated(world)]
    first = benchmark.left_out(cases)[0]
    others = learn_cases([case for case in cases if case.task != "t0"])
    assert first.forecast == predict(others, situation(cases[0].counts), cases[0].counts[-1].size, 4)


def test_a_process_survives_its_file(process: Process) -> None:
    again = of_plain(json.loads(json.dumps(plain(process))))
    at = situation(simulated(50)[0].counts)
    one, other = predict(process, at, 256, 4), predict(again, at, 256, 4)
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-3)
    assert 0 <= one.low <= one.value <= one.high <= 1
    assert set(document({4: process}, {4: {}})) == {"features", "processes", "back_test"}


def test_far_from_what_was_learned_intervals_widen(process: Process) -> None:
    near = situation(simulated(50)[0].counts)
    far = near + 6 * process.scale
    assert process.predict(far[None])[1][0] > 2 * process.predict(near[None])[1][0]


@pytest.mark.parametrize(
    "counts",
    [
        [],
        [rung(0, 1, 0.4), rung(128, 1, 0.1)],
        [rung(0, 1, 0.4), rung(128, 1, 0.1), rung(256, 1, 0.2)],
    ],
)
def test_what_a_forecast_needs(counts: list[Counts]) -> None:
    with pytest.raises(InputError, match="needs rungs over a factor of four"):
        forecast(counts)


def test_other_spacings_are_read_between_rungs() -> None:
    doubling = [rung(0, 1, 0.4), *(rung(1000 * 2**k, 1, 0.1 * (k + 1)) for k in range(5))]
    sparse = [c for c in doubling if c.size in (0, 1000, 4000, 8000, 16000)]
    assert situation(sparse) == pytest.approx(situation(doubling), abs=1e-9)


def test_straight_lines_are_kept_between_0_and_1() -> None:
    ladder = (rung(0, 1, 0.4), rung(128, 1, 0.2), rung(256, 1, 0.5), rung(512, 1, 0.9))
    case = Case(world="w", task="t", counts=ladder, times=4, actual=1.0)
    assert benchmark.straight(case, 3) == 1.0
    gentle = Case(world="w", task="t", counts=(*ladder[:2], rung(256, 1, 0.25), rung(512, 1, 0.3)), times=4, actual=0.4)
    assert benchmark.straight(gentle, 3) == pytest.approx(0.4)
    assert benchmark.straight(gentle, 2) == pytest.approx(0.4)


def test_cases_are_the_cuts_of_a_ladder() -> None:
    cells = rung(8, 1, 0.5).cells
    made = [
        worlds.Run(
            world="learning-00", kind="rung" if size else "start", size=size, steps=1, tokens=1, seconds=0.0,
            responses=PROBLEMS, cells=cells, looped=0, correct="0",
        )
        for size in (0, 16, 32, 64, 128, 256, 512)
    ]  # fmt: skip
    cuts = {(case.counts[-1].size, case.times) for case in benchmark.cases_of(made)}
    assert cuts == {(64, 2), (64, 4), (128, 2), (128, 4), (256, 2)}
    assert benchmark.cases_of(made[1:]) == []


@pytest.mark.skipif(not worlds.runs_file().exists(), reason="no runs ship yet")
def test_shipped_constants_are_those_of_the_shipped_runs() -> None:
    runs = benchmark.read_runs([])
    processes = benchmark.learned(runs["learning"])
    made = document(processes, benchmark.back_test(processes, runs["held-out"]))
    shipped = json.loads(module.FILE.read_text(encoding="utf-8"))
    assert list(flat(shipped)) == pytest.approx(list(flat(made)), abs=1e-4)
    assert shipped["features"] == made["features"]


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


def test_a_forecast_is_told_with_its_track_record() -> None:
    assert "miniature worlds" in track_record(4)
    assert "90 % intervals covered" in track_record(2)


def test_levels_are_arcsine() -> None:
    assert level(0.5) == pytest.approx(np.pi / 4)
