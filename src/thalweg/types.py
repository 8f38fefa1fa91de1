"""The nouns: the only records that cross a stage boundary.

All are frozen, slotted dataclasses of plain values, so that they pickle, compare and hash cheaply. How they are
read and written (JSON Lines, Parquet) is `thalweg.store`; how a response splits into thinking and answer is
`thalweg.thinking`. Nothing here imports anything beyond the standard library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

# --------------------------------------------------------------------------- checks: how an answer is judged

Compare: TypeAlias = Literal["tokens", "exact", "value"] | Mapping[Literal["float"], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class StdinCheck:
    """The answer is a program; each test is `{"input": str, "output": str}`."""

    type: Literal["stdin"] = "stdin"
    tests: tuple[Mapping[str, Any], ...]
    compare: Compare = "tokens"
    timeout_s: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCheck:
    """The answer defines `entry_point` (or `Solution.entry_point`); each test is `{"args", "kwargs"?, "output"}`."""

    type: Literal["call"] = "call"
    entry_point: str
    tests: tuple[Mapping[str, Any], ...]
    compare: Compare = "value"
    timeout_s: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertCheck:
    """The answer is a program; `asserts` are run after it (MBPP, HumanEval)."""

    type: Literal["assert"] = "assert"
    asserts: tuple[str, ...]
    setup: str = ""
    timeout_s: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnittestCheck:
    """The answer is a module; `files` maps names to the test sources."""

    type: Literal["unittest"] = "unittest"
    files: Mapping[str, str]
    timeout_s: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PredicateCheck:
    """The answer defines `sol`; `source` defines `sat` (P3)."""

    type: Literal["predicate"] = "predicate"
    source: str
    timeout_s: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputCheck:
    """The answer is what `program` gives on `input`: a Python literal, or the text that it prints."""

    type: Literal["output"] = "output"
    program: str
    input: str
    output: str
    timeout_s: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerCheck:
    """The answer is a program whose outputs a checker judges (`source` sees input, expected and actual)."""

    type: Literal["checker"] = "checker"
    source: str
    tests: tuple[Mapping[str, Any], ...]
    timeout_s: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MathCheck:
    """The answer is a number, formula, set or choice equal to `answer`."""

    type: Literal["math"] = "math"
    answer: str
    timeout_s: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCheck:
    """The answer equals `answer` after normalisation (Unicode NFKC, case, white space)."""

    type: Literal["text"] = "text"
    answer: str
    timeout_s: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningGymCheck:
    """The answer is scored by the reasoning-gym task `task` on `entry`."""

    type: Literal["reasoning_gym"] = "reasoning_gym"
    task: str
    entry: Mapping[str, Any]
    timeout_s: float = 6.0


Check: TypeAlias = (
    StdinCheck
    | CallCheck
    | AssertCheck
    | UnittestCheck
    | PredicateCheck
    | OutputCheck
    | CheckerCheck
    | MathCheck
    | TextCheck
    | ReasoningGymCheck
)

CHECKS: dict[str, type[Any]] = {kind.__dataclass_fields__["type"].default: kind for kind in get_args(Check)}

# --------------------------------------------------------------------------- the loop


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A task with a way to check an answer. Problems that are not independent share a `group`."""

    id: str
    statement: str
    check: Check
    source: str = ""
    group: str | None = None
    difficulty: str | None = None
    date: str | None = None
    license: str | None = None

    @property
    def cluster(self) -> str:
        """What intervals cluster by: the group, or the problem alone."""
        return self.group if self.group is not None else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One attempt by one model. `text` is as received, or null where an endpoint gives thinking and answer apart.

    `thinking` is null when the response holds none; `answer` is null when the response never got to one (an
    unclosed `<think>`). `finish_reason` is `stop`, `length`, what an endpoint says, or null when unknown.
    """

    id: str
    problem_id: str
    model: str
    sample: int = 0
    text: str | None = None
    thinking: str | None = None
    answer: str | None = None
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None


Status: TypeAlias = Literal[
    "correct", "incorrect", "timeout", "memory", "output_limit", "crash", "no_answer", "harness_error"
]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the grader found. `harness_error` is never a label: it is counted, retried, and left out of every rate."""

    response_id: str
    problem_id: str
    status: Status
    passed: int = 0
    total: int = 1
    extracted: str | None = None
    detail: str | None = None
    strength: Literal["strong", "weak"] = "strong"
    grader: str = "native"
    isolation: str = "none"
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A training row: the user turn `prompt`, and `text`, what the student learns to answer, byte for byte."""

    response_id: str
    problem_id: str
    prompt: str
    text: str
    weight: float = 1.0
    arm: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenStats:
    """How a student sees a response: teacher-forced statistics of its n tokens, the end marker left out.

    `ids` are the student's tokens; `log_probs` natural logarithms of their probabilities (at most 0); `ranks` 1 for
    the likeliest token and at most 100; `entropies` those of the student's next-token distributions, in nats. Of a
    `truncated` response the student's context held only the beginning.
    """

    student: str
    response_id: str
    precision: Literal["fp32", "bf16"]
    ids: Sequence[int]
    log_probs: Sequence[float]
    ranks: Sequence[int]
    entropies: Sequence[float]
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Suitability:
    """One response as one student sees it: a row of `thalweg suitability`.

    Means are over the response's tokens, in nats; `rsr` is the ratio of their sums (rank-surprisal ratio); null where
    a column was not asked for, or cannot be told. Of a `truncated` response only the `tokens` that fit the student's
    context are seen. Which way is better is in `thalweg.suitability.columns`.
    """

    response_id: str
    problem_id: str
    model: str
    student: str
    precision: Literal["fp32", "bf16"]
    tokens: int
    rsr: float | None
    surprisal: float
    rank: float
    entropy: float
    truncated: bool = False
    local_surprisal: float | None = None
    rule_quality: float | None = None
    correct: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A response that did not become a training row, at which stage of the funnel, and why."""

    response_id: str
    problem_id: str
    stage: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One graded response at one rung: a row of `scores.parquet`, what every rate and paired comparison reads."""

    arm: str
    start: str
    size: int
    seed: int
    benchmark: str
    problem_id: str
    cluster: str
    sample: int
    status: Status
    thinking: bool  # the response begins with a think tag
    finished: bool  # it stopped by itself within the budget, with its thinking closed
    looped: bool  # it ends in the same phrase over and over
    completion_tokens: int


# --------------------------------------------------------------------------- what was measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share between 0 and 1 with its 95 % interval; null bounds where there is nothing to tell."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`n` responses, of which `correct`."""

    n: int
    correct: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """What a score is made of: pass@1 = sum over the four of share x pass rate within."""

    thinking_finished: Cell
    thinking_unfinished: Cell
    direct_finished: Cell
    direct_unfinished: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One rung (arm, size, seed) measured on one benchmark: a row of `scores.json`."""

    arm: str
    start: str
    size: int
    seed: int
    steps: int
    tokens_trained: int
    distinct_problems: int
    benchmark: str
    problems: int
    samples: int
    token_budget: int
    sampling: str
    prompt_hash: str
    pass_at_1: Rate
    completion_rate: Rate
    think_tag_rate: Rate
    loop_rate: Rate
    cells: Cells
    harness_errors: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Valley:
    """Whether a rung lies below its start and a later rung above that rung; the interval is the floor's score."""

    detected: bool
    floor: float | None = None
    floor_size: int | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """The corpus size, in examples, at which the score is back at its start; null where that cannot be told."""

    size: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """The largest rung's size and score."""

    size: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmCurve:
    """The fit over one arm's rungs; `seeds` holds the same for each seed alone. `note` says what cannot be told."""

    base: Rate
    valley: Valley
    break_even: BreakEven
    top: Top
    seeds: Mapping[str, "ArmCurve"] = field(default_factory=dict)
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The curves of all arms on the first benchmark, and on the others: `curve.json`."""

    benchmark: str
    arms: Mapping[str, ArmCurve]
    other_benchmarks: Mapping[str, Mapping[str, ArmCurve]] = field(default_factory=dict)
    version: int = 1
