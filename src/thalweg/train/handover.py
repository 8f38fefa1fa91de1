"""What a trainer outside is given of a rung: its corpus in two forms, its settings, and the filled command line.

The files are those of `command.py`'s docstring. Steps and tokens are counted here too, as Thalweg's own trainer would
count them, so that a corpus that cannot be trained on fails before hours of a GPU. Not covered: running anything.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from thalweg import chat, store
from thalweg.train.config import TrainConfig
from thalweg.train.job import Job, TrainResult

PLACES = (
    "corpus", "completions", "rung", "start", "out", "name", "seed", "size", "steps",
    "epochs", "max_steps", "learning_rate", "batch_size", "max_length",
)  # fmt: skip
_PLACE = re.compile(r"(?<!\$)\{([a-z][a-z_]*)\}")


def unknown_places(line: str) -> list[str]:
    """The names in braces of a command line that stand for nothing (`${name}` is a shell's, and left alone)."""
    return [name for name in _PLACE.findall(line) if name not in PLACES]


def hand_over(hand: Path, job: Job, name: str, planned: TrainResult) -> dict[str, str]:
    """Writes the files of a rung; what each place of the command line stands for."""
    (hand / "out").mkdir(parents=True, exist_ok=True)
    _write_corpus(hand, job)
    values = {
        "corpus": str(hand / "messages.jsonl"),
        "completions": str(hand / "completions.jsonl"),
        "rung": str(hand / "rung.json"),
        "start": job.student,
        "out": str(hand / "out"),
        "name": name,
        "seed": job.seed,
        "size": len(job.corpus),
        "steps": planned.steps,
    }
    settings = job.config.model_dump(mode="json")
    store.write_json(hand / "rung.json", {**values, "train": settings, "prompt": asdict(job.prompt)})
    return {key: str(value) for key, value in {**values, **_settings(job.config)}.items()}


def _settings(config: TrainConfig) -> dict[str, Any]:
    """The training settings that have a place; no `max_steps` is -1, as transformers has it."""
    return {
        "epochs": config.epochs,
        "max_steps": config.max_steps or -1,
        "learning_rate": config.learning_rate,
        "batch_size": config.batch_size,
        "max_length": config.max_length,
    }


def _write_corpus(hand: Path, job: Job) -> None:
    from thalweg.train.student import load_tokenizer

    tokenizer = load_tokenizer(job.student)
    end = tokenizer.convert_ids_to_tokens(chat.end_of_turn(tokenizer, job.prompt))
    system = [{"role": "system", "content": job.prompt.system}] if job.prompt.system else []
    turns = ([*system, _turn("user", row.prompt), _turn("assistant", row.text)] for row in job.corpus)
    pairs = (
        {"prompt": chat.render(tokenizer, row.prompt, job.prompt), "completion": f"{row.text}{end}"}
        for row in job.corpus
    )
    _write_lines(hand / "messages.jsonl", ({"messages": row} for row in turns))
    _write_lines(hand / "completions.jsonl", pairs)


def _turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _write_lines(path: Path, rows: Iterator[Mapping[str, Any]]) -> None:
    with store.replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as out:
        out.writelines(store.json_line(row) for row in rows)


def words(line: str, values: Mapping[str, str]) -> list[str]:
    """The command's words, split before the places are filled, so that a path with a space stays one word."""
    return [_PLACE.sub(lambda place: values.get(place[1], place[0]), word) for word in shlex.split(line)]


def counted(job: Job) -> TrainResult:
    """Steps and tokens as Thalweg's own trainer would count them. It fails before hours of a GPU, if it must."""
    from thalweg.train import schedule, student
    from thalweg.train.encode import IGNORED, encode_corpus

    tokenizer = student.load_tokenizer(job.student)
    limit = student.longest_row(job.student, job.config)
    encoded = encode_corpus(job.corpus, tokenizer, job.prompt, job.config, limit)
    lengths = [len(row.input_ids) for row in encoded.rows]
    labelled = [int((row.labels[1:] != IGNORED).sum()) for row in encoded.rows]
    seen = [index for batch in schedule.batches(lengths, job.config, job.seed) for index in batch]
    return TrainResult(
        steps=schedule.plan_steps(len(lengths), job.config),
        tokens_trained=sum(lengths[index] for index in seen),
        loss_tokens=sum(labelled[index] for index in seen),
        seconds=0.0,
        loss=None,
        examples=len(lengths),
        truncated=encoded.truncated,
        dropped=encoded.dropped,
    )
