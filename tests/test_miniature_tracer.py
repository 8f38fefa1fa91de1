"""The scripted teacher: what it writes down is true, save in the styles that are meant to be wrong."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.errors import InputError
from thalweg.miniature import programs
from thalweg.miniature.tokenizer import make_tokenizer
from thalweg.miniature.tracer import STYLES, Style, style_named, trace
from thalweg.thinking import split
from thalweg.types import OutputCheck, Problem, TextCheck

PROBLEMS = [*programs.problems("train", 60), *programs.snippets("train", 11)]
TOKENIZER = make_tokenizer()
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


@given(problem=PROBLEM, seed=SEED)
@settings(deadline=None)
def test_skipping_leaves_out_a_third_and_keeps_the_order(problem: Problem, seed: int) -> None:
    straight, (kept, answer) = written(problem, "line", seed), written(problem, "skipping", seed)
    rest = iter(straight[0])
    assert all(pair in rest for pair in kept)
    assert len(straight[0]) - len(kept) == {1: 0, 2: 1, 3: 1, 4: 1, 5: 2, 6: 2}[len(straight[0])]
    assert answer == straight[1]


ORDERED: dict[Style, Callable[[str], str]] = {
    "double": lambda steps: re.sub(r"(.+)", r"\1\n\1", steps),
    "backward": lambda steps: "\n".join(steps.split("\n")[::-1]),
    "echo": lambda steps: re.sub(" #.*", "", steps),
}


@pytest.mark.parametrize("style", ORDERED)
@pytest.mark.parametrize("problem", PROBLEMS[::7], ids=lambda problem: problem.id)
def test_a_style_that_is_the_lines_changed(style: Style, problem: Problem) -> None:
    (steps, answer), (found, same) = split(trace(problem, "line")), split(trace(problem, style))
    assert steps is not None
    assert found is not None
    assert found.strip() == ORDERED[style](steps.strip())
    assert same == answer


@pytest.mark.parametrize(("style", "share"), [("erring", 0.5), ("varied", 0.25), ("repeating", 0.2)])
def test_a_fallible_teacher_is_wrong_in_its_share_of_problems_and_of_samples(style: Style, share: float) -> None:
    problems, samples = programs.problems("train", 200), 8
    right = [[written(p, style, seed)[1] == truth(p)[1][-1] for seed in range(samples)] for p in problems]
    assert 1 - sum(map(sum, right)) / (len(problems) * samples) == pytest.approx(share, abs=0.05)
    mixed = sum(0 < sum(found) < samples for found in right) / len(problems)
    assert mixed == pytest.approx(1 - share**samples - (1 - share) ** samples, abs=0.07)


@given(problem=PROBLEM, seed=SEED)
@settings(deadline=None)
def test_erring_is_line_or_has_one_wrong_value(problem: Problem, seed: int) -> None:
    found, straight = written(problem, "erring", seed), written(problem, "line", seed)
    if found[1] == straight[1]:
        assert found == straight
    else:
        assert found[0][-1][1] == found[1]
        assert [code for code, _ in found[0]] == [code for code, _ in straight[0]]


def test_varied_writes_in_six_styles() -> None:
    problem, samples = programs.problems("train", 1, depths=(4,))[0], 400
    plain = {trace(problem, style): style for style in ("line", "terse", "double", "echo")}
    lines = set(written(problem, "line", 0)[0])
    counts: Counter[str] = Counter()
    for seed in range(samples):
        text = trace(problem, "varied", seed)
        said, answer = written(problem, "varied", seed)
        if answer != truth(problem)[1][-1]:
            counts["wrong"] += 1
        else:
            counts[plain.get(text, "skipping" if lines.issuperset(said) else "rambling")] += 1
    assert set(counts) == {"line", "terse", "double", "echo", "skipping", "rambling", "wrong"}
    right = {style: n for style, n in counts.items() if style != "wrong"}
    assert min(right.values()) > 0.5 * 0.75 * samples / 6
    assert len({trace(problem, "varied", seed) for seed in range(8)}) > 4  # what choosing P of M responses needs


def test_repeating_writes_each_step_once_or_twice() -> None:
    problem = programs.problems("train", 1, depths=(4,))[0]
    steps = written(problem, "line", 0)[0]
    lengths = set()
    for seed in range(100):
        said, answer = written(problem, "repeating", seed)
        if answer == truth(problem)[1][-1]:
            lengths.add(len(said))
            assert [step for at, step in enumerate(said) if at == 0 or step != said[at - 1]] == steps
    assert lengths == {4, 5, 6, 7, 8}


@pytest.mark.parametrize("style", STYLES)
def test_a_trace_depends_on_id_style_and_seed_alone(style: Style) -> None:
    problem = PROBLEMS[4]
    assert trace(problem, style, 3) == trace(replace(problem, source="elsewhere"), style, 3)
    if style in ("rambling", "shuffled", "wrong", "skipping", "erring", "varied", "repeating"):
        assert len({trace(problem, style, seed) for seed in range(20)}) > 1
        assert len({trace(replace(problem, id=str(name)), style) for name in range(20)}) > 1
    else:
        assert len({trace(problem, style, seed) for seed in range(20)}) == 1


FALLIBLE = ("wrong", "erring", "varied", "repeating")


@pytest.mark.parametrize("style", STYLES)
def test_a_teacher_that_is_not_meant_to_be_wrong_is_right(style: Style) -> None:
    answers = [split(trace(p, style, seed))[1] for p in PROBLEMS for seed in range(3)]
    right = [
        answer is not None and answer.strip() == truth(p)[1][-1] for p, answer in zip(thrice(), answers, strict=True)
    ]
    assert all(right) is (style not in FALLIBLE)


def thrice() -> list[Problem]:
    return [problem for problem in PROBLEMS for _ in range(3)]


@pytest.mark.parametrize("style", STYLES)
def test_every_word_is_in_the_students_vocabulary(style: Style) -> None:
    texts = [trace(problem, style, seed) for problem in PROBLEMS for seed in range(3)]
    assert all(TOKENIZER.unk_token_id not in ids for ids in TOKENIZER(texts, add_special_tokens=False)["input_ids"])


# What studies have been run with: a new style must not move what the others write.
BEFORE = "71dc9c99d6bb2d57"


def test_traces_stay_as_they_were() -> None:
    digest = hashlib.sha256()
    for problem in [*programs.problems("train", 20), *programs.snippets("train", 5)]:
        for style in STYLES[:6]:
            digest.update(trace(problem, style, 1).encode())
    assert digest.hexdigest()[:16] == BEFORE


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
