"""`stop_when` and the live curve: which rungs run together, what is skipped and told, and what a report shows early."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_study_branches import branched
from tests.test_study_run import small_study
from thalweg import InputError, Study, recipes
from thalweg.curve.stopping import Answer
from thalweg.engine.local import run_inline
from thalweg.study import live, stopping
from thalweg.study.config import StudyConfig, parse
from thalweg.study.ladder import rungs
from thalweg.study.results import Results
from thalweg.study.stopping import Stop, read_stop, waves
from thalweg.types import Outcome


def config(name: str, **changes: Any) -> StudyConfig:
    return parse(yaml.safe_load(recipes.text(name)) | {"stop_when": {"break_even": "known"}} | changes, "study")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "give 'break_even', 'score' or 'gain'"),
        ({"break_even": "soon"}, "stop_when.break_even"),
        ({"score": 60}, "stop_when.score"),
        ({"width": 0.02}, "unknown key 'stop_when.width'; allowed here: break_even, score, gain"),
    ],
)
def test_questions_that_make_no_sense_are_refused(value: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        config("miniature", stop_when=value)


def test_a_ladder_is_climbed_size_by_size() -> None:
    asked = config("miniature")
    chain = list(rungs(asked))
    found = waves(asked, chain)
    assert [wave.size for wave in found] == [128, 512, 1024, 2048, 4096]
    assert {rung.key for rung in chain} - found[0].later == {"random-128-s0", "direct-128-s0", "step-matched-128-s0"}
    assert found[-2].later == found[-2].following == {"random-4096-s0"}
    assert found[-1].later == set()


def test_without_a_question_all_rungs_are_one_wave() -> None:
    asked = config("miniature", stop_when=None)
    (wave,) = waves(asked, list(rungs(asked)))
    assert not wave.later


def test_a_rung_waits_for_its_start_and_the_smoke_test_for_nothing() -> None:
    tried = config("ded", seeds=[0])
    first = waves(tried, list(rungs(tried)))[0]
    assert first.size == 0
    assert not [key for key in first.later if key.startswith("smoke-")]
    staged = config("miniature-arms", seeds=[0])
    one, two = waves(staged, list(rungs(staged)))
    second_stage = {rung.key for rung in rungs(staged) if rung.start != "base"}
    assert two.size == 4096
    assert one.later == one.following == second_stage | {"top-4096-s0"}


@pytest.fixture
def answers_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A question that the curve answers at 8 examples; the sizes at which it was asked."""
    asked: list[int] = []

    def answer(outcomes: list[Outcome], arm: str, benchmark: str, question: object, count: int) -> Any:
        assert (arm, benchmark, count) == ("random", "miniature", 3)
        assert question is not None
        size = max(row.size for row in outcomes)
        asked.append(size)
        return Answer(size, "it is known", 0.5, 0.4, 0.6, 0.983) if size >= 8 else None

    monkeypatch.setattr(stopping, "answer", answer)
    return asked


@pytest.mark.parametrize("ladder", ["branches", "independent"])
def test_larger_rungs_are_skipped_with_the_reason_and_run_once_the_key_is_removed(
    ladder: str, answers_at: list[int], tmp_path: Path
) -> None:
    study = branched(tmp_path, ladder=ladder).run(until="scores", engine=run_inline)
    assert answers_at == [4, 8]
    assert [score.size for score in study.scores if score.benchmark == "miniature"] == [0, 4, 8]
    stop = read_stop(study.folder)
    assert stop == Stop(arm="random", size=8, reason="it is known", confidence=0.983, skipped=("random-16-s0",))
    sentence = "Stopped at 8 examples: it is known (98.3 % interval). Not run: random-16-s0."
    assert list(study.results._unfinished()) == [sentence]
    plan = study.plan()
    assert [line.key for line in plan.rungs if line.skipped] == ["random-16-s0"]
    assert plan.seconds == 0.0
    assert not (tmp_path / "students/random-16-s0").exists()

    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("students/*/model.safetensors")}
    study.run(until="scores", engine=run_inline)
    assert answers_at == [4, 8, 4, 8], "the same decision from the same rungs"
    document = yaml.safe_load((tmp_path / "study.yaml").read_text())
    del document["stop_when"]
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    study = Study.load(tmp_path).run(until="scores", engine=run_inline)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert [score.size for score in study.scores if score.benchmark == "miniature"] == [0, 4, 8, 16]
    assert not study.folder.stopped.exists()
    assert not list(study.results._unfinished())


def test_rungs_that_are_whole_are_kept_however_large(answers_at: list[int], tmp_path: Path) -> None:
    study = branched(tmp_path, stop_when=None).run(until="scores", engine=run_inline)
    document = yaml.safe_load((tmp_path / "study.yaml").read_text()) | {"stop_when": {"score": 0.5}}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    study = Study.load(tmp_path).run(until="scores", engine=run_inline)
    assert answers_at == []
    assert max(score.size for score in study.scores) == 16
    assert not study.folder.stopped.exists()


class Seen:
    """What a run shows while it goes on, whenever a rung is done; drawing is left out."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[list[int]] = []
        self.said: list[str] = []

        def write_report(results: Results) -> Path:
            rows = json.loads((folder / "scores.json").read_text())["rows"]
            self.sizes.append(sorted({row["size"] for row in rows if row["arm"] == "random"}))
            self.said += results._unfinished()
            return folder

        monkeypatch.setattr(Results, "write_report", write_report)
        monkeypatch.setattr(live, "SHARE", 1e9)


def test_the_curve_is_shown_while_the_trunk_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen(tmp_path, monkeypatch)
    branched(tmp_path).run(engine=run_inline)
    assert seen.sizes == [[0, 4], [0, 4, 8], [0, 4, 8, 16], [0, 4, 8, 16]]
    assert seen.said == [
        f"The study is still running: {count} of 3 rungs are in this report." for count in (1, 2, 3)
    ], "and the last report says nothing of it"


def test_drawing_takes_a_small_share_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen(tmp_path, monkeypatch)
    monkeypatch.setattr(live, "SHARE", 0.0)
    branched(tmp_path).run(engine=run_inline)
    assert seen.sizes == [[0, 4], [0, 4, 8, 16]], "the first rung and the end are shown in any case"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["miniature", "smollm2-ded", "valley"])
def test_every_state_of_a_study_can_be_shown(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = 0
    write = live.Live._write

    def writes(self: live.Live) -> None:
        nonlocal shown
        write(self)
        shown += 1

    monkeypatch.setattr(live.Live, "_write", writes)
    monkeypatch.setattr(live, "SHARE", 1e9)
    small_study(name, tmp_path).run(engine=run_inline)
    assert shown >= 2


def test_what_an_earlier_run_left_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    branched(tmp_path).run(until="scores", engine=run_inline)
    document = yaml.safe_load((tmp_path / "study.yaml").read_text())
    document["train"]["learning_rate"] = 1e-4
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    seen = Seen(tmp_path, monkeypatch)
    Study.load(tmp_path).run(engine=run_inline)
    assert seen.sizes[0] == [0, 4]


def test_a_run_up_to_students_writes_no_scores(tmp_path: Path) -> None:
    branched(tmp_path).run(until="students", engine=run_inline)
    assert not (tmp_path / "scores.json").exists()
