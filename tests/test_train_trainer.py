"""Training end to end on tiny students: what it leaves, that it learns, and that a killed run loses nothing."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import tiny_student
from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.train.config import LoraConfig, TrainConfig
from thalweg.train.trainer import TrainResult, train
from thalweg.types import Example

RECIPES: dict[str, dict[str, Any]] = {
    "full": {},
    "lora": {"lora": LoraConfig(r=4, dropout=0.1), "gradient_checkpointing": True},
    "packing": {"packing": True},
    "micro-batches": {"micro_batch_size": 3, "gradient_checkpointing": True, "loss_chunk": 16},
}
STEPS = 7  # of batches of 8, 8 and 4 examples, over and over


def corpus(size: int = 20) -> list[Example]:
    rng = random.Random(0)
    return [
        Example(
            response_id=str(index),
            problem_id=str(index),
            prompt=f"question {index}" + "?" * rng.randrange(9),
            text=f"<think>{index}</think>" + "yes" * rng.randrange(9),
        )
        for index in range(size)
    ]


def settings(**changes: Any) -> TrainConfig:
    return TrainConfig(**{"batch_size": 8, "max_steps": STEPS, "save_steps": 2, "learning_rate": 1e-2} | changes)


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_student(tmp_path_factory.mktemp("students") / "tiny")


def weights(folder: Path) -> bytes:
    (file,) = folder.glob("*.safetensors")
    return file.read_bytes()


def metrics(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


class StoppedError(Exception):
    """Ends a run from within, as a kill would, at a step of the test's choice."""


def stop_after(step: int) -> Callable[[int, int], None]:
    def on_step(done: int, steps: int) -> None:
        assert steps == STEPS
        if done == step:
            raise StoppedError

    return on_step


@pytest.mark.parametrize("recipe", RECIPES)
def test_an_interrupted_run_ends_as_an_uninterrupted_one(recipe: str, student: Path, tmp_path: Path) -> None:
    config = settings(**RECIPES[recipe])
    whole = train(corpus(), student, tmp_path / "whole", config, Prompt())
    for step in (3, 6):  # one step after a checkpoint; right after the step of the next one, before it is saved
        with pytest.raises(StoppedError):
            train(corpus(), student, tmp_path / "cut", config, Prompt(), on_step=stop_after(step))
    resumed_at: list[int] = []
    resumed = train(
        corpus(), student, tmp_path / "cut", config, Prompt(), on_step=lambda step, _: resumed_at.append(step)
    )
    assert resumed_at == [5, 6, 7]
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")
    assert (tmp_path / "cut/metrics.jsonl").read_bytes() == (tmp_path / "whole/metrics.jsonl").read_bytes()
    assert outcome(resumed) == outcome(whole)
    assert not (tmp_path / "cut/checkpoints").exists()


def outcome(result: TrainResult) -> tuple[Any, ...]:
    return (result.steps, result.tokens_trained, result.loss_tokens, result.loss, result.examples)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.test_train_trainer import STEPS, corpus, settings
from thalweg.chat import Prompt
from thalweg.train import checkpoints
from thalweg.train.trainer import train

student, out, moment = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def on_step(done, steps):
    if moment == "step" and done == 5:
        die()
    if moment == "checkpoint" and done == 4:
        checkpoints.complete = die  # the checkpoint is on disk, but not marked as whole
