"""The driver's end of the workers on a Ray cluster: who is there, who has which shard, and what becomes of it."""

import pickle
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thalweg.engine import shipping
from thalweg.engine.map import ATTEMPTS, Answer, Shard, Work, WorkError, result_of, versions
from thalweg.engine.ray_actor import Actor
from thalweg.errors import InputError

if TYPE_CHECKING:
    from thalweg.engine.ray import RayMapper

_LOOK_S, _IDLE_S = 2.0, 0.2  # between two looks at which nodes there are
_SAY_S, _WAIT_S = 30.0, 900.0  # without any worker: until it is said, and until it is given up
_SMALL = 1 << 16  # bytes of a shared value that travels with its shard; a larger one is put into the store once
_Ref = Any  # ray.ObjectRef, which is known only once ray is imported


class Store:
    """Shared values on their way to workers."""

    def __init__(self, shared: Mapping[str, Any]) -> None:
        self._shared = shared
        self._refs: dict[str, _Ref | None] = {}  # null for a small value
        self._files: dict[str, dict[str, _Ref]] = {}

    def values(self, needs: Iterable[str]) -> dict[str, Any]:
        """What a shard needs: small values themselves, large ones as references."""
        return {key: self._shared[key] if (ref := self._ref(key)) is None else ref for key in needs}

    def files(self, folder: str) -> dict[str, _Ref]:
        """A folder's files, put into the store once."""
        import ray

        if folder not in self._files:
            names = shipping.files_of(Path(folder))
            self._files[folder] = {str(name): ray.put((Path(folder) / name).read_bytes()) for name in names}
        return self._files[folder]

    def _ref(self, key: str) -> _Ref | None:
        import ray

        if key not in self._refs:
            value = self._shared[key]
            self._refs[key] = ray.put(value) if len(pickle.dumps(value)) > _SMALL else None
        return self._refs[key]


@dataclass(eq=False, slots=True)
class _Hand:
    """A worker as the driver sees it: its node, whether it is ready, and the shard that it has."""

    actor: Any
    node: str
    ready: bool = False
    shard: Shard[Any] | None = None


