"""`thalweg suitability`, `teachers`, `papers` and the audits of problems, as a user calls them."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from thalweg import cli, store
from thalweg.types import Response, Suitability

Run = Callable[..., str]


@pytest.fixture
def thalweg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in a folder of its own; gives what it printed, errors included."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["thalweg", *arguments])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        captured = capsys.readouterr()
        assert (caught.value.code or 0) == code, captured.err
        return captured.out + captured.err

    return run


@pytest.fixture
def answered(thalweg: Run) -> list[str]:
    """Problems, and the responses of two scripted teachers, graded."""
    thalweg("import", "miniature", "--split", "train", "--count", "12", "--out", "data")
    thalweg("import", "miniature", "--split", "test", "--count", "6", "--out", "held-out")
    for style in ("line", "rambling"):
        thalweg("generate", "--problems", "data/problems.jsonl", "--model", f"tracer:{style}", "--out", style)
    rows = [row for style in ("line", "rambling") for row in store.Shards(Path(style), Response).read()]
    store.write(Path("responses.jsonl"), rows)
    given = ["--problems", "data/problems.jsonl", "--responses", "responses.jsonl"]
    thalweg("grade", *given, "--out", "verdicts.jsonl")
    return [*given, "--verdicts", "verdicts.jsonl", "--student", "miniature"]


def test_suitability_has_a_row_a_response(thalweg: Run, answered: list[str]) -> None:
    said = thalweg("suitability", *answered, "--out", "seen.parquet", "--tokens-out", "tokens")
    assert "rsr" in said
    assert "lower is better" in said
    rows = store.read_all(Path("seen.parquet"), Suitability, key="response_id")
    assert len(rows) == 24
    assert all(row.rsr and row.tokens and row.correct and row.rule_quality is not None for row in rows)
    assert {row.precision for row in rows} == {"fp32"}
    assert not list(Path().glob(".seen*")), "what was kept for a resume is gone"
    before = Path("seen.parquet").read_bytes()
    thalweg("suitability", *answered, "--out", "seen.parquet", "--tokens-out", "tokens2")
    assert Path("seen.parquet").read_bytes() == before


def test_the_best_of_several_is_curated(thalweg: Run, answered: list[str]) -> None:
    thalweg("suitability", *answered, "--out", "seen.jsonl")
    Path("curate.yaml").write_text("{per_problem: 1, pick: 'best:rsr'}")
    said = thalweg("curate", *answered, "--suitability", "seen.jsonl", "--config", "curate.yaml", "--out", "best")
    assert "not picked (best:rsr)" in said
    assert "12 examples of 24 responses" in said
    said = thalweg("curate", *answered, "--config", "curate.yaml", "--out", "none", code=2)
    assert "run 'thalweg suitability' first" in said


def test_teachers_are_ranked(thalweg: Run, answered: list[str]) -> None:
    said = thalweg("teachers", *answered, "--out", "choice", "--score", "tracer:line=80", "--per-model", "10")
    assert "tracer:rambling" in said
    found = json.loads(Path("choice/teachers.json").read_text())
    assert found["responses"] == {"tracer:line": 10, "tracer:rambling": 10}
    assert found["same_problems"]
    assert set(found["ranks"]["rsr"].values()) == {1.0, 2.0}
    assert found["columns"]["tracer:line"]["teacher_score"]["value"] == 80
    assert found["scores"] is None


@pytest.mark.slow
def test_teachers_are_tried(thalweg: Run, answered: list[str]) -> None:
    Path("smoke.yaml").write_text("{train: {max_steps: 2, batch_size: 4}, size: 8, seeds: [0, 1], max_tokens: 20}")
    tried = ["--benchmark", "held-out/problems.jsonl", "--smoke", "smoke.yaml", "--out", "choice"]
    assert "regret" in thalweg("teachers", *answered, *tried)
    found = json.loads(Path("choice/teachers.json").read_text())
    assert set(found["scores"]) == {"tracer:line", "tracer:rambling"}
    assert found["columns"]["tracer:line"]["shift"]["value"] > 0
    assert {one["column"] for one in found["columns_judged"]} >= {"rsr", "accuracy", "shift"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "x", "--score", "line"], "expected KEY=VALUE"),
        (["--out", "x", "--score", "line=good"], "expected MODEL=NUMBER"),
        (["--out", "x", "--smoke", "smoke.yaml"], "--benchmark: a smoke test needs held-out problems"),
    ],
)
def test_teachers_says_what_is_missing(arguments: list[str], message: str, thalweg: Run, answered: list[str]) -> None:
    Path("smoke.yaml").write_text("{size: 8}")
    assert message in thalweg("teachers", *answered, *arguments, code=2)


def test_one_model_is_no_choice(thalweg: Run, answered: list[str]) -> None:
    given = ["--problems", "data/problems.jsonl", "--responses", "line", "--student", "miniature"]
    assert answered
    assert "they are of 1 model(s)" in thalweg("teachers", *given, "--out", "choice", code=2)


def test_published_tables_are_computed_again(thalweg: Run) -> None:
    said = thalweg("papers", "rsr")
    for value in ("-0.855", "-0.845", "-0.888", "-0.829", "-0.815"):
        assert value in said
    assert "no such paper" in thalweg("papers", "none", code=2)


def test_audits_of_problems(thalweg: Run) -> None:
    thalweg("import", "miniature", "--split", "train", "--count", "30", "--out", "data")
    thalweg("import", "miniature", "--split", "test", "--count", "5", "--out", "bench")
    rows = Path("data/problems.jsonl").read_text().splitlines()
    planted = json.loads(Path("bench/problems.jsonl").read_text().splitlines()[0])
    Path("all.jsonl").write_text("\n".join([*rows, json.dumps({**planted, "id": "planted"})]) + "\n")

    said = thalweg(
        "audit", "contamination", "--problems", "all.jsonl", "--against", "bench/problems.jsonl", "--out", "a"
    )
    assert "contamination.html" in said
    hits = [json.loads(line) for line in Path("a/hits.jsonl").read_text().splitlines()]
    assert ("planted", "exact", planted["id"]) in {(h["item_id"], h["method"], h["benchmark_problem_id"]) for h in hits}
    assert "planted" in Path("a/contamination.html").read_text()

    Path("twice.jsonl").write_text("\n".join([*rows, json.dumps({**json.loads(rows[0]), "id": "again"})]) + "\n")
    assert "1 exact duplicates" in thalweg("audit", "duplicates", "--problems", "twice.jsonl", "--out", "b")
    assert "again" in Path("b/duplicates.jsonl").read_text()
    assert "name one of them" in thalweg("audit", "duplicates", "--out", "c", code=2)
