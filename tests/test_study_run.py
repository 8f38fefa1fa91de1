"""Whole studies on tiny students: every recipe in two steps, resume, locks, fingerprints."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tiny import LLAMA3, tiny_student
from thalweg import InputError, Study, recipes, store, verbs
from thalweg.engine.local import JobsError, run_inline
from thalweg.study.config import load
from thalweg.study.folder import Folder, begin, finish, is_done, locked
from thalweg.study.ladder import rungs
from thalweg.types import Outcome, Response

GSM8K = [{"question": f"What is {n} + 1?", "answer": f"It is {n + 1}.\n#### {n + 1}"} for n in range(12)]
TRACES_OF_GSM8K = [
    {"idx": n, "model": "Qwen-2.5-3B-rlft", "response": f"<think>{n} + 1</think>\n{n + 1}"} for n in range(8)
]
CRUX = [{"id": f"c{n}", "code": f"def f(x):\n    return x + {n}", "input": "1", "output": str(n + 1)} for n in range(4)]
TEAM = [
    {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": f"How many days are {n} weeks?"},
            {"role": "assistant", "content": f"<think>7 times {n}</think>\\boxed{{{7 * n}}}"},
        ]
    }
    for n in range(24)
]
TWO_STEPS = {"train.batch_size": 2, "train.max_steps": 2, "train.save_steps": 1, "train.max_length": 512}


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def miniature(folder: Path) -> dict[str, Any]:
    assert folder
    return {
        "problems.count": 20,
        "sizes": [0, 2, 4],
        "arms.direct.sizes": [4],
        "arms.step-matched.sizes": [2],
        "benchmarks.miniature.count": 5,
        "benchmarks.snippets.count": 5,
    }


def miniature_rates(folder: Path) -> dict[str, Any]:
    return {**miniature(folder), "seeds": [0, 1], "arms.half-rate.sizes": [2], "arms.double-rate.sizes": [2]}


def miniature_synthesis(folder: Path) -> dict[str, Any]:
    assert folder
    return {
        "problems.count": 8,
        "sizes": [0, 2, 4],
        "arms.direct.sizes": [4],
        "arms.step-matched.sizes": [2],
        "benchmarks.synthesis.count": 4,
        "benchmarks.synthesis.max_tokens": 30,
        "benchmarks.lines.count": 3,
        "benchmarks.lines.max_tokens": 30,
    }


SMALL = {
    "benchmarks.miniature.count": 4,
    "benchmarks.miniature.max_tokens": 30,
    "benchmarks.snippets.count": 3,
    "benchmarks.snippets.max_tokens": 30,
}


KINDS = ("random", "easy", "hard", "correct", "incorrect", "shuffled", "swapped", "answer")


def miniature_arms(folder: Path) -> dict[str, Any]:
    assert folder
    second = [f"top-{kind}" for kind in KINDS]
    starts = {f"arms.{arm}.start": "top@4" for arm in second}
    return {**SMALL, "problems.count": 40, "sizes": [0, 2], "arms.top.sizes": [4], "seeds": [0], **starts}


def miniature_branches(folder: Path) -> dict[str, Any]:
    """Rungs of one and two steps; the second branches off after one."""
    assert folder
    return {**SMALL, "problems.count": 20, "sizes": [0, 2, 4], "train.max_steps": None, "train.epochs": 1}


def miniature_teachers(folder: Path) -> dict[str, Any]:
    assert folder
    return {**SMALL, "problems.count": 10, "sizes": [0, 2], "seeds": [0]}


def ded(folder: Path) -> dict[str, Any]:
    assert folder
    return {
        **SMALL,
        "problems.count": 20,
        "teachers.own.samples": 2,
        "smoke_test.size": 4,
        "smoke_test.train": {"max_steps": 2},
        "sizes": [0, 4],
        "arms.hard.sizes": [2],
        "arms.right.sizes": [3],
        "seeds": [0],
    }


def smollm2_ded(folder: Path) -> dict[str, Any]:
    answers = [
        {**row, "model": model} for row in TRACES_OF_GSM8K for model in ("Qwen-2.5-3B-rlft", "Qwen2.5-3B-Instruct")
    ]
    write_rows(folder / "traces.jsonl", answers)
    write_rows(folder / "crux.jsonl", CRUX)
    values = smollm2_gsm8k_files(folder)
    return {
        **values,
        "teachers.own.max_tokens": 8,
        "teachers.own.samples": 1,
        "benchmarks.cruxeval.path": "crux.jsonl",
        "benchmarks.cruxeval.count": 3,
        "benchmarks.cruxeval.max_tokens": 8,
        "smoke_test.size": 4,
        "smoke_test.train": {"max_steps": 2},
        "sizes": [0, 4],
    }


def smollm2_gsm8k(folder: Path) -> dict[str, Any]:
    write_rows(folder / "traces.jsonl", TRACES_OF_GSM8K)
    return {**smollm2_gsm8k_files(folder), "sizes": [0, 2, 4]}


def smollm2_gsm8k_files(folder: Path) -> dict[str, Any]:
    """A tiny student and a few problems in the place of SmolLM2 and GSM8K."""
    tiny_student(folder / "student")
    write_rows(folder / "gsm8k.jsonl", GSM8K)
    return {
        "student": "student",
        "precision": "fp32",
        "train.precision": "fp32",
        "problems.path": "gsm8k.jsonl",
        "problems.count": 8,
        "benchmarks.gsm8k.path": "gsm8k.jsonl",
        "benchmarks.gsm8k.skip": 8,
        "benchmarks.gsm8k.count": 4,
        "benchmarks.gsm8k.max_tokens": 8,
    }


def smollm2_tracing(folder: Path) -> dict[str, Any]:
    tiny_student(folder / "student")
    write_rows(folder / "crux.jsonl", CRUX)
    return {
        "student": "student",
        "precision": "fp32",
        "train.precision": "fp32",
        "problems.count": 8,
        "benchmarks.miniature.count": 3,
        "benchmarks.miniature.max_tokens": 8,
        "benchmarks.cruxeval.path": "crux.jsonl",
        "benchmarks.cruxeval.count": 3,
        "benchmarks.cruxeval.max_tokens": 8,
        "sizes": [0, 2],
        "arms.answers.sizes": [4],
        "arms.traces.start": "answers@4",
        "arms.direct.start": "answers@4",
        "arms.direct.sizes": [2],
        "arms.step-matched.start": "answers@4",
        "arms.step-matched.sizes": [2],
    }


def own(folder: Path) -> dict[str, Any]:
    """A team's conversations, imported: those that a page of the docs imported, or a few of its own."""
    tiny_student(folder / "student")
    data = Path("../data")
    if not (folder / data / "problems.jsonl").exists():
        data = Path("data")
        write_rows(folder / "team.jsonl", TEAM)
        verbs.import_source("messages", folder / data, options={"path": folder / "team.jsonl", "check": "boxed"})
    return {
        "student": "student",
        "precision": "fp32",
        "problems.path": str(data / "problems.jsonl"),
        "problems.options": {"leave": "1/4"},
        "teachers.team.responses": str(data / "responses.jsonl"),
        "benchmarks.held-out.path": str(data / "problems.jsonl"),
        "benchmarks.held-out.options": {"keep": "1/4"},
        "benchmarks.held-out.max_tokens": 8,
        "clean.contamination": None,
        "sizes": [0, 2, 4],
        "train.precision": "fp32",
        **{f"arms.{arm}.sizes": [2] for arm in ("step-matched", "answer", "swapped")},
    }


