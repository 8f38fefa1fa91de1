"""The scripted teacher: what it writes down is true, save in the style that is meant to be wrong."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.errors import InputError
from thalweg.miniature import programs
from thalweg.miniature.tracer import STYLES, Style, style_named, trace
from thalweg.thinking import split
from thalweg.types import OutputCheck, Problem, TextCheck

PROBLEMS = [*programs.problems("train", 60), *programs.snippets("train", 11)]
PROBLEM, SEED = st.sampled_from(PROBLEMS), st.integers(0, 1000)


def truth(problem: Problem) -> tuple[list[str], list[str]]:
    """The program's lines, and the input and the value after each line as text."""
    assert isinstance(problem.check, OutputCheck)
    parsed = programs.parse(problem.check)
    assert parsed is not None
    code, given = parsed
    return list(code), [" ".join(map(str, value)) for value in [given, *programs.values(code, given)]]


def written(problem: Problem, style: Style, seed: int) -> tuple[list[tuple[str, str]], str]:
    """The trace as (code, comment) a line, and the answer."""
    thinking, answer = split(trace(problem, style, seed))
    assert thinking is not None
    assert answer is not None
    pairs = [line.rpartition("# ") for line in thinking.strip().splitlines()]
    return [(code.strip(), comment) for code, _, comment in pairs], answer.strip()


@given(problem=PROBLEM, seed=SEED)
@settings(deadline=None)
def test_line_shows_every_line_with_its_value(problem: Problem, seed: int) -> None:
    code, values = truth(problem)
    assert written(problem, "line", seed) == (list(zip(code, values[1:], strict=True)), values[-1])


@given(problem=PROBLEM, seed=SEED)
@settings(deadline=None)
def test_terse_shows_the_values_alone(problem: Problem, seed: int) -> None:
    _, values = truth(problem)
    assert written(problem, "terse", seed) == ([("", value) for value in values[1:]], values[-1])


@given(problem=PROBLEM, seed=SEED)
@settings(deadline=None)
def test_shuffled_shows_the_same_lines_in_another_order(problem: Problem, seed: int) -> None:
    straight, shuffled = written(problem, "line", seed), written(problem, "shuffled", seed)
    assert sorted(shuffled[0]) == sorted(straight[0])
    assert shuffled[1] == straight[1]
    if len(set(straight[0])) == len(straight[0]) > 1:
        assert shuffled[0] != straight[0]


@given(problem=PROBLEM, seed=SEED)
@settings(deadline=None)
def test_rambling_says_nothing_false(problem: Problem, seed: int) -> None:
    code, values = truth(problem)
    lines, answer = written(problem, "rambling", seed)
    for _, comment in lines:
        runs = re.findall(r"\d+(?: \d+)*", comment)
        assert runs
        assert set(runs) <= set(values)
    assert [said for said, comment in lines if not comment.startswith("again")] == code
    assert answer == values[-1]


@given(problem=PROBLEM, seed=SEED)
@settings(deadline=None)
def test_wrong_has_one_wrong_value_and_a_wrong_answer_that_follows(problem: Problem, seed: int) -> None:
    code, values = truth(problem)
    lines, answer = written(problem, "wrong", seed)
    assert [said for said, _ in lines] == code
    assert answer == lines[-1][1]
    assert answer != values[-1]
    before, slips = values[0], 0
    for said, comment in lines:
        after = programs.apply(said, [int(word) for word in before.split()])
        slips += comment != " ".join(map(str, after))
        before = comment
        assert all(0 <= int(word) <= programs.LARGEST for word in comment.split())
    assert slips == 1


@given(problem=PROBLEM, seed=SEED)
@settings(deadline=None)
def test_direct_is_the_output(problem: Problem, seed: int) -> None:
    assert trace(problem, "direct", seed) == truth(problem)[1][-1]


@pytest.mark.parametrize("style", STYLES)
def test_a_trace_depends_on_id_style_and_seed_alone(style: Style) -> None:
    problem = PROBLEMS[4]
    assert trace(problem, style, 3) == trace(replace(problem, source="elsewhere"), style, 3)
    if style in ("rambling", "shuffled", "wrong"):
        assert len({trace(problem, style, seed) for seed in range(20)}) > 1
        assert len({trace(replace(problem, id=str(name)), style) for name in range(20)}) > 1


@pytest.mark.parametrize(
    "check",
    [
        TextCheck(answer="4"),
        OutputCheck(program="open('/tmp/escaped', 'w')", input="1", output="1"),
    ],
)
def test_only_the_miniatures_programs_are_executed(check: OutputCheck | TextCheck) -> None:
    with pytest.raises(InputError, match=r"problem 'p': the tracer knows only the miniature's programs"):
        trace(replace(PROBLEMS[0], id="p", check=check), "line")


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(InputError, match="no such style of trace; choose one of line, terse"):
        style_named("poetic")
