"""Studies whose rungs are trained by a command of the user's, or by several students."""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_study_run import small_study
from thalweg import InputError, Study
from thalweg.engine.local import JobsError, run_inline

SCRIPT = Path(__file__).with_name("outside_trainer.py")


def command(kind: str) -> str:
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(SCRIPT))} {{rung}} {kind}"


def changed(folder: Path, **changes: Any) -> Study:
    document = {**yaml.safe_load((folder / "study.yaml").read_text()), **changes}
    (folder / "study.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return Study.load(folder)


def rung_names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "students").iterdir())


def test_every_rung_is_handed_over_once_and_a_change_of_trainer_is_a_change_of_rungs(tmp_path: Path) -> None:
    small_study("smollm2-gsm8k", tmp_path)
    study = changed(tmp_path, trainer={"command": command("copy")}).run(engine=run_inline)
    assert rung_names(tmp_path) == ["random-2-s0", "random-4-s0"]
    assert [score.steps for score in study.scores] == [0, 2, 2]
    assert {score.pass_at_1.value for score in study.scores} == {study.scores[0].pass_at_1.value}, "they are copies"
    Study.load(tmp_path).run(engine=run_inline)
    attempts = [(tmp_path / "students" / name / "handover" / "attempts.txt") for name in rung_names(tmp_path)]
    assert [len(path.read_text().split()) for path in attempts] == [1, 1]

    own = changed(tmp_path, trainer=None)
    with pytest.raises(InputError, match=r"trainer: has changed since the study ran"):
        own.report()
    own.run(engine=run_inline)
    assert not any(path.exists() for path in attempts), "trained again, by Thalweg itself"


def test_a_failing_command_fails_its_rungs_and_says_so(tmp_path: Path) -> None:
    small_study("smollm2-gsm8k", tmp_path)
    with pytest.raises(JobsError, match=r"2 job\(s\) failed: .*the trainer's command ended with exit status 3"):
        changed(tmp_path, trainer={"command": command("fail")}).run()
    assert (tmp_path / "responses" / "students" / "base" / "gsm8k" / ".done").exists(), "the untouched student is kept"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train {corpus} {outt}", r"trainer.command': nothing is known as \{outt\}, there are corpus"),
        ("train {corpus}", r"it must hold \{out\}"),
        ("train '{out}", "cannot be split into words"),
        ("", "it is empty"),
        ("no-such-program {out}", "trainer.command: no such program: no-such-program"),
    ],
)
def test_a_command_that_cannot_work_is_refused_before_anything_runs(line: str, said: str, tmp_path: Path) -> None:
    small_study("miniature", tmp_path)
    with pytest.raises(InputError, match=said):
        changed(tmp_path, trainer={"command": line}).run(engine=run_inline)
    assert not (tmp_path / "problems").exists()


def test_two_students_are_two_curves_and_are_not_compared(tmp_path: Path) -> None:
    study = small_study("valley", tmp_path).run(engine=run_inline)
    rows = json.loads((tmp_path / "scores.json").read_text())["rows"]
    starts = {row["arm"]: row["cells"] for row in rows if row["size"] == 0}
    assert starts["random"] == starts["correct"]
    assert (tmp_path / "responses" / "students" / "base-llama" / "livecodebench" / ".done").exists()
    compared = {(c.arm, c.against, c.against_size) for c in study.results.contrasts}
    assert ("top-correct", "top-incorrect", 3) in compared
    assert ("top-easy", "top-easy", 0) in compared
    assert not any("llama" in pair for pair in compared)
    report = (tmp_path / "report.html").read_text()
    assert "its start" in report
