"""A model on benchmarks of lm-eval, as a verb: what `thalweg evaluate --harness lm-eval:TASKS` does.

    <out>/harness/<task>/result.json      versions, n, every metric with lm-eval's standard error and our interval
    <out>/harness/<task>/items.parquet    every metric of every item
    <out>/harness/<task>/outcomes.parquet right or wrong, an item a row, by the task's main metric
    <out>/harness/<task>/asked/           what an endpoint answered
    <out>/scores.json scores.parquet      the same of all tasks together, as `evaluate` and studies leave them

A task that is finished is not run again. Only the model's name counts for that, not what lies in its folder.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from thalweg import store
from thalweg.curve.documents import scores_document
from thalweg.errors import InputError
from thalweg.generate.endpoint import Endpoint, endpoint_of
from thalweg.generate.model import Precision
from thalweg.study.folder import begin, finish, is_begun, is_done
from thalweg.study.harness import How, Measured, check, measure, scored, transformers_lm
from thalweg.types import Outcome, Score

_HARNESS = "lm-eval"


def evaluate_harness(
    spec: str,
    model: str,
    out: Path,
    how: How,
    *,
    precision: Precision = "fp32",
    batch_size: int = 32,
    endpoint: Endpoint | None = None,
    on_task: Callable[[int, int], None] | None = None,
) -> list[Score]:
    """Runs the tasks of `lm-eval:TASK,TASK` on a model (`local:FOLDER`, or `endpoint:URL#MODEL` for tasks that
    generate, asked within the limits of `endpoint`); one score a task whose items are right or wrong.

    Raises:
        InputError: another harness; no such task or model; `out` holds results that were made with other settings.
    """
    tasks = _tasks(spec)
    mark = store.fingerprint("harness", model, how, precision, batch_size)
    if (out / "responses").exists():
        raise InputError(str(out), "holds an evaluation on problems", "use another folder for the harness")
    folders = {task: out / "harness" / task for task in tasks}
    for folder in sorted(out.glob("harness/*")):  # of other tasks, too: what lies together is compared together
        if not is_begun(folder, mark):
            raise InputError(str(folder), "holds results made with other settings", "use another folder")
    missing = [task for task, folder in folders.items() if not is_done(folder, mark)]
    if not missing:
        return _collect(out)
    lm = _opened(model, endpoint, how, precision, batch_size)
    for task in missing:
        check(task, lm(folders[task]), how)
    for at, task in enumerate(missing):
        begin(folders[task], mark)
        _write(folders[task], measure(task, lm(folders[task]), model, how))
        finish(folders[task], mark)
        if on_task is not None:
            on_task(at + 1, len(missing))
    return _collect(out)


def _tasks(spec: str) -> list[str]:
    harness, _, names = spec.partition(":")
    tasks = [name.strip() for name in names.split(",") if name.strip()]
    if harness != _HARNESS or not tasks:
        raise InputError("--harness", f"expected {_HARNESS}:TASK,TASK, got {spec!r}", "name tasks of lm-eval")
    return list(dict.fromkeys(tasks))


def _opened(
    model: str, endpoint: Endpoint | None, how: How, precision: Precision, batch_size: int
) -> Callable[[Path], Any]:
    """What gives the model as lm-eval takes it; an endpoint keeps its responses in the folder it is given."""
    kind, _, rest = model.partition(":")
    if kind == "endpoint":
        from thalweg.study.harness_asked import Asked

        asked = endpoint or endpoint_of(model)
        return lambda folder: Asked(asked, how.system if how.chat else None, folder / "asked")
    if kind != "local":
        remedy = "use local:FOLDER, or serve it and use endpoint:URL#MODEL"
        raise InputError("--model", f"lm-eval is not run on {kind!r}", remedy)
    from thalweg.loading import load

    tokenizer, loaded = load(rest, model, precision)
    lm = transformers_lm(loaded, tokenizer, batch_size)
    return lambda _folder: lm


def _write(folder: Path, measured: Measured) -> None:
    row = scored(measured)
    document = {**measured.document, "score": store.encode(row) if row else None}
    store.write_json(folder / "result.json", document)
    if measured.items:
        store.write(folder / "items.parquet", measured.items)
    if measured.outcomes:
        store.write(folder / "outcomes.parquet", measured.outcomes)


def _collect(out: Path) -> list[Score]:
    """Puts all tasks in `out` together, also those of earlier calls."""
    scores: list[Score] = []
    outcomes: list[Outcome] = []
    for path in sorted(out.glob("harness/*/result.json")):
        found = json.loads(path.read_text(encoding="utf-8"))["score"]
        if found is not None:
            scores.append(store.decode(Score, found, str(path)))
            outcomes += store.read(path.with_name("outcomes.parquet"), Outcome)
    store.write_json(out / "scores.json", scores_document(scores))
    if outcomes:
        store.write(out / "scores.parquet", outcomes)
    return scores
