"""The verbs on plain files, one after another, as the docs show them; and how they are shown."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from thalweg import InputError, Study, cli, recipes, store, verbs, watch
from thalweg.chat import Prompt
from thalweg.curate.corpus import read_corpus
from thalweg.engine.local import run_inline
from thalweg.generate import Sampling
from thalweg.types import Problem, Rate, Response, Verdict

Run = Callable[..., str]


@pytest.fixture
def thalweg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in a folder of its own; gives what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["thalweg", *arguments])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        captured = capsys.readouterr()
        assert not caught.value.code, captured.err
        return captured.out

    return run


@pytest.mark.parametrize(
    ("raised", "said", "code"),
    [
        (InputError("a.jsonl:3", "no id", "add it"), "error: a.jsonl:3: no id; add it", 2),
        (ModuleNotFoundError("No module named 'torch'", name="torch.nn"), "pip install 'thalweg[train]'", 2),
        (ModuleNotFoundError("No module named 'lm_eval'", name="lm_eval"), "pip install 'thalweg[harness]'", 2),
        (FileExistsError(17, "File exists", "rows.jsonl"), "error: rows.jsonl: it is no folder", 2),
        (KeyboardInterrupt(), "interrupted; run the same command to go on", 1),
    ],
)
def test_errors_are_one_line(
    raised: BaseException,
    said: str,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("thalweg.verbs.import_source", fail)
    monkeypatch.setattr(sys, "argv", ["thalweg", "import", "records", "--out", "data"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    lines = capsys.readouterr().err.splitlines()
    assert caught.value.code == code
    assert len(lines) == 1
    assert said in lines[0]


def test_the_loop_by_hand(thalweg: Run) -> None:
    thalweg("import", "miniature", "--split", "train", "--count", "12", "--out", "data")
    thalweg("import", "miniature", "--split", "test", "--count", "5", "--out", "held-out")
    assert len(store.read_all("data/problems.jsonl", Problem)) == 12

    answered = ["--problems", "data/problems.jsonl", "--model", "tracer:line", "--out", "responses"]
    assert "12 responses" in thalweg("generate", *answered)
    assert "12 responses" in thalweg("generate", *answered), "the same command again finds its work done"
    graded = ["--problems", "data/problems.jsonl", "--responses", "responses"]
    assert "12 correct" in thalweg("grade", *graded, "--out", "verdicts.jsonl")
    assert len(store.read_all("verdicts.jsonl", Verdict, key="response_id")) == 12

    Path("curate.yaml").write_text("{select: correct, size: 8, seed: 3}")
    said = thalweg("curate", *graded, "--verdicts", "verdicts.jsonl", "--config", "curate.yaml", "--out", "corpus")
    assert "8 examples of 12 responses" in said
    assert len(read_corpus(Path("corpus"))) == 8

    Path("train.yaml").write_text("{batch_size: 4, epochs: 1, learning_rate: 1.0e-3}")
    said = thalweg(
        "train", "--corpus", "corpus", "--student", "miniature", "--config", "train.yaml", "--out", "student"
    )
    assert "2 steps" in said

    held_out = ["--problems", "held-out/problems.jsonl", "--model", "local:student", "--max-tokens", "20"]
    assert "(n = 5)" in thalweg("evaluate", *held_out, "--out", "score")
    (row,) = json.loads(Path("score/scores.json").read_text())["rows"]
    assert row["problems"] == 5

    thalweg("fit", "score/scores.json", "--out", "curve.json")
    assert "local:student" in json.loads(Path("curve.json").read_text())["arms"]


def test_responses_of_other_settings_are_not_mixed(thalweg: Run) -> None:
    thalweg("import", "miniature", "--split", "train", "--count", "3", "--out", "data")
    thalweg("generate", "--problems", "data/problems.jsonl", "--model", "tracer:line", "--out", "responses")
    problems = store.read_all("data/problems.jsonl", Problem)
    with pytest.raises(InputError, match="made with other settings; use another folder"):
        verbs.generate(
            problems,
            "tracer:terse",
            Path("responses"),
            samples=1,
            sampling=Sampling(max_tokens=2048),
            prompt=Prompt(),
            precision="fp32",
            batch_size=32,
        )


def test_a_messages_file_gives_problems_and_responses(thalweg: Run) -> None:
    turns = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "<think>easy</think>4"}]
    Path("chats.jsonl").write_text(json.dumps({"messages": turns}) + "\n")
    thalweg("import", "messages", "--path", "chats.jsonl", "--out", "data")
    (problem,) = store.read_all("data/problems.jsonl", Problem)
    (response,) = store.read_all("data/responses.jsonl", Response)
    assert response.problem_id == problem.id
    assert response.thinking == "easy"


def test_responses_with_columns_of_their_own(thalweg: Run) -> None:
    Path("r.jsonl").write_text(
        '{"idx": 7, "out": "<think>a</think>b", "model": "m"}\n{"idx": 8, "out": "c", "model": "n"}\n'
    )
    mapping = ["--column", "problem_id=idx", "--column", "text=out", "--where", "model=m", "--prefix", "p/"]
    thalweg("import", "responses", "--path", "r.jsonl", *mapping, "--out", "data")
    (response,) = store.read_all("data/responses.jsonl", Response)
    assert (response.problem_id, response.answer) == ("p/7", "b")


def test_recipes_are_listed(thalweg: Run) -> None:
    listed = thalweg("init")
    assert all(name in listed for name in recipes.listing())


def test_plan_status_and_report_of_a_study(thalweg: Run) -> None:
    values = {
        "problems.count": "20",
        "sizes": "[0, 2]",
        "arms.direct.sizes": "[2]",
        "arms.step-matched.sizes": "[2]",
        "benchmarks.miniature.count": "4",
        "benchmarks.snippets.count": "4",
        "train.max_steps": "2",
        "arms.step-matched.match": "null",
    }
    recipes.copy("miniature", Path("m"), values)
    assert "4 rungs (0 done)" in thalweg("plan", "m")
    Study.load("m").run(engine=run_inline)
    assert "4 rungs (4 done)" in thalweg("plan", "m")
    assert "to do" not in thalweg("status", "m")
    Path("m/report.html").unlink()
    thalweg("report", "m")
    assert Path("m/report.html").exists()


def test_a_run_is_told_in_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(watch, "_console", Console(file=out, width=100))
    monkeypatch.setattr(watch, "_LOG_EVERY_S", 0.0)
    with watch.watch() as watcher:
        watcher.step("students", "2 rungs")
        watcher.jobs({"a": 1.0, "b": 3.0})
        watcher.progress("a", 0.5)
        watcher.progress("a", 1.0)
        watcher.progress("a", 1.0)
    text = out.getvalue()
    assert "students   2 rungs" in text
    assert "12 % done, about" in text
    assert text.count("done a, 1 left") == 1


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (Rate(value=0.5, low=0.25, high=0.75), "50.0 % [25.0, 75.0]"),
        (Rate(value=None, low=None, high=None), "not measured"),
    ],
)
def test_rates_in_words(rate: Rate, said: str) -> None:
    assert watch.rate(rate) == said


@pytest.mark.parametrize(("seconds", "said"), [(12, "12 s"), (600, "10 min"), (7200, "2.0 h")])
def test_spans_in_words(seconds: float, said: str) -> None:
    assert watch._span(seconds) == said
