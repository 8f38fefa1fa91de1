"""A trainer that is not Thalweg's, for tests: `python outside_trainer.py RUNG_FILE [copy|fail|wait|empty|cut]`.

Without a second word it reads the conversations of the rung and fine-tunes on them, as a user's own script would.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any


def main(rung: dict[str, Any], kind: str) -> None:
    out = Path(rung["out"])
    with open(out.parent / "attempts.txt", "a") as attempts:
        attempts.write(f"{os.getpid()}\n")
    if kind == "fine-tune":
        fine_tune(rung, out)
    elif kind == "wait":
        wait(out)
    elif kind == "fail":
        print("no such optimiser")
        sys.exit(3)
    elif kind != "empty":
        shutil.copytree(rung["start"], out, dirs_exist_ok=True)
    if kind == "cut":
        weights = out / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:100])


def fine_tune(rung: dict[str, Any], out: Path) -> None:
    from thalweg.chat import Prompt
    from thalweg.train.config import TrainConfig
    from thalweg.train.trainer import train
    from thalweg.types import Example

    rows = [json.loads(line)["messages"] for line in Path(rung["corpus"]).read_text().splitlines()]
    examples = [
        Example(response_id=str(n), problem_id=str(n), prompt=user["content"], text=assistant["content"])
        for n, (*_, user, assistant) in enumerate(rows)
    ]
    config = TrainConfig.model_validate(rung["train"])
    train(examples, rung["start"], out, config, Prompt(**rung["prompt"]), seed=rung["seed"])


def wait(out: Path) -> None:
    """Waits until somebody asks for an end, and says so; the second attempt finds that and copies the student."""
    if (out / "asked.txt").exists():
        shutil.copytree(json.loads((out.parent / "rung.json").read_text())["start"], out, dirs_exist_ok=True)
        return
    signal.signal(signal.SIGTERM, lambda *_: (out / "asked.txt").write_text("SIGTERM"))
    (out / "waiting.txt").write_text("now")
    while not (out / "asked.txt").exists():
        time.sleep(0.05)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2] if len(sys.argv) > 2 else "fine-tune")
