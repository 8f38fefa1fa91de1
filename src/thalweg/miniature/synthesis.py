"""The second miniature's problems: programs to be found from examples of what they do.

A problem shows three inputs with their outputs; the answer is a Python function `f` that does the same. It is judged
by running it on those three and on six hidden inputs. Programs have one to three of the lines below. As in `programs`,
their split is a hash of their behaviour, so that no program, nor another way to write it, occurs in two splits; those
of one line all belong to training. Problems of the same behaviour share a `group`, the text of the program that stands
for it. The lines are others, and twice as many, than in the first miniature, so that there are more programs to find.

Tests that let a wrong program pass measure little. So the nine inputs of a problem are drawn again until every
program one edit away (a line replaced, removed, added, or exchanged with the next) fails on at least one of them,
unless it does the same on all of the probe lists too.

Not covered: programs further away that agree on all nine inputs.
"""

import random
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import cycle, islice, product
from typing import NamedTuple

from thalweg.miniature.programs import (
    Program,
    Split,
    Values,
    behaviour_of,
    check_depths,
    is_legal,
    side_of,
    values,
)
from thalweg.types import CallCheck, Problem

LINES: Program = (
    "x = x[::-1]",
    "x = sorted(x)",
    "x = x[1:]",
    "x = x[:-1]",
    "x = x[::2]",
    "x = x[1:] + x[:1]",
    "x = x[-1:] + x[:-1]",
    "x = x + x[:1]",
    "x = x[-1:] + x",
    "x = [v + 1 for v in x]",
    "x = [v + 2 for v in x]",
    "x = [v + 5 for v in x]",
    "x = [v * 2 for v in x]",
    "x = [v * 3 for v in x]",
    "x = [v // 2 for v in x]",
    "x = [v for v in x if v % 2 == 0]",
    "x = [v for v in x if v % 2 == 1]",
    "x = [v for v in x if v > 3]",
    "x = [v for v in x if v < 6]",
    "x = [max(x) - v for v in x]",
    "x = [v - min(x) for v in x]",
    "x = [sum(x[:i + 1]) for i in range(len(x))]",
)
ENTRY_POINT = "f"
HEAD, FOOT, INDENT = f"def {ENTRY_POINT}(x):", "    return x", "    "
ARROW = " ->"
SHOWN, HIDDEN = 3, 6
DEPTHS = (2, 3)
DEEPEST = 3
_ENUMERATED = 2  # programs of up to this many lines are known one by one


class Example(NamedTuple):
    """An input, and what the program makes of it."""

    given: Values
    wanted: Values


def problems(split: Split, count: int, seed: int = 0, depths: Sequence[int] = DEPTHS) -> list[Problem]:
    """`count` problems whose programs have each of `depths` lines in turn; the first k of n are the k of k.

    An id names one problem whatever `count` and `depths` are: the split (with the seed unless it is 0), the number
    of lines, and a running number.

    Raises:
        InputError: an unknown split or depth, or depth 1 outside the training split.
    """
    check_depths("synthesis", split, depths, DEEPEST)
    streams = {depth: _stream(split, seed, depth) for depth in depths}
    return [next(streams[depth]) for depth in islice(cycle(depths), count)]


def program_text(program: Program) -> str:
    """The program as a function."""
    return "\n".join((HEAD, *(INDENT + line for line in program), FOOT))


def parse(text: str) -> Program | None:
    """The lines of a function that is written as here, or null for any other; what this returns is safe to execute."""
    program = tuple(line.removeprefix(INDENT) for line in text.strip().splitlines()[1:-1])
    return program if program and set(program) <= set(LINES) and text.strip() == program_text(program) else None


def examples(problem: Problem) -> list[Example] | None:
    """The tests of a problem, the shown ones first; null where they are not lists of integers, as all are here."""
    if not isinstance(problem.check, CallCheck):
        return None
    found = []
    for test in problem.check.tests:
        match test:
            case {"args": [given], "output": wanted} if _is_values(given) and _is_values(wanted):
                found.append(Example(given, wanted))
            case _:
                return None
    return found


def program_of(problem: Problem) -> Program | None:
    """The program that stands for a problem's group, or null where the problem was not made here."""
    program, tests = parse(problem.group or ""), examples(problem)
    return program if program and tests and solves(program, tests) else None


