"""Asking an endpoint: throughput against the ideal, and client CPU a request, beside two other clients.

    python -m benchmarks.endpoint [--requests 5120] [--latency 1] [--limit 256] [--rounds 3] [--curator PYTHON]

A healthy server of our own takes `--latency` seconds for every answer and serves `--limit` requests at once; more get a
429. Every client answers the same requests, each with a seed of its own, in a process of its own with a fresh server,
in turn, `--rounds` times:

- `thalweg`: `collect`, every response on disk before its slot is used again, told the server's limit;
- `thalweg, limit not told`: the same, allowed four times the limit, so that it has to find the server's;
- `plain`: `openai.AsyncOpenAI`, one task a request behind `asyncio.Semaphore(limit)`, answers kept in memory only;
- `curator`: bespokelabs-curator (in an environment of its own: `--curator` names its Python), allowed `--limit`
  requests at once, its limits a minute set so high that they do not bind, telemetry and viewer off.

The ideal is `limit / latency` requests a second. *After ramp-up* is from the moment that the server first had 95 % of
the client's own peak in flight to the last request that it was sent, and measures the share of the server's slots that
were at work: an answer counts for the `latency` that it needs, however late it was sent. CPU is of the client's process
with its children, user and system, by `getrusage`, after a warm-up of a few requests (so imports are left out), until
all answers are there (for thalweg and curator: on disk). Everything shares this machine's cores with the server.

5,120 requests, 1 s, limit 256, one round, two cores shared with other work (the benchmark scheduled before it, `chrt -r
1`), openai 3.54, curator 0.1.31:

| client | seconds (ideal 20.0) | of ideal, in all | after ramp-up | CPU ms a request | CPU ratio |
|---|---|---|---|---|---|
| thalweg | 22.3 | 90 % | 96.3 % | 1.44 | 1.0 |
| thalweg, limit not told | 22.4 | 89 % | 96.1 % | 1.62 | 1.1 |
| plain | 25.2 | 79 % | 83.5 % | 3.91 | 2.7 |
| curator | 24.4 | 82 % | 91.9 % | 4.00 | 2.8 |

The machine's mood moves all of them: in another such run plain took 23.0 s and 2.97 ms, curator 23.4 s and 3.94 ms,
and thalweg, which then still waited a round trip for each doubling of its limit, 24.6 s (97.4 % after ramp-up) and
1.57 ms. At a load of 12 without `chrt` thalweg and plain fell to some 75 % and 30 %.
"""

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.faulty_server import ROOT, Behaviour, Delivery, serving

WARM_UP = 32  # requests


class Work(NamedTuple):
    """What a client is to do: ask `requests` times, at most `limit` at once. `folder` is empty and its own."""

    url: str
    requests: int
    limit: int
    folder: Path

    def statement(self, number: int) -> str:
        """The user turn of a request."""
        return f"Problem {number}: what is {number} + {number}? " + "Think well. " * 20


class Run(NamedTuple):
    """One client's run. `busy` is the share of the server's slots at work after ramp-up."""

    seconds: float
    cpu_ms: float  # a request
    busy: float
    peak: int


# --------------------------------------------------------------------------- the clients, each in its own process


def thalweg(work: Work) -> int:
    """Ours; returns how many answers are on disk."""
    from thalweg.chat import Prompt
    from thalweg.generate.collect import collect
    from thalweg.generate.endpoint import Endpoint
    from thalweg.generate.model import Sampling
    from thalweg.types import Problem, TextCheck

    check = TextCheck(answer="")
    problems = [Problem(id=str(i), statement=work.statement(i), check=check) for i in range(work.requests)]
    endpoint = Endpoint(url=work.url, model="teacher", max_concurrency=work.limit)
    sampling = Sampling(max_tokens=8192, temperature=0.6)
    return collect(
        problems, endpoint, name="teacher", sampling=sampling, prompt=Prompt(), samples=1, out=work.folder / "out"
    ).responses


def plain(work: Work) -> int:
    """What one writes in ten lines."""
    import asyncio

    from openai import AsyncOpenAI

    async def main() -> list[str | None]:
        slots = asyncio.Semaphore(work.limit)

        async def ask(client: AsyncOpenAI, number: int) -> str | None:
            async with slots:
                answer = await client.chat.completions.create(
                    model="teacher",
                    messages=[{"role": "user", "content": work.statement(number)}],
                    seed=number,
                    max_tokens=8192,
                    temperature=0.6,
                )
            return answer.choices[0].message.content

        async with AsyncOpenAI(base_url=work.url, api_key="none", max_retries=2) as client:
            return await asyncio.gather(*(ask(client, number) for number in range(work.requests)))

    return sum(answer is not None for answer in asyncio.run(main()))


