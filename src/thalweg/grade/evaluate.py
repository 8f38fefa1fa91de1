"""Evaluates calls and expressions of a program in one fresh sandboxed process; values come back as tagged data.

What `drivers/calls.py` reports, as trials. The same serves for programs of models and for the check's own code (`sat`,
checkers, what an assertion does with a value), which runs in processes of its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from thalweg.grade.bench import Bench
from thalweg.grade.trials import Trial, ended, limits, printable
from thalweg.sandbox import Job

Call: TypeAlias = Mapping[str, Any]  # as `drivers/calls.py` takes them
_TAGS = 8  # times longer, at most, are tagged values than how people write them


class Value(NamedTuple):
    """What a call returned, in tagged form, untrusted."""

    tagged: Any


Outcome: TypeAlias = Value | Trial


class Evaluated(NamedTuple):
    """What each call gave, null where it never ran or none can say (never the first), and how the process ended."""

    outcomes: list[Outcome | None]
    cpu_s: float
    ending: Trial


def evaluate(
    program: Mapping[str, Any], calls: Sequence[Call], timeout_s: float, bench: Bench, expected_bytes: int = 0
) -> Evaluated:
    """Loads the program and makes the calls in turn.

    `program` is a payload of `drivers/calls.py` without its calls; `expected_bytes` is the size of all values as the
    check writes them.
    """
    allowed = limits(timeout_s, bench, [_TAGS * expected_bytes])
    payload = {**program, "calls": list(calls), "budget_s": timeout_s}
    result = bench.pool().run(Job(driver="calls", payload=payload, limits=allowed))
    outcomes: list[Outcome | None] = [_outcome(record) for record in result.records[: len(calls)]]
    ending = ended(result, allowed) or Trial("crash", "the process ended before the call returned")
    if calls and (not outcomes or (len(calls) == 1 and result.end != "exit")):
        outcomes[:1] = [ending]
    return Evaluated(outcomes + [None] * (len(calls) - len(outcomes)), result.cpu_s, ending)


def _outcome(record: Any) -> Outcome:
    if isinstance(record, dict) and "value" in record:
        return Value(record["value"])
    if isinstance(record, dict) and "error" in record:
        return Trial("memory" if record.get("kind") == "memory" else "crash", printable(record["error"]))
    return Trial("crash", "the program wrote among the results")
