"""Several processes on one machine give what one gives."""

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.test_train_trainer import corpus, metrics, settings
from tests.tiny import tiny_student
from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.train.config import TrainConfig
from thalweg.train.job import Job
from thalweg.train.launch import follow
from thalweg.train.trainer import train


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{"micro_batch_size": 2}, {"packing": True}], ids=str)
def test_two_gloo_processes_give_the_losses_of_one(
    changes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "CUDA_VISIBLE_DEVICES", "")
    student = tiny_student(tmp_path / "student")
    # Batches of 7 out of 15 examples: shares differ, and in the last batch of a pass one process has no example.
    one = settings(batch_size=7, max_steps=4)
    two = one.model_copy(update={"processes": 2, **changes})
    steps: list[tuple[int, int]] = []
    single = train(corpus(15), student, tmp_path / "one", one, Prompt())
    double = train(
        corpus(15), student, tmp_path / "two", two, Prompt(), on_step=lambda done, steps_: steps.append((done, steps_))
    )
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    for name in ("loss", "grad_norm"):
        expected = [row[name] for row in metrics(tmp_path / "one")]
        assert [row[name] for row in metrics(tmp_path / "two")] == pytest.approx(expected, rel=1e-3)
    assert (double.tokens_trained, double.loss_tokens) == (single.tokens_trained, single.loss_tokens)
    assert (tmp_path / "two/model.safetensors").exists()


@pytest.mark.slow
def test_what_a_process_finds_wrong_reaches_the_user(tmp_path: Path) -> None:
    student = tiny_student(tmp_path / "student", chat_template=None)
    with pytest.raises(InputError, match=r"no chat template; set 'prompt: \{chat: none\}'"):
        train(corpus(), student, tmp_path / "out", settings(processes=2), Prompt())


def test_shards_need_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.accelerator.is_available", lambda: False)
    student = tiny_student(tmp_path / "student")
    with pytest.raises(InputError, match=r"train\.fsdp: this machine has no GPU"):
        train(corpus(), student, tmp_path / "out", settings(processes=2, fsdp=True), Prompt())


def test_reports_are_followed_and_other_output_is_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["a library speaks\n", json.dumps({"step": 1, "steps": 2}) + "\n", '{"error": ["w", "p", "r"]}\n']
    steps: list[tuple[int, int]] = []
    error = follow(StringIO("".join(lines)), lambda step, total: steps.append((step, total)))
    assert steps == [(1, 2)]
    assert str(error) == "w: p; r"
    assert capsys.readouterr().err == "a library speaks\n"


def test_a_job_travels_as_a_file(tmp_path: Path) -> None:
    job = Job(corpus(3), "some/model", tmp_path / "out", TrainConfig(epochs=2), Prompt(system="Be brief."), 3)
    copy = Job.load(job.save(tmp_path / "job"))
    assert copy == job
    assert copy.fingerprint == job.fingerprint
