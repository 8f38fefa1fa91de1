"""Finds the program in what a model wrote after its thinking.

Programs come in fenced blocks, of which an answer may hold several: drafts, the program, an example of its use, what it
prints. The last block that can be the program is taken, and blocks marked as Python go before those with no mark, and
these before those marked as something else. An answer without fences that is Python as a whole is the program.

Not covered: a program spread over several blocks (the last one alone counts, as with the public graders), and other
languages, whose programs are handed on as they are and fail as Python.
"""

import ast
import re
import textwrap
import threading
import warnings
from collections.abc import Iterator
from typing import NamedTuple

_OPEN = re.compile(r"(?P<indent>[ \t]*)(?P<lead>[^`~\n]*?)(?P<fence>`{3,}|~{3,})[ \t]*(?P<mark>[^`\n]*)")
_PYTHON = re.compile(r"py\w*[ \t]*", re.IGNORECASE)
_TAG = re.compile(r"<answer>(.*?)(?:</answer>|\Z)", re.DOTALL | re.IGNORECASE)
_TRANSCRIPT = re.compile(r"\s*(?:>>>|\$ |In \[\d+\])")
_PARSING = threading.Lock()  # silencing the parser's warnings changes the state of the whole process


class Block(NamedTuple):
    """A fenced block: the first word after its fence in lower case, and its text without the fence's indent."""

    mark: str
    text: str


def program_answer(answer: str, entry_point: str | None = None) -> str | None:
    """The program in an answer; null where there is none.

    Where `entry_point` is given, the last block that defines it goes before later ones (an example of its use).

    >>> program_answer("Double it:\\n```python\\nprint(2 * int(input()))\\n```\\nFor 2 this prints:\\n```\\n4\\n```")
    'print(2 * int(input()))'
    >>> program_answer("I do not know.") is None
    True
    """
    answer = answer.replace("\r\n", "\n").replace("\r", "\n")
    blocks = list(_blocks(answer))
    for tag in _TAG.finditer(answer):
        # A tag counts where it holds a program; the same words inside a program are part of it.
        inside = list(_blocks(tag[1]))
        blocks = inside or blocks
        if not blocks and _is_python(tag[1]):
            return _dedented(tag[1])
    if blocks:
        return _best(blocks, entry_point).text
    return _dedented(answer) if _is_python(answer) else None


def _best(blocks: list[Block], entry_point: str | None) -> Block:
    """The last block of those most likely to be the program."""
    defines = re.compile(rf"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+{re.escape(entry_point or '')}\b", re.MULTILINE)

    def rank(item: tuple[int, Block]) -> tuple[int, bool, int]:
        place, block = item
        return _likelihood(block), bool(entry_point and defines.search(block.text)), place

    return max(enumerate(blocks), key=rank)[1]


def _likelihood(block: Block) -> int:
    if _TRANSCRIPT.match(block.text):
        return 0
    if block.mark.startswith("py"):
        return 4
    if block.mark:
        return 1
    return 3 if _is_python(block.text) else 2


def _blocks(text: str) -> Iterator[Block]:
    """The fenced blocks that hold something, in order. One that is never closed goes on to the end."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        opened = _OPEN.fullmatch(lines[at])
        at += 1
        if opened is None or (opened["lead"] and not _PYTHON.fullmatch(opened["mark"])):
            continue
        end = next((n for n in range(at, len(lines)) if _ends(lines[n], opened)), len(lines))
        body = _body(lines[at:end], opened, closed=end < len(lines))
        if body.strip():
            yield Block(_mark(opened["mark"]), body)
        # A fence that opens the next block has ended this one, and is read again.
        at = end if end < len(lines) and _reopens(lines[end], opened) else end + 1


def _ends(line: str, opened: re.Match[str]) -> bool:
    """Whether a line closes the block, or opens another at its level (the block was never closed)."""
    bare = line.strip()
    if not bare.startswith(opened["fence"]) or len(line) - len(line.lstrip()) > len(opened["indent"]) + 3:
        return False
    return not bare.strip(opened["fence"][0]) or _reopens(line, opened)


def _reopens(line: str, opened: re.Match[str]) -> bool:
    bare = line.strip()
    return bare.startswith(opened["fence"]) and _mark(bare.strip(opened["fence"][0])).startswith("py")


def _body(lines: list[str], opened: re.Match[str], closed: bool) -> str:
    fence, indent = opened["fence"], opened["indent"]
    if not closed and lines:
        # The closing fence may stand at the end of the last line of code.
        glued = next((n for n, line in enumerate(lines) if line.rstrip().endswith(fence)), None)
        if glued is not None:
            lines = [*lines[:glued], lines[glued].rstrip().removesuffix(fence)]
    return "\n".join(line.removeprefix(indent) if line.startswith(indent) else line.lstrip() for line in lines)


def _mark(text: str) -> str:
    words = text.strip().strip("{}").lstrip(".").lower().split()
    return words[0] if words else ""


def _dedented(text: str) -> str:
    return textwrap.dedent(text.strip("\n")).rstrip()


def _is_python(text: str) -> bool:
    """Whether text that is not empty parses as Python."""
    if not text.strip():
        return False
    try:
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in a model's string is not our warning
            ast.parse(_dedented(text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
