"""Grading of whole files: order, resuming, refusals, harness errors."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from thalweg import store
from thalweg.errors import InputError
from thalweg.grade import GRADERS, Bench, Settings, files, grade_file
from thalweg.grade.finding import Finding
from thalweg.types import Check, MathCheck, Problem, Response, StdinCheck, TextCheck, Verdict


class Killed(BaseException):
    """Stands for a death in the middle of the work."""


def problems(*checks: Check) -> dict[str, Problem]:
    return {f"p{i}": Problem(id=f"p{i}", statement="?", check=check) for i, check in enumerate(checks)}


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench(Settings(workers=2)) as opened:
        yield opened


@pytest.fixture
def easy(tmp_path: Path) -> tuple[dict[str, Problem], Path]:
    """Three problems, 700 responses of which every third is right."""
    rows = (Response(id=f"r{i}", problem_id=f"p{i % 3}", model="m", answer=str(i % 9)) for i in range(700))
    store.write(tmp_path / "r.jsonl", rows)
    return problems(*(MathCheck(answer=str(i)) for i in range(3))), tmp_path / "r.jsonl"


@pytest.mark.parametrize("name", ["v.jsonl", "v.jsonl.gz", "v.parquet"])
def test_verdicts_come_in_order_and_nothing_else_is_left(
    name: str, easy: tuple[dict[str, Problem], Path], bench: Bench, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    counts = grade_file(*easy, tmp_path / name, bench, on_progress=lambda done, total, _: told.append((done, total)))
    verdicts = list(store.read(tmp_path / name, Verdict))
    assert [v.response_id for v in verdicts] == [f"r{i}" for i in range(700)]
    assert counts == {"incorrect": 700 - len(right := [v for v in verdicts if v.status == "correct"]),
                      "correct": len(right)}  # fmt: skip
    assert len(right) == 3 * len(range(0, 700, 9))  # 0, 1 and 2 of every nine
    assert told == [(i, 700) for i in range(701)]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["r.jsonl", name, f".{name}.graded"])


@pytest.mark.parametrize("death", [1, 128, 129, 300, 699, 700])
def test_a_grading_that_died_goes_on_and_gives_the_same_file(
    death: int, easy: tuple[dict[str, Problem], Path], bench: Bench, tmp_path: Path
) -> None:
    grade_file(*easy, tmp_path / "whole.jsonl", bench)

    def die(done: int, _total: int, _counts: Any) -> None:
        if done == death:
            raise Killed

    with pytest.raises(Killed):
        grade_file(*easy, tmp_path / "v.jsonl", bench, on_progress=die)
    assert not (tmp_path / "v.jsonl").exists()
    seen: list[int] = []
    grade_file(*easy, tmp_path / "v.jsonl", bench, on_progress=lambda done, _t, _c: seen.append(done))
    assert seen[0] == (death - 1) // files.BATCH * files.BATCH, "whole batches are not graded twice"
    assert (tmp_path / "v.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_whole_file_is_left_alone(easy: tuple[dict[str, Problem], Path], bench: Bench, tmp_path: Path) -> None:
    first = grade_file(*easy, tmp_path / "v.jsonl", bench)
    before = (tmp_path / "v.jsonl").stat().st_mtime_ns
    assert grade_file(*easy, tmp_path / "v.jsonl", bench) == first
    assert (tmp_path / "v.jsonl").stat().st_mtime_ns == before


def test_other_inputs_make_the_file_again(easy: tuple[dict[str, Problem], Path], bench: Bench, tmp_path: Path) -> None:
    grade_file(*easy, tmp_path / "v.jsonl", bench)
    other = {**easy[0], "p0": replace(easy[0]["p0"], check=MathCheck(answer="8"))}
    assert grade_file(other, easy[1], tmp_path / "v.jsonl", bench) == grade_file(
        other, easy[1], tmp_path / "w.jsonl", bench
    )


def test_half_a_file_of_other_inputs_is_not_lost(
    easy: tuple[dict[str, Problem], Path], bench: Bench, tmp_path: Path
) -> None:
    def die(done: int, _total: int, _counts: Any) -> None:
        if done == 200:
            raise Killed

    with pytest.raises(Killed):
        grade_file(*easy, tmp_path / "v.jsonl", bench, on_progress=die)
    other = {**easy[0], "p0": replace(easy[0]["p0"], check=MathCheck(answer="8"))}
    with pytest.raises(InputError, match=r"v\.jsonl: was begun with other problems, responses or settings"):
        grade_file(other, easy[1], tmp_path / "v.jsonl", bench)
    assert len(list((tmp_path / ".v.jsonl.parts").glob("*.parquet"))) == 1


def test_harness_errors_are_graded_again(
    easy: tuple[dict[str, Problem], Path], bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade_file(*easy, tmp_path / "whole.jsonl", bench)

    honest = GRADERS["native"]["math"]

    def broken(check: Any, answer: str, bench: Bench) -> Finding:
        if answer == "7":
            raise OSError("no more descriptors")
        return honest(check, answer, bench)

    with monkeypatch.context() as patched:
        patched.setitem(GRADERS["native"], "math", broken)
        counts = grade_file(*easy, tmp_path / "v.jsonl", bench)
    broken_rows = [v for v in store.read(tmp_path / "v.jsonl", Verdict) if v.status == "harness_error"]
    assert counts["harness_error"] == len(broken_rows) > 0
    assert broken_rows[0].detail == "OSError: no more descriptors"
    assert "harness_error" not in grade_file(*easy, tmp_path / "v.jsonl", bench)
    assert (tmp_path / "v.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"id": "a", "problem_id": "p0"}, {"id": "a", "problem_id": "p0"}], r"response 'a': comes twice"),
        ([{"id": "a", "problem_id": "p9"}], r"response 'a': answers problem 'p9', which is not among the problems"),
        ([{"id": "a", "problem_id": 3}], r"r\.jsonl:1.*problem_id"),
        ([], r"there is no response to grade"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_graded(
    rows: list[dict[str, Any]], said: str, bench: Bench, tmp_path: Path
) -> None:
    lines = [json.dumps({"model": "m", "answer": "1", **row}) for row in rows]
    (tmp_path / "r.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=said):
        grade_file(problems(MathCheck(answer="1")), tmp_path / "r.jsonl", tmp_path / "v.jsonl", bench)
    assert not (tmp_path / "v.jsonl").exists()


def test_malformed_rows_can_be_set_aside(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text('{"id": "a", "problem_id": "p0", "model": "m", "answer": "1"}\n{\n')
    bad: list[store.BadRow] = []
    counts = grade_file(
        problems(TextCheck(answer="1")), tmp_path / "r.jsonl", tmp_path / "v.jsonl", bench, on_bad=bad.append
    )
    assert counts == {"correct": 1}
    assert [row.where for row in bad] == [f"{tmp_path}/r.jsonl:2"]


@pytest.mark.slow
def test_the_verb_survives_sigkill(tmp_path: Path) -> None:
    """Programs that run, a parent that is killed three times: the file is that of an undisturbed grading."""
    check = StdinCheck(tests=({"input": "1 2\n", "output": "3\n"},), timeout_s=2)
    store.write(tmp_path / "p.jsonl", problems(check).values())
    programs = ["print(sum(map(int, input().split())))", "print(4)", "1 / 0", "import os; os._exit(0)", ""]
    rows = [
        Response(id=f"r{i}", problem_id="p0", model="m", answer=f"```python\n{programs[i % 5]}\n```")
        for i in range(600)
    ]
    store.write(tmp_path / "r.jsonl", rows)

    def command(out: str) -> list[str]:
        given = ["--problems", "p.jsonl", "--responses", "r.jsonl", "--out", out, "--workers", "2"]
        return [sys.executable, "-m", "thalweg", "grade", *given]

    subprocess.run(command("whole.jsonl"), cwd=tmp_path, check=True, capture_output=True)
    parts = tmp_path / ".v.jsonl.parts"
    for wanted in (1, 2, 3):
        process = subprocess.Popen(command("v.jsonl"), cwd=tmp_path, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while len(list(parts.glob("*.parquet"))) < wanted and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(command("v.jsonl"), cwd=tmp_path, check=True, capture_output=True)

    def verdicts(name: str) -> list[Verdict]:
        return [replace(v, seconds=0.0) for v in store.read(tmp_path / name, Verdict)]

    assert verdicts("v.jsonl") == verdicts("whole.jsonl")
    statuses = [v.status for v in verdicts("v.jsonl")[:5]]
    assert statuses == ["correct", "incorrect", "crash", "incorrect", "no_answer"]
