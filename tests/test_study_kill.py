"""A study that is killed with SIGKILL at random moments ends as one that is not: same scores, no row twice."""

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from thalweg import Study, recipes, store
from thalweg.types import Outcome, Response

SIZES = {
    "sizes": "[0, 64, 192]",
    "problems.count": "400",
    "benchmarks.miniature.count": "60",
    "benchmarks.miniature.batch_size": "20",
    "benchmarks.snippets.count": "20",
    "benchmarks.snippets.batch_size": "10",
    "arms.direct.sizes": "[64]",
    "arms.step-matched.sizes": "[64]",
    "teachers.line.batch_size": "50",
    "train.save_steps": "5",
}


def start(folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "thalweg", "run", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(folder: Path) -> float:
    """Runs to the end; seconds."""
    began = time.monotonic()
    with start(folder) as process:
        _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()
    return time.monotonic() - began


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("number", [3, pytest.param(10, marks=pytest.mark.stress)])
def test_kills_change_nothing(number: int, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        recipes.copy("miniature", folder, SIZES)
    seconds = finish(whole)

    moments = random.Random(20261121)
    kills = 0
    while kills < number:
        with start(killed) as process:
            # Most of a run is start-up, which a restart repeats: kills fall on the first seconds and on the work alike.
            try:
                process.wait(timeout=moments.uniform(0.05, 0.6) * seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
                continue
        assert process.returncode == 0
        # It got to the end between two kills: take away the end of the chain, so that there is work to interrupt.
        for name in ("random-192-s0", "direct-64-s0"):
            undo(killed, name)
    finish(killed)

    for name in ("scores.json", "curve.json"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    assert_no_row_twice(killed)


def undo(folder: Path, rung: str) -> None:
    """Forgets that a rung has answered and trained; its files stay."""
    for marker in (folder / "responses" / "students" / rung).glob("*/.done"):
        marker.unlink()
    (folder / "students" / rung / ".done").unlink(missing_ok=True)
    for shard in (folder / "responses" / "students" / rung).glob("*/part-000001.parquet"):
        shard.unlink()


def assert_no_row_twice(folder: Path) -> None:
    study = Study.load(folder)
    outcomes = Counter((o.arm, o.size, o.benchmark, o.problem_id, o.sample) for o in study.results.outcomes)
    stored = Counter(
        (o.arm, o.size, o.benchmark, o.problem_id, o.sample) for o in store.read(folder / "scores.parquet", Outcome)
    )
    assert set(outcomes.values()) == set(stored.values()) == {1}
    for teacher in study.loaded.config.teachers:
        shards = store.Shards(study.folder.teacher_responses(teacher), Response)
        ids = [response.id for response in shards.read()]
        assert len(ids) == len(set(ids)) == 400
    for metrics in folder.glob("students/*/metrics.jsonl"):
        steps = [line.split('"step":')[1].split(",")[0] for line in metrics.read_text().splitlines()]
        assert len(steps) == len(set(steps))
    assert not list(folder.rglob("*.tmp"))
