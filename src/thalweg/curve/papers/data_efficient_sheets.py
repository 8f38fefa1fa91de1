"""DED computed again, as sheets of text: what `thalweg papers ded` prints."""

from collections.abc import Iterator, Mapping, Sequence

from thalweg.curve.papers import Sheet
from thalweg.curve.papers.claims import claims_sheet
from thalweg.curve.papers.data_efficient import DataEfficient, Line
from thalweg.curve.papers.data_efficient_claims import claims
from thalweg.curve.papers.shares import halves
from thalweg.curve.papers.words import brief, elsewhere, points

_BRACKETS = (
    "In brackets: distance from zero in standard errors, on these problems (every run independent) | on other problems "
    "(half of an answer's variance its problem's, students unrelated). The truth lies between."
)


def sheets(found: DataEfficient) -> Iterator[Sheet]:
    """Teachers, the pipeline for mathematics and code, mixing, other benchmarks, explanations, claims."""
    yield _scores(found)
    yield _teachers(found)
    yield _lines(
        "The pipeline on mathematics (table 3), points", found.math, "AIME", (_BRACKETS, *_pipeline_notes(found))
    )
    yield _lines("The pipeline on code (table 4), points", found.code, "LiveCodeBench", (_code_note(found),))
    yield _mixing(found)
    yield _outside(found)
    yield _drivers(found)
    yield claims_sheet(
        "What the paper says, against its own tables",
        claims(found),
        (
            "Verdicts are on these very problems, on both AIMEs or all three levels of LiveCodeBench put together.",
            "One training run a line: the spread over seeds is not printed, and could undo what holds.",
        ),
    )


def _scores(found: DataEfficient) -> Sheet:
    """Table 1 with two intervals a score."""
    names, sizes = found.raw["teachers"]["benchmarks"], found.raw["benchmarks"]
    rows = []
    for student, teachers in found.raw["teachers"]["students"].items():
        for teacher, scores in teachers.items():
            cells = (_score(score, sizes[name]) for score, name in zip(scores, names, strict=True))
            rows.append((student, "(before)" if teacher == "none" else teacher, *cells))
    return Sheet(
        title="What each student scores, by teacher, percent (table 1)",
        header=("student", "teacher", *names),
        rows=tuple(rows),
        text=2,
        notes=(
            "± half of a 95 % interval, on these problems | on other problems. AIME: 30 problems x 16 runs; half of an "
            "answer's variance is taken to be its problem's. MATH500 (500) and GPQA-D (198): one run, one interval.",
        ),
    )


def _score(percent: float, size: Mapping[str, int]) -> str:
    here, elsewhere = (100 * half for half in halves(percent / 100, size["problems"], size["runs"]))
    return f"{percent:.1f} ±{here:.1f}" + (f" | {elsewhere:.1f}" if size["runs"] > 1 else "")


def _teachers(found: DataEfficient) -> Sheet:
    rows = [
        (student, line.other, *map(brief, line.by_benchmark.values()), brief(line.together), elsewhere(line.together))
        for student, lines in found.teachers.items()
        for line in lines
    ]
    own = found.own
    return Sheet(
        title="QwQ-32B as a teacher against others, points (table 1)",
        header=("student", "against", *found.raw["teachers"]["benchmarks"], "both AIMEs", "both AIMEs are told"),
        rows=tuple(rows),
        notes=(
            _BRACKETS,
            "AIME: 30 problems x 16 runs each; MATH500 and GPQA-D: one run. One student was trained for each line.",
            f"DS-32B's teachers' own AIME against their students': Spearman {own.value:+.1f}, n = {own.n}. With four, "
            "not even a perfect order is told from chance.",
            *(f"As printed: {text}" for text in found.raw["oddities"]),
        ),
    )


def _lines(title: str, lines: Sequence[Line], domain: str, notes: tuple[str, ...]) -> Sheet:
    rows = []
    for line in lines:
        assert line.rows is not None
        differences = map(brief, line.by_benchmark.values())
        sizes = f"{line.rows[0]:,} / {line.rows[1]:,}"
        rows.append((f"{line.one} - {line.other}", sizes, *differences, brief(line.together), elsewhere(line.together)))
    names = tuple(lines[0].by_benchmark)
    return Sheet(
        title=title,
        header=("arms", "rows", *names, f"{domain} together", "together, told"),
        rows=tuple(rows),
        notes=notes,
    )


def _pipeline_notes(found: DataEfficient) -> tuple[str, ...]:
    diverse = found.math[3].rows
    assert diverse is not None
    return (
        f"Diverse has {diverse[0] / diverse[1]:.1f} times the rows, and the steps, of the arm that it is built on: its "
        "gain is not diversity's alone. No arm of as many rows at random stands beside it.",
        "The last line compares it with an arm of about its size, from which hardness differs too.",
    )


def _code_note(found: DataEfficient) -> str:
    problems = [found.raw["benchmarks"][name]["problems"] for name in found.code[0].by_benchmark]
    return f"Problems a level ({', '.join(map(str, problems))}) are inferred from the printed rates, not stated."


def _mixing(found: DataEfficient) -> Sheet:
    where = ("AIME", "LiveCodeBench") * 2
    rows = tuple(
        (f"{line.one} - {line.other}", domain, brief(line.together), elsewhere(line.together))
        for line, domain in zip((*found.mixed, *found.transfer), where, strict=True)
    )
    return Sheet(
        title="One domain or both (table 5), points",
        header=("arms", "on", "together", "told"),
        rows=rows,
        notes=("DS-32B is the start; Math and Code are trained on one domain, NTele-R1-32B on 400 and more of each.",),
    )


def _outside(found: DataEfficient) -> Sheet:
    rows = tuple(
        (one.benchmark, f"{one.problems:,}", f"{one.before:.2%}", f"{one.after:.2%}", points(one.gain))
        for one in found.outside
    )
    return Sheet(
        title="Benchmarks outside the corpus, before and after (table 6)",
        header=("benchmark", "n", "DS-32B", "NTele-R1-32B", "gain, 95 %"),
        rows=rows,
        notes=(
            "Sizes are those that the names usually stand for, one run each; not stated. Unpaired, which is wide.",
            "No student of a large corpus stands in the table: whether large corpora would do worse is not shown.",
        ),
    )


def _drivers(found: DataEfficient) -> Sheet:
    rows = [
        (
            f"{line.one} - {line.other}",
            f"{line.rows[0]:,} / {line.rows[1]:,}",
            brief(line.together),
            elsewhere(line.together),
        )
        for line in found.length
        if line.rows
    ]
    entropy, shift = found.raw["entropy"]["rows"], found.raw["shift"]
    moves = ", ".join(
        f"{name} {a:.1f} / {b:.1f}" for name, a, b in zip(shift["benchmarks"], *shift["rows"].values(), strict=True)
    )
    return Sheet(
        title="What explains the teacher: length (table 7), entropy, shift (figures 3 and 4)",
        header=("arms", "tokens a row", "both AIMEs, points", "told"),
        rows=tuple(rows),
        notes=(
            f"Mean token entropy, R1 / QwQ: {entropy['R1'][0]} / {entropy['QwQ'][0]}; shift: {moves}.",
            "Two teachers give two points: any two points lie on a line, whatever the quantity. A correlation of n = 2 "
            "says nothing. On AIME24 the better teacher's shift is the larger.",
        ),
    )
