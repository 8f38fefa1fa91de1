"""OpenCodeReasoning (arXiv 2504.01943) computed again: does keeping only responses that pass the tests help?

The paper's ablation finds that it hurts. Sixty-four runs make the difference certain on these 279 problems; on others
it depends on how alike the students are (see `shares.Compared`). What differs between the arms besides correctness is
not controlled: which problems they hold. Not covered: the scaling curve, whose values are not printed, and seeds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from thalweg.curve.papers import paper
from thalweg.curve.papers.shares import Compared, Pair, compared


@dataclass(frozen=True, slots=True)
class Contest:
    """One model against another on each benchmark; `rows` of training where the table gives them."""

    one: str
    other: str
    by_benchmark: Mapping[str, Compared]
    rows: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ExecutionFilter:
    """Everything that `thalweg papers ocr` prints but the claims: the filter's arms, and students against others."""

    arxiv: str
    raw: Mapping[str, Any]
    arms: tuple[Contest, ...]
    starts: tuple[Contest, ...]
    others: tuple[Contest, ...]


def execution_filter() -> ExecutionFilter:
    """The paper computed again."""
    raw = paper("ocr")
    rows, results = raw["filter"]["rows"], raw["results"]
    arms = (("incorrect only", "correct only"), ("no filter", "correct only"), ("no filter", "incorrect only"))
    return ExecutionFilter(
        arxiv=raw["arxiv"],
        raw=raw,
        arms=tuple(_contest(a, b, rows[a], rows[b], raw, (rows[a][2], rows[b][2])) for a, b in arms),
        starts=tuple(
            _contest(f"{size}, instruct", f"{size}, base", results["own_instruct"][size], own, raw)
            for size, own in results["own"].items()
        ),
        others=tuple(_others(raw)),
    )


def _others(raw: Mapping[str, Any]) -> Iterator[Contest]:
    """Each student against the other student of its size, and the largest against its teacher and another."""
    results = raw["results"]
    pairs = (
        ("7B", "R1-Distill-Qwen-7B"),
        ("7B", "OlympicCoder-7B"),
        ("14B", "R1-Distill-Qwen-14B"),
        ("32B", "R1-Distill-Qwen-32B"),
        ("32B", "QwQ-32B"),
        ("32B", "DeepSeek-R1"),
    )
    for size, other in pairs:
        yield _contest(
            f"{size}, instruct", other, results["own_instruct"][size], results["others"][other], raw, other_runs=1
        )


def _contest(
    one: str,
    other: str,
    first: Sequence[float],
    second: Sequence[float],
    raw: Mapping[str, Any],
    rows: tuple[int, int] | None = None,
    other_runs: int | None = None,
) -> Contest:
    found = {}
    for at, (name, size) in enumerate(raw["benchmarks"].items()):
        runs = (size["runs"], other_runs or size["runs"])
        found[name] = compared(Pair(first[at] / 100, second[at] / 100, size["problems"], runs))
    return Contest(one, other, found, rows)
