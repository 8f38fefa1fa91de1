"""Grading speed: the same samples through Thalweg and through the official LiveCodeBench grader, in one run.

    python -m benchmarks.grade --official CHECKOUT [--workers 2] [--student FOLDER] [--formulas PAIRS.jsonl]
    python -m benchmarks.grade --agree [--official CHECKOUT] [--data FOLDER --count 2000]

Samples are short programs in the idioms of competitive code, all of them correct, so that every grader runs every
test. Turns alternate, since a shared machine drifts. The official grader is given as many processes as Thalweg has
workers, and its own default of 16, and the better counts. Starting is left out on both sides; the official grader
starts a process a sample, and Thalweg too.

Besides: isolated jobs a second (a fresh process each), formulas a second against plain Math-Verify, and grading time
as a share of the time that a student takes to write the responses.

Measured on two shared cores, two workers, under bubblewrap (median of five turns, spread in brackets; samples/s):

    tests   native          lcb             official, 2 processes   official, 16    native / official
    1       418 (284-536)   265 (201-296)   51 (36-53)              46 (39-53)       8.3
    20      304 (186-327)   243 (177-280)   24 (22-27)              24 (22-27)      12.5

    isolated jobs of one test: 543/s        formulas: plain Math-Verify 56/s, the math worker 56/s, the grader 82/s

Page faults after a fork dominate, and their price varies with the machine's mood: before runs of one program shared
a file for their output the ratio at 20 tests was 8.2 and 10.9 in two runs twenty minutes apart.

`--agree` compares verdicts instead of times: of Thalweg's `lcb` with the official grader's, or with what it is
recorded to have said.
"""

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TypeAlias

from benchmarks.grade_pairs import Pair, built_in, from_data, official_verdicts
from benchmarks.official_lcb import Official
from thalweg.grade.bench import Bench, Settings
from thalweg.grade.calls import grade_call
from thalweg.grade.lcb import grade_lcb_call, grade_lcb_stdin
from thalweg.grade.stdin import grade_stdin
from thalweg.sandbox import run_script
from thalweg.types import CallCheck, StdinCheck

GradeAll: TypeAlias = Callable[[Sequence[Pair]], Sequence[bool]]
_OFFICIAL_DEFAULT = 16


def main() -> None:
    """Prints one JSON object a measurement."""
    options = _options()
    if options.agree:
        agree(options)
        return
    with open_bench(options.workers) as bench:
        _tell(isolation=str(bench.pool().isolation), workers=options.workers)
        rates = [throughput(bench, options, tests) for tests in (1, 20)]
        _tell(isolated_jobs_per_second=jobs(bench, options.workers, options.jobs))
        if options.student:
            _tell(**share(options.student, seconds=1 / rates[-1]["native"]))
    _tell(**formulas(Path(options.formulas), options.formula_count))


@contextmanager
def open_bench(workers: int) -> Iterator[Bench]:
    """A bench of as many workers, as users open it."""
    with Bench(Settings(workers=workers)) as bench:
        yield bench


# --------------------------------------------------------------------------- throughput


def throughput(bench: Bench, options: argparse.Namespace, tests: int) -> dict[str, float]:
    """Samples a second of each grader, medians of turns that alternate; prints every turn."""
    graders: dict[str, GradeAll] = {"native": thalweg(bench, "native"), "lcb": thalweg(bench, "lcb")}
    if options.official:
        official = Official(Path(options.official))
        for processes in sorted({options.workers, _OFFICIAL_DEFAULT}):
            graders[f"official, {processes} processes"] = partial(official.grade, processes=processes)
    pairs = samples(options.samples, tests, graders["native"])
    for name, grade in graders.items():  # warms each up, and says so where one does not take them all for correct
        wrong = [pair.name for pair, right in zip(pairs, grade(pairs), strict=True) if not right]
        if wrong:
            _tell(grader=name, not_correct=wrong)
    rates: dict[str, list[float]] = {name: [] for name in graders}
    for turn in range(options.repeats):
        for name in list(graders)[:: 1 if turn % 2 == 0 else -1]:
            began = time.perf_counter()
            graders[name](pairs)
            rates[name].append(len(pairs) / (time.perf_counter() - began))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    spread = {name: [round(min(found), 1), round(max(found), 1)] for name, found in rates.items()}
    best = max((rate for name, rate in medians.items() if name.startswith("official")), default=None)
    ratios = {} if best is None else {name: round(medians[name] / best, 2) for name in ("native", "lcb")}
    rounded = {name: round(rate, 1) for name, rate in medians.items()}
    _tell(samples=len(pairs), tests=tests, samples_per_second=rounded, spread=spread, times_official=ratios)
    return medians


def samples(count: int, tests: int, grade: GradeAll) -> list[Pair]:
    """Programs that add numbers, reading them as people do, with `tests` tests each; both graders take all for correct.

    Two ways to read are left out: what they import costs every grader more than all else (numpy), or is too rare to be
    one sample of twenty (fileinput).
    """
    verdicts = official_verdicts()
    ways = [pair for pair in built_in() if pair.kind == "reader" and pair.name.startswith("sum, ")]
    ways = [pair for pair in ways if verdicts[pair.name] and not re.search("numpy|fileinput", pair.program)]
    ways = [pair for pair, right in zip(ways, grade(ways), strict=True) if right]
    rng = random.Random(0)
    return [_with_tests(ways[index % len(ways)], tests, rng) for index in range(count)]


