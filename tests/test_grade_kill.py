"""What is killed: the sandbox's workers while they work, and the process that owns them.

Random SIGKILLs of workers change no result. SIGKILL of the owner leaves no process behind, not even of programs that
took precautions. Every wait is bounded, and none measures speed.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.attacks.host import descendants, processes, settles
from thalweg.errors import InputError
from thalweg.grade.bench import Bench, Settings
from thalweg.grade.grader import grade_all
from thalweg.sandbox import Job, Limits, Pool, Result
from thalweg.types import CallCheck, Check, MathCheck, Problem, Response, StdinCheck, Verdict

PATIENCE_S = 60.0

PROGRAMS = [
    "print(sum(int(x) for x in input().split()))",
    "n = int(input().split()[0])\nprint('x' * 100 * n)",
    "x = [int(x) for x in input().split()]\nprint(x)\nraise ValueError(x[0])",
    "import sys\nn = int(input().split()[1])\nsys.exit(n % 100)",
    "total = 0\nfor i in range(100_000): total += i * i\nprint(total, input())",
    "import os\nprint('cut short', flush=True)\nos.abort()",
]
JOBS = [
    Job(
        driver="script",
        payload={"source": PROGRAMS[n % len(PROGRAMS)], "inputs": [f"{n} {n + 1}\n"], "budget_s": 20.0},
        limits=Limits(cpu_s=20, wall_s=60, memory_mb=512),
    )
    for n in range(200)
]


@pytest.fixture
def strangers() -> set[int]:
    """The processes that this one started before it had a pool."""
    return set(workers_of(set()))


@pytest.fixture(params=[True, False], ids=["bubblewrap", "bare"])
def pool(request: pytest.FixtureRequest, strangers: set[int]) -> Iterator[Pool]:  # noqa: ARG001  (asked for first)
    try:
        opened = Pool(workers=2, bubblewrap=request.param)
    except InputError as error:
        pytest.skip(str(error))
    with opened:
        yield opened


@pytest.fixture
def bench(strangers: set[int]) -> Iterator[Bench]:  # noqa: ARG001  (asked for first)
    with Bench(Settings(workers=2)) as bench:
        try:
            bench.pool()
        except InputError as error:
            pytest.skip(str(error))
        yield bench


def seen(result: Result) -> tuple[object, ...]:
    """What must not depend on who was killed: everything but times."""
    records = [{key: value for key, value in record.items() if not key.endswith("_s")} for record in result.records]
    return result.end, result.code, result.stdout, result.stderr, records


def workers_of(strangers: set[int]) -> list[int]:
    """What this process started, `strangers` apart, and the fork servers within: all but what runs the programs.

    A process that runs a program is a copy of its fork server, and so has its command line.
    """
    me, commands, parents = os.getpid(), descendants(os.getpid()), processes()  # in this order: parents of all
    return [
        pid
        for pid, command in commands.items()
        if pid in parents and pid not in strangers
        if parents[pid] == me or (command and command != commands.get(parents[pid], command))
    ]


def killed(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def disturbed(pool: Pool, strangers: set[int]) -> tuple[list[Result], int]:
    """The results of all jobs, and how many workers were killed meanwhile.

    Each batch of jobs meets one strike, of one worker or both, at a random moment, so that no job is struck twice: how
    often a job is tried again has an end.
    """
    chance, results, kills = random.Random(0), [], 0
    with ThreadPoolExecutor(4) as threads:
        for start in range(0, len(JOBS), 20):
            running = [threads.submit(pool.run, job) for job in JOBS[start : start + 20]]
            time.sleep(chance.random() * 0.03)
            workers = workers_of(strangers)
            kills += sum(map(killed, chance.sample(workers, min(len(workers), chance.randint(1, 2)))))
            results += [one.result() for one in running]
    return results, kills


def test_killed_workers_change_no_result(strangers: set[int], pool: Pool) -> None:
    calm = [seen(pool.run(job)) for job in JOBS]
    results, kills = disturbed(pool, strangers)
    assert kills >= 5
    assert [seen(result) for result in results] == calm


# --------------------------------------------------------------------------- verdicts

CHECKS: dict[str, Check] = {
    "sum": StdinCheck(tests=({"input": "1 2", "output": "3"}, {"input": "5 6", "output": "11"}), timeout_s=20.0),
    "add": CallCheck(
        entry_point="add", tests=({"args": [1, 2], "output": 3}, {"args": [5, 6], "output": 11}), timeout_s=20.0
    ),
    "root": MathCheck(answer=r"\sqrt{2}", timeout_s=20.0),
}
ANSWERS = {
    "sum": ("print(sum(map(int, input().split())))", "print(3)", "print(1 / 0)", "print(*range(1000))"),
    "add": (
        "def add(a, b): return a + b",
        "def add(a, b): return 3",
        "def add(a): return 3",
        "def add(a, b): return [a",
    ),
    "root": (r"\boxed{\frac{2}{\sqrt{2}}}", r"\boxed{\sqrt{3}}", r"\boxed{2^{1/2}}", "none"),
}


def responses() -> list[Response]:
    pairs = [(name, answer) for name, answers in ANSWERS.items() for answer in answers] * 6
    return [
        Response(
            id=f"r{n}", problem_id=name, model="m", answer=answer if name == "root" else f"```python\n{answer}\n```"
        )
        for n, (name, answer) in enumerate(pairs)
    ]


def verdicts_on(batch: list[Response], bench: Bench) -> list[Verdict]:
    """The verdicts but for their times."""
    problems = {name: Problem(id=name, statement="", check=check) for name, check in CHECKS.items()}
    return [replace(verdict, seconds=0.0) for verdict in grade_all(problems, batch, bench)]


@pytest.mark.slow
def test_killed_workers_change_no_verdict(strangers: set[int], bench: Bench) -> None:
    chance, kills, verdicts = random.Random(1), 0, []
    calm = verdicts_on(responses(), bench)
    with ThreadPoolExecutor(1) as thread:
        for start in range(0, len(calm), 12):
            running = thread.submit(verdicts_on, responses()[start : start + 12], bench)
            time.sleep(chance.random() * 0.05)
            kills += sum(map(killed, chance.sample(alive := workers_of(strangers), len(alive) // 2)))
            verdicts += running.result()
    assert kills >= 5
    assert {verdict.status for verdict in calm} == {"correct", "incorrect", "crash"}
    assert verdicts == calm


# --------------------------------------------------------------------------- the owner

OWNER = """
import sys, threading, time
from thalweg.errors import InputError
from thalweg.sandbox import Job, Limits, Pool

