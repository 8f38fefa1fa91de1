"""Scores answers to reasoning-gym's tasks by the task's own scorer, in a sandboxed process, with its holes closed.

A scorer gives a number between 0 and 1; only a full score is correct, since the rest is given for the right length, a
prefix or mere text. Tasks that measure a distance to a number forgive rounding, from 0.99 on. Some scorers give a full
score to wrong answers, or evaluate what a model wrote; `gym_holes.py` names these and refuses such answers first.

An entry is what reasoning-gym makes: `answer` (text or null), `metadata`, and where the problem was not made with the
task's defaults, `config`: some scorers take their tolerance from it. The entry goes into the process that scores, as
no program of the model's runs there.

Not covered: the partial scores that reinforcement learning wants.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from thalweg.errors import InputError
from thalweg.grade.extract import final_text
from thalweg.grade.finding import Finding, no_answer, shortened
from thalweg.grade.gym_holes import refusal
from thalweg.sandbox.job import Job, Limits, Result, SandboxError
from thalweg.types import ReasoningGymCheck

if TYPE_CHECKING:
    from thalweg.grade.bench import Bench

PRELOADED = ("reasoning_gym",)
_FULL = 1 - 1e-9
_ROUNDED = 0.99
_BY_DISTANCE = {"complex_arithmetic", "polynomial_equations"}  # their score falls off smoothly with the distance


def grade_reasoning_gym(check: ReasoningGymCheck, answer: str, bench: "Bench") -> Finding:
    """The finding on an answer to a reasoning-gym task.

    Raises:
        InputError: the task is unknown, or the entry is not what its scorer needs.
        SandboxError: the sandbox failed, which says nothing about the answer.
    """
    entry = validated_entry(check)
    found = final_text(answer, lines=len((entry["answer"] or "").strip().splitlines()))
    if found is None:
        return no_answer("there is nothing after the thinking")
    if found == (entry["answer"] or "").strip():  # right whatever the scorer says, and needs no process
        return Finding(status="correct", passed=1, extracted=found)
    if reason := refusal(check.task, found, entry):
        return Finding(status="incorrect", extracted=found, detail=f"got {shortened(found)}: {reason}")
    pool = bench.pool(PRELOADED)
    payload = {"task": check.task, "config": entry["config"], "entry": entry, "answer": found}
    result = pool.run(Job(driver="gym", payload=payload, limits=Limits(cpu_s=check.timeout_s)))
    return _finding(check, found, entry["answer"], result, str(pool.isolation))


def validated_entry(check: ReasoningGymCheck) -> dict[str, Any]:
    """The check's entry with every field that a scorer may read.

    Raises:
        InputError: a field is missing or of the wrong kind.
    """
    entry = dict(check.entry)
    if "answer" not in entry or not isinstance(entry["answer"], str | None):
        raise InputError(_where(check), "the entry's 'answer' is missing or no text", "give the reference, or null")
    for name in ("metadata", "config"):
        if not isinstance(entry.setdefault(name, {}), Mapping):
            raise InputError(_where(check), f"the entry's '{name}' is not an object", "give it as it was made")
    return entry


def _finding(check: ReasoningGymCheck, found: str, expected: str | None, result: Result, isolation: str) -> Finding:
    record = result.records[0] if result.records else {}
    if not isinstance(record, dict) or (not record and result.end == "exit"):
        raise SandboxError(f"the scorer of {check.task!r} left no score: {result.stderr[-200:]!r}")
    if "unknown" in record:
        raise InputError(_where(check), "reasoning-gym has no such task", "name one that the installed version has")
    if record.get("entry_fails"):
        raise InputError(_where(check), f"its entry cannot be scored ({record['failed']})", "give it as it was made")
    score = float(record.get("score", 0.0))
    if score >= (_ROUNDED if check.task in _BY_DISTANCE else _FULL):
        return Finding(status="correct", passed=1, extracted=found, isolation=isolation, seconds=result.cpu_s)
    return Finding(
        status="incorrect",
        extracted=found,
        detail=_detail(found, expected, score, record, result),
        isolation=isolation,
        seconds=result.cpu_s,
        undecided=not record,
    )


def _detail(found: str, expected: str | None, score: float, record: Mapping[str, Any], result: Result) -> str:
    if not record:
        return f"got {shortened(found)}: the scorer came to no end ({result.end})"
    if "failed" in record:
        return f"got {shortened(found)}: the scorer cannot read it ({shortened(str(record['failed']))})"
    wanted = f"expected {shortened(expected)}, " if expected else ""
    return f"{wanted}got {shortened(found)}: score {score:.2f}"


def _where(check: ReasoningGymCheck) -> str:
    return f"check 'reasoning_gym', task {check.task!r}"
