"""Rungs as jobs: what is trained, answered and graded, in which order, on how many devices.

    training             on the devices that the arm's settings ask for
      answers            to each benchmark, side by side; through one server to all of them, where students are served
        grading          needs processors alone: where there are GPUs it is a job of its own, so that none waits for it

A rung's evaluations rank with the rung: they come before the training of cheaper rungs of the same width, so that the
curve grows while the study runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thalweg.engine.local import Job
from thalweg.study import jobs
from thalweg.study.devices import Shares
from thalweg.study.folder import is_done

_GRADING = 0.1  # of the time that answers take, as expected before anything is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """A rung to climb: its training (an untouched student has none) and its answers by benchmark.

    `seconds` are what both are expected to take, of which training takes `training_share`; `weights` share out the
    rest among the benchmarks.
    """

    key: str
    train: jobs.Train | None
    answers: Mapping[str, jobs.Answer]
    weights: Mapping[str, float]
    needs: frozenset[str]
    seconds: float
    training_share: float

    @property
    def is_whole(self) -> bool:
        """Whether it has answered everything, and is graded."""
        return all(is_done(answer.responses, answer.whole) for answer in self.answers.values())

    @property
    def is_trained(self) -> bool:
        """Whether there is nothing to train, or nothing more."""
        return self.train is None or is_done(self.train.out, self.train.mark)


def missing(ladder: Sequence[Climb]) -> list[Climb]:
    """The rungs that still have something to do. A rung whose answers are whole may have lost its checkpoint
    (disks fill up), unless a rung that has to run starts from it."""
    todo: list[Climb] = []
    needed: set[str] = set()
    for climb in reversed(ladder):  # a rung stands after the one that it starts from
        if not climb.is_whole or (climb.key in needed and not climb.is_trained):
            todo.append(climb)
            needed |= frozenset() if climb.is_trained else climb.needs
    todo.reverse()
    return todo


def climb_jobs(climb: Climb, shares: Shares) -> list[Job]:
    """The jobs that a rung still needs. Its training has the rung's own key."""
    found, needs = [], frozenset[str]()
    training = climb.seconds * climb.training_share
    if climb.train is not None and not climb.is_trained:
        found.append(training_job(climb.key, climb.train, shares, training, climb.needs, climb.seconds))
        needs = frozenset({climb.key})
    todo = {name: answer for name, answer in climb.answers.items() if not is_done(answer.responses, answer.whole)}
    per_weight = (climb.seconds - training) / sum(climb.weights.values())
    served = [name for name in todo if todo[name].serving is not None]
    groups = [tuple(served), *((name,) for name in todo if name not in served)]
    for names in (group for group in groups if group):
        found += answer_jobs(
            f"{climb.key} on {', '.join(names)}",
            {f"{climb.key} on {name}": todo[name] for name in names},
            shares,
            cost=per_weight * sum(climb.weights[name] for name in names),
            rank=climb.seconds,
            needs=needs,
            urgent=climb.train is None,  # no curve can be shown before its start is scored
        )
    return found


def training_job(
    key: str, train: jobs.Train, shares: Shares, seconds: float, needs: frozenset[str], rank: float = 0.0
) -> Job:
    """The job of one training, or of a stretch of trunk."""
    return Job(
        key=key,
        call=jobs.run_training,
        args=(train,),
        needs=needs,
        cost=seconds,
        rank=rank,
        devices=shares.training(train.config),
        fresh=train.command is not None or train.config.processes > 1,
    )


def answer_jobs(
    key: str,
    answers: Mapping[str, jobs.Answer],
    shares: Shares,
    *,
    cost: float = 1.0,
    rank: float = 0.0,
    needs: frozenset[str] = frozenset(),
    urgent: bool = False,
) -> list[Job]:
    """One model's answers as jobs: one job, or one that answers and one for each of `answers` that grades."""
    first = next(iter(answers.values()))
    asked, served = first.endpoint is not None, first.serving is not None
    if not (asked or served or shares.gpus):
        assert len(answers) == 1, "a model that runs here answers one benchmark a job"
        return [Job(key=key, call=jobs.answer, args=(first,), needs=needs, cost=cost, rank=rank, urgent=urgent)]
    answering = Job(
        key=key,
        call=jobs.respond,
        args=tuple(answers.values()),
        needs=needs,
        cost=cost * (1 - _GRADING),
        rank=rank,
        urgent=urgent,
        devices=0 if asked else shares.served if served else 1,
        fresh=served,
    )
    graded = [
        Job(
            key=f"{label} (grading)",
            call=jobs.judge,
            args=(answer,),
            needs=frozenset({key}),
            cost=cost * _GRADING / len(answers),
            rank=rank,
            urgent=urgent,
            devices=shares.grading,
        )
        for label, answer in answers.items()
    ]
    return [answering, *graded]
