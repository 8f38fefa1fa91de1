"""OpenCodeReasoning (Ahmad et al. 2025, arXiv:2504.01943) and -2 (arXiv:2507.09075): DeepSeek-R1's code traces.

The first: 735,255 Python responses to 28,319 questions; `split_0` with its questions, `split_1` with "-" in place of
those of APPS and TACO. The second: 1,398,166 Python and 1,174,475 C++ responses (splits `python`, `cpp`) to 34,125
questions, all "-". A question that is left out is taken out of the data set, split and row that its response names
(`questions.py`): the base data sets must be at hand, on the hub or as local copies (option `questions`).

Where tests are asked for, a rebuilt problem has those of its base; all other problems have a check that never passes:
`split_0` says no rows, so its responses cannot be graded here. Licenses are those of each row. Problem ids are the
question ids of the release; the group is the contest problem, or the base problem, so that intervals see both as one.

Of the second release, `judgement` and `least_pass_rate` choose responses by what the release says of them: the verdict
of QwQ-32B, and the share of tests passed, which is "-1" (unknown) for about 40 % of the rows. Not covered: QwQ's
critiques; `solution`, which is the code in the response; Python 2.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from thalweg.errors import InputError
from thalweg.problems.questions import Places, Questions, open_questions
from thalweg.problems.source import Column, Item, Schema
from thalweg.problems.table import OnBad, Row, read_table
from thalweg.problems.traces import NEVER, Samples
from thalweg.types import Problem

HUB_ID, HUB_ID_2 = "nvidia/OpenCodeReasoning", "nvidia/OpenCodeReasoning-2"
MODEL = "deepseek-r1"
LEFT_OUT = "-"  # in place of a question
Wanted: TypeAlias = Literal["optional", "none"]
_BASE_COLUMNS = (
    Column(name="dataset", holds="base data set (taco, apps, code_contests, open-r1/codeforces)"),
    Column(name="split", holds="its split"),
    Column(name="index", holds="its row, counted from 0", types=(str, int, type(None)), needed=False),
    Column(name="difficulty", holds="as the base data set has it", types=(str, int, type(None)), needed=False),
    Column(name="license", holds="the question's", types=(str, type(None))),
)
SCHEMA = Schema(
    source="open_code_reasoning",
    title="OpenCodeReasoning",
    hub_id=HUB_ID,
    documented="https://huggingface.co/datasets/nvidia/OpenCodeReasoning",
    license="CC-BY-4.0 (questions: a license each)",
    columns=(
        Column(name="id", holds="id of the question"),
        Column(name="input", holds="the question, or '-'"),
        Column(name="output", holds="the response, thinking and all"),
        *_BASE_COLUMNS,
    ),
)
SCHEMA_2 = Schema(
    source="open_code_reasoning_2",
    title="OpenCodeReasoning-2",
    hub_id=HUB_ID_2,
    documented="https://huggingface.co/datasets/nvidia/OpenCodeReasoning-2",
    license="CC-BY-4.0 (questions: a license each)",
    columns=(
        Column(name="id", holds="id of the response"),
        Column(name="question_id", holds="id of the question"),
        Column(name="question", holds="'-'"),
        Column(name="r1_generation", holds="the response, thinking and all"),
        Column(name="judgement", holds="right or wrong, by QwQ-32B", types=(str, type(None))),
        Column(name="pass_rate", holds="share of tests passed, as text; '-1' unknown", types=(str, int, float)),
        *_BASE_COLUMNS,
    ),
)


def read_open_code_reasoning(
    path: str | Path = HUB_ID,
    split: Literal["split_0", "split_1"] = "split_0",
    questions: Places = None,
    tests: Wanted = "none",
    most_tests: int | None = None,
    on_bad: OnBad | None = None,
) -> Iterator[Item]:
    """The responses of a file, of a copy of the data set's folder, or of the hub's, each with its problem.

    Args:
        questions: where the base data sets are: a folder with `taco`, `apps`, … in it, paths by name, or the hub.
        tests: `optional` takes the tests of the base data sets, which are most of their gigabytes.
        most_tests: only so many tests a problem (the second paper ran at most 50).
        on_bad: gets the rows that cannot be read, which are an error without it.

    Raises:
        InputError: a row that is not as `SCHEMA` has it, or a base data set that is not there.
    """
    samples = Samples()
    with open_questions(questions, tests, most_tests) as base:

        def item(row: Row, where: str) -> Item:
            problem = _problem(SCHEMA.source, row["id"], row["input"], row, base, where)
            return Item(problem, samples.response(problem.id, MODEL, text=row["output"]))

        yield from read_table(SCHEMA, item, path, split, split, on_bad)


def read_open_code_reasoning_2(
    path: str | Path = HUB_ID_2,
    split: Literal["python", "cpp"] = "python",
    questions: Places = None,
    tests: Wanted = "none",
    most_tests: int | None = None,
    judgement: Literal["right", "wrong"] | None = None,
    least_pass_rate: float | None = None,
    on_bad: OnBad | None = None,
) -> Iterator[Item]:
    """As `read_open_code_reasoning`, of the second release.

    Args:
        judgement: only responses that QwQ-32B judged so.
        least_pass_rate: only responses that passed at least this share of the tests; unknown is not enough.

    Raises:
        InputError: as there.
    """
    samples = Samples()
    with open_questions(questions, tests, most_tests) as base:

        def item(row: Row, where: str) -> Item | None:
            problem = _problem(SCHEMA_2.source, row["question_id"], row["question"], row, base, where)
            # Counted before any is left out, so that a choice does not change ids.
            response = samples.response(
                problem.id, MODEL, id=f"{SCHEMA_2.source}/{row['id']}", text=row["r1_generation"]
            )
            if judgement is not None and row["judgement"] != judgement:
                return None
            if least_pass_rate is not None and _pass_rate(row["pass_rate"], where) < least_pass_rate:
                return None
            return Item(problem, response)

        yield from read_table(SCHEMA_2, item, path, "train", split, on_bad)


def _pass_rate(written: Any, where: str) -> float:
    try:
        return float(written)
    except ValueError:
        raise InputError(where, f"column 'pass_rate' holds {written!r}", "it must hold a number, or -1") from None


def _problem(source: str, question_id: str, question: str, row: Row, base: Questions, where: str) -> Problem:
    problem_id = f"{source}/{question_id}"
    difficulty = None if row.get("difficulty") in (None, "") else str(row["difficulty"])
    if question.strip() not in (LEFT_OUT, ""):
        return Problem(
            id=problem_id,
            source=source,
            statement=question,
            check=NEVER,
            difficulty=difficulty,
            license=row["license"],
        )
    found = base.problem(row["dataset"], row["split"], _index(row, where), where)
    return replace(
        found,
        id=problem_id,
        source=source,
        group=found.cluster,
        difficulty=difficulty or found.difficulty,
        license=row["license"] or found.license,
    )


def _index(row: Row, where: str) -> int:
    try:
        return int(row.get("index") or "")
    except ValueError:
        remedy = "it says where the question is; split_0 has none, and needs none"
        raise InputError(where, f"column 'index' holds {row.get('index')!r}", remedy) from None
