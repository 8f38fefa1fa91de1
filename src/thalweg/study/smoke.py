"""DED's smoke test as a study of its own: one quickly distilled student a candidate teacher, all else equal.

    <folder>/
      study.yaml                  an ordinary study: one teacher and one arm a model
      problems.jsonl responses.jsonl benchmark.jsonl
      students/ scores.json ...   what `thalweg run` leaves (folder.py)

Every arm takes one response a problem, as many examples and as many optimiser steps as the others (arXiv 2508.09883,
section 3; the paper states neither the steps nor the number of seeds). As a study it resumes, reports and can be
edited by hand. A study with candidates of its own names them in `smoke_test` instead (choice.py).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from thalweg import store
from thalweg.engine.local import run_jobs
from thalweg.errors import InputError
from thalweg.generate.model import Precision
from thalweg.study.folder import rung_key
from thalweg.study.ranking import Scored, scored
from thalweg.study.run import Engine, Study, Watcher
from thalweg.study.sections import Grading, PromptConfig
from thalweg.thinking import is_finished, with_parts
from thalweg.train.config import TrainConfig
from thalweg.train.schedule import plan_steps
from thalweg.types import Problem, Response

_BENCHMARK = "benchmark"


@dataclass(frozen=True, slots=True)
class Smoke:
    """A smoke test in its folder; `arms` names each model's arm."""

    study: Study
    arms: Mapping[str, str]
    size: int

    def run(self, watcher: Watcher | None = None, engine: Engine = run_jobs) -> Scored:
        """Trains and scores what is missing; every model's student, paired by problem and seed."""
        outcomes = self.study.run(watcher=watcher, engine=engine).results.outcomes
        return scored(outcomes, _BENCHMARK, self.arms, self.size)

    def students(self) -> dict[str, list[Path]]:
        """The tuned students' folders by model, one a seed."""
        folder, seeds = self.study.folder, self.study.loaded.config.seeds
        return {
            model: [folder.student(rung_key(arm, self.size, seed)) for seed in seeds]
            for model, arm in self.arms.items()
        }


def smoke_test(
    folder: Path,
    problems: Sequence[Problem],
    responses: Sequence[Response],
    benchmark: Sequence[Problem],
    student: str,
    train: TrainConfig,
    *,
    max_tokens: int,
    size: int | None = None,
    seeds: Sequence[int] = (0,),
    prompt: PromptConfig | None = None,
    precision: Precision = "fp32",
    grading: Grading | None = None,
) -> Smoke:
    """Writes the study of a smoke test; running it is `Smoke.run`.

    Args:
        responses: of two or more models, which `Response.model` tells apart.
        benchmark: held-out problems that every student answers within `max_tokens`.
        size: examples a student is trained on; by default as many as every model has answered problems.

    Raises:
        InputError: fewer than two models, or one without a finished response.
    """
    arms = _arms(responses)
    size = size or _common_size(responses, arms)
    files = {"problems": problems, "responses": responses, "benchmark": benchmark}
    folder.mkdir(parents=True, exist_ok=True)
    for name, records in files.items():
        store.write(folder / f"{name}.jsonl", records)
    raw: dict[str, Any] = {
        "name": "smoke-test",
        "title": f"Smoke test of {len(arms)} teachers",
        "student": str(Path(student).resolve()) if Path(student).exists() else student,
        "precision": precision,
        "prompt": (prompt or PromptConfig()).model_dump(mode="json"),
        "problems": {"source": "records", "path": "problems.jsonl"},
        "teachers": {arm: {"responses": "responses.jsonl", "where": {"model": model}} for model, arm in arms.items()},
        "benchmarks": {_BENCHMARK: {"source": "records", "path": "benchmark.jsonl", "max_tokens": max_tokens}},
        "grading": (grading or Grading()).model_dump(mode="json"),
        "sizes": [0, size],
        "seeds": list(seeds),
        "train": train.model_dump(mode="json") | {"max_steps": plan_steps(size, train)},
        "arms": {arm: {"teacher": arm, "per_problem": 1} for arm in arms.values()},
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(raw, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return Smoke(Study.load(folder), arms, size)


def _arms(responses: Sequence[Response]) -> dict[str, str]:
    """A name for each model's arm, in the order in which models come: letters, digits and dashes, all different."""
    models = list(dict.fromkeys(response.model for response in responses))
    if len(models) < 2:
        raise InputError("responses", f"they are of {len(models)} model(s)", "give those of two or more teachers")
    names = [re.sub(r"[^A-Za-z0-9._-]+", "-", model).strip("-._") or "model" for model in models]
    return {
        model: name if names.count(name) == 1 else f"{name}-{index}"
        for index, (model, name) in enumerate(zip(models, names, strict=True))
    }


def _common_size(responses: Sequence[Response], arms: Mapping[str, str]) -> int:
    answered: dict[str, set[str]] = {model: set() for model in arms}
    for response in responses:
        if is_finished(with_parts(response)):
            answered[response.model].add(response.problem_id)
    least = min(arms, key=lambda model: len(answered[model]))
    if not answered[least]:
        raise InputError("responses", f"none of {least!r} is finished", "leave the model out, or raise its budget")
    return len(answered[least])
