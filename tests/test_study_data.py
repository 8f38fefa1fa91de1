"""Corpora of a study: matched arms, second stages on fresh problems, cleaning, and funnels that add up."""

from pathlib import Path
from typing import Any

import pytest

from thalweg import InputError, store
from thalweg.curate.corpus import read_corpus
from thalweg.engine.local import run_inline
from thalweg.study.config import Loaded, parse
from thalweg.study.run import Study
from thalweg.study.tokens import token_counter
from thalweg.types import Drop, Example, Problem

BASE: dict[str, Any] = {
    "name": "corpora",
    "student": "miniature",
    "problems": {"source": "miniature", "split": "train", "count": 60},
    "teachers": {
        "line": {"model": "tracer:line"},
        "erring": {"model": "tracer:erring", "samples": 4},
    },
    "difficulty": {"preset": "miniature"},
    "benchmarks": {"miniature": {"source": "miniature", "split": "test", "count": 5, "max_tokens": 20}},
    "sizes": [0, 4, 12],
    "train": {"max_steps": 1, "batch_size": 2},
}


def corpora(folder: Path, arms: dict[str, Any], **keys: Any) -> dict[tuple[str, int], list[Example]]:
    """Runs a study up to its corpora; its rows by arm and size, for seed 0."""
    config = parse({**BASE, "arms": arms, **keys}, "study.yaml")
    Study(Loaded(config, folder, folder / "study.yaml")).run(until="corpora", engine=run_inline)
    sizes = [(arm, size) for arm in arms for size in config.sizes_of(arm)]
    return {(arm, size): read_corpus(folder / "corpora" / arm / "s0" / str(size)) for arm, size in sizes}


def problems_of(rows: list[Example]) -> list[str]:
    return [row.problem_id for row in rows]


def test_right_and_wrong_answers_to_the_same_problems(tmp_path: Path) -> None:
    side = {"teacher": "erring", "per_problem": 1, "match": "problems"}
    rows = corpora(
        tmp_path,
        {
            "correct": {**side, "select": "correct", "match_to": "incorrect"},
            "incorrect": {**side, "select": "incorrect", "match_to": "correct"},
        },
    )
    for size in (4, 12):
        assert problems_of(rows["correct", size]) == problems_of(rows["incorrect", size])
        assert {r.text for r in rows["correct", size]}.isdisjoint(r.text for r in rows["incorrect", size])
    assert rows["correct", 12][:4] == rows["correct", 4], "rungs are nested"


def test_matching_problems_is_mutual(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must match problems with 'a' in turn"):
        corpora(tmp_path, {"a": {"match": "problems", "match_to": "b"}, "b": {}})


def test_the_same_tokens(tmp_path: Path) -> None:
    rows = corpora(
        tmp_path,
        {"line": {}, "answers": {"structure": "answer", "match": "tokens", "match_to": "line", "sizes": [4]}},
    )
    from thalweg.miniature import student_folder

    count = token_counter(str(student_folder("miniature")))
    wanted, found = (sum(count(row.text) for row in rows[arm, 4]) for arm in ("line", "answers"))
    longest = max(count(row.text) for row in rows["answers", 4])
    assert abs(wanted - found) <= longest / 2 + 1
    assert len(rows["answers", 4]) > 4


def test_the_same_difficulty(tmp_path: Path) -> None:
    rows = corpora(tmp_path, {"hard": {"difficulty": "hard"}, "erring": {"teacher": "erring", "match": "difficulty"}})
    problems = {p.id: p for p in store.read(tmp_path / "problems" / "train.parquet", Problem)}
    for size in (4, 12):
        labels = [sorted(problems[i].difficulty or "" for i in problems_of(rows[a, size])) for a in ("hard", "erring")]
        assert labels[0] == labels[1]
        assert set(labels[0]) <= {"5", "6"}


def test_a_second_stage_on_fresh_problems(tmp_path: Path) -> None:
    rows = corpora(
        tmp_path,
        {
            "first": {},
            "second": {"start": "first@12", "fresh": True, "sizes": [12]},
            "third": {"start": "second@12", "fresh": True, "sizes": [12]},
        },
    )
    seen = [set(problems_of(rows[arm, 12])) for arm in ("first", "second", "third")]
    assert not seen[0] & seen[1]
    assert not (seen[0] | seen[1]) & seen[2], "what was seen two stages back is not fresh"
    reasons = {d.reason for d in store.read(tmp_path / "corpora/third/s0/12/dropped.parquet", Drop)}
    assert {"first@12 was trained on it", "second@12 was trained on it"} <= reasons


def test_cleaning_comes_before_every_selection(tmp_path: Path) -> None:
    held_out = {"same": {"source": "miniature", "split": "test", "count": 5, "max_tokens": 20}}
    rows = corpora(
        tmp_path,
        {"all": {"sizes": [4]}, "easy": {"difficulty": "easy", "sizes": [4]}},
        benchmarks=held_out,
        clean={"duplicates": 0.6},
    )
    dropped = list(store.read(tmp_path / "corpora/all/s0/4/dropped.parquet", Drop))
    duplicates = {d.problem_id for d in dropped if d.stage == "duplicates"}
    assert duplicates, "programs of a few lines over short lists are alike"
    assert not duplicates & {i for chosen in rows.values() for i in problems_of(chosen)}


@pytest.mark.parametrize("arm", [{}, {"teacher": "erring", "select": "correct", "per_problem": 2, "pick": "longest"}])
def test_every_response_is_a_row_or_dropped_with_a_reason(arm: dict[str, Any], tmp_path: Path) -> None:
    rows = corpora(tmp_path, {"arm": arm})
    for size in (4, 12):
        folder = tmp_path / "corpora" / "arm" / "s0" / str(size)
        dropped = list(store.read(folder / "dropped.parquet", Drop))
        ids = [row.response_id for row in rows["arm", size]] + [d.response_id for d in dropped]
        assert len(ids) == len(set(ids)) == (240 if arm else 60)
        assert all(d.stage and d.reason for d in dropped)


def test_pass_rates_of_the_student_compress_questions(tmp_path: Path) -> None:
    own = {"model": "student", "samples": 2, "temperature": 0.7, "max_tokens": 20}
    rows = corpora(
        tmp_path,
        {"hard": {"pass_rate_of": "own", "max_pass_rate": 0.4, "sizes": [4]}},
        teachers={**BASE["teachers"], "own": own},
    )
    from thalweg.curate.difficulty import pass_rates
    from thalweg.types import Verdict

    rates = pass_rates(store.read(tmp_path / "verdicts" / "teachers" / "own.parquet", Verdict))
    assert len(rates) == 60
    assert {rates[i].value for i in problems_of(rows["hard", 4])} == {0.0}


def test_best_of_several_by_how_the_student_sees_them(tmp_path: Path) -> None:
    arms = {
        name: {"teacher": "varied", "per_problem": 1, "sizes": [4], "pick": name} for name in ("best:rsr", "random")
    }
    rows = corpora(
        tmp_path,
        {"best": arms["best:rsr"], "random": arms["random"]},
        teachers={"varied": {"model": "tracer:varied", "samples": 4}},
    )
    assert problems_of(rows["best", 4]) == problems_of(rows["random", 4]), "only the responses differ"
    from thalweg.types import Suitability

    ratios = {r.response_id: r.rsr for r in store.Shards(tmp_path / "suitability" / "varied", Suitability).read()}
    assert len(ratios) == 240
    for row in rows["best", 4]:
        rivals = [ratio for name, ratio in ratios.items() if f"/{row.problem_id}/" in name and ratio is not None]
        assert ratios[row.response_id] == min(rivals)
