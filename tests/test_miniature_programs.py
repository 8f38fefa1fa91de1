"""The miniature's problems: splits that do not overlap, true outputs, stable ids."""

import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.errors import InputError
from thalweg.miniature import programs
from thalweg.miniature.programs import LINES, SPLITS, Split
from thalweg.problems import load_problems
from thalweg.types import OutputCheck, Problem

COUNT = 400
SPLIT = st.sampled_from(SPLITS)


def check_of(problem: Problem) -> OutputCheck:
    assert isinstance(problem.check, OutputCheck)
    return problem.check


def program_of(problem: Problem) -> programs.Program:
    parsed = programs.parse(check_of(problem))
    assert parsed is not None
    return parsed[0]


def groups(split: Split, depth: int, seed: int = 0) -> set[str]:
    return {problem.cluster for problem in programs.problems(split, COUNT, seed, [depth])}


@pytest.mark.parametrize("depth", programs.DEPTHS)
def test_no_program_occurs_in_two_splits(depth: int) -> None:
    train, tune, test = (groups(split, depth) | groups(split, depth, 1) for split in SPLITS)
    assert not train & tune
    assert not train & test
    assert not tune & test


def test_no_behaviour_occurs_in_two_splits_at_any_depth() -> None:
    r = random.Random(0)
    inputs = [[r.randrange(10) for _ in range(r.randint(4, 6))] for _ in range(100)]
    found: dict[Split, set[str]] = {}
    for split in SPLITS:
        drawn = {program_of(problem) for problem in programs.problems(split, 2 * COUNT)}
        found[split] = {repr([programs.values(program, x)[-1] for x in inputs]) for program in drawn}
    assert all(len(results) > COUNT for results in found.values())
    assert not found["train"] & found["tune"]
    assert not found["train"] & found["test"]
    assert not found["tune"] & found["test"]


def test_two_fifths_of_the_two_line_programs_are_held_out() -> None:
    sizes = {split: len(groups(split, 2)) for split in SPLITS}
    total = sum(sizes.values())
    assert 0.35 <= (sizes["tune"] + sizes["test"]) / total <= 0.45
    assert 0.15 <= sizes["test"] / total <= 0.25


def test_one_line_programs_are_all_training_programs() -> None:
    assert len(groups("train", 1)) == len(LINES)


def test_outputs_are_what_a_python_process_prints() -> None:
    for problem in [*programs.problems("test", 5), *programs.snippets("test", 2)]:
        check = check_of(problem)
        done = subprocess.run([sys.executable, "-c", check.program], input=check.input, capture_output=True, text=True)
        assert done.stdout == check.output + "\n"


@settings(max_examples=30, deadline=None)
@given(split=SPLIT, seed=st.integers(0, 99), depth=st.integers(2, 6))
def test_values_stay_legal_and_the_last_is_the_output(split: Split, seed: int, depth: int) -> None:
    for problem in programs.problems(split, 5, seed, [depth]):
        check = check_of(problem)
        parsed = programs.parse(check)
        assert parsed is not None
        steps = programs.values(*parsed)
        assert len(steps) == depth == int(problem.difficulty or 0)
        assert all(step and min(step) >= 0 and max(step) <= programs.LARGEST for step in steps)
        assert " ".join(map(str, steps[-1])) == check.output == programs.execute(check.program, check.input)
        assert problem.statement == f"{check.program}\n\nInput: {check.input}"


@settings(max_examples=20, deadline=None)
@given(split=SPLIT, seed=st.integers(0, 9), first=st.integers(0, 30), more=st.integers(0, 30))
def test_fewer_problems_are_a_prefix_of_more(split: Split, seed: int, first: int, more: int) -> None:
    assert programs.problems(split, first, seed) == programs.problems(split, first + more, seed)[:first]
    assert programs.snippets(split, first, seed) == programs.snippets(split, first + more, seed)[:first]


def test_an_id_names_one_problem_whatever_depths_are_asked_for() -> None:
    wide = {problem.id: problem for problem in programs.problems("train", 50)}
    narrow = programs.problems("train", 10, depths=[3])
    assert all(wide[problem.id] == problem for problem in narrow)
    assert not wide.keys() & {problem.id for problem in programs.problems("train", 50, seed=1)}


def test_depths_are_balanced_and_no_problem_recurs() -> None:
    made = programs.problems("test", 300)
    assert [problem.difficulty for problem in made[:6]] == ["2", "3", "4", "5", "6", "2"]
    assert len({problem.statement for problem in made}) == len({problem.id for problem in made}) == 300


def test_snippets_show_every_line_and_inputs_do_not_recur_across_splits() -> None:
    made = {split: programs.snippets(split, COUNT) for split in SPLITS}
    inputs = [{check_of(problem).input for problem in made[split]} for split in SPLITS]
    assert not inputs[0] & inputs[1]
    assert not inputs[0] & inputs[2]
    assert not inputs[1] & inputs[2]
    assert all(len({problem.cluster for problem in made[split]}) == len(LINES) for split in SPLITS)


FOREIGN = [
    ("import os", "1 2"),
    ("", "1"),
    (programs.program_text(()), "1"),
    (programs.program_text(("x = __import__('os').listdir()",)), "1"),
    (programs.program_text((LINES[0],)) + "\nprint(1)", "1"),
    (programs.program_text((LINES[0],)), ""),
    (programs.program_text((LINES[0],)), "1 -2"),
    (programs.program_text((LINES[0],)), "1 two"),
]


@pytest.mark.parametrize(("program", "line"), FOREIGN)
def test_other_programs_are_not_parsed(program: str, line: str) -> None:
    assert programs.parse(OutputCheck(program=program, input=line, output="1")) is None


def test_loaders_take_names() -> None:
    assert load_problems("miniature", split="tune", count=7, seed=2, depths=[4]) == programs.problems("tune", 7, 2, [4])
    assert load_problems("snippets", split="tune", count=7, seed=2) == programs.snippets("tune", 7, 2)


@pytest.mark.parametrize(
    ("split", "depths", "message"),
    [
        ("dev", [2], "no split 'dev'; choose one of train, tune, test"),
        ("test", [1], "no programs of depth 1 in test; use 2 to 6"),
        ("train", [7], "no programs of depth 7 in train; use 1 to 6"),
        ("train", [], "no depths given; use some of 1 to 6"),
    ],
)
def test_what_does_not_exist_is_refused(split: str, depths: list[int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_problems("miniature", split=split, count=1, depths=depths)
