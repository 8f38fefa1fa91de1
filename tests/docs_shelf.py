"""The files that the docs' commands name, tiny: problems, responses, verdicts, a corpus, students.

Everything is made by the verbs themselves, from the embedded problems, scripted teachers and the embedded student.
"""

import json
import shutil
from pathlib import Path

from tests.test_study_run import TEAM
from thalweg import store, verbs
from thalweg.chat import Prompt
from thalweg.generate import Sampling
from thalweg.miniature import student_folder
from thalweg.problems import load_problems
from thalweg.types import Problem, Response

STUDENTS = ("shelf-student", "models/base", "runs/1k", "runs/10k")


def fill(folder: Path) -> None:
    """Writes all of it below `folder`."""
    problems = load_problems("miniature", split="train", count=12)
    held_out = load_problems("miniature", split="test", count=5)
    for name in ("problems.jsonl", "train.jsonl"):
        store.write(folder / name, problems)
    for name in ("held-out.jsonl", "test.jsonl", "gsm8k_test.jsonl", "my-problems.jsonl"):
        store.write(folder / name, held_out)
    responses = [row for style in ("line", "terse") for row in _answers(problems, f"tracer:{style}", folder / style)]
    store.write(folder / "responses.jsonl", responses)
    store.write(folder / "teacher.jsonl", [row for row in responses if row.model == "tracer:line"])
    verbs.grade(problems, folder / "responses.jsonl", folder / "verdicts.jsonl")
    rows = [*TEAM, {"messages": TEAM[0]["messages"] * 2}]  # the last is a conversation that goes on
    (folder / "team.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for name in STUDENTS:
        shutil.copytree(student_folder("miniature"), folder / name)
    for style in ("line", "terse"):
        shutil.rmtree(folder / style)


def add_rung(folder: Path) -> None:
    """A rung as a study leaves it, with what it and its start answered: `students/`, `corpora/`, `responses` ..."""
    problems = store.read_all(folder / "problems.jsonl", Problem)
    held_out = store.read_all(folder / "test.jsonl", Problem)
    corpus, student = folder / "corpora/random/s0/128", folder / "students/random-128-s0"
    responses = store.read_all(folder / "teacher.jsonl", Response)
    verbs.curate(problems, responses[:8], (), corpus, verbs.CurateConfig())
    (folder / "rung.yaml").write_text("{max_steps: 2, batch_size: 4, precision: fp32, loss_chunk: 0}", encoding="utf-8")
    verbs.train(corpus, "miniature", student, folder / "rung.yaml", Prompt())
    for model, prefix in ((student, ""), (folder / "shelf-student", "start-")):
        _answers(held_out, f"local:{model}", folder / f"{prefix}responses")
        (folder / f"{prefix}verdicts.jsonl").unlink(missing_ok=True)
        verbs.grade(held_out, folder / f"{prefix}responses", folder / f"{prefix}verdicts.jsonl")


def _answers(problems: list[Problem], model: str, out: Path) -> list[Response]:
    verbs.generate(
        problems,
        model,
        out,
        samples=1,
        sampling=Sampling(max_tokens=120),
        prompt=Prompt(),
        precision="fp32",
        batch_size=12,
    )
    return list(store.Shards(out, Response).read())
