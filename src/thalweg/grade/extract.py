r"""Finds the final answer in what a model wrote after its thinking.

Models close in many ways: a fenced block, `<answer>`, `\boxed{...}`, `#### 18`, "The answer is 18.", or just the
value. Each kind of check has its order of preference; where several marks of one kind stand, the last one counts.
Only `Response.answer` is ever looked at: a value inside the thinking is not an answer.

Programs are found by `programs.py`. Not covered: judging by a model.
"""

import re

from thalweg.fences import Block, blocks
from thalweg.grade.programs import program_answer

__all__ = ["final_text", "math_answer", "output_answer", "program_answer", "text_answer"]

_TAG = re.compile(r"(?:<answer>|\[ANSWER\])(.*?)(?:</answer>|\[/ANSWER\]|\Z)", re.DOTALL | re.IGNORECASE)
_MARKER = re.compile(r"(?:\b(?:answer|output)[*_`\s]*(?:is\b|:|=)|^[ \t]*A:)[*_:\s]*", re.IGNORECASE | re.MULTILINE)
_HASHES = re.compile(r"####[ \t]*(\S[^\n]*)")
_BRACES = re.compile(r"\\f?boxed\s*\{|\\.|[{}]", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])[-−+]?[$€£]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:/\d+)?%?")
_FORMULA = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]|\$\$(.+?)\$\$|\$([^$\n]*?[^$\n\w ][^$\n]*)\$", re.DOTALL)
_NEAR = 1_000  # characters around a number to look for the formula that it is part of
_CODE_SPAN = re.compile(r"`([^`]+)`")


def output_answer(answer: str) -> str | None:
    """The value that a program was predicted to give: tag, then the last of fence and marker, then the last line."""
    answer = _inside_tag(answer)
    fence, marker = _last_block(answer), _last(_MARKER, answer)
    if fence and (not marker or marker.start() < fence.end):
        return fence.text.strip() or None
    found = _plain(_first_line(answer[marker.end() :])) if marker else ""
    return found or _plain(_last_line(answer)) or None


def math_answer(answer: str) -> str | None:
    r"""The result of a calculation: `\boxed{}`, then `####`, then a marker with a value, then what a program printed
    (an `output` block, where tools are part of the reasoning), then the last number or the formula that it is part of.
    """
    if (boxed := _last_boxed(answer)) is not None:
        return boxed or None
    answer = _inside_tag(answer)
    if hashes := _last(_HASHES, answer):
        return _plain(hashes[1]) or None
    marker = _last(_MARKER, answer)
    marked = _sentence(_first_line(answer[marker.end() :])) if marker else ""
    if re.search(r"[\d\\]", marked):
        return marked
    printed = _last_block(answer, "output")
    if printed and printed.text.strip():
        return _last_line(printed.text)
    return _last_value(answer) or marked or _plain(_last_line(answer)) or None


def text_answer(answer: str) -> str | None:
    r"""A word, a choice or a phrase: `\boxed{}`, then a tag, then a marker, then the last line."""
    if (boxed := _last_boxed(answer)) is not None:
        return boxed or None
    answer = _inside_tag(answer)
    marker = _last(_MARKER, answer)
    found = _sentence(_first_line(answer[marker.end() :])) if marker else ""
    return found or _plain(_last_line(answer)) or None


def final_text(answer: str, lines: int) -> str | None:
    """A text of a known number of lines, as it stands: a tag (without a fence in it), then the last fence, then what
    follows a marker, then the last `lines` lines.
    """
    tagged = _inside_tag(answer)
    if fence := _last_block(tagged):
        return fence.text.strip("\n") if fence.text.strip() else None
    if tagged is not answer:
        return tagged.strip() or None
    if lines > 1:
        return "\n".join(answer.strip().splitlines()[-lines:]) or None
    marker = _last(_MARKER, answer)
    found = _plain(_first_line(answer[marker.end() :])) if marker else ""
    return found or _plain(_last_line(answer)) or None


# --------------------------------------------------------------------------- parts


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007  (the last one is wanted)
        pass
    return found


def _last_value(text: str) -> str:
    """The last number, or the right-hand side of the formula between delimiters that holds it."""
    number = _last(_NUMBER, text)
    if number is None:
        return ""
    # The paragraph will do: a formula has no empty line, and an endless one must not cost an endless search.
    start = max(text.rfind("\n\n", 0, number.start()), number.start() - _NEAR)
    formula = _last(_FORMULA, text[max(0, start) : number.end() + _NEAR])
    end = number.end() - max(0, start)
    if formula is None or not formula.start() < end < formula.end():
        return number[0].rstrip(",")
    return re.split(r"(?<![<>!])=(?!=)", next(filter(None, formula.groups())))[-1].strip(" .,")


def _last_block(text: str, mark: str | None = None) -> Block | None:
    """The last fenced block that is closed (and marked so)."""
    found = [block for block in blocks(text) if block.closed and mark in (None, block.mark)]
    return found[-1] if found else None


def _inside_tag(text: str) -> str:
    found = _last(_TAG, text)
    return found[1] if found and found[1].strip() else text


def _last_boxed(text: str) -> str | None:
    """What the last `\\boxed{` with balanced braces holds; one that a budget cut off is passed over."""
    opened: list[tuple[bool, int]] = []  # whether a box, and where its content begins
    last, found = -1, None
    for brace in _BRACES.finditer(text):
        if brace[0].endswith("{") and brace[0] != r"\{":
            opened.append((brace[0] != "{", brace.end()))
        elif brace[0] == "}" and opened:
            is_box, start = opened.pop()
            if is_box and start > last:
                last, found = start, text[start : brace.start()].strip()
    return found


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def _plain(line: str) -> str:
    """A line without Markdown: its last code span where it has one, else without emphasis and a final full stop."""
    if span := _last(_CODE_SPAN, line):
        return span[1].strip()
    line = line.strip().strip("*").strip()
    return line if line.endswith("..") else line.removesuffix(".").rstrip("*").rstrip()


def _sentence(line: str) -> str:
    """What comes before the end of the first sentence, without Markdown. Points inside numbers end nothing."""
    return _plain(re.split(r"[.!?;](?=\s|$)", line, maxsplit=1)[0])