def solves(program: Program, wanted: Sequence[Example]) -> bool:
    """Whether the program does what the examples show."""
    return all(values(program, given)[-1] == output for given, output in wanted)


def near_misses(program: Program) -> Iterator[Program]:
    """Every program of up to `DEEPEST` lines that is one edit away; some do the same."""
    for at in range(len(program)):
        head, line, tail = program[:at], program[at], program[at + 1 :]
        yield from ((*head, other, *tail) for other in LINES if other != line)
        if len(program) > 1:
            yield (*head, *tail)
        if tail and tail[0] != line:
            yield (*head, tail[0], line, *tail[1:])
    if len(program) < DEEPEST:
        yield from ((*program[:at], line, *program[at:]) for at in range(len(program) + 1) for line in LINES)


def digits(r: random.Random) -> Values:
    """Four to six different digits."""
    return r.sample(range(10), r.randint(4, 6))


# --------------------------------------------------------------------------- drawing problems


def _stream(split: Split, seed: int, depth: int) -> Iterator[Problem]:
    """All problems of one split, seed and depth, in their order, none twice."""
    r = random.Random(f"synthesis/{split}/{seed}/{depth}")
    standing: dict[str, Program] = {}  # for each behaviour the program that was drawn first
    seen: set[str] = set()
    while True:
        drawn = _draw(r, depth)
        behaviour = behaviour_of(drawn)
        if _split_of(behaviour) != split:
            continue
        program = standing.setdefault(behaviour, drawn)
        tests = _tests(r, program)
        statement = "\n".join(f"{_words(given)}{ARROW} {_words(wanted)}" for given, wanted in tests[:SHOWN])
        if tests and statement not in seen:
            name = f"synthesis/{f'{split}-{seed}' if seed else split}/{depth}/{len(seen):05d}"
            seen.add(statement)
            yield _problem(name, statement, program, tests)


def _problem(name: str, statement: str, program: Program, tests: list[Example]) -> Problem:
    check = CallCheck(
        entry_point=ENTRY_POINT,
        tests=tuple({"args": [given], "output": wanted} for given, wanted in tests),
    )
    return Problem(
        id=name,
        source="synthesis",
        statement=statement,
        check=check,
        group=program_text(program),
        difficulty=str(len(program)),
        license="Apache-2.0",
    )


def _tests(r: random.Random, program: Program) -> list[Example]:
    """Examples that tell the program from its near misses; none where twenty draws hold none."""
    behaviour = behaviour_of(program)
    for _ in range(20):
        drawn = _examples(r, program)
        if not drawn:
            return []
        passing = (near for near in near_misses(program) if solves(near, drawn))
        if all(behaviour_of(near) == behaviour for near in passing):
            return drawn
    return []


def _examples(r: random.Random, program: Program) -> list[Example]:
    """Different inputs that the program suits, with their outputs; none where it suits few."""
    found: dict[str, Example] = {}
    for _ in range(60):
        given = digits(r)
        steps = values(program, given)
        if is_legal(steps):
            found[repr(given)] = Example(given, steps[-1])
        if len(found) == SHOWN + HIDDEN:
            return list(found.values())
    return []


def _words(value: Values) -> str:
    return " ".join(map(str, value))


def _is_values(value: object) -> bool:
    return isinstance(value, list) and all(type(item) is int for item in value)


# --------------------------------------------------------------------------- programs and their splits


def _draw(r: random.Random, depth: int) -> Program:
    """A program of so many lines that no shorter one of up to two lines equals."""
    if depth <= _ENUMERATED:
        return r.choice([program for program in _known().values() if len(program) == depth])
    while True:
        program = tuple(r.choice(LINES) for _ in range(depth))
        if behaviour_of(program) not in _known():
            return program


def _split_of(behaviour: str) -> Split:
    return "train" if len(_known().get(behaviour, LINES)) == 1 else side_of(behaviour)


@cache
def _known() -> dict[str, Program]:
    """The first and shortest program of every behaviour that up to _ENUMERATED lines have, by behaviour."""
    found: dict[str, Program] = {behaviour_of(("x = x[:]",)): ()}  # doing nothing is no program
    for depth in range(1, _ENUMERATED + 1):
        for program in product(LINES, repeat=depth):
            found.setdefault(behaviour_of(program), program)
    return found
