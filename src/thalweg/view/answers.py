"""The page's requests -> plain values (sent as JSON). `ANSWERS` is all that can be asked.

Texts are given as text, never as markup; long ones are cut to head and tail, and `response` gives one whole.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thalweg import store
from thalweg.errors import InputError
from thalweg.thinking import full_text
from thalweg.types import Response
from thalweg.view import funnels, words
from thalweg.view.contrast import CHANGED, KINDS, contrast, difference
from thalweg.view.filters import Asked, rows_of
from thalweg.view.index import STATUS_NAMES, Index
from thalweg.view.library import Library
from thalweg.view.shown import card, facts_of, line, named, outcome, problem_of, taken
from thalweg.view.tables import Ints
from thalweg.view.texts import Search, responses, verdicts

PAGE, CARDS = 50, 24  # rows, and whole responses, shown at once
_LEFT_OUT = [STATUS_NAMES.index(name) for name in ("harness_error", "ungraded")]


@dataclass(frozen=True, slots=True)
class Request:
    """The study, and the values of the address."""

    library: Library
    index: Index
    search: Search
    asked: Asked

    def one(self, key: str, default: str = "") -> str:
        """The first value of a key."""
        return next(iter(self.asked.get(key, ())), default)

    def page(self) -> int:
        """The number of the page asked for, from 0."""
        text = self.one("page", "0")
        if not text.isdecimal():
            raise InputError("page", f"expected a number, got {text!r}")
        return int(text)


def answer(library: Library, name: str, asked: Asked) -> Any:
    """The answer to one request.

    Raises:
        InputError: the request names what the study does not have.
    """
    index, search = library.held(fresh=name == "overview")
    return ANSWERS[name](Request(library, index, search, asked))


def overview(request: Request) -> dict[str, Any]:
    """What there is to choose from."""
    index, problems = request.index, request.index.problems
    status = np.bincount(index.columns["status"], minlength=len(STATUS_NAMES))
    return {
        "title": index.catalogue.title,
        "report": (request.library.root / "report.html").exists(),
        "responses": len(index),
        "problems": len(problems.ids),
        "pools": problems.pools,
        "models": [{name: getattr(model, name) for name in model.__slots__} for model in index.models],
        "statuses": [name for name, count in zip(STATUS_NAMES, status, strict=True) if count],
        "difficulties": sorted({name for name in problems.difficulties if name}),
        "sources": sorted({name for name in problems.sources if name}),
        "corpora": [found[:3] for found in funnels.corpora(request.library.root)],
    }


def listing(request: Request) -> dict[str, Any]:
    """One page of the rows that the filters leave, and what they are in all."""
    index, page = request.index, request.page()
    rows = rows_of(index, request.search, request.asked)
    columns = index.columns
    counted = rows[~np.isin(columns["status"][rows], _LEFT_OUT)]
    correct = int((columns["status"][counted] == STATUS_NAMES.index("correct")).sum())
    shown = [int(row) for row in rows[page * PAGE : (page + 1) * PAGE]]
    found = verdicts(index, shown)
    return {
        "total": len(rows),
        "problems": len(np.unique(columns["problem"][rows])),
        "models": len(np.unique(columns["model"][rows])),
        "graded": len(counted),
        "correct": correct,
        "page": page,
        "pages": -(-len(rows) // PAGE),
        "rows": [{**line(index, row), "taken": taken(v)} for row, v in zip(shown, found, strict=True)],
    }


def problem(request: Request) -> dict[str, Any]:
    """One problem: how every response to it did, some of them in full, and its neighbours in the filtered list.

    With `show=filtered` only the responses that the filters leave are shown.
    """
    index, page = request.index, request.page()
    number = _problem_number(request)
    column = index.columns["problem"]
    listed = rows_of(index, request.search, _filters(request))
    rows: Ints = np.flatnonzero(column == number)
    left = np.intersect1d(rows, listed) if request.one("show") == "filtered" else rows
    shown = left[page * CARDS : (page + 1) * CARDS].tolist()
    parts = zip(shown, responses(index, shown), verdicts(index, shown), strict=True)
    return {
        "problem": problem_of(index, number),
        "all": [outcome(index, row) for row in rows.tolist()],
        "total": len(left),
        "page": page,
        "pages": -(-len(left) // CARDS),
        "responses": [card(index, *one) for one in parts],
        **_neighbours(index, np.unique(column[listed]), number),
    }


def whole(request: Request) -> dict[str, Any]:
    """One response in full."""
    index = request.index
    row = index.find(request.one("model"), request.one("pool"), request.one("id"))
    if row is None:
        raise InputError("response", f"no response {request.one('id')!r} of this model", "go back to the list")
    found = responses(index, [row])[0]
    return {"thinking": found.thinking, "answer": found.answer}


def against(request: Request) -> dict[str, Any]:
    """Two models on the same problems: counts, the paired difference, and one page of a kind of problems."""
    index, page, kind = request.index, request.page(), request.one("kind", "lost")
    found = contrast(index, request.one("a"), request.one("b"), request.one("pool") or None)
    numbers, share = found.of(kind), difference(index, found)
    at = {int(n): place for place, n in enumerate(found.problems)}
    return {
        "problems": len(found.problems),
        "counts": {name: len(found.of(name)) for name in KINDS},
        "difference": None if share is None else store.encode(share),
        "kind": kind,
        "total": len(numbers),
        "page": page,
        "pages": -(-len(numbers) // PAGE),
        "rows": [
            {**named(index, int(n)), "a": found.a[at[int(n)]], "b": found.b[at[int(n)]]}
            for n in numbers[page * PAGE : (page + 1) * PAGE]
        ],
    }


def diff(request: Request) -> dict[str, Any]:
    """Two models' responses to one problem, word by word, and its neighbours of the same kind."""
    index, number = request.index, _problem_number(request)
    sample, kind = request.one("sample", "0"), request.one("kind", CHANGED)
    sides = [_side(index, number, request.one(name), sample) for name in ("a", "b")]
    pieces = words.difference(*(full_text(found) for _, found in sides))
    found = contrast(index, request.one("a"), request.one("b"), request.one("in") or None)
    graded = verdicts(index, [row for row, _ in sides])
    shown = [
        {**facts_of(index, row, response, verdict), "pieces": part}
        for (row, response), verdict, part in zip(sides, graded, (pieces.a, pieces.b), strict=True)
    ]
    listed = found.of(kind)
    return {
        "problem": problem_of(index, number),
        "a": shown[0],
        "b": shown[1],
        "cut": words.LIMIT if pieces.cut else None,
        "samples": _samples(index, number),
        **_neighbours(index, listed, number),
    }


