"""The miniatures' problems as sources: programs to execute, single lines, programs to find. See `thalweg.miniature`."""

from collections.abc import Sequence

from thalweg.miniature import programs, synthesis
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


def load_synthesis(split: str, count: int, seed: int = 0, depths: Sequence[int] = synthesis.DEPTHS) -> list[Problem]:
    """`count` programs of a split to be found from examples, of each of `depths` lines in turn.

    Raises:
        InputError: an unknown split, or a depth that the split does not have.
    """
    return synthesis.problems(split_named(split), count, seed, depths)
