"""Splits a response into thinking and answer: the one place that knows the think tags.

A response *thinks* when it begins (after white space) with `<think>`. An unclosed tag is an unfinished response:
its thinking is what was written, and it has no answer. Text before a later `<think>` belongs to the answer side,
since the response did not begin by thinking. Not covered: other families' tags (`<|channel|>`, `[THINK]`).
"""

from dataclasses import replace
from typing import NamedTuple

from thalweg.types import Response

OPEN, CLOSE = "<think>", "</think>"


class Split(NamedTuple):
    """`thinking` is null when there is none; `answer` is null when the thinking was never closed."""

    thinking: str | None
    answer: str | None


def split(text: str) -> Split:
    """Splits `text` at its think tags.

    >>> split("<think>2 + 2</think>4")
    Split(thinking='2 + 2', answer='4')
    >>> split("<think>2 + 2 is")
    Split(thinking='2 + 2 is', answer=None)
    >>> split("4")
    Split(thinking=None, answer='4')
    """
    body = text.lstrip()
    if not body.startswith(OPEN):
        # Templates that prefill the tag leave a response that starts inside its thinking.
        head, close, tail = text.partition(CLOSE)
        return Split(head, tail) if close and OPEN not in head else Split(None, text)
    thinking, close, answer = body[len(OPEN) :].partition(CLOSE)
    return Split(thinking, answer if close else None)


def with_parts(response: Response) -> Response:
    """The response with `thinking` and `answer` filled in from its text; one given in parts stays as it is."""
    if response.text is None:
        return response
    thinking, answer = split(response.text)
    return replace(response, thinking=thinking, answer=answer)


def full_text(response: Response) -> str:
    """What a student trains on: the text byte for byte, or the parts put together where there is no text."""
    if response.text is not None:
        return response.text
    answer = response.answer or ""
    return answer if response.thinking is None else f"{OPEN}\n{response.thinking}\n{CLOSE}\n{answer}"


def begins_thinking(response: Response) -> bool:
    """Whether the response begins with a think tag (the Valley paper's think-tag rate counts these)."""
    return response.text.lstrip().startswith(OPEN) if response.text is not None else response.thinking is not None


def is_finished(response: Response) -> bool:
    """Whether the response ended by itself within its budget, with its thinking closed (completion rate).

    An unknown finish reason (imported traces) counts as ended.
    """
    return response.finish_reason in (None, "stop") and response.answer is not None
