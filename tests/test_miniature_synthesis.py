"""The second miniature's problems: splits that do not overlap, tests that tell programs apart, stable ids."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.errors import InputError
from thalweg.miniature import programs, synthesis
from thalweg.miniature.programs import SPLITS, Program, Split
from thalweg.miniature.synthesis import HIDDEN, LINES, SHOWN, Example, examples, program_of
from thalweg.problems import load_problems
from thalweg.types import CallCheck, OutputCheck, Problem

SPLIT = st.sampled_from(SPLITS)
PROGRAM = st.lists(st.sampled_from(LINES), min_size=1, max_size=3).map(tuple)


def made(problem: Problem) -> tuple[Program, list[Example]]:
    program, tests = program_of(problem), examples(problem)
    assert program is not None
    assert tests is not None
    return program, tests


@pytest.mark.parametrize("depth", synthesis.DEPTHS)
def test_no_behaviour_occurs_in_two_splits(depth: int) -> None:
    r = random.Random(0)
    inputs = [synthesis.digits(r) for _ in range(100)]
    found = {}
    for split in SPLITS:
        drawn = [*synthesis.problems(split, 200, 0, [depth]), *synthesis.problems(split, 200, 1, [depth])]
        texts = {problem.group or "": made(problem)[0] for problem in drawn}
        found[split] = {repr([programs.values(program, x)[-1] for x in inputs]) for program in texts.values()}
    assert all(len(behaviours) > 40 for behaviours in found.values())
    assert not found["train"] & found["tune"]
    assert not found["train"] & found["test"]
    assert not found["tune"] & found["test"]


def test_a_group_is_a_behaviour() -> None:
    problems = synthesis.problems("train", 1500)
    pairs = {(problem.group, programs.behaviour_of(made(problem)[0])) for problem in problems}
    assert len(pairs) == len({group for group, _ in pairs}) == len({behaviour for _, behaviour in pairs})
    assert len(pairs) < len(problems)


def test_two_fifths_of_the_two_line_programs_are_held_out_and_all_lines_are_known() -> None:
    sides = {(len(program), split): 0 for program in synthesis._known().values() for split in SPLITS}
    for behaviour, program in synthesis._known().items():
        sides[len(program), synthesis._split_of(behaviour)] += 1
    assert sides[1, "train"] == len(LINES)
    assert sides[1, "tune"] == sides[1, "test"] == 0
    assert 0.35 <= 1 - sides[2, "train"] / sum(sides[2, split] for split in SPLITS) <= 0.45


@settings(max_examples=20, deadline=None)
@given(split=SPLIT, seed=st.integers(0, 99), depth=st.integers(2, 3))
def test_the_examples_are_true_legal_and_different(split: Split, seed: int, depth: int) -> None:
    for problem in synthesis.problems(split, 5, seed, [depth]):
        program, tests = made(problem)
        scope: dict[str, Program] = {}
        exec(problem.group or "", scope)  # the text that the teacher gives, run by Python itself
        assert [scope["f"](list(given)) for given, _ in tests] == [wanted for _, wanted in tests]  # type: ignore[operator]
        assert len({str(given) for given, _ in tests}) == len(tests) == SHOWN + HIDDEN
        assert len(program) == depth == int(problem.difficulty or 0)
        assert all(programs.is_legal(programs.values(program, given)) for given, _ in tests)
        shown = [line.split(" -> ") for line in problem.statement.splitlines()]
        assert shown == [[" ".join(map(str, side)) for side in example] for example in tests[:SHOWN]]


@settings(max_examples=20, deadline=None)
@given(split=SPLIT, seed=st.integers(0, 99), depth=st.integers(2, 3))
def test_near_misses_fail(split: Split, seed: int, depth: int) -> None:
    (problem,) = synthesis.problems(split, 1, seed, [depth])
    program, tests = made(problem)
    behaviour = programs.behaviour_of(program)
    others = [near for near in synthesis.near_misses(program) if programs.behaviour_of(near) != behaviour]
    assert len(others) > 20
    assert not any(synthesis.solves(near, tests) for near in others)


def test_few_short_programs_pass_what_is_shown_and_none_of_them_the_rest() -> None:
    known = [program for program in synthesis._known().values() if program]
    tempting, wrong = 0, 0
    problems = synthesis.problems("test", 60)
    for problem in problems:
        program, tests = made(problem)
        behaviour = programs.behaviour_of(program)
        passing = [p for p in known if synthesis.solves(p, tests[:SHOWN]) and programs.behaviour_of(p) != behaviour]
        tempting += bool(passing)
        wrong += any(synthesis.solves(p, tests) for p in passing)
    assert tempting <= len(problems) / 4
    assert wrong == 0


@given(program=PROGRAM)
@settings(deadline=None)
def test_near_misses_are_one_edit_away(program: Program) -> None:
    found = list(synthesis.near_misses(program))
    assert all(1 <= len(near) <= synthesis.DEEPEST and abs(len(near) - len(program)) <= 1 for near in found)
    replaced = [near for near in found if len(near) == len(program)]
    assert all(sum(a != b for a, b in zip(near, program, strict=True)) in (1, 2) for near in replaced)
    assert len(replaced) >= len(program) * (len(LINES) - 1)


@given(program=PROGRAM)
def test_a_written_program_is_read_back(program: Program) -> None:
    text = synthesis.program_text(program)
    assert synthesis.parse(text) == synthesis.parse(f"\n{text}\n") == program


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def f(x):",
        "def f(x):\n    return x",
        "def g(x):\n    x = x[::-1]\n    return x",
        "def f(x):\n    x = x[::-1]",
        "def f(x):\nx = x[::-1]\n    return x",
        "def f(x):\n    x = __import__('os').listdir()\n    return x",
        "def f(x):\n    x = x[::-1]\n    return x\nprint(1)",
    ],
)
def test_other_texts_are_not_read(text: str) -> None:
    assert synthesis.parse(text) is None


@settings(max_examples=10, deadline=None)
@given(split=SPLIT, seed=st.integers(0, 9), first=st.integers(0, 20), more=st.integers(0, 20))
def test_fewer_problems_are_a_prefix_of_more(split: Split, seed: int, first: int, more: int) -> None:
    assert synthesis.problems(split, first, seed) == synthesis.problems(split, first + more, seed)[:first]


def test_ids_and_statements_do_not_recur() -> None:
    problems = [*synthesis.problems("test", 300), *synthesis.problems("test", 50, seed=1)]
    assert len({problem.id for problem in problems}) == 350
    assert len({problem.statement for problem in problems[:300]}) == 300
    assert [problem.difficulty for problem in problems[:4]] == ["2", "3", "2", "3"]
    wide = {problem.id: problem for problem in problems}
    assert all(wide[problem.id] == problem for problem in synthesis.problems("test", 20, depths=[3]))


OWN = synthesis.problems("train", 1)[0]
assert isinstance(OWN.check, CallCheck)
FOREIGN = [
    replace(OWN, group=None),
    replace(OWN, group="def f(x):\n    x = [v + 1 for v in x]\n    return x"),
    replace(OWN, check=OutputCheck(program="", input="1", output="1")),
    replace(OWN, check=replace(OWN.check, tests=())),
    replace(OWN, check=replace(OWN.check, tests=({"args": ["12"], "output": [1]},))),
    replace(OWN, check=replace(OWN.check, tests=({"args": [], "output": [1]},))),
    replace(OWN, check=replace(OWN.check, tests=({"args": [[1]], "output": "1"},))),
    replace(OWN, check=replace(OWN.check, tests=({"output": [1]},))),
]


@pytest.mark.parametrize("problem", FOREIGN)
def test_problems_of_others_have_no_program(problem: Problem) -> None:
    assert program_of(problem) is None


def test_it_is_a_source() -> None:
    wanted = synthesis.problems("tune", 7, 2, [3])
    assert load_problems("synthesis", split="tune", count=7, seed=2, depths=(3,)) == wanted
    assert [problem.difficulty for problem in load_problems("synthesis", split="train", count=3, depths=[1])] == [
        "1"
    ] * 3


@pytest.mark.parametrize(
    ("split", "depths", "message"),
    [
        ("dev", [2], "no split 'dev'; choose one of train, tune, test"),
        ("test", [1], "no programs of depth 1 in test; use 2 to 3"),
        ("train", [4], "no programs of depth 4 in train; use 1 to 3"),
        ("train", [], "no depths given; use some of 1 to 3"),
    ],
)
def test_what_does_not_exist_is_refused(split: str, depths: list[int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_problems("synthesis", split=split, count=1, depths=depths)
