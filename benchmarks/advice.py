"""Advice back-tested on worlds that it was not learned from: how much of the best action's gain does it capture?

    python -m benchmarks.advice --learn      writes src/thalweg/curve/learned.yaml from the learning worlds
    python -m benchmarks.advice              back-tests it on the held-out worlds

In every world the advice sees the rungs up to N examples, and names one of the actions that were run there, all of
them at the training cost of the rung of 4N. The gain is over the rung at N. The oracle knows every action's score: it
chooses on one half of the problems and is scored on the other, both ways, so that it is not credited with luck. A
choice counts as significantly worse than random data (`more`) where the paired 95 % interval over problems lies below
zero; there is one run an action, so the spread between seeds is not in it, and shared scores do not tell groups. Both
numbers read the scores that ship: seconds on one core.

31 held-out worlds: the advice captures 73.9 % (56.1 to 89.4) of the oracle's gain, 0 of 31 significantly worse than
random data; always `more` 70.9 %, always `longer` 27.2 %. The whole table, and how to read it: docs/advice.md.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import yaml

from thalweg.curve.advice import Advice, Carry, Knowledge, Prior, advise, knowledge
from thalweg.curve.intervals import Difference
from thalweg.curve.learned import FILE, learned
from thalweg.curve.panel import Floats
from thalweg.curve.surface import Kernel, Point, climbing, empirical_logits, log_likelihood
from thalweg.miniature.worlds import Run, World, WorldSplit, choices, runs, worlds

ACTIONS = ("longer", "more", "easier", "samples", "teacher", "unfiltered")
_START = Kernel(
    mean=-2.0, level=1.5, slope_examples=0.3, slope_steps=0.5, rise_examples=0.3, rise_steps=0.7, bump=0.5, length=1.0,
    spread=0.15,
)  # fmt: skip
_SIGNED = ("mean", "rise_examples", "rise_steps")  # the rest are standard deviations and a length: positive
Rule: TypeAlias = Callable[["Case"], str]


@dataclass(frozen=True, slots=True)
class Case:
    """A world as the advice meets it, and what every action led to."""

    world: World
    rungs: tuple[Run, ...]  # the start left out, all sizes
    actions: Mapping[str, Run]
    smoke: Run | None  # the other teacher at N

    @property
    def measured(self) -> dict[str, Difference]:
        """The smoke test: the other teacher's student minus the ladder's, both at N, paired."""
        return {} if self.smoke is None else {"teacher": paired(hits(self.smoke) - hits(self.now))}

    @property
    def now(self) -> Run:
        """The rung at N."""
        return next(run for run in self.rungs if run.size == self.world.size)

    @property
    def seen(self) -> list[Point]:
        """What the advice knows: the rungs up to N, from their floor on."""
        return climbing([point(run) for run in self.rungs if run.size <= self.world.size])

    @property
    def climb(self) -> list[Point]:
        """What is learned from: all rungs from the floor on, and `longer`."""
        return [*climbing([point(run) for run in self.rungs]), point(self.actions["longer"])]


def cases(split: WorldSplit) -> list[Case]:
    """The worlds of a split whose ladder and actions are whole."""
    found = []
    by_world: dict[str, list[Run]] = {}
    for run in runs(split):
        by_world.setdefault(run.world, []).append(run)
    for world in worlds(split):
        own = by_world.get(world.name, [])
        rungs = tuple(sorted((run for run in own if run.kind == "rung"), key=lambda run: run.size))
        actions = choices(world, own)
        if any(run.size == world.size for run in rungs) and {"more", "longer"} <= actions.keys():
            smoke = next((run for run in own if run.kind == "smoke"), None)
            found.append(Case(world, rungs, {name: actions[name] for name in ACTIONS if name in actions}, smoke))
    return found


def point(run: Run) -> Point:
    """A run as a point of the surface."""
    return Point(examples=run.size, steps=run.steps, correct=run.solved, responses=run.responses)


def hits(run: Run) -> Floats:
    """One or zero a problem, in the world's order."""
    return np.array(run.mask, dtype=np.float64)


# --------------------------------------------------------------------------- learning


class Learned(NamedTuple):
    """The sections of learned.yaml."""

    worlds: int
    surface: dict[str, float]
    actions: dict[str, dict[str, float]]
    carry: dict[str, float]