@dataclass
class Crew:
    """The workers of one `map`."""

    mapper: "RayMapper"
    work: Work[Any, Any]
    store: Store
    left: int  # shards without a result
    hands: list[_Hand] = field(default_factory=list)
    under_way: dict[_Ref, _Hand] = field(default_factory=dict)
    again: deque[Shard[Any]] = field(default_factory=deque)
    lost: Counter[int | str] = field(default_factory=Counter)  # workers, by shard or (before they were ready) by node
    looked: float = 0.0
    ready_at: float = field(default_factory=time.monotonic)  # when a worker was last there
    told: bool = False

    def __post_init__(self) -> None:
        self.pickled = pickle.dumps(self.work)
        self.marks = {str(path): shipping.mark(path) for path in self.work.folders}

    def results(self, shards: Iterator[Shard[Any]]) -> Iterator[tuple[int, Any]]:
        """Gives out shards and takes results until there are no more."""
        import ray

        while self.left:
            self.hire()
            for hand in [hand for hand in self.hands if hand.ready and hand.shard is None]:
                shard = self.again.popleft() if self.again else next(shards, None)
                if shard is not None:
                    hand.shard = shard
                    self.under_way[hand.actor.do.remote(shard.payload, self.store.values(shard.needs))] = hand
            if not self.under_way:
                time.sleep(_IDLE_S)  # until a node joins
            else:
                for ref in ray.wait(list(self.under_way), timeout=_LOOK_S)[0]:
                    yield from self.hear(ref)
            self.look_out()

    def hear(self, ref: _Ref) -> Iterator[tuple[int, Any]]:
        """Takes what a worker says, or that it is gone."""
        import ray

        hand = self.under_way.pop(ref)
        try:
            answer: Answer | None = ray.get(ref)
        except ray.exceptions.RayError as error:
            self.mourn(hand, error)
            return
        if hand.shard is not None:
            assert answer is not None
            shard, hand.shard = hand.shard, None
            result = result_of(answer, shard.index)
            self.left -= 1
            yield shard.index, result
        elif answer is None:  # a folder was unpacked
            self.open(hand)
        elif answer.kind == "ready":
            hand.ready = True
        elif answer.kind == "lacks":
            files = self.store.files(answer.value)
            self.under_way[hand.actor.unpack.remote(answer.value, self.marks[answer.value], files)] = hand
        else:
            self.leave_out(hand.node, answer.value)

    def hire(self) -> None:
        """Starts workers where there is room for them and no reason against it."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        now = time.monotonic()
        if now - self.looked < _LOOK_S:
            return
        self.looked = now
        settings = self.mapper.settings
        for node in self.openings(ray.nodes()):
            options = {
                "num_cpus": settings.cpus,
                "num_gpus": settings.gpus,
                "scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False),
            }
            hand = _Hand(ray.remote(Actor).options(**options).remote(settings.cpus), node)
            self.hands.append(hand)
            self.open(hand)

    def open(self, hand: _Hand) -> None:
        """Asks a worker to make ready."""
        self.under_way[hand.actor.open.remote(versions(), self.pickled, self.marks)] = hand

    def openings(self, nodes: Iterable[Mapping[str, Any]]) -> list[str]:
        """Nodes that get another worker: all get their first before one gets its second."""
        settings, have = self.mapper.settings, Counter(hand.node for hand in self.hands)
        places = []
        for node in nodes:
            name, has = node["NodeID"], node["Resources"]
            if node["Alive"] and name not in self.mapper.left_out:
                room = int(has.get("CPU", 0) // settings.cpus)
                if settings.gpus:
                    room = min(room, int(has.get("GPU", 0) // settings.gpus))
                places += [(place, name) for place in range(have[name], room)]
        most = min(self.left, settings.workers or self.left) - len(self.hands)
        return [name for _, name in sorted(places)[: max(most, 0)]]

    def mourn(self, hand: _Hand, error: Exception) -> None:
        """A worker is gone: what it had is for another."""
        self.hands.remove(hand)
        self.looked = 0.0  # another may be hired at once
        why = str(error).strip().splitlines()[0]
        if hand.shard is None:
            self.lost[hand.node] += 1
            if self.lost[hand.node] >= ATTEMPTS:
                self.leave_out(hand.node, InputError("worker", f"none can be started ({why})"))
            return
        self.lost[hand.shard.index] += 1
        if self.lost[hand.shard.index] >= ATTEMPTS:
            raise WorkError(f"{ATTEMPTS} workers died over shard {hand.shard.index}; the last: {why}")
        self.again.append(hand.shard)
        self.mapper.redone += 1
        self.mapper.on_note(f"a worker on {_address(hand.node)} is gone; its shard goes to another")

    def leave_out(self, node: str, why: InputError) -> None:
        """Gives a node no work."""
        import ray

        if node not in self.mapper.left_out:
            self.mapper.left_out[node] = why
            self.mapper.on_note(f"node {_address(node)} is left out: {why.problem}")
        for hand in [hand for hand in self.hands if hand.node == node and not hand.ready]:
            ray.kill(hand.actor)
            self.hands.remove(hand)
        self.under_way = {ref: hand for ref, hand in self.under_way.items() if hand in self.hands}

    def look_out(self) -> None:
        """Says that there is no worker, and gives up where there will be none.

        Raises:
            InputError: every node was left out, or none had room for a worker for a long time.
        """
        now = time.monotonic()
        if any(hand.ready for hand in self.hands):
            self.ready_at, self.told = now, False
            return
        out = self.mapper.left_out
        if not self.hands and out:
            first = next(iter(out.values()))
            names = ", ".join(map(_address, out))
            raise InputError(f"ray nodes {names}: {first.where}", first.problem, first.remedy)
        settings, since = self.mapper.settings, now - self.ready_at
        wanted = f"{settings.cpus} CPUs" + (f" and {settings.gpus} GPUs" if settings.gpus else "")
        if since > _WAIT_S or (not self.hands and since > _SAY_S):
            remedy = "start nodes, free them, or ask for less a worker; what is done is kept"
            raise InputError("ray", f"no node has {wanted} for a worker", remedy)
        if since > _SAY_S and not self.told:
            self.told = True
            self.mapper.on_note(f"waiting for a worker of {wanted}")

    def dismiss(self) -> None:
        """Ends the workers."""
        import ray

        for hand in self.hands:
            ray.kill(hand.actor)


def _address(node: str) -> str:
    import ray

    for known in ray.nodes():
        if known["NodeID"] == node:
            return f"{known['NodeManagerHostname']} ({known['NodeManagerAddress']})"
    return node