VALLEY = {"train_30k": 12, "correct_6k": 3, "incorrect_6k": 3, "easy_4k": 2, "hard_4k": 2}


def valley(folder: Path) -> dict[str, Any]:
    """Rows in the released data's form: one file a set, questions of several responses, columns of its own."""
    tiny_student(folder / "student")
    tiny_student(folder / "llama", chat_template=LLAMA3, seed=1)
    (folder / "data").mkdir()
    rows = {
        name: [
            {"instruction": f"{name} {n // 2}", "output": f"<think>{n}</think>\n```python\nprint({n})\n```"}
            for n in range(count)
        ]
        for name, count in VALLEY.items()
    }
    rows["easy_4k"][0]["instruction"] = "train_30k 0"  # a question of two sets
    for name, found in rows.items():
        write_rows(folder / "data" / f"{name}.jsonl", found)
    check = {"type": "stdin", "tests": [{"input": "", "output": "1"}]}
    write_rows(folder / "lcb.jsonl", [{"id": f"lcb{n}", "statement": f"Print {n}.", "check": check} for n in range(2)])
    sets = {"all": "train_30k", "right": "correct_6k", "wrong": "incorrect_6k", "easy": "easy_4k", "hard": "hard_4k"}
    columns = {"statement": "instruction", "text": "output"}
    pairs = {"correct": 3, "incorrect": 3, "easy": 2, "hard": 2}
    return {
        "student": "student",
        "students.llama": "llama",
        "precision": "fp32",
        "problems.columns": columns,
        "sizes": [0, 2, 4, 8],
        **{f"teachers.{name}.responses": f"data/{file}.jsonl" for name, file in sets.items()},
        **{f"teachers.{name}.columns": columns for name in sets},
        **{f"arms.{arm}.sizes": [size] for arm, size in pairs.items()},
        **{f"arms.top-{arm}.sizes": [size] for arm, size in pairs.items()},
        **{f"arms.top-{arm}.start": "random@8" for arm in pairs},
        "benchmarks.livecodebench.path": "lcb.jsonl",
        "benchmarks.livecodebench.count": 2,
        "benchmarks.livecodebench.max_tokens": 6,
        "grading.grader": "native",
        **{f"train.{key}": value for key, value in {"precision": "fp32", "processes": 1, "fsdp": False}.items()},
    }


