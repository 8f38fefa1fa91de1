"""The scripted teacher behind the interface of any model."""

from dataclasses import replace

import pytest

from thalweg.errors import InputError
from thalweg.generate.model import Request
from thalweg.generate.scripted import Tracer
from thalweg.miniature import programs, synthesis, synthesis_tracer
from thalweg.miniature.tracer import STYLES, style_named, trace
from thalweg.types import TextCheck

PROBLEMS = programs.problems("test", 5)


@pytest.mark.parametrize("style", STYLES)
def test_a_request_becomes_a_response(style: str) -> None:
    requests = [Request(problem, sample) for problem in PROBLEMS for sample in range(2)]
    responses = Tracer(style, seed=3).respond(requests)
    assert [response.id for response in responses] == [f"tracer:{style}/{p.id}/{s}" for p, s in requests]
    for (problem, sample), response in zip(requests, responses, strict=True):
        assert response.text == trace(problem, style_named(style), 3 + sample)
        assert (response.problem_id, response.sample, response.model) == (problem.id, sample, f"tracer:{style}")
        assert response.finish_reason == "stop"
        assert (response.thinking is None) == (style == "direct")
        assert response.answer


@pytest.mark.parametrize("style", synthesis_tracer.STYLES)
def test_a_program_to_be_found_has_its_own_teacher(style: str) -> None:
    (problem,) = synthesis.problems("train", 1)
    (response,) = Tracer(style, seed=3).respond([Request(problem, 1)])
    assert response.text == synthesis_tracer.trace(problem, synthesis_tracer.style_named(style), 4)
    assert response.answer is not None
    assert response.answer.strip() == problem.group


def test_samples_differ_where_the_style_has_a_choice() -> None:
    responses = Tracer("rambling").respond([Request(PROBLEMS[4], sample) for sample in range(5)])
    assert len({response.text for response in responses}) > 1


def test_the_same_seed_gives_the_same_responses() -> None:
    requests = [Request(problem, 0) for problem in PROBLEMS]
    assert Tracer("wrong", 1).respond(requests) == Tracer("wrong", 1).respond(requests)


def test_what_the_teacher_does_not_know_is_refused() -> None:
    with pytest.raises(InputError, match="choose one of line"):
        Tracer("poetic")
    with pytest.raises(InputError, match=r"the tracer knows only the miniature's programs"):
        Tracer("line").respond([Request(replace(PROBLEMS[0], check=TextCheck(answer="4")), 0)])
    with pytest.raises(InputError, match="no such style of trace for programs to be found; choose one of search"):
        Tracer("line").respond([Request(synthesis.problems("train", 1)[0], 0)])
    with pytest.raises(InputError, match="no such style of trace; choose one of line"):
        Tracer("search").respond([Request(PROBLEMS[0], 0)])
