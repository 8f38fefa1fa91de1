"""Any trainer as a rung: what goes out, what comes back, and what is said when that is nothing."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tiny import tiny_student
from thalweg import InputError
from thalweg.chat import Prompt
from thalweg.train.command import Command, TrainerError, train_by_command
from thalweg.train.config import TrainConfig
from thalweg.train.handover import unknown_places
from thalweg.train.job import Job, TrainResult
from thalweg.train.trainer import train
from thalweg.types import Example

SCRIPT = Path(__file__).with_name("outside_trainer.py")
CORPUS = [
    Example(response_id=f"r{n}", problem_id=f"p{n}", prompt=f"{n} + 1?", text=f"<think>{n}</think>\n{n + 1}")
    for n in range(5)
]
CONFIG = TrainConfig(batch_size=2, epochs=2, learning_rate=1e-3, max_length=128)


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_student(tmp_path_factory.mktemp("student with a space"))


def run(folder: Path, student: Path, kind: str = "", checkpoint: str = ".", line: str | None = None) -> TrainResult:
    command = line or f"{shlex.quote(sys.executable)} {shlex.quote(str(SCRIPT))} {{rung}} {kind}"
    job = Job(CORPUS, str(student), folder / "rung 1", CONFIG, Prompt(system="Be brief."), 3)
    return train_by_command(
        Command(line=command, folder=folder, checkpoint=checkpoint), job, "a-5-s3", 1.0, lambda _share: None
    )


def test_a_command_that_fine_tunes_leaves_what_thalweg_s_own_trainer_would(tmp_path: Path, student: Path) -> None:
    result = run(tmp_path, student)
    own = train(CORPUS, student, tmp_path / "own", CONFIG, Prompt(system="Be brief."), seed=3)
    weights = (tmp_path / "rung 1" / "model.safetensors").read_bytes()
    assert weights == (tmp_path / "own" / "model.safetensors").read_bytes()
    assert (result.steps, result.tokens_trained, result.loss) == (own.steps, own.tokens_trained, own.loss)
    assert json.loads((tmp_path / "rung 1" / "result.json").read_text())["steps"] == 6


def test_counts_are_thalweg_s_where_the_command_reports_none(tmp_path: Path, student: Path) -> None:
    own = train(CORPUS, student, tmp_path / "own", CONFIG, Prompt(system="Be brief."), seed=3)
    result = run(tmp_path, student, "copy")
    names = ("steps", "tokens_trained", "loss_tokens", "examples", "truncated", "dropped")
    assert [getattr(result, name) for name in names] == [getattr(own, name) for name in names]
    assert result.loss is None


def test_what_goes_out(tmp_path: Path, student: Path) -> None:
    script = tmp_path / "show.sh"
    script.write_text('printf "%s\\n" "$@" > shown.txt\ncp -r "$1/." "$2"\n')
    line = "sh show.sh {start} {out} {corpus} {name} {seed} {size} {steps} {epochs} {max_steps} {learning_rate} ${HOME}"
    run(tmp_path, student, line=line)
    hand = tmp_path / "rung 1" / "handover"
    assert (tmp_path / "shown.txt").read_text().splitlines() == [
        str(student), f"{hand}/out", f"{hand}/messages.jsonl", "a-5-s3", "3", "5", "6", "2", "-1", "0.001", "${HOME}",
    ]  # fmt: skip
    messages = [json.loads(line) for line in (hand / "messages.jsonl").read_text().splitlines()]
    assert messages[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "0 + 1?"},
        {"role": "assistant", "content": "<think>0</think>\n1"},
    ]
    pairs = [json.loads(line) for line in (hand / "completions.jsonl").read_text().splitlines()]
    assert pairs[4]["completion"] == "<think>4</think>\n5<|im_end|>"
    assert pairs[4]["prompt"].endswith("4 + 1?<|im_end|>\n<|im_start|>assistant\n")
    rung = json.loads((hand / "rung.json").read_text())
    assert TrainConfig.model_validate(rung["train"]) == CONFIG


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("fail", r"no such optimiser\nthe trainer's command ended with exit status 3: .*outside_trainer.py"),
        ("empty", r"left no checkpoint that can be loaded in .*/out: no config.json"),
        ("cut", r"left no checkpoint .*: model.safetensors"),
    ],
)
def test_a_command_that_fails_is_named_with_its_log(kind: str, said: str, tmp_path: Path, student: Path) -> None:
    with pytest.raises(TrainerError, match=said) as caught:
        run(tmp_path, student, kind)
    assert "handover/log.txt" in str(caught.value)
    run(tmp_path, student, "copy")  # and is run again
    assert (tmp_path / "rung 1" / "model.safetensors").exists()


def test_the_checkpoint_may_lie_in_a_folder_below(tmp_path: Path, student: Path) -> None:
    run(tmp_path, student, line="cp -r {start} {out}/epoch_1", checkpoint="epoch_1")
    assert (tmp_path / "rung 1" / "config.json").exists()


def test_a_kill_while_the_checkpoint_is_moved_loses_nothing(tmp_path: Path, student: Path) -> None:
    first = run(tmp_path, student, "copy")
    rung = tmp_path / "rung 1"
    (rung / "handover" / "out").mkdir()
    (rung / "model.safetensors").rename(rung / "handover" / "out" / "model.safetensors")
    (rung / "result.json").unlink()
    assert run(tmp_path, student, "fail") == first, "the command was run again"
    assert {"model.safetensors", "config.json", "result.json"} <= {path.name for path in rung.iterdir()}


def test_an_odd_report_is_refused(tmp_path: Path, student: Path) -> None:
    line = 'sh -c \'cp -r "$0/." "$1" && echo "{\\"steps\\": \\"many\\"}" > "$1/result.json"\' {start} {out}'
    with pytest.raises(InputError, match=r"result.json: field 'steps'"):
        run(tmp_path, student, line=line)


def test_places() -> None:
    assert unknown_places("train {corpus} {learning_rat} ${HOME} ${x} {'a': 1}") == ["learning_rat"]


def test_a_command_does_not_outlive_its_worker_and_hears_of_the_end(tmp_path: Path, student: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.test_train_command import run\n"
        f"run(Path({str(tmp_path)!r}), Path({str(student)!r}), 'wait')"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[1])
    hand = tmp_path / "rung 1" / "handover"
    wait_for(hand / "out" / "waiting.txt")
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    wait_for(hand / "out" / "asked.txt")
    first = int((hand / "attempts.txt").read_text())
    run(tmp_path, student, "wait")
    assert len((hand / "attempts.txt").read_text().split()) == 2
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert (tmp_path / "rung 1" / "model.safetensors").exists()


def wait_for(path: Path, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.05)
