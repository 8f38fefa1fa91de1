"""Runs inside the sandbox: scores an answer by the scorer of a reasoning-gym task.

The payload is `{"task", "config", "entry", "answer"}`. One record comes back: `{"score"}`, or `{"unknown"}` where
there is no such task, or `{"failed", "entry_fails"}`, the scorer's error and whether the reference fails as well.
"""


def run(payload, emit):
    from reasoning_gym.factory import DATASETS

    if payload["task"] not in DATASETS:
        emit({"unknown": payload["task"]})
        return
    dataset, config = DATASETS[payload["task"]]
    try:
        scorer = dataset(config=config(**payload["config"]))
    except (TypeError, ValueError, AssertionError) as error:
        emit({"failed": _told(error), "entry_fails": True})
        return
    try:
        emit({"score": float(scorer.score_answer(payload["answer"], payload["entry"]))})
    except Exception as error:  # whatever an answer makes a scorer raise
        emit({"failed": _told(error), "entry_fails": _fails(scorer, payload["entry"])})


def _fails(scorer, entry):
    try:
        scorer.score_answer(entry["answer"], entry)
    except Exception:
        return True
    return False


def _told(error):
    return f"{type(error).__name__}: {error}"[:200]
