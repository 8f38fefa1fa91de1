"""The dip taken apart, in numbers and words, and rungs against their start."""

from dataclasses import replace

import pytest

from tests.curve_synthetic import study
from thalweg.curve.controls import Decomposition, against_start, decompose, words
from thalweg.curve.intervals import Difference
from thalweg.errors import InputError

OUTCOMES = study((0, 1, 2))
PARTS = {parts.size: parts for parts in decompose(OUTCOMES, "random", "direct", "matched")}


def test_every_size_with_a_control_arm_is_taken_apart() -> None:
    assert list(PARTS) == [128, 512, 1024, 2048]
    assert PARTS[1024].refitting is None
    assert PARTS[2048].steps is None


@pytest.mark.parametrize("size", [128, 512])
def test_both_accounts_add_up_to_the_dip(size: int) -> None:
    parts = PARTS[size]
    assert parts.refitting is not None
    assert parts.new_format is not None
    assert parts.steps is not None
    assert parts.data is not None
    assert parts.refitting.value + parts.new_format.value == pytest.approx(parts.dip.value)
    assert parts.steps.value + parts.data.value == pytest.approx(parts.dip.value)


def test_the_pilots_dip_is_data_at_128_and_steps_at_512() -> None:
    low, high = PARTS[128], PARTS[512]
    assert low.data is not None
    assert low.data.low > 0.2
    assert high.steps is not None
    assert high.steps.low > 0.15
    assert high.data is not None
    assert not high.data.distinct


def test_control_arms_may_have_fewer_seeds() -> None:
    rows = [r for r in OUTCOMES if r.arm != "direct" or r.seed == 0]
    parts = decompose(rows, "random", "direct", None)
    assert [p.dip.seeds for p in parts] == [1, 1, 1]


def test_without_control_arms_there_is_nothing_to_take_apart() -> None:
    assert decompose(OUTCOMES, "random", None, None) == []
    assert decompose(OUTCOMES, "random", "absent", "missing") == []


def test_a_control_arm_with_another_start_is_refused() -> None:
    rows = [replace(r, start="random@8192") if r.arm == "direct" else r for r in OUTCOMES]
    with pytest.raises(InputError, match="control arm 'direct'"):
        decompose(rows, "random", "direct", "matched")


def effect(value: float, half: float = 0.05) -> Difference:
    return Difference(value, value - half, value + half, 300, 3)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (
            Decomposition("a", 128, effect(0.37), effect(0.1), effect(0.27), None, None),
            "At 128 examples the score is 37.0 points below its start (95 % interval 32.0 to 42.0, n = 300). "
            "By format: training on direct answers alone costs 10.0 points (95 % interval 5.0 to 15.0); "
            "answering by thinking instead costs 27.0 points (95 % interval 22.0 to 32.0).",
        ),
        (
            Decomposition("a", 1024, effect(0.19), None, None, effect(0.4), effect(-0.21)),
            "At 1,024 examples the score is 19.0 points below its start (95 % interval 14.0 to 24.0, n = 300). "
            "By steps: with as many optimiser steps as the top rung the same examples give back 40.0 points "
            "(95 % interval 35.0 to 45.0); what stays at equal steps, the data's part, is a gain of 21.0 points "
            "(95 % interval 16.0 to 26.0).",
        ),
        (
            Decomposition("a", 64, effect(0.01), effect(-0.02), effect(0.03), None, None),
            "At 64 examples the score is not distinguishable from its start (−1.0 points, 95 % interval −6.0 to 4.0). "
            "By format: training on direct answers alone has an effect not distinguishable from none (−2.0 points, "
            "95 % interval −7.0 to 3.0); answering by thinking instead has an effect not distinguishable from none "
            "(3.0 points, 95 % interval −2.0 to 8.0).",
        ),
    ],
)
def test_words(parts: Decomposition, said: str) -> None:
    assert words(parts) == said


def test_two_accounts_are_said_to_overlap() -> None:
    assert "overlap and do not add up" in words(PARTS[128])
    assert "overlap" not in words(PARTS[1024])


def test_every_rung_stands_against_its_start() -> None:
    rows = against_start(OUTCOMES)
    keys = [(r.benchmark, r.arm, r.size, r.seed) for r in rows]
    assert len(set(keys)) == len(keys) == 4 * (6 + 3 + 3 + 3)
    assert all(size > 0 for _, _, size, _ in keys)
    pooled = next(r.difference for r in rows if (r.arm, r.size, r.seed) == ("random", 128, None))
    assert pooled.high < -0.25
    assert (pooled.problems, pooled.seeds) == (300, 3)
    alone = next(r.difference for r in rows if (r.arm, r.size, r.seed) == ("random", 128, 1))
    assert alone.seeds == 1
