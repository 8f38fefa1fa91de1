"""From responses to verdicts.

`GRADERS` names what judges each kind of check, for each of the two graders: `native` runs a program as the language
does; `lcb` agrees with the official LiveCodeBench grader, its quirks included, where that one has an opinion (programs
that read standard input, functions that are called). A verdict is a function of problem and response alone; only its
`seconds` vary.

Not covered: files and resuming (`files.py`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from thalweg.errors import InputError
from thalweg.grade.asserts import grade_assert
from thalweg.grade.bench import Bench, GraderName, Judge
from thalweg.grade.calls import grade_call
from thalweg.grade.code import validate
from thalweg.grade.finding import Finding, no_answer
from thalweg.grade.gym import PRELOADED, grade_reasoning_gym
from thalweg.grade.judge import judge_findings
from thalweg.grade.lcb import grade_lcb_call, grade_lcb_stdin
from thalweg.grade.literal import grade_output, grade_text
from thalweg.grade.math import grade_math
from thalweg.grade.ordered import in_order
from thalweg.grade.predicates import grade_checker, grade_predicate
from thalweg.grade.stdin import grade_stdin
from thalweg.grade.unittests import grade_unittest
from thalweg.sandbox import SandboxError
from thalweg.types import Problem, Response, Verdict

Grader: TypeAlias = Callable[[Any, str, Bench], Finding]

_NATIVE: dict[str, Grader] = {
    "stdin": grade_stdin,
    "call": grade_call,
    "assert": grade_assert,
    "unittest": grade_unittest,
    "predicate": grade_predicate,
    "output": grade_output,
    "checker": grade_checker,
    "math": grade_math,
    "text": grade_text,
    "reasoning_gym": grade_reasoning_gym,
}
GRADERS: dict[GraderName, dict[str, Grader]] = {
    "native": _NATIVE,
    "lcb": {**_NATIVE, "stdin": grade_lcb_stdin, "call": grade_lcb_call},
}
NEED_SANDBOX = frozenset({"stdin", "call", "assert", "unittest", "predicate", "checker", "reasoning_gym"})
_JUDGED_TOGETHER = 32


@dataclass(frozen=True, slots=True)
class JudgeModel:
    """A model that is asked where rules cannot tell, and the name that its verdicts carry."""

    name: str
    ask: Judge


class Found(NamedTuple):
    """What was found in which answer to which problem."""

    problem: Problem
    response: Response
    finding: Finding


def check_gradable(problems: Iterable[Problem], bench: Bench | None = None) -> None:
    """Raises `InputError` for the first problem that cannot be graded, before any work is spent.

    With a bench, the sandbox is tried too where a check needs one.
    """
    problems = list(problems)
    for problem in problems:
        try:
            validate(problem.check)
        except InputError as error:
            raise InputError(f"problem {problem.id!r}: {error.where}", error.problem, error.remedy) from None
    if bench is not None:
        open_sandbox(problems, bench)


def open_sandbox(problems: Iterable[Problem], bench: Bench) -> None:
    """Opens the workers that problems need; raises `InputError` where programs cannot be isolated."""
    open_sandboxes({problem.check.type for problem in problems}, bench)


def open_sandboxes(kinds: Set[str], bench: Bench) -> None:
    """Opens the workers that checks of these types need; raises `InputError` where programs cannot be isolated."""
    if kinds & (NEED_SANDBOX - {"reasoning_gym"}):
        bench.pool()
    if "reasoning_gym" in kinds:
        bench.pool(PRELOADED)


def grade(problem: Problem, response: Response, bench: Bench | None = None) -> Verdict:
    """The verdict on one response; without a bench one is opened for it.

    Raises:
        InputError: the problem's check is malformed, or this machine cannot isolate programs.
    """
    with nullcontext(bench) if bench is not None else Bench() as opened:
        return _verdict(Found(problem, response, find(problem, response, opened)), opened.settings.grader)


def grade_all(
    problems: Mapping[str, Problem],
    responses: Iterable[Response],
    bench: Bench | None = None,
    judge: JudgeModel | None = None,
) -> Iterator[Verdict]:
    """The verdicts on responses, in their order; `bench.settings.workers` of them are made side by side.

    Raises:
        InputError: a response to a problem that is not among `problems`, a malformed check, or too little isolation.
    """
    with nullcontext(bench) if bench is not None else Bench() as opened:
        pairs = ((_problem_of(response, problems), response) for response in responses)
        # Twice as many threads as workers: while one waits for its program, another compares.
        found = in_order(lambda pair: Found(*pair, find(*pair, opened)), pairs, 2 * opened.settings.workers)
        yield from verdicts_of(found, opened.settings.grader, judge)


def verdicts_of(found: Iterator[Found], grader: GraderName, judge: JudgeModel | None) -> Iterator[Verdict]:
    """The verdicts on what was found, in order; the judge is asked where rules could not tell."""
    if judge is None:
        yield from (_verdict(one, grader) for one in found)
    else:
        yield from _judged(found, grader, judge)


def _problem_of(response: Response, problems: Mapping[str, Problem]) -> Problem:
    problem = problems.get(response.problem_id)
    if problem is None:
        unknown = f"answers problem {response.problem_id!r}, which is not among the problems"
        raise InputError(f"response {response.id!r}", unknown, "grade it with the problems that it was made for")
    return problem


def find(problem: Problem, response: Response, bench: Bench) -> Finding:
    """What a grader finds in one answer.

    Raises:
        InputError: the problem's check is malformed, or this machine cannot isolate programs.
    """
    assert response.problem_id == problem.id, f"{response.id} answers {response.problem_id}, not {problem.id}"
    if response.answer is None:
        return no_answer("the thinking never ended")
    grader = GRADERS[bench.settings.grader][problem.check.type]
    try:
        return grader(problem.check, response.answer, bench)
    except InputError as error:
        raise InputError(f"problem {problem.id!r}: {error.where}", error.problem, error.remedy) from None
    except (SandboxError, OSError, MemoryError) as error:
        # The machine failed, not the answer: counted and shown, and never a label.
        return Finding(status="harness_error", detail=f"{type(error).__name__}: {error}")


def _judged(found: Iterator[Found], grader: str, judge: JudgeModel) -> Iterator[Verdict]:
    while batch := list(islice(found, _JUDGED_TOGETHER)):
        findings = judge_findings([(f.problem, f.finding) for f in batch], judge.ask)
        for one, (finding, asked) in zip(batch, findings, strict=True):
            yield _verdict(one._replace(finding=finding), f"judge:{judge.name}" if asked else grader)


def _verdict(found: Found, grader: str) -> Verdict:
    finding = found.finding
    return Verdict(
        response_id=found.response.id,
        problem_id=found.problem.id,
        status=finding.status,
        passed=finding.passed,
        total=finding.total,
        extracted=finding.extracted,
        detail=finding.detail,
        strength=finding.strength,
        grader=grader,
        isolation=finding.isolation,
        seconds=finding.seconds,
    )
