"""OpenCodeReasoning computed again, as sheets of text: what `thalweg papers ocr` prints."""

from collections.abc import Iterator

from thalweg.curve.papers import Sheet
from thalweg.curve.papers.claims import Claim, above, claims_sheet
from thalweg.curve.papers.execution_filter import Contest, ExecutionFilter
from thalweg.curve.papers.words import brief, elsewhere, here

_BENCHMARK = "LiveCodeBench"


def sheets(found: ExecutionFilter) -> Iterator[Sheet]:
    """The filter's arms, the students, and the claims."""
    yield _arms(found)
    yield _students(found)
    yield claims_sheet(
        "What the paper says, against its own tables",
        tuple(_claims(found)),
        ("On these 279 problems of LiveCodeBench; one training run a line, the spread over seeds is not printed.",),
    )


def _arms(found: ExecutionFilter) -> Sheet:
    rows = []
    for one in found.arms:
        assert one.rows is not None
        sizes = f"{one.rows[0]:,} / {one.rows[1]:,}"
        differences = map(brief, one.by_benchmark.values())
        rows.append((f"{one.one} - {one.other}", sizes, *differences, elsewhere(one.by_benchmark[_BENCHMARK])))
    return Sheet(
        title="Filtering by execution, Qwen2.5-14B-Instruct, points (table 3)",
        header=("arms", "rows", *found.raw["benchmarks"], f"{_BENCHMARK}, told"),
        rows=tuple(rows),
        notes=(
            "In brackets: standard errors from zero on these problems | on other problems if students were unrelated "
            "and half of an answer's variance were its problem's. The truth lies between.",
            "The arms are not matched: problems whose responses fail are harder. So it may be their problems, not "
            "their mistakes, that teach more; and no filter has three times the rows.",
            "On CodeContests nothing is told between correct and incorrect. Its 165 problems and 16 runs are assumed.",
        ),
    )


def _students(found: ExecutionFilter) -> Sheet:
    rows = tuple(
        (f"{one.one} - {one.other}", *map(brief, one.by_benchmark.values()), elsewhere(one.by_benchmark[_BENCHMARK]))
        for one in (*found.starts, *found.others)
    )
    return Sheet(
        title="Students of 736,712 responses, points (model card)",
        header=("models", *found.raw["benchmarks"], f"{_BENCHMARK}, told"),
        rows=rows,
        notes=("Other models were run once, ours to compare 64 times; CodeContests' 16 runs are 64 on the card.",),
    )


def _claims(found: ExecutionFilter) -> Iterator[Claim]:
    wrong, nothing, more = found.arms
    yield _better("Incorrect responses teach more than correct ones", wrong)
    yield _better("Filtering by execution costs", nothing)
    yield _better("More rows, wrong ones included, are better than wrong ones alone", more)
    for one in found.starts:
        yield _better(f"{one.one} is a better start than base", one)
    for one in found.others[:-1]:
        yield _better(f"{one.one} is better than {one.other}", one)


def _better(claim: str, one: Contest) -> Claim:
    told = one.by_benchmark[_BENCHMARK]
    return Claim(claim, above(told.low, told.high), f"{here(told)}; {elsewhere(told)}")
