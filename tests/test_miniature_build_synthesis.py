"""The second shipped student, and the program that makes it."""

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from thalweg.miniature import STUDENTS, build, build_synthesis, student_folder, synthesis
from thalweg.miniature.synthesis_tracer import RIGHT, TRY, WRONG, trace
from thalweg.miniature.tokenizer import COPY, SYNTHESIS_WORDS, make_tokenizer
from thalweg.thinking import OPEN

TOKENIZER = make_tokenizer(SYNTHESIS_WORDS)
FOLDER = student_folder("miniature-synthesis")


@pytest.fixture(scope="module")
def student() -> Any:
    torch.set_num_threads(1)
    return AutoModelForCausalLM.from_pretrained(FOLDER)


def test_the_shipped_students_are_small_and_the_tokenizer_is_the_one_made_here() -> None:
    sizes = [sum(path.stat().st_size for path in student_folder(name).iterdir()) for name in STUDENTS]
    assert max(sizes) < 4e6
    shipped = AutoTokenizer.from_pretrained(FOLDER)
    assert shipped.get_vocab() == TOKENIZER.get_vocab()
    assert shipped.chat_template == TOKENIZER.chat_template
    text = "".join(p.statement + trace(p, "search") for p in synthesis.problems("train", 5))
    assert shipped(text)["input_ids"] == TOKENIZER(text)["input_ids"]


def test_the_shipped_student_answers_directly_and_part_of_the_problems(student: Any) -> None:
    assert type(student).__name__ == "LlamaForCausalLM"
    assert sum(p.numel() for p in student.parameters()) < 1_000_000
    assert student.dtype == torch.float32
    problems = synthesis.problems("tune", 100, depths=[2])
    assert 0.04 <= build_synthesis.score(student, TOKENIZER, problems) <= 0.15
    assert build_synthesis.score(student, TOKENIZER, synthesis.problems("train", 60, 1, [1])) >= 0.7
    assert all(text.startswith(synthesis.HEAD) for text in build.answer(student, TOKENIZER, problems))


def shown(statement: str) -> list[synthesis.Example]:
    sides = [line.split(f"{synthesis.ARROW} ") for line in statement.splitlines()]
    return [synthesis.Example(*([int(word) for word in side.split()] for side in pair)) for pair in sides]


def test_documents_hold_no_trace_and_only_training_problems() -> None:
    source = build_synthesis.documents(TOKENIZER, count=400)
    texts = [(TOKENIZER.decode(d.prompt), TOKENIZER.decode(d.completion)) for d in islice(source, 400)]
    held_out = {p.group for split in ("tune", "test") for p in synthesis.problems(split, 500)}
    kinds = {"copy": 0, "comment": 0, "problem": 0}
    for asked, answered in texts:
        answer = answered.removesuffix("<|end|>")
        assert answer != answered
        statement = asked.removeprefix("<|user|>").removesuffix("<|assistant|>")
        kind = "copy" if statement.startswith(COPY) else "comment" if statement.endswith(" #") else "problem"
        kinds[kind] += 1
        if kind == "copy":
            assert statement == COPY + answer
            continue
        assert OPEN not in asked + answer
        assert not {TRY, WRONG, RIGHT} & set((asked + answer).split())
        if kind == "comment":
            assert len(statement.splitlines()) == 2
            assert answer.replace(" ", "").isdecimal()
        else:
            assert answer not in held_out
            program = synthesis.parse(answer)
            assert program is not None
            assert synthesis.solves(program, shown(statement))
    assert all(0.04 < kinds[kind] / len(texts) < 0.2 for kind in ("copy", "comment"))


def test_a_score_is_the_share_of_functions_that_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = synthesis.problems("tune", 4)
    texts = [problems[0].group, problems[0].group, "def f(x):\n    return x", ""]
    monkeypatch.setattr(build_synthesis, "answer", lambda *_: texts)
    assert build_synthesis.score(None, TOKENIZER, problems) == 0.25


def test_a_build_saves_a_student_and_repeats_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        build_synthesis.main(["--out", str(tmp_path / name), "--steps", "2"])
    assert "tuning split, 3 lines" in capsys.readouterr().out
    one, two = (AutoModelForCausalLM.from_pretrained(tmp_path / name).state_dict() for name in ("one", "two"))
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert AutoTokenizer.from_pretrained(tmp_path / "one").decode([5]) == OPEN
