"""Maps work over shards on processes of this machine: one a GPU, or one a group of cores.

A process is a fresh interpreter that opens the work once. One that dies is replaced, and what it had goes to another;
all die with their parent, even when that is killed with SIGKILL.

Not covered: other machines (`ray.py`).
"""

import multiprocessing
import os
import signal
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from thalweg.engine.local import die_with
from thalweg.engine.map import ATTEMPTS, Answer, OnNote, P, Place, R_co, Shard, Station, Work, WorkError, result_of


@dataclass(frozen=True, slots=True)
class Processes:
    """One process for each environment of `devices` (`thalweg.engine.devices`), with so many `threads`."""

    devices: Sequence[Mapping[str, str]]
    threads: int | None = None
    on_note: OnNote | None = None

    def map(
        self, work: Work[P, R_co], shards: Iterable[Shard[P]], count: int, shared: Mapping[str, Any]
    ) -> Iterator[tuple[int, R_co]]:
        """See `thalweg.engine.map.Mapper`."""
        place = Place(cpus=self.threads, folders={str(path): path for path in work.folders})
        crew = _Crew(work, place, count, shared, self.on_note or (lambda _text: None))
        try:
            for device in self.devices[:count]:
                crew.start(device)
            yield from crew.results(iter(shards))
        finally:
            crew.dismiss()


@dataclass(eq=False, slots=True)
class _Hand:
    process: BaseProcess
    device: Mapping[str, str]
    ready: bool = False
    shard: Shard[Any] | None = None


@dataclass
class _Crew:
    work: Work[Any, Any]
    place: Place
    left: int  # shards without a result
    shared: Mapping[str, Any]
    on_note: OnNote
    hands: dict[Connection, _Hand] = field(default_factory=dict)
    again: deque[Shard[Any]] = field(default_factory=deque)
    lost: Counter[int | None] = field(default_factory=Counter)  # processes, by shard; null before they were ready

    def start(self, device: Mapping[str, str]) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, os.getpid(), dict(device)))
        process.start()
        theirs.close()
        self.hands[ours] = _Hand(process, device)
        ours.send((self.work, self.place))

    def results(self, shards: Iterator[Shard[Any]]) -> Iterator[tuple[int, Any]]:
        """Gives out shards and takes results until there are no more."""
        while self.left:
            for pipe, hand in self.hands.items():
                if hand.ready and hand.shard is None:
                    hand.shard = self.again.popleft() if self.again else next(shards, None)
                    if hand.shard is not None:
                        pipe.send((hand.shard.payload, {key: self.shared[key] for key in hand.shard.needs}))
            busy = [pipe for pipe, hand in self.hands.items() if not hand.ready or hand.shard is not None]
            for heard in wait(busy):
                assert isinstance(heard, Connection)
                yield from self.hear(heard)

    def hear(self, pipe: Connection) -> Iterator[tuple[int, Any]]:
        """Takes what a process says, or that it is gone.

        Raises:
            InputError: the work cannot be done on this machine, or a shard is wrong.
            WorkError: see `thalweg.engine.map.Mapper`.
        """
        hand = self.hands[pipe]
        try:
            answer: Answer = pipe.recv()
        except (EOFError, ConnectionResetError):
            self.mourn(pipe)
            return
        if not hand.ready:
            if answer.kind == "refused":
                raise answer.value
            hand.ready = True
            return
        assert hand.shard is not None
        index, hand.shard = hand.shard.index, None
        result = result_of(answer, index)
        self.left -= 1
        yield index, result

    def mourn(self, pipe: Connection) -> None:
        """A process is gone: another takes its place, and what it had is for whoever is free."""
        hand = self.hands.pop(pipe)
        hand.process.join()
        index = None if hand.shard is None else hand.shard.index
        self.lost[index] += 1
        code = f"exit code {hand.process.exitcode}; -9 often means out of memory"
        if self.lost[index] >= ATTEMPTS:
            what = "before they were ready" if index is None else f"over shard {index}"
            raise WorkError(f"{ATTEMPTS} processes died {what} ({code})")
        if hand.shard is not None:
            self.again.append(hand.shard)
        self.on_note(f"a process died ({code}); another takes its place")
        self.start(hand.device)

    def dismiss(self) -> None:
        """Ends the processes."""
        for pipe, hand in self.hands.items():
            hand.process.kill()
            hand.process.join()
            pipe.close()


def _serve(pipe: Connection, parent: int, device: Mapping[str, str]) -> None:
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.environ.update(device)  # nothing that reads it has been imported yet
    station = Station()
    try:
        pipe.send(station.open(*pipe.recv()))
        while True:
            pipe.send(station.do(*pipe.recv()))
    except EOFError:
        return
