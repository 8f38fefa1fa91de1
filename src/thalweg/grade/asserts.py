"""Programs that are tested by assertions (MBPP, HumanEval): `grade_assert`.

What an assertion asks of the program is evaluated with the program; what it then asks of the value is decided here
where that is equality with a literal, else in a process that never saw the program (`assertions.py` says how they are
told apart). Statements that cannot be taken apart run with the program and show a random token at their end; a program
that passes must then fail where they are changed so that nothing right can pass (`canaries.py`). One that looks for the
token and for the change can forge the result, so the verdict's strength is `weak`.
"""

import random
import secrets
from collections.abc import Sequence
from functools import partial

from thalweg.grade.assertions import Converted, Plan, Whole, plan
from thalweg.grade.bench import Bench
from thalweg.grade.canaries import spoilt_statements
from thalweg.grade.evaluate import Value, evaluate
from thalweg.grade.finding import Finding, no_answer, shortened
from thalweg.grade.programs import program_answer
from thalweg.grade.trials import CORRECT, Batch, Trial, found, settle
from thalweg.grade.values import decode, shown
from thalweg.types import AssertCheck

_VALUE_BYTES = 1 << 18  # a short assertion may ask for a long value: `set(f(10**5)) == set(range(10**5))`


def grade_assert(check: AssertCheck, answer: str, bench: Bench) -> Finding:
    """Runs every assertion against the program."""
    todo = plan(check.setup, tuple(check.asserts))
    source = program_answer(answer, todo.entry_point)
    if source is None:
        return no_answer("there is no program in the answer", len(todo.steps))
    run = partial(_run, todo, source, check.timeout_s, bench)
    trials, seconds = settle(run, len(todo.steps), bench.settings.every_test)
    return found(trials, len(todo.steps), seconds, bench, source, "strong" if todo.strong else "weak")


def validate_asserts(check: AssertCheck) -> None:
    """Raises `InputError` where the assertions do not parse or assert nothing."""
    plan(check.setup, tuple(check.asserts))


def _run(todo: Plan, source: str, timeout_s: float, bench: Bench, tests: range) -> Batch:
    steps = todo.steps[tests.start : tests.stop]
    first = steps[0]
    if isinstance(first, Whole):
        trial, seconds = _run_whole(todo, source, first, timeout_s, bench)
        return Batch([trial, *[None] * (len(steps) - 1)], seconds)
    converted = [step for step in steps if isinstance(step, Converted)]  # statements that do not convert run alone
    steps_until = next((place for place, step in enumerate(steps) if isinstance(step, Whole)), len(steps))
    batch = _run_converted(todo, source, converted[:steps_until], timeout_s, bench)
    return Batch([*batch.trials, *[None] * (len(steps) - steps_until)], batch.cpu_s)


def _run_whole(todo: Plan, source: str, step: Whole, timeout_s: float, bench: Bench) -> tuple[Trial, float]:
    trial, seconds = _run_statements(todo, source, step.text, timeout_s, bench)  # in the layout of canaries
    spoilt = spoilt_statements(step.text, random.Random(secrets.randbits(64)))
    if trial is CORRECT and spoilt is not None:
        canary, more = _run_statements(todo, source, spoilt, timeout_s, bench)
        seconds += more
        if canary is CORRECT:
            trial = Trial("incorrect", "passes tests that cannot pass")
    return trial, seconds


def _run_statements(todo: Plan, source: str, text: str, timeout_s: float, bench: Bench) -> tuple[Trial, float]:
    token = secrets.token_hex(16)
    program = {"source": source, "setup": todo.setup, "token": token}
    ran = evaluate(program, [{"statements": text}], timeout_s, bench)
    outcome = ran.outcomes[0]
    assert outcome is not None, "the first call has an outcome"
    if isinstance(outcome, Value):
        reached = outcome.tagged == token
        return CORRECT if reached else Trial("incorrect", "the tests did not run to their end"), ran.cpu_s
    if str(outcome.detail).startswith("AssertionError"):
        return Trial("incorrect", f"an assertion failed ({outcome.detail})"), ran.cpu_s
    return outcome, ran.cpu_s


def _run_converted(todo: Plan, source: str, steps: Sequence[Converted], timeout_s: float, bench: Bench) -> Batch:
    calls = [{"expression": expression} for step in steps for expression in step.expressions]
    size = max(_VALUE_BYTES, sum(len(step.text) for step in steps))
    ran = evaluate({"source": source, "setup": todo.setup}, calls, timeout_s, bench, size)
    outcomes = iter(ran.outcomes)
    trials: list[Trial | None] = []
    open_steps: dict[int, tuple[Converted, list[Value]]] = {}
    for place, step in enumerate(steps):
        parts = [next(outcomes) for _ in step.expressions]
        values = [part for part in parts if isinstance(part, Value)]
        failure = next((part for part in parts if isinstance(part, Trial)), None)
        if len(values) == len(parts) and step.expected is None:
            open_steps[place] = (step, values)
        trials.append(_compared(step, values[0]) if len(values) == len(parts) and step.expected else failure)
    if not open_steps:
        return Batch(_with_first(trials, ran.ending), ran.cpu_s)
    judged = evaluate({"source": todo.clean_setup}, [_question(*one) for one in open_steps.values()], timeout_s, bench)
    for (place, (step, values)), outcome in zip(open_steps.items(), judged.outcomes, strict=True):
        trials[place] = None if outcome is None else _answered(step, values, outcome)
    return Batch(_with_first(trials, ran.ending), ran.cpu_s + judged.cpu_s)


def _with_first(trials: list[Trial | None], ending: Trial) -> list[Trial | None]:
    """A first assertion of which a part is missing ended the way its process did."""
    return [trials[0] or ending, *trials[1:]]


def _compared(step: Converted, value: Value) -> Trial:
    assert step.expected is not None
    actual = decode(value.tagged)
    if bool(step.expected.value == actual):
        return CORRECT
    return Trial("incorrect", f"expected {shown(step.expected.value)}, got {shown(actual)}")


def _question(step: Converted, values: Sequence[Value]) -> dict[str, object]:
    names = {f"v{number}": value.tagged for number, value in enumerate(values)}
    return {"expression": f"True if ({step.rest}) else False", "names": names}


def _answered(step: Converted, values: Sequence[Value], outcome: Value | Trial) -> Trial:
    if isinstance(outcome, Value) and outcome.tagged is True:
        return CORRECT
    shown_values = ", ".join(f"v{number} = {shown(decode(value.tagged))}" for number, value in enumerate(values))
    reason = f" ({outcome.detail})" if isinstance(outcome, Trial) else ""
    return Trial("incorrect", f"{shortened(step.rest)} does not hold for {shown_values}{reason}")
