"""Released traces: s1K-1.1, LIMO, OpenThoughts3 and the Valley paper's splits, in rows of their true forms."""

from pathlib import Path
from typing import Any

import pytest

from tests.sources import jsonl, parquet, says_what_is_missing
from thalweg.errors import InputError
from thalweg.problems import limo, load_problems, openthoughts, s1k, schemas_of, valley_reasoning
from thalweg.problems.limo import read_limo
from thalweg.problems.openthoughts import read_openthoughts
from thalweg.problems.s1k import read_s1k
from thalweg.problems.traces import NEVER
from thalweg.problems.valley_reasoning import read_valley_reasoning
from thalweg.store import BadRow
from thalweg.types import MathCheck

S1K = {
    "solution": "Adding gives $\\boxed{3}$.",
    "question": "Add 1 and 2.",
    "cot_type": "math",
    "source_type": "qq8933/AIME_1983_2024",
    "metadata": "{'Year': 1999}",
    "gemini_thinking_trajectory": "1 and 2 …",
    "gemini_attempt": "It is 3.",
    "deepseek_thinking_trajectory": "Okay, 1 and 2 …",
    "deepseek_attempt": "The sum is 3.",
    "gemini_grade": "Yes",
    "deepseek_grade": "Yes",
}
LIMO = {"question": "Add 1 and 2.", "solution": "Okay, so …\n\n**Final Answer**\n\n\\boxed{3}", "answer": "3"}
TALK = [
    {"from": "human", "value": "Add 1 and 2."},
    {"from": "gpt", "value": "<think>\nOkay\n</think>\n\n\\boxed{3}"},
]
THOUGHTS = {"difficulty": None, "source": "ai2-adapt-dev/openmath-2-math", "domain": "math", "conversations": TALK}


@pytest.mark.parametrize(
    ("read", "schema", "row"),
    [
        (read_s1k, s1k.SCHEMA, S1K),
        (read_limo, limo.SCHEMA, LIMO),
        (read_openthoughts, openthoughts.SCHEMA, THOUGHTS),
    ],
)
def test_columns_that_are_gone_are_named(tmp_path: Path, read: Any, schema: Any, row: Any) -> None:
    says_what_is_missing(read, schema, row, tmp_path)


# --------------------------------------------------------------------------- s1K


@pytest.mark.parametrize(
    ("teacher", "model", "thinking", "answer"),
    [
        ("deepseek", "deepseek-r1", "Okay, 1 and 2 …", "The sum is 3."),
        ("gemini", "gemini-2.0-flash-thinking-exp", "1 and 2 …", "It is 3."),
    ],
)
def test_s1k_of_either_teacher(tmp_path: Path, teacher: Any, model: str, thinking: str, answer: str) -> None:
    ((problem, response, _),) = read_s1k(parquet(tmp_path / "train-0.parquet", S1K), teacher=teacher)
    assert response is not None
    assert (response.model, response.thinking, response.answer, response.text) == (model, thinking, answer, None)
    assert (problem.statement, problem.check) == ("Add 1 and 2.", MathCheck(answer="3"))
    assert (problem.difficulty, problem.license, response.problem_id) == ("math", "MIT", problem.id)


@pytest.mark.parametrize(
    ("solution", "check"),
    [
        ("42", MathCheck(answer="42")),
        ("$\\frac{1}{2}$ ", MathCheck(answer="$\\frac{1}{2}$")),
        ("First note that the triangle is right-angled, hence the claim.", NEVER),
        ("7\nor more", NEVER),
        ("", NEVER),
    ],
)
def test_what_can_be_compared_of_a_solution(tmp_path: Path, solution: str, check: Any) -> None:
    ((problem, _, _),) = read_s1k(jsonl(tmp_path / "s.jsonl", {**S1K, "solution": solution}))
    assert problem.check == check


# --------------------------------------------------------------------------- LIMO


def test_limo(tmp_path: Path) -> None:
    ((problem, response, _),) = read_limo(jsonl(tmp_path / "limo.jsonl", LIMO))
    assert response is not None
    assert (problem.check, problem.license) == (MathCheck(answer="3"), "Apache-2.0")
    assert (response.text, response.thinking, response.model) == (LIMO["solution"], None, "limo")


