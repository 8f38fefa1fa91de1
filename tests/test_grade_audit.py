"""Disagreements between graders: found, counted, and named by their cause."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benches import fenced, open_bench
from thalweg import store
from thalweg.errors import InputError
from thalweg.grade.audit import Audit, Disagreement, audit_file, disagreements
from thalweg.grade.bench import Bench
from thalweg.grade.causes import UNKNOWN, cause
from thalweg.grade.finding import Finding
from thalweg.sandbox import SandboxError
from thalweg.types import CallCheck, Check, OutputCheck, Problem, Response, StdinCheck

TESTS = tuple({"input": f"2\n{a} {b}\n", "output": f"{a + b}\n"} for a, b in ((1, 2), (30, 4), (5, -5)))
SUM = StdinCheck(tests=TESTS, timeout_s=2.0)
PAIRS = CallCheck(entry_point="f", tests=({"args": [1], "output": [1, [2, 1]]}, {"args": [1], "output": [1, [2, 1]]}))
WORDS = StdinCheck(tests=({"input": "", "output": "1 2\n"},))
ADD = "input()\nprint(sum(map(int, input().split())))\n"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench(workers=2) as bench:
        yield bench


def audited(check: Check, answers: list[str], bench: Bench) -> tuple[list[Disagreement], Audit]:
    audit = Audit()
    problems = {"p": Problem(id="p", statement="?", check=check)}
    responses = [Response(id=str(i), problem_id="p", model="m", answer=answer) for i, answer in enumerate(answers)]
    return list(disagreements(problems, responses, bench, audit)), audit


LCB_REJECTS = [
    (
        SUM,
        "import sys\nr = sys.stdin.buffer.readline\nr()\nprint(sum(map(int, r().split())))",
        "replays the first line",
    ),
    (SUM, "import sys\nprint(sum(map(int, sys.stdin.buffer.readlines()[1].split())))", "read and readline alone"),
    (SUM, "import sys\nfor line in sys.stdin:\n    s = sum(map(int, line.split()))\nprint(s)", "cannot be iterated"),
    (SUM, "print(sum(map(int, open(0).read().split()[1:])))", "descriptor 0"),
    (SUM, "import sys\n" + ADD.replace("print(", "sys.stdout.buffer.write(b'%d' % "), "not a real stream"),
    (SUM, "import os\n" + ADD.replace("print(", "os.write(1, b'%d' % "), "descriptor 1"),
    (SUM, "import atexit\n" + ADD.replace("print(", "atexit.register(print, "), "printed at exit"),
    (SUM, "from sys import stdout\n" + ADD.replace("print(", "stdout.write('%d' % "), "from sys import"),
    (SUM, "from __future__ import annotations\n" + ADD, "__future__"),
    (SUM, "if True:\n    from math import *\n" + ADD, "import * inside"),
    (SUM, "s = 0\ndef go():\n    global s\n    s += sum(map(int, input().split()))\ninput()\ngo()\nprint(s)", "locals"),
    (
        SUM,
        "def main():\n    input()\n    print(sum(map(int, input().split())))\nif '__main__' == __name__:\n    main()",
        "guard",
    ),
    (SUM, "import os\nos.getcwd()\n" + ADD, "taken away"),
    (SUM, ADD + "input and quit()", "taken away"),
    (
        SUM,
        "import math\nmath.n = getattr(math, 'n', 0) + 1\n" + ADD + "print() if math.n == 1 else print(7)",
        "share one process",
    ),
    (SUM, "\ufeff" + ADD, "byte order"),
    (
        SUM,
        "import sys\nsys.setrecursionlimit(10**6)\ndef f(n):\n    return n and max([n - 1], key=f)\nf(30000)\n" + ADD,
        "less stack",
    ),
    (WORDS, "print(1)\nprint(2)", "lines are compared"),
    (PAIRS, "def f(x):\n    return [x, (2, 1)]", "tuple inside"),
    (PAIRS, "class  Solution:\n    def f(self, x):\n        return [x, [2, 1]]", "entry point"),
    (PAIRS, "seen = []\ndef f(x):\n    seen.append(2)\n    return [x, [2, len(seen)]]", "share one process"),
]
NATIVE_REJECTS = [
    (SUM, ADD + "exit(1)", "exit code"),
    (SUM, "input()\nd = deque(input().split())\nprint(sum(map(int, d)))", "names that"),
    (SUM, ADD + "return", "return outside"),
    (SUM, "def go(n):\n    return n and go(n - 1)\ngo(3000)\n" + ADD, "wider limits"),
    (SUM, "import sys\nn = sys.stdin.read()\nprint(sum(map(int, sys.stdin.read().split()[1:])))", "read again"),
    (SUM, "input()\nprint(float(sum(map(int, input().split()))))", "decimals"),
    (PAIRS, "def f(x):\n    return UserList([x, [2, 1]])\nfrom collections import UserList", "another type"),
]


@pytest.mark.parametrize(("check", "program", "expected"), LCB_REJECTS + NATIVE_REJECTS)
def test_causes(bench: Bench, check: Check, program: str, expected: str) -> None:
    (found,), audit = audited(check, [fenced(program)], bench)
    assert expected in found.cause
    assert (found.native == "correct") is ((check, program, expected) in LCB_REJECTS)
    assert (found.native == "correct") is (found.native_detail is None) is (found.lcb_detail is not None)
    side = "native" if found.native == "correct" else "lcb"
    assert dict(audit.causes) == {(side, found.cause): 1}


def test_extraction_is_a_cause(bench: Bench) -> None:
    answer = fenced(ADD) + "It prints:\n```\n3\n```\n"
    (found,), _ = audited(SUM, [answer], bench)
    assert (found.native, found.cause) == ("correct", "another program was taken from the answer")


def test_what_no_rule_knows_is_unknown() -> None:
    right = Finding(status="correct", extracted="x")
    wrong = Finding(status="incorrect", extracted="x", detail="test 1 of 1: expected '1', got '2'")
    assert cause(right, wrong) == cause(wrong, right) == UNKNOWN


def test_agreement_is_counted_and_not_told(bench: Bench) -> None:
    found, audit = audited(SUM, [fenced(ADD), fenced("print(1)"), fenced("print(1"), "no program"], bench)
    assert found == []
    assert (audit.compared, audit.both_correct, audit.both_wrong, audit.disagreements) == (4, 1, 3, 0)


def test_what_cannot_be_compared_is_counted_apart(bench: Bench) -> None:
    problems = {
        "tuple": Problem(
            id="tuple", statement="", check=CallCheck(entry_point="f", tests=({"args": [], "output": 1},))
        ),
        "text": Problem(id="text", statement="", check=OutputCheck(program="1", input="", output="1")),
        "sum": Problem(id="sum", statement="", check=SUM),
    }
    responses = [Response(id=name, problem_id=name, model="m", answer=fenced(ADD)) for name in problems]
    responses.append(Response(id="cut", problem_id="sum", model="m", text="<think>so"))
    audit = Audit()
    assert list(disagreements(problems, responses, bench, audit)) == []
    assert (audit.compared, audit.not_official, audit.unfinished) == (1, 2, 1)


def test_a_failing_sandbox_is_no_disagreement(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Finding:
        raise SandboxError("it died")

    monkeypatch.setattr("thalweg.grade.audit.grade_lcb_stdin", fail)
    found, audit = audited(SUM, [fenced(ADD)], bench)
    assert (found, audit.compared, audit.harness_errors) == ([], 0, 1)


def test_a_file_holds_the_disagreements_in_order(bench: Bench, tmp_path: Path) -> None:
    problems = {"p": Problem(id="p", statement="?", check=SUM)}
    programs = [ADD, ADD + "exit(3)", "print(1)", "print(sum(map(int, open(0).read().split()[1:])))"] * 5
    responses = [Response(id=str(i), problem_id="p", model="m", answer=fenced(p)) for i, p in enumerate(programs)]
    seen: list[int] = []
    out = tmp_path / "audit.jsonl"
    audit = audit_file(problems, responses, out, bench, lambda so_far: seen.append(so_far.compared))
    assert seen == list(range(1, 21))
    assert (audit.both_correct, audit.both_wrong, audit.disagreements) == (5, 5, 10)
    rows = store.read_all(out, Disagreement, key="response_id")
    assert [row.response_id for row in rows] == [str(i) for i in range(20) if i % 2]
    assert set(json.loads(out.read_text().splitlines()[0])) == {
        "response_id", "problem_id", "native", "lcb", "cause", "native_detail", "lcb_detail"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("problem_id", "check", "out", "problem"),
    [
        ("q", SUM, "a.jsonl", "answers problem 'q'"),
        ("p", SUM, "a.parquet", "is JSON Lines"),
        ("p", SUM, "a.txt", "unknown file ending"),
        ("p", StdinCheck(tests=()), "a.jsonl", "no tests"),
        ("p", OutputCheck(program="1", input="", output="1"), "a.jsonl", "nothing that both graders"),
    ],
)
def test_refusals_leave_no_file(
    bench: Bench, tmp_path: Path, problem_id: str, check: Check, out: str, problem: str
) -> None:
    problems = {"p": Problem(id="p", statement="?", check=check)}
    responses = [Response(id="r", problem_id=problem_id, model="m", answer="1")]
    with pytest.raises(InputError, match=problem):
        audit_file(problems, responses, tmp_path / out, bench)
    assert list(tmp_path.iterdir()) == []