def start(source):
    payload = {"source": source, "inputs": [""], "budget_s": 600}
    job = Job(driver="script", payload=payload, limits=Limits(cpu_s=600, wall_s=600, memory_mb=512))
    threads = [threading.Thread(target=pool.run, args=(job,), daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    return threads

try:
    pool = Pool(workers=2, bubblewrap=sys.argv[1] == "bubblewrap")
except InputError as error:
    sys.exit(print(error))
for thread in start("import time; time.sleep(1)"):
    thread.join()
print("ready", flush=True)
input()
start(sys.argv[2])
time.sleep(600)
"""
PRECAUTIONS = """
import ctypes, os, signal, threading, time
libc = ctypes.CDLL(None)
libc.prctl(1, 0, 0, 0, 0)
libc.setsid()
for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except OSError:
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
threading.Thread(target=time.sleep, args=(600,)).start()
"""
BUSY = {
    "spins": "while True: pass",
    "sleeps": "import time\ntime.sleep(600)",
    "takes_precautions": PRECAUTIONS + "time.sleep(600)",
    "takes_precautions_and_spins": PRECAUTIONS + "while True: pass",
}


def born(pid: int) -> str | None:
    """When a process began, which tells it from a later one of the same number; null when it is dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


@pytest.mark.parametrize("around", ["bubblewrap", "bare"])
@pytest.mark.parametrize("source", BUSY.values(), ids=list(BUSY))
def test_nothing_survives_its_owner(around: str, source: str) -> None:
    command = [sys.executable, "-c", OWNER, around, source]
    owner = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    family: dict[int, str | None] = {}
    try:
        assert owner.stdin is not None
        assert owner.stdout is not None
        said = owner.stdout.readline()
        assert said, "the owner failed"
        if said != b"ready\n":
            pytest.skip(said.decode())
        calm = len(descendants(owner.pid))
        owner.stdin.write(b"\n")
        owner.stdin.flush()
        assert settles(lambda: len(descendants(owner.pid)) >= calm + 2, PATIENCE_S), "the jobs never began"
        time.sleep(0.3)  # for the programs to take their precautions
        family = {pid: born(pid) for pid in descendants(owner.pid)}
        owner.kill()
        owner.wait()
        assert settles(lambda: not survivors(family), PATIENCE_S), survivors(family)
    finally:
        owner.kill()
        owner.communicate()
        for pid in survivors(family):
            killed(pid)


def survivors(family: dict[int, str | None]) -> list[int]:
    return [pid for pid, since in family.items() if since is not None and born(pid) == since]
