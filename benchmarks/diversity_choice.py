"""What farthest P of M chooses on real responses, beside P random ones of the same problems.

For each problem with enough responses: the smallest distance among the chosen, how often the shortest doubles up to the
longest, and the share that is correct. Intervals are 95 %, over problems. Run as

    python -m benchmarks.diversity_choice RESPONSES.jsonl.gz --responses 8

on JSON Lines with `response`, `correct`, and `question` or `idx`.
"""

import argparse
import gzip
import json
import math
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from benchmarks.diversity import TOKEN
from thalweg.curate.diversity import farthest

Answer = tuple[list[str], bool]


def nearest(chosen: Sequence[Answer]) -> float:
    return min(Levenshtein.normalized_distance(one, other) for (one, _), (other, _) in combinations(chosen, 2))


def spread(chosen: Sequence[Answer]) -> float:
    lengths = [max(len(tokens), 1) for tokens, _ in chosen]
    return math.log2(max(lengths) / min(lengths))


def right(chosen: Sequence[Answer]) -> float:
    return statistics.mean(correct for _, correct in chosen)


MEASURES: dict[str, Callable[[Sequence[Answer]], float]] = {
    "smallest distance": nearest,
    "doublings from shortest to longest": spread,
    "share correct": right,
}


def choices(answers: Sequence[Answer], p: int, rng: random.Random) -> dict[str, list[Answer]]:
    """The farthest and as many random ones of one problem's answers."""
    known: dict[str, int] = {}
    ids = [[known.setdefault(token, len(known)) for token in tokens] for tokens, _ in answers]
    return {"farthest": [answers[at] for at in farthest(ids, p)], "random": rng.sample(answers, p)}


def interval(values: Sequence[float]) -> str:
    half = 1.96 * statistics.stdev(values) / len(values) ** 0.5
    return f"{statistics.mean(values):.3f} ± {half:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("-p", type=int, default=4)
    parser.add_argument("--responses", type=int, default=8, help="fewest responses of a problem")
    given = parser.parse_args()
    problems: dict[str, list[Answer]] = defaultdict(list)
    with gzip.open(given.data, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            problems[str(row.get("question", row.get("idx")))].append(answer(row))
    rng = random.Random(0)
    found = [choices(answers, given.p, rng) for answers in problems.values() if len(answers) >= given.responses]
    print(f"{given.data.name}: {len(found)} problems of at least {given.responses} responses, {given.p} chosen")
    for name, measure in MEASURES.items():
        values = {way: [measure(chosen[way]) for chosen in found] for way in ("farthest", "random")}
        apart = [one - other for one, other in zip(values["farthest"], values["random"], strict=True)]
        said = ", ".join(f"{way} {interval(value)}" for way, value in values.items())
        print(f"  {name}: {said}, difference {interval(apart)}")


def answer(row: dict[str, Any]) -> Answer:
    return TOKEN.findall(row["response"]), bool(row["correct"])


if __name__ == "__main__":
    main()
