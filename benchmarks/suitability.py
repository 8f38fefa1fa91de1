"""Token statistics and the rank-surprisal ratio, against the authors' public code in one run.

    git clone https://github.com/UmeanNever/RankSurprisalRatio
    python benchmarks/suitability.py --official RankSurprisalRatio --model SMOLLM2 --data FOLDER

Both get the same messages, the same precision and the same threads; theirs runs with its launcher's batch of four.
They take turns (theirs, ours, ours, theirs ...), since a shared machine drifts; a line a turn sums up all so far. Speed
is response tokens per second of wall time, without loading. `--memory` measures instead, in a process of its own each,
how far one response raises peak memory above the loaded model; `--bf16` how far bf16 moves the ratio.
"""

import argparse
import json
import math
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from benchmarks.official_rsr import Official
from benchmarks.suitability_data import Turn, gsm8k, maths, of_length
from thalweg.chat import Prompt
from thalweg.suitability.rank_surprisal import corpus_rsr, summary
from thalweg.suitability.token_stats import Item, Scorer
from thalweg.types import Response, Suitability, TokenStats

T = TypeVar("T")
Means: TypeAlias = Mapping[str, tuple[float, float]]  # by response: mean rank and mean surprisal
LENGTHS = (512, 2048, 8192)


def main() -> None:
    """Prints JSON objects, one a line."""
    options = _options()
    if options.measure_one:
        measure_one(options)
    elif options.memory:
        memory(options)
    elif options.bf16:
        bf16(options)
    else:
        compare(options)


# --------------------------------------------------------------------------- values and speed


def compare(options: argparse.Namespace) -> None:
    """Ratios by response and corpus, and tokens a second."""
    ours = Scorer(options.model, Prompt(), precision="fp32", threads=options.threads)
    theirs = Official(options.official, options.model, "float32", options.batch_size)
    turns = responses(options)
    stats: list[TokenStats] = []
    inferred: list[dict[str, Any]] = []
    speeds: list[tuple[int, float, float]] = []
    for _ in range(2):  # a warm-up: whoever comes first would pay for what both use
        ours.score(items(turns[:1]))
        theirs.infer(turns[:1])
    for number, start in enumerate(range(0, len(turns), options.slice)):
        part = turns[start : start + options.slice]
        if number % 2:
            mine, seconds = clock(partial(ours.score, items(part)))
            peer, their_seconds = clock(partial(theirs.infer, part))
        else:
            peer, their_seconds = clock(partial(theirs.infer, part))
            mine, seconds = clock(partial(ours.score, items(part)))
        inferred += peer
        stats += mine
        tokens = sum(len(found.ids) for found in mine)
        speeds.append((tokens, their_seconds, seconds))
        so_far = agreement(stats, theirs, inferred) | speed(speeds)
        print(json.dumps({"turn": number, "this_turn": round(their_seconds / seconds, 3)} | so_far), flush=True)


def agreement(stats: list[TokenStats], theirs: Official, inferred: list[dict[str, Any]]) -> dict[str, Any]:
    """How far the two codes' ratios lie apart, relative to theirs."""
    rows, found = rows_of(stats), theirs.metrics(inferred)
    both = [(row, found.responses[row.response_id]) for row in rows if row.response_id in found.responses]
    apart = [abs(row.rsr / peer["rank_surprisal_ratio"] - 1) for row, peer in both if row.rsr is not None]
    return {
        "responses": len(rows),
        "compared": len(apart),
        "same_token_count": sum(row.tokens == peer["resp_token_length"] for row, peer in both),
        "largest_difference": max(apart),
        "above_1e-3": sum(difference > 1e-3 for difference in apart),
        "corpus": corpus_rsr(rows),
        "corpus_theirs": found.corpus,
        "corpus_difference": abs(corpus_rsr(rows) / found.corpus - 1),
    }


def speed(speeds: list[tuple[int, float, float]]) -> dict[str, Any]:
    """Tokens a second of both codes over all turns, their ratio, and its spread over turns."""
    tokens, theirs, ours = (sum(column) for column in zip(*speeds, strict=True))
    ratios = [their_s / our_s for _, their_s, our_s in speeds]
    return {
        "tokens": tokens,
        "tokens_per_second": round(tokens / ours, 1),
        "tokens_per_second_theirs": round(tokens / theirs, 1),
        "ratio": round(theirs / ours, 3),
        "ratio_by_turn": {"low": min(ratios), "median": statistics.median(ratios), "high": max(ratios)},
    }


# --------------------------------------------------------------------------- memory


