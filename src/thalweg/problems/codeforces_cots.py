"""open-r1/codeforces-cots: DeepSeek-R1's chains of thought on Codeforces problems, in subsets by prompt.

`solutions` (47,780 responses in C++) and `solutions_py` (9,556 in Python) answer the problem alone, `solutions_w_…`
also saw the editorial; `…_decontaminated` are those of them without overlap with benchmarks. Problems have the ids and
statements of the source `codeforces`, so that verdicts on both agree; the words that R1 was asked with are not part of
them. Rows have no tests: checks never pass unless `questions` names open-r1/codeforces, whose problems are then taken.
Not covered: the subsets `checker_interactor` and `test_input_generator`, which answer other questions.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from thalweg.problems.codeforces import STATEMENT_COLUMNS, codeforces_problem, read_codeforces
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_table
from thalweg.problems.traces import NEVER, Samples
from thalweg.store import BadRow
from thalweg.types import Problem

HUB_ID = "open-r1/codeforces-cots"
MODEL = "deepseek-r1"
SCHEMA = Schema(
    source="codeforces_cots",
    title="open-r1/codeforces-cots",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/open-r1/codeforces-cots",
    license="CC-BY-4.0",
    columns=(
        *STATEMENT_COLUMNS,
        Column(name="generation", holds="the response, thinking and all", types=(str, type(None))),
        Column(name="finish_reason", holds="stop or length", types=(str, type(None))),
        Column(name="api_metadata", holds="{prompt_tokens, completion_tokens, …}", types=(dict, type(None))),
    ),
)


def read_codeforces_cots(
    path: str | Path = HUB_ID,
    subset: Literal[
        "solutions",
        "solutions_decontaminated",
        "solutions_py",
        "solutions_py_decontaminated",
        "solutions_short_and_long_decontaminated",
        "solutions_w_editorials",
        "solutions_w_editorials_decontaminated",
        "solutions_w_editorials_py",
        "solutions_w_editorials_py_decontaminated",
    ] = "solutions_py",
    questions: str | None = None,
    on_bad: OnBad | None = None,
    on_left_out: OnBad | None = None,
) -> Iterator[Item]:
    """The responses of a file, of a copy of the data set's folder, or of the hub's, each with its problem.

    Args:
        questions: open-r1/codeforces, as a local copy or its hub id, for problems that can be graded.
        on_bad: gets the rows that cannot be read, which are an error without it.
        on_left_out: is told which rows are left out, and why.

    Raises:
        InputError: a row that is not as `SCHEMA` has it.
    """
    samples, known = Samples(), _known(questions)

    def item(row: Row, where: str) -> Item | None:
        if row["generation"] is None:
            if on_left_out is not None:
                on_left_out(BadRow(where, "no response", ""))
            return None
        problem = codeforces_problem(row, NEVER)
        problem = known.get(problem.id, problem)
        used = row["api_metadata"] or {}
        response = samples.response(
            problem.id,
            MODEL,
            text=row["generation"],
            finish_reason=row["finish_reason"],
            prompt_tokens=used.get("prompt_tokens"),
            completion_tokens=used.get("completion_tokens"),
        )
        return Item(problem, replace(response, id=f"{subset}/{response.id}"))  # subsets answer the same problems

    return read_table(SCHEMA, item, path, subset, "train", on_bad)


def _known(questions: str | None) -> dict[str, Problem]:
    """The problems by id: some 400 MB of tests for all."""
    if questions is None:
        return {}
    return {item.problem.id: item.problem for item in read_codeforces(questions)}
