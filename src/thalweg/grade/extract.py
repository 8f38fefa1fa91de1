r"""Finds the final answer in what a model wrote after its thinking.

Models close in many ways: a fenced block, `<answer>`, `\boxed{...}`, `#### 18`, "The answer is 18.", or just the
value. Each kind of check has its order of preference; where several marks of one kind stand, the last one counts.
Only `Response.answer` is ever looked at: a value inside the thinking is not an answer.

Programs are found by `programs.py`. Not covered: judging by a model.
"""

import re

from thalweg.grade.programs import program_answer

__all__ = ["final_text", "math_answer", "output_answer", "program_answer", "text_answer"]

_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[^\n`]*\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
_TAG = re.compile(r"(?:<answer>|\[ANSWER\])(.*?)(?:</answer>|\[/ANSWER\]|\Z)", re.DOTALL | re.IGNORECASE)
_MARKER = re.compile(r"(?:\b(?:answer|output)[*_`\s]*(?:is\b|:|=)|^\s*A:)[*_:\s]*", re.IGNORECASE | re.MULTILINE)
_HASHES = re.compile(r"####[ \t]*(\S[^\n]*)")
_BRACES = re.compile(r"\\f?boxed\s*\{|\\.|[{}]", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])[-−+]?[$€£]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:/\d+)?%?")
_PRINTED = re.compile(r"^[ \t]*```output[ \t]*\n(.*?)^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)
_FORMULA = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]|\$\$(.+?)\$\$|\$([^$\n]*?[^$\n\w ][^$\n]*)\$", re.DOTALL)
_CODE_SPAN = re.compile(r"`([^`]+)`")


def output_answer(answer: str) -> str | None:
    """The value that a program was predicted to give: tag, then the last of fence and marker, then the last line."""
    answer = _inside_tag(answer)
    fence, marker = _last(_FENCE, answer), _last(_MARKER, answer)
    if fence and (not marker or marker.start() < fence.end()):
        return fence[2].strip() or None
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
    printed = _last(_PRINTED, answer)
    if printed and printed[1].strip():
        return _last_line(printed[1])
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
    if fence := _last(_FENCE, tagged):
        return fence[2].strip("\n") if fence[2].strip() else None
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
    formula = _last(_FORMULA, text)
    if formula is None or not formula.start() < number.end() < formula.end():
        return number[0].rstrip(",")
    return re.split(r"(?<![<>!])=(?!=)", next(filter(None, formula.groups())))[-1].strip(" .,")


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
