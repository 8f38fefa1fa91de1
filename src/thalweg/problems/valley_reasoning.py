"""The Valley paper's own splits (He et al. 2025, arXiv:2510.06101): 30,000 traces of R1-0528 and KAT-V1-40B on code.

Seven subsets; the public card names `train_1k`, `train_10k`, `train_30k` and `correct_6k`. **Its columns are documented
nowhere that could be read**, so two forms are tried by name and anything else is refused with the columns that are
there: a list of turns (`messages` or `conversations`), or a prompt beside a response, each under one of a few usual
names. Who of the two teachers wrote a row, and the tests, are not part of either form: no check can pass, as in
`pairs`. Where the columns differ, `pairs` with `columns` reads them.
"""

from collections.abc import Iterator
from pathlib import Path

from thalweg.errors import InputError
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_table
from thalweg.problems.traces import NEVER, Samples, statement_id
from thalweg.problems.turns import exchange
from thalweg.types import Problem

HUB_ID = "collinear-ai/valley-of-reasoning-data"
TEACHERS = "DeepSeek-R1-0528 or KAT-V1-40B"
_TURNS = ("messages", "conversations")
_PROMPTS = ("instruction", "input", "prompt", "question")
_REPLIES = ("output", "response", "target", "completion")
_DOCUMENTED = "not documented (the card shows names of subsets only)"
TURNS = Schema(
    source="valley_reasoning",
    title="valley-of-reasoning-data, as turns",
    hub_id=HUB_ID,
    documented=_DOCUMENTED,
    license="MIT",
    columns=(Column(name="messages", holds="a user turn and an assistant turn, or `conversations`", types=(list,)),),
)
PAIRS = Schema(
    source="valley_reasoning",
    title="valley-of-reasoning-data, as prompt and response",
    hub_id=HUB_ID,
    documented=_DOCUMENTED,
    license="MIT",
    columns=(
        Column(name="instruction", holds=f"the statement; or {', '.join(_PROMPTS[1:])}"),
        Column(name="output", holds=f"the response; or {', '.join(_REPLIES[1:])}"),
    ),
)


def read_valley_reasoning(
    path: str | Path = HUB_ID, subset: str = "train_30k", split: str = "train", on_bad: OnBad | None = None
) -> Iterator[Item]:
    """The traces of a subset, from a local copy or from the hub.

    Raises:
        InputError: a row of neither form.
    """
    samples = Samples()

    def read(row: Row, where: str) -> Item:
        statement, text = _pair(row, where)
        problem_id = statement_id(TURNS.source, statement)
        problem = Problem(id=problem_id, source=TURNS.source, statement=statement, check=NEVER, license=TURNS.license)
        return Item(problem, samples.response(problem_id, TEACHERS, text=text))

    return read_table(None, read, path, subset, split, on_bad)


def _pair(row: Row, where: str) -> tuple[str, str]:
    turns = next((name for name in _TURNS if name in row), None)
    if turns is not None:
        return exchange(row[turns], where)[:2]
    prompt, reply = (next((name for name in names if row.get(name)), None) for names in (_PROMPTS, _REPLIES))
    if prompt is None or reply is None:
        remedy = f"expected messages, or one of {', '.join(_PROMPTS)} and one of {', '.join(_REPLIES)}; "
        remedy += f"found are {', '.join(row)}; name them with source 'pairs' and 'columns'"
        raise InputError(where, "its columns are of no form that is known", remedy)
    found = {"instruction": row[prompt], "output": row[reply]}
    PAIRS.check(found, where)
    return found["instruction"], found["output"]
