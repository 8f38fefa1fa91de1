"""Benchmarks of EleutherAI's lm-eval, measured on a model of ours, with an outcome kept for every item.

lm-eval renders the prompts, runs the model and judges; its own mean and standard error are kept beside ours. An item is
right or wrong by the task's main metric (`MAIN`), so that two checkpoints can be compared paired, item by item. The
model runs in this process (transformers) or behind an endpoint, which gives no likelihoods and so answers only tasks
that generate. Not covered: tasks that execute what a model wrote (lm-eval does so unprotected: import such problems and
use the sandbox), metrics that are no share of items (kept, but without an interval), images.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from thalweg import store
from thalweg.curve.intervals import clustered_rate
from thalweg.curve.rates import score
from thalweg.errors import InputError
from thalweg.types import Outcome, Rate, Score

MAIN = ("acc_norm", "acc", "exact_match", "pass@1")  # the first that a task has stands for it
_NOT_TOLD = Rate(value=None, low=None, high=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a harness asks: `limit` items of a task (all where null), `shots` examples in the prompt (the task's own
    number where null), the tokenizer's chat template or none, a system message, where more tasks are described."""

    limit: int | None = None
    shots: int | None = None
    chat: bool = True
    system: str | None = None
    tasks: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One metric of one item of a (sub)task, after one of the task's filters."""

    task: str
    item: str
    filter: str
    metric: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One task on one model. `main` names metric and filter of `outcomes`; empty where no metric is right or wrong."""

    task: str
    main: str
    items: Sequence[Item]
    outcomes: Sequence[Outcome]
    document: Mapping[str, Any]  # result.json: versions, n, every metric with lm-eval's stderr and our interval
    prompts: str  # fingerprint of all prompts as the model saw them


def measure(task: str, lm: Any, model: str, how: How) -> Measured:
    """Runs one task (or a group of them) of lm-eval on `lm`, an `lm_eval` model; `model` names it in records.

    `check` comes before it.
    """
    import lm_eval

    found = lm_eval.simple_evaluate(
        model=lm,
        tasks=[task],
        num_fewshot=how.shots,
        limit=how.limit,
        bootstrap_iters=1000,  # of standard errors that have no formula
        system_instruction=how.system,
        apply_chat_template=how.chat,
        fewshot_as_multiturn=False,
        task_manager=_manager(how.tasks),
    )
    assert found is not None, "only other ranks of a distributed run get nothing"
    items = list(_items(found["samples"]))
    main = _main(items)
    outcomes = [_outcome(item, task, model) for item in items if f"{item.metric},{item.filter}" == main]
    prompts = store.fingerprint([row["prompt_hash"] for rows in found["samples"].values() for row in rows])
    return Measured(
        task=task,
        main=main,
        items=items,
        outcomes=outcomes,
        document=_document(task, found, items, main),
        prompts=prompts,
    )


def scored(measured: Measured) -> Score | None:
    """The task as a row of `scores.json`; what lm-eval does not see (thinking, loops) is null."""
    if not measured.outcomes:
        return None
    row = score(
        measured.outcomes,
        steps=0,
        tokens_trained=0,
        distinct_problems=0,
        token_budget=0,
        sampling=f"lm-eval {measured.document['harness']}: {measured.main}",
        prompt_hash=measured.prompts,
    )
    return replace(row, completion_rate=_NOT_TOLD, think_tag_rate=_NOT_TOLD, loop_rate=_NOT_TOLD)


def transformers_lm(model: Any, tokenizer: Any, batch_size: int) -> Any:
    """A model that is loaded, as lm-eval takes it."""
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=model, tokenizer=tokenizer, backend="causal", batch_size=batch_size)


@cache
def _manager(folder: Path | None) -> Any:
    """lm-eval's tasks, and those of a folder; made once, since it reads fourteen thousand files."""
    from lm_eval.tasks import TaskManager

    return TaskManager(include_path=folder)


