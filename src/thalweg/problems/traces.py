"""What sources of traces share: ids of their problems and responses, and checks out of what a row says.

A problem of a source without ids is known by a fingerprint of its statement, so that the same question in several rows
is one problem with several samples. A response is known by model, problem and sample, counted in the order of the rows.
"""

from collections import Counter
from typing import Any, Literal, TypeAlias

from thalweg import store, thinking
from thalweg.problems.boxed import last_boxed
from thalweg.problems.distinct import digest
from thalweg.types import Check, MathCheck, Response, TextCheck

CheckName: TypeAlias = Literal["math", "text", "boxed"]
NEVER = TextCheck(answer="")  # of a problem whose answer nobody knows: an empty answer is none, so nothing passes


def statement_id(source: str, statement: str) -> str:
    """The id of a problem that is known by its statement."""
    return f"{source}/{store.fingerprint(statement)}"


class Samples:
    """Counts the responses of a model to a problem, and names them."""

    def __init__(self) -> None:
        self._seen: Counter[int] = Counter()

    def response(self, problem_id: str, model: str, *, id: Any = None, **fields: Any) -> Response:
        """The next response of a model to a problem, with `text`, or `answer` and perhaps `thinking`."""
        key = digest(f"{model}\0{problem_id}")
        sample = self._seen[key]
        self._seen[key] += 1
        name = f"{model}/{problem_id}/{sample}" if id is None else str(id)
        return thinking.with_parts(Response(id=name, problem_id=problem_id, model=model, sample=sample, **fields))


def check_of(gold: Any, response: Response | None, kind: CheckName) -> Check | None:
    """The check on an answer that a row states; `boxed`: on the last box of the response; null where there is none."""
    if gold is not None and str(gold).strip():
        return TextCheck(answer=str(gold).strip()) if kind == "text" else MathCheck(answer=str(gold).strip())
    if kind == "boxed" and response is not None and response.answer is not None:
        found = last_boxed(response.answer)
        return MathCheck(answer=found) if found else None
    return None
