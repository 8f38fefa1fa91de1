"""Answers that code of the check judges: `grade_predicate` (`sat` of a puzzle) and `grade_checker`.

That code runs in sandboxed processes which never saw the program, on values and texts alone: a program cannot change
what judges it. Not covered: checkers that talk with a program while it runs.
"""

import ast
import json
import re
from collections.abc import Sequence

from thalweg.errors import InputError
from thalweg.grade import syntax
from thalweg.grade.bench import Bench
from thalweg.grade.evaluate import Value, evaluate
from thalweg.grade.finding import Finding, no_answer
from thalweg.grade.programs import program_answer
from thalweg.grade.stdin import Printed, grade_printed, validate_tests
from thalweg.grade.trials import CORRECT, Trial, found
from thalweg.grade.values import decode, shown
from thalweg.types import CheckerCheck, PredicateCheck

_VALUE_BYTES = 1 << 18  # of a puzzle's answer, compressed
_SHORT = 2_000  # characters of a value worth showing a part of


def grade_predicate(check: PredicateCheck, answer: str, bench: Bench) -> Finding:
    """Calls `sol()`; its value must be of the type that `sat` asks for, and `sat` must be true of it."""
    source = program_answer(answer, "sol")
    if source is None:
        return no_answer("there is no program in the answer")
    program = {"source": source, "familiar": ["typing"], "as_text": True}
    solved = evaluate(program, [{"function": "sol"}], check.timeout_s, bench, _VALUE_BYTES)
    seconds, trial = solved.cpu_s, solved.outcomes[0]
    if isinstance(trial, Value):
        text = trial.tagged if isinstance(trial.tagged, str) else "null"
        question = f"sat(value) is True if {_type_test(check.source)} else 'type'"
        judge = {"source": check.source, "familiar": ["typing"]}
        asked = evaluate(judge, [{"expression": question, "texts": {"value": text}}], check.timeout_s, bench)
        seconds += asked.cpu_s
        trial = _satisfied(asked.outcomes[0], text)
    assert trial is not None, "the first call has an outcome"
    return found([trial], 1, seconds, bench, source)


def _satisfied(outcome: Value | Trial | None, text: str) -> Trial:
    try:
        value = shown(decode(json.loads(text))) if len(text) <= _SHORT else "a long value"
    except (ValueError, RecursionError):  # compressed, or of the program's own making
        value = "a long value"
    if isinstance(outcome, Value) and outcome.tagged == "type":
        return Trial("incorrect", f"{value} is not of the type that sat asks for")
    return _accepted(outcome, f"sat is not true of {value}")


def grade_checker(check: CheckerCheck, answer: str, bench: Bench) -> Finding:
    """Runs the program on every test's input and asks `check(input, expected, actual)` about what it prints."""

    def judge(outputs: Sequence[Printed]) -> list[Trial]:
        trials: list[Trial] = []
        while len(trials) < len(outputs):  # one output at which the checker fails must not fail those after it
            trials += _checked(check, outputs[len(trials) :], bench)
        return trials

    return grade_printed(check, answer, bench, judge)


def validate_predicate(check: PredicateCheck) -> None:
    """Raises `InputError` unless the source defines `sat`."""
    _function(check.source, "sat")


def validate_checker(check: CheckerCheck) -> None:
    """Raises `InputError` unless the source defines `check` and there are tests."""
    _function(check.source, "check")
    validate_tests(check.tests)


def _checked(check: CheckerCheck, outputs: Sequence[Printed], bench: Bench) -> list[Trial]:
    """What the checker says of the outputs up to the first at which it fails."""
    tests = [check.tests[output.test] for output in outputs]
    calls = [
        {"function": "check", "args": [test["input"], test["output"], output.text]}
        for test, output in zip(tests, outputs, strict=True)
    ]
    judged = evaluate({"source": check.source}, calls, check.timeout_s, bench)
    return [_accepted(one, "the checker does not accept the output") for one in judged.outcomes if one is not None]


def _accepted(outcome: Value | Trial | None, otherwise: str) -> Trial:
    assert outcome is not None, "the first call has an outcome"
    if isinstance(outcome, Trial):
        return Trial("incorrect", f"{otherwise} ({outcome.detail})")
    return CORRECT if outcome.tagged is True else Trial("incorrect", otherwise)


def _function(source: str, name: str) -> ast.FunctionDef:
    """The function's definition; its code may hold longer numbers than the parser takes here, which do not matter."""
    try:
        body = syntax.module(re.sub(r"\d{4000,}", "0", source)).body
    except (SyntaxError, ValueError) as error:
        raise InputError("check: source", f"does not parse: {error}", "give Python") from None
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == name]
    if not found:
        raise InputError("check: source", f"defines no function '{name}'", "define it at the top level")
    return found[-1]


def _type_test(source: str) -> str:
    """An expression that tells whether `value` is what the annotation of `sat`'s first parameter says."""
    parameters = _function(source, "sat").args
    wanted = next((parameter.annotation for parameter in parameters.posonlyargs + parameters.args), None)
    return _test_of(wanted, "value")


def _test_of(wanted: ast.expr | None, name: str) -> str:
    """For simple types (`int`, `List[List[str]]`); of any other every value is."""
    match wanted:
        case ast.Name(id="int" | "float" | "str" | "bool" as kind):
            return f"type({name}) is {kind}"
        case ast.Subscript(value=ast.Name(id="List" | "list"), slice=inner):
            return f"type({name}) is list and all({_test_of(inner, f'{name}_')} for {name}_ in {name})"
    return "True"
