"""Answers that a looping model writes: hundreds of thousands of the same characters, with nothing in them.

Reading them must come to an end, which is what the tests' own time limit sees to: a pattern that tries every way to
split them takes hours.
"""

from .assertions import PLAIN
from .calls import ADD
from .cheat import Cheat
from .programs import SUM
from .puzzles import SQUARE
from .texts import CHOICE, FIVE, OUTPUT, SPELLING

LENGTH = 200_000
PIECES = {
    "spaces": (" ", "x"),
    "tabs": ("\t", ""),
    "lines": ("\n", "x"),
    "spaces_and_lines": (" \n", "x"),
    "fences": ("```\n", ""),
    "ticks": ("`", ""),
    "tildes": ("~~~", ""),
    "programs": ("```python\n", ""),
    "boxes": ("\\boxed{", ""),
    "braces": ("{", ""),
    "tags": ("<answer>", ""),
    "markers": ("answer is ", ""),
    "stars": ("answer: *", ""),
    "digits": ("1", ""),
    "commas": ("1,", ""),
    "fractions": ("\\frac{1}{", ""),
    "dollars": ("$1", ""),
    "brackets": ("[", ""),
    "words": ("wait, ", ""),
    "quotes": ("'", ""),
}

CHEATS: tuple[Cheat, ...] = tuple(
    Cheat(f"endless_{name}_{check.type}", "to be read for ever", check, piece * (LENGTH // len(piece)) + last)
    for name, (piece, last) in PIECES.items()
    for check in (SUM, ADD, PLAIN, SQUARE, OUTPUT, FIVE, CHOICE, SPELLING)
)
HONEST = ()
