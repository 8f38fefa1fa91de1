"""Fenced blocks of Markdown as models write them, in one pass over the lines.

Beyond CommonMark: a fence may follow words on its line where it is marked as Python, the closing fence may stand at the
end of the last line of code, and a fence marked as Python inside an open block ends that block, which was never closed.

Not covered: blocks by indentation alone.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# White space is taken once and for all: to try every way of sharing it out takes hours where a model looped.
_OPEN = re.compile(r"(?P<indent>[ \t]*+)(?P<lead>[^`~\n]*?)(?P<fence>`{3,}|~{3,})[ \t]*+(?P<mark>[^`\n]*)")
_PYTHON = re.compile(r"py\w*[ \t]*", re.IGNORECASE)


class Block(NamedTuple):
    """A fenced block: the first word after its fence in lower case, its text without the fence's indent, whether it is
    closed, and where it ends, in characters.
    """

    mark: str
    text: str
    closed: bool
    end: int


def blocks(text: str) -> Iterator[Block]:
    """The blocks, in order. One that is never closed goes on to the end."""
    lines = text.split("\n")
    at = place = 0  # a line, and where it begins
    while at < len(lines):
        opened = _OPEN.fullmatch(lines[at])
        place += len(lines[at]) + 1
        at += 1
        if opened is None or (opened["lead"] and not _PYTHON.fullmatch(opened["mark"])):
            continue
        end = next((n for n in range(at, len(lines)) if _ends(lines[n], opened)), len(lines))
        closed = end < len(lines)
        reopened = closed and _reopens(lines[end], opened)
        after = end if reopened else end + 1  # a fence that opens the next block is read again
        body = _body(lines[at:end], opened, closed)
        place += sum(len(line) + 1 for line in lines[at:after])
        at = after
        yield Block(_mark(opened["mark"]), body, closed and not reopened, place)


def _ends(line: str, opened: re.Match[str]) -> bool:
    """Whether a line closes the block, or opens another at its level."""
    bare = line.strip()
    if not bare.startswith(opened["fence"]) or len(line) - len(line.lstrip()) > len(opened["indent"]) + 3:
        return False
    return not bare.strip(opened["fence"][0]) or _reopens(line, opened)


def _reopens(line: str, opened: re.Match[str]) -> bool:
    bare = line.strip()
    return bare.startswith(opened["fence"]) and _mark(bare.strip(opened["fence"][0])).startswith("py")


def _body(lines: list[str], opened: re.Match[str], closed: bool) -> str:
    fence, indent = opened["fence"], opened["indent"]
    if not closed:
        glued = next((n for n, line in enumerate(lines) if line.rstrip().endswith(fence)), None)
        if glued is not None:
            lines = [*lines[:glued], lines[glued].rstrip().removesuffix(fence)]
    return "\n".join(line.removeprefix(indent) if line.startswith(indent) else line.lstrip() for line in lines)


def _mark(text: str) -> str:
    words = text.strip().strip("{}").lstrip(".").lower().split()
    return words[0] if words else ""
