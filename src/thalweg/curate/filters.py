"""Which responses may become training rows: each filter says why it drops one.

Every filter is off unless asked for, and each drops for a short, stable reason, so that a funnel can count them. The
first reason counts; the cheap filters come first. Two presets stand for what papers write: `opencodereasoning`
(arXiv 2504.01943, section 3) and `ded` (2508.09883, section 3). Not here: correctness (verdicts, or `thalweg grade
--judge`), duplicates and contamination, and unfinished responses, which no arm may train on.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from thalweg.curate.syntax import CODES, Code, code_of
from thalweg.errors import InputError
from thalweg.fences import Block, blocks
from thalweg.loops import loops, loops_anywhere
from thalweg.thinking import CLOSE, OPEN, full_text, with_parts
from thalweg.types import Problem, Response

PRESETS: dict[str, dict[str, Any]] = {
    "opencodereasoning": {"think": "required", "code": ("python", "cpp"), "code_in_thinking": False, "syntax": True},
    "ded": {"think": "required", "max_tokens": 16_384},
}


class Filters(BaseModel):
    """What a response must look like; whatever is absent is not looked at."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    preset: Literal["opencodereasoning", "ded"] | None = Field(
        None, description="A paper's filters; fields beside it replace its own."
    )
    licenses: tuple[str, ...] | None = Field(
        None, description="Licenses that a problem may carry (case does not matter); one without a license is dropped."
    )
    think: Literal["required", "forbidden"] | None = Field(
        None,
        description="`required`: exactly one `<think>` and one `</think>`, the first at the beginning, and an answer "
        "behind the second. `forbidden`: neither, and no thinking given apart.",
    )
    code: tuple[Code, ...] | None = Field(
        None, description="The answer must hold a closed fenced block marked as one of these: `python`, `cpp`."
    )
    code_in_thinking: bool = Field(True, description="Whether the thinking may hold fenced blocks.")
    loops: Literal["end", "anywhere"] | None = Field(
        None,
        description="Drop what says the same phrase over and over: at the `end` of the thinking or of the answer, or "
        "`anywhere` at greater length.",
    )
    min_tokens: int | None = Field(None, gt=0, description="Fewest student tokens of the whole response.")
    max_tokens: int | None = Field(None, gt=0, description="Most student tokens of the whole response.")
    language: str | None = Field(
        None, pattern="^[a-z]{2,3}$", description="ISO 639 code, such as `en`; prose of under 50 letters is kept."
    )
    syntax: bool = Field(
        False, description="Whether the last Python or C++ block of the answer must be there, and parse (tree-sitter)."
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        preset = data.get("preset") if isinstance(data, dict) else None
        return {**PRESETS.get(preset, {}), **data} if isinstance(preset, str) else data

    @model_validator(mode="after")
    def _leaves_something(self) -> "Filters":
        if self.min_tokens and self.max_tokens and self.min_tokens > self.max_tokens:
            raise ValueError("min_tokens is above max_tokens")
        return self


def filter_reason(
    response: Response, problem: Problem, filters: Filters, count_tokens: Callable[[str], int] | None = None
) -> str | None:
    """Why the response is dropped, or null where it is kept.

    Raises:
        InputError: tokens are limited, and there is nothing to count them with.
    """
    reasons = _reasons(with_parts(response), problem, filters, count_tokens)
    return next((reason for reason in reasons if reason is not None), None)


def _reasons(
    response: Response, problem: Problem, filters: Filters, count_tokens: Callable[[str], int] | None
) -> Iterator[str | None]:
    """What each filter has to say, the cheap ones first; later ones are not asked once one dropped."""
    if filters.licenses is not None:
        yield _license(problem.license, filters.licenses)
    if filters.think is not None:
        yield _unpaired(response) if filters.think == "required" else _thinks(response)
    if not filters.code_in_thinking and any(blocks(response.thinking or "")):
        yield "code block in the thinking"
    if filters.code is not None or filters.syntax:
        yield _code(list(blocks(response.answer or "")), filters)
    if filters.loops is not None:
        yield _loops(response, filters.loops)
    if filters.min_tokens is not None or filters.max_tokens is not None:
        yield _length(full_text(response), filters, count_tokens)
    if filters.language is not None:
        yield _language(full_text(response), filters.language)


def _license(found: str | None, allowed: tuple[str, ...]) -> str | None:
    if found is None:
        return "no license stated"
    return None if found.casefold() in map(str.casefold, allowed) else f"license {found}"


def _unpaired(response: Response) -> str | None:
    """Why the think tags are not one pair with an answer behind it."""
    text = full_text(response).strip()
    opened, closed = text.count(OPEN), text.count(CLOSE)
    if not opened:
        return "no opening think tag"
    if not closed:
        return "no closing think tag"
    if opened > 1 or closed > 1:
        return "several think tags"
    if not text.startswith(OPEN):
        return "think tag not at the beginning"
    return "nothing after the thinking" if text.endswith(CLOSE) else None


def _thinks(response: Response) -> str | None:
    text = full_text(response)
    return "thinking" if OPEN in text or CLOSE in text else None


def _code(found: list[Block], filters: Filters) -> str | None:
    if filters.code is not None and not any(block.closed and code_of(block.mark) in filters.code for block in found):
        return f"no {' or '.join(filters.code)} block in the answer"
    if not filters.syntax:
        return None
    programs = [(block.text, code) for block in found if (code := code_of(block.mark)) in (filters.code or CODES)]
    if not programs:
        return "no program to parse"
    from thalweg.curate.syntax import parses

    return None if parses(*programs[-1]) else f"syntax error in {programs[-1][1]}"


def _loops(response: Response, where: Literal["end", "anywhere"]) -> str | None:
    parts = [part for part in (response.thinking, response.answer) if part]
    if any(map(loops, parts)):
        return "ends in a loop"
    return "holds a loop" if where == "anywhere" and any(map(loops_anywhere, parts)) else None


def _length(text: str, filters: Filters, count_tokens: Callable[[str], int] | None) -> str | None:
    if count_tokens is None:
        raise InputError("filters", "tokens cannot be counted without a student", "name one, or drop the token limits")
    count = count_tokens(text)
    if filters.min_tokens is not None and count < filters.min_tokens:
        return f"under {filters.min_tokens} tokens"
    if filters.max_tokens is not None and count > filters.max_tokens:
        return f"over {filters.max_tokens} tokens"
    return None


def _language(text: str, wanted: str) -> str | None:
    from thalweg.curate.language import language

    found = language(text)
    return None if found in (None, wanted) else f"language {found}"
