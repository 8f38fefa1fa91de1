"""When a curve has answered a question, and that looking after every rung does not make it answer too easily."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.curve_synthetic import PILOT, ladder, simulated
from thalweg.curve.intervals import CONFIDENCE
from thalweg.curve.panel import Panel
from thalweg.curve.stopping import Answer, Question, answer, answer_of
from thalweg.types import Outcome

FLAT = {0: (0.4, 0.0, 1.0), 128: (0.0, 1.0, 1.0), 512: (0.0, 1.0, 1.0)}
LEVEL = {0: (0.3, 0.0, 1.0), 512: (0.6, 1.0, 1.0), 1024: (0.601, 1.0, 1.0)}


def up_to(table: Mapping[int, tuple[float, float, float]], size: int) -> list[Outcome]:
    return ladder({at: told for at, told in table.items() if at <= size}, seeds=(0, 1, 2))


def ask(table: Mapping[int, tuple[float, float, float]], size: int, **question: Any) -> Answer | None:
    return answer(up_to(table, size), "random", "miniature", Question(**question), len(table) - 1)


@pytest.mark.parametrize(
    ("question", "first", "said"),
    [
        ({"break_even": True}, 2048, r"break-even is known: 1,\d\d\d examples \[1,\d\d\d, 1,\d\d\d\]"),
        ({"score": 0.4}, 2048, r"40 % is reached: 5\d.\d % \["),
        ({"score": 0.8}, 8192, r"80 % is reached: 8\d.\d % \["),
        ({"score": 0.95}, None, ""),
        ({"gain": 0.2}, None, ""),
        ({"break_even": True, "score": 0.8}, 2048, "break-even is known"),
    ],
)
def test_the_pilots_curve_answers_at(question: dict[str, Any], first: int | None, said: str) -> None:
    found = {size: ask(PILOT, size, **question) for size in PILOT}
    answered = [size for size, told in found.items() if told is not None]
    assert answered[:1] == ([first] if first else [])
    for size in answered:
        told = found[size]
        assert told is not None
        assert told.size == size
        assert size != first or re.match(said, told.text), told.text
        parts = len(question)
        assert told.confidence == pytest.approx(1 - (1 - CONFIDENCE) / (parts * (len(PILOT) - 1)))


def test_a_flat_floor_is_no_end_of_gains_but_a_plateau_above_the_start_is() -> None:
    assert ask(FLAT, 512, gain=0.05) is None
    found = ask(LEVEL, 1024, gain=0.1)
    assert found is not None
    assert found.text.startswith("the step from 512 examples gained less than 10 points: ")


def test_nothing_is_answered_before_a_rung_is_trained() -> None:
    assert ask(PILOT, 0, score=0.1) is None


def stops_wrongly(panel: Panel, wanted: float) -> bool:
    """Whether a ladder whose true rates stay below `wanted` is left because it seems to be reached."""
    rungs = len(panel.columns) - 1
    seen = [replace(panel, columns=panel.columns[:k], values=panel.values[:k]) for k in range(2, rungs + 2)]
    return any(answer_of(part, Question(score=wanted), rungs) is not None for part in seen)


def test_looking_after_every_rung_seldom_sees_what_is_not_there() -> None:
    """Six rungs that all sit right below the wanted score: without the correction about one in ten would stop."""
    rng = np.random.default_rng(5)
    wrong = [
        stops_wrongly(simulated(rng, [0.3, *[0.499] * 6], groups=100, size=1, spread=0.0), 0.5) for _ in range(400)
    ]
    assert sum(wrong) <= 20  # 5 %; the seed is fixed
