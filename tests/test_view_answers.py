"""What the viewer answers: filters against a plain loop, neighbours, comparisons, corpora."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from benchmarks.view_study import BENCHMARK, PROBLEMS, make
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg import store
from thalweg.curve.contrasts import compare
from thalweg.study.folder import Folder
from thalweg.types import Outcome, Response, Verdict
from thalweg.view.answers import CARDS, PAGE, answer
from thalweg.view.library import Library

A, B = "base", "arm-0-128-s0"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    root = tmp_path_factory.mktemp("view") / "study"
    make(root, responses=2_000, characters=60)
    return Library(root)


def ask(library: Library, name: str, **asked: str | list[str]) -> Any:
    return answer(library, name, {key: [value] if isinstance(value, str) else value for key, value in asked.items()})


@cache
def everything(library: Library) -> list[dict[str, Any]]:
    """All rows with their texts, as a plain loop sees them."""
    index, _ = library.held()
    _ = index.told("finished")
    pages = ask(library, "responses")["pages"]
    rows = [row for page in range(pages) for row in ask(library, "responses", page=str(page))["rows"]]
    texts = {
        response.id: response.text or ""
        for folder in (library.root / "responses").glob("*/*/")
        for path in folder.rglob("*.parquet")
        for response in store.read(path, Response)
    }
    return [{**row, "text": texts[row["id"]]} for row in rows]


@pytest.fixture(scope="module")
def rows(library: Library) -> list[dict[str, Any]]:
    return everything(library)


CONDITIONS: list[tuple[str, str, Callable[[dict[str, Any]], bool]]] = [
    ("pool", "train", lambda row: row["pool"] == "train"),
    ("family", "arm:arm-0", lambda row: row["model"].startswith("arm-0-")),
    ("model", A, lambda row: row["model"] == A),
    ("size", "128", lambda row: "-128-" in row["model"]),
    ("seed", "1", lambda row: row["model"].endswith("-s1")),
    ("status", "correct", lambda row: row["status"] == "correct"),
    ("difficulty", "hard", lambda row: row["difficulty"] == "hard"),
    ("source", BENCHMARK, lambda row: row["pool"] == BENCHMARK),
    ("thinking", "no", lambda row: row["thinking"] is False),
    ("finished", "no", lambda row: row["finished"] is False),
    ("looped", "yes", lambda row: row["looped"] is True),
    ("problem", "/0001", lambda row: "/0001" in row["problem"]),
    ("problem", "PROGRAM 12 ", lambda row: row["problem"].endswith("/00012")),
    ("text", "ONERROR", lambda row: "onerror" in row["text"].lower()),
    ("text", "value x wait", lambda row: "value x wait" in row["text"]),
    ("text", "(", lambda row: "(" in row["text"]),
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(CONDITIONS), unique_by=lambda one: one[0], max_size=4))
def test_filters_are_what_a_plain_loop_finds(
    library: Library, chosen: list[tuple[str, str, Callable[[dict[str, Any]], bool]]]
) -> None:
    expected = [row for row in everything(library) if all(holds(row) for _, _, holds in chosen)]
    found = ask(library, "responses", **{key: value for key, value, _ in chosen})
    assert (found["total"], found["problems"]) == (len(expected), len({(r["pool"], r["problem"]) for r in expected}))
    assert [row["id"] for row in found["rows"]] == [row["id"] for row in expected[:PAGE]]
    assert found["correct"] == sum(row["status"] == "correct" for row in expected)


def test_every_condition_keeps_some_rows_and_drops_some(rows: list[dict[str, Any]]) -> None:
    shares = {(key, value): sum(map(holds, rows)) for key, value, holds in CONDITIONS}
    kept = {key: 0 < count < len(rows) for key, count in shares.items() if key != ("text", "(")}
    assert all(kept.values()), shares


def test_several_values_of_a_key_are_either_or(library: Library) -> None:
    one, other = (ask(library, "responses", status=status)["total"] for status in ("correct", "no_answer"))
    assert ask(library, "responses", status=["correct", "no_answer"])["total"] == one + other


def test_paging_gives_every_row_once(library: Library, rows: list[dict[str, Any]]) -> None:
    assert len(rows) == len({row["id"] for row in rows}) == 2_000
    assert ask(library, "responses", page="40")["rows"] == []


def test_a_problem_shows_every_model_and_its_neighbours_in_the_filtered_list(library: Library) -> None:
    found = ask(library, "problem", pool=BENCHMARK, problem=f"{BENCHMARK}/00005", difficulty="hard")
    assert [name for name, _ in found["all"]] == [A, B, "arm-0-128-s1"]
    assert [row["model"] for row in found["responses"]] == [name for name, _ in found["all"]]
    assert (found["before"]["problem"], found["after"]["problem"]) == (f"{BENCHMARK}/00002", f"{BENCHMARK}/00008")
    assert (found["problem"]["expected"], found["problem"]["check"]) == ("5", "output")
    assert found["place"] == 2


def test_a_problem_outside_the_filtered_list_says_so(library: Library) -> None:
    found = ask(library, "problem", pool=BENCHMARK, problem=f"{BENCHMARK}/00004", difficulty="hard")
    assert found["place"] is None
    assert (found["before"]["problem"], found["after"]["problem"]) == (f"{BENCHMARK}/00002", f"{BENCHMARK}/00005")


def test_a_problem_can_show_what_the_filters_leave(library: Library) -> None:
    asked = {"pool": BENCHMARK, "problem": f"{BENCHMARK}/00005", "family": "arm:arm-0", "show": "filtered"}
    found = ask(library, "problem", **asked)
    assert [row["model"] for row in found["responses"]] == [B, "arm-0-128-s1"]
    assert len(found["all"]) == 3


def long_study(root: Path, samples: int) -> Library:
    """One model, one problem, many long samples."""
    folder = Folder(root)
    text = "<think>" + "x" * 30_000 + "</think>7"
    rows = [Response(id=f"r{n}", problem_id="p", model="base", sample=n, text=text) for n in range(samples)]
    store.write(folder.student_responses("base", "b") / "part-000000.parquet", rows)
    graded = [Verdict(response_id=f"r{n}", problem_id="p", status="correct") for n in range(samples)]
    store.write(folder.student_verdicts("base", "b"), graded)
    return Library(root)


def test_long_texts_are_cut_and_given_whole_when_asked_for(tmp_path: Path) -> None:
    library = long_study(tmp_path, CARDS + 1)
    found = ask(library, "problem", pool="b", problem="p")
    assert (len(found["responses"]), found["pages"], len(found["all"])) == (CARDS, 2, CARDS + 1)
    card = found["responses"][0]
    assert card["cut"]
    assert "22,000 characters left out" in card["parts"]["thinking"]
    whole = ask(library, "response", model="base", pool="b", id="r0")
    assert (len(whole["thinking"]), whole["answer"]) == (30_000, "7")
    assert found["problem"]["statement"] is None
    assert len(ask(library, "problem", pool="b", problem="p", page="1")["responses"]) == 1


def test_two_models_are_compared_on_the_same_problems(library: Library) -> None:
    outcomes = list(store.read(library.root / "scores.parquet", Outcome))
    correct = {
        name: {o.problem_id for o in outcomes if o.status == "correct" and (o.size, o.seed) == rung}
        for name, rung in ((A, (0, 0)), (B, (128, 0)))
    }
    found = ask(library, "against", a=A, b=B)
    assert found["counts"] == {
        "gained": len(correct[B] - correct[A]),
        "lost": len(correct[A] - correct[B]),
        "both": len(correct[A] & correct[B]),
        "neither": PROBLEMS - len(correct[A] | correct[B]),
    }
    gained = ask(library, "against", a=A, b=B, kind="gained")
    assert {row["problem"] for row in gained["rows"]} == set(sorted(correct[B] - correct[A])[:PAGE])
    filtered = ask(library, "responses", a=A, b=B, between="gained", model=B)
    assert filtered["total"] == filtered["correct"] == gained["total"]


def test_the_difference_is_the_one_of_the_curve(library: Library) -> None:
    outcomes = [o for o in store.read(library.root / "scores.parquet", Outcome) if o.seed == 0]
    expected = compare(outcomes, [(("arm-0", 128), ("arm-0", 0))], BENCHMARK)[0]
    found = ask(library, "against", a=A, b=B)["difference"]
    assert found == pytest.approx({"value": expected.value, "low": expected.low, "high": expected.high})


def test_models_without_a_problem_in_common_have_no_difference(library: Library) -> None:
    found = ask(library, "against", a=A, b="teacher:hasty")
    assert (found["problems"], found["difference"], found["rows"]) == (0, None, [])


def test_a_diff_marks_words_and_steps_through_the_kind(library: Library) -> None:
    lost = [row["problem"] for row in ask(library, "against", a=A, b=B)["rows"]]
    found = ask(library, "diff", pool=BENCHMARK, problem=lost[1], a=A, b=B, kind="lost")
    assert (found["a"]["status"], found["a"]["model"], found["b"]["model"]) == ("correct", A, B)
    assert found["b"]["status"] != "correct"
    assert (found["before"]["problem"], found["after"]["problem"], found["place"]) == (lost[0], lost[2], 2)
    texts = {row["id"]: row["text"] for row in everything(library)}
    for side in ("a", "b"):
        assert "".join(text for text, _ in found[side]["pieces"]) == texts[found[side]["id"]]


def test_the_funnel_adds_up_and_every_row_of_it_can_be_seen(library: Library) -> None:
    assert ask(library, "overview")["corpora"] == [("arm-0", 0, 60)]
    corpus = {"arm": "arm-0", "seed": "0", "size": "60"}
    found = ask(library, "funnel", **corpus)
    assert [(step["stage"], step["count"], step["left"]) for step in found["steps"]] == [
        ("verdict", 100, 100),
        ("size", 40, 60),
    ]
    reasons = [(step["stage"], step["reason"], step["count"]) for step in found["steps"]]
    seen = []
    for stage, reason, count in [*reasons, ("kept", "", found["examples"])]:
        first = ask(library, "dropped", **corpus, stage=stage, reason=reason)
        pages = [
            ask(library, "dropped", **corpus, stage=stage, reason=reason, page=str(p)) for p in range(first["pages"])
        ]
        assert first["total"] == count
        seen += [row["response_id"] for page in pages for row in page["rows"]]
    assert len(seen) == len(set(seen)) == found["pool"]
