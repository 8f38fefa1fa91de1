"""The second miniature's teacher: its values are true, its verdicts follow from them, and its answers are right."""

import re
from dataclasses import replace
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.errors import InputError
from thalweg.miniature import programs, synthesis
from thalweg.miniature.synthesis_tracer import RIGHT, STYLES, TRY, WRONG, Style, style_named, trace
from thalweg.thinking import split
from thalweg.types import Problem, TextCheck

PROBLEMS = synthesis.problems("train", 60, depths=(1, 2, 3))
PROBLEM, SEED = st.sampled_from(PROBLEMS), st.integers(0, 1000)
LINE = re.compile(r"    (x = .*) # (\d+(?: \d+)*)")


def drafts(problem: Problem, seed: int) -> list[tuple[list[tuple[str, str]], str]]:
    """Each draft of a trace as its lines with their values, and the verdict on it."""
    thinking, _ = split(trace(problem, "search", seed))
    assert thinking is not None
    lines = thinking.strip().splitlines()
    marks = {TRY, WRONG, RIGHT}
    runs = [list(run) for _, run in groupby(lines, key=lambda line: line in marks)]
    assert runs[0] == [TRY]
    bodies, verdicts = runs[1::2], runs[2::2]
    assert all(run == [WRONG, TRY] for run in verdicts[:-1])
    found = [[match.groups() for line in body if (match := LINE.fullmatch(line))] for body in bodies]
    assert sum(map(len, found)) == sum(map(len, bodies))
    return [(pairs, run[0]) for pairs, run in zip(found, verdicts, strict=True)]  # type: ignore[misc]


@given(problem=PROBLEM, seed=SEED)
@settings(deadline=None)
def test_every_value_is_true_and_every_verdict_follows(problem: Problem, seed: int) -> None:
    tests = synthesis.examples(problem)
    assert tests is not None
    shown = tests[0]
    for lines, verdict in drafts(problem, seed):
        value = shown.given
        for code, words in lines:
            value = programs.apply(code, value)
            assert words == " ".join(map(str, value))
        assert verdict == (RIGHT if value == shown.wanted else WRONG)


@given(problem=PROBLEM, seed=SEED)
@settings(deadline=None)
def test_the_last_draft_alone_is_right_and_is_the_answer(problem: Problem, seed: int) -> None:
    found = drafts(problem, seed)
    assert [verdict for _, verdict in found] == [WRONG] * (len(found) - 1) + [RIGHT]
    _, answer = split(trace(problem, "search", seed))
    assert answer is not None
    assert synthesis.parse(answer) == tuple(code for code, _ in found[-1][0]) == synthesis.program_of(problem)
    assert answer.strip() == trace(problem, "direct", seed) == problem.group


@given(problem=PROBLEM, seed=SEED)
@settings(deadline=None)
def test_straight_is_the_last_draft_of_a_search(problem: Problem, seed: int) -> None:
    straight = trace(problem, "straight", seed).removeprefix("<think>\n")
    assert straight.splitlines().count(TRY) == 1
    assert trace(problem, "search", seed).endswith(straight)


def test_traces_hold_none_to_three_failed_drafts() -> None:
    counts = [len(drafts(problem, seed)) - 1 for problem in PROBLEMS for seed in range(10)]
    shares = [counts.count(failed) / len(counts) for failed in range(4)]
    assert sum(shares) == pytest.approx(1)
    assert shares == pytest.approx([0.45, 0.3, 0.15, 0.1], abs=0.08)


@pytest.mark.parametrize("style", STYLES)
def test_a_trace_depends_on_id_style_and_seed_alone(style: Style) -> None:
    problem = PROBLEMS[5]
    assert trace(problem, style, 3) == trace(replace(problem, source="elsewhere"), style, 3)
    if style == "search":
        assert len({trace(problem, style, seed) for seed in range(20)}) > 5
        assert len({trace(replace(problem, id=str(name)), style) for name in range(20)}) > 5


@pytest.mark.parametrize(
    "changes",
    [{"check": TextCheck(answer="4")}, {"group": "def f(x):\n    x = open('/escaped', 'w')\n    return x"}],
)
def test_only_the_miniatures_programs_are_executed(changes: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"problem 'p': the tracer knows only the miniature's programs"):
        trace(replace(PROBLEMS[0], id="p", **changes), "search")  # type: ignore[arg-type]


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(InputError, match=r"no such style of trace.*choose one of search, direct"):
        style_named("line")
