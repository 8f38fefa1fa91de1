"""Verdicts: statuses, details, and refusals."""

from collections.abc import Sequence

import pytest

from thalweg.errors import InputError
from thalweg.grade import GRADERS, NEED_SANDBOX, Bench, Finding, JudgeModel, check_gradable, grade, grade_all
from thalweg.sandbox import SandboxError
from thalweg.thinking import with_parts
from thalweg.types import (
    CHECKS,
    CallCheck,
    Check,
    MathCheck,
    OutputCheck,
    Problem,
    Response,
    Status,
    TextCheck,
)

PRINTS = OutputCheck(program="print(*x)", input="1 2", output="2 8 2 6")
LINES = OutputCheck(program="print(1); print(2)", input="", output="1\n2")
RETURNS = OutputCheck(program="def f(x): return x", input="[1]", output="[1, 2]")


def verdict_on(check: Check, text: str) -> tuple[Status, str | None]:
    problem = Problem(id="p", statement="?", check=check)
    found = grade(problem, with_parts(Response(id="r", problem_id="p", model="m", text=text)))
    assert (found.response_id, found.problem_id, found.total, found.isolation) == ("r", "p", 1, "none")
    assert found.passed == (found.status == "correct")
    return found.status, found.extracted


@pytest.mark.parametrize(
    ("check", "text", "status", "extracted"),
    [
        (PRINTS, "<think>x</think>\n2 8 2 6", "correct", "2 8 2 6"),
        (PRINTS, "<think>2 8 2 6</think>\n2 8 2 5", "incorrect", "2 8 2 5"),
        (PRINTS, "<think>2 8 2 6", "no_answer", None),
        (PRINTS, "<think>2 8 2 6</think>\n", "no_answer", None),
        (PRINTS, "2 8 2 6", "correct", "2 8 2 6"),
        (LINES, "1\n2", "correct", "1\n2"),
        (LINES, "```\n1\n2\n```", "correct", "1\n2"),
        (LINES, "2", "incorrect", "2"),
        (RETURNS, "It returns `[1,2]`.", "correct", "[1,2]"),
        (RETURNS, "[2, 1]", "incorrect", "[2, 1]"),
        (MathCheck(answer="1,000"), r"<think>5</think>\boxed{1000.0}", "correct", "1000.0"),
        (MathCheck(answer="18"), "<think>18</think>I do not know", "incorrect", "I do not know"),
        (TextCheck(answer="Yes, it is."), "yes,  it is.", "correct", "yes,  it is."),
        (TextCheck(answer="Paris"), "The answer is Paris.", "correct", "Paris"),
        (TextCheck(answer="Paris"), "Rome", "incorrect", "Rome"),
    ],
)
def test_verdicts(check: Check, text: str, status: Status, extracted: str | None) -> None:
    assert verdict_on(check, text) == (status, extracted)


def test_a_response_given_in_parts_is_graded_by_its_answer() -> None:
    problem = Problem(id="p", statement="?", check=MathCheck(answer="4"))
    assert grade(problem, Response(id="r", problem_id="p", model="m", thinking="5", answer="4")).status == "correct"
    assert grade(problem, Response(id="r", problem_id="p", model="m", thinking="4")).status == "no_answer"


def test_a_detail_is_one_short_line() -> None:
    problem = Problem(id="p", statement="?", check=TextCheck(answer="a\nb " * 500))
    detail = grade(problem, Response(id="r", problem_id="p", model="m", answer="c\n" * 5 + "d" * 999)).detail
    assert detail is not None
    assert detail.startswith("expected a b a b")
    assert "\n" not in detail
    assert len(detail) < 200


def test_every_check_has_a_grader() -> None:
    assert GRADERS["native"].keys() == GRADERS["lcb"].keys() == CHECKS.keys()
    assert CHECKS.keys() > NEED_SANDBOX
    differ = {kind for kind in CHECKS if GRADERS["native"][kind] is not GRADERS["lcb"][kind]}
    assert differ == {"stdin", "call"}


def test_a_malformed_check_is_named_with_its_problem() -> None:
    bad = Problem(id="p7", statement="?", check=CallCheck(entry_point="f", tests=({"args": [{"py": "(1"}]},)))
    with pytest.raises(InputError, match=r"problem 'p7'"):
        check_gradable([Problem(id="p", statement="?", check=MathCheck(answer="4")), bad])


def test_a_machine_that_fails_is_no_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_check: Check, _answer: str, _bench: Bench) -> Finding:
        raise SandboxError("the worker died three times")

    monkeypatch.setitem(GRADERS["native"], "math", broken)
    problem = Problem(id="p", statement="?", check=MathCheck(answer="4"))
    found = grade(problem, Response(id="r", problem_id="p", model="m", answer="5"))
    assert (found.status, found.passed) == ("harness_error", 0)
    assert found.detail == "SandboxError: the worker died three times"


def test_a_judge_is_asked_only_where_rules_cannot_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(prompts: Sequence[str]) -> list[str]:
        asked.extend(prompts)
        return ["They agree.\nVERDICT: SAME"] * len(prompts)

    def wordy(_check: Check, answer: str, _bench: Bench) -> Finding:
        return Finding(status="incorrect", extracted=answer, undecided="blue" in answer)

    monkeypatch.setitem(GRADERS["native"], "math", wordy)
    problems = {"p": Problem(id="p", statement="Which colour?", check=MathCheck(answer="the colour of the sky"))}
    answers = ["blue", "7", "sky blue"] * 20
    responses = [Response(id=f"r{i}", problem_id="p", model="m", answer=a) for i, a in enumerate(answers)]
    verdicts = list(grade_all(problems, responses, judge=JudgeModel("local:judge", ask)))
    assert [v.response_id for v in verdicts] == [r.id for r in responses]
    assert len(asked) == 40
    assert [v.status for v in verdicts] == ["correct", "incorrect", "correct"] * 20
    assert [v.grader for v in verdicts] == ["judge:local:judge", "native", "judge:local:judge"] * 20


def test_grade_all_keeps_the_order_and_names_a_stranger() -> None:
    problems = {str(i): Problem(id=str(i), statement="?", check=MathCheck(answer=str(i))) for i in range(3)}
    responses = [Response(id=f"r{i}", problem_id=str(i % 3), model="m", answer="1") for i in range(6)]
    verdicts = list(grade_all(problems, iter(responses)))
    assert [v.response_id for v in verdicts] == [r.id for r in responses]
    assert [v.status for v in verdicts] == ["incorrect", "correct", "incorrect"] * 2
    assert verdicts == list(grade_all(problems, responses))
    stranger = Response(id="r9", problem_id="elsewhere", model="m", answer="1")
    with pytest.raises(InputError, match=r"response 'r9': answers problem 'elsewhere'"):
        list(grade_all(problems, [stranger]))
