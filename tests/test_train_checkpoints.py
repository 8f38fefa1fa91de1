"""Which checkpoint a restarted run goes on from."""

import json
from pathlib import Path

from thalweg.train.checkpoints import complete, cut_back, latest


def folder(root: Path, step: int) -> Path:
    path = root / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "model.safetensors").write_bytes(b"weights")
    return path


def test_without_a_complete_checkpoint_of_this_run_there_is_none(tmp_path: Path) -> None:
    assert latest(tmp_path / "absent", "run") is None
    folder(tmp_path, 2)
    complete(folder(tmp_path / "other", 4), "another run", 1.0)
    assert latest(tmp_path, "run") is None
    assert latest(tmp_path / "other", "run") is None


def test_the_last_complete_one_is_found_by_number_and_replaces_the_others(tmp_path: Path) -> None:
    complete(folder(tmp_path, 900), "run", 1.5)
    complete(folder(tmp_path, 1000), "run", 2.5)
    folder(tmp_path, 1100)
    found = latest(tmp_path, "run")
    assert found is not None
    assert (found.folder.name, found.step, found.seconds) == ("checkpoint-1000", 1000, 2.5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-1000", "checkpoint-1100"]


def test_metrics_are_cut_back_to_a_step(tmp_path: Path) -> None:
    metrics = tmp_path / "metrics.jsonl"
    cut_back(metrics, 3)
    assert not metrics.exists()
    metrics.write_text("".join(json.dumps({"step": step}) + "\n" for step in range(1, 6)) + '{"step": 6, "lo')
    cut_back(metrics, 3)
    assert [json.loads(line)["step"] for line in metrics.read_text().splitlines()] == [1, 2, 3]
