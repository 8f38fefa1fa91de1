"""Recall and precision of every method of contamination, on planted truth.

    python -m benchmarks.planted --data FOLDER [--model FOLDER] [--false-alarms FILE.jsonl]

Of four benchmarks (GSM8K test, MBPP, MATH-500, exercism) 1,500 problems are drawn, 500 of which are planted as they
are, 500 after light edits and 500 paraphrased by rule (`benchmarks/rewrite.py`), among 50,000 other statements: GSM8K
train, P3, CRUXEval, reasoning-gym, and seeded variants of those. A planted text counts as found when the method says
that it holds a problem of a benchmark. Every other text that is found is a false alarm, or a leak of the public sets
into each other; `--false-alarms` writes them down to be read. Intervals are Wilson's, at 95 %.
"""

import argparse
import json
import random
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from scipy.stats import binomtest

from benchmarks.rewrite import lightly_edited, paraphrased
from benchmarks.texts import Texts, loaded, mathematics, multiplied, reasoning_gym
from thalweg.curate.contamination import Hit, Methods, contamination
from thalweg.curate.neighbours import mean_pooled, neighbours

KINDS: dict[str, Callable[[str, random.Random], str]] = {
    "exact": lambda text, _: text,
    "light": lightly_edited,
    "paraphrase": paraphrased,
}
EACH, OTHERS = 500, 50_000
EMBEDDED_EACH, EMBEDDED_OTHERS = 100, 1_000  # a model is slow


def benchmarks(data: Path) -> dict[str, Texts]:
    """The benchmarks that problems are drawn from."""
    return {
        "gsm8k_test": loaded("gsm8k", data, "gsm8k_test", "test"),
        "mbpp": loaded("mbpp", data, "mbpp"),
        "math500": mathematics(data)["math500"],
        "exercism": loaded("exercism", data, "exercism_python"),
    }


def planted(against: Mapping[str, Texts], each: int = EACH, seed: int = 0) -> dict[str, Texts]:
    """Kind -> planted texts; no problem is planted twice."""
    draw = random.Random(seed)
    drawn = draw.sample([item for texts in against.values() for item in texts], each * len(KINDS))
    return {
        kind: [(f"{kind}/{key}", rewrite(text, draw)) for key, text in drawn[place * each : (place + 1) * each]]
        for place, (kind, rewrite) in enumerate(KINDS.items())
    }


def others(data: Path, count: int = OTHERS) -> Texts:
    """Statements that are no benchmark's, as far as is known."""
    originals = [
        *loaded("gsm8k", data, "gsm8k_train", "train"),
        *loaded("p3", data, "p3_puzzles"),
        *loaded("cruxeval", data, "cruxeval"),
        *(item for texts in reasoning_gym(data).values() for item in texts),
    ]
    return list(multiplied(originals, count))


def main() -> None:
    """Prints one row a method."""
    options = _options()
    against = benchmarks(options.data)
    hidden = planted(against)
    rest = others(options.data)
    items = [*rest, *(item for texts in hidden.values() for item in texts)]
    random.Random(1).shuffle(items)
    found = _found_by_words(items, against, options.workers)
    print(
        f"{len(items)} texts, {len(rest)} of them not planted; "
        + ", ".join(f"{k} {len(v)}" for k, v in against.items())
    )
    _table(found, hidden, len(rest))
    if options.false_alarms:
        _write_false_alarms(options.false_alarms, found, dict(items), against)
    _templates(options.data, options.workers)
    if options.model:
        few = {kind: texts[:EMBEDDED_EACH] for kind, texts in hidden.items()}
        some = [*random.Random(2).sample(rest, EMBEDDED_OTHERS), *(item for texts in few.values() for item in texts)]
        print(f"embedding, among {EMBEDDED_OTHERS} texts that were not planted:")
        _table(_found_by_embedding(some, against, options.model), few, EMBEDDED_OTHERS)


