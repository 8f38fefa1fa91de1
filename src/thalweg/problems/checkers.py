"""Checkers that are programs, as functions: what a `checker` check calls.

open-r1/codeforces has checkers that run as `python checker.py input.txt correct_output.txt solution_output.txt` and
print 1 where the output is right, else 0. Thalweg's checkers are functions `check(input, expected, actual)`, and their
process may not write files. So the program is run inside such a function, with its three files in memory. Not covered:
checkers that open files in other ways than `open`, `io.open` or `pathlib`, and that print parts of a point.
"""

_CHECK = """
import builtins, contextlib, io, sys

_NAMES = ("input.txt", "correct_output.txt", "solution_output.txt")


def check(given, expected, actual):
    files = dict(zip(_NAMES, (given, expected, actual)))
    system_open, system_io_open, arguments = builtins.open, io.open, sys.argv

    def opened(name, mode="r", *rest, **named):
        text = files.get(str(name))
        if text is None:
            return system_open(name, mode, *rest, **named)
        return io.BytesIO(text.encode()) if "b" in mode else io.StringIO(text)

    printed = io.StringIO()
    builtins.open = io.open = opened
    sys.argv = ["checker.py", *_NAMES]
    try:
        with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            exec(compile(_SOURCE, "checker.py", "exec"), {"__name__": "__main__"})
    finally:
        builtins.open, io.open, sys.argv = system_open, system_io_open, arguments
    return printed.getvalue().split()[-1:] == ["1"]
"""


def checker_source(program: str) -> str:
    """The source of a `checker` check that runs a checker program."""
    return f"_SOURCE = {program!r}\n{_CHECK}"
