"""What a study file may say about training."""

from typing import Any

import pytest
from pydantic import ValidationError

from thalweg.train.config import LoraConfig, TrainConfig


def test_the_defaults_are_the_valley_papers() -> None:
    config = TrainConfig()
    assert (config.learning_rate, config.warmup_ratio, config.batch_size) == (8e-5, 0.1, 128)
    assert (config.epochs, config.max_length) == (5, 32768)


@pytest.mark.parametrize(
    "settings",
    [{"learning_rat": 1e-3}, {"batch_size": 0}, {"schedule": "wsd"}, {"epochs": 1.5}, {"lora": {"rank": 4}}],
    ids=str,
)
def test_unknown_keys_and_values_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TrainConfig(**settings)


@pytest.mark.parametrize("kind", [TrainConfig, LoraConfig])
def test_every_field_is_described_for_the_reference(kind: type[TrainConfig] | type[LoraConfig]) -> None:
    assert all(field.description for field in kind.model_fields.values())


@pytest.mark.parametrize(
    ("batch", "micro", "processes", "expected"),
    [(128, None, 1, 128), (128, None, 3, 43), (8, 32, 1, 8), (8, 3, 2, 3), (1, None, 4, 1)],
)
def test_a_forward_pass_holds_no_more_than_a_process_share(
    batch: int, micro: int | None, processes: int, expected: int
) -> None:
    assert TrainConfig(batch_size=batch, micro_batch_size=micro, processes=processes).micro == expected
