"""Synthetic outcomes with the miniature pilot's figures, for tests of the curve and the report."""

from collections.abc import Mapping, Sequence

import numpy as np

from thalweg.types import Outcome, Status

# size -> (pass@1, think-tag rate, completion rate)
PILOT: Mapping[int, tuple[float, float, float]] = {
    0: (0.370, 0.0, 1.0),
    32: (0.014, 0.0, 0.77),
    128: (0.0, 0.80, 0.16),
    512: (0.045, 1.0, 0.95),
    1024: (0.182, 1.0, 1.0),
    2048: (0.502, 1.0, 1.0),
    8192: (0.886, 1.0, 1.0),
}
DIRECT = {0: PILOT[0], 128: (0.275, 0.0, 1.0), 512: (0.308, 0.0, 1.0), 2048: (0.318, 0.0, 1.0)}
MATCHED = {0: PILOT[0], 128: (0.022, 1.0, 0.98), 512: (0.38, 1.0, 1.0), 1024: (0.59, 1.0, 1.0)}
ONE_LINE = {0: (0.93, 0.0, 1.0), 128: (0.12, 0.7, 0.35), 1024: (0.41, 1.0, 0.98), 8192: (0.78, 1.0, 1.0)}


def ladder(
    table: Mapping[int, tuple[float, float, float]],
    *,
    arm: str = "random",
    seeds: Sequence[int] = (0,),
    problems: int = 300,
    benchmark: str = "miniature",
    group: int = 1,
    spread: float = 0.0,
    hardness: float = 0.25,
) -> list[Outcome]:
    """Outcomes of one arm. Problems differ in hardness, the same at every rung; the start is the same for all seeds.

    `group` problems in a row share a cluster and half of their hardness; `spread` is the standard deviation of a
    rung's rate over seeds.
    """
    rng = np.random.default_rng([7, problems, group, len(benchmark)])
    own, shared = rng.uniform(-1, 1, problems), rng.uniform(-1, 1, problems).repeat(group)[:problems]
    hard = hardness * (own if group == 1 else (own + shared) / 2)
    rows = []
    for size, (rate, think, done) in table.items():
        for seed in seeds:
            luck = np.random.default_rng([size, *([seed, *arm.encode()] if size else [])])
            level = float(np.clip(rate + (spread * luck.standard_normal() if size else 0), 0, 1))
            chance = np.clip(level + hard * min(level, 1 - level) * 2, 0, 1)
            correct, thinks = luck.random(problems) < chance, luck.random(problems) < think
            ends = correct | (luck.random(problems) < max(0.0, (done - rate) / max(1 - rate, 1e-9)))
            for p in range(problems):
                status: Status = "correct" if correct[p] else "incorrect" if ends[p] else "no_answer"
                rows.append(
                    Outcome(
                        arm=arm,
                        start="base",
                        size=size,
                        seed=seed,
                        benchmark=benchmark,
                        problem_id=f"{benchmark}/{p}",
                        cluster=f"{benchmark}/g{p // group}",
                        sample=0,
                        status=status,
                        thinking=bool(thinks[p]),
                        finished=bool(ends[p]),
                        looped=not bool(ends[p]),
                        completion_tokens=40,
                    )
                )
    return rows


def study(seeds: Sequence[int] = (0,), spread: float = 0.01) -> list[Outcome]:
    """The pilot's study: a ladder with both control arms, and a second benchmark for the ladder."""
    return [
        *ladder(PILOT, seeds=seeds, spread=spread),
        *ladder(DIRECT, arm="direct", seeds=seeds, spread=spread),
        *ladder(MATCHED, arm="matched", seeds=seeds, spread=spread),
        *ladder(ONE_LINE, seeds=seeds, benchmark="one-line", problems=100, spread=spread),
    ]
