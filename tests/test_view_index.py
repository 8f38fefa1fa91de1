"""The viewer's index: what it says of every response, from scores and from texts, and when the folder changes."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from benchmarks.view_study import BENCHMARK, PROBLEMS, TEACHERS, keys, make
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg import store
from thalweg.study.folder import Folder
from thalweg.thinking import begins_thinking, is_finished, with_parts
from thalweg.types import Outcome, Problem, Response, Verdict
from thalweg.view.catalogue import catalogue, student
from thalweg.view.flags import thinking_and_finished
from thalweg.view.index import STATUS_NAMES, Index, build
from thalweg.view.library import Library
from thalweg.view.tables import integers, take

PARTS = st.sampled_from(["<think>", "</think>", " ", "\n", "a", "<", "é"])
TEXTS = st.lists(PARTS, max_size=8).map("".join)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("view") / "study"
    make(folder, responses=2_000, characters=60)
    return folder


@pytest.fixture
def own(root: Path, tmp_path: Path) -> Path:
    shutil.copytree(root, tmp_path / "own")  # copies keep no order of times, which "newer than the scores" reads
    os.utime(tmp_path / "own" / "scores.parquet")
    return tmp_path / "own"


def responses_of(text: str | None, thinking: str | None, answer: str | None, ending: str | None) -> Response:
    parts: dict[str, Any] = {"text": text} if text is not None else {"thinking": thinking, "answer": answer}
    return Response(id="r", problem_id="p", model="m", finish_reason=ending, **parts)


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            responses_of,
            st.none() | TEXTS,
            st.none() | st.just("t"),
            st.none() | st.just("a"),
            st.sampled_from([None, "stop", "length", "content_filter"]),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_flags_of_a_column_are_those_of_each_response(found: list[Response]) -> None:
    thinking, finished = thinking_and_finished(store.table(Response, found))
    whole = [with_parts(response) for response in found]
    assert thinking.tolist() == [begins_thinking(response) for response in whole]
    assert finished.tolist() == [is_finished(response) for response in whole]


@pytest.mark.parametrize("column", [pa.array([1, None, 3]), pa.array([True, None, False]), pa.array([], pa.int64())])
def test_numbers_come_over_with_a_place_for_nulls(column: Any) -> None:
    assert integers(column).tolist() == [-1 if value is None else int(value) for value in column.to_pylist()]
    assert integers(pa.chunked_array([column, column]).slice(1)).tolist() == [*integers(column), *integers(column)][1:]


@pytest.mark.parametrize(
    ("key", "arm", "size", "seed"),
    [
        ("base", None, None, None),
        ("random-512-s0", "random", 512, 0),
        ("top-4-2048-s12", "top-4", 2048, 12),
        ("else", None, None, None),
    ],
)
def test_rungs_are_told_by_their_names(key: str, arm: str | None, size: int | None, seed: int | None) -> None:
    model = student(key)
    assert (model.arm, model.size, model.seed) == (arm, size, seed)


def test_the_index_holds_every_response_once_in_order(root: Path) -> None:
    index = build(catalogue(root))
    assert len(index) == 2_000
    assert len(set(index.ids.to_pylist())) == 2_000
    assert [model.name for model in index.models] == [
        *(key for key, *_ in keys(3)),
        *(f"teacher:{t}" for t in TEACHERS),
    ]
    assert index.problems.pools == [BENCHMARK, "train"]
    assert all(index.source(row).pool == index.ids[row].as_py().split("/")[1] for row in range(0, 2_000, 37))


def test_statuses_and_flags_are_those_of_the_scores(root: Path) -> None:
    index = build(catalogue(root))
    models = {student(key).name: (arm, size, seed) for key, arm, size, seed in keys(3)}
    expected = {
        (row.arm, row.size, row.seed, row.problem_id): row for row in store.read(root / "scores.parquet", Outcome)
    }
    for row in range(3 * PROBLEMS):
        problem = index.problems.ids[index.columns["problem"][row]]
        outcome = expected[*models[index.models[index.columns["model"][row]].name], problem]
        found = tuple(int(index.columns[name][row]) for name in ("thinking", "finished", "looped", "tokens"))
        told = (outcome.thinking, outcome.finished, outcome.looped, outcome.completion_tokens)
        assert found == tuple(int(value) for value in told)
        assert STATUS_NAMES[index.columns["status"][row]] == outcome.status


@pytest.mark.parametrize("spoil", ["absent", "older", "short"])
def test_without_scores_that_fit_the_texts_are_read(root: Path, own: Path, spoil: str) -> None:
    scores = own / "scores.parquet"
    if spoil == "absent":
        scores.unlink()
    elif spoil == "older":
        os.utime(scores, (0, 0))
    else:
        store.write(scores, list(store.read(scores, Outcome))[: PROBLEMS // 2])
    scored, read = build(catalogue(root)), build(catalogue(own))
    for name in ("thinking", "finished", "status"):
        assert (scored.columns[name] == read.columns[name]).all(), name
    assert (read.columns["looped"] == -1).all()


def test_teachers_flags_are_told_when_asked_for(root: Path) -> None:
    index = build(catalogue(root))
    teachers = index.columns["model"] >= 3
    assert (index.columns["finished"][teachers] == -1).all()
    assert (index.told("finished")[teachers] == 1).all()
    assert (index.told("thinking")[teachers] == 1).all()
    assert (index.told("looped")[teachers] == -1).all()


def test_a_correct_answer_that_never_finished_is_none(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    verdict = Verdict(response_id="r", problem_id="lost", status="correct")
    response = Response(id="r", problem_id="lost", model="base", text="<think>4", finish_reason="length")
    store.write(folder.student_responses("base", "b") / "part-000000.parquet", [response])
    store.write(folder.student_verdicts("base", "b"), [verdict])
    index = build(catalogue(tmp_path))
    assert STATUS_NAMES[index.columns["status"][0]] == "no_answer"
    # The study holds no file of problems: the response has a row all the same.
    assert (index.problems.ids, index.problems.number("b", "lost")) == (["lost"], 0)


def test_an_ungraded_response_is_shown_as_that(own: Path) -> None:
    Folder(own).teacher_verdicts("hasty").unlink()
    index = build(catalogue(own))
    hasty = index.columns["model"] == [model.name for model in index.models].index("teacher:hasty")
    assert {STATUS_NAMES[status] for status in index.columns["status"][hasty]} == {"ungraded"}


def test_what_a_running_study_adds_is_seen_on_the_next_look(own: Path) -> None:
    library = Library(own)
    before, _ = library.held()
    assert library.held(fresh=True)[0] is before
    row = Response(id="new", problem_id=f"{BENCHMARK}/00001", model="base", sample=1, text="x", finish_reason="stop")
    store.write(Folder(own).student_responses("base", BENCHMARK) / "part-000001.parquet", [row])
    assert library.held()[0] is before
    after, _ = library.held(fresh=True)
    assert (len(after), row_of(after, "new") is not None) == (len(before) + 1, True)


def row_of(index: Index, response_id: str) -> int | None:
    return index.find("base", BENCHMARK, response_id)


def test_a_response_is_found_by_model_pool_and_id(root: Path) -> None:
    index = build(catalogue(root))
    row = row_of(index, f"base/{BENCHMARK}/00007/0")
    assert row is not None
    assert index.problems.ids[index.columns["problem"][row]] == f"{BENCHMARK}/00007"
    assert index.find("base", "train", f"base/{BENCHMARK}/00007/0") is None


def test_rows_are_taken_across_row_groups_in_the_order_asked_for(tmp_path: Path) -> None:
    problems = [Problem(id=str(at), statement="s", check=store.decode(Problem, RAW, "x").check) for at in range(9_000)]
    store.write(tmp_path / "p.parquet", problems)
    found = take(tmp_path / "p.parquet", [8_999, 0, 8_192, 0], ["id"])
    assert [row["id"] for row in found] == ["8999", "0", "8192", "0"]


RAW = {"id": "a", "statement": "s", "check": {"type": "text", "answer": "1"}}


def test_numbers_of_problems_agree_with_their_columns(root: Path) -> None:
    problems = build(catalogue(root)).problems
    for number in np.random.default_rng(0).integers(0, len(problems.ids), 30):
        pool, name = problems.pools[problems.pool[number]], problems.ids[number]
        whole = problems.read(int(number))
        assert whole is not None
        assert (problems.number(pool, name), whole.id, whole.difficulty) == (
            number,
            name,
            problems.difficulties[number],
        )
