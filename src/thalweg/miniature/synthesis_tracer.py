"""The second miniature's teacher: it tries programs on the first example until one gives the output.

The styles are

* `search`   drafts of the program with the value after each line, each found wanting ("no") or right ("ok"), and then
             the function;
* `straight` the right draft alone, with the value after each line, and then the function;
* `direct`   the function alone.

The drafts that fail are near misses of the program, drawn at random: most traces hold none or one, some two or three.
All values are true, and every verdict on a draft follows from them. Not covered: a teacher that does not know the
program and could go wrong, and drafts that the first example cannot tell from the program.
"""

import random
from collections.abc import Iterator
from typing import Literal, TypeAlias, get_args

from thalweg.errors import InputError
from thalweg.miniature.programs import Program, is_legal, values
from thalweg.miniature.synthesis import INDENT, Example, examples, near_misses, program_of, program_text
from thalweg.types import Problem

Style: TypeAlias = Literal["search", "direct", "straight"]
STYLES: tuple[Style, ...] = get_args(Style)
TRY, WRONG, RIGHT = "try", "no", "ok"
_FAILED = (0.45, 0.3, 0.15, 0.1)  # shares of traces with 0, 1, 2 and 3 drafts that fail


def style_named(name: str) -> Style:
    """The style of this name, or `InputError`."""
    for style in STYLES:
        if style == name:
            return style
    remedy = f"choose one of {', '.join(STYLES)}"
    raise InputError(f"model 'tracer:{name}'", "no such style of trace for programs to be found", remedy)


def trace(problem: Problem, style: Style, seed: int = 0) -> str:
    """The teacher's response to a synthesis problem: the same for the same problem id, style and seed.

    Raises:
        InputError: the problem is not one of the miniature's.
    """
    program, tests = program_of(problem), examples(problem)
    # Only lines that the miniature itself writes are ever executed: a file may claim any source.
    if program is None or tests is None:
        remedy = "use another model"
        raise InputError(f"problem {problem.id!r}", "the tracer knows only the miniature's programs", remedy)
    if style == "direct":
        return program_text(program)
    r = random.Random(f"{problem.id}/{style}/{seed}")
    search = _draft(program, tests[0], RIGHT) if style == "straight" else _search(program, tests[0], r)
    thinking = "\n".join(search)
    return f"<think>\n{thinking}\n</think>\n{program_text(program)}"


def _search(program: Program, shown: Example, r: random.Random) -> Iterator[str]:
    """The lines of thinking: failing drafts, then the program."""
    (wanted,) = r.choices(range(len(_FAILED)), _FAILED)
    for draft in _failing(program, shown, r, wanted):
        yield from _draft(draft, shown, WRONG)
    yield from _draft(program, shown, RIGHT)


def _failing(program: Program, shown: Example, r: random.Random, count: int) -> list[Program]:
    """`count` near misses whose values can be written and end in something else; fewer where there are fewer."""
    legal = []
    for draft in near_misses(program):
        steps = values(draft, shown.given)
        if is_legal(steps) and steps[-1] != shown.wanted:
            legal.append(draft)
    return r.sample(legal, min(count, len(legal)))


def _draft(program: Program, shown: Example, verdict: str) -> Iterator[str]:
    yield TRY
    for line, value in zip(program, values(program, shown.given), strict=True):
        yield f"{INDENT}{line} # {' '.join(map(str, value))}"
    yield verdict
