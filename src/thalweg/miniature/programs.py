"""The miniature's problems: short Python programs over small lists of integers, and what they print.

A program reads a list, changes it in one to six lines, each one of eleven operations, and prints it. The answer is
what CPython prints. Programs are told apart by what they do, not by how they are written: a program's split (train,
tune, test) is a hash of its behaviour on fixed probe lists, so that no program, nor another way to write it, occurs
in two splits at any length. One fifth of the programs is for tuning, one fifth for testing. Programs of one line all
belong to training: they are the operations themselves.

Programs of up to three lines are enumerated, the first of each behaviour kept; longer ones are drawn at random and
kept when no program of up to three lines does the same. Values stay within 0..99 and lists are never empty.

Not covered: other input types, branches and loops over statements, and programs that fail.
"""

import hashlib
import io
import random
from collections.abc import Iterator, Sequence
from functools import cache, partial
from itertools import cycle, islice
from types import CodeType
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from thalweg.errors import InputError
from thalweg.types import OutputCheck, Problem

Split: TypeAlias = Literal["train", "tune", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
Values: TypeAlias = list[int]
Program: TypeAlias = tuple[str, ...]

LINES: Program = (
    "x = x[::-1]",
    "x = sorted(x)",
    "x = [v * 2 for v in x]",
    "x = [v + 1 for v in x]",
    "x = [v for v in x if v % 2 == 0]",
    "x = [v for v in x if v > 3]",
    "x = x[1:]",
    "x = x[:-1]",
    "x = [sum(x[:i + 1]) for i in range(len(x))]",
    "x = [max(x) - v for v in x]",
    "x = x[1:] + x[:1]",
)
READ, PRINT = "x = [int(v) for v in input().split()]", "print(*x)"
GIVEN = "\n\nInput: "
LARGEST = 99  # values are 0..99, so that each is one token
DEPTHS = (2, 3, 4, 5, 6)
DEEPEST = 6
_ENUMERATED = 3  # programs of up to this many lines are known one by one


def problems(split: Split, count: int, seed: int = 0, depths: Sequence[int] = DEPTHS) -> list[Problem]:
    """`count` problems whose programs have each of `depths` lines in turn; the first k of n are the k of k.

    An id names one problem whatever `count` and `depths` are: the split (with the seed unless it is 0), the number
    of lines, and a running number.

    Raises:
        InputError: an unknown split or depth, or depth 1 outside the training split.
    """
    check_depths("miniature", split, depths, DEEPEST)
    streams = {depth: _stream(split, seed, depth) for depth in depths}
    return [next(streams[depth]) for depth in islice(cycle(depths), count)]


def snippets(split: Split, count: int, seed: int = 0, lines: Program = LINES) -> list[Problem]:
    """`count` problems of one line: a value, a line of code, and the new value is asked for.

    All `lines` occur in every split; the values (digits, or what one line makes of digits) do not recur across splits.
    """
    check_depths("miniature", split, DEPTHS, DEEPEST)
    return list(islice(_snippet_stream(split, seed, lines), count))


def split_named(name: str) -> Split:
    """The split of this name, or `InputError`."""
    for split in SPLITS:
        if split == name:
            return split
    raise InputError("miniature", f"no split {name!r}", f"choose one of {', '.join(SPLITS)}")


def program_text(program: Program) -> str:
    """The program as a script: read, the lines, print."""
    return "\n".join((READ, *program, PRINT))


def parse(check: OutputCheck, lines: Program = LINES) -> tuple[Program, Values] | None:
    """The lines and the input of a check made here of `lines`, or null for any other; safe to execute as they are."""
    program, words = tuple(check.program.splitlines()[1:-1]), check.input.split()
    if not program or not set(program) <= set(lines) or check.program != program_text(program):
        return None
    return (program, [int(word) for word in words]) if words and all(map(str.isdecimal, words)) else None


def apply(line: str, x: Values) -> Values:
    """What CPython makes of the variable `x` by executing one line."""
    scope: dict[str, Any] = {"x": x}
    exec(_compiled(line), scope)
    result: Values = scope["x"]
    return result


def values(program: Program, x: Values) -> list[Values]:
    """The value of `x` after each line."""
    found = []
    for line in program:
        x = apply(line, x)
        found.append(x)
    return found


def is_legal(steps: list[Values], largest: int = LARGEST) -> bool:
    """Whether every value can be written: no empty list, nothing outside 0..`largest`."""
    return all(step and max(step) <= largest for step in steps)


def execute(script: str, given: str) -> str:
    """What a script made here prints when `given` is its input, without the final newline."""
    printed = io.StringIO()
    exec(_compiled(script), {"input": lambda: given, "print": partial(print, file=printed)})
    return printed.getvalue().removesuffix("\n")


def split_of(program: Program) -> Split:
    """The one split in which this program, and every program that does the same, may occur."""
    behaviour = behaviour_of(program)
    return "train" if behaviour in _known(1) else side_of(behaviour)


# --------------------------------------------------------------------------- drawing programs and inputs


class _Drawn(NamedTuple):
    program: Program
    given: Values


def _stream(split: Split, seed: int, depth: int) -> Iterator[Problem]:
    """All problems of one split, seed and depth, in their order, none twice."""
    r = random.Random(f"problems/{split}/{seed}/{depth}")
    seen: set[str] = set()
    while True:
        program, given = _draw(r, split, depth)
        script, line = program_text(program), " ".join(map(str, given))
        statement = f"{script}{GIVEN}{line}"
        if statement not in seen:
            name = f"miniature/{_name(split, seed)}/{depth}/{len(seen):05d}"
            seen.add(statement)
            yield printing(name, statement, script, line, depth)


def _snippet_stream(split: Split, seed: int, lines: Program) -> Iterator[Problem]:
    r = random.Random(f"snippets/{split}/{seed}")
    seen: set[str] = set()
    for code in cycle(lines):
        given = _snippet_input(r, split, code, lines)
        line = " ".join(map(str, given))
        statement = f"# {line}\n{code}"
        if statement not in seen:
            name = f"miniature/{_name(split, seed)}/snippet/{len(seen):05d}"
            seen.add(statement)
            yield printing(name, statement, program_text((code,)), line, 1)


def printing(name: str, statement: str, script: str, line: str, depth: int) -> Problem:
    """The problem of this name: what does `script` print when `line` is its input?"""
    check = OutputCheck(program=script, input=line, output=execute(script, line))
    return Problem(
        id=name,
        source="miniature",
        statement=statement,
        check=check,
        group=script,
        difficulty=str(depth),
        license="Apache-2.0",
    )


def _draw(r: random.Random, split: Split, depth: int) -> _Drawn:
    while True:
        program = draw_program(r, depth)
        if split_of(program) != split:
            continue
        for _ in range(20):  # some programs suit few inputs, or none
            given = digits(r)
            if is_legal(values(program, given)):
                return _Drawn(program, given)


def draw_program(r: random.Random, depth: int) -> Program:
    """A program of so many lines, of any split, that no shorter one of up to three lines equals."""
    if depth <= _ENUMERATED:
        return r.choice(_canonical()[depth])
    shallow = _known(_ENUMERATED)
    while True:
        program = tuple(r.choice(LINES) for _ in range(depth))
        if behaviour_of(program) not in shallow:
            return program


def _snippet_input(r: random.Random, split: Split, code: str, lines: Program) -> Values:
    while True:
        given = digits(r)
        if r.random() < 0.5:
            given = apply(r.choice(lines), given)
        if is_legal([given]) and is_legal([apply(code, given)]) and side_of(repr(given)) == split:
            return given


def digits(r: random.Random) -> Values:
    """Four to six digits."""
    return [r.randrange(10) for _ in range(r.randint(4, 6))]


# --------------------------------------------------------------------------- behaviour


@cache
def _probes() -> tuple[Values, ...]:
    r = random.Random("probes")
    return tuple([r.randrange(10) for _ in range(r.randint(4, 6))] for _ in range(10))


def behaviour_of(program: Program) -> str:
    """What a program does to the probes, as text; programs that do the same have the same text."""
    return repr([values(program, probe)[-1] for probe in _probes()])


@cache
def _canonical() -> dict[int, list[Program]]:
    """The programs of 1.._ENUMERATED lines that nothing shorter or earlier equals, by number of lines."""
    seen = {repr(list(_probes()))}
    found: dict[int, list[Program]] = {0: [()]}
    for depth in range(1, _ENUMERATED + 1):
        found[depth] = []
        for program in ((*head, line) for head in found[depth - 1] for line in LINES):
            behaviour = behaviour_of(program)
            if behaviour not in seen:
                seen.add(behaviour)
                found[depth].append(program)
    return found


@cache
def _known(depth: int) -> frozenset[str]:
    """The behaviours of doing nothing and of all programs of up to `depth` lines."""
    programs = (program for lines in range(1, depth + 1) for program in _canonical()[lines])
    return frozenset({repr(list(_probes())), *map(behaviour_of, programs)})


def side_of(text: str) -> Split:
    """The split of a behaviour: a fifth of all texts to tune, a fifth to test, the rest to train."""
    bucket = hashlib.sha256(text.encode()).digest()[0] * 5 // 256
    return "tune" if bucket == 0 else "test" if bucket == 1 else "train"


@cache
def _compiled(source: str) -> CodeType:
    return compile(source, "<miniature>", "exec")


def _name(split: Split, seed: int) -> str:
    return f"{split}-{seed}" if seed else split


def check_depths(where: str, split: str, depths: Sequence[int], deepest: int) -> None:
    """Raises `InputError` for an unknown split, and for depths that the split does not have."""
    split_named(split)
    least = 1 if split == "train" else 2
    for depth in depths:
        if not least <= depth <= deepest:
            raise InputError(where, f"no programs of depth {depth} in {split}", f"use {least} to {deepest}")
    if not depths:
        raise InputError(where, "no depths given", f"use some of {least} to {deepest}")
