"""Takes a checkpoint, its start, its corpus and its scored responses, and reads off them what a diagnosis needs.

A few dozen rows are enough: each is passed once or twice through start and checkpoint (`thalweg.study.forced`), and
the checkpoint answers as many prompts again, greedily and with twice the budget. What `thalweg.curve.diagnosis` makes
of the numbers is its own business. Both models are held at once. Not covered: checkpoints that are adapters (the size
of their change is left out), and sampled evaluations, which a fresh greedy answer cannot repeat.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from thalweg import chat
from thalweg.curve.rates import cells, outcome
from thalweg.curve.reading import Reading
from thalweg.errors import InputError
from thalweg.generate.model import Request, Sampling
from thalweg.thinking import OPEN, full_text, is_finished, split, with_parts
from thalweg.types import Cells, Example, Outcome, Problem, Response, Verdict

if TYPE_CHECKING:
    from thalweg.study.forced import Forced, Pass

ROWS = 24  # trained rows, unseen rows, and prompts answered again
_FLOOR = -12.0  # log-probabilities below this say the same: never


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is at hand about a checkpoint. `unseen` and `metrics` may be empty, and `start_outcomes` too.

    `corpus` holds its training rows; `unseen` rows of the same teacher that it was not trained on; `responses` are
    its answers to `problems`, graded in `outcomes`; `metrics` the rows of its `metrics.jsonl`.
    """

    start: Path
    student: Path
    corpus: Sequence[Example]
    problems: Mapping[str, Problem]
    responses: Sequence[Response]
    outcomes: Sequence[Outcome]
    start_outcomes: Sequence[Outcome] = ()
    unseen: Sequence[Example] = ()
    metrics: Sequence[Mapping[str, Any]] = ()
    prompt: chat.Prompt = field(default_factory=chat.Prompt)