def check(task: str, lm: Any, how: How) -> None:
    """Looks whether a task can run here, before anything is run.

    Raises:
        InputError: no such task; its data cannot be had; it executes answers; the model cannot answer it.
    """
    from lm_eval.models.huggingface import HFLM

    where = f"--harness lm-eval:{task}"
    manager = _manager(how.tasks)
    if task not in manager.all_tasks:
        raise InputError(where, "lm-eval has no such task", "'lm-eval ls tasks' lists them; --tasks adds a folder")
    try:
        tasks = manager.load([task])["tasks"]
    except (OSError, ConnectionError) as error:  # a data set that is not on disk, and a hub that is out of reach
        said = str(error).strip().splitlines()[0]
        raise InputError(where, f"its data cannot be loaded: {said}", "load it once where there is a network") from None
    for name, one in tasks.items():
        if getattr(one, "UNSAFE_CODE", False) or one.get_config("unsafe_code"):
            remedy = "import the problems, and evaluate them in the sandbox"
            raise InputError(where, f"{name} executes what the model wrote, without protection", remedy)
        if not isinstance(lm, HFLM) and one.OUTPUT_TYPE != "generate_until":
            raise InputError(where, f"{name} needs likelihoods, which endpoints do not give", "use local:FOLDER")


def _items(samples: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterable[Item]:
    """Every metric that is a number of every item. The hash keeps items apart that only share their number."""
    for task, rows in samples.items():
        for row in rows:
            for metric in row["metrics"]:
                if isinstance(row[metric], int | float):  # bool and numpy's floats, too
                    yield Item(
                        task=task,
                        item=f"{task}/{row['doc_id']}-{row['doc_hash'][:8]}",
                        filter=row["filter"],
                        metric=metric,
                        value=float(row[metric]),
                    )


def _main(items: Sequence[Item]) -> str:
    """Metric and filter by which an item is right or wrong; empty where there is none such."""
    values: dict[tuple[str, str], set[float]] = {}
    for item in items:
        values.setdefault((item.metric, item.filter), set()).add(item.value)
    told = [key for key, seen in values.items() if seen <= {0.0, 1.0}]
    ranked = sorted(told, key=lambda key: MAIN.index(key[0]) if key[0] in MAIN else len(MAIN))
    return ",".join(ranked[0]) if ranked else ""


def _outcome(item: Item, benchmark: str, model: str) -> Outcome:
    return Outcome(
        arm=model,
        start="base",
        size=0,
        seed=0,
        benchmark=benchmark,
        problem_id=item.item,
        cluster=item.item,
        sample=0,
        status="correct" if item.value == 1 else "incorrect",
        thinking=False,
        finished=True,
        looped=False,
        completion_tokens=0,
    )


def _document(task: str, found: Mapping[str, Any], items: Sequence[Item], main: str) -> dict[str, Any]:
    """`result.json`."""
    named: dict[str, list[float]] = {}
    for item in items:
        named.setdefault(f"{item.metric},{item.filter}", []).append(item.value)
    return {
        "version": 1,
        "harness": metadata.version("lm_eval"),
        "task": task,
        "task_versions": {name: found["versions"].get(name) for name in found["samples"]},
        "shots": {name: found["n-shot"].get(name) for name in found["samples"]},
        "main": main,
        "metrics": {name: _metric(name, values, found["results"].get(task, {})) for name, values in named.items()},
    }


def _metric(name: str, values: Sequence[float], result: Mapping[str, Any]) -> dict[str, Any]:
    """n, our mean over items with its interval where items are right or wrong, and what lm-eval says."""
    metric, _, filter_name = name.partition(",")
    stderr = result.get(f"{metric}_stderr,{filter_name}")
    said = {"value": result.get(name), "stderr": stderr if isinstance(stderr, float) else None}
    if set(values) <= {0.0, 1.0}:
        rate = clustered_rate([value == 1 for value in values], [str(at) for at in range(len(values))])
        return {"n": len(values), **store.encode(rate), "lm_eval": said}
    return {"n": len(values), "value": sum(values) / len(values), "low": None, "high": None, "lm_eval": said}
