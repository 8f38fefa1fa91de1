"""The miniature's problems as a source: programs of a split, and snippets of one line. See `thalweg.miniature`."""

from collections.abc import Sequence

from thalweg.miniature import programs
from thalweg.miniature.programs import DEPTHS, split_named
from thalweg.types import Problem


def load_miniature(split: str, count: int, seed: int = 0, depths: Sequence[int] = DEPTHS) -> list[Problem]:
    """`count` programs of a split (train, tune, test), of each of `depths` lines in turn.

    Raises:
        InputError: an unknown split, or a depth that the split does not have.
    """
    return programs.problems(split_named(split), count, seed, depths)


def load_snippets(split: str, count: int, seed: int = 0) -> list[Problem]:
    """`count` snippets of one line with inputs of a split.

    Raises:
        InputError: an unknown split.
    """
    return programs.snippets(split_named(split), count, seed)
