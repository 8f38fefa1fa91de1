"""lm-eval on our models: its own code runs tasks that lie in a folder, and every item is kept."""

import json
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import tiny_student
from thalweg import store
from thalweg.errors import InputError
from thalweg.study.harness import How, Item, _main, _manager
from thalweg.types import Outcome, Rate, Score
from thalweg.verbs.harness import evaluate_harness

CHOICE = """
task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question}}}}"
doc_to_target: answer
doc_to_choice: choices
metric_list: [{{metric: acc}}, {{metric: acc_norm}}]
metadata: {{version: 3.0}}
"""
GENERATE = """
task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{choices[answer]}}}}"
generation_kwargs: {{until: ["\\n"], max_gen_toks: 4, do_sample: false}}
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
metadata: {{version: 1.0}}
"""
GROUP = "group: tiny_all\ntask: [tiny_choice, tiny_words]\n"


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tasks: two of choices, one that generates, one that executes, one without data, and a group."""
    folder = tmp_path_factory.mktemp("tasks")
    rows = [{"question": f"{n} + 1 =", "choices": [str(n + 1), str(n + 2)], "answer": 0} for n in range(10)]
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, text in {"tiny_choice": CHOICE, "tiny_words": CHOICE, "tiny_free": GENERATE}.items():
        (folder / f"{name}.yaml").write_text(text.format(name=name, data=data))
    (folder / "unsafe.yaml").write_text(GENERATE.format(name="tiny_unsafe", data=data) + "unsafe_code: true\n")
    (folder / "nodata.yaml").write_text(CHOICE.format(name="tiny_nodata", data=folder / "none.jsonl"))
    (folder / "all.yaml").write_text(GROUP)
    return folder


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_student(tmp_path_factory.mktemp("student"))


@pytest.fixture(scope="module", autouse=True)
def _these_tasks_alone() -> Iterator[None]:
    """lm-eval reads fourteen thousand files of its own; only the slow test below needs these."""
    from lm_eval.tasks import TaskManager

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("lm_eval.tasks.TaskManager", partial(TaskManager, include_defaults=False))
        patched.setattr("thalweg.study.harness._manager", cache(_manager.__wrapped__))
        yield


@pytest.fixture(autouse=True)
def _their_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """lm-eval's own warnings are not ours to mend; its caches stay in the test's folder."""
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr("lm_eval.evaluator.add_env_info", lambda _: None)  # a second a call, and not kept
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="lm_eval|datasets|multiprocess")
        yield


def run(spec: str, student: Path, out: Path, tasks: Path, **how: Any) -> list[Score]:
    return evaluate_harness(f"lm-eval:{spec}", f"local:{student}", out, How(tasks=tasks, **how), batch_size=4)


def items(out: Path, task: str) -> list[Item]:
    return list(store.read(out / "harness" / task / "items.parquet", Item))


def test_tasks_are_scored_and_every_item_is_kept(student: Path, tasks: Path, tmp_path: Path) -> None:
    scores = {one.benchmark: one for one in run("tiny_choice,tiny_free", student, tmp_path, tasks)}
    choice, free = scores["tiny_choice"], scores["tiny_free"]
    assert (choice.problems, choice.sampling) == (10, "lm-eval 0.4.13: acc_norm,none")
    assert free.sampling == "lm-eval 0.4.13: exact_match,none"
    assert choice.completion_rate == Rate(value=None, low=None, high=None)
    result = json.loads((tmp_path / "harness" / "tiny_choice" / "result.json").read_text())
    assert (result["harness"], result["task_versions"]) == ("0.4.13", {"tiny_choice": 3.0})
    for name, metric in result["metrics"].items():
        assert metric["value"] == pytest.approx(metric["lm_eval"]["value"])
        assert metric["low"] <= metric["value"] <= metric["high"]
        assert metric["lm_eval"]["stderr"] >= 0
        own = [one.value for one in items(tmp_path, "tiny_choice") if f"{one.metric},{one.filter}" == name]
        assert sum(own) / metric["n"] == pytest.approx(metric["value"])
    outcomes = list(store.read(tmp_path / "scores.parquet", Outcome))
    hits = [row.status == "correct" for row in outcomes if row.benchmark == "tiny_choice"]
    assert len(hits) == 10
    assert sum(hits) / 10 == pytest.approx(choice.pass_at_1.value)


def test_what_is_finished_is_not_run_again(
    student: Path, tasks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run("tiny_choice", student, tmp_path, tasks, limit=4)
    with monkeypatch.context() as patched:
        patched.setattr("thalweg.loading.load", lambda *_: pytest.fail("the model is loaded again"))
        assert run("tiny_choice", student, tmp_path, tasks, limit=4) == first
    both = run("tiny_choice,tiny_free", student, tmp_path, tasks, limit=4)
    assert both[0] == first[0]
    assert [one.problems for one in both] == [4, 4]
    with pytest.raises(InputError, match="other settings"):
        run("tiny_words", student, tmp_path, tasks, limit=5)


def test_a_group_is_one_benchmark(student: Path, tasks: Path, tmp_path: Path) -> None:
    (score,) = run("tiny_all", student, tmp_path, tasks, limit=3, chat=False)
    assert (score.benchmark, score.problems) == ("tiny_all", 6)
    names = {one.item.partition("/")[0] for one in items(tmp_path, "tiny_all")}
    assert names == {"tiny_choice", "tiny_words"}


def test_the_same_task_under_another_prompt_says_so(student: Path, tasks: Path, tmp_path: Path) -> None:
    (plain,) = run("tiny_choice", student, tmp_path / "plain", tasks, limit=2, chat=False)
    (chat,) = run("tiny_choice", student, tmp_path / "chat", tasks, limit=2)
    (system,) = run("tiny_choice", student, tmp_path / "system", tasks, limit=2, system="Add.")
    assert len({plain.prompt_hash, chat.prompt_hash, system.prompt_hash}) == 3


@pytest.mark.parametrize(
    ("spec", "model", "said"),
    [
        ("helm:mmlu", "local:x", "expected lm-eval:TASK"),
        ("lm-eval:", "local:x", "expected lm-eval:TASK"),
        ("lm-eval:tiny_choice", "tracer:line", "not run on 'tracer'"),
        ("lm-eval:tiny_choice", "endpoint:http://x", "#MODEL"),
        ("lm-eval:tiny_choice", "endpoint:http://127.0.0.1:9/v1#m", "needs likelihoods"),
        ("lm-eval:no_such_task", "endpoint:http://127.0.0.1:9/v1#m", "no such task"),
        ("lm-eval:tiny_unsafe", "endpoint:http://127.0.0.1:9/v1#m", "executes what the model wrote"),
        ("lm-eval:tiny_nodata", "endpoint:http://127.0.0.1:9/v1#m", "data cannot be loaded"),
    ],
)
def test_what_cannot_be_run_is_said_before_it_is_tried(
    spec: str, model: str, said: str, tasks: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        evaluate_harness(spec, model, tmp_path / "out", How(tasks=tasks))
    assert not (tmp_path / "out").exists()


def test_an_evaluation_on_problems_is_not_written_over(tasks: Path, tmp_path: Path) -> None:
    (tmp_path / "responses").mkdir()
    with pytest.raises(InputError, match="another folder"):
        evaluate_harness("lm-eval:tiny_choice", "local:x", tmp_path, How(tasks=tasks))


@contextmanager
def serving() -> Iterator[str]:
    """A chat endpoint that adds one to the number it is asked about; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            number = int(body["messages"][-1]["content"].split()[0])
            answer = {"role": "assistant", "content": str(number + (number % 2 == 0))}
            choices = [{"index": 0, "message": answer, "finish_reason": "stop"}]
            usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
            data = json.dumps({"id": "x", "model": body["model"], "choices": choices, "usage": usage}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()


def test_a_task_that_generates_is_asked_of_an_endpoint(tasks: Path, tmp_path: Path) -> None:
    with serving() as url:
        (score,) = evaluate_harness("lm-eval:tiny_free", f"endpoint:{url}#m", tmp_path, How(tasks=tasks))
    assert score.pass_at_1.value == 0.5  # it is right about even numbers
    right = {one.item.partition("-")[0] for one in items(tmp_path, "tiny_free") if one.value == 1}
    assert right == {f"tiny_free/{n}" for n in range(0, 10, 2)}


@pytest.mark.slow
def test_lm_evals_own_tasks_are_there() -> None:
    with pytest.MonkeyPatch.context() as patched:
        from lm_eval.tasks.manager import TaskManager

        patched.setattr("lm_eval.tasks.TaskManager", TaskManager)
        assert {"arc_easy", "hellaswag", "gsm8k", "mmlu"} <= set(_manager.__wrapped__(None).all_tasks)


@pytest.mark.parametrize(
    ("values", "main"),
    [
        ({"acc": [1, 0], "acc_norm": [1, 1]}, "acc_norm,none"),
        ({"acc": [1, 0], "brier_score": [0.3, 0.2]}, "acc,none"),
        ({"f1": [0.5, 1]}, ""),
        ({"own": [1, 0]}, "own,none"),
    ],
)
def test_the_metric_that_stands_for_a_task(values: dict[str, list[float]], main: str) -> None:
    found = [
        Item(task="t", item=str(at), filter="none", metric=metric, value=value)
        for metric, own in values.items()
        for at, value in enumerate(own)
    ]
    assert _main(found) == main
