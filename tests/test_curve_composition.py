"""The change of a score taken apart: exact, without an order, the same backwards, and named after what happened."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.curve_synthetic import PILOT, ladder, scores
from thalweg.curve.composition import KINDS, Change, Kind, passed, rates, shapley, waterfall, waterfall_of
from thalweg.curve.counts import Counts, counts_of, counts_of_cells
from thalweg.types import Cell, Cells

TABLES = st.lists(st.integers(0, 40), min_size=6, max_size=6).filter(any)


def counts(size: int, table: tuple[int, int, int, int, int, int], seed: int = 0) -> Counts:
    """(thinking: correct, wrong, unfinished; direct: the same)."""
    cells = Cells(
        thinking_finished=Cell(n=table[0] + table[1], correct=table[0]),
        thinking_unfinished=Cell(n=table[2], correct=0),
        direct_finished=Cell(n=table[3] + table[4], correct=table[3]),
        direct_unfinished=Cell(n=table[5], correct=0),
    )
    return counts_of_cells(cells, size=size, seed=seed)


def value(change: Change, kind: Kind) -> float:
    return next(term.value for term in change.terms if term.kind == kind)


@settings(deadline=None)
@given(TABLES, TABLES)
def test_terms_add_up_and_turn_their_signs_backwards(before: list[int], after: list[int]) -> None:
    old, new = np.array(before, dtype=np.float64), np.array(after, dtype=np.float64)
    terms = shapley(old, new)
    change = (new[0] + new[3]) / new.sum() - (old[0] + old[3]) / old.sum()
    assert terms.sum() == pytest.approx(change, abs=1e-12)
    assert shapley(new, old) == pytest.approx(-terms, abs=1e-12)
    assert shapley(old, old) == pytest.approx(np.zeros(4), abs=1e-12)


@given(TABLES)
def test_the_identity_holds(table: list[int]) -> None:
    found = np.array(table, dtype=np.float64)
    assert passed(np.nan_to_num(rates(found))) == pytest.approx((found[0] + found[3]) / found.sum())


@pytest.mark.parametrize(
    ("before", "after", "kind", "label"),
    [
        ((60, 40, 0, 0, 0, 0), (30, 20, 50, 0, 0, 0), "finishing", "stopped finishing"),
        ((30, 20, 50, 0, 0, 0), (60, 40, 0, 0, 0, 0), "finishing", "finishes more"),
        ((20, 80, 0, 0, 0, 0), (70, 30, 0, 0, 0, 0), "skill_thinking", "better at what it finishes, thinking"),
        ((0, 0, 0, 50, 50, 0), (0, 0, 0, 20, 80, 0), "skill_direct", "worse at what it finishes, direct"),
        ((10, 0, 0, 45, 45, 0), (90, 0, 0, 5, 5, 0), "thinking", "began to think"),
        # A mode that was absent is taken to have been as good as the other one: only the finishing changed.
        ((0, 0, 0, 40, 60, 0), (20, 30, 50, 0, 0, 0), "finishing", "stopped finishing"),
    ],
)
def test_one_thing_moved(before: tuple[int, ...], after: tuple[int, ...], kind: Kind, label: str) -> None:
    (change,) = waterfall([counts(0, before), counts(128, after)])  # type: ignore[arg-type]
    moved = next(term for term in change.terms if term.kind == kind)
    assert moved.label == label
    assert abs(moved.value) == max(abs(term.value) for term in change.terms)
    assert moved.low <= moved.value <= moved.high
    if kind != "thinking" and before[:3] != (0, 0, 0):
        assert moved.value == pytest.approx(change.after - change.before)


def test_nothing_finished_is_blamed_on_finishing() -> None:
    (change,) = waterfall([counts(0, (50, 50, 0, 0, 0, 0)), counts(128, (0, 0, 100, 0, 0, 0))])
    assert value(change, "finishing") == pytest.approx(-0.5)


def test_counts_and_outcomes_agree() -> None:
    outcomes = ladder(PILOT, seeds=(0, 1, 2), spread=0.01)
    one = waterfall(counts_of(scores(outcomes), "random", "miniature"))
    other = waterfall_of(outcomes, "random", "miniature")
    assert [(c.size, c.next_size) for c in one] == [(c.size, c.next_size) for c in other]
    for first, second in zip(one, other, strict=True):
        assert first.after - first.before == pytest.approx(sum(t.value for t in first.terms))
        assert [t.value for t in first.terms] == pytest.approx([t.value for t in second.terms])
    climb = other[-1]
    assert value(climb, "skill_thinking") == pytest.approx(climb.after - climb.before, abs=0.02)


def test_a_start_that_seeds_share_is_counted_for_each_but_not_as_more_responses() -> None:
    rungs = [counts(128, (30, 70, 0, 0, 0, 0), seed) for seed in (0, 1, 2)]
    shared, own = [counts(0, (60, 40, 0, 0, 0, 0))], [counts(0, (60, 40, 0, 0, 0, 0), seed) for seed in (0, 1, 2)]
    (one,), (other,) = waterfall([*shared, *rungs]), waterfall([*own, *rungs])
    assert [t.value for t in one.terms] == pytest.approx([t.value for t in other.terms])
    assert one.terms[2].high - one.terms[2].low > other.terms[2].high - other.terms[2].low


def test_seeds_that_differ_widen_the_interval() -> None:
    start = [counts(0, (60, 40, 0, 0, 0, 0), seed) for seed in (0, 1)]
    alike = [counts(128, (30, 70, 0, 0, 0, 0), seed) for seed in (0, 1)]
    apart = [counts(128, (10 + 40 * seed, 90 - 40 * seed, 0, 0, 0, 0), seed) for seed in (0, 1)]
    (one,), (other,) = waterfall([*start, *alike]), waterfall([*start, *apart])
    widths = [
        c.terms[KINDS.index("skill_thinking")].high - c.terms[KINDS.index("skill_thinking")].low for c in (one, other)
    ]
    assert widths[1] > 1.5 * widths[0]


@pytest.mark.parametrize("rows", [[], [counts(0, (1, 1, 1, 1, 1, 1))]])
def test_nothing_to_compare(rows: list[Counts]) -> None:
    assert waterfall(rows) == []


def test_intervals_cover() -> None:
    """95 % intervals of the skill's term over 200 redrawn ladders."""
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        old = rng.multinomial(300, [0.3, 0.5, 0.2, 0, 0, 0])
        new = rng.multinomial(300, [0.5, 0.3, 0.2, 0, 0, 0])
        (change,) = waterfall([counts(0, tuple(old)), counts(128, tuple(new))])
        term = change.terms[KINDS.index("skill_thinking")]
        covered += term.low <= 0.2 <= term.high
    assert 182 <= covered <= 198
