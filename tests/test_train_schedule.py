"""Batches and learning rates, as planned before anything runs."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.train.config import TrainConfig
from thalweg.train.schedule import WINDOW, batches, learning_rate_factor, plan_steps, share

LENGTHS = st.lists(st.integers(2, 500), min_size=1, max_size=80)


@pytest.mark.parametrize(
    ("examples", "settings", "steps"),
    [
        (1_000, {}, 40),  # the Valley paper's rungs: batch 128, five passes
        (10_000, {}, 395),
        (30_000, {}, 1_175),
        (512, {"batch_size": 8, "epochs": 3}, 192),
        (3, {"batch_size": 8, "epochs": 2}, 2),
        (3, {"batch_size": 8, "max_steps": 77}, 77),
    ],
)
def test_plan_steps(examples: int, settings: dict[str, Any], steps: int) -> None:
    config = TrainConfig(**settings)
    assert plan_steps(examples, config) == steps == len(batches([5] * examples, config, 0))


@given(LENGTHS, st.integers(1, 9), st.integers(1, 4), st.integers(0, 3))
def test_each_pass_sees_each_example_once(lengths: list[int], size: int, epochs: int, seed: int) -> None:
    config = TrainConfig(batch_size=size, epochs=epochs)
    planned = batches(lengths, config, seed)
    a_pass = len(planned) // epochs
    for epoch in range(epochs):
        seen = [index for batch in planned[epoch * a_pass : (epoch + 1) * a_pass] for index in batch]
        assert sorted(seen) == list(range(len(lengths)))
    assert all(len(batch) <= size for batch in planned)
    assert planned == batches(lengths, config, seed)


@given(LENGTHS, st.integers(1, 9), st.integers(1, 40))
def test_steps_repeat_passes_and_begin_as_any_longer_run_does(lengths: list[int], size: int, steps: int) -> None:
    planned = batches(lengths, TrainConfig(batch_size=size, max_steps=steps), 0)
    longer = batches(lengths, TrainConfig(batch_size=size, max_steps=steps + 7), 0)
    assert planned == longer[:steps]


def test_order_changes_with_seed_and_pass() -> None:
    config = TrainConfig(batch_size=4, epochs=2)
    first = batches([5] * 64, config, 0)
    assert first != batches([5] * 64, config, 1)
    assert first[:16] != first[16:]


def test_sorting_within_windows_saves_padding_and_keeps_batches_mixed() -> None:
    size, count = 8, 8 * WINDOW * 2
    lengths = [(index * 37) % 101 + 2 for index in range(count)]
    planned = batches(lengths, TrainConfig(batch_size=size, epochs=1), 0)
    padded = sum(max(lengths[index] for index in batch) * len(batch) for batch in planned)
    assert padded < 1.15 * sum(lengths)
    longest = [max(lengths[index] for index in batch) for batch in planned[:WINDOW]]
    assert longest != sorted(longest)


@given(st.integers(1, 20), st.integers(1, 4), st.integers(1, 8), st.integers(1, 20))
def test_shares_cover_a_batch_in_step(size: int, processes: int, micro: int, batch_size: int) -> None:
    config = TrainConfig(batch_size=max(size, batch_size), micro_batch_size=micro, processes=processes)
    batch = list(range(100, 100 + size))
    shares = [share(batch, process, config) for process in range(processes)]
    assert Counter(index for mine in shares for part in mine for index in part) == Counter(batch)
    assert len({len(mine) for mine in shares}) == 1, "all processes meet in each forward pass"
    assert all(len(part) <= config.micro for mine in shares for part in mine)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"warmup_ratio": 0.2}, [0.5, 1.0, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]),
        ({"warmup_ratio": 0.2, "schedule": "constant"}, [0.5] + [1.0] * 9),
        ({"warmup_ratio": 0.0, "min_lr_ratio": 0.5}, [1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55]),
    ],
)
def test_learning_rates(settings: dict[str, Any], expected: list[float]) -> None:
    config = TrainConfig(**settings)
    assert [learning_rate_factor(step, 10, config) for step in range(10)] == pytest.approx(expected)


def test_cosine_falls_from_peak_to_its_minimum() -> None:
    config = TrainConfig(warmup_ratio=0.1, schedule="cosine", min_lr_ratio=0.1)
    factors = [learning_rate_factor(step, 100, config) for step in range(101)]
    assert factors[9] == factors[10] == 1.0
    assert factors[55] == pytest.approx(0.55)
    assert factors[100] == pytest.approx(0.1)
    assert factors[10:] == sorted(factors[10:], reverse=True)