def learn(found: Sequence[Case]) -> Learned:
    """The kernel by maximum likelihood over all rungs and `longer`; each action's difference from `more`."""
    studies = [case.climb for case in found]
    names = [name for name in ACTIONS if name not in ("more", "longer")]
    known = {name: prior for name in names if (prior := _prior(name, found)) is not None}
    return Learned(
        worlds=len(found),
        surface=_rounded(_kernel(studies)),
        actions={name: _rounded(prior) for name, prior in known.items()},
        carry=_rounded(_carry(found, known["teacher"])),
    )


def _rounded(record: Kernel | Prior | Carry) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(record).items()}


def _carry(found: Sequence[Case], prior: Prior) -> Carry:
    """The other teacher's difference at 4N regressed on that at N, over the worlds, through the prior's mean."""
    early, late = [], []
    for case in found:
        if case.smoke is not None and "teacher" in case.actions:
            early.append(_apart(case.smoke, case.now) - prior.mean)
            late.append(_apart(case.actions["teacher"], case.actions["more"]) - prior.mean)
    x, y = np.array(early), np.array(late)
    slope = float(x @ y / (x @ x))
    return Carry(slope=slope, spread=float(np.sqrt(((y - slope * x) ** 2).sum() / (len(x) - 1))), worlds=len(x))


def _apart(one: Run, other: Run) -> float:
    logits, _ = empirical_logits([point(one), point(other)], 0.0)
    return float(logits[0] - logits[1])


def _kernel(studies: Sequence[Sequence[Point]]) -> Kernel:
    from scipy.optimize import minimize

    names = list(asdict(_START))

    def kernel_of(values: Floats) -> Kernel:
        return Kernel(**{n: float(v if n in _SIGNED else np.exp(v)) for n, v in zip(names, values, strict=True)})

    def loss(values: Floats) -> float:
        kernel = kernel_of(values)
        # Weak pulls towards the start, so that a part which the worlds do not tell of stays near it.
        pull = sum((v - s) ** 2 for v, s in zip(values, start, strict=True)) / (2 * 2.0**2)
        return float(pull - sum(log_likelihood(study, kernel) for study in studies))

    start = np.array([v if n in _SIGNED else np.log(v) for n, v in asdict(_START).items()])
    return kernel_of(minimize(loss, start, method="L-BFGS-B").x)


def _prior(name: str, found: Sequence[Case]) -> Prior | None:
    """Mean and spread over worlds of logit(action) - logit(more), as in a random-effects meta-analysis."""
    pairs = [(case.actions[name], case.actions["more"]) for case in found if name in case.actions]
    if len(pairs) < 3:
        return None
    differences, noise = [], []
    for one, other in pairs:
        logits, variances = empirical_logits([point(one), point(other)], 0.0)
        differences.append(float(logits[0] - logits[1]))
        noise.append(float(variances.sum()))
    between = max(float(np.var(differences, ddof=1)) - float(np.mean(noise)), 0.01)
    error = between / len(pairs)
    return Prior(mean=float(np.mean(differences)), spread=float(np.sqrt(between + error)), worlds=len(pairs))


# --------------------------------------------------------------------------- back-test


def advices(case: Case, *, smoke: bool = True) -> list[Advice]:
    """The advice in a world, with or without the smoke test of the other teacher."""
    known: Knowledge = knowledge(learned())
    actions = [name for name in case.actions if name in ("more", "longer", *known.priors)]
    at = (float(case.now.size), float(case.now.steps))
    return advise(case.seen, at, actions, known, case.measured if smoke else None)


def gain(case: Case, name: str, problems: slice = slice(None)) -> float:
    """pass@1 after an action minus that at N, on some of the problems."""
    if name == "stop":
        return 0.0
    return float((hits(case.actions[name]) - hits(case.now))[problems].mean())


def oracle(case: Case) -> float:
    """The best action's gain, chosen on one half of the problems and measured on the other, both ways."""
    halves = (slice(0, None, 2), slice(1, None, 2))
    names = [*case.actions, "stop"]
    both = [gain(case, max(names, key=lambda name: gain(case, name, a)), b) for a, b in (halves, halves[::-1])]
    return float(np.mean(both))


