"""Miniature worlds: how they are drawn, their problems and traces, and the scores that ship."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.miniature import STUDENTS, programs, synthesis
from thalweg.miniature.programs import SPLITS, Split
from thalweg.miniature.world_tasks import examples, is_right, problems_of, side_in_worlds
from thalweg.miniature.worlds import (
    ACTIONS,
    ERRING,
    LOSSES,
    VARYING,
    Run,
    World,
    choices,
    runs,
    runs_file,
    worlds,
)
from thalweg.types import Cell, Cells, OutputCheck, Problem

LEARNING, HELD_OUT = worlds("learning"), worlds("held-out")
BASES = {world.student: world for world in worlds()}
NONE = Cell(n=0, correct=0)


def world_with(**wanted: object) -> World:
    """The first world whose fields are so."""
    return next(w for w in worlds() if all(getattr(w, field) == value for field, value in wanted.items()))


def run_of(correct: str = "0", responses: int = 4, **fields: object) -> Run:
    some: dict[str, object] = {"world": LEARNING[0].name, "kind": "rung", "size": 32}
    cells = Cells(thinking_finished=NONE, thinking_unfinished=NONE, direct_finished=NONE, direct_unfinished=NONE)
    rest = {"steps": 1, "tokens": 1, "seconds": 0.0, "responses": responses, "cells": cells, "looped": 0}
    return Run(**(some | rest | fields), correct=correct)  # type: ignore[arg-type]


# --------------------------------------------------------------------------- drawing


def test_there_are_enough_worlds_and_their_names_differ() -> None:
    assert len(LEARNING) >= 20
    assert len(HELD_OUT) >= 32
    assert worlds() == LEARNING + HELD_OUT
    assert len({world.name for world in worlds()}) == len(worlds())


def test_held_out_worlds_have_tasks_students_styles_and_recipes_that_no_learning_world_has() -> None:
    for field in ("student", "lines", "depths", "width"):
        made = {getattr(w, field) for w in HELD_OUT if w.student not in STUDENTS}
        assert not made & {getattr(w, field) for w in LEARNING}, field
    assert not {w.student for w in HELD_OUT} & {w.student for w in LEARNING}
    for field in ("teacher", "schedule", "task"):
        assert {getattr(w, field) for w in HELD_OUT} - {getattr(w, field) for w in LEARNING}, field


def test_worlds_of_a_base_share_its_task() -> None:
    for base in BASES.values():
        for world in worlds():
            if world.student == base.student:
                task = (world.task, world.lines, world.depths, world.largest, world.width, world.layers, world.split)
                assert task == (base.task, base.lines, base.depths, base.largest, base.width, base.layers, base.split)


@pytest.mark.parametrize("world", worlds(), ids=lambda world: world.name)
def test_a_world_is_whole(world: World) -> None:
    assert world.teacher != world.other_teacher
    assert world.sizes[3] == world.size
    assert world.sizes[-1] == 4 * world.size
    assert {"longer", "easier", "teacher"} <= set(world.actions) <= set(ACTIONS) - {"more", "stop"}
    assert ("samples" in world.actions) == (world.teacher in VARYING)
    assert ("unfiltered" in world.actions) == (world.teacher in ERRING)
    assert len(set(world.lines)) == len(world.lines)
    assert set(world.lines) <= set(synthesis.LINES)


# --------------------------------------------------------------------------- problems


@pytest.mark.parametrize("world", BASES.values(), ids=lambda world: world.student)
def test_no_program_and_no_problem_is_in_two_splits(world: World) -> None:
    seen: dict[Split, list[Problem]] = {split: problems_of(world, split, 150) for split in SPLITS}
    for one in SPLITS:
        assert len({problem.id for problem in seen[one]}) == 150
        for other in SPLITS:
            if other != one:
                assert not {p.statement for p in seen[one]} & {p.statement for p in seen[other]}
                longer = [{p.group for p in seen[split] if p.difficulty != "1"} for split in (one, other)]
                assert not longer[0] & longer[1]


@pytest.mark.parametrize("world", BASES.values(), ids=lambda world: world.student)
def test_the_first_problems_stay_the_first_and_another_seed_draws_others(world: World) -> None:
    many = problems_of(world, "train", 60)
    assert problems_of(world, "train", 25) == many[:25]
    others = {problem.statement for problem in problems_of(world, "train", 60, seed=1)}
    assert len(others - {problem.statement for problem in many}) > 40


@pytest.mark.parametrize("world", [w for w in BASES.values() if w.task == "output"], ids=lambda world: world.student)
def test_programs_are_of_the_world(world: World) -> None:
    for problem in problems_of(world, "test", 90):
        assert isinstance(problem.check, OutputCheck)
        parsed = programs.parse(problem.check, world.lines)
        assert parsed is not None
        program, given_ = parsed
        steps = programs.values(program, given_)
        assert str(len(program)) == problem.difficulty
        assert len(program) in world.depths
        assert programs.is_legal(steps, world.largest)
        assert problem.check.output == " ".join(map(str, steps[-1]))
        assert side_in_worlds(program) == "test"
        whole = programs.behaviour_of(program)
        shorter = [program[:at] + program[at + 1 :] for at in range(len(program))]
        assert whole not in map(programs.behaviour_of, shorter), "a line does nothing"


def test_single_lines_to_be_found_have_other_inputs_in_the_test() -> None:
    world = world_with(task="synthesis")
    test, train = problems_of(world, "test", 90), problems_of(world, "train", 900)
    assert Counter(problem.difficulty for problem in test)["1"] == 30
    assert not {problem.statement for problem in test} & {problem.statement for problem in train}


# --------------------------------------------------------------------------- rows


def test_a_rung_is_the_beginning_of_the_next() -> None:
    world = world_with(teacher="line")
    assert examples(world, 40)[:15] == examples(world, 15)


@pytest.mark.parametrize("world", [world_with(teacher=style) for style in ("erring", "repeating", "varied")])
def test_a_ladder_takes_right_traces_and_unfiltered_takes_all(world: World) -> None:
    problems = {problem.id: problem for problem in problems_of(world, "train", 400)}
    right, every = examples(world, 80), examples(world, 80, correct=False)
    assert len(right) == len(every) == 80
    assert all(is_right(problems[row.problem_id], row) for row in right)
    kept = [row for row in every if is_right(problems[row.problem_id], row)]
    assert kept == right[: len(kept)]
    assert 0.3 < len(kept) / 80 < 0.95


def test_the_easier_half_has_fewer_lines() -> None:
    world = world_with(student="miniature", teacher="line")
    depth = {problem.id: int(problem.difficulty or 0) for problem in problems_of(world, "train", 80)}
    easy, all_of = examples(world, 40, easiest_of=80), examples(world, 80)
    assert {row.problem_id for row in easy} <= {row.problem_id for row in all_of}
    taken = sorted(depth[row.problem_id] for row in easy)
    assert taken == sorted(depth.values())[:40]


def test_samples_are_different_traces_of_the_rungs_own_problems() -> None:
    world = world_with(teacher="rambling")
    rung, rows = examples(world, 20), examples(world, 20, samples=4)
    assert {row.problem_id for row in rows} == {row.problem_id for row in rung}
    assert set(rung) <= set(rows)
    assert len({row.text for row in rows}) == len(rows) > 60


def test_another_teacher_answers_the_same_problems() -> None:
    world = world_with(teacher="line")
    rows = examples(world, 10, teacher="double")
    assert [row.problem_id for row in rows] == [row.problem_id for row in examples(world, 10)]
    assert all(
        row.text.count("\n") > other.text.count("\n") for row, other in zip(rows, examples(world, 10), strict=True)
    )


# --------------------------------------------------------------------------- runs


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_a_mask_says_which_problems_were_solved(solved: list[bool]) -> None:
    run = run_of(f"{sum(hit << index for index, hit in enumerate(solved)):x}", responses=len(solved))
    assert run.mask == solved
    assert run.solved == sum(solved)


def test_choices_name_rungs_as_actions_and_leave_other_worlds_out() -> None:
    world = LEARNING[0]
    rungs = [run_of(size=size) for size in world.sizes]
    longer = run_of(kind="action", name="longer", size=world.size)
    elsewhere = replace(longer, world="elsewhere", name="easier")
    found = choices(world, [*rungs, longer, elsewhere])
    assert found == {"longer": longer, "more": rungs[-1], "stop": rungs[3]}
    assert choices(world, [longer]) == {"longer": longer}


@pytest.mark.skipif(not runs_file().exists(), reason="no runs ship yet")
def test_the_shipped_runs_are_of_these_worlds() -> None:
    shipped = runs()
    by_name = {world.name: world for world in worlds()}
    assert {run.world for run in shipped} <= set(by_name)
    assert runs("held-out") == [run for run in shipped if by_name[run.world].split == "held-out"]
    for name in dict.fromkeys(run.world for run in shipped):
        mine, world = [run for run in shipped if run.world == name], by_name[name]
        assert [run.kind for run in mine].count("start") == 1
        assert tuple(run.size for run in mine if run.kind == "rung") == world.sizes
        assert tuple(run.name for run in mine if run.kind == "action") == world.actions
        top = choices(world, mine)["more"]
        for run in mine:
            parts = [getattr(run.cells, field) for field in Cells.__slots__]
            assert sum(part.n for part in parts) == run.responses
            assert sum(part.correct for part in parts) == run.solved
            assert len(run.loss) == (0 if run.kind == "start" else LOSSES)
            if run.kind == "action":
                assert run.tokens == pytest.approx(top.tokens, rel=0.02), f"{name} {run.name} has another cost"
