"""Teachers behind endpoints in a study: sections, what is refused, what changes answers, what a pilot tells."""

import io
import sys
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.faulty_server import Behaviour, serving
from tests.tiny import tiny_student
from thalweg import Study, recipes, store, verbs, watch
from thalweg.chat import Prompt
from thalweg.cli.endpoints import endpoint_of_options
from thalweg.cli.endpoints import price_of as price_of_option
from thalweg.cli.options import EndpointOptions
from thalweg.engine.local import run_inline
from thalweg.errors import InputError
from thalweg.generate import Sampling
from thalweg.generate.collect import Collected, Interval, Pilot, Progress
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.price import Price
from thalweg.generate.prompts import SETS
from thalweg.problems import load_problems
from thalweg.study.config import Loaded, load
from thalweg.study.data import teacher_mark
from thalweg.study.endpoints import (
    FAILURES,
    SPEND,
    EndpointSection,
    Notes,
    check_budget,
    failures,
    looks_like_key,
    secrets_in,
)
from thalweg.study.folder import Folder
from thalweg.study.inputs import read_inputs
from thalweg.study.paid import check_paid, cost_nothing
from thalweg.study.pilot import Estimate, read_pilot, write_pilot
from thalweg.study.places import endpoint_of_teacher, teacher_name
from thalweg.study.plan import plan
from thalweg.study.plan_text import bill_lines
from thalweg.study.run import Watcher
from thalweg.study.serving import Serve
from thalweg.types import Response

SPEC = "endpoint:http://localhost:9/v1#big-7b"
KEY = "sk-proj-0123456789abcdefABCDEF"  # of nobody


SMALL: dict[str, Any] = {
    "problems": {"source": "miniature", "split": "train", "count": 12},
    "benchmarks": {"miniature": {"source": "miniature", "split": "test", "count": 4, "max_tokens": 8}},
    "sizes": [0, 8],
    "arms": {"random": {}},
}


def study(
    folder: Path, endpoint: dict[str, Any] | None = None, model: str = SPEC, tokens: int = 1000, **changes: Any
) -> Loaded:
    """The miniature with a teacher behind an endpoint."""
    asked = {"model": model, "max_tokens": tokens, "samples": 2, **({"endpoint": endpoint} if endpoint else {})}
    teachers = {"line": asked, "direct": {"model": "tracer:direct"}}
    file = folder / "study" / "study.yaml"
    return load(file if file.exists() else recipes.copy("miniature", file.parent), {"teachers": teachers, **changes})


def test_a_study_says_how_an_endpoint_is_asked(tmp_path: Path) -> None:
    section = {"max_concurrency": 8, "key_env": "MY_KEY", "budget_usd": 5, "extra_body": {"top_k": 20}}
    loaded = study(tmp_path, section, prices={"line": {"prompt": 0.5, "completion": 2.2}})
    assert endpoint_of_teacher(loaded, "line") == Endpoint(
        url="http://localhost:9/v1",
        model="big-7b",
        max_concurrency=8,
        key_env="MY_KEY",
        budget_usd=5,
        extra_body={"top_k": 20},
        price=Price(prompt=0.5, completion=2.2),
    )
    assert endpoint_of_teacher(loaded, "direct") is None
    assert teacher_name(loaded.config.teachers["line"]) == "big-7b"


def test_a_section_has_all_that_an_endpoint_takes() -> None:
    assert {part.name for part in fields(Endpoint)} == {"url", "model", "price", *EndpointSection.model_fields}


def test_a_number_is_the_price_of_generated_tokens(tmp_path: Path) -> None:
    assert study(tmp_path, prices={"line": 2.2}).config.price_of("line") == Price(completion=2.2)


def test_a_tokenizer_is_looked_for_beside_the_study(tmp_path: Path) -> None:
    loaded = study(tmp_path, {"api": "completions", "tokenizer": "tok"})
    (loaded.folder / "tok").mkdir()
    found = endpoint_of_teacher(loaded, "line")
    assert found is not None
    assert found.tokenizer == str(loaded.folder / "tok")


