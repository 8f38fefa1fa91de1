"""Whether two formulas are the same, by Math-Verify: what a math worker runs, one pair after another.

Run as a program by `workers.py`, in a process that may be killed at any moment: a tower of powers can keep a symbolic
library busy for ever, and no timer inside Python ends it. It reads requests as JSON lines (expected, actual, limit in
CPU seconds) and answers each with a line: `same`, `different` or `unparsed`, and the CPU seconds that it took. Nothing
of an answer is executed; where the kernel can, the process is confined all the same.

Not covered: plain numbers, choices and words, which `math.py` judges without a symbolic library.
"""

import ctypes
import gc
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

_MEMORY = 2 << 30  # bytes of address space: a number with a billion digits is a MemoryError, not a machine that swaps
_PR_SET_PDEATHSIG = 1


def comparer() -> Callable[[str, str], str]:
    """Loads Math-Verify (a second) and gives the comparison of an expected and an actual formula."""
    import logging
    from dataclasses import replace

    from math_verify import LatexExtractionConfig, parse, verify

    logging.disable(logging.CRITICAL)  # it warns that its timers are off; ours are outside
    latex = LatexExtractionConfig()
    latex = replace(latex, normalization_config=replace(latex.normalization_config, boxed="none"))

    def read(text: str) -> list[Any]:
        found = parse(f"${text}$", [latex], fallback_mode="no_fallback", parsing_timeout=None)
        return [value for value in found if not isinstance(value, str)]

    def compare(expected: str, actual: str) -> str:
        want, got = read(expected), read(actual)
        if not want or not got:
            return "unparsed"
        # The order matters: an answer may leave out what the reference has ("x = 5" and "5"), not the reverse.
        return "same" if verify(want, got, allow_set_relation_comp=True, timeout_seconds=None) else "different"

    return compare


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answers requests until there are no more. The kernel ends the process at a pair's limit of CPU time."""
    compare = comparer()
    compare("x + 1", "1 + x")  # what loads when first needed is no pair's cost
    gc.freeze()
    confine()
    answers.write(b"ready\n")
    answers.flush()
    for line in requests:
        expected, actual, seconds = json.loads(line)
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            answer = compare(expected, actual)
        except (MemoryError, RecursionError):
            answer = "unparsed"
        signal.setitimer(signal.ITIMER_PROF, 0)
        answers.write(f"{answer} {time.process_time() - began:.6f}\n".encode())
        answers.flush()


def confine() -> None:
    """Leaves this process the interpreter and its libraries to read, and nothing to write, start or reach."""
    sys.path.append(str(Path(__file__).parents[2]))
    from thalweg.sandbox.policy import Policy

    readable = {*filter(os.path.isabs, sys.path), sys.prefix, sys.base_prefix, "/usr", "/lib", "/lib64"}
    with suppress(OSError):
        Policy.prepare(sorted(readable)).enter()


def main(parent: int) -> None:
    """Dies with `parent`, keeps the streams of the library's own prints apart, and serves."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main(int(sys.argv[1]))
