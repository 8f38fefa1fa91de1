"""The grading benchmark: its pairs, its mistakes, its adapter to the official grader, and what it prints."""

import argparse
import ast
import gzip
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks import grade as benchmark
from benchmarks.grade_pairs import Pair, built_in, from_data, mutant
from benchmarks.official_lcb import Official

from tests.benches import open_bench
from thalweg.grade.bench import Bench
from thalweg.types import CallCheck, StdinCheck

MBPP: dict[str, object] = {
    "task_id": 7,
    "code": "def f(x):\r\n    return x + 1",
    "test_list": ["assert f(1) == 2", "assert f(2) == 3"],
}
UNUSABLE: list[dict[str, object]] = [
    {"task_id": 8, "code": "def f(x): return {x}", "test_list": ["assert f(1) == {1}"]},
    {"task_id": 9, "code": "def f(): return 1", "test_list": ["assert f() == 1"]},
    {"task_id": 10, "code": "def f(x): return x", "test_list": ["assert f(1)"]},
]
CRUXEVAL: dict[str, object] = {
    "id": "s0",
    "code": "def f(a, b):\n    return [a, (b,)]",
    "input": "1, 'x'",
    "output": "[1, ('x',)]",
}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench(workers=2) as bench:
        yield bench


@pytest.fixture
def data(tmp_path: Path) -> Path:
    files: dict[str, list[dict[str, object]]] = {"mbpp": [MBPP, *UNUSABLE], "cruxeval": [CRUXEVAL]}
    for name, rows in files.items():
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)
    return tmp_path


def test_pairs_have_names_of_their_own_and_programs_of_many_kinds() -> None:
    pairs = list(built_in())
    assert len({pair.name for pair in pairs}) == len(pairs) > 700
    assert {pair.kind for pair in pairs} == {"reader", "shape", "printed", "format", "value", "call"}
    assert not any("EXPR" in pair.program for pair in pairs)


def test_pairs_from_data(bench: Bench, data: Path) -> None:
    pairs = list(from_data(data))
    assert [pair.name for pair in pairs if pair.kind == "reference"] == [
        "mbpp 7, reference, called",
        "mbpp 7, reference, reading",
        "cruxeval s0, reference, called",
        "cruxeval s0, reference, reading",
    ]
    called, reading = pairs[:2]
    assert isinstance(called.check, CallCheck)
    assert called.check.tests == ({"args": [1], "output": 2}, {"args": [2], "output": 3})
    assert isinstance(reading.check, StdinCheck)
    assert reading.check.tests[0] == {"input": "1\n", "output": "2"}
    assert pairs == list(from_data(data))
    right = dict(zip((pair.name for pair in pairs), benchmark.thalweg(bench, "lcb")(pairs), strict=True))
    assert right["mbpp 7, reference, called"]
    assert right["mbpp 7, reference, reading"]
    assert not right["mbpp 7, mutant, called"]
    assert not right["cruxeval s0, reference, called"]  # a tuple inside a list


@pytest.mark.parametrize(
    "source",
    [
        "x = a + b",
        "x = a < b",
        "x = a and b",
        "x = True",
        "x = 'text'",
        "x += 1",
        "def f():\n    return x",
        "for i in x:\n    f()\n    g()",
    ],
)
def test_a_mistake_changes_the_program(source: str) -> None:
    changed = mutant(source, random.Random(0))
    assert changed is not None
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source))


def test_where_nothing_can_be_mistaken_there_is_no_mutant() -> None:
    assert mutant("pass", random.Random(0)) is None


def test_the_official_grader_gets_its_own_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in takes the place of the checkout: it says of each pair what the pair's program says."""
    package = tmp_path / "lcb_runner" / "evaluation"
    package.mkdir(parents=True)
    (package / "compute_code_generation_metrics.py").write_text(
        "import json, pathlib\n"
        "def evaluate_generations(samples, generations, num_process_evaluate, timeout):\n"
        "    samples = [json.loads(sample['input_output']) for sample in samples]\n"
        "    seen = json.dumps([samples, num_process_evaluate, timeout])\n"
        "    pathlib.Path(__file__ + '.seen').write_text(seen)\n"
        "    return {i: [eval(g[0])] for i, g in enumerate(generations)}, {}\n"
    )
    monkeypatch.setattr(sys, "path", list(sys.path))
    stdin = StdinCheck(tests=({"input": "1\n", "output": "2\n"},), timeout_s=3.0)
    call = CallCheck(entry_point="f", tests=({"args": [[1], "a"], "output": None},), timeout_s=3.0)
    results = {"[True, True]": True, "[True, -2]": False, "[-4]": False, "[False]": False, "[True, [1, 2]]": False}
    pairs = [Pair(text, "", text, stdin if index else call) for index, text in enumerate(results)]
    try:
        assert Official(tmp_path).grade(pairs, 5) == list(results.values())
    finally:
        for name in [name for name in sys.modules if name.startswith("lcb_runner")]:
            del sys.modules[name]
    (first, second, *_), processes, timeout = json.loads(next(package.glob("*.seen")).read_text())
    assert first == {"inputs": ['[1]\n"a"'], "outputs": ["null"], "fn_name": "f"}
    assert second == {"inputs": ["1\n"], "outputs": ["2\n"]}
    assert (processes, timeout) == (5, 3)


def test_throughput_is_of_programs_that_all_take_for_correct(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    options = argparse.Namespace(official=None, workers=2, samples=24, repeats=1)
    rates = benchmark.throughput(bench, options, 2)
    (printed,) = map(json.loads, capsys.readouterr().out.splitlines())  # a second line would name wrong verdicts
    assert set(rates) == set(printed["samples_per_second"]) == {"native", "lcb"}
    assert min(rates.values()) > 0
    assert (printed["samples"], printed["tests"]) == (24, 2)


def test_isolated_jobs_are_counted(bench: Bench) -> None:
    assert benchmark.jobs(bench, 2, 10) > 0


@pytest.mark.parametrize("flipped", [False, True])
def test_disagreement_is_told(
    flipped: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = [pair for pair in built_in() if pair.kind == "format"][:3]
    record = {pair.name: verdict for pair, verdict in zip(pairs, [not flipped, False, True], strict=True)}
    monkeypatch.setattr(benchmark, "built_in", lambda: iter(pairs))
    monkeypatch.setattr(benchmark, "official_verdicts", lambda: record)
    with open_bench():
        benchmark.agree(argparse.Namespace(official=None, data=None, workers=1))
    *told, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert [line["pair"] for line in told] == [pairs[0].name] * flipped
    assert (last["pairs"], last["disagreements"]) == (3, flipped)
