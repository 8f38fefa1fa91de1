"""Collecting from a server that fails in every way we know of: nothing lost, nothing twice, every cent accounted for.

The server is `tests.faulty_server`, in a process of its own; it keeps books of what it was asked and what it billed,
and every billed response has a number that is its count of completion tokens. The collection that is killed runs in a
process of its own, too: `thalweg generate`. No assertion is about speed.
"""

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faulty_server import Behaviour, Delivery, serving
from thalweg import store
from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.generate import crowd
from thalweg.generate.collect import Collected, collect
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.model import Sampling
from thalweg.generate.price import Price
from thalweg.store import Shards
from thalweg.types import Problem, Response, TextCheck

PRICE = {"prompt": 1.0, "completion": 3.0, "cached_prompt": 0.25}  # dollars per million tokens
FAULTS = {
    "429": 0.01,
    "429-seconds": 0.002,
    "429-date": 0.001,
    "500": 0.03,
    "503": 0.01,
    "reset": 0.01,
    "reset-midway": 0.01,
    "stall": 0.003,
    "stall-midway": 0.003,
    "truncated": 0.02,
    "cut-chunks": 0.02,
    "page": 0.01,
    "drip": 0.003,
    "empty": 0.02,
    "wrong-model": 0.02,
}
FAULTY = Behaviour(faults=FAULTS, refused=0.01, hopeless=0.005)
ATTEMPTS = FAULTY.patience + 1  # so only the refused and the hopeless fail


def endpoint_at(url: str, **settings: Any) -> Endpoint:
    """The server as an endpoint with a price; `settings` change the rest."""
    return Endpoint(url=url, model=settings.pop("model", "teacher"), price=Price(**PRICE), **settings)


def problems_of(count: int) -> list[Problem]:
    check = TextCheck(answer="")
    return [Problem(id=f"p{number}", statement=f"problem {number}", check=check) for number in range(count)]


def collected(endpoint: Endpoint, out: Path, count: int, samples: int = 1) -> Collected:
    """Asks for `samples` responses to each of `count` problems."""
    sampling = Sampling(max_tokens=200_000, temperature=1.0)
    problems = problems_of(count)
    return collect(problems, endpoint, name="t", sampling=sampling, prompt=Prompt(), samples=samples, out=out)


def responses_in(out: Path) -> list[Response]:
    return list(Shards(out, Response).read())


def failures_in(out: Path) -> list[dict[str, Any]]:
    file = out / "failures.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def nano(delivery: Delivery) -> int:
    """What a delivery costs, in nano-dollars: reckoned here, not by the code under test."""
    return 1000 * (delivery.prompt - delivery.cached) + 250 * delivery.cached + 3000 * delivery.completion


def bill(deliveries: Iterable[Delivery]) -> int:
    """What deliveries cost together."""
    return sum(map(nano, deliveries))


def spent_nano(out: Path) -> int:
    """What a collection says that it has spent, in nano-dollars; a float holds such sums to far below one."""
    usd: float = json.loads((out / "spend.json").read_text())["usd"]
    return round(usd * 10**9)


def problem_of(key: str) -> str:
    """The problem's id of a server's key."""
    found = re.match(r"problem (\d+)#", key)
    assert found is not None
    return f"p{found[1]}"


# --------------------------------------------------------------------------- killed and started again


