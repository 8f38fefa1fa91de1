"""Padded and packed rows give every example the log-probabilities that it has alone."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny import tiny_student
from thalweg.train.encode import Encoded, encode
from thalweg.train.objectives import score_labels
from thalweg.train.packing import collate, fill_rows


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import AutoModelForCausalLM

    folder = tiny_student(tmp_path_factory.mktemp("students") / "tiny")
    loaded = AutoModelForCausalLM.from_pretrained(folder).eval()
    score_labels(loaded, 1024)
    return loaded


def rows() -> list[Encoded]:
    generator = torch.Generator().manual_seed(0)
    sizes = [(5, 20), (3, 4), (10, 2), (1, 1), (2, 9), (8, 8)]
    return [
        encode(
            torch.randint(10, 200, (head,), generator=generator).tolist(),
            torch.randint(10, 200, (tail,), generator=generator).tolist(),
            1.0 + index,
        )
        for index, (head, tail) in enumerate(sizes)
    ]


def scores(model: Any, batch: dict[str, torch.Tensor]) -> dict[float, torch.Tensor]:
    """Log-probabilities by the example's weight, which tells the examples apart."""
    weights = batch["weights"]
    with torch.no_grad():
        log_probs = model(**{name: batch[name] for name in batch if name != "weights"})
    return {weight: log_probs[weights == weight] for weight in set(weights.tolist())}


@pytest.mark.parametrize("packing", [False, True])
def test_an_example_scores_as_it_does_alone(model: Any, packing: bool) -> None:
    together = scores(model, collate(rows(), packing))
    assert len(together) == len(rows())
    for row in rows():
        ((weight, alone),) = scores(model, collate([row])).items()
        torch.testing.assert_close(together[weight], alone)


def test_without_its_positions_a_packed_row_would_mix_examples(model: Any) -> None:
    packed = collate(rows(), packing=True)
    together = scores(model, packed)
    del packed["position_ids"]
    mixed = scores(model, packed)
    assert any((together[weight] - mixed[weight]).abs().max() > 1e-3 for weight in together)


def test_packing_saves_rows() -> None:
    padded, packed = collate(rows()), collate(rows(), packing=True)
    assert len(packed["input_ids"]) < len(padded["input_ids"])
    assert packed["input_ids"].shape[1] == padded["input_ids"].shape[1]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_rows_hold_every_example_once_and_are_never_longer_than_the_longest(lengths: list[int]) -> None:
    layout = fill_rows(lengths)
    assert sorted(index for line in layout for index in line) == list(range(len(lengths)))
    assert all(sum(lengths[index] for index in line) <= max(lengths) for line in layout)


def test_a_collated_batch_is_shifted() -> None:
    batch = collate([encode([1, 2], [3, 4], 0.5), encode([5], [6], 1.0)])
    assert batch["input_ids"].tolist() == [[1, 2, 3], [5, 0, 0]]
    assert batch["where"].tolist() == [1, 2, 3]
    assert batch["targets"].tolist() == [3, 4, 6]
    assert batch["weights"].tolist() == [0.5, 0.5, 1.0]