def funnel(request: Request) -> dict[str, Any]:
    """What became of the pool on the way to one corpus."""
    return funnels.funnel(_corpus(request))


def dropped(request: Request) -> dict[str, Any]:
    """One page of the rows that a corpus kept, or dropped for one reason."""
    page = request.page()
    total, rows = funnels.rows(_corpus(request), request.one("stage"), request.one("reason"), page * PAGE, PAGE)
    return {"total": total, "page": page, "pages": -(-total // PAGE), "rows": rows}


ANSWERS: Mapping[str, Callable[[Request], dict[str, Any]]] = {
    "overview": overview,
    "responses": listing,
    "problem": problem,
    "response": whole,
    "against": against,
    "diff": diff,
    "funnel": funnel,
    "dropped": dropped,
}


def _problem_number(request: Request) -> int:
    number = request.index.problems.number(request.one("pool"), request.one("problem"))
    if number is None:
        raise InputError("problem", f"no problem {request.one('problem')!r}", "go back to the list")
    return number


def _filters(request: Request) -> Asked:
    """The filters alone: the address of a problem also names the problem and its pool."""
    kept = {key: values for key, values in request.asked.items() if key not in ("problem", "pool")}
    return kept | {"problem": request.asked.get("about", ()), "pool": request.asked.get("in", ())}


def _neighbours(index: Index, listed: Ints, number: int) -> dict[str, Any]:
    """The problems before and after one in a list of numbers that ascends, and its place there, if it has one."""
    at = int(np.searchsorted(listed, number))
    inside = at < len(listed) and listed[at] == number
    after = at + 1 if inside else at
    return {
        "before": named(index, int(listed[at - 1])) if at > 0 else None,
        "after": named(index, int(listed[after])) if after < len(listed) else None,
        "place": at + 1 if inside else None,
        "of": len(listed),
    }


def _side(index: Index, number: int, model: str, sample: str) -> tuple[int, Response]:
    """A model's response to a problem: the sample asked for, or its first one."""
    place = next((at for at, one in enumerate(index.models) if one.name == model), None)
    columns = index.columns
    rows: Sequence[int] = np.flatnonzero((columns["problem"] == number) & (columns["model"] == place)).tolist()
    if place is None or not rows:
        raise InputError("model", f"no response of {model!r} to this problem", "choose another model")
    row = next((row for row in rows if str(columns["sample"][row]) == sample), rows[0])
    return row, responses(index, [row])[0]


def _samples(index: Index, number: int) -> list[int]:
    found: list[int] = np.unique(index.columns["sample"][index.columns["problem"] == number]).tolist()
    return found


def _corpus(request: Request) -> funnels.Corpus:
    return funnels.corpus(request.library.root, request.one("arm"), request.one("seed"), request.one("size"))