def memory(options: argparse.Namespace) -> None:
    """Peak memory of one response at each length, each in a process of its own."""
    for tokens in LENGTHS:
        for code in ("theirs", "ours"):
            command = [sys.executable, "-m", "benchmarks.suitability", "--measure-one", code, "--length", str(tokens)]
            command += ["--official", str(options.official), "--model", options.model, "--data", str(options.data)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            print(done.stdout.strip().splitlines()[-1], flush=True)


def measure_one(options: argparse.Namespace) -> None:
    """Scores one response, and prints how far that raised the process's peak memory."""
    from transformers import AutoTokenizer

    turn = of_length(options.data, AutoTokenizer.from_pretrained(options.model), options.length)
    call: Callable[[], Any]
    if options.measure_one == "ours":
        call = partial(Scorer(options.model, Prompt(), precision="fp32", threads=options.threads).score, items([turn]))
    else:
        call = partial(Official(options.official, options.model, "float32", options.batch_size).infer, [turn])
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew: loading is left out
    before = resident("VmRSS")
    call()
    mib = round(resident("VmHWM") - before)
    print(json.dumps({"code": options.measure_one, "tokens": options.length, "mib": mib}))


def resident(name: str) -> float:
    """This process's memory in MiB: `VmRSS` now, `VmHWM` at its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


# --------------------------------------------------------------------------- precision


def bf16(options: argparse.Namespace) -> None:
    """How far bf16 moves the ratio from fp32's: ours, and the authors' code, whose launcher's default it is."""
    turns = responses(options)
    exact = _means(Scorer(options.model, Prompt(), precision="fp32", threads=options.threads), turns)
    rough = _means(Scorer(options.model, Prompt(), precision="bf16", threads=options.threads), turns)
    print(json.dumps({"code": "ours"} | moved(turns, exact, rough)), flush=True)
    theirs = Official(options.official, options.model, "bfloat16", options.batch_size)
    found = theirs.metrics(theirs.infer(turns)).responses
    means = {name: (row["avg_rank_clip"], row["avg_surprisal"]) for name, row in found.items()}
    print(json.dumps({"code": "theirs"} | moved(turns, exact, means)))


def moved(turns: list[Turn], exact: Means, rough: Means) -> dict[str, Any]:
    """How far the ratio moves: the corpus's with a 95 % bootstrap interval over problems, and the responses'."""
    problems: dict[str, list[str]] = {}
    for turn in turns:
        if turn.id in exact and turn.id in rough:
            problems.setdefault(turn.question, []).append(turn.id)

    def corpus(means: Means, chosen: Sequence[list[str]]) -> float:
        pairs = [means[name] for ids in chosen for name in ids]
        return math.fsum(rank for rank, _ in pairs) / math.fsum(surprisal for _, surprisal in pairs)

    groups, draw = list(problems.values()), random.Random(0)
    samples = [draw.choices(groups, k=len(groups)) for _ in range(2000)]
    spread = sorted(corpus(rough, sample) / corpus(exact, sample) - 1 for sample in samples)
    single = [corpus(rough, [[n]]) / corpus(exact, [[n]]) - 1 for ids in groups for n in ids]
    return {
        "responses": len(single),
        "problems": len(groups),
        "corpus": corpus(rough, groups) / corpus(exact, groups) - 1,
        "low": spread[50],
        "high": spread[-51],
        "response_median": statistics.median(single),
        "response_largest": max(map(abs, single)),
    }


def _means(scorer: Scorer, turns: list[Turn]) -> Means:
    return {row.response_id: (row.rank, row.surprisal) for row in rows_of(scorer.score(items(turns))) if row.rsr}


# --------------------------------------------------------------------------- both


def responses(options: argparse.Namespace) -> list[Turn]:
    """What is scored."""
    return gsm8k(options.data, options.gsm8k) + maths(options.data, options.maths, options.longest)


def items(turns: list[Turn]) -> list[Item]:
    """Turns as Thalweg takes them."""
    return [Item(turn.id, turn.question, turn.response) for turn in turns]


def rows_of(stats: list[TokenStats]) -> list[Suitability]:
    """A row a response."""
    return [summary(found, Response(id=found.response_id, problem_id="", model="", text="")) for found in stats]


def clock(call: Callable[[], T]) -> tuple[T, float]:
    """What a call gives, and its seconds."""
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--official", type=Path, help="a checkout of the authors' repository")
    parser.add_argument("--model", required=True, help="a folder in transformers format with a ChatML template")
    parser.add_argument("--data", type=Path, required=True, help="the folder of gsm8k_test_multi and skythought_math")
    parser.add_argument("--gsm8k", type=int, default=240, help="responses to GSM8K")
    parser.add_argument("--maths", type=int, default=80, help="responses to MATH-500")
    parser.add_argument("--longest", type=int, default=6000, help="characters of the longest of those")
    parser.add_argument("--slice", type=int, default=40, help="responses a turn")
    parser.add_argument("--batch-size", type=int, default=4, help="of the authors' code")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--measure-one", choices=("ours", "theirs"), help=argparse.SUPPRESS)
    parser.add_argument("--length", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
