"""The second miniature's problems: programs to be found from examples of what they do.

A problem shows three inputs with their outputs; the answer is a Python function `f` that does the same. It is judged
by running it on those three and on six hidden inputs. A program has two of the lines below. As in `programs`, its
split is a hash of its behaviour, so that no program, nor another way to write it, occurs in two splits; three quarters
are for training. What the same text stands for is one `group`: the first program of every behaviour is the only one.

Tests that let a wrong program pass measure little. So the nine inputs of a problem are drawn again until every
program one edit away (a line replaced, removed, added, or exchanged with the other) fails on at least one of them,
unless it does the same on all of the probe lists too.

There are more lines than in the first miniature, and all programs have as many: with eleven lines, or with programs of
several lengths, a student that answers directly learns by heart which short programs there are, and so that those held
out are none.

Not covered: programs further away that agree on all nine inputs.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice, product
from typing import NamedTuple

from thalweg.miniature.programs import Program, Split, Values, behaviour_of, is_legal, values
from thalweg.types import CallCheck, Problem

LINES: Program = (
    "x = x[::-1]",
    "x = sorted(x)",
    "x = sorted(x)[::-1]",
    "x = x[1:]",
    "x = x[:-1]",
    "x = x[::2]",
    "x = x[1:] + x[:1]",
    "x = x[-1:] + x[:-1]",
    "x = x + x[:1]",
    "x = x[-1:] + x",
    "x = [v + 1 for v in x]",
    "x = [v + 2 for v in x]",
    "x = [v + 3 for v in x]",
    "x = [v + 5 for v in x]",
    "x = [v * 2 for v in x]",
    "x = [v * 3 for v in x]",
    "x = [v * 4 for v in x]",
    "x = [v // 2 for v in x]",
    "x = [v * v for v in x]",
    "x = [v for v in x if v % 2 == 0]",
    "x = [v for v in x if v % 2 == 1]",
    "x = [v for v in x if v > 3]",
    "x = [v for v in x if v < 6]",
    "x = [max(x) - v for v in x]",
    "x = [v - min(x) for v in x]",
    "x = [v + i for i, v in enumerate(x)]",
    "x = [sum(x[:i + 1]) for i in range(len(x))]",
)
LENGTH = 2
ENTRY_POINT = "f"
HEAD, FOOT, INDENT = f"def {ENTRY_POINT}(x):", "    return x", "    "
ARROW = " ->"
SHOWN, HIDDEN = 3, 6


class Example(NamedTuple):
    """An input, and what the program makes of it."""

    given: Values
    wanted: Values


def problems(split: Split, count: int, seed: int = 0) -> list[Problem]:
    """`count` problems of a split; the first k of n are the k of k.

    An id names one problem whatever `count` is: the split (with the seed unless it is 0) and a running number.
    """
    return list(islice(_stream(split, seed), count))


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
    """Every program that is one edit away, those as long as it is first; some do the same."""
    cuts = [(program[:at], program[at], program[at + 1 :]) for at in range(len(program))]
    for head, line, tail in cuts:
        yield from ((*head, other, *tail) for other in LINES if other != line)
    yield from ((*head, tail[0], line, *tail[1:]) for head, line, tail in cuts if tail and tail[0] != line)
    yield from (head + tail for head, _, tail in cuts if head + tail)
    yield from ((*program[:at], line, *program[at:]) for at in range(len(program) + 1) for line in LINES)


def digits(r: random.Random) -> Values:
    """Four to six different digits."""
    return r.sample(range(10), r.randint(4, 6))


# --------------------------------------------------------------------------- drawing problems


def _stream(split: Split, seed: int) -> Iterator[Problem]:
    """All problems of one split and seed, in their order, none twice."""
    r = random.Random(f"synthesis/{split}/{seed}")
    programs, seen = _programs()[split], set[str]()
    while True:
        program = r.choice(programs)
        tests = _tests(r, program)
        statement = "\n".join(f"{_words(given)}{ARROW} {_words(wanted)}" for given, wanted in tests[:SHOWN])
        if tests and statement not in seen:
            name = f"synthesis/{f'{split}-{seed}' if seed else split}/{len(seen):05d}"
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
        license="Apache-2.0",
    )


def _tests(r: random.Random, program: Program) -> list[Example]:
    """Examples that tell the program from its near misses; none where twenty draws hold none."""
    behaviour = behaviour_of(program)
    for _ in range(20):
        drawn = _examples(r, program)
        passing = (near for near in near_misses(program) if solves(near, drawn))
        if drawn and all(behaviour_of(near) == behaviour for near in passing):
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


@cache
def _programs() -> dict[Split, list[Program]]:
    """The programs of each split: of every behaviour that LENGTH lines have and fewer have not, the first."""
    found: dict[str, Program] = {behaviour_of(("x = x[:]",)): ()}  # doing nothing is no program
    for length in range(1, LENGTH + 1):
        for program in product(LINES, repeat=length):
            found.setdefault(behaviour_of(program), program)
    splits: dict[Split, list[Program]] = {"train": [], "tune": [], "test": []}
    for behaviour, program in found.items():
        if len(program) == LENGTH:
            splits[_side(behaviour)].append(program)
    return splits


def _side(behaviour: str) -> Split:
    """An eighth of all behaviours to tune, an eighth to test, the rest to train."""
    bucket = hashlib.sha256(behaviour.encode()).digest()[0] // 32
    return "tune" if bucket == 0 else "test" if bucket == 1 else "train"
