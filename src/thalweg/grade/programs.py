"""Finds the program in what a model wrote after its thinking.

Programs come in fenced blocks, of which an answer may hold several: drafts, the program, an example of its use, what it
prints. The last block that can be the program is taken, and blocks marked as Python go before those with no mark, and
these before those marked as something else. An answer without fences that is Python as a whole is the program.

Not covered: a program spread over several blocks (the last one alone counts, as with the public graders), and other
languages, whose programs are handed on as they are and fail as Python.
"""

import re
import textwrap

from thalweg.fences import Block, blocks
from thalweg.grade import syntax

_TAG = re.compile(r"<answer>(.*?)(?:</answer>|\Z)", re.DOTALL | re.IGNORECASE)
_TRANSCRIPT = re.compile(r"\s*(?:>>>|\$ |In \[\d+\])")


def program_answer(answer: str, entry_point: str | None = None) -> str | None:
    """The program in an answer; null where there is none.

    Where `entry_point` is given, the last block that defines it goes before later ones (an example of its use).

    >>> program_answer("Double it:\\n```python\\nprint(2 * int(input()))\\n```\\nFor 2 this prints:\\n```\\n4\\n```")
    'print(2 * int(input()))'
    >>> program_answer("I do not know.") is None
    True
    """
    answer = answer.replace("\r\n", "\n").replace("\r", "\n")
    found = _filled(answer)
    for tag in _TAG.finditer(answer):
        # A tag counts where it holds a program; the same words inside a program are part of it.
        found = _filled(tag[1]) or found
        if not found and _is_python(tag[1]):
            return _dedented(tag[1])
    if found:
        return _best(found, entry_point).text
    return _dedented(answer) if _is_python(answer) else None


def _filled(text: str) -> list[Block]:
    return [block for block in blocks(text) if block.text.strip()]


def _best(found: list[Block], entry_point: str | None) -> Block:
    """The last block of those most likely to be the program."""
    defines = re.compile(rf"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+{re.escape(entry_point or '')}\b", re.MULTILINE)

    def rank(item: tuple[int, Block]) -> tuple[int, bool, int]:
        place, block = item
        return _likelihood(block), bool(entry_point and defines.search(block.text)), place

    return max(enumerate(found), key=rank)[1]


def _likelihood(block: Block) -> int:
    if _TRANSCRIPT.match(block.text):
        return 0
    if block.mark.startswith("py"):
        return 4
    if block.mark:
        return 1
    return 3 if _is_python(block.text) else 2


def _dedented(text: str) -> str:
    return textwrap.dedent(text.strip("\n")).rstrip()


def _is_python(text: str) -> bool:
    """Whether text that is not empty parses as Python."""
    if not text.strip():
        return False
    try:
        syntax.module(_dedented(text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
