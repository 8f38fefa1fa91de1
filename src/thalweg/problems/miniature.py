"""The miniatures' problems as sources: programs to execute, single lines, programs to find. See `thalweg.miniature`."""

from collections.abc import Iterator, Sequence

from thalweg.miniature import programs, synthesis
from thalweg.miniature.programs import DEPTHS, split_named
from thalweg.problems.source import Item


def read_miniature(split: str, count: int, seed: int = 0, depths: Sequence[int] = DEPTHS) -> Iterator[Item]:
    """`count` programs of a split (train, tune, test), of each of `depths` lines in turn.

    Raises:
        InputError: an unknown split, or a depth that the split does not have.
    """
    return map(Item, programs.problems(split_named(split), count, seed, depths))


def read_snippets(split: str, count: int, seed: int = 0) -> Iterator[Item]:
    """`count` snippets of one line with inputs of a split.

    Raises:
        InputError: an unknown split.
    """
    return map(Item, programs.snippets(split_named(split), count, seed))


def read_synthesis(split: str, count: int, seed: int = 0, depths: Sequence[int] = synthesis.DEPTHS) -> Iterator[Item]:
    """`count` programs of a split to be found from examples, of each of `depths` lines in turn.

    Raises:
        InputError: an unknown split, or a depth that the split does not have.
    """
    return map(Item, synthesis.problems(split_named(split), count, seed, depths))
