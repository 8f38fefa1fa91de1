"""The curve of rungs trained elsewhere: counts, responses, checkpoints, and all of them together."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tiny import tiny_student
from thalweg import InputError, cli, store
from thalweg.curve.documents import read_scores
from thalweg.engine.local import run_inline
from thalweg.study.outside import fit_outside
from thalweg.types import Outcome

CHECK = {"type": "math", "answer": "4"}
PROBLEMS = [{"id": f"p{n}", "statement": f"{n} + {4 - n}?", "check": CHECK} for n in range(4)]
BENCHMARK = {"sums": {"source": "records", "path": "problems.jsonl", "max_tokens": 8}}
COUNTS = [
    {"size": 0, "correct": 100, "total": 798},
    {"size": 1000, "steps": 40, "correct": 44, "total": 798},
    {"size": 10000, "steps": 395, "correct": 150, "total": 798},
]


def ladder(folder: Path, rungs: list[dict[str, Any]], **keys: Any) -> Path:
    (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in PROBLEMS))
    file = folder / "outside.yaml"
    file.write_text(yaml.safe_dump({"rungs": rungs, **keys}, sort_keys=False))
    return file


def responses(folder: Path, name: str, right: int) -> str:
    """A file of one response a problem, the first `right` of them right."""
    rows = [
        {
            "id": f"{name}{n}",
            "problem_id": f"p{n}",
            "model": name,
            "text": "4" if n < right else "5",
            "finish_reason": "stop",
        }
        for n in range(4)
    ]
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f"{name}.jsonl"


def test_counts_alone_are_a_curve(tmp_path: Path) -> None:
    curve = fit_outside(ladder(tmp_path, COUNTS), tmp_path / "out" / "curve.json")
    arm = curve.arms["main"]
    assert arm.valley.detected
    assert arm.valley.floor_size == 1000
    assert arm.note is not None
    assert "unpaired" in arm.note
    assert (tmp_path / "out" / "report.html").exists()
    assert not (tmp_path / "out" / "scores.parquet").exists()
    scores = read_scores(tmp_path / "out" / "scores.json")
    assert [(s.size, s.steps, s.completion_rate.value) for s in scores] == [
        (0, 0, None),
        (1000, 40, None),
        (10000, 395, None),
    ]


def test_several_responses_to_a_problem_do_not_narrow_the_interval(tmp_path: Path) -> None:
    rungs = [{**COUNTS[0], "problems": 399}, COUNTS[1]]
    fit_outside(ladder(tmp_path, rungs), tmp_path / "curve.json")
    start = read_scores(tmp_path / "scores.json")[0]
    assert (start.problems, start.samples) == (399, 2)
    assert start.pass_at_1.low is not None
    assert start.pass_at_1.low < 0.1053 - 0.005, "as of 399 responses"


def test_responses_are_graded_and_compared_on_the_same_problems(tmp_path: Path) -> None:
    rungs = [
        {"arm": "a", "size": size, "responses": responses(tmp_path, f"r{size}", right)}
        for size, right in ((0, 3), (8, 1))
    ]
    file = ladder(tmp_path, rungs, benchmarks=BENCHMARK)
    curve = fit_outside(file, tmp_path / "out" / "curve.json")
    assert curve.arms["a"].base.value == 0.75
    assert curve.arms["a"].top.value == 0.25
    assert "unpaired" not in (curve.arms["a"].note or "")
    assert len(store.read_all(tmp_path / "out" / "scores.parquet", Outcome, key="")) == 8
    verdicts = tmp_path / "out" / "answers" / "verdicts" / "students" / "a-0-s0" / "sums.parquet"
    before = verdicts.stat().st_mtime_ns
    fit_outside(file, tmp_path / "out" / "curve.json")
    assert verdicts.stat().st_mtime_ns == before, "graded again"
    responses(tmp_path, "r0", 2)
    assert fit_outside(file, tmp_path / "out" / "curve.json").arms["a"].base.value == 0.5


def test_verdicts_may_come_along(tmp_path: Path) -> None:
    rows = [{"response_id": f"r{n}", "problem_id": f"p{n}", "status": "correct"} for n in range(4)]
    (tmp_path / "v.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    one = {"responses": responses(tmp_path, "r", 0), "verdicts": "v.jsonl"}
    file = ladder(tmp_path, [{"size": 0, **one}, {"size": 8, **one}], benchmarks=BENCHMARK)
    assert fit_outside(file, tmp_path / "curve.json").arms["main"].top.value == 1.0
    (tmp_path / "v.jsonl").write_text(json.dumps(rows[0]) + "\n")
    with pytest.raises(InputError, match="response 'r1': no verdict on it"):
        fit_outside(file, tmp_path / "curve.json")


def test_checkpoints_answer_once_and_seeds_and_arms_share_a_start(tmp_path: Path) -> None:
    for name, seed in (("start", 0), ("a", 1), ("b", 2)):
        tiny_student(tmp_path / name, seed=seed)
    rungs = [
        {"arm": "start", "size": 0, "checkpoint": "start"},
        {"arm": "easy", "size": 8, "checkpoint": "a", "steps": 4, "tokens": 100},
        {"arm": "hard", "size": 8, "checkpoint": "b", "seed": 1},
    ]
    file = ladder(tmp_path, rungs, benchmarks=BENCHMARK)
    fit_outside(file, tmp_path / "curve.json", run_inline)
    shards = sorted(tmp_path.glob("answers/responses/students/*/sums/*.parquet"))
    before = [shard.stat().st_mtime_ns for shard in shards]
    curve = fit_outside(file, tmp_path / "curve.json", run_inline)
    assert [shard.stat().st_mtime_ns for shard in shards] == before
    assert set(curve.arms) == {"easy", "hard"}
    assert [(s.arm, s.size, s.seed, s.tokens_trained) for s in read_scores(tmp_path / "scores.json")] == [
        ("easy", 0, 0, 0), ("easy", 8, 0, 100), ("hard", 0, 0, 0), ("hard", 8, 1, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rungs", "keys", "said"),
    [
        (COUNTS[1:], {}, "outside.yaml: rungs: no rung of size 0 that starts from 'base'"),
        ([COUNTS[0]], {}, "key 'rungs'"),
        ([COUNTS[0], {**COUNTS[0], "seed": 1}], {}, "none has a size above 0"),
        ([{"size": 0}, COUNTS[1]], {}, "give one of 'checkpoint', 'responses', or 'correct' and 'total'"),
        ([{"size": 0, "correct": 3, "total": 2}, COUNTS[1]], {}, "'correct' is more than 'total'"),
        ([{"size": 0, "correct": 3}, COUNTS[1]], {}, "'correct' and 'total' go together"),
        ([{"size": 0, "checkpoint": "x"}, COUNTS[1]], {}, "need a benchmark 'benchmark'"),
        ([{"size": 0, "responses": "none.jsonl"}, COUNTS[1]], {"benchmarks": BENCHMARK}, "none.jsonl: no such file"),
        ([{**COUNTS[0], "step": 3}, COUNTS[1]], {}, "unknown key 'rungs.0.step'"),
    ],
)
def test_what_is_refused(rungs: list[dict[str, Any]], keys: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        fit_outside(ladder(tmp_path, rungs, **keys), tmp_path / "out" / "curve.json")


def test_a_study_s_scores_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("")
    with pytest.raises(InputError, match="lies in a study's folder"):
        fit_outside(ladder(tmp_path, COUNTS), tmp_path / "curve.json")


def test_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "curve.json"
    monkeypatch.setattr(sys, "argv", ["thalweg", "fit", str(ladder(tmp_path, COUNTS)), "--out", str(out)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 0
    assert "curve.json: written" in capsys.readouterr().out
    assert json.loads(out.read_text())["arms"]["main"]["valley"]["floor_size"] == 1000
