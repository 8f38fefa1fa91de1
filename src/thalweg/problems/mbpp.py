"""MBPP (Austin et al. 2021, arXiv:2108.07732): short Python functions, tested by three assertions each.

A row has `text`, `code` (a reference), `test_list` and `task_id`; `test_setup_code` where the assertions need one. The
statement names the first assertion, since nothing else says what the function is called. The subset `sanitized` (427
problems whose statements were checked by hand) has `prompt` and `test_imports` instead, and the same task ids.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from thalweg.errors import InputError
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import Row, read_table
from thalweg.types import AssertCheck, Problem

HUB_ID = "google-research-datasets/mbpp"
SCHEMA = Schema(
    source="mbpp",
    title="MBPP",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/google-research-datasets/mbpp",
    license="CC-BY-4.0",
    columns=(
        Column(name="text", holds="what to write"),
        Column(name="task_id", holds="its number", types=(int, str)),
        Column(name="test_list", holds="assertions", types=(list,)),
        Column(name="test_setup_code", holds="what the assertions need before them", needed=False),
    ),
)
SCHEMA_SANITIZED = Schema(
    source="mbpp",
    title="MBPP (sanitized)",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/google-research-datasets/mbpp",
    license="CC-BY-4.0",
    columns=(
        Column(name="prompt", holds="what to write"),
        Column(name="task_id", holds="its number", types=(int, str)),
        Column(name="test_list", holds="assertions", types=(list,)),
        Column(name="test_imports", holds="imports that the assertions need", types=(list,)),
    ),
)


def read_mbpp(
    path: str | Path = HUB_ID, split: str = "test", subset: Literal["full", "sanitized"] = "full"
) -> Iterator[Item]:
    """The problems of a local file (JSON Lines or Parquet) or of a split of the hub's.

    Raises:
        InputError: a row without `text` (`prompt`), `task_id` or assertions.
    """
    return read_table(SCHEMA if subset == "full" else SCHEMA_SANITIZED, _item, path, subset, split)


def _item(row: Row, where: str) -> Item:
    asserts = row["test_list"]
    if not asserts or not all(isinstance(one, str) for one in asserts):
        raise InputError(where, "column 'test_list' holds no list of assertions", "is this MBPP?")
    text = (row["prompt"] if "prompt" in row else row["text"]).strip()
    problem = Problem(
        id=f"mbpp/{row['task_id']}",
        source=SCHEMA.source,
        statement=f"{text}\n\nYour code must pass this test:\n\n{asserts[0].strip()}",
        check=AssertCheck(asserts=tuple(asserts), setup=_setup(row)),
        license=SCHEMA.license,
    )
    return Item(problem)


def _setup(row: Row) -> str:
    return "\n".join(row["test_imports"]) if "test_imports" in row else str(row.get("test_setup_code") or "")
