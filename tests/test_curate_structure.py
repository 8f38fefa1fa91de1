"""Structure arms: what changes, what stays, and what cannot be changed."""

import gzip
import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.curation import response
from thalweg.curate.structure import Structure, transform, transformed
from thalweg.errors import InputError
from thalweg.thinking import split
from thalweg.types import Response

LINES = st.lists(st.text(alphabet="ab 1\n", max_size=6), max_size=6)
KINDS: tuple[Structure, ...] = ("shuffled", "swapped", "answer")


@st.composite
def pools(draw: st.DrawFn) -> list[Response]:
    """Responses with text or in parts, with or without thinking, some with tags where none belong."""
    keys = sorted(draw(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=16)))
    return [draw(one(number, sample)) for number, sample in keys]


@st.composite
def one(draw: st.DrawFn, number: int, sample: int) -> Response:
    thinking = draw(st.sampled_from(["\n", "\n\n"])).join(draw(LINES))
    answer = draw(st.sampled_from(["\n4", "4", "\n\n4 </think> 5", "<think>", ""]))
    match draw(st.sampled_from(["text", "prefilled", "parts", "direct"])):
        case "text":
            return response(number, sample, text=f"{draw(st.sampled_from(['', ' ']))}<think>{thinking}</think>{answer}")
        case "prefilled":
            return response(number, sample, text=f"{thinking}</think>{answer}")
        case "parts":
            return response(number, sample, text=None, thinking=thinking, answer=answer)
        case _:
            return response(number, sample, text="4")


@given(pools(), st.sampled_from(KINDS), st.integers(0, 2), st.randoms())
def test_parts_and_text_agree_and_the_order_does_not_matter(
    pool: list[Response], kind: Structure, seed: int, random: Random
) -> None:
    found, unchanged = transformed(pool, kind, seed)
    assert [(r.id, r.problem_id) for r in found] == [(r.id, r.problem_id) for r in pool]
    assert all(r.text is None or split(r.text) == (r.thinking, r.answer) for r in found)
    assert sum(old == new for old, new in zip(pool, found, strict=True)) == sum(unchanged.values())
    again = transformed(random.sample(pool, len(pool)), kind, seed).responses
    assert sorted(again, key=lambda r: r.id) == sorted(found, key=lambda r: r.id)
    for old, new in zip(pool, found, strict=True):
        if kind == "answer":
            assert new == old or (new.thinking is None and new.answer == (old.answer or "").lstrip())
        else:
            assert new.answer == old.answer
        if kind == "shuffled":
            assert Counter(new.thinking or "") == Counter(old.thinking or "")


@pytest.mark.parametrize(
    ("thinking", "steps"),
    [
        ("\na\nb\nc\n", "\n"),
        ("a\n\nb\n c\n\nd", "\n\n"),  # paragraphs: the lines of one stay together
        ("\n1\n2", "\n"),
    ],
)
def test_steps_are_shuffled_as_wholes(thinking: str, steps: str) -> None:
    [row] = transform([response(0, text=f"<think>{thinking}</think>x")], "shuffled", 0)
    assert row.thinking is not None
    assert row.thinking != thinking
    assert sorted(row.thinking.strip().split(steps)) == sorted(thinking.strip().split(steps))
    assert row.text == f"<think>{row.thinking}</think>x"
    ends = len(thinking) - len(thinking.lstrip()), len(thinking) - len(thinking.rstrip())
    assert row.thinking.startswith("\n" * ends[0])
    assert row.thinking.endswith("\n" * ends[1])


def test_shuffles_differ_by_response_and_seed() -> None:
    text = "<think>" + "\n".join("abcdefgh") + "</think>x"
    pool = [response(n, text=text) for n in range(5)]
    traces = [r.thinking for seed in (0, 1) for r in transform(pool, "shuffled", seed)]
    assert len(set(traces)) == 10


@given(st.lists(st.integers(1, 4), min_size=2, max_size=8), st.integers(0, 3))
def test_a_swap_is_a_derangement_of_problems(counts: list[int], seed: int) -> None:
    pool = [
        response(n, s, text=f"<think>of {n} no {s}</think>{n}") for n, count in enumerate(counts) for s in range(count)
    ]
    found, unchanged = transformed(pool, "swapped", seed)
    own = [(r.thinking or "").split()[1] == r.problem_id for r in found]
    if max(counts) * 2 <= sum(counts):
        assert not unchanged
        assert not any(own)
        assert Counter(r.thinking for r in found) == Counter(r.thinking for r in pool)
    assert sum(own) == sum(unchanged.values())


def test_swaps_differ_by_seed() -> None:
    pool = [response(n, text=f"<think>{n}</think>x") for n in range(20)]
    assert transform(pool, "swapped", 0) != transform(pool, "swapped", 1)


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("shuffled", "<think>one step</think>4", "no other order"),
        ("shuffled", "<think>same\nsame</think>4", "no other order"),
        ("shuffled", "4", "no thinking"),
        ("shuffled", "<think> \n </think>4", "no thinking"),
        ("shuffled", "<think>a\nb", "unfinished"),
        ("shuffled", "<think>a\n<think>b</think>4", "a think tag in its text"),
        ("swapped", "<think>alone</think>4", "no other trace"),
        ("answer", "4", "no thinking"),
        ("answer", "<think>a</think>4</think>5", "a think tag in its text"),
    ],
)
def test_what_cannot_be_changed_is_kept_and_counted(kind: Structure, text: str, reason: str) -> None:
    row = response(0, text=text)
    assert transformed([row], kind, 0) == ([row], {reason: 1})


def test_an_arm_in_which_nothing_changed_is_refused() -> None:
    with pytest.raises(InputError, match=r"structure: shuffled: none of 3 responses can be changed \(3 no thinking\)"):
        transform([response(n, text="<|begin_of_thought|>a\nb") for n in range(3)], "shuffled", 0)
    assert transform([], "shuffled", 0) == []


@pytest.mark.data
@pytest.mark.parametrize("kind", KINDS)
def test_traces_of_a_real_model(kind: Structure) -> None:
    path = Path(__file__).parents[2] / "shared" / "data" / "gsm8k_test_multi.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    with gzip.open(path, "rt") as lines:
        texts = [row["response"] for row in map(json.loads, lines) if row["model"] == "Qwen-2.5-3B-rlft"]
    pool = [response(n, text=text) for n, text in enumerate(texts)]
    found, unchanged = transformed(pool, kind, 0)
    assert all(r.text is not None and split(r.text) == (r.thinking, r.answer) for r in found)
    assert sum(unchanged.values()) < 0.05 * len(pool)


def test_answers_lose_their_trace() -> None:
    pool = [response(0, text="<think>a\nb</think>\n\n1 2"), response(1, text=None, thinking="a", answer="\n3")]
    found = transform(pool, "answer", 0)
    assert [(r.text, r.thinking, r.answer) for r in found] == [("1 2", None, "1 2"), (None, None, "3")]


def test_whole_is_left_alone() -> None:
    pool = [response(0), response(1, text="4")]
    assert transform(pool, "whole", 0) == pool
