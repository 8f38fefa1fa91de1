"""One function over a long stream of batches, on several processes, results in order, little held at a time.

Not covered: several machines; work that must survive a kill (`thalweg.engine` runs that).
"""

import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import Any, TypeVar

Batch = TypeVar("Batch")
Result = TypeVar("Result")

_AHEAD = 4  # batches a worker that may wait or be done before their turn

_work: Callable[[Any], Any] | None = None


def ordered_map(work: Callable[[Batch], Result], batches: Iterable[Batch], workers: int) -> Iterator[Result]:
    """`map(work, batches)` on `workers` processes (1: this one). `work` is sent to each process once.

    Raises:
        BrokenProcessPool: a process died.
    """
    if workers == 1:
        yield from map(work, batches)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _install, (work, os.getpid()))
    source = iter(batches)
    waiting: deque[Future[Any]] = deque(pool.submit(_apply, batch) for batch in islice(source, _AHEAD * workers))
    try:
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(_apply, batch) for batch in islice(source, 1))
    finally:
        pool.shutdown(cancel_futures=True)


def _install(work: Callable[[Any], Any], parent: int) -> None:
    global _work
    _work = work
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _apply(batch: Any) -> Any:
    assert _work is not None
    return _work(batch)


def _watch(parent: int) -> None:
    """Ends this process with its parent, which cannot tell it to when it was killed."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
