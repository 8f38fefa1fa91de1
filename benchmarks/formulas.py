"""Times math grading against plain Math-Verify, on the same pairs, in one run.

Plain is `parse` and `verify` with their own timers, in one process, on the pairs as they are and as Thalweg spells them
(which turns much that cannot be parsed into work). Thalweg's are one math worker asked about every pair, so spelled
(what a pipe, and the freedom to kill, cost), and the grader as it is, which asks a worker only where it must.
Run as `python -m benchmarks.formulas PAIRS.jsonl` (lines of `[expected, actual]`).
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from thalweg.grade.latex import plain
from thalweg.grade.math import by_formula, by_rules
from thalweg.grade.workers import MathWorkers

Pair = tuple[str, str]

_PLAIN = """
import json, sys, time, logging
from math_verify import parse, verify
logging.disable(logging.CRITICAL)
pairs, limit = json.load(sys.stdin), int(sys.argv[1])
verify(parse("$1$"), parse("$1$"))
began = time.perf_counter()
for expected, actual in pairs:
    sides = [parse(f"${text}$", parsing_timeout=limit) for text in (expected, actual)]
    verify(*sides, timeout_seconds=limit)
print(time.perf_counter() - began)
"""


def measure(pairs: Sequence[Pair], turns: int = 3, timeout_s: float = 6.0) -> dict[str, float]:
    """Pairs a second, the medians of turns that alternate: `plain` Math-Verify in one process, the same on pairs
    `spelled` as Thalweg does, one `worker` asked about all of these, and the `grader` with one worker.
    """
    ways: dict[str, Callable[[Sequence[Pair], float], float]] = {
        "plain": _plain_seconds,
        "spelled": _spelled_seconds,
        "worker": partial(_seconds, _ask),
        "grader": partial(_seconds, _grade),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns):
        for name in list(ways)[:: 1 if turn % 2 == 0 else -1]:
            rates[name].append(len(pairs) / ways[name](pairs, timeout_s))
    return {name: statistics.median(found) for name, found in rates.items()}


def _plain_seconds(pairs: Sequence[Pair], timeout_s: float) -> float:
    command = [sys.executable, "-c", _PLAIN, str(round(timeout_s))]
    run = subprocess.run(command, input=json.dumps(pairs), capture_output=True, text=True, check=True)
    return float(run.stdout)


def _spelled_seconds(pairs: Sequence[Pair], timeout_s: float) -> float:
    return _plain_seconds([(plain(expected), plain(actual)) for expected, actual in pairs], timeout_s)


def _seconds(way: Callable[[Pair, MathWorkers, float], object], pairs: Sequence[Pair], timeout_s: float) -> float:
    with MathWorkers() as workers:
        workers.compare("1", "1")  # it starts when first asked
        began = time.perf_counter()
        for pair in pairs:
            way(pair, workers, timeout_s)
        return time.perf_counter() - began


def _ask(pair: Pair, workers: MathWorkers, timeout_s: float) -> object:
    return workers.compare(plain(pair[0]), plain(pair[1]), timeout_s)


def _grade(pair: Pair, workers: MathWorkers, timeout_s: float) -> object:
    return by_rules(*pair) or by_formula(*pair, workers, timeout_s)


if __name__ == "__main__":
    loaded = [tuple(json.loads(line)) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    for name, rate in measure(loaded).items():
        print(f"{name:8} {rate:8.0f} pairs/s")