train(corpus(), student, out, settings(), Prompt(), on_step=on_step)
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["step", "checkpoint"])
def test_a_run_killed_with_sigkill_ends_as_an_uninterrupted_one(moment: str, student: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    train(corpus(), student, whole, settings(), Prompt())
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", KILLED, str(student), str(out), moment]
    assert subprocess.run(command, cwd=root, timeout=120, capture_output=True).returncode == -signal.SIGKILL
    assert not (out / "result.json").exists()
    if moment == "checkpoint":  # and tear what it left, as a kill inside the write would
        (out / "checkpoints/checkpoint-4/model.safetensors").write_bytes(b"torn")
    steps: list[int] = []
    train(corpus(), student, out, settings(), Prompt(), on_step=lambda step, _: steps.append(step))
    assert steps[0] == {"step": 5, "checkpoint": 3}[moment]
    assert weights(out) == weights(whole)
    assert metrics(out) == metrics(whole)


def test_a_trained_student_is_an_ordinary_folder_that_has_learnt(student: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    config = settings(max_steps=60, save_steps=500)
    result = train(corpus(4), student, tmp_path, config, Prompt())
    rows = metrics(tmp_path)
    assert [row["step"] for row in rows] == list(range(1, 61))
    assert rows[-1]["loss"] == result.loss
    assert rows[-1]["loss"] < 0.5 < 3 < rows[0]["loss"]
    assert rows[-1]["tokens"] == result.tokens_trained > result.loss_tokens > 0
    model, tokenizer = AutoModelForCausalLM.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    assert model.config.eos_token_id == AutoModelForCausalLM.from_pretrained(student).config.eos_token_id
    assert tokenizer.chat_template
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "metrics.jsonl",
        "model.safetensors",
        "result.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"packing": True},
        {"micro_batch_size": 3},
        {"loss_chunk": 0},
        {"loss_chunk": 5},
        {"gradient_checkpointing": True},
    ],
    ids=str,
)
def test_what_only_saves_memory_or_time_does_not_change_the_loss(
    changes: dict[str, Any], student: Path, tmp_path: Path
) -> None:
    train(corpus(), student, tmp_path / "plain", settings(), Prompt())
    train(corpus(), student, tmp_path / "other", settings(**changes), Prompt())
    plain, other = metrics(tmp_path / "plain"), metrics(tmp_path / "other")
    assert [row["loss"] for row in other] == pytest.approx([row["loss"] for row in plain], rel=1e-4)


