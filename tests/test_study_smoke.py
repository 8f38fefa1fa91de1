"""DED's smoke test as a generated study, on a tiny student."""

from pathlib import Path

import pytest

from tests.tiny import tiny_student
from thalweg.engine.local import run_inline
from thalweg.errors import InputError
from thalweg.study.config import load
from thalweg.study.smoke import Smoke, smoke_test
from thalweg.train.config import TrainConfig
from thalweg.types import Problem, Response, TextCheck

TRAIN = TrainConfig(batch_size=2, epochs=1, max_length=256, learning_rate=1e-3)
MODELS = ("org/strong model", "weak")


def problems(start: int, count: int) -> list[Problem]:
    return [
        Problem(id=f"p{n}", source="sums", statement=f"{n} + 1 = ?", check=TextCheck(answer=str(n + 1)))
        for n in range(start, start + count)
    ]


def response(model: str, n: int, sample: int = 0, finish_reason: str = "stop") -> Response:
    text = f"<think>{n} + 1</think>{n + 1}" if model == MODELS[0] else f"<think>well</think>{n}"
    return Response(
        id=f"{model}/{n}/{sample}",
        problem_id=f"p{n}",
        model=model,
        sample=sample,
        text=text,
        finish_reason=finish_reason,
    )


RESPONSES = [response(model, n, sample) for model in MODELS for n in range(4) for sample in range(2)]


def made(folder: Path, responses: list[Response], size: int | None = None, seeds: tuple[int, ...] = (0,)) -> Smoke:
    student = folder / "student"
    if not student.exists():
        tiny_student(student)
    test = problems(100, 3)
    return smoke_test(
        folder / "smoke", problems(0, 4), responses, test, str(student), TRAIN, max_tokens=8, size=size, seeds=seeds
    )


@pytest.mark.slow
def test_every_models_student_is_trained_alike_scored_and_found(tmp_path: Path) -> None:
    smoke = made(tmp_path, RESPONSES, seeds=(0, 1))
    assert smoke.arms == {"org/strong model": "org-strong-model", "weak": "weak"}
    assert smoke.size == 4  # one response a problem, though there are two
    found = smoke.run(engine=run_inline)
    assert found.models == MODELS
    assert found.scores.seeds == 2
    assert all(found.rate(model).value is not None for model in MODELS)
    steps = {row.steps for row in smoke.study.scores if row.size}
    assert steps == {2}
    assert {row.distinct_problems for row in smoke.study.scores if row.size} == {4}
    folders = [folder for own in smoke.students().values() for folder in own]
    assert len(folders) == 4
    assert all((folder / "config.json").exists() for folder in folders)


def test_it_goes_on_where_it_was_and_can_be_read_as_a_study(tmp_path: Path) -> None:
    made(tmp_path, RESPONSES, size=2).run(engine=run_inline)
    again = made(tmp_path, RESPONSES, size=2)
    config = load(tmp_path / "smoke").config
    assert config.sizes == (0, 2)
    assert config.train.max_steps == 1

    def nothing_left(jobs: object, *_: object) -> dict[str, object]:
        raise AssertionError(f"to do again: {jobs}")

    assert again.run(engine=nothing_left).models == MODELS


def test_the_size_is_what_every_model_has_answered(tmp_path: Path) -> None:
    few = [r for r in RESPONSES if r.model == MODELS[0] or r.problem_id in ("p0", "p1")]
    assert made(tmp_path, few).size == 2


@pytest.mark.parametrize(
    ("responses", "said"),
    [
        ([r for r in RESPONSES if r.model == "weak"], r"they are of 1 model\(s\)"),
        (
            [*(r for r in RESPONSES if r.model == MODELS[0]), response("weak", 0, finish_reason="length")],
            "none of 'weak' is finished",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path: Path, responses: list[Response], said: str) -> None:
    with pytest.raises(InputError, match=said):
        made(tmp_path, responses)


def test_names_that_become_alike_stay_apart(tmp_path: Path) -> None:
    twins = [response(model, n) for model in ("a b", "a/b") for n in range(2)]
    assert made(tmp_path, twins).arms == {"a b": "a-b-0", "a/b": "a-b-1"}
