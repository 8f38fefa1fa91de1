"""Which responses an arm trains on: one description, used by study files and by `thalweg curate` alike.

A selection is a row of gates, each of which says why it drops a response, and an order. The gates stand in the order
of `STAGES`; what passes all of them is put into the seed's nested order (`subsets`), and a rung takes the first of it.
Filtering by correctness is an arm of an experiment and not a gate that is always there: `select: random` looks at no
verdict. Dropped always is what cannot be trained on: responses without an answer, or to an unknown problem.

Not covered: what is done to a response afterwards (`structure`), how a rung is matched to another arm's (`matching`).
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from thalweg.curate.difficulty import Labels, PassRate, difficulty_of
from thalweg.curate.filters import Filters, filter_reason
from thalweg.curate.picks import choose
from thalweg.curate.structure import Structure
from thalweg.curate.subsets import by_problem, mixed, nested_order, picked_order
from thalweg.errors import InputError
from thalweg.thinking import is_finished
from thalweg.types import Drop, Problem, Response, Verdict

Select: TypeAlias = Literal["random", "correct", "incorrect"]
STAGES = ("usable", "filters", "verdict", "difficulty", "pass rate", "mix", "matched problems", "pick", "size")

_BEST = "best:"
_PICK = re.compile(r"random|longest|shortest|farthest|best:\S+")


class Selection(BaseModel):
    """Which responses may be taken, how many of a problem's, and what is done to them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    select: Select = Field("random", description="Which verdicts may be taken; `random` takes all.")
    difficulty: Literal["easy", "hard"] | tuple[str, ...] | None = Field(
        None, description="`easy` or `hard` as the study's `difficulty` maps labels, or the labels themselves."
    )
    min_pass_rate: float | None = Field(
        None, ge=0, le=1, description="Leave out problems that `pass_rate_of` solves less often than this."
    )
    max_pass_rate: float | None = Field(
        None, ge=0, le=1, description="Leave out problems solved more often than this (DED's question compression)."
    )
    per_problem: int | None = Field(None, gt=0, description="At most this many responses a problem (all where absent).")
    pick: str = Field(
        "random",
        description="Which of a problem's responses: `random`, `longest`, `shortest`, `farthest` (DED's diversity), "
        "or `best:COLUMN` with a column of `thalweg suitability`.",
    )
    together: bool = Field(
        False, description="Keep a problem's responses side by side: a rung of N then holds N / per_problem problems."
    )
    structure: Structure = Field(
        "whole",
        description="What is done to a response: nothing, its steps `shuffled`, its thinking `swapped` with another "
        "problem's, or the `answer` without its trace.",
    )
    mix: dict[str, float] | None = Field(None, description="Source of problems -> share of the examples (sums to 1).")
    filters: Filters = Field(Filters(), description="What a response must look like.")

    @model_validator(mode="after")
    def _selects_what_can_be(self) -> "Selection":
        if not _PICK.fullmatch(self.pick):
            raise ValueError(f"pick {self.pick!r}: use random, longest, shortest, farthest or best:COLUMN")
        if self.pick != "random" and self.per_problem is None:
            raise ValueError(f"pick {self.pick!r} needs 'per_problem': how many of a problem's responses to take")
        if self.together and self.per_problem is None:
            raise ValueError("'together' needs 'per_problem': how many of a problem's responses to take")
        if self.mix is not None and (
            min(self.mix.values(), default=0) <= 0 or not math.isclose(sum(self.mix.values()), 1, abs_tol=1e-6)
        ):
            raise ValueError("mix: give every source a share above 0, and shares that sum to 1")
        if (self.min_pass_rate or 0) > (1 if self.max_pass_rate is None else self.max_pass_rate):
            raise ValueError("min_pass_rate is above max_pass_rate")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What gates may look at, beside responses and problems.

    `costs` holds, by column, what a response costs under it: lower is better, whatever the column's own direction.
    `count_tokens` counts a text's tokens as the student does.
    """

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    pass_rates: Mapping[str, PassRate] = field(default_factory=dict)
    costs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    labels: Labels = field(default_factory=Labels)
    count_tokens: Callable[[str], int] | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """What an arm may train on, in the nested order of a seed, and what was dropped on the way."""

    ordered: list[Response]
    dropped: list[Drop]


def best_column(pick: str) -> str | None:
    """The column of `best:COLUMN`; null for every other pick."""
    return pick.removeprefix(_BEST) if pick.startswith(_BEST) else None


def beyond(ordered: Iterable[Response], chosen: Iterable[Response]) -> list[Drop]:
    """What passed all gates and yet is not in the rung: the last stage of the funnel."""
    held = {response.id for response in chosen}
    return [_drop(response, "size", "beyond the size") for response in ordered if response.id not in held]


Gate: TypeAlias = Callable[[Response], str | None]


def select_pool(
    responses: Iterable[Response],
    problems: Mapping[str, Problem],
    evidence: Evidence,
    selection: Selection,
    seed: int,
    only_problems: frozenset[str] | None = None,
) -> Pool:
    """Sends responses through the gates. `only_problems` (matched arms) leaves out all others.

    Every response is in the result once: in `ordered`, or in `dropped` with the first stage that it did not pass.

    Raises:
        InputError: two responses share an id, or the evidence that a gate looks at is missing altogether.
    """
    pool = list(responses)
    _check(pool, problems, evidence, selection)
    gates = _gates(problems, evidence, selection, only_problems)
    passed: list[Response] = []
    dropped: list[Drop] = []
    for response in pool:
        stopped = next(((stage, why) for stage, gate in gates if (why := gate(response)) is not None), None)
        if stopped is None:
            passed.append(response)
        else:
            dropped.append(_drop(response, *stopped))
    ordered = _picked(passed, evidence, selection, seed, dropped)
    if selection.mix is not None:
        ordered = _mixed(ordered, problems, selection.mix, dropped)
    return Pool(ordered, dropped)


def _gates(
    problems: Mapping[str, Problem], evidence: Evidence, selection: Selection, only: frozenset[str] | None
) -> list[tuple[str, Gate]]:
    """The gates that this selection needs, each with its stage, in the order of `STAGES`."""
    gates: list[tuple[str, Gate]] = [("usable", lambda r: _unusable(r, problems))]
    if selection.filters != Filters():
        look, count = selection.filters, evidence.count_tokens
        gates.append(("filters", lambda r: filter_reason(r, problems[r.problem_id], look, count)))
    if selection.select != "random":
        gates.append(("verdict", lambda r: _wrong_verdict(evidence.verdicts.get(r.id), selection.select)))
    if selection.difficulty is not None:
        gates.append(("difficulty", lambda r: _wrong_difficulty(problems[r.problem_id], selection, evidence.labels)))
    if selection.min_pass_rate is not None or selection.max_pass_rate is not None:
        gates.append(("pass rate", lambda r: _wrong_pass_rate(evidence.pass_rates.get(r.problem_id), selection)))
    if selection.mix is not None:
        mix = selection.mix
        gates.append(("mix", lambda r: None if problems[r.problem_id].source in mix else "source not in the mix"))
    if only is not None:
        gates.append(("matched problems", lambda r: None if r.problem_id in only else "problem not in both arms"))
    return gates


def _unusable(response: Response, problems: Mapping[str, Problem]) -> str | None:
    if response.problem_id not in problems:
        return "unknown problem"
    return None if is_finished(response) else "unfinished"


def _wrong_verdict(verdict: Verdict | None, select: Select) -> str | None:
    if verdict is None or verdict.status == "harness_error":
        return "no verdict"
    return None if (verdict.status == "correct") == (select == "correct") else f"not {select}"


def _wrong_difficulty(problem: Problem, selection: Selection, labels: Labels) -> str | None:
    wanted, found = _difficulties(problem, selection, labels)
    if found is None:
        return "difficulty unknown"
    return None if found in wanted else f"not {' or '.join(wanted)}"


def _difficulties(problem: Problem, selection: Selection, labels: Labels) -> tuple[tuple[str, ...], str | None]:
    """The difficulties that are wanted, and the problem's own in the same words."""
    if isinstance(selection.difficulty, str):
        return (selection.difficulty,), difficulty_of(problem, labels)
    found = problem.difficulty.strip().casefold() if problem.difficulty is not None else None
    return tuple(label.strip().casefold() for label in selection.difficulty or ()), found


