"""More of a study: seeds, sizes and arms added later or elsewhere, without running anything again."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_study_run import small_study
from thalweg import InputError, Study
from thalweg.engine.local import run_inline
from thalweg.study.merge import merge


def edited(folder: Path, **changes: Any) -> Study:
    """A study whose file has dotted keys changed (`__` for the dot)."""
    file = folder / "study.yaml"
    document = yaml.safe_load(file.read_text())
    for key, value in changes.items():
        *path, last = key.split("__")
        place = document
        for part in path:
            place = place[part]
        place[last] = value
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    return Study.load(folder)


def made(folder: Path) -> dict[str, int]:
    """When each checkpoint and each rung's answers were written, and by which inode they are known."""
    files = [*folder.glob("students/*/model.safetensors"), *folder.glob("responses/*/*/**/*.parquet")]
    return {str(file.relative_to(folder)): file.stat().st_mtime_ns for file in files}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that ran: sizes 2 and 4 of one seed, with two controls."""
    folder = tmp_path_factory.mktemp("ran") / "first"
    small_study("miniature", folder).run(engine=run_inline)
    return folder


@pytest.fixture
def first(ran: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ran, tmp_path / "first"))


def empty(first: Path, name: str) -> Path:
    """The same study file in a folder of its own, with nothing run."""
    folder = first.with_name(name)
    folder.mkdir()
    shutil.copy(first / "study.yaml", folder)
    return folder


def test_more_seeds_sizes_and_arms_in_the_same_file_rerun_nothing(first: Path) -> None:
    before = made(first)
    study = edited(first, seeds=[0, 1], sizes=[0, 2, 3, 4], arms__half={"train": {"learning_rate": 5e-4}, "sizes": [2]})
    study.run(engine=run_inline)
    after = made(first)
    assert {key: after[key] for key in before} == before
    assert {(s.arm, s.size, s.seed) for s in study.scores} >= {("random", 3, 0), ("half", 2, 1), ("random", 4, 1)}


def test_two_folders_become_one_that_has_nothing_left_to_do(first: Path, tmp_path: Path) -> None:
    second = empty(first, "second")
    edited(second, seeds=[1], arms__half={"train": {"learning_rate": 5e-4}, "sizes": [2]}).run(engine=run_inline)
    third = empty(first, "third")
    edited(third, arms__half={"train": {"learning_rate": 5e-4}, "sizes": [2]}).run(engine=run_inline)

    done = merge([first, second, third], tmp_path / "all")
    assert done.missing == ()
    assert done.rungs == 2 * 5
    before = made(done.folder)
    assert os.path.samefile(
        done.folder / "students/random-4-s0/model.safetensors", first / "students/random-4-s0/model.safetensors"
    )
    study = Study.load(done.folder).run(engine=run_inline)
    assert made(done.folder) == before, "something was run again"
    assert study.loaded.config.seeds == (0, 1)
    assert {(s.arm, s.seed) for s in study.scores} == {
        (arm, seed) for arm in ("random", "direct", "step-matched", "half") for seed in (0, 1)
    }
    rows = {(r["arm"], r["size"], r["seed"], r["benchmark"]): r for r in rows_of(done.folder)}
    for row in rows_of(first):
        assert rows[row["arm"], row["size"], row["seed"], row["benchmark"]] == row
    assert (done.folder / "report.html").exists()


def rows_of(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / "scores.json").read_text())["rows"]
    return rows


def test_what_nobody_ran_is_told(first: Path, tmp_path: Path) -> None:
    second = empty(first, "second")
    edited(second, seeds=[1], sizes=[0, 2], arms__direct__sizes=[2]).run(engine=run_inline)
    assert merge([first, second], tmp_path / "all").missing == (
        "direct-2-s0", "random-4-s1", "direct-4-s1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"train__learning_rate": 1e-4}, "differ in train"),
        ({"prompt": {"template": "{statement} "}}, "differ in prompt"),
        ({"benchmarks__miniature__max_tokens": 7}, "differ in benchmarks"),
        ({"student": "miniature-synthesis"}, "differ in student"),
        ({"problems__count": 30}, "differ in problems"),
        ({"arms__direct__train": {"epochs": 9}}, "differ in arms.direct"),
        ({"sizes": [0, 2, 8], "arms__step-matched__max_steps": None, "train__max_steps": None}, "differ in train"),
    ],
)
def test_other_ground_is_refused_with_both_names(
    first: Path, changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    second = empty(first, "second")
    study = edited(second, **changes)
    (second / "manifest.json").write_text(json.dumps({"study": study.loaded.config.model_dump(mode="json")}))
    with pytest.raises(InputError, match=f"first and .*second: {said}"):
        merge([first, second], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_one_rung_from_two_corpora_is_refused(first: Path, tmp_path: Path) -> None:
    second = Path(shutil.copytree(first, first.with_name("second")))
    (second / "students" / "random-2-s0" / ".done").write_text("something else\n")
    with pytest.raises(InputError, match=r"first and .*second: differ in what students/random-2-s0 was made from"):
        merge([first, second], tmp_path / "all")


def test_a_rung_whose_steps_would_be_others_is_refused(first: Path, tmp_path: Path) -> None:
    folders = [empty(first, "small"), empty(first, "large")]
    for folder, sizes in zip(folders, ([0, 2, 4], [0, 2, 8]), strict=True):
        edited(folder, train__max_steps=None, train__epochs=1, sizes=sizes, arms__direct__sizes=[2]).run(
            until="students", engine=run_inline
        )
    with pytest.raises(InputError, match="step-matched-2-s0 took 2 steps, and would take 4 in the merged study"):
        merge(folders, tmp_path / "all")


def test_teachers_that_answered_otherwise_are_refused(first: Path, tmp_path: Path) -> None:
    second = Path(shutil.copytree(first, first.with_name("second")))
    verdicts = second / "verdicts" / "teachers" / "line.parquet"
    shutil.copy(second / "verdicts" / "teachers" / "direct.parquet", verdicts)
    with pytest.raises(InputError, match="differ in what teacher 'line' answered"):
        merge([first, second], tmp_path / "all")


def test_odd_calls(first: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name two or more"):
        merge([first], tmp_path / "all")
    with pytest.raises(InputError, match="first: is there already"):
        merge([first, first], first)
    edited(first, train__learning_rate=1e-4)
    with pytest.raises(InputError, match=r"first/study.yaml: train has changed since it ran"):
        merge([first, first], tmp_path / "all")
