"""The shipped student, and the program that makes it."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from thalweg.miniature import build, programs, student_folder
from thalweg.miniature.tokenizer import COPY, make_tokenizer
from thalweg.miniature.tracer import trace
from thalweg.thinking import OPEN

TOKENIZER = make_tokenizer()


@pytest.fixture(scope="module")
def student() -> Any:
    torch.set_num_threads(1)
    return AutoModelForCausalLM.from_pretrained(student_folder())


def test_the_shipped_folder_is_small_and_has_the_tokenizer_made_here() -> None:
    assert sum(path.stat().st_size for path in student_folder().iterdir()) < 8e6
    shipped = AutoTokenizer.from_pretrained(student_folder())
    assert shipped.get_vocab() == TOKENIZER.get_vocab()
    assert shipped.chat_template == TOKENIZER.chat_template
    text = "".join(p.statement + trace(p, "rambling") for p in programs.problems("train", 5))
    assert shipped(text)["input_ids"] == TOKENIZER(text)["input_ids"]


def test_the_shipped_student_is_a_small_llama(student: Any) -> None:
    assert type(student).__name__ == "LlamaForCausalLM"
    assert sum(p.numel() for p in student.parameters()) < 1_000_000
    assert student.dtype == torch.float32
    assert student.generation_config.eos_token_id == TOKENIZER.eos_token_id
    assert json.loads((student_folder() / "config.json").read_text())["pad_token_id"] == TOKENIZER.pad_token_id


def test_the_shipped_student_answers_directly_and_part_of_the_problems(student: Any) -> None:
    problems = programs.problems("tune", 100)
    assert 0.25 <= build.score(student, TOKENIZER, problems) <= 0.6
    assert build.score(student, TOKENIZER, programs.snippets("tune", 44)) >= 0.9
    asked = [build.document(TOKENIZER, problem.statement, "").prompt for problem in problems]
    with torch.inference_mode():
        first = [int(student(torch.tensor([ids])).logits[0, -1].argmax()) for ids in asked]
    assert TOKENIZER.convert_tokens_to_ids(OPEN) not in first


def test_documents_hold_no_trace_and_only_training_problems() -> None:
    source = build.documents(TOKENIZER, count=400)
    texts = [(TOKENIZER.decode(d.prompt), TOKENIZER.decode(d.completion)) for d in (next(source) for _ in range(400))]
    held_out = {p.statement for split in ("tune", "test") for p in programs.problems(split, 500)}
    kinds = {"copy": 0, "comment": 0, "problem": 0}
    for asked, answered in texts:
        assert answered.endswith("<|end|>")
        answer, statement = (
            answered.removesuffix("<|end|>"),
            asked.removeprefix("<|user|>").removesuffix("<|assistant|>"),
        )
        kind = "copy" if statement.startswith(COPY) else "comment" if statement.endswith(" #") else "problem"
        kinds[kind] += 1
        if kind == "copy":
            assert statement == COPY + answer
        else:
            assert answer.replace(" ", "").isdecimal()
            assert statement not in held_out
            assert (kind == "problem") == asked.startswith("<|user|>") == asked.endswith("<|assistant|>")
    assert all(0.04 < kinds[kind] / len(texts) < 0.2 for kind in ("copy", "comment"))


def test_a_build_saves_a_student_and_repeats_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        build.main(["--out", str(tmp_path / name), "--steps", "2"])
    assert "tuning split" in capsys.readouterr().out
    one, two = (AutoModelForCausalLM.from_pretrained(tmp_path / name).state_dict() for name in ("one", "two"))
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert AutoTokenizer.from_pretrained(tmp_path / "one").decode([5]) == OPEN


def test_the_loss_falls() -> None:
    torch.manual_seed(0)
    fresh = build.new_student(TOKENIZER)
    source = build.documents(TOKENIZER, count=200)
    batch = [next(source) for _ in range(16)]
    ids, labels = build.pad(batch, TOKENIZER.pad_token_id)
    with torch.no_grad():
        before = float(fresh(input_ids=ids, labels=labels).loss)
    build.train(fresh, iter(batch * 100), steps=4, batch_size=16)
    with torch.no_grad():
        assert float(fresh(input_ids=ids, labels=labels).loss) < before
