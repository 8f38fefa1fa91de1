"""Bad input: one line that names the place and the remedy, exit code 2, and the study as it was."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tiny import tiny_student
from thalweg import cli

CHECK = {"type": "math", "answer": "4"}
PROBLEM = {"id": "p0", "statement": "2 + 2?", "check": CHECK}
RESPONSE = {"id": "r0", "problem_id": "p0", "model": "m", "text": "<think>easy</think>4"}


def run_cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and standard error."""
    monkeypatch.setattr(sys, "argv", ["thalweg", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return int(caught.value.code or 0), capsys.readouterr().err


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("student")
    tiny_student(folder)
    return folder


@pytest.fixture
def study(tmp_path: Path, student: Path) -> dict[str, Any]:
    """A study that would run."""
    lines(tmp_path / "train.jsonl", *({**PROBLEM, "id": f"p{n}"} for n in range(4)))
    lines(tmp_path / "test.jsonl", {**PROBLEM, "id": "t0"}, {**PROBLEM, "id": "t1"})
    lines(tmp_path / "r.jsonl", *({**RESPONSE, "id": f"r{n}", "problem_id": f"p{n}"} for n in range(4)))
    return {
        "name": "s",
        "student": str(student),
        "problems": {"source": "records", "path": "train.jsonl"},
        "teachers": {"t": {"responses": "r.jsonl"}},
        "benchmarks": {"b": {"source": "records", "path": "test.jsonl", "max_tokens": 8}},
        "sizes": [0, 2],
        "train": {"batch_size": 2, "epochs": 1, "max_length": 128},
        "arms": {"a": {}},
    }


def changed(document: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """A copy with a dotted key set (or removed, by `...`)."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    *path, last = key.split(".")
    place = copy
    for part in path:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return copy


STUDY_KEYS: list[tuple[str, Any, str]] = [
    ("sizs", [1], "unknown key 'sizs'; allowed here: name, title"),
    ("student", ..., "key 'student' is missing"),
    ("train.learning_rat", 1, "unknown key 'train.learning_rat'; allowed here: learning_rate"),
    ("train.learning_rate", -1, "key 'train.learning_rate'"),
    ("train.schedule", "cosin", "'linear', 'cosine' or 'constant'"),
    ("train.batch_size", "many", "key 'train.batch_size'"),
    ("benchmarks.b.max_tokens", ..., "key 'benchmarks.b.max_tokens' is missing"),
    ("benchmarks.b.sourc", "x", "unknown key 'benchmarks.b.sourc'; allowed here: source"),
    ("problems.source", "gsm9k", " gsm8k, "),
    ("arms.a.teacher", "nobody", "no teacher 'nobody', there are t"),
    ("arms.a.start", "b@8", "no arm 'b', there are a"),
    ("arms.a.start", "yesterday", "neither 'base' nor ARM@SIZE"),
    ("arms.a.match", "tokns", "key 'arms.a.match.0': input should be 'steps'"),
    ("arms.a.match_to", "z", "no arm 'z'"),
    ("arms.a.train", {"epoch": 2}, "unknown key 'epoch'"),
    ("arms", {}, "key 'arms'"),
    ("sizes", [4, 2], "sizes must be distinct numbers of examples, ascending"),
    ("sizes", [0], "no arm has a size above 0"),
    ("main", "z", "no arm 'z', there are a"),
    ("name", "a/b", "use letters, digits, dot, dash and underscore"),
    ("prompt", {"template": "hello"}, "the template must hold {statement}"),
    ("prompt", {"chat": "chatml"}, "'tokenizer' or 'none'"),
    ("teachers.t", {"model": "tracer:line", "responses": "r.jsonl"}, "give either 'model' or 'responses'"),
    ("teachers.t.model", "openai:x", "give either"),
    ("teachers.t", {"model": "openai:x"}, "use local:FOLDER, local:HUB_ID, endpoint:URL#MODEL or tracer:STYLE"),
    ("teachers.t", {"model": "tracer:poetic"}, "poetic"),
    ("teachers.t", {"model": "tracer:line"}, "miniature"),
    ("teachers.t.responses", "nowhere.jsonl", "no such file: nowhere.jsonl"),
    ("teachers.t.problem_prefix", "x/", "no response is for a training problem"),
    ("teachers.t.where", {"model": "other"}, "no row passed 'where'"),
    ("teachers.t.columns", {"texts": "text"}, "a response has no such field"),
    ("teachers.t.columns", {"text": "texts"}, "texts"),
    ("sizes", [0, 5], "size 5 is above the 4 responses that it may take; use sizes up to 4"),
    ("benchmarks.b.path", "train.jsonl", "4 of its problems are trained on, such as p0"),
    ("benchmarks.b.path", "gone.jsonl", "gone.jsonl"),
    ("benchmarks.b.count", 3, "the source holds 2 problems, not 3; lower 'count'"),
    ("problems.skip", 9, "the source holds no problems"),
    ("student", "/nowhere/at/all", "no such folder"),
    ("student", "{data}", "is not a model folder (no config.json); name a transformers folder"),
    ("problems.split", "train", "takes no 'split'"),
]


@pytest.mark.parametrize(("key", "value", "said"), STUDY_KEYS, ids=[f"{k}={v}" for k, v, _ in STUDY_KEYS])
def test_study_keys_and_files(
    key: str,
    value: Any,
    said: str,
    study: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    value = str(tmp_path) if value == "{data}" else value
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(changed(study, key, value), sort_keys=False))
    check_refused(
        monkeypatch, capsys, tmp_path, said, "study.yaml" if "columns" not in key else "", "run", str(tmp_path)
    )


def check_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    said: str,
    place: str,
    *arguments: str,
) -> None:
    before = snapshot(folder)
    capsys.readouterr()  # what making the files printed
    code, errors = run_cli(monkeypatch, capsys, *arguments)
    assert code == 2, errors
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1, f"more than one line: {errors}"
    assert said in errors
    assert place in errors
    assert snapshot(folder) == before


def snapshot(folder: Path) -> dict[str, bytes]:
    """All files and their contents; the lock says nothing of the study."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


def without_template(folder: Path) -> None:
    tiny_student(folder / "plain", chat_template=None)


def with_row(name: str, *rows: Any) -> Callable[[Path], object]:
    return lambda folder: lines(folder / name, *rows)


STUDY_FILES: list[tuple[str, Callable[[Path], object], str, Any, str, str]] = [
    ("not YAML", lambda f: (f / "study.yaml").write_text("a: [1"), "", None, "not YAML", "study.yaml:"),
    ("a list", lambda f: (f / "study.yaml").write_text("- 1\n"), "", None, "expected keys and values", "study.yaml"),
    ("no chat template", without_template, "student", "plain", "has no chat template", "chat: none"),
    ("twins", with_row("train.jsonl", PROBLEM, PROBLEM), "", None, "rows 1 and 2 have the same id 'p0'", "train.jsonl"),
    ("cut line", with_row("train.jsonl", PROBLEM, '{"id": '), "", None, "not JSON", "train.jsonl:2"),
    ("no check", with_row("train.jsonl", {"id": "a", "statement": "b"}), "", None, "'check' is missing",
     "train.jsonl:1"),
    ("code check", with_row("test.jsonl", {**PROBLEM, "id": "t", "check": {"type": "stdin", "tests": []}}), "", None,
     "there are no tests", "benchmarks.b"),
    ("empty file", with_row("train.jsonl"), "", None, "the source holds no problems", "study.yaml"),
    ("no text", with_row("r.jsonl", {"id": "r", "problem_id": "p0", "model": "m"}), "", None, "'text'", "r.jsonl:1"),
    ("twin responses", with_row("r.jsonl", RESPONSE, RESPONSE), "", None, "'r0'", "r.jsonl:2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("break_it", "key", "value", "said", "place"), [row[1:] for row in STUDY_FILES], ids=[row[0] for row in STUDY_FILES]
)
def test_files_of_a_study(
    break_it: Callable[[Path], object],
    key: str,
    value: Any,
    said: str,
    place: str,
    study: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = changed(study, key, value) if key else study
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    break_it(tmp_path)
    check_refused(monkeypatch, capsys, tmp_path, said, place, "run", str(tmp_path))


VERBS: list[tuple[str, list[str], str]] = [
    ("init of no recipe", ["init", "minature"], "miniature, own, smollm2"),
    ("init over a study", ["init", "miniature", "."], "exists already"),
    ("--set without =", ["init", "miniature", "new", "--set", "student"], "expected KEY=VALUE"),
    ("--set of no key", ["init", "miniature", "new", "--set", "trein.epochs=1"], "no key 'trein.epochs'"),
    ("no study file", ["run", "nowhere"], "no such study file"),
    ("--seeds", ["plan", ".", "--seeds", "a,b"], "expected numbers such as 0,1,2"),
    ("--until", ["run", ".", "--until", "dawn"], "use one of problems, responses"),
    ("report before run", ["report", "."], "run the study first"),
    ("import of no source", ["import", "gsm9k", "--out", "o"], "gsm9k"),
    ("grade without file", ["grade", "--problems", "none.jsonl", "--responses", "r.jsonl", "--out", "v.jsonl"],
     "no such"),
    ("grade of strangers", ["grade", "--problems", "test.jsonl", "--responses", "r.jsonl", "--out", "v.jsonl"], "p0"),
    ("unknown ending", ["grade", "--problems", "train.jsonl", "--responses", "r.jsonl", "--out", "v.csv"], ".jsonl"),
    ("generate with no model", ["generate", "--problems", "test.jsonl", "--model", "gpt", "--out", "o"],
     "local:FOLDER"),
    ("precision", ["evaluate", "--problems", "test.jsonl", "--model", "local:x", "--out", "o", "--precision", "fp8"],
     "use fp32 or bf16"),
    ("curate by no verdicts", ["curate", "--problems", "train.jsonl", "--responses", "r.jsonl", "--out", "c",
     "--config", "correct.yaml"], "needs verdicts"),
    ("train on no corpus", ["train", "--corpus", ".", "--student", "miniature", "--out", "s"],
     "holds no train.parquet"),
    ("fit of no scores", ["fit", "r.jsonl", "--out", "c.json"], "r.jsonl"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), [row[1:] for row in VERBS], ids=[row[0] for row in VERBS])
def test_verbs(
    arguments: list[str],
    said: str,
    study: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    (tmp_path / "correct.yaml").write_text("select: correct\n")
    monkeypatch.chdir(tmp_path)
    check_refused(monkeypatch, capsys, tmp_path, said, "", *arguments)


def test_rejects_are_set_aside_and_the_good_rows_go_on(
    study: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert study
    lines(tmp_path / "r.jsonl", RESPONSE, {**RESPONSE, "id": "r1", "problem_id": 7}, "{")
    monkeypatch.chdir(tmp_path)
    files = ["--problems", "train.jsonl", "--responses", "r.jsonl", "--out", "v.jsonl", "--rejects", "bad.jsonl"]
    monkeypatch.setattr(sys, "argv", ["thalweg", "grade", *files])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 0
    assert [json.loads(line)["status"] for line in Path("v.jsonl").read_text().splitlines()] == ["correct"]
    bad = [json.loads(line) for line in Path("bad.jsonl").read_text().splitlines()]
    assert [row["where"] for row in bad] == ["r.jsonl:2", "r.jsonl:3"]
    assert "problem_id" in bad[0]["why"]
