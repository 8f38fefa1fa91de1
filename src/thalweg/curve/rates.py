"""One graded response as an `Outcome`, and the outcomes of one rung as a `Score`.

The rates are the Valley paper's (2510.06101, section 4): *completion*, the share of responses that end within the
token budget; *think tag*, the share that begin with `<think>`; to which a *loop* rate is added ("incomplete responses
often repeat the same phrases before the eventual cutoff"). A response that does not finish has no answer, so what a
grader may have found in it does not count as correct. Harness errors are left out of every rate, and counted.
Not covered: pass@k for k > 1.
"""

from collections.abc import Sequence

from thalweg.curve.intervals import clustered_rate
from thalweg.loops import loops
from thalweg.thinking import begins_thinking, full_text, is_finished, with_parts
from thalweg.types import Cell, Cells, Outcome, Problem, Response, Score, Status, Verdict


def outcome(
    problem: Problem,
    response: Response,
    verdict: Verdict,
    *,
    arm: str,
    start: str,
    size: int,
    seed: int,
    benchmark: str,
) -> Outcome:
    """What rates and comparisons need to know of one graded response."""
    assert problem.id == response.problem_id, "a response to another problem"
    assert response.id == verdict.response_id, "a verdict on another response"
    response = with_parts(response)  # as imported, a response may be text alone
    finished = is_finished(response)
    status: Status = "no_answer" if verdict.status == "correct" and not finished else verdict.status
    return Outcome(
        arm=arm,
        start=start,
        size=size,
        seed=seed,
        benchmark=benchmark,
        problem_id=problem.id,
        cluster=problem.cluster,
        sample=response.sample,
        status=status,
        thinking=begins_thinking(response),
        finished=finished,
        looped=loops(full_text(response)),
        completion_tokens=response.completion_tokens or 0,
    )


def score(
    outcomes: Sequence[Outcome],
    *,
    steps: int,
    tokens_trained: int,
    distinct_problems: int,
    token_budget: int,
    sampling: str,
    prompt_hash: str,
) -> Score:
    """The score of one rung on one benchmark, from all its outcomes."""
    first = outcomes[0]
    rung = (first.arm, first.start, first.size, first.seed, first.benchmark)
    assert all((o.arm, o.start, o.size, o.seed, o.benchmark) == rung for o in outcomes), "outcomes of several rungs"
    graded = [o for o in outcomes if o.status != "harness_error"]
    clusters = [o.cluster for o in graded]
    return Score(
        arm=first.arm,
        start=first.start,
        size=first.size,
        seed=first.seed,
        steps=steps,
        tokens_trained=tokens_trained,
        distinct_problems=distinct_problems,
        benchmark=first.benchmark,
        problems=len({o.problem_id for o in outcomes}),
        samples=len({o.sample for o in outcomes}),
        token_budget=token_budget,
        sampling=sampling,
        prompt_hash=prompt_hash,
        pass_at_1=clustered_rate([o.status == "correct" for o in graded], clusters),
        completion_rate=clustered_rate([o.finished for o in graded], clusters),
        think_tag_rate=clustered_rate([o.thinking for o in graded], clusters),
        loop_rate=clustered_rate([o.looped for o in graded], clusters),
        cells=cells(graded),
        harness_errors=len(outcomes) - len(graded),
    )


def cells(graded: Sequence[Outcome]) -> Cells:
    """Counts by whether the response thinks and whether it finishes."""
    return Cells(
        thinking_finished=_cell(graded, thinking=True, finished=True),
        thinking_unfinished=_cell(graded, thinking=True, finished=False),
        direct_finished=_cell(graded, thinking=False, finished=True),
        direct_unfinished=_cell(graded, thinking=False, finished=False),
    )


def _cell(graded: Sequence[Outcome], *, thinking: bool, finished: bool) -> Cell:
    inside = [o.status == "correct" for o in graded if o.thinking is thinking and o.finished is finished]
    return Cell(n=len(inside), correct=sum(inside))
