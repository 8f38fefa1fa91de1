"""Problems and responses out of files and data sets, as files of the exchange format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thalweg import store
from thalweg.errors import InputError
from thalweg.problems import load_problems
from thalweg.problems.messages import load_messages_responses
from thalweg.problems.responses import load_responses


def import_source(
    source: str,
    out: Path,
    *,
    path: str | None,
    split: str | None,
    count: int | None,
    columns: Mapping[str, str],
    where: Mapping[str, Any],
    problem_prefix: str,
) -> dict[Path, int]:
    """Writes `problems.jsonl`, `responses.jsonl`, or both (files of `messages` and `pairs` hold both); rows by file."""
    written: dict[Path, int] = {}
    if source == "responses":
        if path is None:
            raise InputError("--path", "responses come from a file", "name it")
        rows = load_responses(path, columns, where, problem_prefix)[:count]
        written[out / "responses.jsonl"] = store.write(out / "responses.jsonl", rows)
        return written
    mapped = columns if source == "pairs" else None
    problems = load_problems(source, path=path, split=split, count=count, columns=mapped)
    written[out / "problems.jsonl"] = store.write(out / "problems.jsonl", problems)
    if source in ("messages", "pairs"):
        assert path is not None
        known = {problem.id for problem in problems}
        rows = load_messages_responses(path) if source == "messages" else load_responses(path, columns, where)
        responses = [row for row in rows if row.problem_id in known]
        written[out / "responses.jsonl"] = store.write(out / "responses.jsonl", responses)
    return written
