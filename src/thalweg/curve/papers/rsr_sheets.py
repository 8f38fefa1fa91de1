"""The recomputed tables of the rank-surprisal ratio as sheets of text: what `thalweg papers rsr` prints."""

from collections.abc import Iterator, Sequence

from thalweg.curve.correlation import Correlation
from thalweg.curve.papers import Sheet
from thalweg.curve.papers.rank_surprisal import PapersRsr


def sheets(found: PapersRsr) -> Iterator[Sheet]:
    """Four sheets: correlations, controls, teachers chosen, trajectories chosen."""
    yield _correlations(found)
    yield _controls(found)
    yield _teachers(found)
    yield _trajectories(found)


def _correlations(found: PapersRsr) -> Sheet:
    rows = [
        (
            line.student,
            _number(line.spearman),
            _interval(line.spearman),
            f"{line.spearman.p:.4f}",
            f"{line.attainable[0]:.3f} to {line.attainable[1]:.3f}",
            f"{-line.printed_spearman:.3f}",
            _number(line.pearson),
            f"{-line.printed_pearson:.3f}",
        )
        for line in found.students
    ]
    own = _mean([line.spearman for line in found.students])
    printed = -sum(line.printed_spearman for line in found.students) / len(found.students)
    rows.append(("mean", f"{own:.3f}", "", "", "", f"{printed:.3f}", "", ""))
    return Sheet(
        title="RSR and the score after training, over 11 teachers",
        header=("student", "Spearman", "95 % interval", "p", "ties broken", "printed", "Pearson", "printed"),
        rows=tuple(rows),
        notes=(
            "Recomputed from the printed tables, in which rounding makes ties; the paper prints sizes without signs.",
            f"Ties broken: the range that unrounded scores could give. Outside it as printed: {_outside(found)}.",
            "The interval takes the 11 teachers as a sample of teachers; p is over 100,000 orders.",
            "The five students share the 11 teachers: they are not five independent tests.",
        ),
    )


def _outside(found: PapersRsr) -> str:
    """The students whose printed coefficient cannot come from the tables."""
    lines = (
        line.student
        for line in found.students
        if not line.attainable[0] - 5e-4 <= -line.printed_spearman <= line.attainable[1] + 5e-4
    )
    return ", ".join(lines) or "none"


def _controls(found: PapersRsr) -> Sheet:
    rows: list[tuple[str, ...]] = [
        (
            line.student,
            _number(line.spearman),
            _number(line.without_worst),
            _number(line.others_rsr),
            _number(line.others_scores),
            _number(line.teacher_performance),
            f"{line.rival.metric} {line.rival.value:.2f}",
            f"{line.rival.p:.2f}",
            "never" if line.rival.told_above is None else f"{line.rival.told_above:.2f}",
        )
        for line in found.students
    ]
    columns = [
        (line.spearman, line.without_worst, line.others_rsr, line.others_scores, line.teacher_performance)
        for line in found.students
    ]
    means = tuple(f"{_mean(column):.3f}" for column in zip(*columns, strict=True))
    rows.append(("mean", *means, "", "", ""))
    return Sheet(
        title="What else foretells the score (Spearman)",
        header=(
            "student",
            "RSR",
            "best 8",
            "RSR, other students",
            "score, other students",
            "teacher's score",
            "next best",
            "p",
            "told above",
        ),
        rows=tuple(rows),
        notes=(
            "Best 8: without the three teachers of highest RSR, which are the same under every student.",
            "'Other students' means over the other four: no look at this student at all.",
            "Next best: the largest of the other metrics as printed. p: that it is as good as RSR, if the two did not "
            "correlate; the gap reaches 5 % only where they correlate above the last column (the paper does not say).",
        ),
    )


def _teachers(found: PapersRsr) -> Sheet:
    chosen = found.chosen
    rows = [(line.student, line.pick, line.best, f"{line.regret:.1f}") for line in found.students]
    printed = ", ".join(f"{name} {score:.1f}" for name, score in chosen.printed.items())
    return Sheet(
        title="Choosing one of 11 teachers by the lowest RSR",
        header=("student", "pick", "best", "regret, points"),
        rows=tuple(rows),
        notes=(
            "One teacher is picked for every student, so the tables do not test whether the pick suits the student.",
            f"Of 6 teachers, mean score of the two best picks as printed (RSR from 200 responses): {printed}.",
            f"Recomputed: RSR of whole data sets {chosen.rsr:.1f}, score with other students "
            f"{chosen.others_scores:.1f}, oracle {chosen.oracle:.1f}.",
        ),
    )


def _trajectories(found: PapersRsr) -> Sheet:
    rows = [
        (
            gain.selection,
            f"{gain.mean:+.1f}",
            f"{gain.low:+.1f} to {gain.high:+.1f}",
            " ".join(f"{point:+.1f}" for point in gain.by_student),
        )
        for gain in found.trajectories
    ]
    return Sheet(
        title="Training on the response of lowest RSR a problem: points above another selection",
        header=("against", "mean", "95 % interval", "by student"),
        rows=tuple(rows),
        notes=("Interval over the 5 students (t); the spread over the paper's 3 seeds is not printed.",),
    )


def _number(found: Correlation) -> str:
    return "" if found.value is None else f"{found.value:.3f}"


def _interval(found: Correlation) -> str:
    return "" if found.low is None or found.high is None else f"{found.low:.2f} to {found.high:.2f}"


def _mean(found: Sequence[Correlation]) -> float:
    return sum(one.value or 0.0 for one in found) / len(found)