def test_the_first_loss_is_the_plain_mean_over_response_tokens(student: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from thalweg.train.encode import encode_corpus

    train(corpus(), student, tmp_path, settings(batch_size=20, max_steps=1), Prompt())
    model, tokenizer = AutoModelForCausalLM.from_pretrained(student), AutoTokenizer.from_pretrained(student)
    summed, tokens = 0.0, 0
    for row in encode_corpus(corpus(), tokenizer, Prompt(), settings(), 512).rows:
        ids, labels = torch.tensor(row.input_ids)[None].long(), torch.tensor(row.labels)[None].long()
        count = int((labels != -100).sum())
        with torch.no_grad():
            summed += float(model(input_ids=ids, labels=labels).loss) * count
        tokens += count
    assert metrics(tmp_path)[0]["loss"] == pytest.approx(summed / tokens, rel=1e-5)


def test_weights_decide_what_is_learnt(student: Path, tmp_path: Path) -> None:
    rows = corpus(2)
    ignored = Example(response_id="x", problem_id="x", prompt=rows[1].prompt, text=rows[1].text, weight=0.0)
    config = settings(max_steps=1, batch_size=2)
    train([rows[0], ignored], student, tmp_path / "ignored", config, Prompt())
    train([rows[0]], student, tmp_path / "alone", config, Prompt())
    assert metrics(tmp_path / "ignored")[0]["loss"] == pytest.approx(metrics(tmp_path / "alone")[0]["loss"])


def test_a_finished_run_returns_its_result_and_another_job_starts_anew(student: Path, tmp_path: Path) -> None:
    def unexpected(step: int, steps: int) -> None:
        raise AssertionError(f"trained again: {step} of {steps}")

    result = train(corpus(), student, tmp_path, settings(), Prompt())
    assert train(corpus(), student, tmp_path, settings(), Prompt(), on_step=unexpected) == result
    before = weights(tmp_path)
    train(corpus(), student, tmp_path, settings(), Prompt(), seed=1)
    assert weights(tmp_path) != before
    assert len(metrics(tmp_path)) == STEPS


def test_checkpoints_of_another_job_are_not_resumed(student: Path, tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        train(corpus(), student, tmp_path, settings(), Prompt(), on_step=stop_after(5))
    steps: list[int] = []
    train(corpus(), student, tmp_path, settings(), Prompt(), seed=1, on_step=lambda step, _: steps.append(step))
    assert steps == list(range(1, STEPS + 1))


def test_an_adapter_names_its_base_and_can_be_trained_on_in_full(student: Path, tmp_path: Path) -> None:
    lora = settings(lora=LoraConfig(r=4))
    train(corpus(), student, tmp_path / "adapter", lora, Prompt())
    adapter = json.loads((tmp_path / "adapter/adapter_config.json").read_text())
    assert adapter["base_model_name_or_path"] == str(student)
    assert (tmp_path / "adapter/tokenizer.json").exists()
    with pytest.raises(InputError, match="it is a LoRA adapter already"):
        train(corpus(), tmp_path / "adapter", tmp_path / "twice", lora, Prompt())
    train(corpus(), tmp_path / "adapter", tmp_path / "full", settings(), Prompt())
    last, first = metrics(tmp_path / "adapter")[-1]["loss"], metrics(tmp_path / "full")[0]["loss"]
    assert first < metrics(tmp_path / "adapter")[0]["loss"]
    assert first == pytest.approx(last, rel=0.2)


@pytest.mark.parametrize("lora", [None, LoraConfig(r=4)], ids=["full", "lora"])
def test_bf16_trains_and_saves_in_bf16(lora: LoraConfig | None, student: Path, tmp_path: Path) -> None:
    config = settings(precision="bf16", max_steps=30, lora=lora)
    result = train(corpus(4), student, tmp_path, config, Prompt())
    assert result.loss is not None
    assert result.loss < metrics(tmp_path)[0]["loss"] - 0.3
    if lora is None:
        assert json.loads((tmp_path / "config.json").read_text())["dtype"] == "bfloat16"


def test_what_is_too_long_for_the_student_is_counted(student: Path, tmp_path: Path) -> None:
    long = Example(response_id="long", problem_id="long", prompt="q", text="x" * 600)  # the student has 512 positions
    result = train([*corpus(), long], student, tmp_path, settings(), Prompt())
    assert (result.examples, result.truncated, result.dropped) == (20, 1, 1)


def _no_config(tmp_path: Path) -> Path:
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def _garbage(tmp_path: Path) -> Path:
    folder = tiny_student(tmp_path / "garbage")
    (folder / "config.json").write_text('{"model_type": "no-such-architecture"}')
    return folder


def _torn(tmp_path: Path) -> Path:
    folder = tiny_student(tmp_path / "torn")
    (folder / "model.safetensors").write_bytes(b"torn")
    return folder


def _lora(*modules: str) -> dict[str, Any]:
    return {"lora": LoraConfig(target_modules=modules)}


MALFORMED: dict[str, tuple[Callable[[Path], Any], dict[str, Any], str]] = {
    "missing folder": (lambda tmp: tmp / "nowhere", {}, "nowhere: no such model folder; check the path"),
    "no model in it": (_no_config, {}, "empty: the folder holds no config.json"),
    "no known model": (_garbage, {}, "garbage: no (model|tokenizer) could be loaded"),
    "torn weights": (_torn, {}, "torn: no model could be loaded"),
    "no such layers": (lambda tmp: tiny_student(tmp / "s"), _lora("nope"), "train.lora.target_modules: Target modules"),
    "adapted head": (
        lambda tmp: tiny_student(tmp / "s", tie_embeddings=False),
        _lora("lm_head"),
        "the vocabulary head cannot be adapted",
    ),
    "no chat template": (lambda tmp: tiny_student(tmp / "s", None), {}, "chat template; set 'prompt: {chat: none}'"),
    "all too long": (lambda tmp: tiny_student(tmp / "s"), {"max_length": 9}, "train.max_length: all 20 examples"),
    "one shard": (lambda tmp: tiny_student(tmp / "s"), {"fsdp": True}, "train.fsdp: there is only one process"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_input_is_refused_in_one_line_and_leaves_nothing(case: str, tmp_path: Path) -> None:
    make, changes, message = MALFORMED[case]
    with pytest.raises(InputError, match=message) as caught:
        train(corpus(), make(tmp_path), tmp_path / "out", settings(**changes), Prompt())
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_an_empty_corpus_is_refused(student: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="corpus: it holds no example"):
        train([], student, tmp_path, settings(), Prompt())
