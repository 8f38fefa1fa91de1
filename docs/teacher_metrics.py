"""What every column of `thalweg teachers` says of a finished study's teachers, from 200 responses of each.

Measured under the untouched student, as a user would before training anything; only `shift`, by its definition, looks
at trained students (their mean over seeds). The measurements stay in the study's folder, in `metrics/`.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from thalweg import store
from thalweg.chat import Prompt
from thalweg.generate.model import Request
from thalweg.generate.scripted import Tracer
from thalweg.study.folder import Folder, rung_key
from thalweg.suitability.columns import Estimate, by_model
from thalweg.suitability.shift import shifts
from thalweg.types import OutputCheck, Problem, Response, Suitability, Verdict
from thalweg.verbs.choosing import suitability

RESPONSES, TEXTS = 200, 100


def measured(root: Path, rungs: Mapping[str, int]) -> dict[str, dict[str, Estimate]]:
    """The value of each column for each teacher, teachers by the name of the arm that learns from them.

    Args:
        root: the study's folder.
        rungs: the arm's (and teacher's) name -> the size of its trained rung.
    """
    folder = Folder(root)
    resolved = json.loads((root / "manifest.json").read_text(encoding="utf-8"))["study"]
    problems = list(store.read(folder.problems("train"), Problem))[:RESPONSES]
    tests = list(store.read(folder.problems(next(iter(resolved["benchmarks"]))), Problem))
    out = root / "metrics" / "suitability.parquet"
    teacher_of = _measure(folder, problems, list(rungs), resolved["student"], out)
    rows = [replace(row, model=teacher_of[row.response_id]) for row in store.read(out, Suitability)]
    own = {name: _own_score(resolved["teachers"][name]["model"], tests) for name in rungs}
    moved = _shifts(folder, rungs, resolved, tests)
    return by_model(rows, own, moved, {problem.id: problem.cluster for problem in problems})


def _measure(folder: Folder, problems: list[Problem], teachers: list[str], student: str, out: Path) -> dict[str, str]:
    """Measures the teachers' responses to these problems; which response is whose."""
    asked = {problem.id for problem in problems}
    responses: list[Response] = []
    verdicts: list[Verdict] = []
    teacher_of: dict[str, str] = {}
    for name in teachers:
        own = [r for r in store.Shards(folder.teacher_responses(name), Response).read() if r.problem_id in asked]
        responses += own
        verdicts += store.read(folder.teacher_verdicts(name), Verdict)
        teacher_of.update((response.id, name) for response in own)
    out.parent.mkdir(exist_ok=True)
    suitability(problems, responses, student, out, Prompt(), verdicts=verdicts, local=True)
    return teacher_of


def _own_score(model: str, tests: list[Problem]) -> float:
    """What a scripted teacher itself scores on the benchmark."""
    answers = Tracer(model.removeprefix("tracer:")).respond([Request(problem, 0) for problem in tests])
    return fmean(_is_right(problem, answer) for problem, answer in zip(tests, answers, strict=True))


def _is_right(problem: Problem, response: Response) -> bool:
    return response.answer is not None and response.answer.strip() == _expected(problem)


def _expected(problem: Problem) -> str:
    assert isinstance(problem.check, OutputCheck), "a problem of the miniature"
    return problem.check.output


def _shifts(
    folder: Folder, rungs: Mapping[str, int], resolved: dict[str, Any], tests: list[Problem]
) -> dict[str, float]:
    """Each teacher's PCA shift, the mean over seeds."""
    from thalweg.miniature import student_folder

    keys = {(name, seed): rung_key(name, size, seed) for name, size in rungs.items() for seed in resolved["seeds"]}
    texts = [f"{problem.statement}\n{_expected(problem)}" for problem in tests[:TEXTS]]
    tuned = {key: str(folder.student(key)) for key in keys.values()}
    found = shifts(str(student_folder(resolved["student"])), tuned, texts)
    return {name: fmean(found[keys[name, seed]].distance for seed in resolved["seeds"]) for name in rungs}
