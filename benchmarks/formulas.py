"""Times math grading against plain Math-Verify, on the same pairs, in one run.

Plain is `parse` and `verify` with their own timers, in one process. Thalweg's are one math worker asked about every
pair (what a pipe, and the freedom to kill, cost), and the grader as it is, which asks a worker only where it must.
Run as `python -m benchmarks.formulas PAIRS.jsonl` (lines of `[expected, actual]`).
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from thalweg.grade.latex import plain
from thalweg.grade.math import by_formula, by_rules
from thalweg.grade.workers import MathWorkers

Pair = tuple[str, str]

_PLAIN = """
import json, sys, time, logging
from math_verify import parse, verify
logging.disable(logging.CRITICAL)
pairs = json.load(sys.stdin)
verify(parse("$1$"), parse("$1$"))
began = time.perf_counter()
for expected, actual in pairs:
    verify(parse("$" + expected + "$"), parse("$" + actual + "$"))
print(time.perf_counter() - began)
"""


def measure(pairs: Sequence[Pair], timeout_s: float = 6.0) -> dict[str, float]:
    """Pairs a second: `plain` Math-Verify, one `worker` asked about all pairs, and the `grader` with one worker."""
    run = subprocess.run(
        [sys.executable, "-c", _PLAIN], input=json.dumps(pairs), capture_output=True, text=True, check=True
    )
    rates = {"plain": len(pairs) / float(run.stdout)}
    with MathWorkers() as workers:
        workers.compare("1", "1")
        began = time.perf_counter()
        for expected, actual in pairs:
            workers.compare(plain(expected), plain(actual), timeout_s)
        rates["worker"] = len(pairs) / (time.perf_counter() - began)
    with MathWorkers() as workers:
        workers.compare("1", "1")
        began = time.perf_counter()
        for expected, actual in pairs:
            _ = by_rules(expected, actual) or by_formula(expected, actual, workers, timeout_s)
        rates["grader"] = len(pairs) / (time.perf_counter() - began)
    return rates


if __name__ == "__main__":
    loaded = [tuple(json.loads(line)) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    for name, rate in measure(loaded).items():
        print(f"{name:8} {rate:8.0f} pairs/s")