def _wrong_pass_rate(rate: PassRate | None, selection: Selection) -> str | None:
    if rate is None:
        return "no pass rate"
    if selection.max_pass_rate is not None and rate.value > selection.max_pass_rate:
        return f"pass rate above {selection.max_pass_rate:g}"
    if selection.min_pass_rate is not None and rate.value < selection.min_pass_rate:
        return f"pass rate below {selection.min_pass_rate:g}"
    return None


def _picked(
    passed: Sequence[Response], evidence: Evidence, selection: Selection, seed: int, dropped: list[Drop]
) -> list[Response]:
    """At most `per_problem` responses of each problem, in the seed's order."""
    if selection.per_problem is None:
        return nested_order(passed, seed)
    column = best_column(selection.pick)
    costs = evidence.costs[column] if column is not None else None
    chosen = []
    for group in by_problem(passed).values():
        taken, left = choose(group, selection.pick, selection.per_problem, costs, evidence.count_tokens, seed)
        chosen.append(taken)
        dropped += [_drop(response, "pick", why) for response, why in left]
    return picked_order(chosen, seed, selection.together)


def _mixed(
    ordered: Sequence[Response], problems: Mapping[str, Problem], mix: Mapping[str, float], dropped: list[Drop]
) -> list[Response]:
    """The order interleaved by shares of sources; what comes after the first source that runs out is dropped."""
    sources = {source: [r for r in ordered if problems[r.problem_id].source == source] for source in mix}
    for source, rows in sources.items():
        if not rows:
            raise InputError(f"mix: {source}", "no response to a problem of this source is left", "name another source")
    kept = mixed(sources, mix)
    held = {response.id for response in kept}
    dropped += [_drop(r, "mix", "another source ran out") for r in ordered if r.id not in held]
    return kept


