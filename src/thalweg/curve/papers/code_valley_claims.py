"""The Valley paper's sentences, and its authors' blog's, held against the numbers that it prints."""

from collections.abc import Iterator, Sequence

from thalweg.curve.papers.claims import Claim, Verdict, about, above, same
from thalweg.curve.papers.code_valley import Change, Climb, CodeValley, Stage
from thalweg.curve.papers.shares import Ratio, Told, difference, ratio
from thalweg.curve.papers.words import gain, points, share, short, times

_UNDER = 0.20  # "both models start with below 20 %"


def claims(found: CodeValley) -> tuple[Claim, ...]:
    """Every claim on the score, its parts, difficulty and correctness."""
    return (*_scaling(found), *_parts(found), *_stages(found))


# --------------------------------------------------------------------------- the curve


def _scaling(found: CodeValley) -> Iterator[Claim]:
    gains = {"Qwen": (0.5, 0.5), "Llama": (0.5, 1.0)}
    for climb in found.climbs:
        fall, rise, last = (change for change in found.changes if change.student == climb.student)
        name = short(climb.student)
        more_than_half = _opposite(above(fall.ratio.low, fall.ratio.high, 0.5))
        yield Claim(f"{name}: 1K examples lower the score", _below(fall.difference), points(fall.difference))
        yield Claim(f"{name}: to less than half", more_than_half, f"to {times(fall.ratio)} of the start")
        yield _gain(f"{name}: 10K lies about 50 % above the start", _against_start(found, climb), gains[name][0])
        yield _gain(f"{name}: 30K lies about {gains[name][1]:.0%} above 10K", last.ratio, gains[name][1])
        yield Claim(f"{name}: from 1K on it rises", _above(_rise(rise, last)), points(_rise(rise, last)))
        yield Claim(f"{name}: the climb is sharper than log-linear", _above(climb.sharper), _slopes(climb))


def _against_start(found: CodeValley, climb: Climb) -> Ratio:
    own = found.scores[climb.student]
    return ratio(own[10_000], own[0])


def _rise(first: Change, second: Change) -> Told:
    """The lesser of two steps, in standard errors."""
    return min((first.difference, second.difference), key=lambda step: step.z)


def _gain(claim: str, found: Ratio, claimed: float) -> Claim:
    return Claim(claim, about(found.low - 1, found.high - 1, claimed), gain(found))


def _slopes(climb: Climb) -> str:
    first, second = climb.first.value, climb.second.value
    return f".{1000 * first:.0f} then .{1000 * second:.0f} a decade: {climb.sharper.z:.1f} SE"


# --------------------------------------------------------------------------- completion and think tags


def _parts(found: CodeValley) -> Iterator[Claim]:
    for name, rates, low, high in (
        ("completion", found.completion, 1.65, 1.9),
        ("think-tag rate", found.think_tag, 1.6, 2.4),
    ):
        for student, own in rates.items():
            steps = [ratio(own[10_000], own[1_000]), ratio(own[30_000], own[10_000])]
            yield Claim(
                f"{short(student)}: {name} grows {low:g} to {high:g} times a step",
                _worst([_between(step, low, high) for step in steps]),
                " and ".join(times(step) for step in steps),
            )
    for student, own in found.think_tag.items():
        rate = own[1_000].rate
        assert rate.low is not None
        assert rate.high is not None
        yield Claim(
            f"{short(student)}: fewer than {_UNDER:.0%} think at 1K",
            _opposite(above(rate.low, rate.high, _UNDER)),
            share(own[1_000]),
        )


def _between(step: Ratio, low: float, high: float) -> Verdict:
    """Whether a growth lies between two, with a tenth to spare for what rounding does to their names."""
    if step.high < low or step.low > high:
        return "does not hold"
    return "holds" if 0.9 * low <= step.value <= 1.1 * high else "cannot tell"


# --------------------------------------------------------------------------- difficulty and correctness


def _stages(found: CodeValley) -> Iterator[Claim]:
    easy, right = found.stages
    for stage, one in (("start", easy.instruct), ("30K", easy.trained)):
        yield Claim(f"From {stage}: easy problems teach more than hard ones", _above(one), points(one))
    yield from _lifts(found, ("Hard 4K", (0.07, 0.11)), ("Easy 4K", (0.41, 0.33)))
    for stage, one in (("start", right.instruct), ("30K", right.trained)):
        yield Claim(f"From {stage}: correctness makes no difference", same(one.low, one.high), points(one))
    yield from _lifts(found, ("Correct 6K", (0.5, 0.5)), ("Incorrect 6K", (0.5, 0.5)))
    yield _unsaturated(found)
    yield from _blog(easy, right)


def _lifts(found: CodeValley, *claimed: tuple[str, Sequence[float]]) -> Iterator[Claim]:
    for arm, gains in claimed:
        for stage, after, before, by in zip(
            ("start", "30K"), found.arms[arm], found.arms["Baseline"], gains, strict=True
        ):
            yield _gain(f"From {stage}: {arm} lifts by about {by:.0%}", ratio(after, before), by)


def _unsaturated(found: CodeValley) -> Claim:
    """More on top of 30K still helps; the second half of the sentence, "at a comparable rate", is in the words."""
    start, trained = found.arms["Baseline"]
    first, second = found.arms["Correct 6K"]
    further = difference(second, trained)
    return Claim(
        "30K is far from saturation: 6K more still lift",
        _above(further),
        f"{points(further)}; from the start {points(difference(first, start))}; new epochs too, all TACO",
    )


def _blog(easy: Stage, right: Stage) -> Iterator[Claim]:
    """After the valley, says the blog, both begin to matter: then the gap must be larger there than before it."""
    yield Claim("Blog: after the valley correctness matters", _above(right.trained), ".347 against .350")
    yield Claim(
        "Blog: after the valley difficulty matters more than in it",
        _above(easy.interaction),
        f"gap {points(easy.trained)} after {points(easy.instruct)}: {points(easy.interaction)}",
    )


# --------------------------------------------------------------------------- verdicts


def _above(found: Told) -> Verdict:
    return above(found.low, found.high)


def _below(found: Told) -> Verdict:
    return _opposite(_above(found))


def _opposite(verdict: Verdict) -> Verdict:
    turned: dict[Verdict, Verdict] = {"holds": "does not hold", "does not hold": "holds", "cannot tell": "cannot tell"}
    return turned[verdict]


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    order: tuple[Verdict, ...] = ("does not hold", "cannot tell", "holds")
    return next(verdict for verdict in order if verdict in verdicts)
