"""HumanEval (Chen et al. 2021, arXiv:2107.03374): 164 Python functions to complete, tested by assertions.

A row has `prompt` (imports, perhaps helpers, and the function's header with its docstring), `test`, which defines
`check(candidate)`, and `entry_point`. What stands in the prompt before the function is the check's setup, since the
official harness runs prompt, completion and test as one: tests may call a helper that an answer need not repeat.

Not covered: HumanEval+, whose tests need `numpy` and run as a loop over inputs.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from thalweg.errors import InputError
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_table
from thalweg.types import AssertCheck, Problem

HUB_ID = "openai/openai_humaneval"
SCHEMA = Schema(
    source="humaneval",
    title="HumanEval",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/openai/openai_humaneval",
    license="MIT",
    columns=(
        Column(name="task_id", holds="HumanEval/NUMBER"),
        Column(name="prompt", holds="the function's header and docstring"),
        Column(name="test", holds="def check(candidate): …"),
        Column(name="entry_point", holds="the function's name"),
    ),
)


def read_humaneval(path: str | Path = HUB_ID, split: str = "test", on_bad: OnBad | None = None) -> Iterator[Item]:
    """The problems of a file (JSON Lines or Parquet) or of the hub's.

    Raises:
        InputError: a row that is not as `SCHEMA` has it, or whose prompt does not define its entry point.
    """
    return read_table(SCHEMA, _item, path, None, split, on_bad)


def _item(row: Row, where: str) -> Item:
    name, prompt = row["entry_point"], row["prompt"]
    header = re.search(rf"^def\s+{re.escape(name)}\b", prompt, re.MULTILINE)
    if header is None:
        raise InputError(where, f"column 'prompt' does not define '{name}'", "is this HumanEval?")
    problem = Problem(
        id=f"humaneval/{row['task_id'].rpartition('/')[2]}",
        source=SCHEMA.source,
        statement=f"Complete the function `{name}`:\n\n```python\n{prompt.strip()}\n```",
        check=AssertCheck(asserts=(row["test"].strip(), f"check({name})"), setup=prompt[: header.start()].strip()),
        license=SCHEMA.license,
    )
    return Item(problem)