def _templates(data: Path, workers: int) -> None:
    """A benchmark made from templates: half of reasoning-gym's problems against the other half."""
    every = [item for texts in reasoning_gym(data).values() for item in texts]
    for common in (None, 10):
        methods = Methods(exact=False, near=None, common=common)
        found = contamination(every[::2], {"templates": every[1::2]}, methods, workers)
        counts = {name: len(found.reasons([name])) for name in found.methods}
        print(f"{found.checked} reasoning-gym problems against {len(every[1::2])} others, common={common}: {counts}")


def _found_by_words(items: Texts, against: Mapping[str, Texts], workers: int) -> dict[str, list[Hit]]:
    """Name of a method, as the table has it -> its hits."""
    found: dict[str, list[Hit]] = {}
    for said, methods in (("", Methods(near=0.5)), (", all n-grams", Methods(near=0.5, common=None, symbols=True))):
        result = contamination(items, against, methods, workers)
        by = {method: [hit for hit in result.hits if hit.method == method] for method in result.methods}
        found |= {f"{n}-gram{said}": by[f"{n}-gram"] for n in (13, 8)}
        if said:
            continue
        near = {t: [hit for hit in by["near"] if hit.overlap >= t] for t in (0.9, 0.8, 0.7, 0.6, 0.5)}
        found["exact"] = by["exact"]
        found |= {f"near, Jaccard {threshold}": hits for threshold, hits in near.items()}
        found["8-gram, overlap 0.5"] = half = [hit for hit in by["8-gram"] if hit.overlap >= 0.5]
        found["exact, near 0.7 or 13-gram"] = [*by["exact"], *near[0.7], *by["13-gram"]]
        found["exact, near 0.5 or 8-gram, overlap 0.5"] = [*by["exact"], *near[0.5], *half]
        found["any of them, near 0.5"] = [*by["exact"], *near[0.5], *by["13-gram"], *by["8-gram"]]
    return found


def _found_by_embedding(items: Texts, against: Mapping[str, Texts], model: str) -> dict[str, list[Hit]]:
    hits = list(neighbours(items, against, mean_pooled(model, max_tokens=256), threshold=0.7))
    return {f"cosine {t}": [hit for hit in hits if hit.overlap >= t] for t in (0.7, 0.9, 0.95, 0.98, 0.99)}


def _table(found: Mapping[str, Iterable[Hit]], hidden: Mapping[str, Texts], rest: int) -> None:
    kind_of = {key: kind for kind, texts in hidden.items() for key, _ in texts}
    print("| method | " + " | ".join(f"recall, {kind}" for kind in hidden) + " | false alarms | precision |")
    print("| --- |" + " --- |" * (len(hidden) + 2))
    for name, hits in found.items():
        ids = {hit.item_id for hit in hits}
        right = [key for key in ids if key in kind_of]
        recalls = [_share(sum(kind_of[key] == kind for key in right), len(texts)) for kind, texts in hidden.items()]
        cells = [name, *recalls, f"{len(ids) - len(right)} of {rest}", _share(len(right), len(ids))]
        print(f"| {' | '.join(cells)} |")


def _share(count: int, total: int) -> str:
    if not total:
        return "nothing found"
    low, high = binomtest(count, total).proportion_ci(method="wilson")
    return f"{100 * count / total:.1f} % ({100 * low:.1f} to {100 * high:.1f}, n = {total})"


def _write_false_alarms(
    path: Path, found: Mapping[str, Iterable[Hit]], texts: Mapping[str, str], against: Mapping[str, Texts]
) -> None:
    problems = {name: dict(items) for name, items in against.items()}
    with open(path, "w", encoding="utf-8") as out:
        for name, hits in found.items():
            for hit in hits:
                if hit.item_id.partition("/")[0] not in KINDS:
                    problem = problems[hit.benchmark][hit.benchmark_problem_id]
                    row = {"method": name, "shared": hit.shared, "overlap": hit.overlap, "in_checked": hit.in_checked}
                    row |= {"id": hit.item_id, "text": texts[hit.item_id], "problem": problem}
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of public sets")
    parser.add_argument("--model", help="a transformers folder to embed with; without it, no embedding")
    parser.add_argument("--false-alarms", type=Path, help="where to write what was found and not planted")
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
