"""Prompt sets: what each kind of problem gets, and that graders read what the prompts ask for."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tests.benches import open_bench
from tests.tiny import CHATML, tiny_tokenizer
from thalweg.chat import KINDS, OPEN, Prompt, kind_of, render
from thalweg.curate.corpus import examples
from thalweg.errors import InputError
from thalweg.generate.prompts import SETS, first_prompts, prompt_set
from thalweg.grade import Bench, grade_all
from thalweg.study.config import parse
from thalweg.study.sections import PromptConfig
from thalweg.thinking import with_parts
from thalweg.types import (
    AssertCheck,
    CallCheck,
    Check,
    CheckerCheck,
    MathCheck,
    OutputCheck,
    PredicateCheck,
    Problem,
    ReasoningGymCheck,
    Response,
    StdinCheck,
    TextCheck,
    UnittestCheck,
)

DOUBLE = "def double(x):\n    return 2 * x\n"
STDIN = "print(2 * int(input()))"
UNITTEST = """
import unittest, solution
class T(unittest.TestCase):
    def test(self):
        assert solution.double(2) == 4
"""
CHECKS: dict[str, Check] = {
    "stdin": StdinCheck(tests=({"input": "2", "output": "4"},)),
    "call": CallCheck(entry_point="double", tests=({"args": [2], "output": 4},)),
    "assert": AssertCheck(asserts=("assert double(2) == 4",)),
    "unittest": UnittestCheck(files={"test_solution.py": UNITTEST}),
    "predicate": PredicateCheck(source="def sat(x: int):\n    return x == 4\n"),
    "output": OutputCheck(program="print(2 * int(input()))", input="2", output="4"),
    "checker": CheckerCheck(
        source="def check(input, expected, actual):\n    return actual.strip() == expected\n",
        tests=({"input": "2", "output": "4"},),
    ),
    "math": MathCheck(answer="4"),
    "text": TextCheck(answer="four"),
    "reasoning_gym": ReasoningGymCheck(task="chain_sum", entry={"answer": "4", "metadata": {}}),
    "open": TextCheck(answer=""),
}


def problem(kind: str, statement: str = "Double {statement} and {entry_point}.") -> Problem:
    return Problem(id=f"p/{kind}", statement=statement, check=CHECKS[kind])


def test_the_kinds_are_those_of_the_checks() -> None:
    assert set(CHECKS) == set(KINDS)
    assert [kind_of(problem(kind)) for kind in KINDS] == list(KINDS)


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_of_known_kinds_and_keeps_statements_as_they_are(name: str) -> None:
    prompt = Prompt(templates=prompt_set(name))
    for kind in KINDS:
        turn = prompt.user_turn(problem(kind))
        assert "Double {statement} and {entry_point}." in turn
        assert ("`double`" in turn) == (kind == "call" and "call" in SETS[name] and name != "python")
        assert (turn == problem(kind).statement) == (kind not in SETS[name])
    assert set(SETS[name]) <= set(KINDS) - {OPEN}


def test_auto_has_a_form_for_every_kind_that_is_checked() -> None:
    assert set(SETS["auto"]) == set(KINDS) - {OPEN}


def test_hashes_tell_words_apart_and_stay_what_they_were() -> None:
    # What scores of earlier versions hold.
    assert Prompt().hash == "6423f437deb6b2cf"
    assert Prompt(template="Q: {statement}", system="s", chat="none").hash == "8690060174f5e749"
    hashes = {Prompt(templates=templates).hash for templates in SETS.values()}
    assert len(hashes) == len(SETS)
    reworded = {**SETS["auto"], "math": "{statement} Box it."}
    assert Prompt(templates=reworded).hash not in hashes
    assert Prompt(templates=dict(reversed(reworded.items()))).hash == Prompt(templates=reworded).hash
    assert Prompt(**asdict(Prompt(templates=reworded))) == Prompt(templates=reworded)


def test_an_unknown_set_names_those_there_are() -> None:
    with pytest.raises(InputError, match=r"--prompt: no set of prompts 'mine'; use one of plain, python"):
        prompt_set("mine", "--prompt")


def test_the_first_prompt_of_each_kind_is_shown_whole() -> None:
    rows = [problem("math"), replace(problem("math"), id="later"), problem("stdin")]
    prompt = Prompt(templates=SETS["auto"], system="Be brief.")
    shown = first_prompts(rows, prompt)
    assert [(one.kind, one.problem_id) for one in shown] == [("math", "p/math"), ("stdin", "p/stdin")]
    text = shown[0].text(prompt)
    assert f"problem p/math, prompt hash {prompt.hash}" in text
    assert text.endswith("[system]\nBe brief.\n[user]\n" + prompt.user_turn(rows[0]))
    tokenizer = tiny_tokenizer(CHATML)
    read = shown[0].text(prompt, lambda turn: render(tokenizer, turn, prompt))
    assert read.endswith(render(tokenizer, prompt.user_turn(rows[0]), prompt))


def test_a_corpus_holds_the_turn_of_each_kind() -> None:
    prompt, rows = Prompt(templates=SETS["auto"]), {p.id: p for p in map(problem, ("math", "stdin"))}
    answers = [Response(id=key, problem_id=key, model="m", text="4") for key in rows]
    assert [row.prompt for row in examples(answers, rows, prompt, "a")] == [prompt.user_turn(p) for p in rows.values()]


# --------------------------------------------------------------------------- what is asked for is what is graded


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as opened:
        yield opened


ANSWERS = {
    "stdin": STDIN,
    "checker": STDIN,
    "call": DOUBLE,
    "assert": DOUBLE,
    "unittest": DOUBLE,
    "predicate": "def sol():\n    return 4\n",
    "math": "4",
    "output": "4",
    "text": "four",
    "reasoning_gym": "4",
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("right", [True, False])
def test_an_answer_in_the_form_that_is_asked_for_is_read(kind: str, right: bool, bench: Bench) -> None:
    form = SETS["auto"][kind].replace("{statement}", "").replace("{entry_point}", "double")
    value = ANSWERS[kind] if right else ANSWERS[kind].replace("4", "5").replace("2", "3").replace("four", "five")
    for placeholder in ("# the program", "# the solution", "RESULT", "ANSWER"):
        form = form.replace(placeholder, value)
    answer = form.replace("\\boxed{}", f"\\boxed{{{value}}}")
    response = with_parts(Response(id="r", problem_id=f"p/{kind}", model="m", text=f"<think>5, 3?</think>{answer}"))
    (verdict,) = grade_all({f"p/{kind}": problem(kind)}, [response], bench)
    assert verdict.status == ("correct" if right else "incorrect"), verdict


# --------------------------------------------------------------------------- in a study


def test_a_study_names_a_set() -> None:
    config = PromptConfig.model_validate({"set": "auto", "system": "s"})
    assert config.prompt() == Prompt(templates=SETS["auto"], system="s")
    assert config.mark == config.prompt().fields, "fingerprints rest on the words"
    assert PromptConfig.of(config.prompt()).prompt() == config.prompt()
    own = PromptConfig.model_validate({"template": "Q: {statement}", "templates": {"math": "{statement} Box it."}})
    assert own.prompt().user_turn(problem("math", "1?")) == "1? Box it."
    assert own.prompt().user_turn(problem("text", "1?")) == "Q: 1?"


def test_fingerprints_without_a_set_are_those_of_one_template() -> None:
    assert PromptConfig().mark == {"template": "{statement}", "system": None, "chat": "tokenizer"}


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ({"set": "mine"}, "no set of prompts 'mine', there are plain, python"),
        ({"set": "auto", "template": "Q: {statement}"}, "leave 'template' and 'templates' out"),
        ({"templates": {"maths": "{statement}"}}, "no kind of problem 'maths', there are stdin"),
        ({"templates": {"math": "hello"}}, "the template of 'math' must hold {statement}"),
    ],
)
def test_prompts_that_cannot_be_are_refused(prompt: dict[str, Any], said: str, tmp_path: Path) -> None:
    from thalweg.recipes import copy
    from thalweg.study.config import load

    file = copy("miniature", tmp_path / "m")
    raw = load(file).config.model_dump(mode="json")
    with pytest.raises(InputError) as caught:
        parse({**raw, "prompt": prompt}, "study.yaml")
    assert said in str(caught.value)
