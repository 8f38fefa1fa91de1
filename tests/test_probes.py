"""What is read off a checkpoint: passes against the model's own logits, and each number of a reading."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.tiny import tiny_student
from thalweg import chat, store
from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.study import probes
from thalweg.study.forced import Forced, movement
from thalweg.study.probes import Evidence, outcomes_of, read
from thalweg.types import Example, Problem, Response, TextCheck, Verdict
from thalweg.verbs.diagnosis import audit_student

PROMPT = Prompt()


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_student(tmp_path_factory.mktemp("student"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_student(tmp_path_factory.mktemp("other"), seed=1)


def row(index: int, text: str = "<think>\none\n</think>\ntwo") -> Example:
    return Example(response_id=f"r{index}", problem_id=f"p{index}", prompt=f"ask {index}", text=f"{text} {index}")


def problem(index: int) -> Problem:
    return Problem(id=f"p{index}", statement="ask " * (index + 1), check=TextCheck(answer="two"))


def evidence(start: Path, student: Path, texts: Sequence[str], *, finish: str = "length", tokens: int = 4) -> Evidence:
    responses = [
        Response(id=f"a{i}", problem_id=f"p{i}", model="s", text=t, finish_reason=finish, completion_tokens=tokens)
        for i, t in enumerate(texts)
    ]
    known = {p.id: p for p in map(problem, range(len(texts)))}
    verdicts = {r.id: Verdict(response_id=r.id, problem_id=r.problem_id, status="incorrect") for r in responses}
    return Evidence(
        start=start,
        student=student,
        corpus=[row(i) for i in range(4)],
        problems=known,
        responses=responses,
        outcomes=outcomes_of(known, responses, verdicts),
        unseen=[row(i) for i in range(10, 14)],
    )


# --------------------------------------------------------------------------- passes


def test_a_pass_is_what_the_models_logits_say(student: Path) -> None:
    model = Forced.open(student, PROMPT)
    head, tail = model.tokens("a question"), model.tokens("an answer")
    found = model.read(head, tail)
    ids = [*head, *tail, model.end]
    with torch.inference_mode():
        logs = model.model(torch.tensor([ids])).logits[0].log_softmax(-1)
    at = range(len(head) - 1, len(head) + len(tail) - 1)
    assert found.following.tolist() == pytest.approx([float(logs[i, ids[i + 1]]) for i in at], abs=1e-4)
    assert found.ahead.tolist() == pytest.approx([float(logs[i, ids[i + 2]]) for i in at], abs=1e-4)
    assert found.behind.tolist() == pytest.approx([float(logs[i, ids[i]]) for i in at], abs=1e-4)
    assert found.entropies.tolist() == pytest.approx([float(-(logs[i].exp() * logs[i]).sum()) for i in at], abs=1e-4)
    assert found.prompt == pytest.approx(
        float(torch.stack([logs[i, ids[i + 1]] for i in range(len(head) - 1)]).mean()), abs=1e-4
    )
    assert found.ends.tolist() == pytest.approx([float(logs[-2, i]) for i in model.special], abs=1e-4)


def test_a_pass_does_not_depend_on_how_many_positions_are_held(student: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Forced.open(student, PROMPT)
    head, tail = model.tokens("a question"), model.tokens("an answer that is longer")
    whole = model.read(head, tail)
    monkeypatch.setattr("thalweg.study.forced._CHUNK", 5)
    for one, two in zip(whole[:4], model.read(head, tail)[:4], strict=True):
        torch.testing.assert_close(one, two)


def test_a_row_longer_than_the_context_is_cut(tmp_path: Path) -> None:
    model = Forced.open(tiny_student(tmp_path, positions=32), PROMPT)
    assert len(model.read(model.tokens("q" * 10), model.tokens("a" * 100)).following) == 21


def test_movement_is_relative_and_null_where_models_differ(student: Path, other: Path, tmp_path: Path) -> None:
    one, two = Forced.open(student, PROMPT).model, Forced.open(other, PROMPT).model
    assert movement(one, one) == 0
    assert movement(one, two) == pytest.approx(2**0.5, rel=0.1)  # two independent draws
    wide = Forced.open(tiny_student(tmp_path, hidden=64), PROMPT).model
    assert movement(one, wide) is None


# --------------------------------------------------------------------------- readings


def test_a_checkpoint_that_is_its_start(student: Path) -> None:
    found = read(evidence(student, student, ["nothing", "much"]), rows=4)
    assert found.moved == 0
    assert found.prompt_gain == 0
    assert found.trained_loss == pytest.approx(found.start_loss)
    assert found.looped == 0
    assert found.steps is None
    assert found.groups == 2


def test_responses_that_the_checkpoint_writes_again_agree(student: Path) -> None:
    from thalweg.generate.local import LocalModel
    from thalweg.generate.model import Request, Sampling

    asked = [Request(problem(i), 0) for i in range(4)]
    written = LocalModel(student, Sampling(max_tokens=6), PROMPT).respond(asked)
    made = evidence(student, student, [r.text or "" for r in written], tokens=6)
    assert read(made, rows=4).agree == 1
    assert read(evidence(student, student, ["a", "b", "c", "d"]), rows=4).agree == 0


@pytest.mark.parametrize(("finish", "tokens", "share"), [("length", 4, 1.0), ("length", 500, 0.0), ("stop", 4, 0.0)])
def test_traces_longer_than_the_budget(student: Path, finish: str, tokens: int, share: float) -> None:
    lengths = [20, 30]
    responses = evidence(student, student, ["a"], finish=finish, tokens=tokens).responses
    assert probes._over_budget(lengths, responses) == share


def test_another_rendering_is_found_where_it_was_trained(student: Path) -> None:
    plain, chatty = Prompt(chat="none"), PROMPT
    model = Forced.open(student, chatty)
    rows = [row(i) for i in range(3)]
    own, away = probes._passes(model, rows, chatty), probes._passes(model, rows, plain)
    found = probes._against("plain", own, away)
    assert found["plain_gain"] == pytest.approx(sum(a.loss - b.loss for a, b in zip(own, away, strict=True)) / 3)
    assert found["plain_share"] == sum(a.loss > b.loss for a, b in zip(own, away, strict=True)) / 3


def test_twice_applies_the_template_to_what_it_has_wrapped(student: Path) -> None:
    model = Forced.open(student, PROMPT)
    once = chat.render(model.tokenizer, "ask 0", PROMPT)
    (found,) = probes._passes(model, [row(0)], PROMPT, twice=True)
    again = model.read(model.tokens(chat.render(model.tokenizer, once, PROMPT)), model.tokens(row(0).text))
    torch.testing.assert_close(found.following, again.following)


def test_the_corpus_is_counted() -> None:
    rows = [row(0), replace(row(0), response_id="again"), row(1), row(2, "no tags but just as long"), row(3, "4")]
    found = probes._of_corpus(rows)
    assert found == {"distinct": 0.8, "untagged": 0.2}


def test_the_loss_trace(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    losses = [float(40 - i) for i in range(40)]
    path.write_text("".join(json.dumps({"step": i + 1, "loss": v}) + "\n" for i, v in enumerate(losses)))
    found = probes._of_training(probes.read_metrics(path))
    assert found["steps"] == 40
    assert found["first_loss"] == 39.5
    assert found["last_loss"] == 2.5
    assert found["falling"] == pytest.approx(16)


def test_a_loss_that_is_not_a_number_counts_as_bad() -> None:
    assert probes._of_training([{"step": 1, "loss": None}])["last_loss"] == 12.0


def test_users_mistakes_are_said(student: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="training rows and graded responses"):
        read(replace(evidence(student, student, ["a"]), corpus=[]))
    with pytest.raises(InputError, match="no such file"):
        probes.read_metrics(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="holds no model"):
        read(evidence(tmp_path, student, ["a"]))


def test_the_end_and_its_rival(student: Path) -> None:
    model = Forced.open(student, PROMPT)
    passes = probes._passes(model, [row(i) for i in range(3)], PROMPT)
    found = probes._rival(model, passes)
    assert found["rival"] in model.tokenizer.all_special_tokens
    assert found["end_rival"] >= max(float(p.ends[1:].mean()) for p in passes)


# --------------------------------------------------------------------------- the verb


def test_the_verb_reads_files_and_says_what_it_found(student: Path, tmp_path: Path) -> None:
    made = evidence(student, student, ["nothing", "much"])
    verdicts = [Verdict(response_id=r.id, problem_id=r.problem_id, status="incorrect") for r in made.responses]
    store.write(tmp_path / "corpus" / "train.parquet", made.corpus)
    store.write(tmp_path / "responses.jsonl", made.responses)
    store.write(tmp_path / "verdicts.jsonl", verdicts)
    pool = [replace(r, problem_id=f"p{20 + i}", id=f"t{i}") for i, r in enumerate(made.responses)]
    store.write(tmp_path / "pool.jsonl", pool)
    answers, graded = tmp_path / "responses.jsonl", tmp_path / "verdicts.jsonl"
    found, told = audit_student(
        str(student),
        student,
        tmp_path / "corpus",
        list(made.problems.values()),
        answers,
        graded,
        start_responses=answers,
        start_verdicts=graded,
        pool=tmp_path / "pool.jsonl",
        pool_problems=[problem(20), problem(21)],
    )
    assert found.findings[0].fault == "not saved"
    assert "Broken: not saved" in told
    assert "wrong pairs" not in found.not_looked_at
    assert "rate x 10" in found.not_looked_at  # there are no metrics


def test_the_verb_wants_responses_of_the_start_with_their_verdicts(student: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none"
    with pytest.raises(InputError, match="one comes without the other"):
        audit_student(str(student), student, missing, [], missing, missing, start_responses=missing)
