"""Runs inside the sandbox: scores an answer by the scorer of a reasoning-gym task.

The payload is `{"task", "config", "entry", "answer"}`. One record comes back: `{"score"}`, or `{"unknown"}` where
there is no such task, or `{"failed", "entry_fails"}`, the scorer's error and whether the reference fails as well.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def run(payload: Mapping[str, Any], emit: Callable[[object], None]) -> None:
    """Emits the score of `payload["answer"]`."""
    datasets = importlib.import_module("reasoning_gym.factory").DATASETS
    if payload["task"] not in datasets:
        emit({"unknown": payload["task"]})
        return
    dataset, config = datasets[payload["task"]]
    try:
        score = dataset(config=config(**payload["config"])).score_answer
    except (TypeError, ValueError, AssertionError) as error:
        emit({"failed": _told(error), "entry_fails": True})
        return
    try:
        emit({"score": float(score(payload["answer"], payload["entry"]))})
    except Exception as error:  # whatever an answer makes a scorer raise
        emit({"failed": _told(error), "entry_fails": _fails(score, payload["entry"])})


def _fails(score: Callable[[object, object], object], entry: Mapping[str, Any]) -> bool:
    try:
        score(entry["answer"], entry)
    except Exception:
        return True
    return False


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
