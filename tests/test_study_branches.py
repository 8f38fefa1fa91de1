"""A study whose rungs branch off one trunk: what is trained, kept and counted, when it is cut off or grows."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_train_trainer import StoppedError, metrics, weights
from thalweg import InputError, Study, recipes
from thalweg.engine.local import run_inline
from thalweg.study.config import Loaded, parse
from thalweg.study.ladder import rung_mark, rungs
from thalweg.study.run import Watcher

SMALL: Mapping[str, Any] = {
    "problems.count": 40,
    "benchmarks.miniature.count": 4,
    "benchmarks.miniature.max_tokens": 20,
    "benchmarks.snippets.count": 3,
    "benchmarks.snippets.max_tokens": 20,
    "sizes": [0, 4, 8, 16],  # 4, 8 and 16 steps; leaving the trunk after 3, 6 and 13
    "train.batch_size": 2,
    "train.epochs": 2,
    "train.save_steps": 2,
}


def branched(folder: Path, **changes: Any) -> Study:
    values = {**SMALL, **changes}
    recipes.copy("miniature-branches", folder, {key: yaml.safe_dump(value) for key, value in values.items()})
    return Study.load(folder)


class Stopper(Watcher):
    """Ends a run from within, as a kill would, when a job is this far."""

    def __init__(self, key: str, share: float) -> None:
        self._key, self._share = key, share

    def progress(self, key: str, share: float, note: str = "") -> None:
        assert not note
        if key == self._key and share >= self._share:
            raise StoppedError


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study that ran without a break."""
    return branched(tmp_path_factory.mktemp("whole")).run(until="scores", engine=run_inline)


def results(study: Study) -> dict[str, dict[str, Any]]:
    """What every rung and stretch of trunk has counted."""
    root = study.folder.root
    files = [*root.glob("students/*/result.json"), *root.glob("trunks/random/s0/*/result.json")]
    return {str(file.parent.relative_to(root)): json.loads(file.read_text()) for file in files}


def test_steps_seen_and_steps_paid_for() -> None:
    document = yaml.safe_load(recipes.text("miniature-branches"))
    told = [(rung.size, rung.steps, rung.new_steps) for rung in rungs(parse(document, "study"))]
    assert told == [(128, 48, 48), (512, 192, 154), (1024, 384, 230), (2048, 768, 461), (4096, 1536, 922)]


ALONE: dict[str, dict[str, Any]] = {
    "matched steps": {"match": "steps", "match_to": "random"},
    "fixed steps": {"max_steps": 7},
    "a second stage": {"start": "random@128"},
    "matched tokens": {"match": "tokens", "match_to": "random"},
    "swapped traces": {"structure": "swapped"},
}


@pytest.mark.parametrize("case", ALONE)
def test_arms_that_cannot_share_a_trunk_stay_independent_unless_they_ask_to(case: str) -> None:
    document = yaml.safe_load(recipes.text("miniature-branches"))
    document["arms"]["other"] = ALONE[case]
    found = {rung.arm: rung.branch for rung in rungs(parse(document, "study"))}
    assert found["random"] is not None
    assert found["other"] is None
    document["arms"]["other"] = {**ALONE[case], "ladder": "branches"}
    with pytest.raises(InputError, match=r"arms.other.ladder: its rungs cannot branch off one run, since"):
        parse(document, "study")


def test_an_arm_may_choose_for_itself() -> None:
    document = yaml.safe_load(recipes.text("miniature"))
    document["arms"]["branches"] = {"ladder": "branches"}
    found = {rung.arm: rung.branch for rung in rungs(parse(document, "study"))}
    assert [arm for arm, branch in found.items() if branch is not None] == ["branches"]


def test_rungs_land_where_independent_ones_do(whole: Study) -> None:
    for size in (4, 8, 16):
        folder = whole.folder.student(f"random-{size}-s0")
        assert {path.name for path in folder.iterdir()} >= {"model.safetensors", "metrics.jsonl", "result.json"}
    steps = {score.size: score.steps for score in whole.scores}
    assert steps == {0: 0, 4: 4, 8: 8, 16: 16}
    rows = {score.size: score.tokens_trained for score in whole.scores}
    assert rows[16] == metrics(whole.folder.student("random-16-s0"))[-1]["tokens"]


