"""Which arms a report compares: those of one stage, and a later stage with its start."""

from typing import Any

import pytest
import yaml

from tests.test_study_config import BASIC
from thalweg import recipes
from thalweg.errors import InputError
from thalweg.study.config import parse
from thalweg.study.ladder import bases, rungs, start_key
from thalweg.study.stages import comparisons, stages

ARMS: dict[str, Any] = {
    "random": {},
    "easy": {"difficulty": "easy", "sizes": [4], "against": "hard"},
    "hard": {"difficulty": "hard", "sizes": [4]},
    "direct": {"teacher": "direct", "sizes": [4], "control": "direct"},
    "top-random": {"start": "random@8", "sizes": [4]},
    "top-right": {"start": "random@8", "sizes": [4], "select": "correct", "against": "top-wrong"},
    "top-wrong": {"start": "random@8", "sizes": [4], "select": "incorrect"},
    "other": {"student": "second", "sizes": [4]},
}


def study(**changes: Any) -> dict[str, Any]:
    return {**BASIC, "students": {"second": "miniature-synthesis"}, "arms": ARMS, **changes}


def test_stages_are_arms_with_one_start() -> None:
    assert stages(parse(study(), "x")) == {
        "base": ["random", "easy", "hard"],
        "random@8": ["top-random", "top-right", "top-wrong"],
        "base-second": ["other"],
    }


def test_arms_stand_against_their_stage_s_reference_each_other_and_their_start() -> None:
    assert comparisons(parse(study(), "x")) == [
        (("easy", 4), ("random", 4)),
        (("easy", 4), ("hard", 4)),
        (("hard", 4), ("random", 4)),
        (("top-random", 4), ("top-random", 0)),
        (("top-right", 4), ("top-random", 4)),
        (("top-right", 4), ("top-wrong", 4)),
        (("top-right", 4), ("top-right", 0)),
        (("top-wrong", 4), ("top-random", 4)),
        (("top-wrong", 4), ("top-wrong", 0)),
    ]


def test_a_matched_arm_stands_against_what_it_is_matched_to_once() -> None:
    arms = {
        "random": {},
        "right": {"select": "correct", "per_problem": 1, "match": "problems", "match_to": "wrong", "sizes": [4]},
        "wrong": {"select": "incorrect", "per_problem": 1, "match": "problems", "match_to": "right", "sizes": [4]},
    }
    pairs = comparisons(parse({**BASIC, "arms": arms}, "x"))
    assert [pair for pair in pairs if "random" not in (pair[0][0], pair[1][0])] == [(("right", 4), ("wrong", 4))]


def test_each_student_is_measured_and_starts_its_own_arms() -> None:
    config = parse(study(arms={**ARMS, "further": {"start": "other@4", "sizes": [4]}}), "x")
    assert bases(config) == {"base": None, "base-second": "second"}
    assert start_key(config, "other", 0) == "base-second"
    assert config.student_of("further") == "second"
    assert {rung.start for rung in rungs(config)} == {"base", "base-second", "random-8-s0", "other-4-s0"}


@pytest.mark.parametrize(
    ("arm", "said"),
    [
        ({"student": "third"}, "no student 'third' among 'students', there are second"),
        ({"student": "second", "start": "random@8"}, "its student is that arm's"),
        ({"student": "second", "pick": "best:rsr", "per_problem": 1}, "as the study's own student sees"),
        ({"against": "nobody"}, "no arm 'nobody'"),
    ],
)
def test_what_is_refused(arm: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse(study(arms={**ARMS, "odd": {**arm, "sizes": [4]}}), "x")


def test_the_valley_is_the_paper_s_fourteen_runs() -> None:
    config = parse(yaml.safe_load(recipes.text("valley")), "valley")
    steps = {(rung.arm, rung.size): rung.steps for rung in rungs(config)}
    assert len(steps) == 14
    assert (steps["random", 1000], steps["random", 10000]) == (40, 395)
    assert (steps["llama", 30000], steps["top-correct", 6000], steps["top-easy", 4000]) == (1175, 235, 160)
    row = config.teachers["all"].expected_tokens
    assert row is not None
    assert sum(5 * size for _, size in steps) * row == pytest.approx(3.0e9, rel=0.001)
    assert (("top-easy", 4000), ("top-hard", 4000)) in comparisons(config)
