"""One trunk and its branches: what each part sees, at what rate, and that a killed part loses nothing."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_train_trainer import StoppedError, corpus, metrics, outcome, settings, weights
from tests.tiny import tiny_student
from thalweg.chat import Prompt
from thalweg.train.branches import Part, course, steps
from thalweg.train.checkpoints import latest
from thalweg.train.config import LoraConfig, TrainConfig
from thalweg.train.job import Job
from thalweg.train.trainer import TrainResult, train

SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True).map(lambda found: tuple(sorted(found)))
LADDER = (8, 16, 32)  # with batches of 4 and two passes: 4, 8 and 16 steps; leaving at 3, 6 and 13


def part(kind: Literal["trunk", "branch"], sizes: tuple[int, ...], branch_at: float = 0.8) -> Part:
    return Part(kind=kind, sizes=sizes, branch_at=branch_at)


def planned(kind: Literal["trunk", "branch"], sizes: tuple[int, ...], config: TrainConfig, at: float = 0.8) -> Any:
    count = sizes[-1]
    return course([5 + index % 7 for index in range(count)], range(count), part(kind, sizes, at), config, 0)


@given(SIZES, st.integers(1, 9), st.integers(1, 4), st.floats(0.1, 0.99))
def test_every_rung_sees_its_examples_as_often_as_there_are_passes(
    sizes: tuple[int, ...], batch: int, epochs: int, at: float
) -> None:
    config = TrainConfig(batch_size=batch, epochs=epochs)
    seen = [index for group in planned("branch", sizes, config, at).batches for index in group]
    assert sorted(seen) == sorted(list(range(sizes[-1])) * epochs)


@given(SIZES, st.integers(1, 9), st.integers(1, 4), st.floats(0.1, 0.99))
def test_parts_continue_each_other(sizes: tuple[int, ...], batch: int, epochs: int, at: float) -> None:
    config = TrainConfig(batch_size=batch, epochs=epochs)
    before = 0
    for count in range(1, len(sizes) + 1):
        trunk, branch = (planned(kind, sizes[:count], config, at) for kind in ("trunk", "branch"))
        told = steps(sizes[:count], at, config)
        assert told == (before, len(trunk.batches), len(branch.batches))
        assert told.leaves < told.ends
        assert branch.batches[: told.leaves] == trunk.batches
        assert trunk.batches[:before] == planned("trunk", sizes[:count], config, at).batches[:before]
        assert branch.rate(told.leaves) == 1.0, "the rate of the trunk's last state, so that nothing jumps"
        before = told.leaves


def test_a_rung_does_not_depend_on_larger_ones() -> None:
    config = TrainConfig(batch_size=4, epochs=2)
    short, long = (planned("trunk", sizes, config).batches for sizes in (LADDER[:2], LADDER))
    assert long[: len(short)] == short


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("trunk", {"warmup_ratio": 0.5}, [0.5, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("branch", {"warmup_ratio": 0.5}, [0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5]),
        ("branch", {"warmup_ratio": 0.0, "min_lr_ratio": 0.2}, [1.0] * 7 + [0.6]),
        ("branch", {"warmup_ratio": 1.0}, [1 / 3, 2 / 3, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5]),
        ("branch", {"warmup_ratio": 0.0, "schedule": "constant"}, [1.0] * 8),
    ],
)
def test_rates(kind: Literal["trunk", "branch"], changes: dict[str, Any], expected: list[float]) -> None:
    config = TrainConfig(batch_size=4, epochs=2, **changes)
    found = planned(kind, LADDER[:2], config)
    assert [found.rate(step) for step in range(len(found.batches))] == pytest.approx(expected)


def test_examples_that_are_dropped_leave_their_block_alone() -> None:
    config = TrainConfig(batch_size=4, epochs=1)
    places = [0, 1, 2, 8, 9, 10, 11]  # the second block lost one example, the first five
    found = course([5] * 7, places, part("branch", (8, 12)), config, 0)
    assert [sorted(group) for group in found.batches] == [[0, 1, 2], [3, 4, 5, 6]]


# --------------------------------------------------------------------------- real training


def branched(**changes: Any) -> TrainConfig:
    return settings(**{"max_steps": None, "batch_size": 4, "epochs": 2, "save_steps": 2} | changes)


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_student(tmp_path_factory.mktemp("students") / "tiny")


OnStep = Callable[[int, int], None] | None
Around = Callable[[str, OnStep], OnStep]


def climb(student: Path, out: Path, config: TrainConfig, sizes: tuple[int, ...] = LADDER) -> dict[str, TrainResult]:
    """The whole ladder; results by folder name."""
    found: dict[str, TrainResult] = {}
    after = None
    for count, size in enumerate(sizes, 1):
        for kind in ("trunk", "branch"):
            piece = replace(part(kind, sizes[:count]), after=after)
            name = f"{kind}-{size}"
            found[name] = train(corpus(size), student, out / name, config, Prompt(), part=piece)
            after = out / f"trunk-{size}"
    return found


@pytest.fixture(scope="module")
def whole(student: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, TrainResult]]:
    out = tmp_path_factory.mktemp("whole")
    return out, climb(student, out, branched())


def test_tokens_and_steps_are_those_that_a_checkpoint_has_seen(whole: tuple[Path, dict[str, TrainResult]]) -> None:
    _, found = whole
    assert [(r.before_steps, r.steps) for name, r in found.items() if "trunk" in name] == [(0, 3), (3, 6), (6, 13)]
    assert [(r.before_steps, r.steps) for name, r in found.items() if "branch" in name] == [(3, 4), (6, 8), (13, 16)]
    for name, result in found.items():
        assert result.tokens_trained > result.before_tokens >= 0, name
    paid = sum(r.tokens_trained - r.before_tokens for r in found.values())
    top = found["branch-32"].tokens_trained
    assert top < paid < sum(r.tokens_trained for name, r in found.items() if "branch" in name)
    for size in LADDER:
        assert found[f"branch-{size}"].before_tokens == found[f"trunk-{size}"].tokens_trained


def test_metrics_tell_the_whole_way_to_a_rung(whole: tuple[Path, dict[str, TrainResult]]) -> None:
    out, found = whole
    rows = metrics(out / "branch-32")
    assert [row["step"] for row in rows] == list(range(1, 17))
    assert rows[:13] == metrics(out / "trunk-32")
    assert rows[-1]["tokens"] == found["branch-32"].tokens_trained
    rates = [row["learning_rate"] / 1e-2 for row in rows]
    assert rates == pytest.approx([*[1.0] * 13, 1.0, 2 / 3, 1 / 3])


def test_a_branch_is_a_student_and_the_trunk_a_state(whole: tuple[Path, dict[str, TrainResult]]) -> None:
    out, _ = whole
    assert (out / "branch-8/model.safetensors").exists()
    assert not (out / "branch-8/checkpoints").exists()
    assert not (out / "trunk-8/model.safetensors").exists()
    assert latest(out / "trunk-8/checkpoints", None) is not None


def test_the_trunk_is_one_run(whole: tuple[Path, dict[str, TrainResult]], student: Path, tmp_path: Path) -> None:
    """In stretches or in one go, with or without branches on the way, the same bits."""
    out, _ = whole
    train(corpus(32), student, tmp_path / "branch", branched(), Prompt(), part=part("branch", LADDER))
    assert weights(tmp_path / "branch") == weights(out / "branch-32")


def test_a_ladder_of_one_rung_with_no_decay_is_an_ordinary_run_at_a_constant_rate(
    student: Path, tmp_path: Path
) -> None:
    config = branched(schedule="constant", warmup_ratio=0.0, batch_size=16, epochs=1)
    train(corpus(16), student, tmp_path / "plain", config, Prompt())
    train(corpus(16), student, tmp_path / "branch", config, Prompt(), part=part("branch", (16,)))
    assert metrics(tmp_path / "branch")[0]["loss"] == pytest.approx(metrics(tmp_path / "plain")[0]["loss"], rel=1e-5)


RECIPES: dict[str, dict[str, Any]] = {"full": {}, "lora": {"lora": LoraConfig(r=4, dropout=0.1)}}


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(("kind", "stop"), [("trunk", 10), ("trunk", 13), ("branch", 15)])
def test_an_interrupted_part_ends_as_an_uninterrupted_one(
    recipe: str, kind: Literal["trunk", "branch"], stop: int, student: Path, tmp_path: Path
) -> None:
    config = branched(**RECIPES[recipe])
    after = tmp_path / "trunk-16"
    train(corpus(16), student, after, config, Prompt(), part=part("trunk", LADDER[:2]))
    if kind == "branch":
        train(corpus(32), student, tmp_path / "trunk", config, Prompt(), part=part("trunk", LADDER))
        after = tmp_path / "trunk"
    piece = replace(part(kind, LADDER), after=after)

    def stopping(step: int, _: int) -> None:
        if step == stop:
            raise StoppedError

    with pytest.raises(StoppedError):
        train(corpus(32), student, tmp_path / "cut", config, Prompt(), on_step=stopping, part=piece)
    cut = train(corpus(32), student, tmp_path / "cut", config, Prompt(), part=piece)
    uncut = train(corpus(32), student, tmp_path / "uncut", config, Prompt(), part=piece)
    assert outcome(cut) == outcome(uncut)
    assert metrics(tmp_path / "cut") == metrics(tmp_path / "uncut")
    assert state(tmp_path / "cut", kind) == state(tmp_path / "uncut", kind)


def state(folder: Path, kind: str) -> bytes:
    if kind == "branch":
        return weights(folder)
    found = latest(folder / "checkpoints", None)
    assert found is not None
    return weights(found.folder)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.test_branches import LADDER, branched, corpus, part
from thalweg.chat import Prompt
from thalweg.train.trainer import train

student, out, kind, moment = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
def on_step(done, steps):
    if done == moment:
        os.kill(os.getpid(), signal.SIGKILL)
train(corpus(32), student, out, branched(), Prompt(), on_step=on_step, part=part(kind, LADDER))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "moment"), [("trunk", 9), ("branch", 15)])
def test_a_part_killed_with_sigkill_ends_as_an_uninterrupted_one(
    kind: Literal["trunk", "branch"], moment: int, student: Path, tmp_path: Path
) -> None:
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", KILLED, str(student), str(tmp_path / "out"), kind, str(moment)]
    assert subprocess.run(command, cwd=root, timeout=120, capture_output=True).returncode == -signal.SIGKILL
    for name in ("out", "uncut"):
        train(corpus(32), student, tmp_path / name, branched(), Prompt(), part=part(kind, LADDER))
    assert state(tmp_path / "out", kind) == state(tmp_path / "uncut", kind)
    assert metrics(tmp_path / "out") == metrics(tmp_path / "uncut")


def test_parts_without_a_step_of_their_own_hand_on_what_they_began_with(student: Path, tmp_path: Path) -> None:
    config = branched(epochs=1)
    found = climb(student, tmp_path, config, (4, 20, 21))  # 1, 5 and 6 steps; leaving at 0, 4 and 5
    assert [found[f"trunk-{size}"].steps for size in (4, 20, 21)] == [0, 4, 5]
    assert latest(tmp_path / "trunk-4/checkpoints", None) is None
    same = climb(student, tmp_path / "same", branched(epochs=1, batch_size=1), (7, 8))  # both leave at 6
    assert [(same[f"trunk-{size}"].before_steps, same[f"trunk-{size}"].steps) for size in (7, 8)] == [(0, 6), (6, 6)]
    assert state(tmp_path / "same/trunk-8", "trunk") == state(tmp_path / "same/trunk-7", "trunk")
    assert same["branch-8"].before_tokens == same["trunk-7"].tokens_trained


def test_a_job_travels_to_other_processes_with_its_part(tmp_path: Path) -> None:
    piece = Part(kind="branch", sizes=LADDER, branch_at=0.7, after=tmp_path / "trunk")
    job = Job(corpus(3), "some/model", tmp_path / "out", TrainConfig(epochs=2), Prompt(), 3, piece)
    (tmp_path / "job").mkdir()
    loaded = Job.load(job.save(tmp_path / "job"))
    assert loaded == job
    assert loaded.fingerprint == job.fingerprint
    assert json.loads((tmp_path / "job/job.json").read_text())["part"]["sizes"] == list(LADDER)
    assert replace(job, part=None).fingerprint != job.fingerprint
