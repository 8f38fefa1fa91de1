"""The trunks of a study with `ladder: branches`: which stretches have to be trained, and which states are kept.

    trunk to 128 --> trunk to 512 --> trunk to 2,048        jobs of their own, each after the one before it
         |                |                 |
    rung 128         rung 512          rung 2,048           trained on from there, and scored while the trunk goes on

A stretch leaves a training state (weights, optimiser) and no student. A state is removed once its rung is trained and
the trunk has gone on from it. The last one stays, so that larger rungs can be added; where it was deleted by hand, the
trunk is trained again, to the same bits (fp32 on CPU). What a stretch has seen and taken stays in its `result.json`.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from thalweg import store
from thalweg.engine.local import Job
from thalweg.study import jobs
from thalweg.study.climbs import Climb, training_job
from thalweg.study.devices import Shares
from thalweg.study.folder import Folder, is_done
from thalweg.study.ladder import Rung
from thalweg.train.branches import steps


class Trunks:
    """The stretches of trunk of a ladder; `trains` are the rungs' trainings, by key."""

    def __init__(
        self, folder: Folder, ladder: Iterable[Rung], trains: Mapping[str, jobs.Train], shares: Shares
    ) -> None:
        self._folder, self._trains, self._shares = folder, trains, shares
        self._rungs = {rung.key: rung for rung in ladder if rung.branch is not None}
        self._by_size = {(rung.arm, rung.seed, rung.size): rung for rung in self._rungs.values()}
        self._stretches = {key: self._stretch(rung) for key, rung in self._rungs.items()}

    def before(self, todo: Sequence[Climb]) -> tuple[list[Job], list[Climb]]:
        """The stretches of trunk that rungs need and that are not there, and the rungs as they branch off."""
        found: dict[str, Job] = {}
        planned = []
        for climb in todo:
            if climb.key in self._rungs and not climb.is_trained:
                stretches = self._missing(self._rungs[climb.key])
                found |= {stretch.key: stretch for stretch in stretches}
                planned.append(self._after_trunk(climb, stretches))
            else:
                planned.append(climb)
        return list(found.values()), planned

    def tidy(self) -> None:
        """Removes the states that nothing goes on from any more."""
        ladders: dict[tuple[str, int], list[Rung]] = {}
        for rung in self._rungs.values():
            ladders.setdefault((rung.arm, rung.seed), []).append(rung)
        for ladder in ladders.values():
            there = [rung for rung in ladder if self._is_there(rung)]
            for rung in there[:-1]:
                if is_done(self._trains[rung.key].out, self._trains[rung.key].mark):
                    out = self._stretches[rung.key].out
                    (out / ".done").unlink()
                    (out / ".inputs").unlink()
                    shutil.rmtree(out / "checkpoints", ignore_errors=True)

    def _stretch(self, rung: Rung) -> jobs.Train:
        train, branch = self._trains[rung.key], rung.branch
        assert branch is not None
        smaller = branch.sizes[-2:-1]
        after = self._folder.trunk(rung.arm, smaller[0], rung.seed) if smaller else None
        return replace(
            train,
            out=self._folder.trunk(rung.arm, rung.size, rung.seed),
            mark=store.fingerprint("trunk", train.mark),
            part=replace(branch, kind="trunk", after=after),
        )

    def _is_there(self, rung: Rung) -> bool:
        return is_done(self._stretches[rung.key].out, self._stretches[rung.key].mark)

    def _missing(self, rung: Rung) -> list[Job]:
        """The stretches up to a rung that are not there, from the last one that is."""
        assert rung.branch is not None
        missing: list[Job] = []
        for size in reversed(rung.branch.sizes):
            stretch = self._by_size[rung.arm, rung.seed, size]
            if self._is_there(stretch):
                break
            if missing:
                missing[-1] = replace(missing[-1], needs=frozenset({_key(stretch)}))
            missing.append(self._job(stretch))
        return missing

    def _job(self, rung: Rung) -> Job:
        train = self._stretches[rung.key]
        return training_job(_key(rung), train, self._shares, train.seconds * _trunk_share(rung), frozenset())

    def _after_trunk(self, climb: Climb, stretches: Sequence[Job]) -> Climb:
        """A rung without the trunk's share of its cost."""
        rung, train = self._rungs[climb.key], climb.train
        assert train is not None
        assert train.part is not None
        training = train.seconds * (1 - _trunk_share(rung))
        cost = climb.seconds - train.seconds + training
        return replace(
            climb,
            train=replace(train, part=replace(train.part, after=self._stretches[climb.key].out)),
            seconds=cost,
            training_share=training / cost,
            needs=climb.needs | {stretch.key for stretch in stretches[:1]},
        )


def _key(rung: Rung) -> str:
    return f"{rung.key} (trunk)"


def _trunk_share(rung: Rung) -> float:
    """Of the steps that a rung adds, the share that belongs to the trunk."""
    assert rung.branch is not None
    told = steps(rung.branch.sizes, rung.branch.branch_at, rung.config)
    return (told.leaves - told.before) / (told.ends - told.before)
