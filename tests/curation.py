"""Problems, responses and verdicts for the tests of curation."""

from typing import Any

from thalweg.thinking import with_parts
from thalweg.types import MathCheck, Problem, Response, Status, Verdict


def problem(number: int, **fields: Any) -> Problem:
    values = {"source": "s", "license": "MIT", **fields}
    return Problem(id=str(number), statement=f"what is {number}?", check=MathCheck(answer="1"), **values)


def response(number: int, sample: int = 0, model: str = "t", **fields: Any) -> Response:
    """A finished response to problem `number`; its parts follow from its text unless they are given."""
    values = {"text": "<think>a</think>b", "finish_reason": "stop", **fields}
    made = Response(id=f"{model}/{number}/{sample}", problem_id=str(number), model=model, sample=sample, **values)
    return made if {"answer", "thinking"} & fields.keys() else with_parts(made)


def verdict(response_id: str, status: Status) -> Verdict:
    return Verdict(response_id=response_id, problem_id="", status=status)


def count_words(text: str) -> int:
    return len(text.split())
