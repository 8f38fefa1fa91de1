"""`thalweg teachers`: candidate teachers ranked for a student, before training and, when asked, after a smoke test.

Every candidate is measured on the same problems where the responses allow it: problems that all have answered, one
finished response each, drawn by the seed. Two hundred are enough for the rank-surprisal ratio to be within 0.07 of the
whole (arXiv 2601.14249, appendix).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from thalweg import store
from thalweg.chat import Prompt
from thalweg.curate.subsets import nested_order
from thalweg.errors import InputError
from thalweg.generate.model import Precision
from thalweg.study.ranking import Judged, Scored, caution, column_ranks, judge
from thalweg.study.run import Watcher
from thalweg.study.sections import PromptConfig
from thalweg.study.smoke import Smoke, smoke_test
from thalweg.suitability.columns import Estimate, by_model
from thalweg.thinking import is_finished
from thalweg.train.config import TrainConfig
from thalweg.types import Problem, Response, Suitability, Verdict
from thalweg.verbs.choosing import student_path, suitability
from thalweg.verbs.rows import OnCount

_SHIFT_TEXTS = 100  # as the code that DED names as its source


class SmokeConfig(BaseModel):
    """How a smoke test trains and asks: DED's quick distillation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    train: TrainConfig = Field(TrainConfig(), description="Training settings, the same for every candidate.")
    size: int | None = Field(None, gt=0, description="Examples (as many as every candidate has answered where absent).")
    seeds: tuple[int, ...] = Field((0,), min_length=1, description="Seeds; several say how far the scores scatter.")
    max_tokens: int = Field(2048, gt=0, description="Token budget of a response to the benchmark.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What is known of each candidate: its columns, their ranks, and after a smoke test its student's score.

    `judged` holds each column against the scores; `sampled` how many responses of each candidate were measured.
    """

    values: Mapping[str, Mapping[str, Estimate]]
    ranks: Mapping[str, Mapping[str, float]]
    sampled: Mapping[str, int]
    common: bool
    scored: Scored | None = None
    judged: Sequence[Judged] = field(default_factory=tuple)

    @property
    def caution(self) -> str:
        """How little so few candidates can tell."""
        return caution(len(self.values))


def teachers(
    problems: Sequence[Problem],
    responses: Sequence[Response],
    student: str,
    out: Path,
    prompt: Prompt,
    precision: Precision | None = None,
    *,
    per_model: int = 200,
    seed: int = 0,
    verdicts: Sequence[Verdict] = (),
    teacher_scores: Mapping[str, float] | None = None,
    benchmark: Sequence[Problem] = (),
    smoke: SmokeConfig | None = None,
    on_progress: OnCount | None = None,
    watcher: Watcher | None = None,
) -> Ranking:
    """Ranks the models that gave the responses; leaves `suitability.parquet`, `teachers.json` and `smoke/` in `out`.

    Args:
        per_model: responses of each model that the student reads.
        benchmark: held-out problems; with `smoke`, every candidate's student is trained and answers them.

    Raises:
        InputError: fewer than two models, or a smoke test without a benchmark.
    """
    if smoke is not None and not benchmark:
        raise InputError("--benchmark", "a smoke test needs held-out problems", "name a file of problems")
    sample, common = sampled(responses, per_model, seed)
    chosen = [response for rows in sample.values() for response in rows]
    file = out / "suitability.parquet"
    suitability(problems, chosen, student, file, prompt, precision, verdicts=verdicts, on_progress=on_progress)
    rows = list(store.read(file, Suitability))
    groups = {problem.id: problem.cluster for problem in problems}
    scored, shifts = None, None
    if smoke is not None:
        test = _smoke(out / "smoke", problems, responses, benchmark, student_path(student), prompt, smoke)
        scored = test.run(watcher)
        shifts = _shifts(test, student_path(student), benchmark, smoke.train.threads)
    values = by_model(rows, teacher_scores, shifts, groups)
    ranking = Ranking(
        values=values,
        ranks=column_ranks(values),
        sampled={model: len(rows) for model, rows in sample.items()},
        common=common,
        scored=scored,
        judged=judge(values, scored) if scored is not None else (),
    )
    store.write_json(out / "teachers.json", document(ranking))
    return ranking


def sampled(responses: Sequence[Response], per_model: int, seed: int) -> tuple[dict[str, list[Response]], bool]:
    """One finished response a problem, at most `per_model` of each model; whether all models' are on the same problems.

    Raises:
        InputError: fewer than two models, or one without a finished response.
    """
    first: dict[str, dict[str, Response]] = defaultdict(dict)
    for response in sorted(responses, key=lambda r: (r.sample, r.id)):
        first[response.model]  # a model is there even where nothing of it is finished
        if is_finished(response):
            first[response.model].setdefault(response.problem_id, response)
    if len(first) < 2:
        raise InputError("--responses", f"they are of {len(first)} model(s)", "give those of two or more teachers")
    empty = next((model for model, found in first.items() if not found), None)
    if empty is not None:
        raise InputError("--responses", f"none of {empty!r} is finished", "leave the model out, or raise its budget")
    shared = set.intersection(*(set(found) for found in first.values()))
    common = len(shared) >= min(per_model, min(map(len, first.values())))
    return {
        model: nested_order([r for r in found.values() if not common or r.problem_id in shared], seed)[:per_model]
        for model, found in sorted(first.items())
    }, common


def document(ranking: Ranking) -> dict[str, object]:
    """What `teachers.json` holds."""
    scores = ranking.scored
    return {
        "version": 1,
        "responses": dict(ranking.sampled),
        "same_problems": ranking.common,
        "columns": {
            model: {name: estimate._asdict() for name, estimate in own.items()} for model, own in ranking.values.items()
        },
        "ranks": {name: dict(own) for name, own in ranking.ranks.items()},
        "scores": {model: store.encode(scores.rate(model)) for model in scores.models} if scores else None,
        "columns_judged": [store.encode(one) for one in ranking.judged],
        "caution": ranking.caution,
    }


def _smoke(
    folder: Path,
    problems: Sequence[Problem],
    responses: Sequence[Response],
    benchmark: Sequence[Problem],
    student: str,
    prompt: Prompt,
    smoke: SmokeConfig,
) -> Smoke:
    return smoke_test(
        folder,
        problems,
        responses,
        benchmark,
        student,
        smoke.train,
        max_tokens=smoke.max_tokens,
        size=smoke.size,
        seeds=smoke.seeds,
        prompt=PromptConfig.of(prompt),
        precision=smoke.train.precision,
    )


def _shifts(test: Smoke, student: str, benchmark: Sequence[Problem], threads: int) -> dict[str, float]:
    """How far each candidate moved its student, in the mean over seeds."""
    from thalweg.suitability.shift import shifts

    tuned = {f"{model}\0{i}": str(path) for model, paths in test.students().items() for i, path in enumerate(paths)}
    found = shifts(student, tuned, [problem.statement for problem in benchmark][:_SHIFT_TEXTS], threads=threads)
    by_model: dict[str, list[float]] = defaultdict(list)
    for key, shift in found.items():
        by_model[key.partition("\0")[0]].append(shift.distance)
    return {model: sum(values) / len(values) for model, values in by_model.items()}
