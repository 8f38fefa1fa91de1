"""The forms in which other trainers read training rows, and what writes each.

    messages      data/train-*.parquet: messages, and id, problem_id, model, source, license, weight of each row
    trl           train.jsonl: prompt and completion, each a list of turns (TRL, "conversational prompt-completion")
    llamafactory  train.jsonl: messages; dataset_info.json: its entry (LLaMA-Factory, data/README.md, "sharegpt")
    axolotl       train.jsonl: messages; axolotl.yaml: its entry (axolotl, dataset-formats, "chat_template")
    openai        train.jsonl: messages (OpenAI, supervised fine-tuning)

The assistant's turn is the row's text byte for byte, think tags inside; the user's turn is the prompt that the row was
curated with. Rows stream. Not covered: rendering with a chat template, which is the trainer's work, and what templates
do to thinking (docs/export.md).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from thalweg import store
from thalweg.chat import Prompt
from thalweg.curate.card import Origin
from thalweg.types import Example

_LINES = "train.jsonl"
_FILE_BYTES = 400 << 20  # of a Parquet file, after which the next begins
_GROUP = 1000  # rows written together


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of rows: what it is called, the pattern of its files, what its users have to know, what writes it."""

    title: str
    data: str
    advice: str
    write: Callable[[Iterable[Example], Origin, Path], None]


def turns(row: Example, prompt: Prompt | None) -> list[dict[str, str]]:
    """The conversation that a row is."""
    asked = (prompt or Prompt()).messages(row.prompt)
    return [*asked, {"role": "assistant", "content": row.text}]


def _write_messages(rows: Iterable[Example], origin: Origin, out: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.string()
    schema = pa.schema(
        [
            ("messages", pa.list_(pa.struct([("role", text), ("content", text)]))),
            *((name, text) for name in ("id", "problem_id", "model", "source", "license")),
            ("weight", pa.float64()),
        ]
    )
    rest = (_with_origin(row, origin) for row in rows)
    group, number = list(islice(rest, _GROUP)), 0
    (out / "data").mkdir()
    while group:
        with open(out / "data" / f"{number}", "wb") as file, pq.ParquetWriter(file, schema) as writer:
            while group:
                writer.write_table(pa.Table.from_pylist(group, schema=schema))
                group = list(islice(rest, _GROUP))
                if file.tell() >= _FILE_BYTES:
                    break
        number += 1
    for at in range(number):  # the names hold how many there are, which is known now
        (out / "data" / f"{at}").rename(out / "data" / f"train-{at:05d}-of-{number:05d}.parquet")


def _with_origin(row: Example, origin: Origin) -> dict[str, Any]:
    source = origin.sources.get(row.problem_id)
    return {
        "messages": turns(row, origin.prompt),
        "id": row.response_id,
        "problem_id": row.problem_id,
        "model": origin.models.get(row.response_id),
        "source": source.name if source else None,
        "license": source.license if source else None,
        "weight": row.weight,
    }


def _write_trl(rows: Iterable[Example], origin: Origin, out: Path) -> None:
    def parted(row: Example) -> dict[str, Any]:
        *prompt, completion = turns(row, origin.prompt)
        return {"prompt": prompt, "completion": [completion]}

    _lines(out, map(parted, rows))


def _write_conversations(rows: Iterable[Example], origin: Origin, out: Path) -> None:
    _lines(out, ({"messages": turns(row, origin.prompt)} for row in rows))


def _write_llamafactory(rows: Iterable[Example], origin: Origin, out: Path) -> None:
    _write_conversations(rows, origin, out)
    roles = {f"{role}_tag": role for role in ("user", "assistant", "system")}
    entry = {
        "file_name": _LINES,
        "formatting": "sharegpt",
        "columns": {"messages": "messages"},
        "tags": {"role_tag": "role", "content_tag": "content", **roles},
    }
    store.write_json(out / "dataset_info.json", {"thalweg": entry})


def _write_axolotl(rows: Iterable[Example], origin: Origin, out: Path) -> None:
    _write_conversations(rows, origin, out)
    entry = {
        "path": _LINES,
        "ds_type": "json",
        "type": "chat_template",
        "field_messages": "messages",
        "roles_to_train": ["assistant"],
        "train_on_eos": "turn",
    }
    content = {"chat_template": "tokenizer_default", "datasets": [entry]}
    with store.replacing(out / "axolotl.yaml") as temporary:
        temporary.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _lines(out: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with store.replacing(out / _LINES) as temporary, open(temporary, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(store.json_line(row) for row in rows)


FORMS: dict[str, Form] = {
    "messages": Form(
        title="conversations (`messages`)",
        data="data/train-*.parquet",
        advice="thinking stands inside the assistant's content; templates of reasoning models may drop or respace it",
        write=_write_messages,
    ),
    "trl": Form(
        title="prompts and completions in TRL's conversational form",
        data=_LINES,
        advice="TRL cuts rows at 1,024 tokens unless `max_length` is set; templates of R1's distilled models drop the "
        "thinking unless `assistant_only_loss: true` puts TRL's training template in their place",
        write=_write_trl,
    ),
    "llamafactory": Form(
        title="conversations for LLaMA-Factory (`dataset: thalweg`)",
        data=_LINES,
        advice="LLaMA-Factory cuts rows at 2,048 tokens unless `cutoff_len` is set; `enable_thinking: false` removes "
        "the thinking; reasoning templates put an empty thinking before rows without one (`qwen3_nothink` does not)",
        write=_write_llamafactory,
    ),
    "axolotl": Form(
        title="conversations for axolotl (`type: chat_template`)",
        data=_LINES,
        advice="axolotl drops rows above `sequence_len`; `tokenizer_default` may drop or respace thinking, as that of "
        "R1's distilled models does: `chat_template: chatml` writes it as it stands",
        write=_write_axolotl,
    ),
    "openai": Form(
        title="conversations for OpenAI's supervised fine-tuning",
        data=_LINES,
        advice="thinking stands inside the assistant's content and is trained on as any answer: it is not the "
        "provider's own reasoning; there must be 10 rows or more",
        write=_write_conversations,
    ),
}
