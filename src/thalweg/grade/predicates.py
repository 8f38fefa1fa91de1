"""Answers that code of the check judges: `grade_predicate` (`sat` of a puzzle) and `grade_checker`.

That code runs in sandboxed processes which never saw the program, on values and texts alone: a program cannot change
what judges it. Not covered: checkers that talk with a program while it runs.
"""

import ast
from collections.abc import Sequence

from thalweg.errors import InputError
from thalweg.grade.bench import Bench
from thalweg.grade.evaluate import Value, evaluate
from thalweg.grade.finding import Finding, no_answer
from thalweg.grade.programs import program_answer
from thalweg.grade.stdin import Printed, grade_printed, validate_tests
from thalweg.grade.trials import CORRECT, Trial, found
from thalweg.grade.values import decode, shown
from thalweg.types import CheckerCheck, PredicateCheck

_VALUE_BYTES = 1 << 19  # of a puzzle's answer: the largest of the published ones are a tenth of this
_SIMPLE = {"int": int, "float": float, "str": str, "bool": bool}


def grade_predicate(check: PredicateCheck, answer: str, bench: Bench) -> Finding:
    """Calls `sol()`; its value must be of the type that `sat` asks for, and `sat` must be true of it."""
    source = program_answer(answer, "sol")
    if source is None:
        return no_answer("there is no program in the answer")
    solved = evaluate({"source": source}, [{"function": "sol"}], check.timeout_s, bench, _VALUE_BYTES)
    seconds, trial = solved.cpu_s, solved.outcomes[0]
    if isinstance(trial, Value):
        value = decode(trial.tagged)
        if not _is_of_type(value, _wanted_type(check.source)):
            trial = Trial("incorrect", f"{shown(value)} is not of the type that sat asks for")
        else:
            call = {"expression": "sat(value) is True", "names": {"value": trial.tagged}}
            judged = evaluate({"source": check.source}, [call], check.timeout_s, bench)
            seconds += judged.cpu_s
            trial = _accepted(judged.outcomes[0], f"sat is not true of {shown(value)}")
    assert trial is not None, "the first call has an outcome"
    return found([trial], 1, seconds, bench, source)


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
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError) as error:
        raise InputError("check: source", f"does not parse: {error}", "give Python") from None
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == name]
    if not found:
        raise InputError("check: source", f"defines no function '{name}'", "define it at the top level")
    return found[-1]


def _wanted_type(source: str) -> ast.expr | None:
    """The annotation of `sat`'s first parameter."""
    parameters = _function(source, "sat").args
    return next((parameter.annotation for parameter in parameters.posonlyargs + parameters.args), None)


def _is_of_type(value: object, wanted: ast.expr | None) -> bool:
    """Whether a value is of a simple type (`int`, `List[List[str]]`); of any other it is."""
    match wanted:
        case ast.Name(id=name) if name in _SIMPLE:
            return type(value) is _SIMPLE[name]
        case ast.Subscript(value=ast.Name(id="List" | "list"), slice=inner):
            return type(value) is list and all(_is_of_type(item, inner) for item in value)
    return True
