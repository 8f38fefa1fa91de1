"""Training speed: the same rows through Thalweg and through plain TRL, in one run.

    python benchmarks/train.py --model FOLDER [--rows CORPUS.jsonl] [--precision bf16]

Both train on every row once a turn, in float32 or under the same autocast, without checkpoints. The turns alternate
(Thalweg, TRL, TRL, Thalweg ...), since a shared machine drifts. Tokens are those of prompts and responses without
padding, so a layout that needs less padding is faster. Loading and tokenising are left out on both sides.
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

from thalweg import store
from thalweg.chat import Prompt
from thalweg.train.config import TrainConfig
from thalweg.train.trainer import train
from thalweg.types import Example


def main() -> None:
    """Prints one JSON object a turn, and a last one with the ratio of the medians."""
    options = _options()
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    rows = store.read_all(options.rows, Example, key="")[: options.count] if options.rows else made_up(options.count)
    config = TrainConfig(
        batch_size=options.batch_size,
        epochs=1,
        precision=options.precision,
        packing=options.packing,
        max_length=options.max_length,
        threads=options.threads,
    )
    trainers: dict[str, Callable[[list[Example], str, TrainConfig], float]] = {"thalweg": thalweg, "trl": trl}
    tokens = _tokens(rows, options.model)
    rates: dict[str, list[float]] = {name: [] for name in trainers}
    for warm_up in trainers.values():  # whoever comes first would pay for what both use
        warm_up(rows[:1], options.model, config)
    for turn in range(options.repeats):
        for name in list(trainers)[:: 1 if turn % 2 == 0 else -1]:
            rate = tokens / trainers[name](rows, options.model, config)
            rates[name].append(rate)
            print(json.dumps({"turn": turn, "trainer": name, "tokens_per_second": round(rate, 1)}), flush=True)
    medians = {name: statistics.median(found) for name, found in rates.items()}
    summary = {name: round(rate, 1) for name, rate in medians.items()}
    print(json.dumps({"rows": len(rows), "tokens": tokens, **summary, "ratio": medians["thalweg"] / medians["trl"]}))


def thalweg(rows: list[Example], model: str, config: TrainConfig) -> float:
    """Seconds that Thalweg trains."""
    with tempfile.TemporaryDirectory() as out:
        return train(rows, model, Path(out), config, Prompt()).seconds


def trl(rows: list[Example], model: str, config: TrainConfig) -> float:
    """Seconds that plain TRL trains on the same rows as prompt and completion."""
    import torch
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    torch.set_num_threads(config.threads)
    turns = [
        {
            "prompt": [{"role": "user", "content": row.prompt}],
            "completion": [{"role": "assistant", "content": row.text}],
        }
        for row in rows
    ]
    with tempfile.TemporaryDirectory() as out, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        arguments = SFTConfig(
            output_dir=out,
            per_device_train_batch_size=config.batch_size,
            num_train_epochs=1,
            learning_rate=config.learning_rate,
            max_length=config.max_length,
            packing=config.packing,
            bf16=config.precision == "bf16",
            use_cpu=not torch.accelerator.is_available(),
            activation_checkpointing=False,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = SFTTrainer(model, args=arguments, train_dataset=Dataset.from_list(turns))
        return float(trainer.train().metrics["train_runtime"])


def made_up(count: int) -> list[Example]:
    """Rows of random words whose lengths spread as those of short traces do."""
    rng = random.Random(0)
    words = ("so", "we", "add", "the", "first", "number", "and", "then", "take", "half", "of", "what", "is", "left")

    def text(size: float) -> str:
        return " ".join(rng.choice(words) for _ in range(int(size)))

    return [
        Example(
            response_id=str(index),
            problem_id=str(index),
            prompt=text(rng.uniform(20, 80)),
            text=f"<think>{text(rng.lognormvariate(5, 0.5))}</think>{text(20)}",
        )
        for index in range(count)
    ]


def _tokens(rows: list[Example], model: str) -> int:
    from transformers import AutoTokenizer

    from thalweg.train.encode import encode_corpus

    encoded = encode_corpus(rows, AutoTokenizer.from_pretrained(model), Prompt(), TrainConfig(), 1 << 30)
    return sum(len(row.input_ids) for row in encoded.rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Training speed of Thalweg and of plain TRL, on the same rows.")
    parser.add_argument("--model", required=True, help="a transformers model folder")
    parser.add_argument("--rows", help="a corpus file; made-up rows without it")
    parser.add_argument("--count", type=int, default=32, help="rows to train on")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--max-length", type=int, default=2048)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--packing", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=4)
    return parser.parse_args()


if __name__ == "__main__":
    main()
