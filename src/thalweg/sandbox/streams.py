"""The standard streams as a program that has just been started sees them: `python prog.py < in > out 2> err`.

Runs in the candidate's process as well as in the zygote, so the standard library alone. UTF-8 throughout, as Python
chooses where no locale is set. Descriptors are numbers here; what they refer to is the zygote's business.
"""

import io
import sys

RECORDS = 63  # the descriptor of what a driver emits: the highest that a child may have
FINISHED = 62  # and of output that is complete: it comes before what is on descriptor 1
OPEN_FILES = 64


def open_streams() -> None:
    """Binds fresh `sys.stdin`, `sys.stdout` and `sys.stderr` to descriptors 0, 1 and 2."""
    for name, descriptor, mode, errors in (
        ("stdin", 0, "r", "surrogateescape"),
        ("stdout", 1, "w", "surrogateescape"),
        ("stderr", 2, "w", "backslashreplace"),
    ):
        stream = _text(descriptor, mode, f"<{name}>", errors)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def flush_streams() -> BaseException | None:
    """Flushes output as the end of a program does: an error does not stop it, and makes its exit code 120."""
    failure = None
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name, None)
        try:
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
        except BaseException as error:  # of a stream that the program made itself, perhaps
            failure = failure or error
    return failure


def _text(descriptor: int, mode: str, name: str, errors: str) -> io.TextIOWrapper:
    raw = io.FileIO(descriptor, mode, closefd=False)
    raw.name = name
    buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    # A newline of "\n" keeps carriage returns, as Python's own streams do; only errors are written line by line.
    text = io.TextIOWrapper(buffer, "utf-8", errors, newline="\n", line_buffering=descriptor == 2)
    text.mode = mode  # type: ignore[misc]
    return text
