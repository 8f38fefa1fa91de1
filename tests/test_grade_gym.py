"""Answers to reasoning-gym's tasks: scores, the holes of the scorers, and entries that cannot be scored."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.errors import InputError
from thalweg.grade.bench import Bench
from thalweg.grade.gym import grade_reasoning_gym
from thalweg.grade.gym_holes import HOLES, refusal
from thalweg.sandbox import Job, Result, SandboxError
from thalweg.types import ReasoningGymCheck

from .benches import open_bench

LIFE = "[[0,1],[0,0]]"
CUT = {"question": "?", "metadata": {}}
COUNTDOWN = {"answer": "4 * 6", "metadata": {"numbers": [4, 6], "target": 24}}
TWENTY_FOUR = {"answer": "5 + 5 + 10 + 4", "metadata": {"numbers": [5, 5, 10, 4]}}
INTEGRAL = {"answer": "x**2 + C", "metadata": {"integrand": "2*x", "variable": "x"}}
PRODUCT = {"answer": "x**2 - 1", "metadata": {}}
COMPLEX = {"answer": "1.0 + 2.0i", "metadata": {"result": [1.0, 2.0]}}
BOARD = {"answer": "1 0\n0 1", "metadata": {}}
CODE = "__import__('os').abort()"
# Reaches for the library that scores it, without a word that looks like code.
SPELLED = "exec(chr(97)+chr(61)+chr(49))"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as opened:
        yield opened


def check(task: str, entry: Mapping[str, Any]) -> ReasoningGymCheck:
    return ReasoningGymCheck(task=task, entry={"metadata": {}, **entry})


# --------------------------------------------------------------------------- holes: (task, entry, answer, refused)

REFUSED: list[tuple[str, Mapping[str, Any], str]] = [
    ("game_of_life_halting", {"answer": "True"}, "False"),
    ("game_of_life_halting", {"answer": "True"}, "nobody knows"),
    ("complex_arithmetic", COMPLEX, "nan"),
    ("complex_arithmetic", COMPLEX, "NaN + NaNj"),
    ("complex_arithmetic", COMPLEX, "inf"),
    ("puzzle24", TWENTY_FOUR, "6 * 4 * 1 * 1"),
    ("puzzle24", TWENTY_FOUR, "5 + 5 + 10 + 5"),
    ("puzzle24", {"answer": "", "metadata": {"numbers": [7, 7, 2, 1]}}, "7 * 7 / 2 / 1"),
    ("puzzle24", TWENTY_FOUR, CODE),
    ("countdown", COUNTDOWN, "24"),
    ("countdown", COUNTDOWN, "4 * 6 * 1"),
    ("countdown", COUNTDOWN, "4 + 6"),
    ("countdown", COUNTDOWN, "4 * 6 / 0"),
    ("countdown", COUNTDOWN, SPELLED),
    ("countdown", COUNTDOWN, "(" * 500 + "4" + ")" * 500),
    ("letter_jumble", {"answer": "the cat"}, "the cat sat"),
    ("spell_backward", {"answer": "tac"}, "tac or something else"),
    ("coin_flip", {"answer": "0.00003"}, "0"),
    ("coin_flip", {"answer": "0.5"}, "0.51"),
    ("polynomial_equations", {"answer": ""}, "banana"),
    ("polynomial_equations", {"answer": "1.0"}, "nan"),
    ("fraction_simplification", {"answer": "1/2"}, "1/2 or 1/3"),
    ("binary_matrix", BOARD, CODE),
    ("spiral_matrix", BOARD, "exit()"),
    ("n_queens", BOARD, "[print(1)]"),
    ("string_insertion", {"answer": "AB"}, CODE),
    ("intermediate_integration", INTEGRAL, CODE),
    ("intermediate_integration", INTEGRAL, SPELLED),
    ("simple_integration", INTEGRAL, "(exec)(chr(97))"),
    ("simple_integration", INTEGRAL, "x.__class__"),
    ("simple_integration", INTEGRAL, "lambda: 1"),
    ("polynomial_multiplication", PRODUCT, "setattr(x, 'y', 1)"),
    ("polynomial_multiplication", PRODUCT, "x" + "+x" * 1_000),
]

LET_THROUGH: list[tuple[str, Mapping[str, Any], str]] = [
    ("game_of_life_halting", {"answer": "True"}, "true."),
    ("complex_arithmetic", COMPLEX, "1 + 2i"),
    ("puzzle24", TWENTY_FOUR, "(5 + 5) + (10 + 4)"),
    ("countdown", COUNTDOWN, "6 * 4"),
    ("countdown", {"answer": "", "metadata": {"numbers": [5, 2], "target": 2.5}}, "5 / 2"),
    ("letter_jumble", {"answer": "the cat"}, "teh act"),
    ("coin_flip", {"answer": "0.5"}, "1/2"),
    ("coin_flip", {"answer": "0.5"}, "a half"),
    ("polynomial_equations", {"answer": ""}, "No real solutions"),
    ("polynomial_equations", {"answer": "1.0"}, "1"),
    ("fraction_simplification", {"answer": r"$\frac{1}{2}$"}, r"$\frac{1}{2}$"),
    ("binary_matrix", BOARD, "1 0\n0 1"),
    ("simple_integration", INTEGRAL, "x**2 + C"),
    ("simple_integration", INTEGRAL, "-x**3*sin(x)/2.5 + exp(2*x) - Rational(1, 2)*sqrt(x) + C1"),
    ("maze", {"answer": "7"}, "anything at all"),
]


@pytest.mark.parametrize(("task", "entry", "answer"), REFUSED)
def test_wrong_answers_that_scorers_would_take_are_refused(task: str, entry: Mapping[str, Any], answer: str) -> None:
    assert refusal(task, answer, {"metadata": {}, **entry})


@pytest.mark.parametrize(("task", "entry", "answer"), LET_THROUGH)
def test_honest_answers_reach_the_scorer(task: str, entry: Mapping[str, Any], answer: str) -> None:
    assert refusal(task, answer, {"metadata": {}, **entry}) is None


@given(st.sampled_from(sorted(HOLES)), st.text(alphabet="0123456789+-*/()[], .xC\nanif", max_size=40))
def test_no_answer_breaks_a_guard(task: str, answer: str) -> None:
    entry = {"answer": "4 * 6", "metadata": {"numbers": [4, 6], "target": 24}}
    refusal(task, answer, entry)


def test_every_scorer_that_evaluates_answers_is_guarded() -> None:
    gym = pytest.importorskip("reasoning_gym.factory")
    evaluates = re.compile(r"(?<!\w)(?:eval|exec|sympify|(?:sympy|sp)\.parse_expr|parse_expr)\((?:user_)?answer")
    for task, (dataset, _) in gym.DATASETS.items():
        source = Path(__import__("inspect").getsourcefile(dataset)).read_text(encoding="utf-8")
        assert not evaluates.search(source) or task in HOLES, f"{task} evaluates answers"


# --------------------------------------------------------------------------- scores, in the sandbox

SCORED: list[tuple[str, Mapping[str, Any], str, str]] = [
    ("game_of_life", {"answer": LIFE}, f"<answer>{LIFE}</answer>", "correct"),
    ("game_of_life", {"answer": LIFE}, f"<answer>\n```json\n{LIFE}\n```\n</answer>", "correct"),
    ("game_of_life", {"answer": LIFE}, "[[0,1],[0,1]]", "incorrect"),
    ("base_conversion", {"answer": "1a"}, "The answer is 1A.", "incorrect"),
    ("base_conversion", {"answer": "1a"}, "The answer is `1a`.", "correct"),
    ("base_conversion", {"answer": "1" * 200}, "<answer>" + "1" * 201 + "</answer>", "incorrect"),
    ("mini_sudoku", {"answer": "1 2\n2 1", "metadata": {"solution": [[1, 2], [2, 1]]}}, "So:\n1 2\n2 1", "correct"),
    ("jugs", {"answer": '["No solution"]'}, '<answer>["No solution"]</answer>', "correct"),
    ("complex_arithmetic", COMPLEX, "<answer>1+2i</answer>", "correct"),
    ("complex_arithmetic", COMPLEX, "<answer>1.004 + 2.0i</answer>", "correct"),
    ("complex_arithmetic", COMPLEX, "<answer>1.1 + 2.0i</answer>", "incorrect"),
    ("puzzle24", TWENTY_FOUR, "<answer>4 + 10 + 5 + 5</answer>", "correct"),
    ("intermediate_integration", INTEGRAL, "<answer>C + x**2</answer>", "correct"),
    ("intermediate_integration", INTEGRAL, "<answer>x**3</answer>", "incorrect"),
    ("prime_factorization", {"answer": "2 × 3"}, "<answer>banana</answer>", "incorrect"),
    ("base_conversion", {"answer": "1a"}, " \n", "no_answer"),
]


@pytest.mark.parametrize(("task", "entry", "answer", "status"), SCORED)
def test_scores(bench: Bench, task: str, entry: Mapping[str, Any], answer: str, status: str) -> None:
    found = grade_reasoning_gym(check(task, entry), answer, bench)
    assert (found.status, found.passed, found.undecided) == (status, status == "correct", False)
    assert (found.detail is None) == (status == "correct")


def test_a_tolerance_is_that_of_the_problem(bench: Bench) -> None:
    # The task's default allows an error in the sixth decimal or so; this problem was made with more.
    entry = {"answer": "39.23604364", "config": {"min_num_decimal_places": 5, "max_num_decimal_places": 8}}
    near = "<answer>39.2360437</answer>"
    assert grade_reasoning_gym(check("decimal_arithmetic", {"answer": "39.23604364"}), near, bench).status == "correct"
    assert grade_reasoning_gym(check("decimal_arithmetic", entry), near, bench).status == "incorrect"


def test_a_scorer_that_comes_to_no_end_is_undecided(bench: Bench) -> None:
    tower = ReasoningGymCheck(task="polynomial_multiplication", entry={**PRODUCT}, timeout_s=1.0)
    found = grade_reasoning_gym(tower, "<answer>9**9**9**9</answer>", bench)
    assert (found.status, found.undecided) == ("incorrect", True)
    assert "no end" in str(found.detail)


@pytest.mark.parametrize(
    ("task", "entry", "problem"),
    [
        ("base_conversion", {"metadata": {}}, "'answer' is missing"),
        ("base_conversion", {"answer": 7, "metadata": {}}, "'answer' is missing or no text"),
        ("base_conversion", {"answer": "7", "metadata": [1]}, "'metadata' is not an object"),
        ("base_conversion", {"answer": "7", "config": 3}, "'config' is not an object"),
        ("no_such_task", {"answer": "7"}, "no such task"),
        ("base_conversion", {"answer": "7", "config": {"colour": 3}}, "cannot be scored"),
        ("mini_sudoku", {"answer": "1 2\n2 1"}, "cannot be scored"),
    ],
)
def test_entries_that_cannot_be_scored(bench: Bench, task: str, entry: Mapping[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        grade_reasoning_gym(ReasoningGymCheck(task=task, entry=entry), '<answer>{"0": 1}</answer>', bench)


def test_a_sandbox_that_says_nothing_failed() -> None:
    class Silent:
        isolation = "none"

        def run(self, job: Job) -> Result:
            assert job.driver == "gym"
            return Result(end="exit", code=1, stderr=b"Traceback")

    bench: Any = type("Bench", (), {"pool": lambda self, preload: Silent()})()  # noqa: ARG005
    with pytest.raises(SandboxError, match="Traceback"):
        grade_reasoning_gym(check("base_conversion", {"answer": "7"}), "8", bench)
