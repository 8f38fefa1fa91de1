r"""MATH, MATH-500, AIME, GPQA and reasoning-gym: rows of their true forms become problems that can be graded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benches import open_bench
from tests.sources import jsonl, says_what_is_missing
from thalweg import store
from thalweg.errors import InputError
from thalweg.grade.bench import Bench
from thalweg.grade.grader import grade
from thalweg.problems import aime, gpqa, load_problems, math, math500
from thalweg.problems.aime import read_aime
from thalweg.problems.boxed import last_boxed
from thalweg.problems.gpqa import read_gpqa
from thalweg.problems.math import read_math
from thalweg.problems.math500 import read_math500
from thalweg.problems.reasoning_gym import read_reasoning_gym
from thalweg.types import MathCheck, Problem, ReasoningGymCheck, Response

MATH = {
    "problem": "What is $\\frac{1}{2}$ of $7$?",
    "level": "Level 2",
    "type": "Prealgebra",
    "solution": "Half of $7$ is $\\boxed{\\frac{7}{2}}$, not $\\boxed{3}$ \\ldots or rather $\\boxed{\\frac{7}{2}}$.",
}
MATH500 = {
    "problem": "Add $1$ and $2$.",
    "solution": "$\\boxed{3}$",
    "answer": "3",
    "subject": "Algebra",
    "level": 5,
    "unique_id": "test/algebra/17.json",
}
AIME24 = {
    "id": 61,
    "problem": "How many are there?",
    "solution": "…",
    "answer": "073",
    "url": "https://artofproblemsolving.com/wiki/x",
    "year": "2024",
}
AIME25 = {"problem": "How many are there?", "answer": "73", "id": "0"}
CAPITALS = {"ID": "2024-I-4", "Problem": "How many are there?", "Solution": "…", "Answer": 73}
QUESTION = {"question": "How many are there?", "answer": "336^\\circ"}
GPQA = {
    "Question": "Which gas is lightest?\n",
    "Correct Answer": "Hydrogen\n",
    "Incorrect Answer 1": "Helium",
    "Incorrect Answer 2": "Neon",
    "Incorrect Answer 3": "Argon",
    "Explanation": "It has the least mass.",
    "Record ID": "recXYZ",
    "High-level domain": "Chemistry",
    "Subdomain": "Chemistry (general)",
    "Canary String": "canary 1234",
}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as opened:
        yield opened


def status(problem: Problem, answer: str, bench: Bench | None = None) -> str:
    return grade(problem, Response(id="r", problem_id=problem.id, model="m", text=answer, answer=answer), bench).status


def graded(problem: Problem, right: str, wrong: str, bench: Bench) -> None:
    assert status(problem, right, bench) == "correct"
    assert status(problem, wrong, bench) == "incorrect"


# --------------------------------------------------------------------------- boxes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\boxed{4}", "4"),
        (r"\boxed{1} and \fbox{2}", "2"),
        (r"\fbox{2} and \boxed{1}", "1"),
        (r"\boxed{\frac{1}{2}} done", r"\frac{1}{2}"),
        (r"\boxed{ \{1, 2\} }", r"\{1, 2\}"),
        (r"$\boxed 3$.", "3"),
        (r"\boxed{}", None),
        (r"\boxed{never closed", None),
        ("4", None),
    ],
)
def test_the_last_box(text: str, expected: str | None) -> None:
    assert last_boxed(text) == expected


@given(st.text(alphabet="ab{}\\ 1", max_size=12))
def test_what_is_balanced_comes_back_from_its_box(inside: str) -> None:
    depth, balanced = 0, True
    for index, letter in enumerate(inside):
        if letter in "{}" and (index == 0 or inside[index - 1] != "\\"):
            depth += 1 if letter == "{" else -1
            balanced &= depth >= 0
    if depth == 0 and balanced and inside.strip() and not inside.endswith("\\") and inside[0] != "\\":
        assert last_boxed(rf"x \boxed{{{inside}}} y") == inside.strip()


# --------------------------------------------------------------------------- columns


@pytest.mark.parametrize(
    ("read", "schema", "row"),
    [
        (read_math, math.SCHEMA, MATH),
        (read_math500, math500.SCHEMA, MATH500),
        (read_aime, aime.SCHEMA, AIME24),
        (read_gpqa, gpqa.SCHEMA, GPQA),
    ],
)
def test_columns_that_are_gone_are_named(tmp_path: Path, read: Any, schema: Any, row: Any) -> None:
    says_what_is_missing(read, schema, row, tmp_path)


# --------------------------------------------------------------------------- math


def test_math(tmp_path: Path, bench: Bench) -> None:
    ((problem, _, _),) = read_math(jsonl(tmp_path / "m.jsonl", MATH))
    assert problem.check == MathCheck(answer=r"\frac{7}{2}")
    assert (problem.source, problem.difficulty, problem.license) == ("math", "2", "MIT")
    assert problem.id.startswith("math/")
    graded(problem, r"so \boxed{3.5}", r"so \boxed{3}", bench)


def test_levels_are_chosen(tmp_path: Path) -> None:
    rows = [{**MATH, "problem": level, "level": f"Level {level}"} for level in ("1", "2", "5", "?")]
    path = str(jsonl(tmp_path / "m.jsonl", *rows))
    assert [p.statement for p in load_problems("math", path=path, options={"level": "2,5"})] == ["2", "5"]
    assert len(load_problems("math", path=path)) == 4
    other = str(jsonl(tmp_path / "500.jsonl", MATH500, {**MATH500, "level": 1, "unique_id": "b"}))
    assert [p.difficulty for p in load_problems("math500", path=other, options={"level": [5]})] == ["5"]


def test_a_copy_of_the_hub_gives_its_split(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for split in ("train", "test"):
        jsonl(tmp_path / "data" / f"{split}-00000-of-00001.jsonl", {**MATH, "problem": split})
    assert [item.problem.statement for item in read_math(tmp_path, split="test")] == ["test"]


def test_math_500(tmp_path: Path, bench: Bench) -> None:
    ((problem, _, _),) = read_math500(jsonl(tmp_path / "m.jsonl", MATH500))
    assert (problem.id, problem.check) == ("math500/test/algebra/17", MathCheck(answer="3"))
    graded(problem, "The answer is 3.", "The answer is 4.", bench)


@pytest.mark.parametrize(
    ("row", "year", "problem_id", "answer", "terms"),
    [
        (AIME24, 2024, "aime/2024/61", "73", "not stated"),
        (AIME25, 2025, "aime/2025/0", "73", "not stated"),
        (CAPITALS, 2024, "aime/2024/2024-I-4", "73", "MIT"),
        (QUESTION, 2025, "aime/2025/1", "336", "MIT"),
    ],
)
def test_aime_in_its_forms(tmp_path: Path, row: Any, year: int, problem_id: str, answer: str, terms: str) -> None:
    ((problem, _, _),) = read_aime(jsonl(tmp_path / "a.jsonl", row), year)
    assert (problem.id, problem.check, problem.license) == (problem_id, MathCheck(answer=answer), terms)
    assert (problem.statement, problem.date, problem.source) == ("How many are there?", str(year), "aime")


@pytest.mark.parametrize(
    ("row", "year", "words"),
    [
        (AIME24, 2023, "year 2023 is not known; use 2024 or 2025"),
        ({**AIME24, "answer": "1000"}, 2024, "its answer '1000' is no whole number from 0 to 999"),
        ({**AIME24, "answer": "7.5"}, 2024, "its answer '7.5'"),
    ],
)
def test_what_is_no_aime_is_refused(tmp_path: Path, row: Any, year: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        list(read_aime(jsonl(tmp_path / "a.jsonl", row), year))


# --------------------------------------------------------------------------- choices


def test_gpqa(tmp_path: Path, bench: Bench) -> None:
    ((problem, _, _),) = read_gpqa(jsonl(tmp_path / "g.jsonl", GPQA))
    lines = problem.statement.splitlines()
    assert lines[:2] == ["Which gas is lightest?", ""]
    assert [line[:3] for line in lines[2:]] == ["A) ", "B) ", "C) ", "D) "]
    assert isinstance(problem.check, MathCheck)
    assert f"{problem.check.answer}) Hydrogen" in lines
    assert (problem.id, problem.difficulty) == ("gpqa/recXYZ", "Chemistry")
    assert problem.license == "CC-BY-4.0; canary 1234"
    wrong = "ABCD"[("ABCD".index(problem.check.answer) + 1) % 4]
    graded(problem, f"The answer is ({problem.check.answer}).", f"The answer is ({wrong}).", bench)


def test_letters_depend_on_seed_and_record_alone(tmp_path: Path) -> None:
    rows = [{**GPQA, "Record ID": f"rec{number}"} for number in range(40)]
    path = jsonl(tmp_path / "g.jsonl", *rows)
    letters = [item.problem.check.answer for item in read_gpqa(path) if isinstance(item.problem.check, MathCheck)]
    assert set(letters) == set("ABCD")
    alone = jsonl(tmp_path / "alone.jsonl", rows[7])
    ((problem, _, _),) = read_gpqa(alone)
    assert problem == [item.problem for item in read_gpqa(path)][7]
    assert [i.problem.statement for i in read_gpqa(path, seed=1)] != [i.problem.statement for i in read_gpqa(path)]


def test_gpqa_from_its_csv(tmp_path: Path) -> None:
    import csv

    for name in ("gpqa_main.csv", "gpqa_diamond.csv"):
        with open(tmp_path / name, "w", newline="") as file:
            out = csv.DictWriter(file, list(GPQA))
            out.writeheader()
            out.writerow({**GPQA, "Record ID": name})
    assert [item.problem.id for item in read_gpqa(tmp_path)] == ["gpqa/gpqa_diamond.csv"]
    ((problem, _, _),) = read_gpqa(tmp_path / "gpqa_main.csv")
    assert "Hydrogen" in problem.statement


def test_without_access_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import SimpleNamespace

    def load_dataset(*_: Any, **__: Any) -> Any:
        raise FileNotFoundError("Dataset 'Idavidrein/gpqa' is a gated dataset on the Hub.")

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    with pytest.raises(InputError, match=r"is a gated dataset.*accept the terms on https://.*hf auth login"):
        list(read_gpqa())


def test_choices_that_are_the_same_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two of its choices are the same"):
        list(read_gpqa(jsonl(tmp_path / "g.jsonl", {**GPQA, "Incorrect Answer 2": "Helium "})))


# --------------------------------------------------------------------------- reasoning-gym


def test_reasoning_gym_by_task_level_and_seed(bench: Bench) -> None:
    items = list(read_reasoning_gym(["leg_counting", "ab"], 3, seed=4, level=1))
    problems = [item.problem for item in items]
    assert [p.id.split("/", 2)[2] for p in problems] == ["leg_counting/1/4/0", "ab/1/4/0", "leg_counting/1/4/1"]
    assert problems == [item.problem for item in read_reasoning_gym(["leg_counting", "ab"], 3, seed=4, level=1)]
    assert problems[0].statement != next(read_reasoning_gym(["leg_counting"], 1, seed=5, level=1)).problem.statement
    check = problems[0].check
    assert isinstance(check, ReasoningGymCheck)
    assert (problems[0].difficulty, problems[0].license) == ("1", "Apache-2.0")
    stored = store.decode(Problem, store.encode(problems[0]), "here")
    graded(stored, check.entry["answer"], str(int(check.entry["answer"]) + 1), bench)


def test_levels_are_a_ladder() -> None:
    lengths = [
        sum(len(item.problem.statement) for item in read_reasoning_gym(["leg_counting"], 10, level=level))
        for level in (0, 2, 99)
    ]
    assert lengths[0] < lengths[1] < lengths[2]


@pytest.mark.parametrize(
    ("task", "level", "words"),
    [
        ("legs", None, "the installed version has no such task; use one of ab, "),
        ("leg_counting", -1, "level -1 is below 0"),
        ("composite", 1, "it has no levels"),
    ],
)
def test_tasks_and_levels_that_are_not_there(task: str, level: int | None, words: str) -> None:
    with pytest.raises(InputError, match=words):
        list(read_reasoning_gym([task], 1, level=level))
