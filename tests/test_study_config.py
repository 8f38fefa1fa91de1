"""The study file: what it means once it is read. (What is refused: `test_bad_input.py`.)"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from thalweg import recipes
from thalweg.study.config import Loaded, StudyConfig, json_schema, load, parse
from thalweg.study.data import teacher_mark
from thalweg.study.inputs import source_mark
from thalweg.study.ladder import answer_mark, rung_mark, rungs, start_key

BASIC: dict[str, Any] = {
    "name": "s",
    "student": "miniature",
    "problems": {"source": "miniature", "split": "train", "count": 10},
    "teachers": {"line": {"model": "tracer:line"}, "direct": {"model": "tracer:direct"}},
    "benchmarks": {"b": {"source": "miniature", "split": "test", "count": 4, "max_tokens": 8}},
    "sizes": [0, 4, 8],
    "train": {"batch_size": 4, "epochs": 3, "learning_rate": 1e-3},
    "arms": {
        "random": {},
        "direct": {"teacher": "direct", "sizes": [4], "control": "direct"},
        "matched": {"match": "steps", "sizes": [4], "control": "steps"},
        "fixed": {"max_steps": 5, "train": {"learning_rate": 2e-3}},
        "second": {"start": "random@8", "sizes": [4]},
    },
}


def test_arms_sizes_and_steps() -> None:
    config = parse(BASIC, "x")
    steps = {(r.arm, r.size): r.steps for r in rungs(config)}
    assert steps == {
        ("random", 4): 3,
        ("random", 8): 6,
        ("direct", 4): 3,
        ("matched", 4): 6,  # as many as the largest rung of the main arm
        ("fixed", 4): 5,
        ("fixed", 8): 5,
        ("second", 4): 3,
    }
    assert config.train_of("fixed").learning_rate == 2e-3
    assert config.teacher_of("random") == "line"
    assert start_key(config, "second", 7) == "random-8-s7"
    assert start_key(config, "random", 7) == "base"


def test_rungs_follow_the_rungs_that_they_start_from() -> None:
    config = parse({**BASIC, "seeds": [0, 1]}, "x")
    seen = {"base"}
    for rung in rungs(config):
        assert rung.start in seen
        seen.add(rung.key)
    assert len(seen) == 1 + 2 * 7


def test_seeds_can_be_replaced(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(yaml.safe_dump(BASIC))
    assert load(file, {"seeds": [3, 4]}).config.seeds == (3, 4)
    assert load(tmp_path).config.seeds == (0,)


def test_the_resolved_configuration_reads_back_the_same() -> None:
    config = parse(BASIC, "x")
    assert StudyConfig.model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize("name", recipes.listing())
def test_recipes_are_valid_and_listed_with_a_sentence(name: str) -> None:
    config = parse(yaml.safe_load(recipes.text(name)), name)
    assert config.name == name
    assert recipes.listing()[name].endswith(".")
    if config.smoke_test is None:  # DED's main arm is a selection by itself
        assert set(config.arms[config.main_arm].model_fields_set) <= {"teacher", "start"}


def test_init_keeps_comments_and_leaves_a_schema(tmp_path: Path) -> None:
    file = recipes.copy("miniature", tmp_path / "m", {"train.epochs": "2", "sizes": "[0, 4]"})
    text = file.read_text()
    assert "# Control: the same problems without thinking" in text
    assert load(file).config.train.epochs == 2
    assert load(file).config.sizes == (0, 4)
    schema = json.loads((tmp_path / "m" / "study.schema.json").read_text())
    assert schema == json_schema()
    assert "learning_rate" in schema["$defs"]["TrainConfig"]["properties"]


def test_a_loaded_study_knows_its_folder(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(BASIC))
    loaded: Loaded = load(tmp_path)
    assert loaded.folder == tmp_path.resolve()


def test_what_earlier_versions_left_is_still_known(tmp_path: Path) -> None:
    """New keys of the study file must not make finished studies run again: these marks are older than endpoints."""
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(BASIC))
    loaded = load(tmp_path)
    config = loaded.config
    rung = next(iter(rungs(config)))
    assert teacher_mark(loaded, "line", []) == "6216cf4a7298ba04"
    assert source_mark(loaded, config.problems) == "1aa38805fbb99e6d"
    assert rung_mark(loaded, rung, "start", "corpus") == "7c7f30ce261eee12"
    assert answer_mark(config, "student", config.benchmarks["b"], "problems") == "b4643ec250c4f07a"