def _check(pool: Sequence[Response], problems: Mapping[str, Problem], evidence: Evidence, selection: Selection) -> None:
    """Raises where no response could pass for want of evidence, which is a mistake and not a finding."""
    repeated = [name for name, count in Counter(r.id for r in pool).items() if count > 1]
    if repeated:
        raise InputError(f"response {repeated[0]!r}", "several responses have this id", "give each its own")
    column = best_column(selection.pick)
    if column is not None and not evidence.costs.get(column):
        known = ", ".join(sorted(evidence.costs)) or "none"
        raise InputError(f"pick: best:{column}", "no response has a value in this column", f"columns at hand: {known}")
    if (selection.min_pass_rate is not None or selection.max_pass_rate is not None) and not evidence.pass_rates:
        raise InputError("pass rate", "no pass rates are known", "name the verdicts that they are to be taken from")
    if selection.difficulty is not None:
        pairs = [_difficulties(problem, selection, evidence.labels) for problem in problems.values()]
        if not any(found in wanted for wanted, found in pairs):
            labels = ", ".join(sorted({p.difficulty for p in problems.values() if p.difficulty is not None})) or "none"
            raise InputError("difficulty", "no problem has such a label", f"labels of the problems: {labels}")


def _drop(response: Response, stage: str, reason: str) -> Drop:
    return Drop(response_id=response.id, problem_id=response.problem_id, stage=stage, reason=reason)
