"""A ladder from one run against rungs of their own: scores, tokens and wall time, paired.

    python benchmarks/branches.py --out FOLDER [--seeds 0,1,2,3,4] [--workers 2]

Runs the miniature's ladder (the recipe `miniature-branches`, to its end) both ways in one study: the arm `independent`,
whose rungs each start from the base, and the arm `branches`. Same examples, seeds and problems. What is done is not run
again, so a killed run is called again with the same arguments. Prints Markdown: a rung a line with both means, the
difference paired on problems and seeds with its 95 % interval (alone, and for all rungs at once), tokens and seconds of
training; then the totals, in which shared tokens count once. Seconds are those of training alone, measured in
processes that ran side by side.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from thalweg import Study, recipes
from thalweg.curve.contrasts import Contrast, compare
from thalweg.curve.fit import rung_rates
from thalweg.study.folder import rung_key
from thalweg.types import ArmCurve, Outcome, Rate
from thalweg.watch import watch

ARMS = ("independent", "branches")


def main() -> None:
    """Runs what is missing, and prints the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the study")
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sizes", help="another ladder, such as 0,16,64, to try it out")
    options = parser.parse_args()
    prepare(options.out, options.workers, options.sizes)
    study = Study.load(options.out, [int(seed) for seed in options.seeds.split(",")])
    with watch() as watcher:
        study.run(watcher=watcher)
    print("\n".join(compared(study)))


def prepare(folder: Path, workers: int, sizes: str | None) -> None:
    """Writes the study file: the recipe with both arms, and without a question to stop at."""
    if (folder / "study.yaml").exists():
        return
    document: dict[str, Any] = yaml.safe_load(recipes.text("miniature-branches"))
    del document["stop_when"]
    document["ladder"], document["workers"] = "independent", workers
    document["arms"] = {"independent": {}, "branches": {"ladder": "branches"}}
    if sizes is not None:
        document["sizes"] = [int(size) for size in sizes.split(",")]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def compared(study: Study) -> Iterator[str]:
    """The lines of the comparison, for every benchmark."""
    seeds, sizes = study.loaded.config.seeds, study.loaded.config.sizes_of("branches")
    outcomes = study.results.outcomes
    yield f"{len(seeds)} seeds: {', '.join(map(str, seeds))}."
    for benchmark, asked in study.loaded.config.benchmarks.items():
        yield f"\n`{benchmark}` ({asked.count} problems), pass@1 in points\n"
        yield "| examples | independent | branches | difference | all rungs at once |"
        yield "|---|---|---|---|---|"
        yield from score_lines(outcomes, benchmark, sizes)
    yield "\nTraining, mean over seeds\n"
    yield "| examples | independent: tokens | seconds | branches: tokens, new | seconds, new |"
    yield "|---|---|---|---|---|"
    costs = {arm: [mean_cost(study, arm, size) for size in sizes] for arm in ARMS}
    for size, own, new in zip(sizes, costs["independent"], costs["branches"], strict=True):
        yield f"| {size:,} | {own[0]:,.0f} | {own[1]:.1f} | {new[0]:,.0f} | {new[1]:.1f} |"
    (tokens, seconds), (new_tokens, new_seconds) = (
        (sum(cost[0] for cost in costs[arm]), sum(cost[1] for cost in costs[arm])) for arm in ARMS
    )
    yield f"| all | {tokens:,.0f} | {seconds:.1f} | {new_tokens:,.0f} | {new_seconds:.1f} |"
    top = costs["independent"][-1]
    yield (
        f"\nAll rungs cost {tokens / top[0]:.2f} x the tokens and {seconds / top[1]:.2f} x the seconds of the top rung "
        f"as runs of their own, {new_tokens / top[0]:.2f} x and {new_seconds / top[1]:.2f} x as branches."
    )
    for arm in ARMS:
        yield f"Break-even, {arm}: {break_even(study.curve.arms[arm])}."


def score_lines(outcomes: Sequence[Outcome], benchmark: str, sizes: Sequence[int]) -> Iterator[str]:
    """A rung a line. The first interval is for that rung alone, the second for all rungs together."""
    rates = rung_rates(outcomes, benchmark)
    pairs = [(("branches", size), ("independent", size)) for size in sizes]
    together = compare(outcomes, pairs, benchmark)
    for size, pair, joint in zip(sizes, pairs, together, strict=True):
        (alone,) = compare(outcomes, [pair], benchmark)
        shown = " | ".join(points(rates[arm, size]) for arm in ARMS)
        apart = "differs" if joint.distinct else "no difference seen"
        bounds = f"[{100 * joint.low:+.1f}, {100 * joint.high:+.1f}]"
        yield f"| {size:,} | {shown} | {difference(alone)} | {bounds} {apart} |"


def mean_cost(study: Study, arm: str, size: int) -> tuple[float, float]:
    """Tokens and seconds that a rung adds, averaged over seeds: of its own run, or of its branch and its trunk."""
    total = [0.0, 0.0]
    for seed in study.loaded.config.seeds:
        folders = [study.folder.student(rung_key(arm, size, seed))]
        if arm == "branches":
            folders.append(study.folder.trunk(arm, size, seed))
        for folder in folders:
            result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
            total[0] += result["tokens_trained"] - result["before_tokens"]
            total[1] += result["seconds"] - result["before_seconds"]
    seeds = len(study.loaded.config.seeds)
    return total[0] / seeds, total[1] / seeds


def points(rate: Rate) -> str:
    """A rate in points with its interval."""
    if rate.value is None or rate.low is None or rate.high is None:
        return "not measured"
    return f"{100 * rate.value:.1f} [{100 * rate.low:.1f}, {100 * rate.high:.1f}]"


def difference(contrast: Contrast) -> str:
    """A difference in points with its interval."""
    return f"{100 * contrast.value:+.1f} [{100 * contrast.low:+.1f}, {100 * contrast.high:+.1f}]"


def break_even(curve: ArmCurve) -> str:
    """Break-even with its interval, in examples."""
    found = curve.break_even
    if found.size is None:
        return "not reached"
    high = "beyond the ladder" if found.high is None else f"{found.high:,.0f}"
    return f"{found.size:,.0f} [{found.low:,.0f}, {high}]"


if __name__ == "__main__":
    main()
