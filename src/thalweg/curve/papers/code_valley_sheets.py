"""The Valley paper computed again, as sheets of text: what `thalweg papers valley` prints."""

from collections.abc import Iterator, Mapping

from thalweg.curve.papers import Sheet
from thalweg.curve.papers.claims import claims_sheet
from thalweg.curve.papers.code_valley import STEPS, CodeValley, Composition, code_valley
from thalweg.curve.papers.code_valley_claims import claims
from thalweg.curve.papers.code_valley_shapes import Shaped, shaped
from thalweg.curve.papers.shares import Told
from thalweg.curve.papers.words import points, share, short, spread, times
from thalweg.curve.shapes import Reach

_OTHER_N = (399, 3_990)  # two samples of each problem that are one, or five times as many problems


def sheets(found: CodeValley) -> Iterator[Sheet]:
    """Scores, slopes, shapes, what a score is made of, what moved, Table 2, other n, and the claims."""
    yield _scores(found)
    yield _slopes(found)
    yield _shapes(shaped(found))
    yield _compositions(found)
    yield _moves(found)
    yield _stages(found)
    yield _other_n(found)
    yield claims_sheet(
        "What the paper says, against its own numbers",
        claims(found),
        (
            "Holds and cannot tell are by the 95 % interval alone: other seeds could undo what holds (see above).",
            "Of about x: holds where the interval keeps within a quarter of x. No difference: within 2 points.",
            "The blog's claims are those of its reading; only its opening was at hand.",
        ),
    )


def _scores(found: CodeValley) -> Sheet:
    steps = {(change.student, change.after): change for change in found.changes}
    rows = []
    for student, own in found.scores.items():
        for size, score in own.items():
            change = steps.get((student, size))
            told = (points(change.difference), times(change.ratio), spread(change.difference)) if change else ("",) * 3
            rows.append((short(student), f"{size:,}", str(STEPS.get(size, "")), share(score), *told))
    return Sheet(
        title="LiveCodeBench pass@1, the Valley of Code Reasoning (figure 1)",
        header=("student", "examples", "steps", "score, 95 %", "against the size before", "times", "seed spread"),
        rows=tuple(rows),
        notes=(
            f"Assumed: {found.n} independent responses a score. The paper states none; its rates are multiples of "
            f"1/{found.n} (an inference). Responses to one problem are not independent; arms share their problems.",
            "Seed spread: the standard deviation over seeds, in points, up to which a change is still told from "
            "chance. The paper has one seed.",
            "Steps are derived: 5 epochs in batches of 128. Data and steps grow together, and no arm tells them apart.",
            *(f"As printed: {text}" for text in found.oddities),
        ),
    )


def _slopes(found: CodeValley) -> Sheet:
    rows = tuple(
        (short(one.student), _slope(one.first), _slope(one.second), points(one.sharper), spread(one.sharper))
        for one in found.climbs
    )
    return Sheet(
        title="Slope of the score (a share) a decade of examples",
        header=("student", "1K to 10K", "10K to 30K", "difference", "seed spread"),
        rows=rows,
        notes=("'Sharper than log-linear' is a difference above zero. The paper fits nothing and has three points.",),
    )


def _slope(found: Told) -> str:
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def _shapes(found: tuple[Shaped, ...]) -> Sheet:
    rows = tuple(
        (short(one.student), one.told or "not told", _weights(one.weights), _weights(one.climb), _reach(one.break_even))
        for one in found
    )
    return Sheet(
        title="The shape of the score, by likelihood",
        header=("student", "shape", "weights, start included", "weights of the climb alone", "back at the start, 95 %"),
        rows=rows,
        text=4,
        notes=(
            "Weights compare these shapes with each other (AICc). S-shaped is a straight line in log-odds, log-linear "
            "one in the score: a climb out of a floor bends upwards in the score and need not in log-odds.",
            "The spread over seeds is assumed: 2 points at one half. Break-even is in examples.",
        ),
    )