# --------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("endpoint", "model", "changes", "said"),
    [
        (None, "endpoint:localhost:9/v1#m", {}, "is no HTTP address"),
        (None, "endpoint:http://localhost:9/v1", {}, "write endpoint:http://host:8000/v1#MODEL"),
        (None, f"endpoint:http://me:{KEY}@host/v1#m", {}, "holds a user or a password"),
        (None, f"endpoint:http://host/{KEY}/v1#m", {}, "looks like a key"),
        ({"key_env": KEY}, SPEC, {}, "give the name of the variable that holds the key"),
        ({"extra_body": {"a": [{"api_key": "x"}]}}, SPEC, {}, "extra_body.a[0].api_key: that looks like a key"),
        ({"extra_body": {"metadata": f"Bearer {KEY}"}}, SPEC, {}, "extra_body.metadata: that looks like a key"),
        ({"extra_body": KEY}, SPEC, {}, "endpoint.extra_body"),
        ({"api_key": KEY}, SPEC, {}, "unknown key 'teachers.line.endpoint.api_key'"),
        ({"budget_usd": 5}, SPEC, {}, "a budget in dollars needs a price"),
        ({"api": "completions"}, SPEC, {}, "needs a tokenizer"),
        ({"max_concurrency": 0}, SPEC, {}, "greater than 0"),
        ({"max_concurrency": 4}, "tracer:line", {}, "'endpoint' says how a model 'endpoint:URL#MODEL' is asked"),
        (None, SPEC, {"prices": {"line": {"prompts": 1}}}, "prices.line"),
    ],
)
def test_sections_that_cannot_be_are_refused_and_keys_not_repeated(
    endpoint: dict[str, Any] | None, model: str, changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        study(tmp_path, endpoint, model, **changes)
    assert said in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("text", [KEY, "hf_abcdefghijklmnopqrstuvwx", "gsk_0123456789abcdef0123", f"Bearer {KEY}"])
def test_what_looks_like_a_key(text: str) -> None:
    assert looks_like_key(text)


@pytest.mark.parametrize(
    "text", ["endpoint:http://host:8000/v1#sk", "deepseek-r1-distill-qwen-7b", "task-specific-text"]
)
def test_what_does_not(text: str) -> None:
    assert not looks_like_key(text)
    assert list(secrets_in({"max_tokens": 5, "stop_token_ids": [1], "user": text})) == []


def test_the_very_key_is_found_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "plain words")
    assert list(secrets_in({"a": {"b": "plain words"}}, "MY_KEY")) == ["a.b"]


def test_a_key_that_is_not_set_is_missed_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = study(tmp_path, {"key_env": "MY_KEY"}, **SMALL)
    monkeypatch.delenv("MY_KEY", raising=False)
    with pytest.raises(InputError, match="the environment variable MY_KEY is not set"):
        read_inputs(loaded, Folder(loaded.folder))
    monkeypatch.setenv("MY_KEY", "x")
    assert read_inputs(loaded, Folder(loaded.folder)).problems["train"]


# --------------------------------------------------------------------------- what answers depend on


@pytest.mark.parametrize(
    ("endpoint", "changes", "same"),
    [
        ({"max_concurrency": 4, "timeout_s": 5, "max_attempts": 2, "key_env": "K", "thinking": "required"}, {}, True),
        ({"budget_usd": 5, "budget_tokens": 7, "max_failed_share": 0.1}, {"prices": {"line": 1.0}}, True),
        ({"requests_per_minute": 5, "tokens_per_minute": 7}, {}, True),
        ({"send_seed": True}, {}, True),
        ({"send_seed": False}, {}, False),
        ({"extra_body": {"top_k": 20}}, {}, False),
        (None, {"prompt": {"set": "auto"}}, False),
        (None, {"model": "endpoint:https://elsewhere/v1#big-7b"}, True),
        (None, {"model": "endpoint:http://localhost:9/v1#other"}, False),
    ],
)
def test_limits_and_prices_change_no_answer(
    endpoint: dict[str, Any] | None, changes: dict[str, Any], same: bool, tmp_path: Path
) -> None:
    before = teacher_mark(study(tmp_path / "a"), "line", [])
    assert (teacher_mark(study(tmp_path / "b", endpoint, **changes), "line", []) == before) is same


def test_paid_responses_are_not_thrown_away(tmp_path: Path) -> None:
    loaded = study(tmp_path, {"budget_tokens": 5})
    folder = Folder(loaded.folder)
    out = folder.teacher_responses("line")
    check_paid(loaded, folder, [])
    store.mark_done(out / ".inputs", teacher_mark(loaded, "line", []))
    store.write_json(out / SPEND, {"usd": 12.5, "responses": 7})
    check_paid(loaded, folder, [])
    check_paid(study(tmp_path, {"budget_tokens": 50}), folder, [])
    other = study(tmp_path, {"send_seed": False})
    with pytest.raises(
        InputError, match=r"holds responses of an endpoint \(\$12.50\) that were made with other settings"
    ):
        check_paid(other, folder, [])


