"""Collecting: what is sent, what is kept, what ends a run. Faults in numbers are in `test_endpoint_faults.py`.

The server here answers as a function says, and keeps the bodies that it was sent.
"""

import errno
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import tiny_tokenizer
from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.generate import collection, crowd
from thalweg.generate.collect import Collected, Progress, collect, pilot
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.journal import Journal
from thalweg.generate.model import Request, Sampling, open_model
from thalweg.generate.price import Price
from thalweg.store import Shards
from thalweg.types import MathCheck, Problem, Response

Body = dict[str, Any]
Answer = Callable[[Body, int], tuple[int, dict[str, str], Any]]  # body, number -> status, headers, body
KEY = "sk-planted+/0123456789"


class Server(ThreadingHTTPServer):
    """Answers as `answer` says; keeps the bodies and headers of what it was asked."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.bodies, self.keys = answer, list[Body](), list[str | None]()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self._send(200, {}, {"data": [{"id": "m"}, {"id": "other"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.bodies.append({**body, "path": self.path})
            self.server.keys.append(self.headers["Authorization"])
            answer = self.server.answer(body, len(self.server.bodies))
        self._send(*answer)

    def _send(self, status: int, headers: dict[str, str], data: Any) -> None:
        payload = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(payload))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    server = Server(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def good(body: Body, number: int) -> tuple[int, dict[str, str], Any]:
    """Repeats the user turn, in as many tokens as requests came so far."""
    said = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
    message = {"role": "assistant", "content": f"answer to {said}"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": number, "total_tokens": 10 + number}
    return 200, {}, {"model": "m", "choices": [choice], "usage": usage}


def error(status: int, message: str, **fields: Any) -> tuple[int, dict[str, str], Any]:
    return status, {}, {"error": {"message": message, **fields}}


def problems_of(count: int) -> list[Problem]:
    return [Problem(id=f"p{n}", statement=f"What is {n}?", check=MathCheck(answer=str(n))) for n in range(count)]


def gather(server: Server, out: Path, count: int = 4, **settings: Any) -> Collected:
    """Collects one response to each of `count` problems; `settings` are the endpoint's and the collection's."""
    own: dict[str, Any] = {"name": "teacher", "sampling": Sampling(max_tokens=50), "prompt": Prompt(), "samples": 1}
    how = {key: settings.pop(key, value) for key, value in own.items()}
    on_progress = settings.pop("on_progress", None)
    endpoint = Endpoint(**{"url": server.url, "model": "m", "max_concurrency": 8, **settings})
    return collect(problems_of(count), endpoint, out=out, on_progress=on_progress, **how)


def read(out: Path) -> list[Response]:
    return list(Shards(out, Response).read())


# --------------------------------------------------------------------------- what is sent


def test_a_request_says_what_the_study_says(tmp_path: Path) -> None:
    sampling = Sampling(max_tokens=50, temperature=0.7, top_p=0.9, top_k=3, seed=1, stop=("END",))
    prompt = Prompt(template="Solve: {statement}", system="Be brief.")
    with serving(good) as server:
        gather(server, tmp_path, 2, sampling=sampling, prompt=prompt, samples=2, extra_body={"top_k": 5, "x": [1]})
    fields = {"model": "m", "temperature": 0.7, "top_p": 0.9, "max_tokens": 50, "stop": ["END"], "top_k": 5, "x": [1]}
    seeds = [body.pop("seed") for body in server.bodies]
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 2**31 for seed in seeds)
    turns = [body.pop("messages") for body in server.bodies]
    assert sorted(turn[1]["content"] for turn in turns) == [f"Solve: What is {n}?" for n in (0, 0, 1, 1)]
    assert all(turn[0] == {"role": "system", "content": "Be brief."} for turn in turns)
    assert server.bodies == [{**fields, "path": "/v1/chat/completions"}] * 4


def test_seeds_are_those_of_problem_and_sample_and_may_be_left_out(tmp_path: Path) -> None:
    with serving(good) as server:
        for folder in ("a", "b"):
            gather(server, tmp_path / folder, 3, samples=2)
        seeds = {(b["messages"][0]["content"], b["seed"]) for b in server.bodies}
        assert len(seeds) == 6
        gather(server, tmp_path / "c", 3, send_seed=False)
    assert all("seed" not in body for body in server.bodies[12:])


def test_completions_are_asked_in_token_ids_as_training_renders_them(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.save_pretrained(tmp_path / "student")

    def complete(_: Body, number: int) -> tuple[int, dict[str, str], Any]:
        text = "<think>END</think>\n4 END and more"
        choice = {"index": 0, "text": text, "finish_reason": "length"}
        return 200, {}, {"choices": [choice], "usage": {"prompt_tokens": 1, "completion_tokens": number}}

    sampling = Sampling(max_tokens=50, stop=("END",))
    with serving(complete) as server:
        where = {"api": "completions", "tokenizer": str(tmp_path / "student")}
        gather(server, tmp_path / "out", 1, sampling=sampling, **where)
    (body,) = server.bodies
    assert body["path"] == "/v1/completions"
    assert tokenizer.decode(body["prompt"]) == "<|im_start|>user\nWhat is 0?<|im_end|>\n<|im_start|>assistant\n"
    assert body["stop_token_ids"] == sorted(tokenizer.convert_tokens_to_ids(["</s>", "<|im_end|>"]))
    assert (body["skip_special_tokens"], body["top_k"]) == (False, 0)
    assert not {"messages", "stop"} & body.keys()
    # A stop string ends the answer and not the thinking, as for a local model.
    (response,) = read(tmp_path / "out")
    assert (response.text, response.finish_reason) == ("<think>END</think>\n4 ", "stop")


def test_a_field_that_the_server_does_not_take_is_mended_and_said_once(tmp_path: Path) -> None:
    def picky(body: Body, number: int) -> tuple[int, dict[str, str], Any]:
        if "seed" in body:
            return 422, {}, {"detail": [{"loc": ["body", "seed"], "msg": "extra fields not permitted"}]}
        if "max_tokens" in body:
            return error(400, "Use 'max_completion_tokens' instead.", param="max_tokens")
        return good(body, number)

    notes: list[str] = []
    with serving(picky) as server:
        found = gather(server, tmp_path, 20, max_attempts=1, on_progress=lambda p: notes.append(p.note))
    assert (found.responses, found.failed) == (20, 0)
    assert server.bodies[-1]["max_completion_tokens"] == 50
    said = "; ".join(note for note in notes if note)
    assert (said.count("'seed'"), said.count("'max_completion_tokens'")) == (1, 1)


@pytest.mark.parametrize("key", [None, KEY])
def test_the_key_goes_into_the_header_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("OPENAI_API_KEY", key)

    def echo(body: Body, number: int) -> tuple[int, dict[str, str], Any]:
        status, headers, data = good(body, number)
        data["choices"][0]["message"]["content"] += f" {KEY}"
        return (status, headers, data) if number % 2 else error(400, f"Bearer {KEY} is not welcome")

    with serving(echo) as server:
        found = gather(server, tmp_path, 8, max_failed_share=1.0)
    assert found.responses == found.failed == 4
    assert set(server.keys) == {None if key is None else f"Bearer {key}"}
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert (KEY.encode() in kept) is (key is None)
    assert all((response.text or "").endswith(KEY if key is None else "[key]") for response in read(tmp_path))


def test_a_key_that_no_header_can_carry_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-\nplanted")
    with serving(good) as server, pytest.raises(InputError, match="OPENAI_API_KEY holds characters") as caught:
        gather(server, tmp_path)
    assert "planted" not in str(caught.value)


# --------------------------------------------------------------------------- what is kept


def test_responses_stand_in_order_with_their_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "_PART", 7)
    told: list[Progress] = []
    with serving(good) as server:
        found = gather(server, tmp_path, 10, samples=2, price=Price(prompt=1, completion=2), on_progress=told.append)
    responses = read(tmp_path)
    assert [r.id for r in responses] == [f"teacher/p{n}/{s}" for n in range(10) for s in range(2)]
    assert all(r.text == f"answer to What is {r.problem_id[1:]}?" == r.answer for r in responses)
    assert [path.name for path in sorted(tmp_path.glob("*.parquet"))] == [f"part-{n:06d}.parquet" for n in range(3)]
    # 1 + 2 + ... + 20 completion tokens, and 10 of each prompt.
    assert found == Collected(responses=20, failed=0, usd=620e-6, prompt_tokens=200, completion_tokens=210)
    assert sum(r.cost_usd or 0 for r in responses) == pytest.approx(620e-6)
    assert (told[-1].done, told[-1].total, told[-1].in_flight, told[-1].usd) == (20, 20, 0, 620e-6)
    assert not (tmp_path / "journal.jsonl").exists()


def test_thinking_that_is_given_apart_stays_apart(tmp_path: Path) -> None:
    def thinking(body: Body, number: int) -> tuple[int, dict[str, str], Any]:
        status, headers, data = good(body, number)
        data["choices"][0]["message"]["reasoning_content"] = "Let me see."
        return status, headers, data

    with serving(thinking) as server:
        gather(server, tmp_path, 1, thinking="required")
    (response,) = read(tmp_path)
    assert (response.text, response.thinking, response.answer) == (None, "Let me see.", "answer to What is 0?")


def test_what_was_paid_for_nothing_is_counted(tmp_path: Path) -> None:
    def wasteful(body: Body, number: int) -> tuple[int, dict[str, str], Any]:
        status, headers, data = good(body, number)
        if number == 1:
            data["choices"][0]["message"]["content"] = ""
        elif number == 2:
            data = b'{"choices"'  # billed, perhaps
        return status, headers, data

    with serving(wasteful) as server:
        found = gather(server, tmp_path, 1, price=Price(prompt=1, completion=2))
    books = json.loads((tmp_path / "spend.json").read_text())
    assert (found.prompt_tokens, found.completion_tokens) == (20, 1 + 3)
    assert (books["usd"], books["wasted_usd"]) == (28e-6, 12e-6)
    assert books["unknown_attempts"] == 1
    assert books["unknown_usd_at_most"] >= 100e-6  # all that a request may generate
    assert [r.cost_usd for r in read(tmp_path)] == [16e-6]


def test_the_folder_of_another_collection_is_refused(tmp_path: Path) -> None:
    with serving(good) as server:
        gather(server, tmp_path)
        asked = len(server.bodies)
        for other in ({"model": "m-0101"}, {"samples": 2}, {"prompt": Prompt(template="{statement}!")}):
            with pytest.raises(InputError, match="made with other settings"):
                gather(server, tmp_path, **other)
        # What does not change the answers may change.
        gather(server, tmp_path, max_concurrency=3, price=Price(prompt=1), timeout_s=7)
    assert len(server.bodies) == asked


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_too_many_failures_are_an_error_and_a_tolerated_share_is_not(tmp_path: Path, share: float) -> None:
    def one_refused(body: Body, number: int) -> tuple[int, dict[str, str], Any]:
        if body["messages"][0]["content"] == "What is 1?":
            return error(400, "This model's maximum context length is 8 tokens.")
        return good(body, number)

    with serving(one_refused) as server:
        if share:
            assert gather(server, tmp_path, max_failed_share=share).failed == 1
            assert [r.problem_id for r in read(tmp_path)] == ["p0", "p2", "p3"]
        else:
            with pytest.raises(InputError, match=r"1 of 4 requests failed \(1 too long for the model's context\)"):
                gather(server, tmp_path)
            assert not list(tmp_path.glob("*.parquet"))
    (failure,) = map(json.loads, (tmp_path / "failures.jsonl").read_text().splitlines())
    assert (failure["problem_id"], failure["sample"], failure["attempts"]) == ("p1", 0, 1)
    with serving(good) as server:
        found = gather(server, tmp_path)
        assert (found.responses, found.failed, len(server.bodies)) == (4, 0, 1)
    assert not (tmp_path / "failures.jsonl").exists()
    assert len(read(tmp_path)) == 4


def test_a_failure_of_a_round_that_was_cut_off_is_not_asked_again(tmp_path: Path) -> None:
    def refuse_one(body: Body, number: int) -> tuple[int, dict[str, str], Any]:
        return error(400, "No.") if body["messages"][0]["content"] == "What is 0?" else good(body, number)

    with serving(refuse_one) as server:
        stopped = gather(server, tmp_path, 40, budget_tokens=700, max_concurrency=1)
        assert (stopped.stopped, stopped.failed) == ("budget_tokens", 1)
        found = gather(server, tmp_path, 40, max_failed_share=1.0)
        assert (found.responses, found.failed) == (39, 1)
        assert len(server.bodies) == 40


def test_a_killed_runs_requests_in_flight_count_as_unknown(tmp_path: Path) -> None:
    with serving(good) as server:
        gather(server, tmp_path, 10, budget_tokens=340, max_concurrency=1)
        journal = tmp_path / "journal.jsonl"
        rows = journal.read_text().splitlines(keepends=True)
        journal.write_text("".join(row for row in rows if '"landed"' not in row))  # as a kill leaves it
        gather(server, tmp_path, 10)
    assert json.loads((tmp_path / "spend.json").read_text())["unknown_attempts"] == 1


def test_a_full_disk_ends_the_run_and_the_next_one_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append, calls = Journal.append, list[int]()

    def full(journal: Journal, rows: Any) -> list[int]:
        calls.append(1)
        if len(calls) > 8:
            raise OSError(errno.ENOSPC, "No space left on device")
        return append(journal, rows)

    monkeypatch.setattr(Journal, "append", full)
    with serving(good) as server:
        with pytest.raises(OSError, match="No space left"):
            gather(server, tmp_path, 100, max_concurrency=2)
        monkeypatch.undo()
        assert gather(server, tmp_path, 100).responses == 100
    assert len(server.bodies) <= 100 + 2


# --------------------------------------------------------------------------- what ends a run


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (error(401, "Incorrect API key"), r"does not accept the key \(401\).*OPENAI_API_KEY"),
        (error(402, "Insufficient Balance"), r"no credit \(402\): Insufficient Balance"),
        (error(429, "You exceeded your quota", code="insufficient_quota"), r"no credit \(429\)"),
        (error(404, "Not Found"), r"nothing is served there \(404\): Not Found; does the URL end in /v1"),
        (error(400, "top_k is unknown"), r"the first 16 requests were all refused \(400\): top_k is unknown"),
        (error(403, "Your region"), r"all refused \(403\): Your region"),
    ],
)
def test_an_error_of_all_requests_ends_the_run(
    tmp_path: Path, answer: tuple[int, dict[str, str], Any], says: str
) -> None:
    with serving(lambda *_: answer) as server, pytest.raises(InputError, match=says):
        gather(server, tmp_path, 100)
    assert len(server.bodies) <= 32


def test_a_model_that_is_not_served_is_told_with_those_that_are(tmp_path: Path) -> None:
    says = "the server has no model 'gone'; it offers m, other"
    with serving(lambda *_: error(404, "no")) as server, pytest.raises(InputError, match=says):
        gather(server, tmp_path, model="gone")


def test_another_name_in_the_answers_may_be_declared(tmp_path: Path) -> None:
    with serving(good) as server:
        with pytest.raises(InputError, match="4 answered by another model"):
            gather(server, tmp_path / "a", model="deployment", max_attempts=2)
        assert gather(server, tmp_path / "b", model="deployment", answers_as="m").responses == 4


def test_a_server_that_nobody_can_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "FIRST_CONTACT_S", 0.3)
    with serving(good) as server:
        pass
    with pytest.raises(InputError, match=r"127\.0\.0\.1.*cannot be reached.*check the URL"):
        gather(server, tmp_path)


# --------------------------------------------------------------------------- pilots and judges


def test_a_pilots_requests_are_not_asked_again(tmp_path: Path) -> None:
    with serving(good) as server:
        endpoint = Endpoint(url=server.url, model="m", price=Price(prompt=1, completion=2))
        sampling = Sampling(max_tokens=50)
        how: dict[str, Any] = {"name": "teacher", "sampling": sampling, "prompt": Prompt(), "samples": 2}
        first = pilot(problems_of(10), endpoint, requests=5, out=tmp_path, **how)
        assert pilot(problems_of(10), endpoint, requests=5, out=tmp_path, **how) == first
        assert len(server.bodies) == 5
        assert collect(problems_of(10), endpoint, out=tmp_path, **how).responses == 20
        assert len(server.bodies) == 20
        with pytest.raises(InputError, match="all responses are there"):
            pilot(problems_of(10), endpoint, requests=5, out=tmp_path, **how)
    assert (first.requests, first.failed, first.prompt_tokens) == (5, 0, (10.0, 10.0, 10.0))
    # 1 to 5 tokens: mean 3, deviation 1.5811, t(0.975; 4) = 2.7764.
    assert first.completion_tokens == pytest.approx((3.0, 1.0368, 4.9632), abs=1e-4)
    assert first.usd is not None
    assert first.usd.value == pytest.approx(16e-6)
    assert first.cut_share.value == 0


def test_an_endpoint_is_a_model_like_any_other() -> None:
    with serving(good) as server:
        model = open_model(f"endpoint:{server.url}#m", sampling=Sampling(max_tokens=50), prompt=Prompt())
        first, second = problems_of(2)
        responses = model.respond([Request(second, 3), Request(first, 0), Request(second, 1)])
        assert model.respond([]) == []
    assert [r.id for r in responses] == ["m/p1/3", "m/p0/0", "m/p1/1"]
    assert [r.answer for r in responses] == [f"answer to What is {n}?" for n in (1, 0, 1)]
