"""Makes the second shipped student: `python -m thalweg.miniature.build_synthesis`, minutes on one core.

The architecture and the training of `build`; the documents are the training split's examples with the function that
does what they show, single lines with their values in comments, and tokens to be copied. No document holds a think
tag in its place or more than one worked line, so thinking is new to this student too.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from thalweg.miniature import student_folder, synthesis
from thalweg.miniature.build import BATCH, SEED, Document, answer, commented, copied, document, make
from thalweg.miniature.programs import apply, is_legal
from thalweg.miniature.tokenizer import SYNTHESIS_WORDS, make_tokenizer
from thalweg.types import Problem

STEPS = 1500
COMMENTED, COPIES = 0.12, 0.08  # shares of the documents; the rest are problems
DEPTHS = (1, 2, 2, 2, 3, 3)


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains a student, prints its progress and its score on the tuning split, and saves it."""
    parser = argparse.ArgumentParser(
        prog="thalweg.miniature.build_synthesis", description="Train the second miniature's student."
    )
    out = student_folder("miniature-synthesis")
    parser.add_argument("--out", type=Path, default=out, help="folder to write (default: the package's)")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps (default: %(default)s)")
    options = parser.parse_args(arguments)
    tokenizer = make_tokenizer(SYNTHESIS_WORDS)
    student = make(tokenizer, documents(tokenizer, options.steps * BATCH), options.steps, options.out)
    for depth in synthesis.DEPTHS:
        share = score(student, tokenizer, synthesis.problems("tune", 100, depths=[depth]))
        print(f"tuning split, {depth} lines: {share:.3f}")
    print(f"single lines: {score(student, tokenizer, synthesis.problems('train', 100, 1, [1])):.3f}")


def documents(tokenizer: Any, count: int = STEPS * BATCH, seed: int = SEED) -> Iterator[Document]:
    """An endless mix of documents from the training split; for `count` documents every problem comes about twice."""
    r = random.Random(seed)
    asked = cycle(synthesis.problems("train", count * 2 // 5, seed, DEPTHS))
    while True:
        kind = r.random()
        if kind < COPIES:
            yield copied(tokenizer, SYNTHESIS_WORDS, r)
        elif kind < COPIES + COMMENTED:
            yield _line(tokenizer, r)
        else:
            problem = next(asked)
            yield document(tokenizer, problem.statement, problem.group or "")


def _line(tokenizer: Any, r: random.Random) -> Document:
    """A value, a line, and in a comment the new value; half of the values are what another line made of digits."""
    while True:
        given = synthesis.digits(r)
        if r.random() < 0.5:
            given = apply(r.choice(synthesis.LINES), given)
        line = r.choice(synthesis.LINES)
        after = apply(line, given)
        if is_legal([given, after]):
            before, value = (" ".join(map(str, numbers)) for numbers in (given, after))
            return commented(tokenizer, f"{before}\n{synthesis.INDENT}{line}", value)


def score(student: Any, tokenizer: Any, problems: Sequence[Problem]) -> float:
    """The share of problems for which the student writes, greedily, a function of known lines that passes all tests.

    A student that knows no other words writes nothing else, so this needs no sandbox and agrees with one.
    """
    answers = map(synthesis.parse, answer(student, tokenizer, problems))
    tests = [synthesis.examples(problem) or [] for problem in problems]
    return sum(p is not None and synthesis.solves(p, t) for p, t in zip(answers, tests, strict=True)) / len(problems)


if __name__ == "__main__":
    main()