def cluster(folder: Path) -> dict[str, Any]:
    """A tracer in the teacher's place, the embedded student, this machine (`test_study_engines.py` has a cluster)."""
    check = {"type": "stdin", "tests": [{"input": "", "output": "1"}]}
    write_rows(folder / "lcb.jsonl", [{"id": f"lcb{n}", "statement": f"Print {n}.", "check": check} for n in range(2)])
    return {
        "student": "miniature",
        "precision": "fp32",
        "prompt": {},
        "problems": {"source": "miniature", "split": "train", "count": 20},
        "teachers.r1": {"model": "tracer:line", "max_tokens": 200},
        "prices": {},
        "benchmarks.livecodebench": {"source": "records", "path": "lcb.jsonl", "max_tokens": 6},
        "engine": "local",
        "serve": None,
        "sizes": [0, 2, 4],
        "arms.correct.sizes": [2],
        "arms.step-matched.sizes": [2],
        **{f"train.{key}": value for key, value in {"precision": "fp32", "processes": 1, "fsdp": False}.items()},
    }


RECIPES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "miniature": miniature,
    "miniature-rates": miniature_rates,
    "miniature-synthesis": miniature_synthesis,
    "miniature-arms": miniature_arms,
    "miniature-branches": miniature_branches,
    "miniature-teachers": miniature_teachers,
    "cluster": cluster,
    "ded": ded,
    "own": own,
    "smollm2-ded": smollm2_ded,
    "smollm2-gsm8k": smollm2_gsm8k,
    "smollm2-tracing": smollm2_tracing,
    "valley": valley,
}


def small_study(name: str, folder: Path) -> Study:
    values = {**TWO_STEPS, **RECIPES[name](folder)}
    recipes.copy(name, folder, {key: yaml.safe_dump(value) for key, value in values.items()})
    return Study.load(folder)