# --------------------------------------------------------------------------- OpenThoughts


def test_openthoughts_counts_the_samples_of_a_question(tmp_path: Path) -> None:
    other = {**THOUGHTS, "domain": "code", "difficulty": 8, "conversations": [{"from": "human", "value": "b"}, TALK[1]]}
    items = list(read_openthoughts(parquet(tmp_path / "t.parquet", THOUGHTS, other, THOUGHTS)))
    responses = [item.response for item in items if item.response]
    assert [(r.sample, r.model, r.thinking) for r in responses] == [
        (0, "QwQ-32B", "\nOkay\n"),
        (0, "QwQ-32B", "\nOkay\n"),
        (1, "QwQ-32B", "\nOkay\n"),
    ]
    assert [item.problem.difficulty for item in items] == [None, "8", None]
    assert all(item.problem.check == NEVER for item in items)
    assert [i.problem.statement for i in read_openthoughts(tmp_path / "t.parquet", domain="code")] == ["b"]


def test_the_boxed_answer_is_the_reference_only_when_asked_for(tmp_path: Path) -> None:
    unfinished = {**THOUGHTS, "conversations": [TALK[0], {"from": "gpt", "value": "<think>\nOkay"}]}
    path = str(jsonl(tmp_path / "t.jsonl", unfinished, THOUGHTS))
    [problem] = load_problems("openthoughts", path=path, options={"check": "boxed"})
    assert problem.check == MathCheck(answer="3")


def test_other_turns_go_aside(tmp_path: Path) -> None:
    bad: list[BadRow] = []
    path = jsonl(tmp_path / "t.jsonl", {**THOUGHTS, "conversations": TALK[:1]}, THOUGHTS)
    assert len(list(read_openthoughts(path, on_bad=bad.append))) == 1
    assert [row.where for row in bad] == [f"{path}:1"]


# --------------------------------------------------------------------------- the Valley paper's

TURNS = {"messages": [{"role": "user", "content": "Add."}, {"role": "assistant", "content": "<think>a</think>b"}]}


@pytest.mark.parametrize(
    "row",
    [
        TURNS,
        {"conversations": [{"from": "human", "value": "Add."}, {"from": "gpt", "value": "<think>a</think>b"}]},
        {"instruction": "Add.", "output": "<think>a</think>b"},
        {"input": "Add.", "response": "<think>a</think>b"},
        {"instruction": "Add.", "input": "", "output": "<think>a</think>b"},
    ],
)
def test_the_valley_papers_rows_in_either_form(tmp_path: Path, row: Any) -> None:
    ((problem, response, _),) = read_valley_reasoning(jsonl(tmp_path / "v.jsonl", row))
    assert response is not None
    assert (problem.statement, problem.check, problem.license) == ("Add.", NEVER, "MIT")
    assert (response.thinking, response.answer) == ("a", "b")


def test_a_subset_is_chosen_by_name(tmp_path: Path) -> None:
    for name in ("train_1k", "train_30k", "correct_6k"):
        turns = [{"role": "user", "content": name}, TURNS["messages"][1]]
        jsonl(tmp_path / name / "train.jsonl", {"messages": turns})
    assert [i.problem.statement for i in read_valley_reasoning(tmp_path)] == ["train_30k"]
    assert [i.problem.statement for i in read_valley_reasoning(tmp_path, subset="correct_6k")] == ["correct_6k"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"question": "a", "trace": "b"}, r"of no form that is known; expected messages, .*found are question, trace"),
        ({"prompt": "a"}, "found are prompt; name them with source 'pairs'"),
        ({"prompt": ["a"], "output": "b"}, "column 'instruction' holds a list, not text"),
    ],
)
def test_other_forms_are_refused_with_what_is_there(tmp_path: Path, row: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        list(read_valley_reasoning(jsonl(tmp_path / "v.jsonl", row)))


def test_what_is_not_documented_says_so() -> None:
    assert {schema.documented for schema in schemas_of("valley_reasoning")} == {valley_reasoning.TURNS.documented}
    assert "not documented" in valley_reasoning.TURNS.documented
