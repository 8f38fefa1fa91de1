"""A study's own arms as evidence for advice: which arm measures which action, and when nothing can be advised yet."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.curve_synthetic import MATCHED, PILOT, ladder, scores
from tests.test_study_config import BASIC
from thalweg.curve.advice import Next
from thalweg.curve.contrasts import Contrast
from thalweg.miniature import programs
from thalweg.report.advice import advice_section, sentence
from thalweg.study.advice import document, next_steps
from thalweg.study.config import StudyConfig, parse
from thalweg.types import Score

PROBLEMS = programs.problems("train", 40)
SIZES = [0, 32, 128, 512, 1024]


def config(**changes: Any) -> StudyConfig:
    arms = changes.pop("arms", {})
    raw = {
        **BASIC,
        "sizes": SIZES,
        "benchmarks": {"miniature": BASIC["benchmarks"]["b"]},
        "arms": {"random": {"select": "correct"}, "matched": BASIC["arms"]["matched"] | {"sizes": [128, 512]}, **arms},
        "difficulty": {"easy": ["2", "3"], "hard": ["5", "6"]},
        **changes,
    }
    return parse(raw, "x")


def measured(sizes: list[int], *, matched: bool = False) -> list[Score]:
    rows = ladder({size: PILOT[size] for size in sizes})
    if matched:
        rows += ladder({size: MATCHED[size] for size in (0, 128, 512)}, arm="matched")
    return scores(rows)


def asked(
    study: StudyConfig,
    rows: list[Score],
    contrasts: list[Contrast] | None = None,
    took: Mapping[Any, float] | None = None,
) -> Next:
    found = next_steps(study, rows, contrasts or [], PROBLEMS, took or {("random", 1024): 900.0})
    assert found is not None
    return found


def contrast(arm: str, value: float, size: int = 512) -> Contrast:
    return Contrast(
        arm=arm, against="random", size=size, against_size=size, value=value, low=value - 0.03, high=value + 0.03,
        problems=300, seeds=3,
    )  # fmt: skip


def test_nothing_is_advised_before_anything_is_trained() -> None:
    assert next_steps(config(), measured([0]), [], PROBLEMS, {}) is None


@pytest.mark.parametrize(("sizes", "wanted"), [([0, 32], "128"), ([0, 512], "1,024"), ([0, 1024], "4,096")])
def test_one_rung_asks_for_the_next(sizes: list[int], wanted: str) -> None:
    found = asked(config(), measured(sizes))
    assert [advice.action for advice in found.advice] == ["rung"]
    assert wanted in found.advice[0].words
    assert found.next_hour is None


def test_the_ladder_and_its_control_lie_on_one_surface() -> None:
    alone, beside = asked(config(), measured(SIZES)), asked(config(), measured(SIZES, matched=True))
    assert alone.next_hour is not None
    assert beside.next_hour is not None
    assert beside.next_hour.longer.high - beside.next_hour.longer.low < (
        alone.next_hour.longer.high - alone.next_hour.longer.low
    )
    assert (beside.size, beside.steps) == (1024, 384)
    assert {"longer", "more", "easier", "unfiltered", "stop"} <= {advice.action for advice in beside.advice}


ARMS: dict[str, tuple[dict[str, Any], str | None]] = {
    "another teacher": ({"select": "correct", "teacher": "direct"}, "teacher"),
    "easy problems": ({"select": "correct", "difficulty": "easy"}, "easier"),
    "hard problems": ({"select": "correct", "difficulty": "hard"}, None),
    "unfiltered": ({}, "unfiltered"),
    "two things": ({"difficulty": "easy"}, None),
    "another rate": ({"select": "correct", "teacher": "direct", "train": {"learning_rate": 1e-4}}, None),
    "a second stage": ({"teacher": "direct", "select": "correct", "start": "random@512", "sizes": [512]}, None),
}


@pytest.mark.parametrize("case", ARMS)
def test_an_arm_that_differs_in_one_thing_measures_an_action(case: str) -> None:
    own, action = ARMS[case]
    study = config(arms={"tried": own})
    told = {
        advice.action: advice.evidence
        for advice in asked(study, measured(SIZES), [contrast("tried", 0.2)]).advice
        if "measured here" in advice.evidence
    }
    assert set(told) == ({action} if action else set())


def test_the_best_of_several_teachers_at_the_largest_size_counts() -> None:
    study = config(arms={name: {"select": "correct", "teacher": "direct"} for name in ("a", "b")})
    seen = [contrast("a", 0.3, 128), contrast("a", -0.1), contrast("b", 0.1)]
    teacher = next(advice for advice in asked(study, measured(SIZES), seen).advice if advice.action == "teacher")
    assert "+10.0 points" in teacher.evidence


def test_an_ill_recipe_comes_before_everything() -> None:
    found = next_steps(config(), measured(SIZES), [], PROBLEMS, {}, ill=True)
    assert found is not None
    assert found.advice[0].action == "repair"
    assert "own correct responses" in found.advice[0].evidence


def test_a_study_without_labels_is_not_told_of_easier_problems() -> None:
    rows = [replace(problem, difficulty=None) for problem in PROBLEMS]
    found = next_steps(config(), measured(SIZES), [], rows, {})
    assert found is not None
    assert "easier" not in {advice.action for advice in found.advice}


def test_the_document_and_the_section_say_the_same() -> None:
    found = asked(config(), measured(SIZES, matched=True))
    written = document(found)
    assert written["version"] == 1
    assert [row["action"] for row in written["advice"]] == [advice.action for advice in found.advice]
    html = advice_section(found)
    assert sentence(found).split(".")[0] in html
    assert "1.0 h as this machine trained" in html
    assert "384 steps" in html
