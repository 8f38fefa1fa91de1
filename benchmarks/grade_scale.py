"""Grades a great many responses, and kills the grading again and again: memory, order, and that nothing is lost.

    python benchmarks/grade_scale.py                            200,000 responses: the parent's peak memory, the rate
    python benchmarks/grade_scale.py --count 20000 --kills 6    undisturbed, then with SIGKILL of the parent and of
                                                                random workers; the verdicts must be the same

Responses are a seeded mixture of right, wrong, crashing, endless and missing programs (`stdin` and `call` checks),
numbers and words, each with about two kilobytes of thinking. What is counted is the parent's peak resident memory
(VmHWM); its workers are bounded by their own limits.

Measured on two cores that ran tests beside it: 200,000 responses in 396 s (505/s), peak 153 MiB. 20,000 with five kills
of the parent and a worker killed every half second: no verdict differs, no process outlives a kill.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from thalweg import store
from thalweg.types import CallCheck, MathCheck, Problem, Response, StdinCheck, TextCheck, Verdict

PROBLEMS = 400
_THINKING = "<think>" + "Let me see, the numbers are small, so a loop over them will do. " * 32 + "</think>\n"
_PROGRAMS = {
    "right": "print(sum(map(int, input().split())) + {n})",
    "wrong": "print(sum(map(int, input().split())) - {n} - 1)",
    "crash": "print(1 // 0)",
    "memory": "x = 'a' * (1 << 40)",
    "late": "import sys\nsys.exit(3)",
}
_FUNCTIONS = {
    "right": "def f(x):\n    return [v + {n} for v in x]",
    "wrong": "def f(x):\n    return tuple()",
    "crash": "def f(x):\n    return x.nothing",
    "memory": "def f(x):\n    return 'a' * (1 << 40)",
    "late": "def g(x):\n    return x",
}


def problem(n: int) -> Problem:
    """Problem `n` of four kinds in turn."""
    checks: list[Any] = [
        StdinCheck(
            tests=({"input": "1 2 3\n", "output": f"{6 + n}\n"}, {"input": "4\n", "output": f"{4 + n}\n"}), timeout_s=2
        ),
        CallCheck(entry_point="f", tests=({"args": [[1, 2]], "output": [1 + n, 2 + n]},), timeout_s=2),
        MathCheck(answer=str(n)),
        TextCheck(answer=f"word {n}"),
    ]
    return Problem(id=f"p{n}", statement=f"Problem {n}", check=checks[n % 4])


def responses(count: int, seed: int = 0) -> Iterator[Response]:
    """`count` responses; one in twenty has no answer, one in two thousand never ends."""
    draw = random.Random(seed)
    for i in range(count):
        n = draw.randrange(PROBLEMS)
        kind = draw.choice(["right", "right", "wrong", "wrong", "crash", "memory", "late"])
        if n % 4 < 2:
            code = (_PROGRAMS if n % 4 == 0 else _FUNCTIONS)[kind].format(n=n)
            code = "while True: pass" if draw.random() < 0.0003 else code
            answer = f"```python\n{code}\n```"
        else:
            right = str(n) if n % 4 == 2 else f"word {n}"
            answer = f"The answer is {right if kind == 'right' else '7 apples'}."
        text = _THINKING[:-9] if draw.random() < 0.05 else _THINKING + answer
        yield Response(id=f"r{i}", problem_id=f"p{n}", model="made", text=text)


def start(folder: Path, out: str, workers: int) -> subprocess.Popen[str]:
    """The verb, as a user would start it."""
    files = ["--problems", "problems.jsonl", "--responses", "responses.jsonl", "--out", out, "--workers", str(workers)]
    command = [sys.executable, "-m", "thalweg", "grade", *files]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def watch(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Waits for the end; peak memory in MiB, and what was printed."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, _peak(process.pid))
        time.sleep(0.5)
    out, err = process.communicate()
    assert process.returncode == 0, err
    return peak // 1024, out.strip()


def _peak(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def descendants(pid: int) -> list[int]:
    """Every process below `pid`."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int(
                    (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
                )
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def disturb(folder: Path, workers: int, kills: int) -> int:
    """Kills random workers while it grades, and the grading itself `kills` times; how many processes outlived it."""
    draw, left_over = random.Random(1), 0
    for _ in range(kills):
        process = start(folder, "disturbed.jsonl", workers)
        end = time.monotonic() + draw.uniform(4, 12)
        while time.monotonic() < end and process.poll() is None:
            time.sleep(draw.uniform(0.2, 0.6))
            if below := descendants(process.pid):
                _kill(draw.choice(below))
        below = descendants(process.pid)
        process.kill()
        process.wait()
        left_over += _outlived(below)
    peak, said = watch(start(folder, "disturbed.jsonl", workers))
    print(f"after {kills} kills: {said}; peak {peak} MiB")
    return left_over


def _outlived(pids: list[int]) -> int:
    """How many are still there two seconds after their parent's death."""
    end = time.monotonic() + 2
    while (alive := [pid for pid in pids if Path(f"/proc/{pid}").exists()]) and time.monotonic() < end:
        time.sleep(0.05)
    return len(alive)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def verdicts(path: Path) -> list[Verdict]:
    """The verdicts of a file, without the time that they took."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Verdict(**{**row, "seconds": 0.0}) for row in rows]


def main() -> None:
    """Makes the file, grades it, and says what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200_000, help="responses (default: %(default)s)")
    parser.add_argument(
        "--kills", type=int, default=0, help="grade once more, killed this often (default: %(default)s)"
    )
    parser.add_argument("--workers", type=int, default=2, help="graders side by side (default: %(default)s)")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        store.write(folder / "problems.jsonl", [problem(n) for n in range(PROBLEMS)])
        store.write(folder / "responses.jsonl", responses(options.count))
        began = time.monotonic()
        peak, said = watch(start(folder, "whole.jsonl", options.workers))
        seconds = time.monotonic() - began
        print(
            f"{said}\n{options.count} responses in {seconds:.0f} s ({options.count / seconds:.0f}/s), peak {peak} MiB"
        )
        whole = verdicts(folder / "whole.jsonl")
        assert [v.response_id for v in whole] == [f"r{i}" for i in range(options.count)], "out of order, or lost"
        if options.kills:
            left_over = disturb(folder, options.workers, options.kills)
            disturbed = verdicts(folder / "disturbed.jsonl")
            changed = sum(a != b for a, b in zip(whole, disturbed, strict=True))
            print(f"{changed} verdicts differ; {left_over} processes outlived a kill")


if __name__ == "__main__":
    main()
