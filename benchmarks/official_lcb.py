"""The official LiveCodeBench grader, from a checkout of its repository: for comparison, never part of Thalweg.

It runs what it is given in its own processes, without isolation: only programs that are known are handed to it.
"""

import importlib
import json
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.grade_pairs import Pair
from thalweg.types import CallCheck, StdinCheck


class Official:
    """Grades pairs as the official grader does. `folder` is the root of a checkout (with `lcb_runner/`)."""

    def __init__(self, folder: Path) -> None:
        sys.path.insert(0, str(folder.resolve()))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._metrics: ModuleType = importlib.import_module("lcb_runner.evaluation.compute_code_generation_metrics")

    def grade(self, pairs: Sequence[Pair], processes: int) -> list[bool]:
        """For each pair whether the program is correct; all must have the same time limit."""
        (timeout,) = {int(pair.check.timeout_s) for pair in pairs}
        with _quiet():
            results, _ = self._metrics.evaluate_generations(
                [_sample(pair.check) for pair in pairs],
                [[pair.program] for pair in pairs],
                num_process_evaluate=processes,
                timeout=timeout,
            )
        return [_all_positive(results[index][0]) for index in range(len(pairs))]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without its progress bar, without what programs print beside their output, and with nothing to read."""
    sys.stdout.flush()
    kept = [os.dup(descriptor) for descriptor in range(3)]
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    try:
        yield
    finally:
        for descriptor, before in enumerate(kept):
            os.dup2(before, descriptor)
        for descriptor in (nowhere, *kept):
            os.close(descriptor)


def _sample(check: StdinCheck | CallCheck) -> dict[str, str]:
    tests: dict[str, Any]
    if isinstance(check, StdinCheck):
        tests = {"inputs": [t["input"] for t in check.tests], "outputs": [t["output"] for t in check.tests]}
    else:
        inputs = ["\n".join(map(json.dumps, test["args"])) for test in check.tests]
        outputs = [json.dumps(test["output"]) for test in check.tests]
        tests = {"inputs": inputs, "outputs": outputs, "fn_name": check.entry_point}
    return {"input_output": json.dumps(tests)}


def _all_positive(result: list[Any]) -> bool:
    """How its `compute_metrics_from_results` reads a result, which is at a loss where an array of values is in it."""
    import numpy as np

    try:
        return bool(np.all(np.array(result) > 0))
    except ValueError:
        return False
