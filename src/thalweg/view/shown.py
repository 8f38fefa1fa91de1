"""Responses and problems as the page shows them: plain values, texts as text, long ones cut to head and tail."""

from typing import Any

from thalweg import store
from thalweg.loops import loops
from thalweg.thinking import full_text
from thalweg.types import MathCheck, OutputCheck, Problem, Response, TextCheck, Verdict
from thalweg.view.index import STATUS_NAMES, Index
from thalweg.view.tables import UNKNOWN

_HEAD, _TAIL = 6_000, 2_000


def named(index: Index, number: int) -> dict[str, Any]:
    """A problem by name."""
    problems = index.problems
    return {
        "pool": problems.pools[problems.pool[number]],
        "problem": problems.ids[number],
        "difficulty": problems.difficulties[number],
    }


def line(index: Index, row: int) -> dict[str, Any]:
    """A response as the index knows it; null for what it does not know."""
    columns, model = index.columns, index.models[index.columns["model"][row]]
    flags = {name: _known(columns[name][row], bool) for name in ("thinking", "finished", "looped")}
    return {
        **named(index, int(columns["problem"][row])),
        "id": index.ids[row].as_py(),
        "model": model.name,
        "label": model.label,
        "sample": int(columns["sample"][row]),
        "status": STATUS_NAMES[columns["status"][row]],
        "tokens": _known(columns["tokens"][row], int),
        **flags,
    }


def outcome(index: Index, row: int) -> tuple[str, str]:
    """Model and status."""
    columns = index.columns
    return index.models[columns["model"][row]].name, STATUS_NAMES[columns["status"][row]]


def _known(value: Any, kind: type[int]) -> int | None:
    return None if value == UNKNOWN else kind(value)


def taken(verdict: Verdict | None) -> str:
    """What the grader took as the answer, or what it said, in one line."""
    if verdict is None:
        return ""
    text = (verdict.extracted or "").strip() or verdict.detail or ""
    return " ".join(text[:200].split())


def facts_of(index: Index, row: int, response: Response, verdict: Verdict | None) -> dict[str, Any]:
    """A response's row, with what only its text and its verdict tell."""
    facts = line(index, row)
    if facts["looped"] is None:
        facts["looped"] = loops(full_text(response))
    graded = {} if verdict is None else {name: getattr(verdict, name) for name in ("passed", "total", "detail")}
    return {
        **facts,
        "by": response.model,
        "ending": response.finish_reason,
        "verdict": None if verdict is None else verdict.status,
        "taken": None if verdict is None else _cut(verdict.extracted),
        **graded,
    }


def card(index: Index, row: int, response: Response, verdict: Verdict | None) -> dict[str, Any]:
    """A response with its texts."""
    parts = {name: getattr(response, name) for name in ("thinking", "answer")}
    cut = any(len(part or "") > _HEAD + _TAIL for part in parts.values())
    texts = {name: _cut(part) for name, part in parts.items()}
    return {**facts_of(index, row, response, verdict), "parts": texts, "cut": cut}


def _cut(text: str | None) -> str | None:
    if text is None or len(text) <= _HEAD + _TAIL:
        return text
    return f"{text[:_HEAD]}\n[… {len(text) - _HEAD - _TAIL:,} characters left out …]\n{text[-_TAIL:]}"


def problem_of(index: Index, number: int) -> dict[str, Any]:
    """A problem with its statement, which is null where the study no longer holds it, and what was expected."""
    found = index.problems.read(number)
    if found is None:
        return {**named(index, number), "statement": None}
    facts = {name: getattr(found, name) for name in ("statement", "source", "group", "date", "license")}
    return {**named(index, number), **facts, "check": found.check.type, "expected": _expected(found)}


def _expected(problem: Problem) -> str:
    """The expected answer, or the check itself."""
    check = problem.check
    if isinstance(check, OutputCheck):
        return check.output
    if isinstance(check, MathCheck | TextCheck):
        return check.answer
    fields = {name: value for name, value in store.encode(check).items() if name not in ("type", "timeout_s")}
    return _cut("\n".join(f"{name}: {value}" for name, value in fields.items())) or ""
