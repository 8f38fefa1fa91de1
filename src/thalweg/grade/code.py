"""Which checks can be graded: `validate` says it of a check before any work is spent on responses to it."""

from thalweg.grade.asserts import validate_asserts
from thalweg.grade.calls import validate_call
from thalweg.grade.gym import validated_entry
from thalweg.grade.predicates import validate_checker, validate_predicate
from thalweg.grade.stdin import validate_stdin
from thalweg.grade.unittests import validate_unittest
from thalweg.types import (
    AssertCheck,
    CallCheck,
    Check,
    CheckerCheck,
    PredicateCheck,
    ReasoningGymCheck,
    StdinCheck,
    UnittestCheck,
)


def validate(check: Check) -> None:
    """Raises `InputError` where no grader of programs could judge by this check, whatever the answer.

    Literals that do not parse, no tests, a checker without `check`, a predicate without `sat`, assertions that are no
    Python, unit tests that import nothing of the program's, an entry that is none of its task's. Others pass.
    """
    match check:
        case StdinCheck():
            validate_stdin(check)
        case CallCheck():
            validate_call(check)
        case AssertCheck():
            validate_asserts(check)
        case UnittestCheck():
            validate_unittest(check)
        case PredicateCheck():
            validate_predicate(check)
        case CheckerCheck():
            validate_checker(check)
        case ReasoningGymCheck():
            validated_entry(check)