def curator(work: Work) -> int:
    """bespokelabs-curator's `LLM` with its own OpenAI backend; its token counts come from the copy in litellm."""
    spec = importlib.util.find_spec("litellm")
    assert spec is not None
    assert spec.origin is not None
    os.environ |= {
        "CURATOR_CACHE_DIR": str(work.folder / "curator"),
        "CURATOR_DISABLE_RICH_DISPLAY": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HOME": str(work.folder / "hub"),
        "OPENAI_API_KEY": "none",
        "TELEMETRY_ENABLED": "false",
        "TIKTOKEN_CACHE_DIR": str(Path(spec.origin).parent / "litellm_core_utils" / "tokenizers"),
    }
    from bespokelabs import curator as bespoke  # type: ignore[import-not-found]  # in its own environment

    limits = {
        "base_url": work.url,
        "max_concurrent_requests": work.limit,
        "max_requests_per_minute": 10**6,
        "max_tokens_per_minute": 10**11,
    }
    model = bespoke.LLM(
        model_name="teacher",
        backend="openai",
        backend_params=limits,
        generation_params={"max_tokens": 8192, "temperature": 0.6},
    )
    return len(model([work.statement(number) for number in range(work.requests)]).dataset)


CLIENTS: dict[str, Callable[[Work], int]] = {"thalweg": thalweg, "plain": plain, "curator": curator}


def client_process(name: str, work: Work) -> None:
    """Warms up, does the work, and prints wall and CPU seconds."""
    ask = CLIENTS[name]
    ask(work._replace(requests=WARM_UP, folder=work.folder / "warm-up"))
    before, began = cpu_seconds(), time.perf_counter()
    answers = ask(work)
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu": cpu_seconds() - before, "answers": answers}))


def cpu_seconds() -> float:
    """Of this process and its ended children, user and system."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


# --------------------------------------------------------------------------- measuring


def measure(python: str, name: str, work: Work, latency: float, limit: int) -> Run:
    """Runs a client against a server of its own."""
    with serving(Behaviour(latency_s=latency, limit=limit)) as server, tempfile.TemporaryDirectory() as folder:
        options = ["--requests", str(work.requests), "--limit", str(work.limit)]
        command = [python, "-m", "benchmarks.endpoint", "--client", name, "--url", server.url, "--folder", folder]
        done = subprocess.run([*command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        assert found["answers"] == work.requests, f"{name}: {found['answers']} answers to {work.requests} requests"
        busy, peak = after_ramp_up(server.deliveries()[WARM_UP:], latency, limit)
    return Run(found["seconds"], 1000 * found["cpu"] / work.requests, busy, peak)


def after_ramp_up(deliveries: Sequence[Delivery], latency: float, limit: int) -> tuple[float, int]:
    """The share of the server's slots at work after ramp-up, and the most requests in flight."""
    events = sorted([(d.asked_s, 1) for d in deliveries] + [(d.sent_s, -1) for d in deliveries])
    level, levels = 0, []
    for _, step in events:
        level += step
        levels.append(level)
    peak = max(levels)
    full = next(at for (at, _), level in zip(events, levels, strict=True) if level >= 0.95 * peak)
    last = max(d.asked_s for d in deliveries)
    worked = sum(max(0.0, min(d.asked_s + latency, last) - max(d.asked_s, full)) for d in deliveries)
    return worked / (limit * (last - full)), peak


def table(runs: dict[str, list[Run]], requests: int, ideal: float) -> list[str]:
    """Markdown: medians over the rounds, with the smallest and largest; ratios are to thalweg."""
    first = median_of([run.cpu_ms for run in runs["thalweg"]])
    lines = [
        f"ideal: {ideal:.0f} requests a second, {requests / ideal:.1f} s for {requests:,}",
        "",
        "| client | seconds | of ideal, in all | after ramp-up | peak in flight | CPU ms a request | CPU ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, found in runs.items():
        share = [100 * requests / run.seconds / ideal for run in found]
        cells = (
            name,
            spread([run.seconds for run in found], 1),
            spread(share, 1) + " %",
            spread([100 * run.busy for run in found], 1) + " %",
            f"{median_of([run.peak for run in found]):.0f}",
            spread([run.cpu_ms for run in found], 2),
            f"{median_of([run.cpu_ms for run in found]) / first:.2f}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def median_of(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def spread(values: Sequence[float], digits: int) -> str:
    """`median (smallest to largest)`."""
    low, middle, high = (f"{value:.{digits}f}" for value in (min(values), median_of(values), max(values)))
    return f"{middle} ({low} to {high})"


def main() -> None:
    """Measures all clients in turn, round by round; with `--client`, is one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=5120)
    parser.add_argument("--latency", type=float, default=1.0)
    parser.add_argument("--limit", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--curator", help="the Python of an environment with bespokelabs-curator")
    for hidden in ("--client", "--url", "--folder"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    given: Any = parser.parse_args()
    if given.client is not None:
        client_process(given.client, Work(given.url, given.requests, given.limit, Path(given.folder)))
        return
    clients = [("thalweg", sys.executable, 1), ("thalweg, limit not told", sys.executable, 4)]
    clients += [("plain", sys.executable, 1)]
    clients += [("curator", given.curator, 1)] if given.curator else []
    runs: dict[str, list[Run]] = {name: [] for name, *_ in clients}
    for _ in range(given.rounds):
        for name, python, times in clients:
            work = Work("", given.requests, times * given.limit, Path())
            runs[name].append(measure(python, name.partition(",")[0], work, given.latency, given.limit))
            print(f"{name}: {runs[name][-1]}", file=sys.stderr, flush=True)
    print("\n".join(table(runs, given.requests, given.limit / given.latency)))


if __name__ == "__main__":
    main()
