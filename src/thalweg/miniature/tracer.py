"""The miniature's teacher: CPython executes a program line by line, and every value is written down.

The styles are for experiments on what makes a good trace:

* `line`       each line with the value after it;
* `terse`      the values only;
* `rambling`   filler words, values repeated, steps checked again at random;
* `shuffled`   the lines and their values in a wrong order;
* `wrong`      one value is wrong, the rest follows from it, and the final answer is wrong;
* `direct`     no thinking, the answer alone;
* `skipping`   about a third of the steps left out;
* `double`     every step written twice;
* `echo`       the lines without their values;
* `backward`   the steps from the last to the first;
* `erring`     as `line`, and as `wrong` for half of the responses;
* `varied`     each response in a style of its own (`line`, `terse`, `rambling`, `skipping`, `double` or `echo`), and
               one in four with a wrong value and a wrong answer;
* `repeating`  every step written once or twice, at random, and one response in five wrong in the same way.

All values are true in every style but `wrong`, `erring`, `varied` and `repeating`, where what is wrong is drawn by
problem and seed, so that several samples of a problem differ. Not covered: mistakes that look like a model's own.
"""

import random
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias, get_args

from thalweg.errors import InputError
from thalweg.miniature import programs, synthesis
from thalweg.miniature.programs import Program, Values
from thalweg.types import OutputCheck, Problem

Style: TypeAlias = Literal[
    "line",
    "terse",
    "rambling",
    "shuffled",
    "wrong",
    "direct",
    "skipping",
    "double",
    "echo",
    "backward",
    "erring",
    "varied",
    "repeating",
]
STYLES: tuple[Style, ...] = get_args(Style)
FILLERS = ("so", "now", "hmm", "ok", "wait", "let me check", "again", "from", "to", "is")  # the words of `rambling`


class Step(NamedTuple):
    """A line, the value before it and the value after it."""

    code: str
    before: Values
    after: Values


def style_named(name: str) -> Style:
    """The style of this name, or `InputError`."""
    for style in STYLES:
        if style == name:
            return style
    raise InputError(f"model 'tracer:{name}'", "no such style of trace", f"choose one of {', '.join(STYLES)}")


def trace(problem: Problem, style: Style, seed: int = 0) -> str:
    """The teacher's response to a problem of the miniature: the same for the same problem id, style and seed.

    Raises:
        InputError: the problem is not one of the miniature's.
    """
    steps = _steps(problem)
    if style == "direct":
        return _words(steps[-1].after)
    r = random.Random(f"{problem.id}/{style}/{seed}")
    if _goes_wrong(style, r):
        steps = _mislead(steps, r)
    thinking = "\n".join(_WRITERS[style](steps, r))
    return f"<think>\n{thinking}\n</think>\n{_words(steps[-1].after)}"


def _steps(problem: Problem) -> list[Step]:
    check = problem.check
    # Only lines that the miniature itself writes are ever executed: a file may claim any source.
    parsed = programs.parse(check, synthesis.LINES) if isinstance(check, OutputCheck) else None
    if parsed is None:
        raise InputError(
            f"problem {problem.id!r}", "the tracer knows only the miniature's programs", "use another model"
        )
    return _follow(*parsed)


def _follow(program: Program, given: Values) -> list[Step]:
    after = programs.values(program, given)
    return [Step(*step) for step in zip(program, [given, *after], after, strict=False)]


def _words(value: Values) -> str:
    return " ".join(map(str, value))


# --------------------------------------------------------------------------- styles: steps -> lines of thinking


def _lines(steps: list[Step], _: random.Random) -> Iterator[str]:
    return (f"{step.code} # {_words(step.after)}" for step in steps)


def _values_only(steps: list[Step], _: random.Random) -> Iterator[str]:
    return (_words(step.after) for step in steps)


def _rambling(steps: list[Step], r: random.Random) -> Iterator[str]:
    for step in steps:
        said = [r.choice(("so", "now", "hmm", "let me check", "ok"))]
        if r.random() < 0.5:
            said += ["from", _words(step.before), r.choice(("to", "is"))]
        said.append(_words(step.after))
        if r.random() < 0.35:
            said += ["wait", r.choice(("again", "let me check", "hmm")), _words(step.after), "ok"]
        yield f"{step.code} # {' '.join(said)}"
        if r.random() < 0.2:
            yield f"{step.code} # again {_words(step.after)}"


def _shuffled(steps: list[Step], r: random.Random) -> Iterator[str]:
    order = list(range(len(steps)))
    while len(order) > 1 and order == sorted(order):
        r.shuffle(order)
    return _lines([steps[index] for index in order], r)


def _skipping(steps: list[Step], r: random.Random) -> Iterator[str]:
    kept = sorted(r.sample(range(len(steps)), len(steps) - round(len(steps) / 3)))
    return _lines([steps[index] for index in kept], r)


def _double(steps: list[Step], r: random.Random) -> Iterator[str]:
    return _lines([step for step in steps for _ in range(2)], r)


def _repeating(steps: list[Step], r: random.Random) -> Iterator[str]:
    return _lines([step for step in steps for _ in range(r.randint(1, 2))], r)


def _echo(steps: list[Step], _: random.Random) -> Iterator[str]:
    return (step.code for step in steps)


def _backward(steps: list[Step], r: random.Random) -> Iterator[str]:
    return _lines(steps[::-1], r)


def _varied(steps: list[Step], r: random.Random) -> Iterator[str]:
    return r.choice((_lines, _values_only, _rambling, _skipping, _double, _echo))(steps, r)


_WRITERS: dict[Style, Callable[[list[Step], random.Random], Iterator[str]]] = {
    "line": _lines,
    "terse": _values_only,
    "rambling": _rambling,
    "shuffled": _shuffled,
    "wrong": _lines,
    "skipping": _skipping,
    "double": _double,
    "echo": _echo,
    "backward": _backward,
    "erring": _lines,
    "varied": _varied,
    "repeating": _repeating,
}


# --------------------------------------------------------------------------- what goes wrong

# Shares of responses; none in the other styles.
_WRONG: dict[Style, float] = {"wrong": 1.0, "erring": 0.5, "varied": 0.25, "repeating": 0.2}


def _goes_wrong(style: Style, r: random.Random) -> bool:
    """Whether this response is to be wrong. Styles that always or never are draw nothing, so their traces stay."""
    share = _WRONG.get(style, 0.0)
    return r.random() < share if 0 < share < 1 else share == 1


def _mislead(steps: list[Step], r: random.Random) -> list[Step]:
    """The steps with one number of one value moved by one or two, and what follows from it; the answer is wrong."""
    places = [
        (index, place, change)
        for index, step in enumerate(steps)
        for place in range(len(step.after))
        for change in (-2, -1, 1, 2)
    ]
    r.shuffle(places)
    program = tuple(step.code for step in steps)
    for index, place, change in places:
        value = list(steps[index].after)
        value[place] += change
        rest = _follow(program[index + 1 :], value)
        legal = 0 <= value[place] <= programs.LARGEST and programs.is_legal([step.after for step in rest])
        if legal and (rest[-1].after if rest else value) != steps[-1].after:
            return [*steps[:index], steps[index]._replace(after=value), *rest]
    raise AssertionError("a change to the last value is always legal one way and always makes the answer wrong")
