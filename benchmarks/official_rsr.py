"""The authors' rank-surprisal ratio, from a checkout of UmeanNever/RankSurprisalRatio: for comparison only.

Their functions run as they are, with the settings of their launcher but for precision. `fire`, which only their
command line needs, may be absent.
"""

import contextlib
import importlib
import io
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from benchmarks.suitability_data import Turn

LAUNCHER_BATCH = 4


class Found(NamedTuple):
    """By response: what their metrics say of it. And the corpus's ratio."""

    responses: Mapping[str, Mapping[str, float]]
    corpus: float


class Official:
    """Scores responses as the authors' code does. `folder` is the root of a checkout (with `rsr_cal.py`)."""

    def __init__(self, folder: Path, model: str, dtype: str, batch_size: int = LAUNCHER_BATCH) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        sys.path.insert(0, str(folder.resolve()))
        sys.modules.setdefault("fire", ModuleType("fire"))
        self._code: Any = importlib.import_module("rsr_cal")
        self._batch_size = batch_size
        self._tokenizer = AutoTokenizer.from_pretrained(model)
        self._model = AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, dtype)).eval()

    def infer(self, turns: Sequence[Turn]) -> list[dict[str, Any]]:
        """Their forward passes; what is read from a file of messages, as they do."""
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            path = Path(folder) / "messages.jsonl"
            path.write_text("".join(json.dumps(_sample(turn)) + "\n" for turn in turns), encoding="utf-8")
            found: list[dict[str, Any]] = self._code.infer_dataset(
                self._model, self._tokenizer, path, self._batch_size, max_model_len=32768, chat_template="qwen"
            )
        return found

    def metrics(self, inferred: list[dict[str, Any]]) -> Found:
        """Their sums over what `infer` gave."""
        corpus, responses = self._code.compute_sample_metrics(inferred)
        return Found({row["sample_id"]: row for row in responses}, corpus["rank_surprisal_ratio"])


def _sample(turn: Turn) -> dict[str, Any]:
    messages = [{"role": "user", "content": turn.question}, {"role": "assistant", "content": turn.response}]
    return {"id": turn.id, "messages": messages}