def _with_tests(pair: Pair, count: int, rng: random.Random) -> Pair:
    lists = [[rng.randint(-(10**6), 10**6) for _ in range(50)] for _ in range(count)]
    made = tuple({"input": f"50\n{' '.join(map(str, a))}\n", "output": f"{sum(a)}\n"} for a in lists)
    return replace(pair, check=StdinCheck(tests=made))


def thalweg(bench: Bench, grader: str) -> GradeAll:
    """A function from pairs to whether each is correct, by one of Thalweg's graders."""

    def one(pair: Pair) -> bool:
        if isinstance(pair.check, CallCheck):
            call = grade_call if grader == "native" else grade_lcb_call
            return call(pair.check, pair.answer, bench).status == "correct"
        stdin = grade_stdin if grader == "native" else grade_lcb_stdin
        return stdin(pair.check, pair.answer, bench).status == "correct"

    def grade(pairs: Sequence[Pair]) -> list[bool]:
        with ThreadPoolExecutor(2 * bench.settings.workers) as threads:
            return list(threads.map(one, pairs))

    return grade


def jobs(bench: Bench, workers: int, count: int) -> float:
    """Programs of one test a second, each in a fresh process of its own."""
    pool = bench.pool()

    def one(number: int) -> None:
        result = run_script(pool, "print(2 * int(input()))", f"{number}\n")
        assert result.stdout == b"%d\n" % (2 * number), result

    with ThreadPoolExecutor(2 * workers) as threads:
        list(threads.map(one, range(20)))
        began = time.perf_counter()
        list(threads.map(one, range(count)))
        return round(count / (time.perf_counter() - began), 1)


# --------------------------------------------------------------------------- share of generating


def share(student: str, seconds: float, problems: int = 64, budget: int = 512) -> dict[str, float]:
    """The `seconds` that a sample of 20 tests takes beside those in which a student writes one response.

    The student is given programs to write, and all its cores. A small student that writes little is the worst case.
    """
    from thalweg.chat import Prompt
    from thalweg.generate.model import Request, Sampling, open_model
    from thalweg.problems import load_problems

    model = open_model(f"local:{student}", sampling=Sampling(max_tokens=budget), prompt=Prompt())
    requests = [Request(problem, 0) for problem in load_problems("synthesis", split="tune", count=problems)]
    model.respond(requests[:2])
    began = time.perf_counter()
    responses = model.respond(requests)
    each = (time.perf_counter() - began) / len(responses)
    tokens = statistics.mean(response.completion_tokens or 0 for response in responses)
    return {
        "seconds_to_write_a_response": round(each, 4),
        "tokens_of_a_response": round(tokens, 1),
        "seconds_to_grade_20_tests": round(seconds, 4),
        "grading_share": round(seconds / (seconds + each), 4),
    }


def formulas(path: Path, count: int) -> dict[str, object]:
    """Pairs of formulas a second against plain Math-Verify in one process; the file's lines come round again."""
    from benchmarks.formulas import measure

    lines = path.read_text(encoding="utf-8").splitlines()
    found = measure([tuple(json.loads(line)) for line in islice(cycle(lines), count)])
    rounded = {name: round(rate) for name, rate in found.items()}
    return {"formulas_per_second": rounded, "times_math_verify": round(found["worker"] / found["plain"], 2)}


# --------------------------------------------------------------------------- agreement


def agree(options: argparse.Namespace) -> None:
    """Prints every pair on which `lcb` and the official grader disagree, and how many there are."""
    pairs = list(built_in())
    if options.data:
        made = list(from_data(Path(options.data)))
        random.Random(0).shuffle(made)
        pairs += islice(made, max(0, options.count - len(pairs)))
    if options.official:
        theirs = Official(Path(options.official)).grade(pairs, options.workers)
    else:
        record = official_verdicts()
        pairs = [pair for pair in pairs if pair.name in record]
        theirs = [record[pair.name] for pair in pairs]
    with open_bench(options.workers) as bench:
        ours = thalweg(bench, "lcb")(pairs)
    differ = [(pair, right) for pair, right, other in zip(pairs, ours, theirs, strict=True) if right != other]
    for pair, right in differ:
        _tell(pair=pair.name, lcb=right, official=not right, program=pair.program)
    _tell(pairs=len(pairs), official_correct=sum(theirs), disagreements=len(differ))


def _tell(**values: object) -> None:
    print(json.dumps(values, ensure_ascii=False), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Grading speed and agreement with the official LiveCodeBench grader.")
    parser.add_argument("--official", help="a checkout of LiveCodeBench; it runs programs without isolation")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--samples", type=int, default=120, help="samples a turn")
    parser.add_argument("--repeats", type=int, default=5, help="turns")
    parser.add_argument("--jobs", type=int, default=1000, help="isolated jobs to time")
    parser.add_argument("--student", help="a transformers model folder whose writing is timed")
    parser.add_argument(
        "--formulas", default=Path(__file__).parent / "pairs" / "formulas.jsonl", help="[expected, actual]"
    )
    parser.add_argument("--formula-count", type=int, default=120)
    parser.add_argument("--agree", action="store_true", help="compare verdicts, not times")
    parser.add_argument("--data", help="a folder with mbpp.jsonl.gz and cruxeval.jsonl.gz: more pairs to agree on")
    parser.add_argument("--count", type=int, default=2500, help="pairs to agree on")
    return parser.parse_args()


if __name__ == "__main__":
    main()
