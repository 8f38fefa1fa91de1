"""Synthetic outcomes with the miniature pilot's figures, for tests of the curve and the report."""

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np

from thalweg.curve.controls import decompose
from thalweg.curve.fit import fit
from thalweg.curve.panel import Panel
from thalweg.curve.rates import score
from thalweg.report.data import CorpusLine, ReportData, Sampled
from thalweg.types import Outcome, OutputCheck, Problem, Response, Score, Status, Verdict

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


def simulated(
    rng: np.random.Generator,
    rates: Sequence[float],
    *,
    seeds: int = 1,
    groups: int = 100,
    size: int = 3,
    spread: float,
) -> Panel:
    """Columns at the given true rates; problems of a cluster share 40 % of their hardness, the start is fixed."""
    count, clusters = groups * size, np.arange(groups).repeat(size)
    shared, own = rng.standard_normal(groups)[clusters], rng.standard_normal(count)
    values = np.zeros((len(rates), seeds, count))
    for k, true in enumerate(rates):
        for s in range(seeds if k else 1):
            level = true + (spread * rng.standard_normal() if k else 0.0)
            luck = rng.standard_normal(count)
            hardness = np.sqrt(0.4) * shared + np.sqrt(0.2) * own + np.sqrt(0.4) * luck
            values[k, s] = hardness < NormalDist().inv_cdf(min(max(level, 1e-3), 1 - 1e-3))
    values[0] = values[0, :1]
    return Panel(tuple(("a", k) for k in range(len(rates))), tuple(range(seeds)), values, clusters, 1, 0)


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


def scores(outcomes: Sequence[Outcome]) -> list[Score]:
    """The scores of outcomes, with the training that the pilot would have done."""
    rungs: dict[tuple[str, str, int, int], list[Outcome]] = {}
    for row in outcomes:
        rungs.setdefault((row.benchmark, row.arm, row.size, row.seed), []).append(row)
    return [
        score(
            rows,
            steps=3072 if arm == "matched" and size else size * 3 // 8,
            tokens_trained=size * 116,
            distinct_problems=size,
            token_budget=120,
            sampling="greedy",
            prompt_hash="0123456789abcdef",
        )
        for (_, arm, size, _), rows in rungs.items()
    ]


def sampled(size: int, sample: int, text: str, status: Status, finish_reason: str = "stop") -> Sampled:
    """One response to show."""
    check = OutputCheck(program="x = [3, 1, 2]", input="", output="[2, 3, 4]")
    statement = "x = [3, 1, 2]\nx = sorted(x)\nx = [v + 1 for v in x]\nprint(x)"
    problem = Problem(id=f"miniature/{sample}", statement=statement, check=check)
    response = Response(
        id=f"{size}-{sample}",
        problem_id=problem.id,
        model=f"random-{size}-s0",
        text=text,
        finish_reason=finish_reason,
        completion_tokens=len(text.split()),
    )
    verdict = Verdict(
        response_id=response.id,
        problem_id=problem.id,
        status=status,
        extracted=None if status == "no_answer" else "[2, 3, 4]",
    )
    return Sampled(
        arm="random", size=size, seed=0, benchmark="miniature", problem=problem, response=response, verdict=verdict
    )


def report_data(outcomes: Sequence[Outcome]) -> ReportData:
    """A whole report on outcomes."""
    loop = "<think> x = sorted(x) 1 2 3 " + "x = sorted(x) 1 2 3 " * 300
    samples = [
        *(sampled(0, k, "[2, 3, 4]" if k else "[3, 1, 2]", "correct" if k else "incorrect") for k in range(3)),
        *(sampled(128, k, loop, "no_answer", "length") for k in range(3)),
        *(
            sampled(
                8192,
                k,
                "<think> x = sorted(x) [1, 2, 3]\nx = [v + 1 for v in x] [2, 3, 4] </think> [2, 3, 4]",
                "correct",
            )
            for k in range(3)
        ),
    ]
    seeds = sorted({o.seed for o in outcomes})
    corpora = [
        CorpusLine(
            arm=arm,
            size=size,
            seed=seed,
            examples=size,
            problems=size,
            tokens=size * 39,
            truncated=0,
            hash="9f2c41d07a6be358",
        )
        for arm, table in (("random", PILOT), ("direct", DIRECT), ("matched", MATCHED))
        for size in table
        for seed in seeds
        if size
    ]
    return ReportData(
        title="Miniature: tracing short programs",
        arm="random",
        scores=scores(outcomes),
        outcomes=outcomes,
        curve=fit(outcomes),
        decompositions=decompose(outcomes, "random", "direct", "matched"),
        samples=samples,
        corpora=corpora,
        config_text="student: miniature\nsizes: [32, 128, 512]\nprompt: {chat: none}\n",
        caveats=[
            "One synthetic task, and a student that never saw multi-step traces: sizes do not transfer to your model.",
            "The recipe was chosen to show a dip; at other learning rates its depth differs.",
        ],
        provenance={"thalweg": "0.1.0", "torch": "2.13.0", "git revision": "884cd99", "machine": "2 cores, x86_64"},
    )
