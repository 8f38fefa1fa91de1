"""Side by side, and yet in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

_AHEAD = 1024  # results that may wait for a slow one before them: order is kept, and memory bounded


def in_order(call: Callable[[A], B], items: Iterable[A], threads: int) -> Iterator[B]:
    """What `call` gives for each item, in their order, from so many threads. Items are taken as they are needed.

    Whatever a call or the items raise is raised here, after the calls under way have ended.
    """
    waiting: deque[Future[B]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="grade") as executor:
        try:
            for item in items:
                waiting.append(executor.submit(call, item))
                if len(waiting) >= _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
