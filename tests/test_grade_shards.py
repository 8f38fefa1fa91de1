"""Grading by workers elsewhere: the same verdicts, the same files, going on with or without them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from thalweg import store
from thalweg.engine.map import Inline, Mapper, Place
from thalweg.engine.processes import Processes
from thalweg.errors import InputError
from thalweg.grade import Bench, Finding, JudgeModel, Settings, grade_file
from thalweg.grade.files import BATCH
from thalweg.grade.shards import Grading, shard_of
from thalweg.types import AssertCheck, Check, MathCheck, Problem, Response, StdinCheck, TextCheck, Verdict

CHECKS: dict[str, Check] = {
    "sum": StdinCheck(tests=({"input": "1 2", "output": "3"},)),
    "half": MathCheck(answer="1/2"),
    "word": TextCheck(answer="yes"),
    "twice": AssertCheck(asserts=("assert f(2) == 4",)),
}
PROBLEMS = {name: Problem(id=name, statement="?", check=check) for name, check in CHECKS.items()}
ANSWERS = {
    "sum": ("```python\nprint(sum(map(int, input().split())))\n```", "```python\nprint(4)\n```"),
    "half": ("\\boxed{0.5}", "\\boxed{one half of it}"),
    "word": ("yes", "no"),
    "twice": ("```python\ndef f(x):\n    return 2 * x\n```", None),
}
PROCESSES = Processes([{"OMP_NUM_THREADS": "1"}] * 2, threads=1)


def responses(count: int) -> Iterator[Response]:
    for i in range(count):
        name = list(CHECKS)[i % 4]
        yield Response(id=f"r{i}", problem_id=name, model="m", thinking="hm", answer=ANSWERS[name][i // 4 % 2])


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench(Settings(workers=2)) as opened:
        yield opened


def verdicts(path: Path) -> list[Verdict]:
    return [replace(verdict, seconds=0.0) for verdict in store.read(path, Verdict)]


class Backwards:
    """Does the shards here, the last first."""

    def map(self, work: Any, shards: Any, count: int, shared: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
        yield from list(Inline().map(work, reversed(list(shards)), count, shared))


@pytest.mark.parametrize("mapper", [Inline(), PROCESSES, Backwards()], ids=lambda mapper: type(mapper).__name__)
def test_the_same_file_comes_of_it(mapper: Mapper, bench: Bench, tmp_path: Path) -> None:
    store.write(tmp_path / "r.jsonl", responses(300))
    told: list[tuple[int, int]] = []
    here = grade_file(PROBLEMS, tmp_path / "r.jsonl", tmp_path / "here.jsonl", bench)
    there = grade_file(
        PROBLEMS,
        tmp_path / "r.jsonl",
        tmp_path / "there.jsonl",
        bench,
        mapper=mapper,
        on_progress=lambda done, total, _counts: told.append((done, total)),
    )
    assert here == there
    assert len(set(here.values())) > 1
    assert verdicts(tmp_path / "here.jsonl") == verdicts(tmp_path / "there.jsonl")
    assert told[0] == (0, 300)
    assert told[-1] == (300, 300)
    assert len(told) == 1 + 3
    assert not list(tmp_path.glob(".there.jsonl.parts"))


class KilledError(Exception):
    """Stands for a death in the middle of the work."""


@pytest.mark.parametrize(("first", "second"), [(None, PROCESSES), (PROCESSES, None)], ids=["here first", "there first"])
def test_what_was_begun_with_one_engine_goes_on_with_the_other(
    first: Mapper | None, second: Mapper | None, bench: Bench, tmp_path: Path
) -> None:
    def die(done: int, _total: int, _counts: Mapping[str, int]) -> None:
        if done > BATCH:
            raise KilledError

    store.write(tmp_path / "r.jsonl", responses(3 * BATCH))
    with pytest.raises(KilledError):
        grade_file(PROBLEMS, tmp_path / "r.jsonl", tmp_path / "v.jsonl", bench, mapper=first, on_progress=die)
    seen: list[int] = []
    grade_file(
        PROBLEMS, tmp_path / "r.jsonl", tmp_path / "v.jsonl", bench, mapper=second,
        on_progress=lambda done, _total, _counts: seen.append(done),
    )  # fmt: skip
    assert seen[0] >= BATCH, "whole batches are not graded twice"
    grade_file(PROBLEMS, tmp_path / "r.jsonl", tmp_path / "whole.jsonl", bench)
    assert verdicts(tmp_path / "v.jsonl") == verdicts(tmp_path / "whole.jsonl")


class Failing:
    """Something fails on the machine of the worker that is first given a batch, or on every machine."""

    def __init__(self, times: int) -> None:
        self.times, self.calls = times, 0

    def map(self, work: Any, shards: Any, count: int, shared: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
        self.calls += 1
        for index, findings in Inline().map(work, shards, count, shared):
            if index == 1 and self.calls <= self.times:
                findings[5] = Finding(status="harness_error", detail="no processes are left")
            yield index, findings


@pytest.mark.parametrize(("times", "errors"), [(1, 0), (2, 1)])
def test_what_failed_on_a_machine_is_tried_once_more(times: int, errors: int, bench: Bench, tmp_path: Path) -> None:
    store.write(tmp_path / "r.jsonl", responses(300))
    counts = grade_file(PROBLEMS, tmp_path / "r.jsonl", tmp_path / "v.jsonl", bench, mapper=Failing(times))
    assert counts.get("harness_error", 0) == errors
    assert sum(counts.values()) == 300
    assert [verdict.response_id for verdict in verdicts(tmp_path / "v.jsonl")] == [f"r{i}" for i in range(300)]


def test_the_judge_is_the_drivers(bench: Bench, tmp_path: Path) -> None:
    asked: list[int] = []

    def ask(prompts: Sequence[str]) -> list[str]:
        asked.append(len(prompts))
        return ["VERDICT: SAME"] * len(prompts)

    store.write(tmp_path / "r.jsonl", responses(200))
    judge = JudgeModel("local:judge", ask)
    for name, mapper in (("here", None), ("there", PROCESSES)):
        grade_file(PROBLEMS, tmp_path / "r.jsonl", tmp_path / f"{name}.jsonl", bench, judge=judge, mapper=mapper)
    half = len(asked) // 2
    assert sorted(asked[:half]) == sorted(asked[half:])
    assert verdicts(tmp_path / "here.jsonl") == verdicts(tmp_path / "there.jsonl")
    assert any(verdict.grader == "judge:local:judge" for verdict in verdicts(tmp_path / "there.jsonl"))


def test_a_worker_that_cannot_isolate_gets_no_work(bench: Bench, tmp_path: Path) -> None:
    store.write(tmp_path / "r.jsonl", responses(8))
    with Bench(Settings(interpreter=Path("/no/such/python"))) as broken, pytest.raises(InputError, match="/no/such/py"):
        grade_file(PROBLEMS, tmp_path / "r.jsonl", tmp_path / "v.jsonl", broken, mapper=PROCESSES)
    with Grading(bench.settings, frozenset({"math"})).open(Place(cpus=1)) as do:
        shard = shard_of(0, [Response(id="r", problem_id="half", model="m", answer="1/2")])
        assert shard.needs == ("half",)
        assert [finding.status for finding in do(shard.payload, PROBLEMS)] == ["correct"]