def against_more(case: Case, name: str) -> Difference:
    """The paired difference from random data, over problems."""
    run = case.now if name == "stop" else case.actions[name]
    return paired(hits(run) - hits(case.actions["more"]))


def paired(apart: Floats) -> Difference:
    """The mean of differences by problem with its 95 % interval; two more problems keep the width above zero."""
    value = float(apart.mean())
    half = 1.96 * float(np.sqrt(apart.var() / len(apart) + 2 / len(apart) ** 2))
    return Difference(value, value - half, value + half, len(apart), 1)


def report(found: Sequence[Case]) -> None:
    """Prints each rule's share of the oracle's gain, and how often it is significantly worse than random data."""
    best = np.array([oracle(case) for case in found])
    print(f"{len(found)} held-out worlds; the oracle gains {100 * best.mean():.1f} points on average\n")
    print("rule            share of the oracle's gain   mean gain    worse than random data   better")
    rules: dict[str, Rule] = {
        "advice": lambda case: advices(case)[0].action,
        "without smoke": lambda case: advices(case, smoke=False)[0].action,
        "always more": lambda _: "more",
        "always longer": lambda _: "longer",
        "always easier": lambda case: "easier" if "easier" in case.actions else "more",
        "always teacher": lambda case: "teacher" if "teacher" in case.actions else "more",
    }
    for name, rule in rules.items():
        chosen = [rule(case) for case in found]
        gains = np.array([gain(case, action) for case, action in zip(found, chosen, strict=True)])
        low, high = _share_interval(gains, best)
        apart = [against_more(case, action) for case, action in zip(found, chosen, strict=True)]
        worse, better = sum(d.high < 0 for d in apart), sum(d.low > 0 for d in apart)
        share = 100 * gains.sum() / best.sum()
        print(
            f"{name:<15} {share:5.1f} % ({100 * low:.1f} to {100 * high:.1f})     {100 * gains.mean():5.1f}       "
            f"{_of(worse, len(found))}   {better} of {len(found)}"
        )
        if name in ("advice", "without smoke"):
            print(
                "                " + ", ".join(f"{action} {chosen.count(action)}" for action in dict.fromkeys(chosen))
            )
    print("\naction          worlds   mean gain   against more (points)")
    for name in ACTIONS:
        having = [case for case in found if name in case.actions]
        if having:
            apart_mean = np.array([against_more(case, name).value for case in having])
            error = 1.96 * apart_mean.std() / np.sqrt(len(having))
            mean = 100 * np.mean([gain(case, name) for case in having])
            print(f"{name:<15} {len(having):>6}   {mean:9.1f}   {100 * apart_mean.mean():+.1f} +- {100 * error:.1f}")
    _print_intervals(found)


def _share_interval(gains: Floats, best: Floats) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    picked = rng.integers(len(gains), size=(4000, len(gains)))
    shares = gains[picked].sum(axis=1) / best[picked].sum(axis=1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)


def _of(count: int, total: int) -> str:
    from thalweg.curve.intervals import clustered_rate

    rate = clustered_rate([index < count for index in range(total)], [str(index) for index in range(total)])
    assert rate.low is not None
    assert rate.high is not None
    return f"{count} of {total} ({100 * rate.low:.0f}-{100 * rate.high:.0f} %)"


def _print_intervals(found: Sequence[Case]) -> None:
    """How often the 95 % interval of an expected gain holds the gain that came."""
    inside = total = 0
    for case in found:
        for advice in advices(case):
            if advice.gain is not None and advice.action != "stop":
                inside += advice.gain.low <= gain(case, advice.action) <= advice.gain.high
                total += 1
    print(f"\n95 % intervals of expected gains hold the gain in {_of(inside, total)} of cases")


def main() -> None:
    """Learns or back-tests."""
    parser = argparse.ArgumentParser(prog="benchmarks.advice")
    parser.add_argument("--learn", action="store_true", help="learn from the learning worlds, and write learned.yaml")
    if parser.parse_args().learn:
        made = learn(cases("learning"))
        FILE.write_text(
            "# Made by `python -m benchmarks.advice --learn` from the learning worlds.\n"
            + yaml.safe_dump(made._asdict())
        )
        print(FILE.read_text())
    else:
        report(cases("held-out"))


if __name__ == "__main__":
    main()