def test_every_recipe_has_its_smoke_test() -> None:
    assert set(RECIPES) == set(recipes.listing())


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_in_two_steps_with_resume(name: str, tmp_path: Path) -> None:
    study = small_study(name, tmp_path)
    study.run(until="corpora", engine=run_inline)
    assert not (tmp_path / "scores.json").exists()
    study.run(engine=run_inline)
    first = {name: (tmp_path / name).read_bytes() for name in ("scores.json", "curve.json")}
    checkpoints = {p: p.stat().st_mtime_ns for p in (tmp_path / "students").rglob("*.safetensors")}
    (tmp_path / "scores.json").unlink()

    study.run(engine=run_inline)
    assert {name: (tmp_path / name).read_bytes() for name in first} == first
    assert {p: p.stat().st_mtime_ns for p in checkpoints} == checkpoints, "a finished rung was trained again"
    check_outputs(study, tmp_path)


def check_outputs(study: Study, folder: Path) -> None:
    config = study.loaded.config
    rows = json.loads((folder / "scores.json").read_text())["rows"]
    expected = {(a, size, seed) for a in config.arms for size in (0, *config.sizes_of(a)) for seed in config.seeds}
    assert {(row["arm"], row["size"], row["seed"]) for row in rows} == expected
    assert {row["benchmark"] for row in rows} == set(config.benchmarks)
    steps = {(rung.arm, rung.size, rung.seed): rung.steps for rung in rungs(config)}
    assert max(steps.values()) == 2
    for row in rows:
        assert row["steps"] == steps.get((row["arm"], row["size"], row["seed"]), 0)
        assert sum(cell["n"] for cell in row["cells"].values()) == row["problems"] * row["samples"]
    curve = json.loads((folder / "curve.json").read_text())
    assert set(curve["arms"]) == set(config.arms)
    assert "<html" in (folder / "report.html").read_text()
    outcomes = list(store.read(folder / "scores.parquet", Outcome))
    keys = [(o.arm, o.size, o.seed, o.benchmark, o.problem_id, o.sample) for o in outcomes]
    assert len(keys) == len(set(keys)) == sum(row["problems"] * row["samples"] for row in rows)
    assert all(line.done for line in study.plan().rungs)


def test_plan_says_what_will_run_and_writes_nothing(tmp_path: Path) -> None:
    study = small_study("miniature", tmp_path)
    before = sorted(tmp_path.rglob("*"))
    plan = study.plan()
    assert [line.key for line in plan.rungs] == [
        "base", "random-2-s0", "random-4-s0", "direct-4-s0", "step-matched-2-s0",
    ]  # fmt: skip
    assert not any(line.done for line in plan.rungs)
    assert plan.seconds > 0
    assert sorted(tmp_path.rglob("*")) == before


def test_a_changed_setting_remakes_what_depends_on_it_and_no_more(tmp_path: Path) -> None:
    small_study("miniature", tmp_path).run(engine=run_inline)
    made = {p.parent.name: p.stat().st_mtime_ns for p in tmp_path.glob("students/*/model.safetensors")}
    responses = {p: p.stat().st_mtime_ns for p in tmp_path.glob("responses/teachers/*/*.parquet")}
    document = yaml.safe_load((tmp_path / "study.yaml").read_text())
    document["arms"]["direct"]["train"] = {"learning_rate": 5e-4}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    Study.load(tmp_path).run(engine=run_inline)
    after = {p.parent.name: p.stat().st_mtime_ns for p in tmp_path.glob("students/*/model.safetensors")}
    assert {key for key in made if made[key] != after[key]} == {"direct-4-s0"}
    assert {p: p.stat().st_mtime_ns for p in responses} == responses


def test_a_rung_whose_checkpoint_was_removed_is_not_trained_again_for_nothing(tmp_path: Path) -> None:
    study = small_study("miniature", tmp_path)
    study.run(engine=run_inline)
    weights = tmp_path / "students" / "random-4-s0" / "model.safetensors"
    weights.unlink()
    study.run(engine=run_inline)
    assert not weights.exists()


def test_seeds_are_added_beside_those_that_ran(tmp_path: Path) -> None:
    small_study("miniature", tmp_path).run(engine=run_inline)
    first = {p: p.stat().st_mtime_ns for p in tmp_path.glob("students/*/model.safetensors")}
    study = Study.load(tmp_path, seeds=[0, 1]).run(engine=run_inline)
    assert {score.seed for score in study.scores} == {0, 1}
    assert set(study.curve.arms["random"].seeds) == {"0", "1"}
    assert {p: p.stat().st_mtime_ns for p in first} == first


