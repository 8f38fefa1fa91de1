"""What does looking after every rung cost? Ladders of known truth that are left once their question is answered.

    python -m benchmarks.stopping [--count 1000]

Studies are those of `curve_simulation` (4 to 7 rungs, 150 to 800 problems, 1, 3 or 5 seeds that spread by 0, 1.5 or
3 points). Each is climbed rung by rung with the library's own decision, once as it is (the error divided among the
looks) and once uncorrected (95 % at every look). Prints Markdown: how many ladders are left before their top, how often
the interval of the answer then covers the truth, and, on ladders that are level right below a wanted score, how often
it is said to be reached.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.curve_simulation import RUNGS, SEEDS, SPREADS, VALLEYS, Drawn, draw, studies
from thalweg.curve.break_even import crossing
from thalweg.curve.panel import Panel
from thalweg.curve.stopping import Answer, Question, answer_of

BELOW = 0.002  # how far the level ladders stay below the wanted score


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="studies of each kind")
    count = parser.parse_args().count
    print(f"`break_even: known`, {count} ladders with a valley\n")
    print("| looks | answered | left before the top | the interval covers |\n|---|---|---|---|")
    for line in break_evens(count):
        print(line)
    print(f"\n`score`, {count} ladders that stay {100 * BELOW:g} points below it\n")
    print("| looks | said to be reached |\n|---|---|")
    for line in scores(count):
        print(line)


def designs(count: int) -> Iterator[tuple[int, float, int]]:
    """Seeds, their spread, and how many studies."""
    cells = [(seeds, spread) for seeds in SEEDS for spread in SPREADS]
    for index, (seeds, spread) in enumerate(cells):
        yield seeds, spread, count * (index + 1) // len(cells) - count * index // len(cells)


def climbed(study: Drawn, question: Question, corrected: bool) -> Answer | None:
    """The first answer on the way up."""
    columns = tuple(("arm", size) for size in study.sizes)
    panel: Panel = replace(study.panel, columns=columns)
    looks = len(columns) - 1 if corrected else 1
    for rungs in range(1, len(columns)):
        part = replace(panel, columns=columns[: rungs + 1], values=panel.values[: rungs + 1])
        if (found := answer_of(part, question, looks)) is not None:
            return found
    return None


def break_evens(count: int) -> Iterator[str]:
    """The lines of the first table."""
    marks: dict[bool, list[tuple[bool, bool]]] = defaultdict(list)
    for seeds, spread, number in designs(count):
        for _, study in studies(VALLEYS, number, seeds, spread):
            true = crossing(study.sizes, study.truth, 1 + int(np.argmin(study.truth[1:])))
            for corrected in (True, False):
                found = climbed(study, Question(break_even=True), corrected)
                if found is not None:
                    marks[corrected].append((found.size < study.sizes[-1], found.low <= true <= found.high))
    for corrected, told in marks.items():
        early, covers = (sum(column) for column in zip(*told, strict=True))
        yield f"| {_name(corrected)} | {len(told)} | {early} | {share(covers, len(told))} |"


def scores(count: int) -> Iterator[str]:
    """The lines of the second table."""
    wrong: dict[bool, int] = {True: 0, False: 0}
    for seeds, spread, number in designs(count):
        for index in range(number):
            rng = np.random.default_rng([index, seeds, round(1000 * spread), 2])
            true = np.array([0.3, *[0.5] * RUNGS[index % len(RUNGS)]])
            study = draw(rng, true, 300, 1 + 2 * (index % 2), seeds, spread)
            wanted = float(study.truth[1:].max()) + BELOW
            for corrected in wrong:
                wrong[corrected] += climbed(study, Question(score=wanted), corrected) is not None
    for corrected, found in wrong.items():
        yield f"| {_name(corrected)} | {share(found, count)} |"


def share(count: int, total: int) -> str:
    """A share in percent with twice its standard error."""
    part = count / total
    return f"{100 * part:.1f} % +- {200 * (part * (1 - part) / total) ** 0.5:.1f}"


def _name(corrected: bool) -> str:
    return "error divided among looks" if corrected else "95 % at every look"


if __name__ == "__main__":
    main()