def read(evidence: Evidence, rows: int = ROWS) -> Reading:
    """The reading of a checkpoint, from `rows` rows and prompts of each kind.

    Raises:
        InputError: a model that cannot be loaded or read, or nothing to read.
    """
    from thalweg.study.forced import Forced, movement

    if not evidence.corpus or not evidence.outcomes:
        raise InputError("diagnosis", "it needs training rows and graded responses", "name a corpus and responses")
    start = Forced.open(evidence.start, evidence.prompt)
    student = Forced.open(evidence.student, evidence.prompt)
    found: dict[str, Any] = {**_scored(evidence), **_of_corpus(evidence.corpus), **_of_training(evidence.metrics)}
    found["moved"] = movement(start.model, student.model)
    trained, unseen = _spread(evidence.corpus, rows), _spread(evidence.unseen, rows)
    found |= _of_rows(start, student, trained, evidence.prompt)
    found["over_budget"] = _over_budget([len(student.tokens(row.text)) for row in trained], evidence.responses)
    found |= _of_unseen(student, unseen, evidence.prompt)
    found |= _of_answers(student, evidence, rows)
    return Reading(**found)


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The rows of a `metrics.jsonl`."""
    if not path.exists():
        raise InputError(str(path), "no such file", "name the metrics.jsonl of the training run")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def outcomes_of(
    problems: Mapping[str, Problem], responses: Sequence[Response], verdicts: Mapping[str, Verdict]
) -> list[Outcome]:
    """Graded responses as outcomes of one unnamed rung; responses without a verdict or a problem are left out."""
    rung: dict[str, Any] = {"arm": "student", "start": "base", "size": 0, "seed": 0, "benchmark": "benchmark"}
    return [
        outcome(problems[r.problem_id], r, verdicts[r.id], **rung)
        for r in responses
        if r.problem_id in problems and r.id in verdicts
    ]


# --------------------------------------------------------------------------- what needs no model


def _scored(evidence: Evidence) -> dict[str, Any]:
    def counted(outcomes: Sequence[Outcome]) -> Cells | None:
        graded = [o for o in outcomes if o.status != "harness_error"]
        return cells(graded) if graded else None

    return {
        "cells": counted(evidence.outcomes) or cells([]),
        "looped": sum(o.looped for o in evidence.outcomes),
        "groups": len({o.cluster for o in evidence.outcomes}),
        "start": counted(evidence.start_outcomes),
    }


def _of_corpus(corpus: Sequence[Example]) -> dict[str, float | None]:
    """How much of the corpus repeats itself, and how much of it thinks without saying so."""
    lengths = {True: [len(row.text) for row in corpus if _tagged(row)], False: [0]}
    least = median(lengths[True]) / 2 if lengths[True] else math.inf
    return {
        "distinct": len({(row.prompt, row.text) for row in corpus}) / len(corpus),
        "untagged": sum(not _tagged(row) and len(row.text) >= least for row in corpus) / len(corpus),
    }


def _tagged(row: Example) -> bool:
    return row.text.lstrip().startswith(OPEN)


def _of_training(metrics: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    losses = [_FLOOR * -1 if row["loss"] is None else float(row["loss"]) for row in metrics]
    if not losses:
        return {}
    count = len(losses)

    def mean(low: float, high: float) -> float:
        return fmean(losses[min(math.floor(low * count), count - 1) : max(math.ceil(high * count), 1)])

    return {
        "steps": int(metrics[-1]["step"]),
        "first_loss": mean(0, 0.05),
        "last_loss": mean(0.9, 1),
        "falling": mean(0.4, 0.6) - mean(0.8, 1),
    }


# --------------------------------------------------------------------------- teacher-forced


def _of_rows(start: "Forced", student: "Forced", rows: Sequence[Example], prompt: chat.Prompt) -> dict[str, Any]:
    """Start and checkpoint on rows that were trained on."""
    before, after = _passes(start, rows, prompt), _passes(student, rows, prompt)
    other = replace(prompt, chat="none" if prompt.chat == "tokenizer" else "tokenizer")
    loss = fmean(p.loss for p in after)
    ends = [_end(p) for p in after]
    longest = sorted(range(len(rows)), key=lambda i: len(after[i].following))[-max(1, len(rows) // 3) :]
    found = {
        "trained_loss": loss,
        "start_loss": fmean(p.loss for p in before),
        "tail": fmean(_tail(after[i]) for i in longest),
        "end": fmean(ends),
        "end_long": fmean(ends[i] for i in longest),
        "prompt_gain": fmean(p.prompt for p in after) - fmean(p.prompt for p in before),
        "shift_gain": loss - min(-fmean(float(p.ahead.mean()) for p in after), _behind(after)),
        "start_pairing": _pairing(start, [replace(row, text=_answer(row)) for row in rows], prompt),
        **_rival(student, after),
    }
    if student.tokenizer.chat_template:
        found |= _against("plain", after, _passes(student, rows, other))
        found |= _against("double", after, _passes(student, rows, prompt, twice=True))
    return found


def _against(name: str, own: "Sequence[Pass]", other: "Sequence[Pass]") -> dict[str, float]:
    """What rows lose under another rendering: the mean, and the share of rows that lose."""
    gains = [a.loss - b.loss for a, b in zip(own, other, strict=True)]
    return {f"{name}_gain": fmean(gains), f"{name}_share": fmean(gain > 0 for gain in gains)}


def _of_unseen(student: "Forced", rows: Sequence[Example], prompt: chat.Prompt) -> dict[str, Any]:
    if not rows:
        return {}
    return {
        "unseen_loss": fmean(p.loss for p in _passes(student, rows, prompt)),
        "pairing": _pairing(student, rows, prompt),
    }


def _passes(model: "Forced", rows: Sequence[Example], prompt: chat.Prompt, *, twice: bool = False) -> "list[Pass]":
    """A pass a row; `twice` lets the chat template wrap what it has wrapped already."""
    found = []
    for row in rows:
        text = chat.render(model.tokenizer, row.prompt, prompt)
        if twice:
            text = chat.render(model.tokenizer, text, replace(prompt, chat="tokenizer"))
        found.append(model.read(model.tokens(text), model.tokens(row.text)))
    return found


def _pairing(model: "Forced", rows: Sequence[Example], prompt: chat.Prompt) -> float:
    """Loss under the prompt of the next row but one, minus loss under the own prompt (medians: a few rows are odd)."""
    away = [row.prompt for row in [*rows[2:], *rows[:2]]]
    own = _passes(model, rows, prompt)
    swapped = _passes(model, [replace(r, prompt=p) for r, p in zip(rows, away, strict=True)], prompt)
    return median(other.loss - mine.loss for mine, other in zip(own, swapped, strict=True))


def _answer(row: Example) -> str:
    """What follows the thinking: the part of a response that an untrained student can be expected to know."""
    answer = split(row.text).answer
    return answer.strip() if answer and answer.strip() else row.text


def _end(one: "Pass") -> float:
    return max(float(one.ends[0]), _FLOOR)


def _tail(one: "Pass") -> float:
    """Loss of the last quarter minus loss of the second."""
    quarter = max(1, len(one.following) // 4)
    return float(one.following[quarter : 2 * quarter].mean() - one.following[-quarter:].mean())


def _behind(passes: "Sequence[Pass]") -> float:
    return -fmean(float(one.behind.mean()) for one in passes)


def _rival(model: "Forced", passes: "Sequence[Pass]") -> dict[str, Any]:
    """The special token that stands in the end token's way."""
    if len(model.special) < 2:
        return {}
    best = [1 + int(one.ends[1:].argmax()) for one in passes]
    most = max(set(best), key=best.count)
    return {
        "end_rival": fmean(max(float(one.ends[most]), _FLOOR) for one in passes),
        "rival": str(model.tokenizer.convert_ids_to_tokens(model.special[most])),
    }


