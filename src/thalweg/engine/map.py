"""What it takes to map work over shards, wherever the workers are: on this machine or on a cluster.

    Work     what a worker does. It is opened once a worker, which is when it checks that it can be done there (a
             sandbox, a student to load), and then called with one shard after another.
    Shard    a piece of work: its index, what a worker is sent, and which of the shared values it needs.
    Mapper   who does it: `Inline` (this process), `thalweg.engine.processes`, `thalweg.engine.ray`.

Results come in any order, each once, and the caller alone writes files: no two machines ever need the same disk. A
result is a function of its shard, so that it does not matter who computed it, or whether two did. A worker that dies
costs the time of its shard, which another takes; a death is never a result.

Not covered: jobs that need each other (`local.py`).
"""

import platform
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from thalweg.errors import InputError

P = TypeVar("P")
R_co = TypeVar("R_co", covariant=True)
P_contra = TypeVar("P_contra", contravariant=True)

ATTEMPTS = 4  # workers that one shard may lose before it is thought to be the cause
OnNote = Callable[[str], None]  # hears, in one line, what a user would want to know of workers


@dataclass(frozen=True, slots=True)
class Shard(Generic[P]):
    """`payload` goes to one worker, with the values that `needs` names among those shared by all shards."""

    index: int
    payload: P
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a worker has: processors (null: as it likes), and where the work's folders are on its machine."""

    cpus: int | None = None
    folders: Mapping[str, Path] = field(default_factory=dict)


class Work(Protocol[P_contra, R_co]):
    """What workers do. Picklable; the same shard gives the same result wherever it is done."""

    @property
    def folders(self) -> Sequence[Path]:
        """Local folders that the work reads; `Place.folders` says where they are on a worker's machine."""

    def open(self, place: Place) -> AbstractContextManager[Callable[[P_contra, Mapping[str, Any]], R_co]]:
        """Makes ready and gives the function that takes a payload and the shared values that its shard needs.

        Raises:
            InputError: it cannot be done here; nobody is sent a shard before it is clear that it can.
        """


class Mapper(Protocol):
    """Who does the work."""

    def map(
        self, work: Work[P, R_co], shards: Iterable[Shard[P]], count: int, shared: Mapping[str, Any]
    ) -> Iterator[tuple[int, R_co]]:
        """Gives index and result of each of the `count` shards, in any order. Shards are taken as workers get free.

        Raises:
            InputError: no worker can do the work, or a shard is wrong.
            WorkError: a shard failed otherwise, or worker after worker died on it.
        """


class WorkError(RuntimeError):
    """A shard that could not be done; the message says which and why."""


# --------------------------------------------------------------------------- on the worker


class Answer(NamedTuple):
    """What a worker says.

    `ready`, `refused` (an `InputError` says why) or `lacks` (a folder); then `done`, `wrong` (an `InputError`) or
    `failed` (a traceback).
    """

    kind: Literal["ready", "refused", "lacks", "done", "wrong", "failed"]
    value: Any = None


class Station:
    """A worker's end: opens a work, then does shards. Nothing is raised; everything is answered."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._do: Callable[[Any, Mapping[str, Any]], Any] | None = None

    def open(self, work: Work[Any, Any], place: Place) -> Answer:
        """Makes ready, or says why not."""
        try:
            self._do = self._open.enter_context(work.open(place))
        except InputError as error:
            return Answer("refused", error)
        except Exception:  # a machine that fails in whatever way gets no work, and the driver says so
            return Answer("refused", InputError("worker", traceback.format_exc().strip().splitlines()[-1]))
        return Answer("ready")

    def do(self, payload: Any, shared: Mapping[str, Any]) -> Answer:
        """Does one shard."""
        assert self._do is not None, "the work has not been opened"
        try:
            return Answer("done", self._do(payload, shared))
        except InputError as error:
            return Answer("wrong", error)
        except Exception:  # whatever went wrong is the driver's to report
            return Answer("failed", traceback.format_exc())

    def close(self) -> None:
        """Ends what the work opened."""
        self._open.close()


def result_of(answer: Answer, index: int) -> Any:
    """The result of a shard.

    Raises:
        InputError: the shard is wrong.
        WorkError: it failed.
    """
    if answer.kind == "wrong":
        raise answer.value
    if answer.kind == "failed":
        raise WorkError(f"shard {index} failed:\n{answer.value}")
    assert answer.kind == "done", answer
    return answer.value


def versions() -> dict[str, str]:
    """What must agree between a driver and its workers: verdicts depend on this code and on this Python."""
    try:
        own = version("thalweg")
    except PackageNotFoundError:
        own = "not installed"
    return {"thalweg": own, "Python": ".".join(platform.python_version_tuple()[:2])}


# --------------------------------------------------------------------------- in this process


class Inline:
    """Does every shard in this process, one after another; opens the work when there is a first one."""

    def map(
        self,
        work: Work[P, R_co],
        shards: Iterable[Shard[P]],
        count: int,  # noqa: ARG002  (of the protocol)
        shared: Mapping[str, Any],
    ) -> Iterator[tuple[int, R_co]]:
        with ExitStack() as opened:
            do: Callable[[P, Mapping[str, Any]], R_co] | None = None
            for shard in shards:
                do = do or opened.enter_context(work.open(Place(folders={str(path): path for path in work.folders})))
                yield shard.index, do(shard.payload, {key: shared[key] for key in shard.needs})
