"""Runs every attack in one pool and reports as JSON: `python -m attacks.runner --bubblewrap yes|no [NAME ...]`.

While an attack runs, the pool's other worker does innocent work; after it, both do. An attack is reported with its
outcome, what it printed as escaped, what changed on the host, what became of its neighbours, and which processes are
too many.
Not covered: what a grader makes of an attack (tests/test_attacks.py).
"""

import argparse
import json
import os
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from thalweg.sandbox import Job, Limits, Pool, Result, SandboxError

from . import control, endless, harness, kernel, memory, network, output, processes, reading, writing
from .attack import EXIT, HELD, MEMORY, Attack
from .host import Host, descendants, settles

ATTACKS: tuple[Attack, ...] = (
    *processes.ATTACKS,
    *memory.ATTACKS,
    *endless.ATTACKS,
    *output.ATTACKS,
    *network.ATTACKS,
    *reading.ATTACKS,
    *writing.ATTACKS,
    *control.ATTACKS,
    *kernel.ATTACKS,
    *harness.ATTACKS,
)

SHORT = Limits(cpu_s=0.3, wall_s=0.8, memory_mb=512, output_bytes=1 << 18)
LONG = replace(SHORT, cpu_s=10.0, wall_s=60.0)
PATIENCE_S = 10.0  # for a replaced worker to be up again, and for the dead to be gone
_KIT = Path(__file__).with_name("kit.py").read_text(encoding="utf-8")
_NEIGHBOUR = "print(sum(int(x) for x in input().split()))"


def program(source: str, facts: dict[str, Any]) -> str:
    """An attack as a whole program, which prints `held` where it gets to its end."""
    return f"{_KIT}\nHOST.update({facts!r})\n{source}\nprint({HELD!r}, flush=True)\n"


def outcome(result: Result) -> str:
    """How an attack ended; `held` means that it got to its own end."""
    if result.end != EXIT:
        return result.end
    last = result.records[-1] if result.records and isinstance(result.records[-1], dict) else {}
    if last.get("memory"):
        return MEMORY
    return HELD if result.code == 0 and result.stdout.endswith(b"held\n") else EXIT


def run_all(bubblewrap: bool, names: list[str]) -> dict[str, Any]:
    """The whole report."""
    host = Host()
    try:
        with Pool(workers=2, bubblewrap=bubblewrap) as pool, ThreadPoolExecutor(4) as threads:
            _neighbours(pool, threads)  # both workers are up
            report = {"isolation": str(pool.isolation), "strong": pool.isolation.strong, "uid": os.getuid()}
            calm = len(descendants(os.getpid()))
            chosen = [attack for attack in ATTACKS if not names or attack.name in names]
            attacks = [_run_one(pool, threads, host, attack, calm) for attack in chosen]
        left = settles(lambda: not descendants(os.getpid()), PATIENCE_S)
        return {**report, "attacks": attacks, "left": [] if left else list(descendants(os.getpid()).values())}
    finally:
        host.close()


def _run_one(pool: Pool, threads: ThreadPoolExecutor, host: Host, attack: Attack, calm: int) -> dict[str, Any]:
    start = time.monotonic()
    facts = host.facts
    limits = replace(SHORT if attack.takes_time else LONG, memory_mb=attack.memory_mb)
    running = threads.submit(_run, pool, program(attack.source, facts), "", limits)
    meanwhile = threads.submit(_neighbour, pool)
    first = _ending(running)
    looking = [threads.submit(_run, pool, program(attack.then, facts)) for _ in range(2)] if attack.then else []
    endings = [first, *(_ending(look) for look in looking)]
    neighbours = [_kept(meanwhile), *_neighbours(pool, threads)]
    printed = "".join(ending["stdout"] + ending["stderr"] for ending in endings)
    settled = settles(lambda: len(descendants(os.getpid())) <= calm, PATIENCE_S)
    effects = host.effects() + (["the secret was printed"] if host.secret in printed else [])
    return {
        "name": attack.name,
        "ends": attack.ends,
        "outcome": first["outcome"],
        "later": [ending["outcome"] for ending in endings[1:]],
        "escaped": [line for line in printed.splitlines() if "ESCAPED" in line][:20],
        "effects": effects,
        "neighbours": neighbours,
        "processes": [] if settled else list(descendants(os.getpid()).values()),
        "stdout": first["stdout"][-2000:],
        "stderr": first["stderr"][-2000:],
        "bytes": first["bytes"],
        "seconds": round(time.monotonic() - start, 2),
    }


def _run(pool: Pool, source: str, stdin: str = "", limits: Limits = LONG) -> Result:
    payload = {"source": source, "inputs": [stdin], "budget_s": limits.wall}
    return pool.run(Job(driver="script", payload=payload, limits=limits))


def _ending(running: "Future[Result]") -> dict[str, Any]:
    """What became of an attack; `lost` where the sandbox itself gave up."""
    try:
        result = running.result()
    except SandboxError as error:
        return {"outcome": f"lost: {error}", "stdout": "", "stderr": "", "bytes": 0}
    texts = {name: getattr(result, name).decode(errors="replace") for name in ("stdout", "stderr")}
    return {"outcome": outcome(result), "bytes": len(result.stdout) + len(result.stderr), **texts}


def _neighbour(pool: Pool) -> bool:
    result = _run(pool, _NEIGHBOUR, "1 2 3")
    return result.end == "exit" and result.code == 0 and result.stdout == b"6\n"


def _kept(running: "Future[bool]") -> bool:
    try:
        return running.result()
    except SandboxError:
        return False


def _neighbours(pool: Pool, threads: ThreadPoolExecutor) -> list[bool]:
    """Innocent work on both workers at once."""
    return [_kept(running) for running in [threads.submit(_neighbour, pool) for _ in range(4)]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bubblewrap", choices=("yes", "no"), required=True)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    json.dump(run_all(given.bubblewrap == "yes", given.names), sys.stdout)


if __name__ == "__main__":
    main()
