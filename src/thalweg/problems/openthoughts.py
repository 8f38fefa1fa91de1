"""OpenThoughts3-1.2M (Guha et al. 2025, arXiv:2506.04178): 1.2 million traces of QwQ-32B on math, code and science.

A row has `conversations` (a `human` turn and the model's, `{"from", "value"}`), `domain`, `source` and, for some, a
`difficulty`. About sixteen rows share a question. No row says what is right: without `check=boxed` nothing passes, with
it an answer is compared with the last box of the question's first response that has one, which is agreement with the
teacher. 28 GB in 120 Parquet files: name a file, or a folder of some of them, or let `count` stop the stream.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_table
from thalweg.problems.traces import NEVER, Samples, check_of, statement_id
from thalweg.problems.turns import exchange
from thalweg.types import Problem

HUB_ID = "open-thoughts/OpenThoughts3-1.2M"
TEACHER = "QwQ-32B"
SCHEMA = Schema(
    source="openthoughts",
    title="OpenThoughts3-1.2M",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/open-thoughts/OpenThoughts3-1.2M",
    license="Apache-2.0",
    columns=(
        Column(name="conversations", holds="a `human` turn and a `gpt` turn: `from`, `value`", types=(list,)),
        Column(name="domain", holds="math, code or science"),
        Column(name="source", holds="where the question is from"),
        Column(name="difficulty", holds="a number", types=(int,), needed=False),
    ),
)


def read_openthoughts(
    path: str | Path = HUB_ID,
    split: str = "train",
    domain: Literal["math", "code", "science"] | None = None,
    check: Literal["boxed"] | None = None,
    on_bad: OnBad | None = None,
) -> Iterator[Item]:
    """The traces of a local copy or of the hub; only those of a domain where one is named.

    Raises:
        InputError: a row without one of the columns, or with other turns.
    """
    samples = Samples()

    def read(row: Row, where: str) -> Item | None:
        if domain is not None and row["domain"] != domain:
            return None
        return _item(row, where, samples, boxed=check == "boxed")

    return read_table(SCHEMA, read, path, None, split, on_bad)


def _item(row: Row, where: str, samples: Samples, *, boxed: bool) -> Item:
    statement, text, _ = exchange(row["conversations"], where)
    problem_id = statement_id(SCHEMA.source, statement)
    response = samples.response(problem_id, TEACHER, text=text)
    found = check_of(None, response, "boxed") if boxed else None
    difficulty = row.get("difficulty")
    problem = Problem(
        id=problem_id,
        source=SCHEMA.source,
        statement=statement,
        check=found or NEVER,
        difficulty=None if difficulty is None else str(difficulty),
        license=SCHEMA.license,
    )
    return Item(problem, response, boxed and found is None)
