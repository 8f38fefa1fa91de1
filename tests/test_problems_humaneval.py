"""HumanEval, and MBPP's sanitized subset: rows of their true form become problems that judge programs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benches import open_bench
from tests.sources import Row, jsonl, parquet, says_what_is_missing, statuses
from thalweg.errors import InputError
from thalweg.grade import grade
from thalweg.grade.bench import Bench
from thalweg.grade.code import validate
from thalweg.problems import humaneval, mbpp
from thalweg.problems.humaneval import read_humaneval
from thalweg.problems.mbpp import read_mbpp
from thalweg.types import Response

PLAIN = {
    "task_id": "HumanEval/900",
    "prompt": '\n\ndef largest(items: list):\n    """ The largest item.\n    >>> largest([1, 2])\n    2\n    """\n',
    "canonical_solution": "    return max(items)\n",
    "test": "\n\nMETADATA = {\n    'author': 'jt',\n    'dataset': 'test'\n}\n\n\ndef check(candidate):\n"
    "    assert candidate([1, 2]) == 2\n    assert candidate([-3, -7]) == -3\n\n",
    "entry_point": "largest",
}
# A helper in the prompt that the tests call, imports, and a tolerance: as some of the true rows have them.
HELPER = {
    "task_id": "HumanEval/901",
    "prompt": "import math\nfrom typing import List\n\n\ndef line(xs: List[float], x: float):\n"
    '    """ Evaluates a line at x. """\n    return xs[0] + xs[1] * x\n\n\n'
    'def root(xs: List[float]):\n    """ Where the line is zero.\n    >>> root([1, 2])\n    -0.5\n    """\n',
    "canonical_solution": "    return -xs[0] / xs[1]\n",
    "test": "\n\nMETADATA = {}\n\n\ndef check(candidate):\n    import math\n"
    "    assert abs(line([1.0, 2.0], candidate([1.0, 2.0]))) < 1e-6\n"
    "    xs = [3.0, -4.0]\n    assert math.isclose(candidate(xs), 0.75, rel_tol=1e-6)\n",
    "entry_point": "root",
}
LOOP = {
    "task_id": "HumanEval/902",
    "prompt": 'def twice(n: int) -> int:\n    """ Twice n. """\n',
    "canonical_solution": "    return 2 * n\n",
    "test": "def check(candidate):\n    import random\n    for _ in range(5):\n        n = random.randint(0, 9)\n"
    "        assert candidate(n) == n + n\n",
    "entry_point": "twice",
}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as bench:
        yield bench


def test_a_problem(tmp_path: Path) -> None:
    ((problem, response, _),) = read_humaneval(parquet(tmp_path / "test.parquet", PLAIN))
    assert response is None
    assert (problem.id, problem.source, problem.license) == ("humaneval/900", "humaneval", "MIT")
    assert problem.statement.startswith("Complete the function `largest`:\n\n```python\ndef largest(")
    assert "METADATA" not in problem.statement


@pytest.mark.parametrize("row", [PLAIN, HELPER, LOOP], ids=lambda row: row["entry_point"])
def test_the_canonical_solution_passes_and_another_fails(bench: Bench, row: Row, tmp_path: Path) -> None:
    ((problem, _, _),) = read_humaneval(jsonl(tmp_path / "test.jsonl", row))
    validate(problem.check)
    right = row["prompt"] + row["canonical_solution"]
    wrong = row["prompt"] + "    return 10 ** 9\n"
    assert statuses(bench, problem, right, wrong) == ["correct", "incorrect"]


def test_an_answer_need_not_repeat_the_helpers(bench: Bench, tmp_path: Path) -> None:
    ((problem, _, _),) = read_humaneval(jsonl(tmp_path / "test.jsonl", HELPER))
    alone = "def root(xs: List[float]):\n    return -xs[0] / xs[1]"
    redefined = alone + "\ndef line(xs, x):\n    return 0.0"
    wrong_behind_it = "def line(xs, x):\n    return 0.0\ndef root(xs):\n    return 0.75"
    assert statuses(bench, problem, alone, redefined, wrong_behind_it) == ["correct", "correct", "incorrect"]


def test_how_strong_the_verdicts_are(bench: Bench, tmp_path: Path) -> None:
    items = list(read_humaneval(jsonl(tmp_path / "test.jsonl", PLAIN, HELPER, LOOP)))
    answers = [row["prompt"] + row["canonical_solution"] for row in (PLAIN, HELPER, LOOP)]
    verdicts = [
        grade(item.problem, Response(id="r", problem_id=item.problem.id, model="m", answer=answer), bench)
        for item, answer in zip(items, answers, strict=True)
    ]
    assert [(one.status, one.strength) for one in verdicts] == [
        ("correct", "strong"),
        ("correct", "strong"),
        ("correct", "weak"),  # a loop runs with the program
    ]


def test_a_prompt_without_the_function(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'prompt' does not define 'smallest'"):
        list(read_humaneval(jsonl(tmp_path / "test.jsonl", PLAIN | {"entry_point": "smallest"})))


SANITIZED: Row = {
    "source_file": "Benchmark Questions Verification V2.ipynb",
    "task_id": 990,
    "prompt": "Write a function to find the root of a number.",
    "code": "import math\ndef root(x):\n  return math.sqrt(x)",
    "test_imports": ["import math"],
    "test_list": ["assert math.isclose(root(2), 1.41421, rel_tol=1e-4)", "assert root(9) == 3"],
}


def test_mbpp_sanitized(bench: Bench, tmp_path: Path) -> None:
    ((problem, _, _),) = read_mbpp(parquet(tmp_path / "test.parquet", SANITIZED), subset="sanitized")
    assert (problem.id, problem.source, problem.license) == ("mbpp/990", "mbpp", "CC-BY-4.0")
    assert problem.statement == (
        "Write a function to find the root of a number.\n\nYour code must pass this test:\n\n"
        "assert math.isclose(root(2), 1.41421, rel_tol=1e-4)"
    )
    assert statuses(bench, problem, SANITIZED["code"], "def root(x):\n  return x / 3") == ["correct", "incorrect"]


@pytest.mark.parametrize(
    ("read", "schema", "row", "options"),
    [
        (read_humaneval, humaneval.SCHEMA, PLAIN, {}),
        (read_mbpp, mbpp.SCHEMA_SANITIZED, SANITIZED, {"subset": "sanitized"}),
    ],
)
def test_missing_columns_are_named(read: Any, schema: Any, row: Row, options: Row, tmp_path: Path) -> None:
    says_what_is_missing(read, schema, row, tmp_path, **options)
