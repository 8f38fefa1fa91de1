"""Paired contrasts: exact differences, paired problems and seeds, one level for all that are told together."""

from dataclasses import replace

import numpy as np
import pytest

from tests.curve_synthetic import DIRECT, MATCHED, PILOT, ladder, simulated
from thalweg.curve.contrasts import compare, contrasts
from thalweg.curve.intervals import difference, estimate
from thalweg.curve.panel import Panel, book, is_correct, panel
from thalweg.errors import InputError
from thalweg.types import Outcome

SEEDS = (0, 1, 2)
OUTCOMES = [
    *ladder(PILOT, arm="random", seeds=SEEDS, spread=0.01),
    *ladder(DIRECT, arm="direct", seeds=SEEDS, spread=0.01),
    *ladder(MATCHED, arm="matched", seeds=SEEDS, spread=0.01),
]


def share(arm: str, size: int) -> float:
    hits = [is_correct(row) for row in OUTCOMES if (row.arm, row.size) == (arm, size)]
    return sum(hits) / len(hits)


def test_each_pair_at_every_trained_size_that_both_have() -> None:
    found = contrasts(OUTCOMES, [("matched", "random"), ("direct", "random")], "miniature")
    at = [(c.arm, c.against, c.size) for c in found]
    assert at == [
        *(("matched", "random", size) for size in (128, 512, 1024)),
        *(("direct", "random", size) for size in (128, 512, 2048)),
    ]
    for c in found:
        assert c.value == pytest.approx(share(c.arm, c.size) - share(c.against, c.size))
        assert c.low < c.value < c.high
        assert (c.problems, c.seeds) == (300, 3)
    assert sum(c.distinct for c in found) >= 5  # three seeds leave a contrast of eight points open


def test_an_arm_is_not_told_from_another_draw_of_itself() -> None:
    rows = [*OUTCOMES, *ladder(PILOT, arm="again", seeds=SEEDS, spread=0.01)]
    found = contrasts(rows, [("again", "random")], "miniature")
    assert [c.size for c in found] == [32, 128, 512, 1024, 2048, 8192]
    assert not any(c.distinct for c in found)


def test_against_its_start_and_against_another_size() -> None:
    (start,) = [c for c in contrasts(OUTCOMES, [("random", None)], "miniature") if c.size == 2048]
    assert (start.against, start.against_size) == ("random", 0)
    assert start.value == pytest.approx(share("random", 2048) - share("random", 0))
    (other,) = compare(OUTCOMES, [(("random", 2048), ("direct", 512))], "miniature")
    assert (other.arm, other.size, other.against, other.against_size) == ("random", 2048, "direct", 512)
    assert other.value == pytest.approx(share("random", 2048) - share("direct", 512))


def test_turned_round_a_contrast_changes_its_sign() -> None:
    (one,) = [c for c in contrasts(OUTCOMES, [("matched", "random")], "miniature") if c.size == 512]
    (other,) = [c for c in contrasts(OUTCOMES, [("random", "matched")], "miniature") if c.size == 512]
    assert (other.value, other.low, other.high) == pytest.approx((-one.value, -one.high, -one.low))


def test_one_contrast_has_the_interval_of_a_difference() -> None:
    rows = [row for row in OUTCOMES if row.size in (0, 512)]
    (found,) = contrasts(rows, [("matched", "random")], "miniature")
    there = panel(book(rows, "miniature"), [("matched", 512), ("random", 512)])
    assert there is not None
    alone = difference(estimate(there), 0, 1)
    assert (found.value, found.low, found.high) == (alone.value, alone.low, alone.high)


def test_contrasts_told_together_are_wider_but_not_as_wide_as_bonferroni() -> None:
    rows = [row for row in OUTCOMES if row.size in (0, 512)]
    (alone,) = contrasts(rows, [("matched", "random")], "miniature")
    together = contrasts(rows, [("matched", "random"), ("direct", "random"), ("matched", "direct")], "miniature")[0]
    assert together.value == alone.value
    there = panel(book(rows, "miniature"), [("matched", 512), ("random", 512)])
    assert there is not None
    bonferroni = difference(estimate(there), 0, 1, 1 - 0.05 / 3)
    assert alone.high - alone.low < together.high - together.low < bonferroni.high - bonferroni.low


def test_only_shared_problems_and_seeds_count() -> None:
    rows = [
        row
        for row in OUTCOMES
        if row.arm != "direct" or (row.seed < 2 and row.problem_id not in {"miniature/0", "miniature/1"})
    ]
    broken = [replace(row, status="harness_error") if row.problem_id == "miniature/7" else row for row in rows]
    assert {(c.problems, c.seeds) for c in contrasts(rows, [("direct", "random")], "miniature")} == {(298, 2)}
    assert {(c.problems, c.seeds) for c in contrasts(broken, [("direct", "random")], "miniature")} == {(297, 2)}


@pytest.mark.parametrize(
    ("rows", "pair", "message"),
    [
        (OUTCOMES, ("poetic", "random"), r"arm 'poetic': was not scored; choose one of random, direct, matched"),
        (
            [r for r in OUTCOMES if r.size != 512 and (r.arm, r.size) != ("direct", 128)],
            ("direct", "matched"),
            r"arms 'direct' and 'matched': have no size in common",
        ),
        (
            [replace(r, seed=9) if r.arm == "direct" else r for r in OUTCOMES],
            ("direct", "random"),
            "no seed and problem that all of direct, random have",
        ),
    ],
)
def test_what_cannot_be_compared_is_said(rows: list[Outcome], pair: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        contrasts(rows, [pair], "miniature")


def test_a_rung_that_was_not_scored_is_said() -> None:
    with pytest.raises(InputError, match=r"arm 'direct' at 1,024 examples: was not scored; choose one of random 0"):
        compare(OUTCOMES, [(("direct", 1024), ("random", 1024))], "miniature")


def test_nothing_asked_nothing_told() -> None:
    assert contrasts(OUTCOMES, [], "miniature") == []
    assert compare(OUTCOMES, [], "miniature") == []


def outcomes_of(found: Panel, arms: tuple[str, ...]) -> list[Outcome]:
    """A simulated panel as rows: its first column is the start, the others one arm each."""
    template = OUTCOMES[0]
    rows = []
    for k, arm in enumerate(("start", *arms)):
        for seed in found.seeds:
            for p, value in enumerate(found.values[k, seed]):
                rows.append(
                    replace(
                        template,
                        arm=arm,
                        size=8 if k else 0,
                        seed=seed,
                        problem_id=str(p),
                        cluster=str(found.clusters[p]),
                        status="correct" if value else "incorrect",
                    )
                )
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.03])
def test_all_intervals_hold_together(spread: float) -> None:
    """Nominal 95 % for all three at once; 200 draws have a standard error of 1.5 %."""
    rates, arms, rng = [0.4, 0.3, 0.35, 0.5], ("a", "b", "c"), np.random.default_rng(5)
    pairs, true = [("a", "b"), ("b", "c"), ("a", "c")], [-0.05, -0.15, -0.2]
    held = 0
    for _ in range(200):
        rows = outcomes_of(simulated(rng, rates, seeds=3, groups=60, size=2, spread=spread), arms)
        found = contrasts(rows, pairs, "miniature")
        held += all(c.low <= gap <= c.high for c, gap in zip(found, true, strict=True))
    assert held / 200 > 0.91
