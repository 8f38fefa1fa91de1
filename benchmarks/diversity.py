"""Times farthest P of M against bare rapidfuzz on the same pairs, in one run.

Bare is `rapidfuzz.process.cdist` with Levenshtein's distance over all pairs of each problem's responses, the tokens
already as arrays, and the same greedy choice from its matrix. Both give the same responses, or the run fails. Turns
alternate. Run as

    python -m benchmarks.diversity --data RESPONSES.jsonl.gz --problems 20

`--data` is JSON Lines with `response` (or `text`) and, where it is known, `question` (or `problem_id`). Three kinds of
problem are made of it: `unlike`, cuts of the data run together; `alike`, answers to the same questions in the same
order; and `natural`, single long responses as they are, of unlike lengths. Without data, `generated` ones: a text from
which each response keeps some sentences.
"""

import argparse
import gzip
import json
import random
import re
import statistics
import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from thalweg.curate.diversity import farthest

Tokens = list[int]
TOKEN = re.compile(r" ?\w+| ?[^\w\s]|\s+")


def bare(texts: list["array[int]"], p: int, threads: int) -> list[int]:
    """The farthest `p` from rapidfuzz's matrix of all distances."""
    edits = cdist(texts, texts, scorer=Levenshtein.distance, dtype=np.int32, workers=threads)
    lengths = np.array([len(text) for text in texts])
    apart = edits / np.maximum.outer(lengths, lengths)
    chosen = [int(at) for at in np.unravel_index(apart.argmax(), apart.shape)]
    while len(chosen) < p:
        nearest = apart[:, chosen].min(axis=1)
        nearest[chosen] = -1
        chosen.append(int(nearest.argmax()))
    return chosen


def measure(
    make: Callable[[int], list[Tokens]], count: int, p: int, threads: int, turns: int
) -> tuple[list[float], list[float]]:
    """Seconds that Thalweg and bare rapidfuzz take over `count` problems, by turn."""
    ours, theirs = [], []
    for _ in range(turns):
        taken = [0.0, 0.0]
        for number in range(count):
            texts = sorted(make(number))  # bare rapidfuzz decides ties by place
            arrays = [array("q", text) for text in texts]
            found: dict[int, list[int]] = {}
            for way in (0, 1) if number % 2 else (1, 0):
                began = time.perf_counter()
                found[way] = bare(arrays, p, threads) if way else farthest(texts, p, threads)
                taken[way] += time.perf_counter() - began
            assert found[0] == found[1], "two choices"
        ours.append(taken[0])
        theirs.append(taken[1])
    return ours, theirs


def kinds(data: Path | None, responses: int, tokens: int) -> dict[str, Callable[[int], list[Tokens]]]:
    """How to make the problem of a number, by kind."""
    if data is None:
        return {"generated": lambda number: _generated(number, responses, tokens)}
    rows = list(_rows(data))
    random.Random(0).shuffle(rows)
    run_together = [token for _, text in rows for token in text]
    answers: dict[str, list[Tokens]] = defaultdict(list)
    for question, text in rows:
        answers[question].append(text)
    long = [text[:tokens] for _, text in rows if len(text) >= tokens // 6]
    made: dict[str, Callable[[int], list[Tokens]]] = {
        "unlike": lambda number: _cuts(run_together, number, responses, tokens),
        "alike": lambda number: _alike(answers, number, responses, tokens),
    }
    return made | ({"natural": lambda number: random.Random(number).sample(long, responses)} if long else {})


def _rows(path: Path) -> Iterator[tuple[str, Tokens]]:
    known: dict[str, int] = {}
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            text = row.get("response") or row.get("text") or ""
            question = str(row.get("question") or row.get("problem_id") or "")
            yield question, [known.setdefault(token, len(known)) for token in TOKEN.findall(text)]


def _cuts(text: Tokens, number: int, responses: int, tokens: int) -> list[Tokens]:
    starts = [(number * responses + at) * tokens % (len(text) - tokens) for at in range(responses)]
    return [text[start : start + tokens] for start in starts]


def _alike(answers: dict[str, list[Tokens]], number: int, responses: int, tokens: int) -> list[Tokens]:
    rng = random.Random(number)
    questions = sorted(answers)
    rng.shuffle(questions)
    made: list[Tokens] = []
    for _ in range(responses):
        text: Tokens = []
        for question in questions:
            text += rng.choice(answers[question])
            if len(text) >= tokens:
                break
        made.append(text[:tokens])
    return made


def _generated(number: int, responses: int, tokens: int) -> list[Tokens]:
    rng = random.Random(number)

    def sentence() -> Tokens:
        return [int(rng.paretovariate(0.6)) % 5_000 for _ in range(rng.randrange(5, 40))]

    shared = [sentence() for _ in range(tokens // 20)]
    return [
        [token for line in shared for token in (line if rng.random() < 0.4 else sentence())][:tokens]
        for _ in range(responses)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--kind", help="this kind alone")
    parser.add_argument("--problems", type=int, default=20)
    parser.add_argument("--responses", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=8_192)
    parser.add_argument("-p", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    for kind, make in kinds(given.data, given.responses, given.tokens).items():
        if given.kind not in (None, kind):
            continue
        ours, theirs = measure(make, given.problems, given.p, given.threads, given.turns)
        ratios = [mine / bare_s for mine, bare_s in zip(ours, theirs, strict=True)]
        print(
            f"{kind}: {given.problems} problems, farthest {given.p} of {given.responses} x {given.tokens} tokens, "
            f"{given.threads} threads: {statistics.median(ours):.2f} s against {statistics.median(theirs):.2f} s "
            f"with bare rapidfuzz, {statistics.median(ratios):.2f} times "
            f"({min(ratios):.2f} to {max(ratios):.2f} over {given.turns} turns)",
            flush=True,
        )


if __name__ == "__main__":
    main()