def _weights(weights: Mapping[str, float]) -> str:
    kept = sorted((pair for pair in weights.items() if pair[1] >= 0.005), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {weight:.2f}" for name, weight in kept)


def _reach(found: Reach) -> str:
    low, size, high = (f"{size:,.0f}" if size else "?" for size in (found.low, found.size, found.high))
    return f"{size} ({low} to {high})"


def _compositions(found: CodeValley) -> Sheet:
    return Sheet(
        title="What a score is made of: the share that finishes x the share right of those",
        header=("student", "examples", "finishes", "begins to think", "right of those that finish, 95 %", "n"),
        rows=tuple(_composition(found, one) for one in found.compositions),
        notes=(
            "A response that is cut off is taken to be wrong. At the start neither rate is printed: if all finished, "
            "the share right of those is the score, and otherwise more.",
            "Qwen in the valley is right in more of what it finishes than at the start if that finished at least "
            f"{_break_even(found):.0%}; Llama in less, however much the start finished.",
        ),
    )


def _composition(found: CodeValley, one: Composition) -> tuple[str, ...]:
    name, size = short(one.student), f"{one.size:,}"
    if one.size == 0:
        return (name, size, "", "", f"at least {100 * one.right.value:.1f} %", "")
    think = found.think_tag[one.student][one.size]
    return (name, size, f"{one.finished.value:.1%}", f"{think.value:.1%}", share(one.right), str(one.right.n))


def _break_even(found: CodeValley) -> float:
    """The completion of Qwen's start at which what finishes there is as often right as at 1K."""
    start, valley = (one for one in found.compositions[:2])
    return start.right.value / valley.right.value


def _moves(found: CodeValley) -> Sheet:
    rows = [
        (
            short(one.student),
            f"{one.before:,} to {one.after:,}",
            f"{100 * one.total:+.1f}",
            _part(one.finishing),
            _part(one.right),
            points(one.right_change),
        )
        for one in found.moves
    ]
    return Sheet(
        title="What moved the score, in points",
        header=("student", "examples", "change", "finishing", "being right", "right of those that finish"),
        rows=tuple(rows),
        notes=(
            "Finishing and being right add up to the change. From 10K to 30K finishing makes up more than all of it: "
            "of what finishes, no more is right (Qwen: less).",
            "From the start: as if it had finished everything, which makes the most of finishing.",
        ),
    )


def _part(found: Told) -> str:
    return f"{100 * found.value:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f})"


def _stages(found: CodeValley) -> Sheet:
    rows = tuple(
        (
            f"{one.one} - {one.other}",
            points(one.instruct),
            points(one.trained),
            points(one.interaction),
            points(one.pooled),
            spread(one.pooled),
        )
        for one in found.stages
    )
    return Sheet(
        title="Difficulty and correctness, Qwen, from two starts (table 2)",
        header=("arms", "from instruct", "from 30K", "difference of the two", "mean of the two", "seed spread"),
        rows=rows,
        notes=(
            "Easy and hard rows differ in more than difficulty: neither correctness, length nor tokens are matched.",
            "No difference between correct and incorrect is found; one of 3 points could not have been.",
        ),
    )


def _other_n(found: CodeValley) -> Sheet:
    rows = []
    for n in (_OTHER_N[0], found.n, _OTHER_N[1]):
        other = found if n == found.n else code_valley(n)
        (qwen, llama), (easy, right) = other.climbs, other.stages
        told = (qwen.sharper, llama.sharper, easy.instruct, easy.trained, right.instruct, other.changes[0].difference)
        rows.append((f"{n:,}", *(f"{abs(one.z):.2g}" for one in told)))
    return Sheet(
        title="The same in standard errors, for other numbers of independent responses",
        header=("n", "Qwen sharper", "Llama sharper", "easy - hard", "from 30K", "correct - incorrect", "Qwen's fall"),
        rows=tuple(rows),
        notes=("Both rates of a difference over responses of their own; pairing by problem would narrow it.",),
    )
