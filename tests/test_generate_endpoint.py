"""What an endpoint is, what its tokens cost, and what its answers and headers say."""

import json
import pickle
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.errors import InputError
from thalweg.generate.answers import Flaw, Reply, error_message, read_answer, same_model
from thalweg.generate.endpoint import Endpoint, endpoint_of
from thalweg.generate.estimates import mean_interval, share_interval
from thalweg.generate.price import Price, Usage
from thalweg.generate.waits import asked_pause

URL = "http://127.0.0.1:8000/v1"


def test_a_spec_names_an_endpoint() -> None:
    endpoint = endpoint_of(f"endpoint:{URL}#org/model#2")
    assert (endpoint.url, endpoint.model) == (URL, "org/model#2")
    assert pickle.loads(pickle.dumps(endpoint)) == endpoint


@pytest.mark.parametrize("spec", ["endpoint:", "endpoint:http://host/v1", "endpoint:http://host/v1#", "local:x#y"])
def test_a_spec_that_names_none_is_refused(spec: str) -> None:
    with pytest.raises(InputError, match="write endpoint:http://host:8000/v1#MODEL"):
        endpoint_of(spec)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"url": "host:8000/v1"}, "no HTTP address"),
        ({"url": "ftp://host/v1"}, "no HTTP address"),
        ({"url": "http://host:port/v1"}, "cannot be read"),
        ({"url": "http://host/v1?api_key=1"}, "a query"),
        ({"model": ""}, "no model"),
        ({"api": "completions"}, "needs a tokenizer"),
        ({"budget_usd": 1.0}, "needs a price"),
        ({"max_concurrency": 0}, "max_concurrency is 0"),
        ({"max_attempts": 0}, "max_attempts is 0"),
        ({"timeout_s": 0.0}, "timeout_s is 0.0"),
        ({"requests_per_minute": -1.0}, "requests_per_minute is -1.0"),
        ({"budget_tokens": -1}, "budget_tokens is -1"),
        ({"max_failed_share": 1.5}, "max_failed_share is 1.5"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Endpoint(**{"url": URL, "model": "m", **settings})


@pytest.mark.parametrize("spec", ["endpoint:http://me:s3cret@host/v1#m", "endpoint:http://s3cret@host:x/v1"])
def test_a_password_in_a_url_is_refused_and_not_repeated(spec: str) -> None:
    with pytest.raises(InputError) as caught:
        endpoint_of(spec)
    assert "s3cret" not in str(caught.value)


def test_the_key_is_read_from_the_environment_and_kept_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    endpoint = Endpoint(url=URL, model="m")
    named = Endpoint(url=URL, model="m", key_env="TEACHER_KEY")
    assert endpoint.key() is None
    with pytest.raises(InputError, match="TEACHER_KEY is not set"):
        named.key()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-one")
    monkeypatch.setenv("TEACHER_KEY", "sk-two")
    assert (endpoint.key(), named.key()) == ("sk-one", "sk-two")
    assert "sk-" not in repr(named)
    assert b"sk-" not in pickle.dumps(named)


# --------------------------------------------------------------------------- prices


@pytest.mark.parametrize(
    ("price", "usage", "nano"),
    [
        (Price(prompt=0.5, completion=2.2), Usage(100, 1000), 50_000 + 2_200_000),
        (Price(prompt=0.5, completion=2.2, cached_prompt=0.1), Usage(100, 1000, 40), 30_000 + 4_000 + 2_200_000),
        (Price(prompt=0.5), Usage(100, 0, 100), 50_000),
        (Price(prompt=1.0, cached_prompt=0.0), Usage(10, 0, 99), 0),  # a server that counts oddly
        (Price(completion=0.1), Usage(0, 3), 300),
        (Price(completion=0.0001), Usage(0, 5), 0),  # half a nano-dollar, to even
    ],
)
def test_costs_are_whole_nano_dollars(price: Price, usage: Usage, nano: int) -> None:
    assert price.nano(usage) == nano


@given(st.lists(st.integers(0, 100_000), max_size=50), st.integers(0, 100_000))
def test_costs_add_up_without_drift(tokens: list[int], thousandths: int) -> None:
    price = Price(completion=thousandths / 1000)
    assert sum(price.nano(Usage(0, n)) for n in tokens) == thousandths * sum(tokens)


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_a_price_is_a_number_of_dollars(value: float) -> None:
    with pytest.raises(InputError, match="dollars per million tokens"):
        Price(prompt=value)


# --------------------------------------------------------------------------- answers

USAGE = {"prompt_tokens": 7, "completion_tokens": 9}


def body(message: Any = None, finish: Any = "stop", **fields: Any) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return json.dumps({"model": "m", "choices": [choice], "usage": USAGE, **fields}).encode()


@pytest.mark.parametrize(
    ("message", "finish", "reply"),
    [
        ({"content": "4"}, "stop", ("4", None, None, "stop")),
        ({"content": "<think>2+2</think>4"}, "stop", ("<think>2+2</think>4", None, None, "stop")),
        ({"content": "4", "reasoning_content": "2+2"}, "stop", (None, "2+2", "4", "stop")),
        ({"content": "4", "reasoning": "2+2", "reasoning_content": None}, "stop", (None, "2+2", "4", "stop")),
        ({"content": "4", "reasoning_content": ""}, "stop", ("4", None, None, "stop")),
        ({"content": None, "reasoning_content": "2+"}, "length", (None, "2+", None, "length")),
        ({"content": "<think>2+"}, "length", ("<think>2+", None, None, "length")),
        ({"content": ""}, "length", ("", None, None, "length")),
        ({"content": "4"}, None, ("4", None, None, None)),
        ({"content": "4"}, "eos_token", ("4", None, None, "stop")),
        ({"content": "4"}, "max_tokens", ("4", None, None, "length")),
        ({"content": None, "refusal": "No."}, "stop", ("No.", None, None, "stop")),
        ({"content": "half \ud83d"}, "stop", ("half ?", None, None, "stop")),
    ],
)
def test_an_answer_is_read_as_it_was_given(message: Any, finish: Any, reply: tuple[Any, ...]) -> None:
    assert read_answer(body(message, finish), "m") == (*reply, Usage(7, 9))


def test_completions_are_read_too() -> None:
    data = json.dumps({"choices": [{"text": "4", "finish_reason": "stop"}]}).encode()
    assert read_answer(data, "m") == Reply("4", None, None, "stop", None)


def test_cached_and_reasoning_tokens_are_read() -> None:
    usage = {
        **USAGE,
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    found = read_answer(body({"content": "4"}, usage=usage), "m")
    assert found.usage == Usage(7, 9, 3, 5)


@pytest.mark.parametrize(
    ("data", "reason", "then"),
    [
        (b"", "not a whole JSON answer", "again"),
        (body({"content": "4"})[:-5], "not a whole JSON answer", "again"),
        (b"<html>", "not a whole JSON answer", "again"),
        (b"[]", "not a whole JSON answer", "again"),
        (b'{"choices": []}', "not a whole JSON answer", "again"),
        (b'{"error": {"message": "Upstream died", "code": 502}}', "an error in the place of an answer", "again"),
        (body({"content": ""}), "empty answer", "again"),
        (body({"content": " \n"}, None), "empty answer", "again"),
        (body({"content": None, "reasoning_content": "2+2"}), "empty answer", "again"),
        (body({"content": ["4"]}), "not an answer of text", "again"),
        (body({"content": "4"}, "error"), "broken off by the server", "again"),
        (body({"content": "4"}, model="another"), "answered by another model", "again"),
        (body({"content": ""}, "content_filter"), "stopped by a content filter", "never"),
        (body({"content": None}, "tool_calls"), "a tool call instead of an answer", "never"),
    ],
)
def test_what_is_no_answer_says_why_and_whether_to_ask_again(data: bytes, reason: str, then: str) -> None:
    flaw = read_answer(data, "m")
    assert isinstance(flaw, Flaw)
    assert (flaw.reason, flaw.then) == (reason, then)
    assert flaw.unknown is (flaw.usage is None)


@pytest.mark.parametrize(
    ("answered", "asked", "same"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o", True),
        ("gpt-4o-mini", "gpt-4o", False),
        ("gpt-4o-mini-2024-07-18", "gpt-4o", False),
        ("DeepSeek-R1", "deepseek/deepseek-r1:free", True),
        ("deepseek-r1-0528", "deepseek-r1", True),
        ("deepseek-v3", "deepseek-r1", False),
        ("/models/smollm2@main", "/models/smollm2", True),
        ("smollm2", "/models/smollm2/", True),
        ("mistral-large-2411", "mistral-large-latest", True),
        ("qwen2.5-7b-instruct", "qwen2.5-72b-instruct", False),
    ],
)
def test_a_dated_or_shortened_name_is_the_same_model(answered: str, asked: str, same: bool) -> None:
    assert same_model(answered, asked) is same


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"error": {"message": "Too\\n long"}}', "Too long"),
        (b'{"error": "No."}', "No."),
        (b'{"detail": [{"loc": ["body", "seed"]}]}', '[{"loc": ["body", "seed"]}]'),
        (b"<html>", ""),
        (b'{"error": {"message": "' + b"x" * 1000 + b'"}}', "x" * 300),
    ],
)
def test_an_errors_sentence_is_found_and_kept_short(data: bytes, says: str) -> None:
    assert error_message(data) == says


# --------------------------------------------------------------------------- headers


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": formatdate(1000, usegmt=True), "date": formatdate(995, usegmt=True)}, 5.0),
        ({"retry-after": formatdate(1000, usegmt=True), "date": formatdate(1005, usegmt=True)}, 0.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m2.5s"}, 62.5),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "20ms"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "later"}, None),
    ],
)
def test_what_a_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_pause(headers) == (None if seconds is None else pytest.approx(seconds))


# --------------------------------------------------------------------------- a pilot's intervals


def test_a_pilots_intervals() -> None:
    assert mean_interval([5.0]) == (5.0, 0.0, float("inf"))
    # By hand: mean 2, deviation 1, t(0.975; 2) = 4.3027: 2 ± 4.3027 / sqrt(3).
    assert mean_interval([1.0, 2.0, 3.0]) == pytest.approx((2.0, 0.0, 4.4842), abs=1e-4)
    assert share_interval(0, 10) == pytest.approx((0.0, 0.0, 0.2775), abs=1e-4)
    assert share_interval(5, 10) == pytest.approx((0.5, 0.2366, 0.7634), abs=1e-4)
