"""Answers that are compared as they stand: a predicted output, or a text. No program runs."""

from collections.abc import Callable

from thalweg.grade.bench import Bench
from thalweg.grade.compare import same_literal, same_text
from thalweg.grade.extract import output_answer, text_answer
from thalweg.grade.finding import Finding, no_answer, shortened
from thalweg.types import OutputCheck, TextCheck


def grade_output(check: OutputCheck, answer: str, bench: Bench) -> Finding:  # noqa: ARG001  (a grader's signature)
    """The predicted output as a Python value, or as printed words."""
    return _first_that_fits(same_literal, check.output, output_answer(answer), answer)


def grade_text(check: TextCheck, answer: str, bench: Bench) -> Finding:  # noqa: ARG001  (a grader's signature)
    """The answer as text."""
    return _first_that_fits(same_text, check.answer, text_answer(answer), answer)


def _first_that_fits(same: Callable[[str, str], bool], expected: str, found: str | None, answer: str) -> Finding:
    """Takes the whole answer where that is what was expected: outputs and texts may have several lines."""
    if found is None:
        return no_answer("there is nothing after the thinking")
    whole = answer.strip()
    if whole != found and same(expected, whole):
        found = whole
    if same(expected, found):
        return Finding(status="correct", passed=1, extracted=found)
    detail = f"expected {shortened(expected)}, got {shortened(found)}"
    return Finding(status="incorrect", extracted=found, detail=detail)
