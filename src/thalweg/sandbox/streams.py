"""The standard streams as a program that has just been started sees them: `python prog.py < in > out 2> err`.

Runs in the candidate's process as well as in the zygote, so the standard library alone. UTF-8 throughout, as Python
chooses where no locale is set. It does not touch the descriptors themselves.
"""

import io
import sys


def open_streams() -> None:
    """Binds fresh `sys.stdin`, `sys.stdout` and `sys.stderr` (and their dunder twins) to descriptors 0, 1 and 2."""
    sys.stdin = sys.__stdin__ = _text(0, "r", "<stdin>", "surrogateescape")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _text(1, "w", "<stdout>", "surrogateescape")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _text(2, "w", "<stderr>", "backslashreplace")  # type: ignore[misc]


def _text(descriptor: int, mode: str, name: str, errors: str) -> io.TextIOWrapper:
    raw = io.FileIO(descriptor, mode, closefd=False)
    raw.name = name
    buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    # A newline of "\n" keeps carriage returns, as Python's own streams do; only errors are written line by line.
    text = io.TextIOWrapper(buffer, "utf-8", errors, newline="\n", line_buffering=descriptor == 2)
    text.mode = mode  # type: ignore[misc]
    return text
