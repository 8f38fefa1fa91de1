"""Gates: every response ends up in the pool or is dropped for a reason; the order is nested, seeded and fair."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.curation import count_words, problem, response, verdict
from thalweg.curate.difficulty import Labels, PassRate
from thalweg.curate.filters import Filters
from thalweg.curate.funnel import funnel_of, table
from thalweg.curate.selection import STAGES, Evidence, Selection, best_column, beyond, select_pool
from thalweg.curate.subsets import take
from thalweg.errors import InputError
from thalweg.types import Drop, Response, Status

LABELS = ("easy", "medium", "hard", None)
STATUSES: tuple[Status | None, ...] = ("correct", "incorrect", "timeout", "harness_error", None)
SOURCES = ("math", "code", "lore")
PROBLEMS = {str(n): problem(n, difficulty=LABELS[n % 4], source=SOURCES[n % 3]) for n in range(24)}


def rate(value: float) -> PassRate:
    return PassRate(n=8, correct=round(8 * value), value=value, low=0.0, high=1.0)


RATES = {str(n): rate(n % 5 / 4) for n in range(24) if n % 7}
SELECTIONS = st.builds(
    Selection,
    select=st.sampled_from(["random", "correct", "incorrect"]),
    difficulty=st.sampled_from([None, "easy", "hard", ("medium", "HARD")]),
    max_pass_rate=st.sampled_from([None, 0.25, 0.5]),
    per_problem=st.integers(1, 3),
    together=st.booleans(),
    pick=st.sampled_from(["random", "longest", "shortest", "farthest", "best:rsr"]),
    filters=st.sampled_from([Filters(), Filters(think="required"), Filters(max_tokens=5)]),
)


@st.composite
def pools(draw: st.DrawFn) -> list[Response]:
    """Responses to known and unknown problems, several a problem, some of them not usable."""
    keys = draw(st.sets(st.tuples(st.integers(0, 26), st.integers(0, 5)), min_size=1, max_size=60))
    return [made(n, sample) for n, sample in sorted(keys)]


def made(number: int, sample: int) -> Response:
    random = Random(f"{number}/{sample}")
    words = " ".join(random.choices("abcdefgh", k=random.randint(1, 12)))
    broken = random.random()
    if broken < 0.1:
        return response(number, sample, finish_reason="length")
    if broken < 0.2:
        return response(number, sample, text=f"<think>{words}")
    return response(number, sample, text=words if broken < 0.4 else f"<think>{words}</think>{words[:3]}")


def evidence(pool: Sequence[Response]) -> Evidence:
    statuses = {r.id: Random(f"v{r.id}").choice(STATUSES) for r in pool}
    return Evidence(
        verdicts={name: verdict(name, status) for name, status in statuses.items() if status is not None},
        pass_rates=RATES,
        costs={
            "rsr": {r.id: Random(f"c{r.id}").random() for r in pool if Random(f"h{r.id}").random() < 0.8} or {"": 0}
        },
        labels=Labels(easy=("easy", "medium"), hard=("hard",)),
        count_tokens=count_words,
    )


@given(pools(), SELECTIONS, st.integers(0, 3), st.sampled_from([None, frozenset("123")]), st.randoms())
def test_nothing_vanishes(
    pool: list[Response], selection: Selection, seed: int, only: frozenset[str] | None, random: Random
) -> None:
    found = select_pool(pool, PROBLEMS, evidence(pool), selection, seed, only)
    ids = [r.id for r in found.ordered] + [d.response_id for d in found.dropped]
    assert sorted(ids) == sorted(r.id for r in pool)
    assert all(d.stage in STAGES and d.reason for d in found.dropped)
    assert max(Counter(r.problem_id for r in found.ordered).values(), default=0) <= (selection.per_problem or 0)
    mixed_up = random.sample(pool, len(pool))
    again = select_pool(mixed_up, PROBLEMS, evidence(pool), selection, seed, only)
    assert again.ordered == found.ordered
    assert {d.response_id: d for d in again.dropped} == {d.response_id: d for d in found.dropped}
    chosen = take(found.ordered, len(found.ordered) // 2, "x")
    dropped = [*found.dropped, *beyond(found.ordered, chosen)]
    counted = funnel_of(len(chosen), dropped)
    assert (counted.pool, counted.kept) == (len(pool), len(found.ordered))
    assert table(counted)[-1][-1] == len(chosen)
    places = [STAGES.index(loss.stage) for loss in counted.dropped]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("selection", "changed", "stage", "reason"),
    [
        ({}, {"problem_id": "99"}, "usable", "unknown problem"),
        ({}, {"answer": None, "text": "<think>a"}, "usable", "unfinished"),
        ({}, {"finish_reason": "length"}, "usable", "unfinished"),
        ({"filters": Filters(think="forbidden")}, {}, "filters", None),
        ({"select": "correct"}, {"sample": 1}, "verdict", "not correct"),
        ({"select": "incorrect"}, {"sample": 0}, "verdict", "not incorrect"),
        ({"select": "correct"}, {"sample": 2}, "verdict", "no verdict"),
        ({"select": "incorrect"}, {"sample": 3}, "verdict", "no verdict"),
        ({"difficulty": "hard"}, {"problem_id": "0"}, "difficulty", "not hard"),
        ({"difficulty": "easy"}, {"problem_id": "3"}, "difficulty", "difficulty unknown"),
        ({"difficulty": ("medium", "easy")}, {"problem_id": "2"}, "difficulty", "not medium or easy"),
        ({"max_pass_rate": 0.5}, {"problem_id": "3"}, "pass rate", "pass rate above 0.5"),
        ({"min_pass_rate": 0.5}, {"problem_id": "1"}, "pass rate", "pass rate below 0.5"),
        ({"max_pass_rate": 0.5}, {"problem_id": "7"}, "pass rate", "no pass rate"),
        ({"mix": {"code": 1.0}}, {"problem_id": "0"}, "mix", "source not in the mix"),
        ({"per_problem": 1, "pick": "best:rsr"}, {"problem_id": "5", "sample": 9}, "pick", "no rsr"),
    ],
)
def test_each_gate_says_why(selection: dict[str, Any], changed: dict[str, Any], stage: str, reason: str | None) -> None:
    number, sample = int(changed.pop("problem_id", "4")), changed.pop("sample", 0)
    row = response(number, sample, **changed)
    others = [response(n, 7) for n in (1, 4, 6)]
    graded: dict[int, Status] = {0: "correct", 1: "incorrect", 3: "harness_error"}
    known = Evidence(
        verdicts={response(4, n).id: verdict(response(4, n).id, status) for n, status in graded.items()},
        pass_rates=RATES,
        costs={"rsr": {r.id: 1.0 for r in others}},
        labels=Labels(easy=("easy", "medium"), hard=("hard",)),
    )
    pool = select_pool([*others, row], PROBLEMS, known, Selection(**selection), 0)
    [drop] = [d for d in pool.dropped if d.response_id == row.id]
    assert drop == Drop(
        response_id=row.id, problem_id=row.problem_id, stage=stage, reason=drop.reason if reason is None else reason
    )


def test_matched_problems_are_the_only_ones() -> None:
    pool = select_pool([response(n) for n in range(5)], PROBLEMS, Evidence(), Selection(), 0, frozenset({"1", "3"}))
    assert {r.problem_id for r in pool.ordered} == {"1", "3"}
    assert {(d.stage, d.reason) for d in pool.dropped} == {("matched problems", "problem not in both arms")}


@pytest.mark.parametrize(
    ("pick", "samples"),
    [("longest", [2, 0]), ("shortest", [1, 0]), ("best:rsr", [0, 1]), ("farthest", [1, 2])],
)
def test_picks(pick: str, samples: list[int]) -> None:
    texts = ["aaa b", "aaa", "c d e f"]
    group = [response(0, sample, text=text) for sample, text in enumerate(texts)]
    known = Evidence(costs={"rsr": {r.id: float(r.sample) for r in group[:2]}}, count_tokens=count_words)
    found = select_pool(group, PROBLEMS, known, Selection(per_problem=2, pick=pick), 0)
    assert {r.sample for r in found.ordered} == set(samples)
    first = select_pool(group, PROBLEMS, known, Selection(per_problem=1, pick=pick), 0)
    assert pick == "farthest" or [r.sample for r in first.ordered] == samples[:1]


def test_length_is_of_characters_where_no_student_counts() -> None:
    group = [response(0, 0, text="a b c"), response(0, 1, text="abcdefgh")]
    for count, sample in ((None, 1), (count_words, 0)):
        known = Evidence(count_tokens=count)
        found = select_pool(group, PROBLEMS, known, Selection(per_problem=1, pick="longest"), 0)
        assert [r.sample for r in found.ordered] == [sample]


@given(st.sets(st.tuples(st.integers(0, 23), st.integers(0, 5)), min_size=1), st.integers(0, 5), st.integers(1, 3))
def test_arms_over_the_same_problems_take_the_same_problems(
    keys: set[tuple[int, int]], seed: int, per_problem: int
) -> None:
    pool = [made_whole(n, sample) for n, sample in keys]
    known = Evidence(costs={"rsr": {r.id: Random(r.id).random() for r in pool}})
    orders = {
        tuple(r.problem_id for r in select_pool(pool, PROBLEMS, known, selection, seed).ordered)
        for pick in ("random", "longest", "shortest", "farthest", "best:rsr")
        for selection in [Selection(per_problem=per_problem, pick=pick)]
    }
    assert len(orders) == 1


def made_whole(number: int, sample: int) -> Response:
    return response(number, sample, text="ab" * Random(f"{number}/{sample}").randint(1, 20))


def test_a_random_pick_differs_by_seed_and_nests() -> None:
    pool = [response(n, sample) for n in range(24) for sample in range(6)]
    picks = {
        (seed, count): {
            r.id for r in select_pool(pool, PROBLEMS, Evidence(), Selection(per_problem=count), seed).ordered
        }
        for seed in (0, 1)
        for count in (1, 3)
    }
    assert picks[0, 1] != picks[1, 1]
    assert picks[0, 1] < picks[0, 3]


def test_easy_and_hard_and_correct_and_incorrect_are_disjoint() -> None:
    pool = [response(n, sample) for n in range(24) for sample in range(3)]
    known = evidence(pool)
    for one, other in (
        ({"select": "correct"}, {"select": "incorrect"}),
        ({"difficulty": "easy"}, {"difficulty": "hard"}),
    ):
        taken = [
            {r.id for r in select_pool(pool, PROBLEMS, known, Selection.model_validate(which), 0).ordered}
            for which in (one, other)
        ]
        assert taken[0]
        assert taken[1]
        assert not taken[0] & taken[1]


def test_a_mix_ends_where_a_source_runs_out() -> None:
    pool = [response(n) for n in range(24)]
    pool = [
        r for r in pool if PROBLEMS[r.problem_id].source != "math" or int(r.problem_id) < 12
    ]  # 4 of math, 8 of code
    found = select_pool(pool, PROBLEMS, Evidence(), Selection(mix={"math": 0.5, "code": 0.5}), 0)
    sources = Counter(PROBLEMS[r.problem_id].source for r in found.ordered)
    assert abs(sources["math"] - sources["code"]) <= 1
    assert sources["math"] == 4
    reasons = Counter((d.stage, d.reason) for d in found.dropped)
    assert reasons == {("mix", "source not in the mix"): 8, ("mix", "another source ran out"): 8 - sources["code"]}


@pytest.mark.parametrize(
    ("selection", "known", "message"),
    [
        ({"difficulty": "easy"}, Evidence(), r"difficulty: no problem has such a label; labels of the problems: easy,"),
        ({"difficulty": ("grim",)}, Evidence(), "difficulty: no problem has such a label"),
        ({"max_pass_rate": 0.5}, Evidence(), "pass rate: no pass rates are known"),
        (
            {"per_problem": 1, "pick": "best:rsr"},
            Evidence(costs={"rank": {"t/1/0": 1.0}}),
            r"pick: best:rsr: no response has a value in this column; columns at hand: rank",
        ),
        ({"mix": {"math": 0.5, "prose": 0.5}}, Evidence(), "mix: prose: no response to a problem of this source"),
    ],
)
def test_missing_evidence_is_an_error(selection: dict[str, Any], known: Evidence, message: str) -> None:
    with pytest.raises(InputError, match=message):
        select_pool([response(n) for n in range(5)], PROBLEMS, known, Selection(**selection), 0)


def test_ids_must_differ() -> None:
    with pytest.raises(InputError, match=r"response 't/1/0': several responses have this id"):
        select_pool([response(1), response(1)], PROBLEMS, Evidence(), Selection(), 0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pick": "best"}, "use random, longest"),
        ({"pick": "best:"}, "use random, longest"),
        ({"pick": "longest"}, "needs 'per_problem'"),
        ({"together": True}, "needs 'per_problem'"),
        ({"mix": {"a": 0.5, "b": 0.4}}, "sum to 1"),
        ({"mix": {"a": 1.5, "b": -0.5}}, "share above 0"),
        ({"mix": {}}, "share above 0"),
        ({"min_pass_rate": 0.6, "max_pass_rate": 0.5}, "min_pass_rate is above max_pass_rate"),
        ({"min_pass_rate": 0.6, "max_pass_rate": 0.0}, "min_pass_rate is above max_pass_rate"),
    ],
)
def test_selections_that_cannot_be(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Selection(**fields)


def test_the_column_of_a_pick() -> None:
    assert [best_column(pick) for pick in ("best:rsr", "longest")] == ["rsr", None]
