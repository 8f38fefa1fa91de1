"""A synthetic study of any number of responses, for the viewer's test and benchmark: nothing is trained or graded.

The texts are random words; statuses, flags and counts are drawn by seed, and agree with the texts. Two fifths of the
responses are two teachers', in shards of 256; the rest are the untouched student's and the rungs', 400 problems each.
One response, one statement and one verdict hold markup that must never act (`PLANTED`).
"""

import json
import random
from collections.abc import Sequence
from itertools import islice, product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from thalweg import store
from thalweg.curate.corpus import write_corpus
from thalweg.study.folder import BASE, Folder, rung_key
from thalweg.types import Drop, Example, Outcome, OutputCheck, Problem, Response, Verdict

ARMS = [f"arm-{number}" for number in range(10)]
SIZES, SEEDS = (128, 512, 2048, 8192, 16384, 32768), range(5)
TEACHERS, BENCHMARK, PROBLEMS, BATCH = ("careful", "hasty"), "bench", 400, 256
PLANTED = "<script>window.planted = 1</script><img src=x onerror='window.planted = 1'></pre></script>"
RARE = "Zanzibar"  # one student's response in a thousand says it
_WORDS = ("so", "then", "we", "add", "the", "list", "value", "x", "=", "12", "7", "is", "not", "wait", "check", "again")


def make(root: Path, responses: int = 200_000, characters: int = 1_500, seed: int = 0) -> dict[str, int]:
    """Writes the study; returns counts that the page must show."""
    draw = random.Random(seed)
    folder, noise = Folder(root), " ".join(draw.choices(_WORDS, k=200_000))
    rungs = max(1, round(responses * 0.6 / PROBLEMS))
    trained = (responses - rungs * PROBLEMS) // len(TEACHERS)
    _write(folder.problems("train"), Problem, [_problem("train", number) for number in range(trained)])
    _write(folder.problems(BENCHMARK), Problem, [_problem(BENCHMARK, number) for number in range(PROBLEMS)])
    for name in TEACHERS:
        _teacher(folder, name, trained, noise, characters, draw)
    outcomes = _students(folder, rungs, noise, characters, draw)
    _write(root / "scores.parquet", Outcome, outcomes)
    _corpus(folder)
    (root / "report.html").write_text("<!doctype html><title>report</title><p>The report.", encoding="utf-8")
    correct = sum(row["status"] == "correct" for row in outcomes)
    return {"responses": rungs * PROBLEMS + trained * len(TEACHERS), "rungs": rungs, "correct": correct}


def keys(rungs: int) -> list[tuple[str, str, int, int]]:
    """(key, arm, size, seed) of the untouched student and the rungs."""
    trained = ((rung_key(arm, size, seed), arm, size, seed) for arm, size, seed in product(ARMS, SIZES, SEEDS))
    return [(BASE, ARMS[0], 0, 0), *islice(trained, rungs - 1)]


def _problem(pool: str, number: int) -> dict[str, Any]:
    statement = f"What does program {number} print? {PLANTED if number == 0 else ''}"
    problem = Problem(
        id=f"{pool}/{number:05}",
        statement=statement,
        check=OutputCheck(program="print(1)", input="", output=str(number % 10)),
        source=pool,
        difficulty=("easy", "medium", "hard")[number % 3],
        group=f"{pool}/{number // 2}",
    )
    return store.encode(problem)


def _teacher(folder: Folder, name: str, count: int, noise: str, characters: int, draw: random.Random) -> None:
    rows = [_response(name, "train", number, True, True, noise, characters, draw) for number in range(count)]
    for batch, first in enumerate(range(0, count, BATCH)):
        path = folder.teacher_responses(name) / f"part-{batch:06d}.parquet"
        _write(path, Response, rows[first : first + BATCH])
    _write(folder.teacher_verdicts(name), Verdict, [_verdict(row, draw.random() < 0.8) for row in rows])


