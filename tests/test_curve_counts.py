"""Rungs as counts: what the cells hold, and how many independent responses a clustered interval stands for."""

from dataclasses import replace

import pytest

from tests.curve_synthetic import PILOT, ladder, scores
from thalweg.curve.counts import counts_of, counts_of_cells, responses_in
from thalweg.types import Cell, Cells

CELLS = Cells(
    thinking_finished=Cell(n=40, correct=25),
    thinking_unfinished=Cell(n=30, correct=0),
    direct_finished=Cell(n=20, correct=5),
    direct_unfinished=Cell(n=10, correct=0),
)


def test_cells_are_counted() -> None:
    found = counts_of_cells(CELLS, size=128, groups=50)
    assert (found.responses, found.thinking, found.finished, found.correct, found.groups) == (100, 70, 60, 30, 50)
    assert responses_in(CELLS) == 100
    assert counts_of_cells(CELLS, size=128).groups == 100
    assert counts_of_cells(CELLS, size=128, groups=1_000).groups == 100


def test_an_arm_is_ordered_by_size_and_seed_with_its_start() -> None:
    rows = scores([*ladder(PILOT, seeds=(1, 0)), *ladder(PILOT, arm="other"), *ladder(PILOT, benchmark="else")])
    found = counts_of(rows, "random", "miniature")
    assert [(c.size, c.seed) for c in found] == [(size, seed) for size in sorted(PILOT) for seed in (0, 1)]
    assert {c.responses for c in found} == {300}
    assert (found[-1].steps, found[-1].tokens) == (3072, 8192 * 116)
    assert found[4].looped == found[4].responses - found[4].finished  # as the synthetic outcomes have it


def test_a_rung_without_graded_responses_is_left_out() -> None:
    none = Cell(n=0, correct=0)
    empty = Cells(thinking_finished=none, thinking_unfinished=none, direct_finished=none, direct_unfinished=none)
    rows = scores(ladder({0: PILOT[0], 512: PILOT[512]}))
    dropped = [row if row.size == 0 else replace(row, cells=empty) for row in rows]
    assert [c.size for c in counts_of(dropped, "random", "miniature")] == [0]


@pytest.mark.parametrize(("group", "least", "most"), [(1, 270, 300), (3, 100, 290), (10, 30, 220)])
def test_clusters_are_worth_less(group: int, least: int, most: int) -> None:
    rows = scores(ladder(PILOT, group=group, hardness=1.0))
    for found in counts_of(rows, "random", "miniature"):
        assert least <= found.groups <= most