def test_shared_tokens_are_paid_once(whole: Study) -> None:
    found = results(whole)
    assert {name: (row["before_steps"], row["steps"]) for name, row in found.items()} == {
        "students/random-4-s0": (3, 4),
        "students/random-8-s0": (6, 8),
        "students/random-16-s0": (13, 16),
        "trunks/random/s0/4": (0, 3),
        "trunks/random/s0/8": (3, 6),
        "trunks/random/s0/16": (6, 13),
    }
    paid = sum(row["tokens_trained"] - row["before_tokens"] for row in found.values())
    seen = sum(row["tokens_trained"] for name, row in found.items() if name.startswith("students"))
    plan = whole.plan()
    assert found["students/random-16-s0"]["tokens_trained"] < paid < seen
    assert plan.tokens == pytest.approx(paid, rel=0.1)
    assert sum(line.tokens for line in plan.rungs) == pytest.approx(seen, rel=0.1)
    assert [line.new_tokens < line.tokens for line in plan.rungs] == [False, False, True, True]


def test_only_the_last_state_of_the_trunk_is_kept(whole: Study) -> None:
    states = [path.parent.name for path in whole.folder.root.glob("trunks/random/s0/*/checkpoints")]
    assert states == ["16"]


@pytest.mark.parametrize(("key", "share"), [("random-16-s0 (trunk)", 0.7), ("random-16-s0", 0.05)])
def test_a_study_cut_off_in_trunk_or_branch_ends_as_one_that_was_not(
    key: str, share: float, whole: Study, tmp_path: Path
) -> None:
    study = branched(tmp_path)
    with pytest.raises(StoppedError):
        study.run(until="scores", watcher=Stopper(key, share), engine=run_inline)
    study.run(until="scores", engine=run_inline)
    for size in (4, 8, 16):
        one, other = (s.folder.student(f"random-{size}-s0") for s in (study, whole))
        assert weights(one) == weights(other), size
        assert metrics(one) == metrics(other)
    assert (tmp_path / "scores.json").read_bytes() == (whole.folder.root / "scores.json").read_bytes()
    assert [path.parent.name for path in tmp_path.glob("trunks/random/s0/*/checkpoints")] == ["16"]


def test_a_ladder_grows_without_training_its_smaller_rungs_again(whole: Study, tmp_path: Path) -> None:
    branched(tmp_path, sizes=[0, 4, 8]).run(until="scores", engine=run_inline)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("students/*/model.safetensors")}
    text = (tmp_path / "study.yaml").read_text()
    document = yaml.safe_load(text) | {"sizes": [0, 4, 8, 16]}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    study = Study.load(tmp_path).run(until="scores", engine=run_inline)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert json.loads((tmp_path / "trunks/random/s0/16/result.json").read_text())["before_steps"] == 6
    assert weights(study.folder.student("random-16-s0")) == weights(whole.folder.student("random-16-s0"))


def test_what_a_rung_depends_on_are_smaller_sizes_and_where_it_branches_off(tmp_path: Path) -> None:
    def marks(**changes: Any) -> dict[int, str]:
        document = yaml.safe_load(recipes.text("miniature-branches")) | {"sizes": [0, 4, 8]} | changes
        loaded = Loaded(parse(document, "study"), tmp_path, tmp_path / "study.yaml")
        return {rung.size: rung_mark(loaded, rung, "start", "corpus") for rung in rungs(loaded.config)}

    before = marks()
    assert marks(sizes=[0, 4, 8, 16]).items() >= before.items(), "a ladder can grow"
    assert [size for size, mark in marks(sizes=[0, 4, 6, 8]).items() if mark == before.get(size)] == [4]
    assert not marks(branch_at=0.7).items() & before.items()
    assert not marks(ladder="independent").items() & before.items()