# --------------------------------------------------------------------------- answering again


def _of_answers(student: "Forced", evidence: Evidence, count: int) -> dict[str, float | None]:
    """Recorded responses beside what the checkpoint writes now."""
    known = [r for r in evidence.responses if r.problem_id in evidence.problems and full_text(r)]
    if not known:
        return {}
    recorded, long = _by_length(known, evidence, count)
    fresh = _answer_again(evidence, recorded)
    same = [_agrees(old, new) for old, new in zip(recorded, fresh, strict=True)]
    cut = [not is_finished(old) and is_finished(new) for old, new in zip(recorded, fresh, strict=True)]
    passes = _passes(student, [_row(r, evidence) for r in recorded], evidence.prompt)
    excess = [-p.following - p.entropies for p in passes]
    return {
        "agree": fmean(same),
        "agree_by_length": fmean(same[-long:]) - fmean(same[:-long]) if long < len(same) else None,
        "cut": fmean(cut),
        "excess": fmean(float(e.mean()) for e in excess),
        "opening": fmean(float(e[:3].mean()) for e in excess),
    }


def _by_length(known: Sequence[Response], evidence: Evidence, count: int) -> tuple[list[Response], int]:
    """Responses to answer again, and how many at their end have the longest prompts, which batches pad least."""
    ordered = sorted(known, key=lambda r: len(evidence.problems[r.problem_id].statement))
    long = max(1, min(len(known), count) // 3)
    return [with_parts(r) for r in (*_spread(ordered[:-long], count - long), *ordered[-long:])], long


def _over_budget(lengths: Sequence[int], responses: Sequence[Response]) -> float:
    """The share of the teacher's traces that are longer than what the student was given; 0 where nothing was cut."""
    cut = [r.completion_tokens for r in responses if r.finish_reason == "length" and r.completion_tokens]
    return fmean(length >= max(cut) for length in lengths) if cut else 0.0


def _answer_again(evidence: Evidence, recorded: Sequence[Response]) -> list[Response]:
    from thalweg.generate.local import LocalModel

    budget = 2 * max(r.completion_tokens or len(full_text(r)) for r in recorded)
    model = LocalModel(evidence.student, Sampling(max_tokens=budget), evidence.prompt)
    return model.respond([Request(evidence.problems[r.problem_id], 0) for r in recorded])


def _agrees(old: Response, new: Response) -> bool:
    if old.finish_reason == "length":
        return full_text(new).startswith(full_text(old))
    return full_text(new) == full_text(old)


def _row(response: Response, evidence: Evidence) -> Example:
    return Example(
        response_id=response.id,
        problem_id=response.problem_id,
        prompt=evidence.prompt.user_turn(evidence.problems[response.problem_id]),
        text=full_text(response),
    )


def _spread(rows: Sequence[Any], count: int) -> list[Any]:
    """Up to `count` rows, evenly from first to last."""
    if len(rows) <= count:
        return list(rows)
    return [rows[index * len(rows) // count] for index in range(count)]