def test_a_report_is_not_written_over_other_settings(tmp_path: Path) -> None:
    small_study("miniature", tmp_path).run(engine=run_inline)
    assert Study.load(tmp_path, seeds=[0]).report() == tmp_path / "report.html"
    document = yaml.safe_load((tmp_path / "study.yaml").read_text())
    for key, value in (("benchmarks", "miniature"), ("arms", "direct")):
        changed = json.loads(json.dumps(document))
        changed[key][value].update({"max_tokens": 7} if key == "benchmarks" else {"sizes": [2]})
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(changed, sort_keys=False))
        with pytest.raises(InputError, match=f"{key}.*has changed since the study ran"):
            Study.load(tmp_path).report()


def test_a_local_model_can_teach(tmp_path: Path) -> None:
    study = small_study("smollm2-gsm8k", tmp_path)
    document = yaml.safe_load((tmp_path / "study.yaml").read_text())
    document["teachers"] = {"self": {"model": "local:student", "max_tokens": 6, "batch_size": 3, "samples": 2}}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    Study.load(tmp_path).run(until="responses", engine=run_inline)
    responses = list(store.Shards(study.folder.teacher_responses("self"), Response).read())
    assert [(r.problem_id, r.sample) for r in responses[:3]] == [
        ("gsm8k/test/0", 0), ("gsm8k/test/0", 1), ("gsm8k/test/1", 0),
    ]  # fmt: skip
    assert len(responses) == 16
    assert {r.model for r in responses} == {"local:student"}


def test_a_failing_rung_is_reported_and_the_others_are_kept(tmp_path: Path) -> None:
    study = small_study("miniature", tmp_path)
    study.run(until="corpora", engine=run_inline)
    corpus = tmp_path / "corpora" / "direct" / "s0" / "4" / "train.parquet"
    corpus.write_bytes(b"not parquet")
    with pytest.raises((JobsError, InputError), match="parquet"):
        study.run()
    assert all("direct" not in line.key for line in study.plan().rungs if line.done)
    assert any("random" in line.key for line in study.plan().rungs if line.done)


def test_a_second_process_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    study = small_study("miniature", tmp_path)
    with locked(study.folder):
        code = f"from thalweg.cli import main; import sys; sys.argv = ['thalweg', 'run', {str(tmp_path)!r}]; main()"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert f"process {os.getpid()} is running this study" in done.stderr
    with locked(study.folder):
        pass


def test_a_stale_lock_does_not_bar_a_study(tmp_path: Path) -> None:
    code = (
        "import os, signal; from pathlib import Path; from thalweg.study.folder import Folder, locked\n"
        f"with locked(Folder(Path({str(tmp_path)!r}))):\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert (tmp_path / ".lock").read_text().strip().isdigit()
    with locked(Folder(tmp_path)):
        assert (tmp_path / ".lock").read_text().strip() == str(os.getpid())


def test_steps_know_their_outputs_by_fingerprint(tmp_path: Path) -> None:
    out = tmp_path / "step"
    assert begin(out, "a")
    (out / "partial").write_text("x")
    assert begin(out, "a"), "an unfinished step goes on"
    assert (out / "partial").exists()
    finish(out, "a")
    assert is_done(out, "a")
    assert not begin(out, "a")
    assert begin(out, "b"), "other inputs"
    assert not (out / "partial").exists()


def test_from_python_as_the_docs_say(tmp_path: Path) -> None:
    small_study("miniature", tmp_path)
    curve = Study.load(tmp_path / "study.yaml").run(engine=run_inline).curve
    assert curve.benchmark == "miniature"
    assert load(tmp_path).config.main_arm in curve.arms


def test_responses_of_a_rung_name_it(tmp_path: Path) -> None:
    study = small_study("miniature", tmp_path)
    study.run(until="students", engine=run_inline)
    shards = store.Shards(study.folder.student_responses("random-2-s0", "miniature"), Response)
    assert {response.model for response in shards.read()} == {"random-2-s0"}
