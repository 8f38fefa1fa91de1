"""The problems of a world, and the traces that its ladder and its actions train on.

A world of the task `output` asks what a program of its own lines prints; programs whose behaviour a shorter one has
are not drawn. The split of a program is, as in `programs`, a hash of its behaviour: no program of the test split, nor
another way to write it, is in the training split of any world, nor in what any student was pre-trained on.

Not covered: training and scoring.
"""

import random
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import cycle, islice

from thalweg.miniature import programs, synthesis, synthesis_tracer, tracer
from thalweg.miniature.programs import Program, Split, Values, behaviour_of, side_of
from thalweg.miniature.worlds import ERRING, World
from thalweg.types import CallCheck, Example, OutputCheck, Problem

_SINGLES: dict[Split, int] = {"train": 0, "tune": 1000, "test": 2000}  # seeds of single lines to be found
_ATTEMPTS = 16  # traces of one problem, at most, to find the correct ones among


def problems_of(world: World, split: Split, count: int, seed: int = 0) -> list[Problem]:
    """`count` problems of a world's task, each of its depths in turn; the first k of n are the k of k.

    `seed` other than 0 draws others. Worlds of the same base have the same problems.
    """
    if world.task == "synthesis":
        return _to_be_found(split, count, seed)
    return worked(world.lines, world.depths, world.largest, split, count, f"{world.student}/{seed}")


def worked(lines: Program, depths: Sequence[int], largest: int, split: Split, count: int, name: str) -> list[Problem]:
    """`count` problems whose programs have each of `depths` of these `lines` in turn, and no value above `largest`."""
    streams = [_stream(lines, depth, largest, split, name) for depth in depths]
    return [next(stream) for stream in islice(cycle(streams), count)]


def examples(
    world: World,
    size: int,
    *,
    teacher: str | None = None,
    easiest_of: int | None = None,
    correct: bool = True,
    samples: int = 1,
    seed: int = 0,
) -> list[Example]:
    """The first `size` training rows of a world, those of a rung by default; fewer rows are the beginning of more.

    Args:
        teacher: the style of the traces; null for the world's own.
        easiest_of: take the `size` rows with the fewest lines of this many.
        correct: leave out traces whose answer is wrong, as the ladder does.
        samples: rows a problem, of the problems of the rung of `size`; problems with fewer different correct traces
            give fewer.
        seed: another one draws other problems.
    """
    style = teacher or world.teacher
    wanted = easiest_of or size
    if samples > 1:
        chosen = _problems_of_rows(world, size, style, correct, seed)
        return [row for problem in chosen for row in islice(_different(problem, style, correct), samples)]
    chosen = _problems_of_rows(world, wanted, style, correct, seed)
    if easiest_of:
        chosen = sorted(chosen, key=lambda problem: int(problem.difficulty or 0))[:size]
    return [_row(problem, style, 0) for problem in chosen]


def is_right(problem: Problem, row: Example) -> bool:
    """Whether a trace ends in the right answer."""
    check = problem.check
    return not isinstance(check, OutputCheck) or row.text.endswith(f"</think>\n{check.output}")


# --------------------------------------------------------------------------- rows


def _problems_of_rows(world: World, count: int, style: str, correct: bool, seed: int) -> list[Problem]:
    """The first `count` problems, or of those whose first trace is right."""
    if not (correct and style in ERRING):
        return problems_of(world, "train", count, seed)
    drawn = count
    while True:
        drawn *= 2
        kept = [p for p in problems_of(world, "train", drawn, seed) if is_right(p, _row(p, style, 0))]
        if len(kept) >= count:
            return kept[:count]


def _different(problem: Problem, style: str, correct: bool) -> Iterator[Example]:
    """Traces of one problem that differ, the first one first."""
    seen: set[str] = set()
    for sample in range(_ATTEMPTS):
        row = _row(problem, style, sample)
        if row.text not in seen and (is_right(problem, row) or not correct):
            seen.add(row.text)
            yield row


def _row(problem: Problem, style: str, sample: int) -> Example:
    return Example(
        response_id=f"tracer:{style}/{problem.id}/{sample}",
        problem_id=problem.id,
        prompt=problem.statement,
        text=_trace(problem, style, sample),
    )


def _trace(problem: Problem, style: str, sample: int) -> str:
    if isinstance(problem.check, CallCheck):
        return synthesis_tracer.trace(problem, synthesis_tracer.style_named(style), sample)
    return tracer.trace(problem, tracer.style_named(style), sample)


# --------------------------------------------------------------------------- problems


def _to_be_found(split: Split, count: int, seed: int) -> list[Problem]:
    """Programs of one to three lines in turn, to be found from examples.

    Those of one line belong to training in every split: they are the operations themselves. Elsewhere they come with
    other inputs (a seed of their own), so that the untouched student has something to lose.
    """
    longer = iter(synthesis.problems(split, count, seed))
    single = iter(synthesis.problems("train", count, seed + _SINGLES[split], [1]))
    return [next(single if index % 3 == 0 else longer) for index in range(count)]


def _stream(lines: Program, depth: int, largest: int, split: Split, name: str) -> Iterator[Problem]:
    """All problems of one depth, in their order, none twice."""
    r = random.Random(f"worlds/{name}/{split}/{depth}")
    seen: set[str] = set()
    while True:
        program, given = _draw(r, lines, depth, largest, split)
        script, line = programs.program_text(program), " ".join(map(str, given))
        statement = f"{script}{programs.GIVEN}{line}"
        if statement not in seen:
            identity = f"worlds/{name}/{split}/{depth}/{len(seen):05d}"
            seen.add(statement)
            yield programs.printing(identity, statement, script, line, depth)


def _draw(r: random.Random, lines: Program, depth: int, largest: int, split: Split) -> tuple[Program, Values]:
    while True:
        program = tuple(r.choice(lines) for _ in range(depth))
        if side_in_worlds(program) != split or _is_idle(program):
            continue
        for _ in range(20):  # some programs suit few inputs, or none
            given = programs.digits(r)
            if programs.is_legal(programs.values(program, given), largest):
                return program, given


def side_in_worlds(program: Program) -> Split:
    """The split of a program of any lines: that of its behaviour, and training for what a single line does."""
    behaviour = _behaviour(program)
    return "train" if behaviour in _singles() else side_of(behaviour)


@lru_cache(maxsize=1 << 17)
def _behaviour(program: Program) -> str:
    return behaviour_of(program)


@lru_cache(maxsize=1 << 17)
def _is_idle(program: Program) -> bool:
    """Whether a program of several lines does the same without one of them."""
    behaviour = _behaviour(program)
    return len(program) > 1 and any(
        _behaviour(program[:at] + program[at + 1 :]) == behaviour for at in range(len(program))
    )


@cache
def _singles() -> frozenset[str]:
    return frozenset(_behaviour((line,)) for line in synthesis.LINES)