@contextmanager
def generating(out: Path, url: str, problems: Path, *options: object) -> Iterator["subprocess.Popen[str]"]:
    """`thalweg generate` in a process of its own."""
    price = ",".join(f"{name}={dollars}" for name, dollars in PRICE.items())
    command = [
        sys.executable,
        "-m",
        "thalweg",
        "generate",
        "--problems",
        problems,
        "--model",
        f"endpoint:{url}#teacher",
    ]
    settings = ["--out", out, "--max-tokens", 200_000, "--price", price, "--failed-share", 1, *options]
    with subprocess.Popen(
        [*map(str, command + settings)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as p:
        try:
            yield p
        finally:
            p.kill()


def kill_after(process: "subprocess.Popen[str]", out: Path, lines: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Sends a signal as soon as the journal has so many lines; the process must still be at work then."""
    journal = out / "journal.jsonl"
    while not journal.exists() or journal.read_bytes().count(b"\n") < lines:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(how)
    process.wait()


def numbers_in(journal: Path) -> set[int]:
    """The numbers of the deliveries that a journal holds, whatever its format: no other number has six digits."""
    return {int(found) for found in re.findall(rb"\b10\d{4}\b", journal.read_bytes())}


@pytest.mark.parametrize(
    ("count", "most", "latency_s", "timeout_s"),
    [(200, 40, 0.1, 5), pytest.param(5000, 1000, 1.0, 10, marks=pytest.mark.stress)],
)
def test_killed_and_started_again_nothing_is_lost_or_twice_and_the_bill_agrees(
    tmp_path: Path, count: int, most: int, latency_s: float, timeout_s: int
) -> None:
    behaviour, out = replace(FAULTY, latency_s=latency_s), tmp_path / "out"
    problems = tmp_path / "problems.jsonl"
    store.write(problems, problems_of(count))
    with serving(behaviour) as server:
        command = (out, server.url, problems, "--concurrency", most, "--timeout", timeout_s, "--attempts", ATTEMPTS)
        with generating(*command) as first:
            kill_after(first, out, count // 2)
        received = numbers_in(out / "journal.jsonl")
        server.next_era()
        with generating(*command) as second:
            said = second.communicate()
        assert second.returncode == 0, said
        stats = server.stats()
    deliveries = [Delivery(*row) for row in stats["deliveries"]]
    check_each_ended_once(out, behaviour, stats["asked"], deliveries, count)
    # Lost with the kill: what the first process was sent and had not written down.
    lost = [delivery for delivery in deliveries if delivery.era == 0 and delivery.completion not in received]
    assert len(lost) <= min(most, stats["peak"])
    answered = Counter(delivery.key for delivery in deliveries if delivery.kind == "good")
    assert {key for key, times in answered.items() if times > 1} <= {delivery.key for delivery in lost}
    assert max(answered.values()) <= 2
    assert spent_nano(out) == bill(deliveries) - bill(lost)
    assert stats["peak"] <= most
    said_so = f"peak {stats['peak']} in flight, {len(lost)} lost with the kill"
    print(f"{count} requests, {stats['requests']} asked, {said_so}, faults: {stats['faults']}")  # shown by pytest -s


def check_each_ended_once(
    out: Path, behaviour: Behaviour, asked: Mapping[str, int], deliveries: list[Delivery], count: int
) -> None:
    """Exactly one response or one recorded failure a request; responses are deliveries, at their price."""
    responses, failures = responses_in(out), failures_in(out)
    ended = Counter([response.problem_id for response in responses] + [row["problem_id"] for row in failures])
    assert ended == Counter(f"p{number}" for number in range(count))
    assert {row["problem_id"] for row in failures} == {problem_of(k) for k in asked if behaviour.fate(k) != "good"}
    assert [r.problem_id for r in responses] == sorted((r.problem_id for r in responses), key=lambda i: int(i[1:]))
    by_number = {delivery.completion: delivery for delivery in deliveries}
    assert len({response.completion_tokens for response in responses}) == len(responses)
    for response in responses:
        delivery = by_number[response.completion_tokens or 0]
        assert delivery.kind == "good"
        assert problem_of(delivery.key) == response.problem_id
        assert round((response.cost_usd or 0) * 10**9) == nano(delivery)
        assert f"delivery {delivery.completion} " in (response.answer or "")


# --------------------------------------------------------------------------- without a kill


@pytest.mark.slow
def test_faults_alone_bring_no_answer_twice_and_the_bill_agrees(tmp_path: Path) -> None:
    behaviour = replace(FAULTY, latency_s=0.05)
    with serving(behaviour) as server:
        endpoint = endpoint_at(server.url, max_concurrency=50, timeout_s=4, max_attempts=ATTEMPTS, max_failed_share=1.0)
        found = collected(endpoint, tmp_path, 300)
        stats = server.stats()
    deliveries = [Delivery(*row) for row in stats["deliveries"]]
    check_each_ended_once(tmp_path, behaviour, stats["asked"], deliveries, 300)
    assert max(Counter(d.key for d in deliveries if d.kind == "good").values()) == 1
    assert round((found.usd or 0) * 10**9) == spent_nano(tmp_path) == bill(deliveries)
    assert found.prompt_tokens + found.completion_tokens == sum(d.prompt + d.completion for d in deliveries)


@pytest.mark.parametrize(
    ("behaviour", "settings"),
    [
        pytest.param(Behaviour(storm=(40, 2.5), latency_s=0.05), {"max_attempts": 2}, id="storm of 429"),
        pytest.param(Behaviour(down=(60, 5.0), latency_s=0.2), {}, id="five seconds away", marks=pytest.mark.slow),
        pytest.param(Behaviour(limit=8, latency_s=0.05), {}, id="a limit of eight that nobody told"),
        pytest.param(Behaviour(rejects=("seed", "max_tokens")), {}, id="fields that it does not take"),
        pytest.param(Behaviour(faults={"drip": 0.05, "stall": 0.05}), {"timeout_s": 2}, id="drips and stalls"),
    ],
)
def test_comes_through_without_a_failure(tmp_path: Path, behaviour: Behaviour, settings: dict[str, Any]) -> None:
    with serving(behaviour) as server:
        found = collected(endpoint_at(server.url, max_concurrency=64, **settings), tmp_path, 200)
        deliveries = server.deliveries()
    assert (found.responses, found.failed, found.stopped) == (200, 0, None)
    assert {response.problem_id for response in responses_in(tmp_path)} == {f"p{number}" for number in range(200)}
    assert len(deliveries) == 200


def test_what_is_there_is_not_asked_again(tmp_path: Path) -> None:
    with serving(Behaviour()) as server:
        endpoint = endpoint_at(server.url)
        first = collected(endpoint, tmp_path, 50, samples=2)
        assert collected(endpoint, tmp_path, 50, samples=2) == first
        assert server.stats()["requests"] == 100
    assert [(r.problem_id, r.sample) for r in responses_in(tmp_path)] == [
        (f"p{number}", sample) for number in range(50) for sample in range(2)
    ]


@pytest.mark.parametrize("budget", [{"budget_usd": 9.05}, {"budget_tokens": 3_020_000}], ids=["dollars", "tokens"])
def test_a_budget_stops_before_it_is_passed_and_a_higher_one_goes_on(tmp_path: Path, budget: dict[str, Any]) -> None:
    # An answer has about 100,000 tokens: some 30 cents.
    with serving(Behaviour(latency_s=0.05)) as server:
        stopped = collected(endpoint_at(server.url, max_concurrency=8, **budget), tmp_path, 60)
        deliveries = server.deliveries()
        assert stopped.stopped == next(iter(budget))
        assert spent_nano(tmp_path) == bill(deliveries)
        assert bill(deliveries) <= 9.05 * 10**9
        assert 20 <= stopped.responses == len(deliveries) <= 30
        whole = collected(endpoint_at(server.url, max_concurrency=8), tmp_path, 60)
        deliveries = server.deliveries()
    assert (whole.responses, whole.failed, whole.stopped) == (60, 0, None)
    assert len(deliveries) == 60
    assert spent_nano(tmp_path) == bill(deliveries)


def test_failures_are_asked_again_by_the_next_run(tmp_path: Path) -> None:
    broken = Behaviour(faults={"500": 1.0}, patience=6)
    with serving(broken) as server:
        endpoint = endpoint_at(server.url, max_attempts=2, max_failed_share=1.0)
        assert [collected(endpoint, tmp_path, 10).failed for _ in range(3)] == [10, 10, 10]
        assert len(failures_in(tmp_path)) == 10
        whole = collected(endpoint, tmp_path, 10)
    assert (whole.responses, whole.failed, failures_in(tmp_path)) == (10, 0, [])


# --------------------------------------------------------------------------- what ends a run


@pytest.mark.parametrize(
    ("behaviour", "settings", "says", "most"),
    [
        pytest.param(Behaviour(key="right"), {"key_env": "THALWEG_TEST_KEY"}, "THALWEG_TEST_KEY", 64, id="wrong key"),
        pytest.param(Behaviour(), {"model": "another"}, "teacher", 0, id="a model that is not served"),
        pytest.param(Behaviour(thinking="hidden"), {"thinking": "required"}, "hides", 64, id="hidden thoughts"),
        pytest.param(Behaviour(thinking="none"), {"thinking": "required"}, "thought", 64, id="no thoughts"),
        pytest.param(Behaviour(refused=1.0), {}, "400", 500, id="more failures than allowed"),
    ],
)
def test_ends_with_an_error_that_says_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: Behaviour,
    settings: dict[str, Any],
    says: str,
    most: int,
) -> None:
    monkeypatch.setenv("THALWEG_TEST_KEY", "sk-wrong")
    with serving(behaviour) as server:
        with pytest.raises(InputError) as caught:
            collected(endpoint_at(server.url, **settings), tmp_path, 500)
        assert server.stats()["requests"] <= most
    assert says in str(caught.value)
    assert "sk-wrong" not in str(caught.value)


def test_a_server_that_is_not_there_ends_the_run_and_keeps_what_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "OUTAGE_S", 2.0)
    with serving(Behaviour(latency_s=0.1, down=(40, 3600))) as server:
        with pytest.raises(InputError) as caught:
            collected(endpoint_at(server.url, max_concurrency=8), tmp_path, 100)
        assert server.url in str(caught.value)
    there = numbers_in(tmp_path / "journal.jsonl")
    with serving(Behaviour()) as server:
        # Another port: the address is not part of what was asked.
        assert collected(endpoint_at(server.url), tmp_path, 100).responses == 100
        assert server.stats()["requests"] == 100 - len(there)


# --------------------------------------------------------------------------- the journal


def test_a_torn_last_line_is_asked_again_and_a_torn_line_within_is_an_error(tmp_path: Path) -> None:
    with serving(Behaviour(latency_s=0.05)) as server:
        stop = endpoint_at(server.url, max_concurrency=8, budget_tokens=1_500_000)
        there = collected(stop, tmp_path, 40).responses
        journal = tmp_path / "journal.jsonl"
        whole = journal.read_bytes()
        journal.write_bytes(whole[:-20])
        assert collected(endpoint_at(server.url), tmp_path, 40).responses == 40
        assert server.stats()["requests"] - there in (40 - there, 41 - there)
    within = tmp_path / "within"
    within.mkdir()
    (within / "journal.jsonl").write_bytes(b"{half\n" + whole)
    with pytest.raises(InputError, match="row 1"):
        collected(endpoint_at("http://127.0.0.1:9/v1"), within, 40)


def test_an_interrupt_keeps_what_came(tmp_path: Path) -> None:
    problems, out = tmp_path / "problems.jsonl", tmp_path / "out"
    store.write(problems, problems_of(60))
    with serving(Behaviour(latency_s=0.3)) as server:
        with generating(out, server.url, problems, "--concurrency", 20) as process:
            kill_after(process, out, 20, signal.SIGINT)
        assert process.returncode != 0
        deliveries = server.deliveries()
        received = numbers_in(out / "journal.jsonl")
        with generating(out, server.url, problems, "--concurrency", 20) as process:
            said = process.communicate()
        assert process.returncode == 0, said
        assert len(responses_in(out)) == 60
        again = server.deliveries()
    assert received == {delivery.completion for delivery in deliveries}
    assert len(again) == 60
