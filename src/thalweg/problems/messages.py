"""Conversations (`messages` files): a problem and a response out of every row.

A row has `messages`, a list of turns `{"role", "content"}`: perhaps a system turn, then one user turn (the statement)
and one assistant turn (the response; `reasoning_content` beside its content is its thinking). Optional columns:
`answer` (the problem then has a `math` check on it), `model`, `id` (of the response) and `problem_id`.

* Rows with the same user turn are samples of one problem. Its id is a fingerprint of the statement unless given.
* Without `answer` the check is `text` on the assistant's final answer, of the problem's first row that has one.
* The system turn is no part of the problem: a study has a system message of its own.

Not covered: conversations of several turns, tools, images.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from thalweg import store, thinking
from thalweg.errors import InputError
from thalweg.problems.table import Row, any_column, table_rows
from thalweg.types import Check, MathCheck, Problem, Response, TextCheck


class Pair(NamedTuple):
    """What a conversation holds."""

    problem: Problem
    response: Response


def read_messages(path: str | Path) -> Iterator[Pair]:
    """Streams the conversations of a file (JSON Lines or Parquet) or of a data set's train split on the hub.

    Raises:
        InputError: a row without messages, or whose turns are not one user turn and one assistant turn after it.
    """
    source = Path(path).name.partition(".")[0]
    seen: Counter[str] = Counter()
    for where, row in table_rows(path):
        pair = _pair(row, where, source, seen)
        seen[pair.problem.id] += 1
        yield pair


def load_messages(path: str | Path) -> list[Problem]:
    """The distinct problems of a file of conversations, in the order of their first appearance."""
    problems: dict[str, Problem] = {}
    for problem, _ in read_messages(path):
        if problem.id not in problems or problems[problem.id].check == TextCheck(answer=""):
            problems[problem.id] = problem
    return list(problems.values())


def load_messages_responses(path: str | Path) -> list[Response]:
    """The responses of a file of conversations."""
    return [response for _, response in read_messages(path)]


def _pair(row: Row, where: str, source: str, seen: Mapping[str, int]) -> Pair:
    statement, reply = turns(row, where)
    problem_id = str(row.get("problem_id") or f"{source}/{store.fingerprint(statement)}")
    sample, model = seen.get(problem_id, 0), str(row.get("model") or source)
    text, reasoning = text_of(reply, where), reply.get("reasoning_content")
    parts: dict[str, Any] = {"text": text} if reasoning is None else {"thinking": reasoning, "answer": text}
    response = Response(
        id=str(row.get("id") or f"{model}/{problem_id}/{sample}"),
        problem_id=problem_id,
        model=model,
        sample=sample,
        **parts,
    )
    response = thinking.with_parts(response)
    return Pair(Problem(id=problem_id, source=source, statement=statement, check=_check(row, response)), response)


def _check(row: Row, response: Response) -> Check:
    if row.get("answer") is not None:
        return MathCheck(answer=str(row["answer"]))
    return TextCheck(answer=(response.answer or "").strip())


def turns(row: Row, where: str) -> tuple[str, Row]:
    """The user's text and the assistant's turn.

    Raises:
        InputError: no messages, or others than one user turn and one assistant turn after it.
    """
    found = any_column(row, "messages", where)
    if not isinstance(found, list) or not all(isinstance(turn, dict) for turn in found):
        raise InputError(where, "column 'messages' holds no list of turns", "expected [{'role': …, 'content': …}, …]")
    roles = [turn.get("role") for turn in found]
    if roles[-2:] != ["user", "assistant"] or any(role != "system" for role in roles[:-2]):
        told = ", ".join(map(str, roles)) or "none"
        raise InputError(where, f"its turns are: {told}", "expected an optional system turn, then user, assistant")
    return text_of(found[-2], where), found[-1]


def text_of(turn: Row, where: str) -> str:
    """The text of a turn."""
    content = turn.get("content")
    if not isinstance(content, str):
        raise InputError(where, f"the {turn['role']} turn's content is {type(content).__name__}", "it must be text")
    return content
