"""From responses to verdicts, for checks that execute no untrusted code.

`GRADERS` names what judges each kind of check. Kinds whose answer is a program have their place there and are refused
until the sandboxed graders fill it. A verdict is a function of the problem and the response alone, so grading again
gives the same bytes; a wrong answer is `incorrect`, a missing one `no_answer`, and neither is ever `harness_error`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from thalweg.errors import InputError
from thalweg.grade.compare import same_literal, same_text
from thalweg.grade.extract import math_answer, output_answer, text_answer
from thalweg.grade.math import same_math
from thalweg.types import MathCheck, OutputCheck, Problem, Response, TextCheck, Verdict

_SHOWN = 80  # characters of an answer in a detail


class Finding(NamedTuple):
    """What was found in an answer, what was expected, and whether they agree."""

    extracted: str | None
    expected: str
    correct: bool


Grader: TypeAlias = Callable[[Any, str], Finding]


def grade_output(check: OutputCheck, answer: str) -> Finding:
    """The predicted output as a Python value, or as printed words."""
    return _first_that_fits(same_literal, check.output, output_answer(answer), answer)


def grade_math(check: MathCheck, answer: str) -> Finding:
    """The result as a number, or as normalised LaTeX."""
    found = math_answer(answer)
    return Finding(found, check.answer, found is not None and same_math(check.answer, found))


def grade_text(check: TextCheck, answer: str) -> Finding:
    """The answer as text."""
    return _first_that_fits(same_text, check.answer, text_answer(answer), answer)


def needs_sandbox(check: Any, answer: str) -> Finding:  # noqa: ARG001  (a grader's signature)
    """Stands where a grader runs code.

    Raises:
        InputError: always.
    """
    raise InputError(f"check '{check.type}'", *_NEEDS_SANDBOX)


_NEEDS_SANDBOX = (
    "its answers are programs, which need the sandboxed graders, not available in this version",
    "use problems with the checks output, math or text",
)

GRADERS: dict[str, Grader] = {
    "stdin": needs_sandbox,
    "call": needs_sandbox,
    "assert": needs_sandbox,
    "unittest": needs_sandbox,
    "predicate": needs_sandbox,
    "output": grade_output,
    "checker": needs_sandbox,
    "math": grade_math,
    "text": grade_text,
    "reasoning_gym": needs_sandbox,
}


def check_gradable(problems: Iterable[Problem]) -> None:
    """Raises `InputError` for the first problem that no grader here can judge, before any work is spent on it."""
    for problem in problems:
        if GRADERS[problem.check.type] is needs_sandbox:
            raise InputError(f"problem {problem.id!r}: check '{problem.check.type}'", *_NEEDS_SANDBOX)


def grade(problem: Problem, response: Response) -> Verdict:
    """The verdict on one response.

    Raises:
        InputError: the problem's check needs the sandboxed graders.
    """
    assert response.problem_id == problem.id, f"{response.id} answers {response.problem_id}, not {problem.id}"
    check_gradable([problem])
    verdict = partial(Verdict, response_id=response.id, problem_id=problem.id)
    if response.answer is None:
        return verdict(status="no_answer", detail="the thinking never ended")
    extracted, expected, correct = GRADERS[problem.check.type](problem.check, response.answer)
    if extracted is None:
        return verdict(status="no_answer", detail="there is nothing after the thinking")
    if correct:
        return verdict(status="correct", passed=1, extracted=extracted)
    detail = f"expected {_short(expected)}, got {_short(extracted)}"
    return verdict(status="incorrect", extracted=extracted, detail=detail)


def grade_all(problems: Mapping[str, Problem], responses: Iterable[Response]) -> Iterator[Verdict]:
    """The verdicts on responses, in their order.

    Raises:
        InputError: a response to a problem that is not among `problems`, or a check that needs the sandboxed graders.
    """
    for response in responses:
        problem = problems.get(response.problem_id)
        if problem is None:
            unknown = f"answers problem {response.problem_id!r}, which is not among the problems"
            raise InputError(f"response {response.id!r}", unknown, "grade it with the problems that it was made for")
        yield grade(problem, response)


def _first_that_fits(same: Callable[[str, str], bool], expected: str, found: str | None, answer: str) -> Finding:
    """Takes the whole answer where that is what was expected: outputs and texts may have several lines."""
    whole = answer.strip()
    if found is not None and whole != found and same(expected, whole):
        found = whole
    return Finding(found, expected, found is not None and same(expected, found))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
