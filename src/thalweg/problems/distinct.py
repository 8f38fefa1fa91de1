"""Which problems of a stream are new. A digest of eight bytes is kept of each, so that millions fit in memory."""

from collections.abc import Iterable
from hashlib import blake2b

from thalweg.problems.source import Item
from thalweg.types import Problem


def digest(text: str) -> int:
    """Eight bytes of a hash: two of two million texts share one with a chance of one in nine million."""
    return int.from_bytes(blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "little")


class Distinct:
    """Remembers ids: `new(id)` is true the first time."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def new(self, name: str) -> bool:
        """Whether this id has not come before."""
        before = len(self._seen)
        self._seen.add(digest(name))
        return len(self._seen) > before


def distinct_problems(items: Iterable[Item], count: int | None = None) -> list[Problem]:
    """The first `count` problems by id, in the order of their first appearance (all where null).

    The first of an id wins, unless it was provisional and a later one, among the items read, is not.
    """
    problems: dict[str, Problem] = {}
    open_checks: set[str] = set()
    for problem, _, provisional in items:
        if problem.id not in problems:
            if count is not None and len(problems) == count:
                break
            problems[problem.id] = problem
            if provisional:
                open_checks.add(problem.id)
        elif problem.id in open_checks and not provisional:
            problems[problem.id] = problem
            open_checks.remove(problem.id)
    return list(problems.values())
