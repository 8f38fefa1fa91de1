"""DED (arXiv 2508.09883) computed again: what one training run a line on 30 to 500 problems can tell.

Differences are read twice: on these very problems, where 16 runs make AIME's 30 problems 480 answers, and on others
like them, where they remain 30 (see `shares.Compared`). Confounds are named where they stand: the diverse corpus has
four times the rows of the one that it is compared with, and what is claimed of entropy and shift rests on two teachers.
Not covered: how much another training run would differ, which the paper does not print.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from thalweg.curve.correlation import Correlation, spearman
from thalweg.curve.papers import paper
from thalweg.curve.papers.shares import Compared, Pair, Share, Told, compared, difference

BEST = "QwQ-32B"
AIME, LCB = ("AIME24", "AIME25"), ("LCB easy", "LCB medium", "LCB hard")
_STEPS = (  # arm, the arm that it is compared with
    ("QwQ", "R1"),
    ("Right", "QwQ"),
    ("Right-Hard", "Right"),
    ("Right-Hard-Diverse", "Right-Hard"),
    ("Right-Hard-Diverse", "Right"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One arm against another on each benchmark, and on all problems of its domain (`together`)."""

    one: str
    other: str
    by_benchmark: Mapping[str, Compared]
    together: Compared
    rows: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Outside:
    """A benchmark outside the corpus: its size, before, after, and the gain as if the answers were independent."""

    benchmark: str
    problems: int
    before: float
    after: float
    gain: Told


@dataclass(frozen=True, slots=True)
class DataEfficient:
    """Everything that `thalweg papers ded` prints but the claims.

    `teachers` is by student; `own` compares teachers' own AIME scores with their students'; `teacher` is the best
    student against its teachers; `mixed` is the mixed corpus against those of one domain; `transfer` each domain's
    corpus against the start on the other's benchmarks.
    """

    arxiv: str
    raw: Mapping[str, Any]
    teachers: Mapping[str, tuple[Line, ...]]
    own: Correlation
    teacher: tuple[Line, ...]
    math: tuple[Line, ...]
    code: tuple[Line, ...]
    mixed: tuple[Line, ...]
    transfer: tuple[Line, ...]
    outside: tuple[Outside, ...]
    length: tuple[Line, ...]


def data_efficient() -> DataEfficient:
    """The paper computed again."""
    raw = paper("ded")
    sizes = raw["benchmarks"]
    return DataEfficient(
        arxiv=raw["arxiv"],
        raw=raw,
        teachers={student: tuple(_teachers(rows, raw)) for student, rows in raw["teachers"]["students"].items()},
        own=_own(raw),
        teacher=tuple(
            _table(raw["models"], sizes, [("NTele-R1-32B-Math", BEST), ("NTele-R1-32B-Math", "DeepSeek-R1")])
        ),
        math=tuple(_table(raw["math"], sizes, _STEPS)),
        code=tuple(_table(raw["code"], sizes, _STEPS)),
        mixed=(
            *_table(raw["mixed"], sizes, [("NTele-R1-32B", "DS-32B-Math")], AIME),
            *_table(raw["mixed"], sizes, [("NTele-R1-32B", "DS-32B-Code")], LCB),
        ),
        transfer=(
            *_table(raw["mixed"], sizes, [("DS-32B-Code", "DS-32B")], AIME),
            *_table(raw["mixed"], sizes, [("DS-32B-Math", "DS-32B")], LCB),
        ),
        outside=tuple(_outside(raw["outside"])),
        length=tuple(_length(raw)),
    )


def _teachers(rows: Mapping[str, Sequence[float]], raw: Mapping[str, Any]) -> Iterator[Line]:
    names = raw["teachers"]["benchmarks"]
    for other in rows:
        if other not in ("none", BEST):
            yield _line(
                BEST, other, dict(zip(names, zip(rows[BEST], rows[other], strict=True), strict=True)), raw["benchmarks"]
            )


def _table(
    table: Mapping[str, Any],
    sizes: Mapping[str, Mapping[str, int]],
    pairs: Sequence[tuple[str, str]],
    only: Sequence[str] | None = None,
) -> Iterator[Line]:
    """Lines of a table whose rows are scores by benchmark, with the number of examples behind them where it stands."""
    names: list[str] = table["benchmarks"]
    for one, other in pairs:
        first, second = table["rows"][one], table["rows"][other]
        scores = {name: (first[at], second[at]) for at, name in enumerate(names) if only is None or name in only}
        rows = (first[-1], second[-1]) if len(first) > len(names) else None
        yield _line(one, other, scores, sizes, rows)


def _line(
    one: str,
    other: str,
    scores: Mapping[str, tuple[float, float]],
    sizes: Mapping[str, Mapping[str, int]],
    rows: tuple[int, int] | None = None,
) -> Line:
    """`scores` are percent; AIME's two years go together, and so do LiveCodeBench's three levels."""
    pairs = {
        name: Pair(a / 100, b / 100, sizes[name]["problems"], (sizes[name]["runs"],) * 2)
        for name, (a, b) in scores.items()
    }
    together = [pair for name, pair in pairs.items() if name in (*AIME, *LCB)]
    return Line(one, other, {name: compared(pair) for name, pair in pairs.items()}, compared(*together), rows)


def _own(raw: Mapping[str, Any]) -> Correlation:
    """Do better teachers make better students? The four teachers of DS-32B, means over both AIMEs."""
    students = raw["teachers"]["students"]["DS-32B"]
    names = [name for name in students if name != "none"]
    return spearman(
        [sum(raw["models"]["rows"][name][:2]) / 2 for name in names], [sum(students[name][:2]) / 2 for name in names]
    )


def _outside(table: Mapping[str, Any]) -> Iterator[Outside]:
    for name, (before, after) in table["rows"].items():
        n = table["problems"][name]
        first, second = Share(before / 100, n, trained=False), Share(after / 100, n)
        yield Outside(name, n, before / 100, after / 100, difference(second, first))


def _length(raw: Mapping[str, Any]) -> Iterator[Line]:
    rows = raw["length"]["rows"]
    for one, other in (("QwQ, longest", "QwQ, shortest"), ("QwQ, shortest", "R1")):
        scores = {name: (rows[one][name][0], rows[other][name][0]) for name in AIME}
        yield _line(one, other, scores, raw["benchmarks"], (rows[one]["tokens"], rows[other]["tokens"]))