@pytest.mark.parametrize(
    ("rows", "nothing"),
    [
        ("collection run flight landed", True),
        ("collection run flight landed run flight failure landed", True),
        ("collection run flight response landed", False),
        ("collection run flight waste landed", False),
        ("collection run flight unknown landed", False),
        ("collection run flight", False),
        ("collection run flight failure", False),
        ("collection run flight run flight landed", False),
        ("", True),
    ],
)
def test_a_try_that_cost_nothing_holds_no_folder(rows: str, nothing: bool, tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text("".join(f'{{"row": "{row}"}}\n' for row in rows.split()))
    store.write_json(tmp_path / SPEND, {"usd": None, "responses": 0})
    assert cost_nothing(tmp_path) is nothing
    (tmp_path / "notes.txt").touch()
    assert not cost_nothing(tmp_path), "somebody's own file"


def test_a_wrong_model_is_put_right_in_the_same_folder(tmp_path: Path) -> None:
    problems = load_problems("miniature", split="test", count=2)
    how: Any = {"samples": 1, "sampling": Sampling(max_tokens=50), "prompt": Prompt()}
    with serving(Behaviour()) as server:
        with pytest.raises(InputError, match="has no model 'other'; it offers teacher"):
            verbs.generate(problems, f"endpoint:{server.url}#other", tmp_path / "out", **how)
        assert verbs.generate(problems, f"endpoint:{server.url}#teacher", tmp_path / "out", **how).responses == 2


def test_a_budget_ends_a_collection_in_a_sentence() -> None:
    endpoint = Endpoint(url="http://h/v1", model="m", budget_tokens=1000)
    done = Collected(responses=90, failed=10, usd=None, prompt_tokens=1, completion_tokens=2)
    check_budget(done, "teachers.x", 100, endpoint)
    with pytest.raises(InputError, match=r"budget_tokens \(1,000 tokens\) is spent; 90 of 5,000 responses are there"):
        check_budget(replace(done, stopped="budget_tokens"), "teachers.x", 5000, endpoint)


def test_failures_are_counted_by_reason(tmp_path: Path) -> None:
    assert failures(tmp_path) == Counter()
    rows = [{"problem_id": "p", "sample": 0, "reason": reason} for reason in ("timeout", "refused", "timeout")]
    (tmp_path / FAILURES).write_text("".join(store.json_line(row) for row in rows))
    assert failures(tmp_path) == Counter({"timeout": 2, "refused": 1})


# --------------------------------------------------------------------------- plans and pilots

PILOT = Pilot(
    requests=20,
    failed=0,
    prompt_tokens=Interval(100, 90, 110),
    completion_tokens=Interval(400, 300, 500),
    usd=Interval(0.001, 0.0008, 0.0012),
    latency_s=Interval(4, 3, 5),
    cut_share=Interval(0.25, 0.1, 0.5),
)


def test_a_pilot_prices_the_rest() -> None:
    found = Estimate(PILOT, 10_020, there=20, spent=0.02)
    assert found.tokens == (10_000 * 500, 10_000 * 390, 10_000 * 610)
    assert found.usd == pytest.approx((10, 8, 12))
    endpoint = Endpoint(url="http://h/v1", model="m", max_concurrency=40, price=Price(completion=2), budget_usd=5)
    assert found.hours(endpoint) == pytest.approx(10_000 / 10 / 3600)
    assert found.hours(replace(endpoint, requests_per_minute=60)) == pytest.approx(10_000 / 3600)
    assert found.hours(replace(endpoint, tokens_per_minute=500)) == pytest.approx(10_000 / 60)
    text = "\n".join(found.lines(endpoint))
    assert (
        "the other 10,000: 5,000,000 [3,900,000, 6,100,000] tokens, $10.00 [8.00, 12.00], about 17 min with 40" in text
    )
    assert "25 % of the pilot's responses were cut off" in text
    assert "budget_usd of $5.00 is enough for about 50 % of the requests" in text
    assert "budget_usd" not in "\n".join(found.lines(replace(endpoint, budget_usd=11)))


def test_a_plan_says_on_what_the_price_of_an_endpoint_rests(tmp_path: Path) -> None:
    section = {"budget_usd": 5}
    loaded = study(tmp_path, section, prices={"line": {"prompt": 1, "completion": 2}}, sizes=[0, 8])
    text = "\n".join(bill_lines(plan(loaded).bill))
    assert "a guess from half of 'max_tokens'" in text
    assert "budget_usd of $5.00 would be spent before all are there" in text
    out = Folder(loaded.folder).teacher_responses("line")
    write_pilot(out, PILOT)
    assert read_pilot(out) == PILOT
    found = plan(loaded).bill
    item = next(item for item in found.items if item.name == "teacher line")
    assert item.usd == pytest.approx((16_000 - 20) * 0.001)
    assert "pilot of 20 requests" in "\n".join(bill_lines(found))
    assert "tokens of line from its pilot" in plan(loaded).basis


def test_a_bar_says_how_fast_and_how_dear() -> None:
    notes = Notes()
    notes(Progress(100, 1000, 2, 16, 16, 1.0, 5000, 10.0))
    said = notes(Progress(200, 1000, 3, 200, 256, 2.0, 55_000, 20.0))
    assert said == "10.0/s, 5,000 tokens/s, 200 of 256 in flight, 3 failed, $2.00 of about $10.00"
    assert notes(Progress(1000, 1000, 0, 0, 0, None, 0, 20.0)) == "90.0/s"


def test_asking_is_told_in_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(watch, "_console", Console(file=out, width=200))
    monkeypatch.setattr(watch, "_LOG_EVERY_S", 0.0)
    with watch.answering() as report:
        report(Progress(0, 100, 0, 16, 16, 0.0, 0, 0.0))
        report(Progress(50, 100, 1, 32, 32, 0.5, 500, 5.0, "the server takes no seed"))
    watch.show_prompt("[user]\n**1** + 1?")
    text = out.getvalue()
    assert "50/100  10.0/s, 100 tokens/s, 32 of 32 in flight, 1 failed, $0.50 of about $1.00, about 5 s left" in text
    assert "the server takes no seed" in text
    assert "[user]\n**1** + 1?" in text, "brackets are no markup"


# --------------------------------------------------------------------------- against a server


class Said(Watcher):
    """Keeps the prompts that a run shows."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def prompt(self, text: str) -> None:
        self.prompts.append(text)


def test_a_study_stops_at_a_budget_and_goes_on_from_its_pilot(tmp_path: Path) -> None:
    each = 100_100  # tokens of a response of this server, and some

    def asked(model: str, budget: int, **section: Any) -> Study:
        return Study(study(tmp_path, {"budget_tokens": budget, **section}, model, each, **SMALL))

    with serving(Behaviour()) as server:
        model = f"endpoint:{server.url}#teacher"
        assert asked(model, 10 * each).pilot(4) == ["line"]
        assert server.stats()["requests"] == 4
        assert "pilot of 4 requests" in "\n".join(bill_lines(asked(model, 10 * each).plan().bill))
        said = Said()
        with pytest.raises(InputError, match=r"budget_tokens \(1,001,000 tokens\) is spent; \d+ of 24 responses"):
            asked(model, 10 * each).run("responses", said, run_inline)
        assert said.prompts[0].startswith("first prompt of kind 'output' (problem ")
        assert len(said.prompts) == 1
        first = server.stats()["requests"]
        assert 4 < first <= 10
        whole = asked(model, 100 * each, max_concurrency=3).run("responses", said, run_inline)
        assert server.stats()["requests"] == 24, "nothing is asked twice"
        whole.run("responses", said, run_inline)
        assert server.stats()["requests"] == 24
        assert len(list(store.read(whole.folder.teacher_responses("line"), Response))) == 24
        assert not any("teacher" in line for line in bill_lines(whole.plan().bill))
        assert asked(model, 50 * each, timeout_s=5.0).changed() is None
        assert asked(model, 50 * each, extra_body={"top_k": 1}).changed() == "teachers"
        with pytest.raises(InputError, match="holds responses of an endpoint that were made with other settings"):
            asked(model, 10 * each, send_seed=False).run("responses", said, run_inline)


def test_generate_asks_what_is_missing_and_evaluate_goes_the_same_way(tmp_path: Path) -> None:
    problems = load_problems("miniature", split="test", count=6)
    how: Any = {"samples": 2, "sampling": Sampling(max_tokens=50), "prompt": Prompt(templates=SETS["auto"])}
    shown: list[str] = []
    with serving(Behaviour(faults={"500": 0.2})) as server:
        model, out = f"endpoint:{server.url}#teacher", tmp_path / "responses"
        priced = EndpointSection().endpoint(model, Price(completion=1.0))
        lines = verbs.pilot(problems, model, out, 3, endpoint=priced, on_prompt=shown.append, **how)
        assert lines[0].startswith("pilot of 3 requests")
        done = verbs.generate(problems, model, out, endpoint=priced, **how)
        assert (done.responses, done.failed.total()) == (12, 0)
        assert done.usd == pytest.approx(12 * 0.1, rel=0.01)
        assert done.line(out) == f"{out}: 12 responses, ${done.usd:.2f}"
        requests = server.stats()["requests"]
        assert verbs.generate(problems, model, out, **how) == done, "a whole folder costs nothing, whatever the price"
        assert server.stats()["requests"] == requests
        rows = list(store.Shards(out, Response).read())
        assert [row.problem_id for row in rows] == [p.id for p in problems for _ in range(2)]
        with pytest.raises(InputError, match="holds responses made with other settings"):
            verbs.generate(problems[:3], model, out, **how)
        score = verbs.evaluate(problems, model, tmp_path / "score", **how)
        assert (score.problems, score.samples, score.prompt_hash) == (6, 2, how["prompt"].hash)
    assert len(shown) == 1
    assert "exactly as the program gives it" in shown[0]
    with pytest.raises(InputError, match="tracer:line is not behind an endpoint"):
        verbs.pilot(problems, "tracer:line", out, 3, **how)
    with pytest.raises(InputError, match="teachers: none is behind an endpoint; leave --pilot out"):
        Study.load(recipes.copy("miniature", tmp_path / "study")).pilot(3)


@pytest.mark.slow
def test_a_served_model_answers_as_a_local_one(tmp_path: Path) -> None:
    student = tiny_student(tmp_path / "student")
    problems = load_problems("miniature", split="test", count=2)
    how: Any = {"samples": 1, "sampling": Sampling(max_tokens=6), "prompt": Prompt(system="Be brief.")}
    prompts: list[str] = []
    serve = Serve(command=f"{sys.executable} {Path(__file__).parent / 'stand_in_server.py'}")
    rows = []
    for spec, served in ((f"local:{student}", None), (f"vllm:{student}", serve)):
        out = tmp_path / spec.partition(":")[0]
        done = verbs.generate(problems, spec, out, serve=served, on_prompt=prompts.append, **how)
        assert (done.responses, done.usd) == (2, None)
        rows.append([(r.id, r.text) for r in store.Shards(out, Response).read()])
    assert rows[0] == rows[1]
    assert prompts[0] == prompts[1]
    assert "<|im_start|>system" in prompts[0]


# --------------------------------------------------------------------------- options of the command line


def test_options_say_the_same_as_a_section() -> None:
    options = EndpointOptions(
        concurrency=4,
        rpm=60,
        key_env="K",
        price="prompt=0.5,completion=2",
        budget_usd=3,
        extra=['user="me"', "top_k=20"],
    )
    assert endpoint_of_options(SPEC, options) == EndpointSection(
        max_concurrency=4,
        requests_per_minute=60,
        key_env="K",
        budget_usd=3,
        extra_body={"user": "me", "top_k": 20},
    ).endpoint(SPEC, Price(prompt=0.5, completion=2))
    completions = endpoint_of_options(SPEC, EndpointOptions(completions="folder"))
    assert completions is not None
    assert (completions.api, completions.tokenizer) == ("completions", "folder")
    assert endpoint_of_options("tracer:line", EndpointOptions()) is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (EndpointOptions(concurrency=0), "--concurrency: key 'max_concurrency'"),
        (EndpointOptions(key_env=KEY), "give the name of the variable"),
        (EndpointOptions(extra=["top_k"]), "--extra: expected KEY=VALUE"),
        (EndpointOptions(extra=[f"user={KEY}"]), "what follows user= is no JSON"),
        (EndpointOptions(extra=[f'user="{KEY}"']), "that looks like a key"),
        (EndpointOptions(price="in=3"), "no price 'in'; use prompt, completion, cached_prompt"),
        (EndpointOptions(price="prompt=cheap"), "prompt is no number"),
        (EndpointOptions(budget_usd=3), "a budget in dollars needs a price"),
        (EndpointOptions(thinking="always"), "thinking"),
    ],
)
def test_options_that_cannot_be_are_refused(options: EndpointOptions, said: str) -> None:
    with pytest.raises(InputError) as caught:
        endpoint_of_options(SPEC, options)
    assert said in str(caught.value)
    assert KEY not in str(caught.value)


def test_options_of_an_endpoint_are_for_endpoints() -> None:
    with pytest.raises(InputError, match="--rpm: it says how an endpoint is asked, and tracer:line is none"):
        endpoint_of_options("tracer:line", EndpointOptions(rpm=5))


def test_a_price_is_read() -> None:
    assert price_of_option("prompt=0.5, cached_prompt=0.1") == Price(prompt=0.5, cached_prompt=0.1)
