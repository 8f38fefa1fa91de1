"""Where two graders disagree, and why: both judge the same responses.

`native` runs a program as Python does; `lcb` as the official LiveCodeBench grader would. Where one takes a program for
correct and the other does not, a look at the program and at what both say of it mostly tells the cause (`causes.py`).

Only problems that the official grader could hold are audited: checks `stdin` and `call` (see `lcb.is_official`). Not
covered: two graders that both reject a program, for different reasons.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from thalweg import store
from thalweg.errors import InputError
from thalweg.grade.bench import Bench
from thalweg.grade.calls import grade_call
from thalweg.grade.causes import cause
from thalweg.grade.finding import Finding
from thalweg.grade.grader import check_gradable
from thalweg.grade.lcb import grade_lcb_call, grade_lcb_stdin, is_official
from thalweg.grade.ordered import in_order
from thalweg.grade.stdin import grade_stdin
from thalweg.sandbox import SandboxError
from thalweg.types import CallCheck, Problem, Response, Status, StdinCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A response that one grader takes for correct and the other does not: a row of the audit's file."""

    response_id: str
    problem_id: str
    native: Status
    lcb: Status
    cause: str
    native_detail: str | None
    lcb_detail: str | None


@dataclass(slots=True)
class Audit:
    """What an audit found, in numbers of responses. `causes` counts disagreements by who says `correct`, and cause."""

    compared: int = 0
    both_correct: int = 0
    both_wrong: int = 0
    not_official: int = 0
    unfinished: int = 0
    harness_errors: int = 0
    causes: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def seen(self) -> int:
        """How many responses were looked at."""
        return self.compared + self.not_official + self.unfinished + self.harness_errors

    @property
    def disagreements(self) -> int:
        """How many responses the graders disagree on."""
        return self.causes.total()


OnProgress: TypeAlias = Callable[[Audit], None]
_Both: TypeAlias = tuple[Finding, Finding] | None


def audit_file(
    problems: Mapping[str, Problem],
    responses: Iterable[Response],
    out: Path,
    bench: Bench,
    on_progress: OnProgress | None = None,
) -> Audit:
    """Writes every disagreement to `out`, in the order of the responses, and returns the counts.

    Raises:
        InputError: a malformed check, a response to an unknown problem, no response at all that both graders could
            judge, or an `out` that is no JSON Lines file.
    """
    if store.check_ending(out) == ".parquet":
        raise InputError(str(out), "an audit is JSON Lines", "use .jsonl or .jsonl.gz")
    check_gradable(problems.values(), bench)
    audit = Audit()
    store.write(out, _some(disagreements(problems, responses, bench, audit, on_progress), audit))
    return audit


def _some(found: Iterator[Disagreement], audit: Audit) -> Iterator[Disagreement]:
    """The same; an error at the end where nothing was compared, so that no file is written."""
    yield from found
    if not audit.compared and not audit.harness_errors:
        remedy = "give responses to problems with a check of type stdin or call"
        raise InputError("audit", "there is nothing that both graders could judge", remedy)


def disagreements(
    problems: Mapping[str, Problem],
    responses: Iterable[Response],
    bench: Bench,
    audit: Audit | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[Disagreement]:
    """The disagreements in the order of the responses; counts what it sees into `audit`."""
    audit = audit or Audit()
    chosen = _chosen(problems, responses, audit)
    graded = in_order(lambda pair: (*pair, _both(*pair, bench)), chosen, 2 * bench.settings.workers)
    for problem, response, both in graded:
        found = _count(problem, response, both, audit)
        if on_progress:
            on_progress(audit)
        if found:
            yield found


def _chosen(
    problems: Mapping[str, Problem], responses: Iterable[Response], audit: Audit
) -> Iterator[tuple[Problem, Response]]:
    for response in responses:
        problem = problems.get(response.problem_id)
        if problem is None:
            unknown = f"answers problem {response.problem_id!r}, which is not among the problems"
            raise InputError(f"response {response.id!r}", unknown, "audit it with the problems that it was made for")
        if not isinstance(problem.check, StdinCheck | CallCheck) or not is_official(problem.check):
            audit.not_official += 1
        elif response.answer is None:
            audit.unfinished += 1
        else:
            yield problem, response


def _both(problem: Problem, response: Response, bench: Bench) -> _Both:
    """Both findings, or null where the sandbox failed."""
    check, answer = problem.check, response.answer
    assert answer is not None
    try:
        if isinstance(check, StdinCheck):
            return grade_stdin(check, answer, bench), grade_lcb_stdin(check, answer, bench)
        assert isinstance(check, CallCheck)
        return grade_call(check, answer, bench), grade_lcb_call(check, answer, bench)
    except SandboxError:
        return None


def _count(problem: Problem, response: Response, both: _Both, audit: Audit) -> Disagreement | None:
    if both is None:
        audit.harness_errors += 1
        return None
    native, lcb = both
    audit.compared += 1
    if (native.status == "correct") == (lcb.status == "correct"):
        audit.both_correct += native.status == "correct"
        audit.both_wrong += native.status != "correct"
        return None
    why = cause(native, lcb)
    audit.causes["native" if native.status == "correct" else "lcb", why] += 1
    return Disagreement(
        response_id=response.id,
        problem_id=problem.id,
        native=native.status,
        lcb=lcb.status,
        cause=why,
        native_detail=native.detail,
        lcb_detail=lcb.detail,
    )
