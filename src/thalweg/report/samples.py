"""What the student said, rung by rung: statement, thinking (folded), answer, what was expected and the verdict.

Long texts keep their head and tail, so that the report stays small; a loop shows in the tail. All samples together keep
to a budget: every rung shows its first one before any shows a second, and a line says how many `thalweg view` shows.
"""

from collections.abc import Sequence
from html import escape
from itertools import zip_longest

from thalweg.report.data import Sampled
from thalweg.thinking import with_parts
from thalweg.types import MathCheck, OutputCheck, Problem, TextCheck

BUDGET = 1_500_000  # bytes of all samples, half of what a report may be
_HEAD, _TAIL = 2_500, 1_000

_Rung = tuple[str, int, str]  # arm, size, benchmark


def sample_sections(samples: Sequence[Sampled], opened: tuple[str, int] | None, budget: int = BUDGET) -> str:
    """One folded section a rung; `opened` names the one that is unfolded, the floor. At most about `budget` bytes."""
    cards: dict[_Rung, list[str]] = {}
    for one in samples:
        cards.setdefault((one.arm, one.size, one.benchmark), []).append(_card(one))
    kept = _within(cards, budget)
    return "".join(_section(rung, kept[rung], len(own) - len(kept[rung]), opened) for rung, own in cards.items())


def _within(cards: dict[_Rung, list[str]], budget: int) -> dict[_Rung, list[str]]:
    """The first cards of every rung, then the second ones, for as long as the next one fits."""
    kept: dict[_Rung, list[str]] = {rung: [] for rung in cards}
    for turn in zip_longest(*cards.values()):
        for rung, card in zip(cards, turn, strict=True):
            budget -= len((card or "").encode())
            if budget < 0:
                return kept
            if card is not None:
                kept[rung].append(card)
    return kept


def _section(rung: _Rung, cards: Sequence[str], left_out: int, opened: tuple[str, int] | None) -> str:
    arm, size, benchmark = rung
    unfold = " open" if opened == (arm, size) else ""
    title = f"{arm}, {size:,} examples, {benchmark}" if size else f"{arm}, the start, {benchmark}"
    more = (
        f"<p class=\"label\">{left_out:,} more, left out to keep this page small: 'thalweg view'</p>"
        if left_out
        else ""
    )
    return f'<details class="rung"{unfold}><summary>{escape(title)}</summary>{"".join(cards)}{more}</details>'


def _card(sampled: Sampled) -> str:
    response, verdict = with_parts(sampled.response), sampled.verdict
    kind = "correct" if verdict.status == "correct" else "wrong"
    tokens = "" if response.completion_tokens is None else f"<span>{response.completion_tokens:,} tokens</span>"
    header = (
        f'<header><span class="badge {kind}">{escape(verdict.status.replace("_", " "))}</span>'
        f"<span>{escape(sampled.problem.id)}</span><span>seed {sampled.seed}</span>{tokens}"
        f"<span>{escape(_ending(response.finish_reason))}</span></header>"
    )
    thinking = "" if response.thinking is None else _folded("thinking", response.thinking)
    answer = _text("answer", response.answer) if response.answer is not None else _note("never reached an answer")
    same = verdict.extracted is None or verdict.extracted.strip() == (response.answer or "").strip()
    graded = "" if same else _text("taken as answer", verdict.extracted or "")
    detail = "" if verdict.detail is None else _note(verdict.detail)
    columns = "".join(f"<div>{c}</div>" for c in (answer, graded, _text("expected", _expected(sampled.problem))) if c)
    body = _text("problem", sampled.problem.statement) + thinking + f'<div class="columns">{columns}</div>' + detail
    return f'<article class="sample">{header}{body}</article>'


def _expected(problem: Problem) -> str:
    check = problem.check
    if isinstance(check, OutputCheck):
        return check.output
    if isinstance(check, MathCheck | TextCheck):
        return check.answer
    return f"passes the checks of type {check.type}"


def _ending(finish_reason: str | None) -> str:
    known = {None: "", "stop": "ended by itself", "length": "cut off at the token budget"}
    return known.get(finish_reason, f"finish reason: {finish_reason}")


def _text(label: str, text: str) -> str:
    return f'<p class="label">{escape(label)}</p><pre>{escape(shortened(text.strip()))}</pre>'


def _folded(label: str, text: str) -> str:
    count = f"{len(text.split()):,} words"
    return f"<details><summary>{escape(label)}, {count}</summary><pre>{escape(shortened(text.strip()))}</pre></details>"


def _note(text: str) -> str:
    return f'<p class="label">{escape(shortened(text))}</p>'


def shortened(text: str) -> str:
    """The text, or its head and tail with the number of characters left out between them."""
    if len(text) <= _HEAD + _TAIL:
        return text
    return f"{text[:_HEAD]}\n[… {len(text) - _HEAD - _TAIL:,} characters left out …]\n{text[-_TAIL:]}"