def _students(folder: Folder, rungs: int, noise: str, characters: int, draw: random.Random) -> list[dict[str, Any]]:
    outcomes = []
    for key, arm, size, seed in keys(rungs):
        rows, verdicts = [], []
        for number in range(PROBLEMS):
            thinking, finished = size > 0 and draw.random() < 0.9, draw.random() < 0.85
            rows.append(_response(key, BENCHMARK, number, thinking, finished, noise, characters, draw))
            verdicts.append(_verdict(rows[-1], draw.random() < (0.2 + size / 80_000 if finished else 0)))
            outcomes.append(_outcome(rows[-1], verdicts[-1], arm, size, seed, thinking, finished))
        _write(folder.student_responses(key, BENCHMARK) / "part-000000.parquet", Response, rows)
        _write(folder.student_verdicts(key, BENCHMARK), Verdict, verdicts)
    return outcomes


def _response(
    model: str, pool: str, number: int, thinking: bool, finished: bool, noise: str, characters: int, draw: random.Random
) -> dict[str, Any]:
    start = draw.randrange(len(noise) - 2 * characters)
    words = noise[start : start + draw.randrange(characters // 2, 3 * characters // 2)]
    if pool == BENCHMARK and draw.random() < 0.001:
        words += f" {RARE}"
    if number == 0:
        words += PLANTED
    text = words if not thinking else f"<think>\n{words}" + (f"\n</think>\n{number % 10}" if finished else "")
    problem = f"{pool}/{number:05}"
    response = {"id": f"{model}/{problem}/0", "problem_id": problem, "model": model, "sample": 0, "text": text}
    ending = "stop" if finished else "length"
    return {**response, "finish_reason": ending, "completion_tokens": len(text) // 4, "prompt_tokens": 20}


def _verdict(row: dict[str, Any], correct: bool) -> dict[str, Any]:
    verdict = Verdict(
        response_id=row["id"],
        problem_id=row["problem_id"],
        status="correct" if correct else "incorrect" if row["finish_reason"] == "stop" else "no_answer",
        passed=int(correct),
        extracted=row["problem_id"][-1] if correct else None,
        detail=None if correct else f"expected something else {PLANTED if row['problem_id'].endswith('00000') else ''}",
    )
    return {name: getattr(verdict, name) for name in verdict.__slots__}


def _outcome(
    row: dict[str, Any], verdict: dict[str, Any], arm: str, size: int, seed: int, thinking: bool, finished: bool
) -> dict[str, Any]:
    number = int(row["problem_id"][-5:])
    return {
        **{"arm": arm, "start": BASE, "size": size, "seed": seed, "benchmark": BENCHMARK},
        **{"problem_id": row["problem_id"], "cluster": f"{BENCHMARK}/{number // 2}", "sample": 0},
        **{"status": verdict["status"], "thinking": thinking, "finished": finished, "looped": not finished},
        "completion_tokens": row["completion_tokens"],
    }


def _corpus(folder: Folder) -> None:
    def made(number: int) -> dict[str, Any]:
        return {"response_id": f"careful/train/{number:05}/0", "problem_id": f"train/{number:05}"}

    rows = [Example(prompt="?", text="!", **made(number)) for number in range(60)]
    dropped = [Drop(stage="verdict", reason="not correct", **made(number)) for number in range(60, 160)]
    dropped += [Drop(stage="size", reason="beyond the size", **made(number)) for number in range(160, 200)]
    write_corpus(folder.corpus(ARMS[0], 60, 0), rows, dropped, "synthetic", [])


def _write(path: Path, kind: type[Any], rows: Sequence[dict[str, Any]]) -> None:
    """Writes rows as `thalweg.store` would, without a record of each, which 200,000 times takes too long."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind is Problem:
        rows = [{**row, "check": json.dumps(row["check"])} for row in rows]
    pq.write_table(pa.Table.from_pylist(rows, schema=store.schema(kind)), path)
